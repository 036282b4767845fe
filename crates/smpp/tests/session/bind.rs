//! Binding: who may, in which version, how often.

use smpp::{
    BindMode, Body, CString, CloseReason, CommandId, CommandStatus, Event, MessageResp, Role, Session,
    Settings, State, TlvTag, Tlvs,
};

use crate::lone::{Lone, bind, message, submit, submitted};

#[test]
fn each_mode_permits_its_direction() {
    // S-1, S-2
    for (mode, state, submits, delivers) in [
        (BindMode::Transmitter, State::BoundTx, true, false),
        (BindMode::Receiver, State::BoundRx, false, true),
        (BindMode::Transceiver, State::BoundTrx, true, true),
    ] {
        let mut server = Lone::bound_server(Settings::default(), mode);
        assert_eq!(server.session.state(), state);
        server.say(2, submit());
        server.say(3, Body::DeliverSm(message("wrong way")));
        server.say(4, Body::Bind(bind(mode)));
        let refused = |command, status, sequence| (command, status, sequence);
        let mut expected = vec![
            refused(CommandId::DELIVER_SM_RESP, CommandStatus::INVBNDSTS, 3),
            refused(mode.command_id().response(), CommandStatus::ALYBND, 4),
        ];
        if !submits {
            expected.insert(0, refused(CommandId::SUBMIT_SM_RESP, CommandStatus::INVBNDSTS, 2));
        }
        assert_eq!(server.answered(), expected);
        assert_eq!(server.events().len(), usize::from(submits));
        assert_eq!(server.request(1).is_ok(), delivers);
        assert_eq!(server.session.state(), state);

        let mut client = Lone::bound_client(Settings::default(), mode);
        assert_eq!(client.session.state(), state);
        assert_eq!(client.session.room() > 0, submits);
        assert_eq!(client.request(1).is_ok(), submits);
        client.say(9, Body::DeliverSm(message("hi")));
        assert_eq!(client.events().len(), usize::from(delivers));
    }
}

#[test]
fn before_the_bind_only_enquire_link_is_served() {
    // X-3, S-1, section 7
    let mut server = Lone::server(Settings::default());
    server.say(1, submit());
    server.say(2, Body::EnquireLink);
    server.say(3, Body::Unbind);
    assert_eq!(
        server.answered(),
        [
            (CommandId::SUBMIT_SM_RESP, CommandStatus::INVBNDSTS, 1),
            (CommandId::ENQUIRE_LINK_RESP, CommandStatus::OK, 2),
            (CommandId::UNBIND_RESP, CommandStatus::INVBNDSTS, 3),
        ]
    );
    assert_eq!((server.session.state(), server.session.room()), (State::Open, 0));
    assert_eq!(server.request(7), Err(7));
    assert_eq!(server.session.oddities().wrong_state, 2);
}

#[test]
fn a_second_bind_does_not_overtake_the_verdict_on_the_first() {
    let mut server = Lone::server(Settings::default());
    server.say(1, Body::Bind(bind(BindMode::Receiver)));
    server.say(2, Body::Bind(bind(BindMode::Transceiver)));
    assert_eq!(server.answered(), []);
    server.answer_bind(CommandStatus::OK);
    server.say_octets(&[]);
    assert_eq!(
        server.answered(),
        [
            (CommandId::BIND_RECEIVER_RESP, CommandStatus::OK, 1),
            (CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::ALYBND, 2),
        ]
    );
    assert_eq!(server.session.state(), State::BoundRx);
}

#[test]
fn what_is_said_behind_a_bind_waits_for_the_verdict() {
    let mut server = Lone::server(Settings::default());
    server.say(1, Body::Bind(bind(BindMode::Transceiver)));
    server.say(2, submit());
    server.say_octets(&[0, 0, 0, 16]);
    assert!(server.session.awaits_verdict());
    assert_eq!((server.answered(), server.events().len()), (vec![], 1));
    server.pass(Settings::default().session_init_timeout / 2);
    server.answer_bind(CommandStatus::OK);
    server.say_octets(&[]);
    assert!(!server.session.awaits_verdict());
    assert!(matches!(server.events()[..], [Event::Bound { .. }, Event::Request { sequence: 2, .. }]));
    // Only from here on does the beginning of a PDU have to be followed by its end.
    server.pass(Settings::default().pdu_read_timeout);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::PduReadTimeout }]);
}

