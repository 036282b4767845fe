//! What happens when nothing happens.

use std::time::Duration;

use smpp::{BindMode, Body, CloseReason, CommandId, CommandStatus, Event, Settings, State};

use crate::lone::{Lone, submit, submitted};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_peer_that_does_not_bind_is_cut_however_alive_it_is() {
    // M-1, X-16
    let mut server = Lone::server(Settings::default());
    assert_eq!(server.session.deadline(), Some(server.now + 10 * SECOND));
    for sequence in 0..9 {
        server.pass(SECOND);
        server.say(sequence, Body::EnquireLink);
    }
    assert_eq!((server.answers().len(), server.session.state()), (9, State::Open));
    server.pass(SECOND);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::SessionInitTimeout }]);
    assert_eq!(server.session.deadline(), None);
}

#[test]
fn a_message_centre_that_does_not_answer_the_bind_is_given_up() {
    // M-1
    let now = std::time::Instant::now();
    let mut session: smpp::Session<u32> =
        smpp::Session::client(now, Settings::default(), crate::lone::bind(BindMode::Receiver));
    session.tick(now + 9 * SECOND);
    assert_eq!(session.poll(), None);
    session.tick(now + 10 * SECOND);
    assert_eq!(session.poll(), Some(Event::Closed { reason: CloseReason::BindTimeout }));
}

#[test]
fn a_silent_peer_is_asked_and_a_dead_one_cut() {
    // M-2, M-3
    for mut lone in [
        Lone::bound_server(Settings::default(), BindMode::Receiver),
        Lone::bound_client(Settings::default(), BindMode::Transmitter),
    ] {
        lone.pass(29 * SECOND);
        assert_eq!(lone.answered(), []);
        lone.pass(SECOND);
        let asked = lone.answered();
        assert!(matches!(asked[..], [(CommandId::ENQUIRE_LINK, CommandStatus::OK, _)]));
        lone.pass(9 * SECOND);
        lone.reply(CommandStatus::OK, asked[0].2, Body::EnquireLinkResp);
        assert_eq!(lone.session.deadline(), Some(lone.now + 30 * SECOND));

        // Anything that the peer says shows that it is alive.
        lone.pass(20 * SECOND);
        lone.say(1, Body::EnquireLink);
        lone.pass(20 * SECOND);
        assert_eq!(lone.answered(), [(CommandId::ENQUIRE_LINK_RESP, CommandStatus::OK, 1)]);
        lone.pass(10 * SECOND);
        assert_eq!(lone.answered().len(), 1);
        lone.pass(10 * SECOND);
        assert_eq!(lone.events(), [Event::Closed { reason: CloseReason::EnquireLinkTimeout }]);
    }
}

#[test]
fn a_peer_that_speaks_is_alive_however_it_takes_our_enquiry() {
    // M-2: libraries number their enquire_link_resp as if it were a request, or answer none
    for word in [Body::EnquireLinkResp, Body::EnquireLink, submit()] {
        let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
        for _ in 0..3 {
            server.pass(30 * SECOND);
            assert!(server.answered().iter().any(|&(command_id, ..)| command_id == CommandId::ENQUIRE_LINK));
            server.pass(9 * SECOND);
            server.say(77, word.clone());
            server.pass(2 * SECOND);
            assert_eq!(server.session.state(), State::BoundTrx);
            server.pass(19 * SECOND);
            server.say(78, word.clone());
        }
    }
}

#[test]
fn what_we_send_does_not_prove_the_peer_alive() {
    // M-2
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transmitter);
    for tag in 0..5 {
        client.pass(5 * SECOND);
        client.request(tag).unwrap();
    }
    client.pass(5 * SECOND);
    assert!(client.answered().iter().any(|&(command_id, ..)| command_id == CommandId::ENQUIRE_LINK));
}

#[test]
fn a_request_without_answer_expires_and_its_answer_may_come_late() {
    // M-3, W-5
    let settings = Settings { response_timeout: 20 * SECOND, ..Settings::default() };
    let mut client = Lone::bound_client(settings, BindMode::Transceiver);
    let first = client.request(1).unwrap();
    client.pass(SECOND);
    let second = client.request(2).unwrap();
    client.pass(19 * SECOND);
    assert_eq!(client.events(), [Event::Expired { tag: 1, sequence: first }]);
    assert_eq!((client.session.in_flight(), client.session.room()), (1, 9));
    client.reply(CommandStatus::OK, second, submitted(b"b"));
    // An answer of the wrong kind is not the late answer; the right one is told once.
    client.reply(CommandStatus::OK, first, Body::refusal(CommandId::DELIVER_SM));
    client.reply(CommandStatus::OK, first, submitted(b"a"));
    client.reply(CommandStatus::OK, first, submitted(b"a"));
    assert_eq!(
        client.events(),
        [
            Event::Response { tag: 2, status: CommandStatus::OK, body: submitted(b"b") },
            Event::Late { sequence: first, status: CommandStatus::OK, body: submitted(b"a") },
        ]
    );
    assert_eq!(client.session.oddities().unmatched_responses, 2);
    assert_eq!((client.session.state(), client.session.room()), (State::BoundTrx, 10));
}

#[test]
fn only_so_many_expired_requests_are_remembered() {
    // M-3
    let settings = Settings { window_out: 1, response_timeout: SECOND, ..Settings::default() };
    let mut client = Lone::bound_client(settings, BindMode::Transceiver);
    let mut sequences = vec![];
    for tag in 0..5 {
        sequences.push(client.request(tag).unwrap());
        client.pass(SECOND);
    }
    client.events();
    for &sequence in &sequences {
        client.reply(CommandStatus::OK, sequence, submitted(b"a"));
    }
    let late = |event: &Event<u32>| matches!(event, Event::Late { .. });
    assert_eq!(client.events().iter().filter(|event| late(event)).count(), 4);
    assert_eq!(client.session.oddities().unmatched_responses, 1);
}

#[test]
fn an_idle_session_is_unbound_although_its_link_is_alive() {
    // M-4
    let settings = Settings { inactivity_timeout: Some(60 * SECOND), ..Settings::default() };
    let mut server = Lone::bound_server(settings, BindMode::Transceiver);
    server.pass(25 * SECOND);
    server.say(1, submit());
    server.accept(1);
    for sequence in 2..4 {
        server.pass(25 * SECOND);
        server.say(sequence, Body::EnquireLink);
    }
    server.answers();
    server.pass(10 * SECOND);
    let said = server.answered();
    assert!(matches!(said[..], [(CommandId::UNBIND, CommandStatus::OK, _)]));
    server.events();
    server.reply(CommandStatus::OK, said[0].2, Body::UnbindResp);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::Inactivity }]);
}

#[test]
fn a_pdu_that_has_begun_must_end() {
    // M-5
    let enquiry = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1];
    let settings = Settings { enquire_link_interval: Duration::ZERO, ..Settings::default() };
    let mut server = Lone::bound_server(settings.clone(), BindMode::Transceiver);
    server.say_octets(&enquiry[..1]);
    server.pass(20 * SECOND);
    // The end of one and the beginning of the next: the time starts anew.
    server.say_octets(&[&enquiry[1..], &enquiry[..1]].concat());
    server.pass(29 * SECOND);
    assert_eq!((server.answers().len(), server.session.state()), (1, State::BoundTrx));
    // One octet now and then is not an end.
    server.say_octets(&enquiry[1..2]);
    server.pass(SECOND);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::PduReadTimeout }]);

    let mut server = Lone::bound_server(settings, BindMode::Transceiver);
    server.say_octets(&enquiry);
    assert_eq!(server.session.deadline(), None);
}
