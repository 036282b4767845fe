//! Peers that do what they should not.

use smpp::{
    AlertNotification, BindMode, Body, CloseReason, CommandId, CommandStatus, Event, Outbind, Settings, State,
};

use crate::lone::{Lone, bind, submit, submitted};

#[test]
fn lost_framing_is_nacked_once_and_closes() {
    // X-1, F-2, L-1
    for start in
        [&[0, 0, 0, 2][..], &[0, 0, 0, 15], &[0xFF; 4], &[0x16, 3, 1, 2, 0], b"GET / HTTP/1.1\r\n\r\n"]
    {
        for mut server in [
            Lone::server(Settings::default()),
            Lone::bound_server(Settings::default(), BindMode::Transceiver),
        ] {
            server.say_octets(start);
            assert_eq!(server.answered(), [(CommandId::GENERIC_NACK, CommandStatus::INVCMDLEN, 0)]);
            assert!(matches!(server.events()[..], [Event::Closed { reason: CloseReason::Framing(_) }]));
            server.say(1, Body::EnquireLink);
            assert_eq!((server.answered(), server.session.state()), (vec![], State::Closed));
        }
    }
}

#[test]
fn a_pdu_may_be_longer_after_the_bind_than_before() {
    // F-3
    let announce = |octets: u32| [octets.to_be_bytes(), 0x99_u32.to_be_bytes(), [0; 4], [0; 4]].concat();
    let mut server = Lone::server(Settings::default());
    server.say_octets(&announce(257));
    assert_eq!(server.session.state(), State::Closed);

    let settings = Settings { pdu_octets_max: 1000, ..Settings::default() };
    let mut server = Lone::bound_server(settings.clone(), BindMode::Transceiver);
    server.say_octets(&announce(1000));
    assert_eq!(server.session.state(), State::BoundTrx);
    let mut server = Lone::bound_server(settings, BindMode::Transceiver);
    server.say_octets(&announce(1001));
    assert_eq!(server.session.state(), State::Closed);
}

#[test]
fn unknown_requests_are_nacked_and_the_session_goes_on() {
    // X-2, F-8
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    for (command_id, sequence) in [(0x99, 0), (0x22, 0xFFFF_FFFF), (0x0001_0200, 7)] {
        server.say(sequence, Body::Unknown { command_id: CommandId(command_id), body: vec![1, 2, 3].into() });
        assert_eq!(server.answered(), [(CommandId::GENERIC_NACK, CommandStatus::INVCMDID, sequence)]);
    }
    assert_eq!((server.session.oddities().unknown_commands, server.session.state()), (3, State::BoundTrx));
}

#[test]
fn malformed_requests_are_refused_in_their_own_response() {
    // F-4, F-5, F-6, X-6, X-11
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    let header = [0, 0, 0, 18, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9];
    server.say_octets(&[&header[..], b"12"].concat());
    assert_eq!(server.answered(), [(CommandId::SUBMIT_SM_RESP, CommandStatus::INVCMDLEN, 9)]);
    server.say(10, submit());
    assert!(matches!(server.events()[..], [Event::Request { sequence: 10, .. }]));
    assert_eq!(server.session.oddities().malformed, 1);
}

#[test]
fn a_malformed_bind_counts_as_a_failed_one() {
    // S-3, X-5
    let mut server = Lone::server(Settings { bind_attempts_max: 1, ..Settings::default() });
    let mut octets = vec![0, 0, 0, 33, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
    octets.extend_from_slice(&[b'i'; 17]);
    server.say_octets(&octets);
    assert_eq!(server.answered(), [(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::INVSYSID, 1)]);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::TooManyBinds }]);
}