#[test]
fn what_is_said_behind_a_bind_that_fails_is_said_before_any() {
    let mut server = Lone::server(Settings::default());
    server.say(1, Body::Bind(bind(BindMode::Transceiver)));
    server.say(2, submit());
    server.say(3, Body::Bind(bind(BindMode::Transmitter)));
    server.answer_bind(CommandStatus::BINDFAIL);
    server.say_octets(&[]);
    assert_eq!(
        server.answered(),
        [
            (CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::BINDFAIL, 1),
            (CommandId::SUBMIT_SM_RESP, CommandStatus::INVBNDSTS, 2),
        ]
    );
    assert!(server.session.awaits_verdict());
}

#[test]
fn failed_binds_are_answered_and_the_last_one_closes() {
    // S-3, S-9, X-5
    let mut server = Lone::server(Settings::default());
    server.say(1, Body::Bind(bind(BindMode::Transceiver)));
    server.answer_bind(CommandStatus::BINDFAIL);
    let mut long = bind(BindMode::Transceiver);
    long.password = CString::clipped(b"ninechars");
    server.say(2, Body::Bind(long));
    assert_eq!(server.session.state(), State::Open);
    server.say(3, Body::Bind(bind(BindMode::Transmitter)));
    server.answer_bind(CommandStatus::BINDFAIL);
    assert_eq!(
        server.answered(),
        [
            (CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::BINDFAIL, 1),
            (CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::INVPASWD, 2),
            (CommandId::BIND_TRANSMITTER_RESP, CommandStatus::BINDFAIL, 3),
        ]
    );
    assert!(server.events().contains(&Event::Closed { reason: CloseReason::TooManyBinds }));
}

#[test]
fn passwords_may_be_longer_where_the_settings_say_so() {
    //
    let mut server = Lone::server(Settings { password_octets_max: 20, ..Settings::default() });
    let mut long = bind(BindMode::Transceiver);
    long.password = CString::clipped(b"correct horse");
    server.say(1, Body::Bind(long.clone()));
    assert_eq!(server.events(), [Event::BindRequest { bind: long }]);
}

#[test]
fn a_server_tells_its_version_to_those_who_know_tlvs() {
    // V-4, V-5
    for (offered, told, spoken) in [
        (0x00, None, 0x33),
        (0x33, None, 0x33),
        (0x34, Some(0x34), 0x34),
        (0x40, Some(0x34), 0x34),
        (0x50, Some(0x34), 0x34),
    ] {
        let mut server = Lone::server(Settings::default());
        let mut bind = bind(BindMode::Transceiver);
        bind.interface_version = offered;
        server.say(1, Body::Bind(bind));
        server.answer_bind(CommandStatus::OK);
        let Body::BindResp(response) = server.answers().remove(0).body else { panic!("a bind_resp") };
        assert_eq!(response.system_id.as_slice(), b"estafet");
        assert_eq!(response.tlvs.sc_interface_version(), told);
        assert_eq!(server.session.peer_version(), spoken);
    }
}

#[test]
fn a_client_takes_a_silent_message_centre_for_3_3() {
    // V-5, F-7
    for (stated, spoken) in [(None, 0x33), (Some(0x34), 0x34), (Some(0x50), 0x34)] {
        let now = std::time::Instant::now();
        let mut session: Session<u32> =
            Session::client(now, Settings::default(), bind(BindMode::Transmitter));
        let mut response = smpp::BindResp::new(BindMode::Transmitter);
        if let Some(version) = stated {
            response.tlvs.push_u8(TlvTag::SC_INTERFACE_VERSION, version);
        }
        let mut wire = bytes::BytesMut::new();
        smpp::Pdu { status: CommandStatus::OK, sequence: 1, body: Body::BindResp(response) }
            .encode(&mut wire)
            .unwrap();
        session.receive(now, &mut wire);
        assert_eq!(session.peer_version(), spoken);
        assert!(matches!(session.poll(), Some(Event::Bound { mode: BindMode::Transmitter, .. })));
    }
}

