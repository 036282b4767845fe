//! congestion_state.

use smpp::{
    BindMode, BindResp, Body, CommandStatus, DataSm, Event, MessageResp, Settings, TlvTag, Tlvs, VERSION_5_0,
};

use crate::lone::{Lone, bind, message, submit};

fn settings(interface_version: u8) -> Settings {
    Settings { interface_version, ..Settings::default() }
}

/// A server that speaks up to 5.0, and whose peer offers this version.
fn server(offered: u8) -> Lone {
    let mut server = Lone::server(settings(VERSION_5_0));
    server.say(1, Body::Bind(smpp::Bind { interface_version: offered, ..bind(BindMode::Transceiver) }));
    server.answer_bind(CommandStatus::OK);
    server.answers();
    server.events();
    server
}

fn client_5_0() -> Lone {
    let bind = smpp::Bind { interface_version: VERSION_5_0, ..bind(BindMode::Transceiver) };
    let mut client = Lone::client(settings(VERSION_5_0), bind);
    let mut response = BindResp::new(BindMode::Transceiver);
    response.tlvs.push_u8(TlvTag::SC_INTERFACE_VERSION, VERSION_5_0);
    client.answers();
    client.reply(CommandStatus::OK, 1, Body::BindResp(response));
    client.events();
    client
}

#[test]
fn responses_say_how_busy_we_are_to_those_who_speak_5_0() {
    // W-6, V-3
    for (offered, told) in [(VERSION_5_0, Some(85)), (0x34, None), (0x33, None)] {
        let mut server = server(offered);
        server.session.set_congestion(Some(85));
        server.say(2, submit());
        server.accept(2);
        server.say(3, Body::DeliverSm(message("refused")));
        let answers = server.answers();
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!(answer.body.tlvs().and_then(Tlvs::congestion_state), told);
        }
        server.session.set_congestion(None);
        server.say(4, submit());
        server.accept(4);
        assert!(server.answers()[0].body.tlvs().unwrap().is_empty());
    }
}

#[test]
fn it_stands_behind_a_header_and_beside_other_tlvs_but_in_no_nack() {
    // W-6
    let mut server = server(VERSION_5_0);
    server.session.set_congestion(Some(200));
    server.say(2, Body::EnquireLink);
    let octets = server.session.output().split().to_vec();
    assert_eq!((octets[3], &octets[16..]), (21, &[0x04, 0x28, 0, 1, 100][..]));
    server.say(3, Body::Unknown { command_id: smpp::CommandId(0x99), body: vec![].into() });
    assert_eq!(server.session.output().split().len(), 16);
    server.say(4, Body::DataSm(DataSm::default()));
    let tlvs = Tlvs::of(&[(TlvTag::DELIVERY_FAILURE_REASON, &[1])]).unwrap();
    let response = MessageResp { tlvs, ..MessageResp::default() };
    server.session.respond(server.now, 4, CommandStatus::OK, Body::DataSmResp(response));
    let answers = server.answers();
    let tlvs = answers[0].body.tlvs().unwrap();
    assert_eq!((tlvs.delivery_failure_reason(), tlvs.congestion_state()), (Some(1), Some(100)));
}

#[test]
fn a_client_knows_how_busy_its_message_centre_is() {
    // W-6
    let mut client = client_5_0();
    assert_eq!(client.session.peer_congestion(), None);
    let response = |state| {
        let tlvs = Tlvs::of(&[(TlvTag::CONGESTION_STATE, &[state])]).unwrap();
        Body::SubmitSmResp(MessageResp { tlvs, ..MessageResp::default() })
    };
    for (state, status) in [(95, CommandStatus::OK), (100, CommandStatus::THROTTLED)] {
        let sequence = client.request(1).unwrap();
        client.reply(status, sequence, response(state));
        assert!(matches!(client.events()[..], [Event::Response { .. }]));
        assert_eq!(client.session.peer_congestion(), Some(state));
    }
    client.pass(std::time::Duration::from_secs(30));
    let asked = client.answers().pop().unwrap();
    let mut octets = vec![0, 0, 0, 21, 0x80, 0, 0, 0x15, 0, 0, 0, 0];
    octets.extend_from_slice(&asked.sequence.to_be_bytes());
    octets.extend_from_slice(&[0x04, 0x28, 0, 1, 40]);
    client.say_octets(&octets);
    assert_eq!(client.session.peer_congestion(), Some(40));

    let mut client = Lone::bound_client(Settings::default(), BindMode::Transmitter);
    let sequence = client.request(1).unwrap();
    client.reply(CommandStatus::OK, sequence, response(95));
    assert_eq!(client.session.peer_congestion(), None);
}
