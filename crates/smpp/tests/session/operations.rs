//! What a session hands to its owner, and lets its owner say, beside submit_sm and deliver_sm.

use smpp::{
    AlertNotification, Bind, BindMode, BindResp, Body, BroadcastSm, CancelBroadcastSm, CancelSm, CommandId,
    CommandStatus, DataSm, Destination, Destinations, Event, QueryBroadcastSm, QuerySm, ReplaceSm, Settings,
    ShortMessage, SubmitMulti, TlvTag, VERSION_5_0,
};

use crate::lone::{Lone, bind, message};

/// One request of every kind that an ESME sends beside submit_sm, those of 3.4.
fn submissions() -> Vec<Body> {
    vec![
        Body::DataSm(DataSm::default()),
        Body::SubmitMulti(to_many(1)),
        Body::QuerySm(QuerySm::default()),
        Body::CancelSm(CancelSm::default()),
        Body::ReplaceSm(ReplaceSm::default()),
    ]
}

fn broadcasts() -> Vec<Body> {
    vec![
        Body::BroadcastSm(BroadcastSm::default()),
        Body::QueryBroadcastSm(QueryBroadcastSm::default()),
        Body::CancelBroadcastSm(CancelBroadcastSm::default()),
    ]
}

fn to_many(destinations: usize) -> SubmitMulti {
    let destination = Destination::Address(message("").destination);
    SubmitMulti {
        message: ShortMessage { destination: smpp::Address::default(), ..message("hello") },
        destinations: Destinations::of(&vec![destination; destinations]).unwrap(),
    }
}

/// A server that speaks up to 5.0, whose peer is bound as transceiver and offers this version.
fn server(offered: u8) -> Lone {
    let mut server =
        Lone::server(Settings { interface_version: VERSION_5_0, window_in: 500, ..Settings::default() });
    server.say(1, Body::Bind(Bind { interface_version: offered, ..bind(BindMode::Transceiver) }));
    server.answer_bind(CommandStatus::OK);
    server.answers();
    server.events();
    server
}

/// A client that speaks up to 5.0, bound as transceiver to a message centre of this version.
fn client(version: u8) -> Lone {
    let settings = Settings { interface_version: VERSION_5_0, window_out: 500, ..Settings::default() };
    let bind = Bind { interface_version: VERSION_5_0, ..bind(BindMode::Transceiver) };
    let mut client = Lone::client(settings, bind);
    let mut response = BindResp::new(BindMode::Transceiver);
    if version >= 0x34 {
        response.tlvs.push_u8(TlvTag::SC_INTERFACE_VERSION, version);
    }
    client.answers();
    client.reply(CommandStatus::OK, 1, Body::BindResp(response));
    client.events();
    client
}

#[test]
fn a_server_takes_all_that_an_esme_may_say() {
    // V-2, V-3, section 7
    let mut server = server(VERSION_5_0);
    for (sequence, body) in (2..).zip([submissions(), broadcasts()].concat()) {
        let command_id = body.command_id();
        server.say(sequence, body.clone());
        assert_eq!(server.events(), [Event::Request { sequence, body }]);
        server.session.respond(server.now, sequence, CommandStatus::OK, Body::refusal(command_id));
        assert_eq!(server.answered(), [(command_id.response(), CommandStatus::OK, sequence)]);
    }
    assert_eq!(server.session.unanswered(), 0);
}

#[test]
fn in_the_wrong_state_each_is_refused_in_its_own_response() {
    // S-1, X-3
    for body in submissions() {
        let command_id = body.command_id();
        let refused = [(command_id.response(), CommandStatus::INVBNDSTS, 9)];
        let mut unbound = Lone::server(Settings::default());
        let mut receiver = Lone::bound_server(Settings::default(), BindMode::Receiver);
        let mut transmitting_client = Lone::bound_client(Settings::default(), BindMode::Transmitter);
        for lone in [&mut unbound, &mut receiver, &mut transmitting_client] {
            lone.say(9, body.clone());
            assert_eq!((lone.answered(), lone.events()), (refused.to_vec(), vec![]), "{command_id}");
        }
    }
}

#[test]
fn beyond_the_window_each_is_throttled_in_its_own_response() {
    // W-2
    for body in submissions() {
        let mut server =
            Lone::bound_server(Settings { window_in: 0, ..Settings::default() }, BindMode::Transceiver);
        let response = body.command_id().response();
        server.say(5, body);
        assert_eq!(server.answered(), [(response, CommandStatus::THROTTLED, 5)]);
    }
}

#[test]
fn what_a_version_does_not_have_is_not_known() {
    // O-7, X-2, V-1
    let mut server = server(0x34);
    for (sequence, body) in (2..).zip(broadcasts()) {
        server.say(sequence, body);
        assert_eq!(server.answered(), [(CommandId::GENERIC_NACK, CommandStatus::INVCMDID, sequence)]);
    }
    for (sequence, command_id) in [(5, 0x22), (6, 0x23), (7, 0x24)] {
        server.say(sequence, Body::Unknown { command_id: CommandId(command_id), body: vec![0; 2].into() });
        assert_eq!(server.answered(), [(CommandId::GENERIC_NACK, CommandStatus::INVCMDID, sequence)]);
    }
    assert_eq!(server.events(), []);
}