/// A server with a 3.3 peer, and a message with these TLVs.
fn server_3_3() -> Lone {
    let mut server = Lone::server(Settings::default());
    let mut bind = bind(BindMode::Transceiver);
    bind.interface_version = 0x33;
    server.say(1, Body::Bind(bind));
    server.answer_bind(CommandStatus::OK);
    server.answers();
    server.events();
    server
}

#[test]
fn an_old_peer_is_spared_tlvs_but_no_text() {
    // V-1, V-5
    let mut server = server_3_3();
    let mut receipt = message("id:1");
    receipt.tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
    let mut payload = message("");
    payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"in the payload").unwrap();
    for message in [receipt, payload] {
        server.session.request(server.now, Body::DeliverSm(message), 1).unwrap();
    }
    let sent: Vec<_> = server.answers().into_iter().map(|pdu| pdu.body).collect();
    assert_eq!(sent, [Body::DeliverSm(message("id:1")), Body::DeliverSm(message("in the payload"))]);

    let mut tlvs = Tlvs::new();
    tlvs.push_u8(TlvTag::CONGESTION_STATE, 10);
    server.say(5, submit());
    let response = MessageResp { tlvs, ..MessageResp::new(CString::clipped(b"AB12")) };
    server.session.respond(server.now, 5, CommandStatus::OK, Body::SubmitSmResp(response));
    assert_eq!(server.answers()[0].body, submitted(b"AB12"));
}

#[test]
fn what_cannot_be_said_is_not_sent_and_not_lost() {
    // V-5
    let mut server = server_3_3();
    let mut payload = message("");
    payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &[b'x'; 255]).unwrap();
    let long = smpp::ShortMessage { short_message: vec![b'x'; 256].into(), ..message("") };
    for (tag, message) in [(1, payload), (2, long)] {
        server.session.request(server.now, Body::DeliverSm(message), tag).unwrap();
    }
    let failed = |tag| Event::Response { tag, status: CommandStatus::INVMSGLEN, body: Body::GenericNack };
    assert_eq!(server.events(), [failed(1), failed(2)]);
    assert!(server.answers().is_empty());
    assert_eq!(server.session.in_flight(), 0);
}

#[test]
fn codes_of_5_0_are_not_said_on_a_3_4_session() {
    // V-6
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    server.say(2, submit());
    server.session.respond(server.now, 2, CommandStatus::INVDCS, Body::refusal(CommandId::SUBMIT_SM));
    assert_eq!(server.answered(), [(CommandId::SUBMIT_SM_RESP, CommandStatus::SUBMITFAIL, 2)]);
}

#[test]
fn a_refused_client_learns_why() {
    // F-7, S-5
    for nack in [false, true] {
        let now = std::time::Instant::now();
        let mut session: Session<u32> = Session::client(now, Settings::default(), bind(BindMode::Receiver));
        assert_eq!(session.role(), Role::Client);
        let body = if nack { Body::GenericNack } else { Body::refusal(CommandId::BIND_RECEIVER) };
        let mut wire = bytes::BytesMut::new();
        smpp::Pdu { status: CommandStatus::BINDFAIL, sequence: 1, body }.encode(&mut wire).unwrap();
        session.receive(now, &mut wire);
        assert_eq!(session.poll(), Some(Event::BindRefused { status: CommandStatus::BINDFAIL }));
        let reason = CloseReason::BindRefused(CommandStatus::BINDFAIL);
        assert_eq!(session.poll(), Some(Event::Closed { reason }));
    }
}