#[test]
fn what_has_no_response_is_nacked_at_the_wrong_side_and_heard_at_the_right_one() {
    // S-4
    let alert = || Body::AlertNotification(AlertNotification::default());
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    server.say(1, Body::Outbind(Outbind::default()));
    server.say(2, alert());
    let refused = |sequence| (CommandId::GENERIC_NACK, CommandStatus::INVBNDSTS, sequence);
    assert_eq!(server.answered(), [refused(1), refused(2)]);
    assert_eq!(server.session.oddities().wrong_state, 2);

    let mut client = Lone::bound_client(Settings::default(), BindMode::Receiver);
    client.say(1, alert());
    client.say(2, Body::Bind(bind(BindMode::Receiver)));
    assert_eq!(client.events(), [Event::Alert { alert: AlertNotification::default() }]);
    assert_eq!(client.answered(), [(CommandId::BIND_RECEIVER_RESP, CommandStatus::INVBNDSTS, 2)]);
}

#[test]
fn responses_that_match_nothing_are_counted_and_never_answered() {
    // X-18, F-9
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    let sequence = server.request(1).unwrap();
    server.answers();
    let unknown = Body::Unknown { command_id: CommandId(0x8000_0099), body: vec![].into() };
    for (sequence, body) in [
        (sequence + 1, Body::refusal(CommandId::DELIVER_SM)),
        (sequence, Body::refusal(CommandId::SUBMIT_SM)),
        (sequence, Body::EnquireLinkResp),
        (sequence, Body::UnbindResp),
        (sequence, Body::refusal(CommandId::BIND_TRANSCEIVER)),
        (sequence, unknown),
        (0, Body::GenericNack),
    ] {
        server.reply(CommandStatus(0xFFFF_FFFF), sequence, body);
    }
    assert_eq!((server.answered(), server.events()), (vec![], vec![]));
    assert_eq!((server.session.oddities().unmatched_responses, server.session.in_flight()), (7, 1));
    // The right one, with a status that nobody knows and without a body, is an outcome.
    server.reply(CommandStatus(0xFFFF_FFFF), sequence, Body::refusal(CommandId::DELIVER_SM));
    assert!(matches!(
        server.events()[..],
        [Event::Response { tag: 1, status: CommandStatus(0xFFFF_FFFF), .. }]
    ));
}

#[test]
fn a_nack_fails_the_request_that_it_names() {
    // S-5
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    for (status, told) in
        [(CommandStatus::SYSERR, CommandStatus::SYSERR), (CommandStatus::OK, CommandStatus::INVCMDID)]
    {
        let sequence = client.request(5).unwrap();
        client.reply(status, sequence, Body::GenericNack);
        assert_eq!(client.events(), [Event::Response { tag: 5, status: told, body: Body::GenericNack }]);
    }
}

#[test]
fn duplicate_sequence_numbers_of_the_peer_are_both_served() {
    // F-8, F-9
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    server.say(0, submit());
    server.say(0, submit());
    assert_eq!(server.events().len(), 2);
    server.accept(0);
    server.accept(0);
    assert_eq!(server.answers().len(), 2);
    assert_eq!(server.session.unanswered(), 0);
}

#[test]
fn an_enquire_link_flood_is_answered_and_cut() {
    //
    let settings = Settings { enquire_links_per_second_max: 5, ..Settings::default() };
    let mut server = Lone::bound_server(settings, BindMode::Transceiver);
    for second in 0..3 {
        for sequence in 0..5 {
            server.say(sequence, Body::EnquireLink);
        }
        assert_eq!((second, server.answers().len()), (second, 5));
        server.pass(std::time::Duration::from_secs(1));
    }
    for sequence in 0..7 {
        server.say(sequence, Body::EnquireLink);
    }
    assert_eq!(server.answers().len(), 6);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::EnquireLinkFlood }]);
}

#[test]
fn a_padded_answer_is_an_answer() {
    // F-7
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transmitter);
    let sequence = client.request(3).unwrap();
    let mut octets = vec![0, 0, 0, 21, 0x80, 0, 0, 4, 0, 0, 0, 0];
    octets.extend_from_slice(&sequence.to_be_bytes());
    octets.extend_from_slice(b"42\0\0\0");
    client.say_octets(&octets);
    assert_eq!(
        client.events(),
        [Event::Response { tag: 3, status: CommandStatus::OK, body: submitted(b"42") }]
    );
}
