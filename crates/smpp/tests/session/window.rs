//! Windows, either way.

use smpp::{BindMode, Body, CommandId, CommandStatus, Event, Settings};

use crate::lone::{Lone, submit, submitted};

#[test]
fn requests_beyond_the_peers_window_are_throttled_at_once() {
    // X-15, W-2
    let settings = Settings { window_in: 3, ..Settings::default() };
    let mut server = Lone::bound_server(settings, BindMode::Transceiver);
    for sequence in 1..=5 {
        server.say(sequence, submit());
    }
    let throttled = |sequence| (CommandId::SUBMIT_SM_RESP, CommandStatus::THROTTLED, sequence);
    assert_eq!(server.answered(), [throttled(4), throttled(5)]);
    assert_eq!(server.events().len(), 3);
    server.accept(2);
    server.say(6, submit());
    assert!(matches!(server.events()[..], [Event::Request { sequence: 6, .. }]));
    server.session.set_window_in(4);
    server.say(7, submit());
    server.say(8, submit());
    assert_eq!(server.answered()[1..], [throttled(8)]);
    assert_eq!((server.session.oddities().throttled, server.session.unanswered()), (3, 4));
}

#[test]
fn our_window_fills_and_empties_in_any_order() {
    // W-1, W-5, F-9
    let settings = Settings { window_out: 3, ..Settings::default() };
    let mut client = Lone::bound_client(settings, BindMode::Transceiver);
    let sequences: Vec<u32> = (0..3).map(|tag| client.request(tag).unwrap()).collect();
    assert_eq!((client.request(9), client.session.room(), client.session.in_flight()), (Err(9), 0, 3));
    client.reply(CommandStatus::OK, sequences[2], submitted(b"c"));
    client.reply(CommandStatus::THROTTLED, sequences[0], Body::refusal(CommandId::SUBMIT_SM));
    client.reply(CommandStatus::SYSERR, sequences[1], Body::GenericNack);
    let tags: Vec<_> = client
        .events()
        .into_iter()
        .map(|event| match event {
            Event::Response { tag, status, .. } => (tag, status),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tags, [(2, CommandStatus::OK), (0, CommandStatus::THROTTLED), (1, CommandStatus::SYSERR)]);
    assert_eq!((client.session.room(), client.session.in_flight()), (3, 0));
    client.session.set_window_out(1);
    assert_eq!(client.session.room(), 1);
}

#[test]
fn sequence_numbers_count_up_on_the_wire() {
    // F-8, W-1
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    let sequences: Vec<u32> = (0..5).map(|tag| client.request(tag).unwrap()).collect();
    assert_eq!(sequences, [2, 3, 4, 5, 6]);
    let wire: Vec<u32> = client.answers().iter().map(|pdu| pdu.sequence).collect();
    assert_eq!(wire, sequences);
}

#[test]
fn only_messages_of_our_direction_are_requests() {
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    for body in [Body::Unbind, Body::EnquireLink, submitted(b"1"), Body::DeliverSm(crate::lone::message("x"))]
    {
        assert_eq!(client.session.request(client.now, body, 1), Err(1));
    }
    assert_eq!(client.answered(), []);
}

#[test]
fn after_the_end_nothing_expires() {
    // M-3, W-5
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    client.request(1).unwrap();
    client.say_octets(&[0, 0, 0, 2]);
    assert!(matches!(client.events()[..], [Event::Closed { .. }]));
    assert_eq!(client.session.deadline(), None);
    client.pass(std::time::Duration::from_secs(3600));
    assert_eq!(client.events(), []);
    assert_eq!(client.session.drain_pending().collect::<Vec<_>>(), [1]);
}

#[test]
fn what_is_pending_comes_back_oldest_first() {
    // S-6, W-5
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    let sequences: Vec<u32> = (0..4).map(|tag| client.request(tag).unwrap()).collect();
    client.reply(CommandStatus::OK, sequences[1], submitted(b"b"));
    assert_eq!(client.session.drain_pending().collect::<Vec<_>>(), [0, 2, 3]);
    assert_eq!(client.session.in_flight(), 0);
}