#[test]
fn limits_are_those_of_the_version() {
    // V-2, V-3, X-12, X-13, O-1, O-3
    let full = || Body::SubmitSm(ShortMessage { short_message: vec![b'x'; 255].into(), ..message("") });
    let many = || Body::SubmitMulti(to_many(255));
    let mut old = server(0x34);
    old.say(2, full());
    old.say(3, many());
    old.say(4, Body::SubmitMulti(to_many(254)));
    assert_eq!(
        old.answered(),
        [
            (CommandId::SUBMIT_SM_RESP, CommandStatus::INVMSGLEN, 2),
            (CommandId::SUBMIT_MULTI_RESP, CommandStatus::INVNUMDESTS, 3),
        ]
    );
    assert!(matches!(old.events()[..], [Event::Request { sequence: 4, .. }]));
    let mut new = server(VERSION_5_0);
    new.say(2, full());
    new.say(3, many());
    assert_eq!((new.events().len(), new.answered()), (2, vec![]));

    let mut old = client(0x34);
    for (tag, body, status) in
        [(1, full(), CommandStatus::INVMSGLEN), (2, many(), CommandStatus::INVNUMDESTS)]
    {
        old.session.request(old.now, body, tag).unwrap();
        assert_eq!(old.events(), [Event::Response { tag, status, body: Body::GenericNack }]);
    }
    assert_eq!((old.answered(), old.session.in_flight()), (vec![], 0));
    let mut new = client(VERSION_5_0);
    for (tag, body) in [(1, full()), (2, many())] {
        new.session.request(new.now, body, tag).unwrap();
    }
    assert_eq!(new.answers().len(), 2);
}

#[test]
fn a_message_centre_is_not_held_to_the_limits_of_its_version() {
    //
    let mut client = client(0x34);
    client.say(2, Body::DeliverSm(ShortMessage { short_message: vec![b'x'; 255].into(), ..message("") }));
    assert!(matches!(client.events()[..], [Event::Request { sequence: 2, .. }]));
}

#[test]
fn a_client_says_all_that_its_message_centre_understands() {
    // V-3, V-5, O-7
    for (version, understood) in [(VERSION_5_0, 8), (0x34, 5), (0x33, 4)] {
        let mut client = client(version);
        for body in [submissions(), broadcasts()].concat() {
            client.session.request(client.now, body, 1).unwrap();
        }
        let said = client.answers();
        assert_eq!(said.len(), understood, "{version:#x}");
        for event in client.events() {
            let Event::Response { status, body: Body::GenericNack, .. } = event else { panic!("{event:?}") };
            assert_eq!(status, CommandStatus::INVCMDID);
        }
        // Each comes to its outcome by its own response.
        assert_eq!(client.session.in_flight(), understood);
        for pdu in said {
            client.reply(CommandStatus::OK, pdu.sequence, Body::refusal(pdu.body.command_id()));
        }
        assert_eq!((client.events().len(), client.session.in_flight()), (understood, 0));
    }
}

#[test]
fn a_server_says_data_sm_and_alert_notification_to_those_who_receive_and_know_them() {
    // V-5, O-7
    let alert = AlertNotification::default();
    let mut new = server(0x34);
    new.session.request(new.now, Body::DataSm(DataSm::default()), 1).unwrap();
    assert!(new.session.alert(new.now, alert.clone()));
    let said: Vec<_> = new.answers().into_iter().map(|pdu| pdu.body).collect();
    assert_eq!(said, [Body::DataSm(DataSm::default()), Body::AlertNotification(alert.clone())]);
    assert_eq!(new.session.in_flight(), 1);

    let mut old = server(0x33);
    old.session.request(old.now, Body::DataSm(DataSm::default()), 1).unwrap();
    assert!(!old.session.alert(old.now, alert.clone()));
    assert_eq!(old.answered(), []);
    let nacked = Event::Response { tag: 1, status: CommandStatus::INVCMDID, body: Body::GenericNack };
    assert_eq!(old.events(), [nacked]);

    let mut transmitter = Lone::bound_server(Settings::default(), BindMode::Transmitter);
    assert!(!transmitter.session.alert(transmitter.now, alert.clone()));
    assert_eq!(transmitter.session.request(transmitter.now, Body::DataSm(DataSm::default()), 1), Err(1));
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    assert!(!client.session.alert(client.now, alert));
}

#[test]
fn a_client_takes_data_sm_and_hears_alerts() {
    // S-4, O-7
    let mut client = Lone::bound_client(Settings::default(), BindMode::Receiver);
    client.say(3, Body::DataSm(DataSm::default()));
    client.say(4, Body::AlertNotification(AlertNotification::default()));
    let malformed = [0, 0, 0, 17, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 5, 1];
    client.say_octets(&malformed);
    assert_eq!(
        client.events(),
        [
            Event::Request { sequence: 3, body: Body::DataSm(DataSm::default()) },
            Event::Alert { alert: AlertNotification::default() }
        ]
    );
    assert_eq!((client.answered(), client.session.oddities().malformed), (vec![], 1));
}
