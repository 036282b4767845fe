//! Parting.

use std::time::Duration;

use smpp::{BindMode, Body, CloseReason, CommandId, CommandStatus, Event, Settings, State};

use crate::lone::{Lone, submit};

const DRAIN: Duration = Duration::from_secs(10);

#[test]
fn a_peer_that_unbinds_gets_all_its_answers_first() {
    // X-17, S-6
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    for sequence in 1..=50 {
        server.say(sequence, submit());
    }
    server.say(51, Body::Unbind);
    assert_eq!(server.events().last(), Some(&Event::Unbinding));
    server.say(52, submit());
    server.say(53, Body::EnquireLink);
    assert_eq!(
        server.answered(),
        [
            (CommandId::SUBMIT_SM_RESP, CommandStatus::INVBNDSTS, 52),
            (CommandId::ENQUIRE_LINK_RESP, CommandStatus::OK, 53)
        ]
    );
    assert_eq!(server.request(1), Err(1));
    for sequence in (1..=50).rev() {
        assert_eq!(server.session.state(), State::Unbinding);
        server.accept(sequence);
    }
    let answered = server.answered();
    assert_eq!(answered.len(), 51);
    assert!(answered[..50].iter().all(|&(id, status, _)| id == CommandId::SUBMIT_SM_RESP && status.is_ok()));
    assert_eq!(answered[50], (CommandId::UNBIND_RESP, CommandStatus::OK, 51));
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::PeerUnbound }]);
}

#[test]
fn a_peer_that_unbinds_does_not_wait_longer_than_the_drain_time() {
    // S-6
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    server.say(1, submit());
    server.say(2, Body::Unbind);
    server.events();
    server.pass(DRAIN - Duration::from_secs(1));
    assert_eq!(server.answered(), []);
    server.pass(Duration::from_secs(1));
    assert_eq!(server.answered(), [(CommandId::UNBIND_RESP, CommandStatus::OK, 2)]);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::PeerUnbound }]);
    server.accept(1);
    assert_eq!(server.answered(), []);
}

#[test]
fn after_the_peers_unbind_its_outstanding_answers_still_count() {
    // S-6
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    let first = server.request(1).unwrap();
    server.request(2).unwrap();
    server.answers();
    server.say(9, Body::Unbind);
    server.say(10, Body::Unbind);
    assert_eq!(
        server.answered(),
        [
            (CommandId::UNBIND_RESP, CommandStatus::OK, 9),
            (CommandId::UNBIND_RESP, CommandStatus::INVBNDSTS, 10)
        ]
    );
    server.reply(CommandStatus::OK, first, Body::refusal(CommandId::DELIVER_SM));
    assert!(matches!(server.events()[..], [Event::Unbinding, Event::Response { tag: 1, .. }]));
    server.pass(DRAIN);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::PeerUnbound }]);
    assert_eq!(server.session.drain_pending().collect::<Vec<_>>(), [2]);
}

#[test]
fn our_unbind_waits_for_what_is_in_flight() {
    // S-7
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    let pending = client.request(1).unwrap();
    client.say(7, Body::DeliverSm(crate::lone::message("mo")));
    client.events();
    client.answers();
    client.session.unbind(client.now);
    assert_eq!((client.session.state(), client.session.room()), (State::Unbinding, 0));
    // The peer cannot know yet: try again elsewhere or later.
    client.say(8, Body::DeliverSm(crate::lone::message("mo")));
    assert_eq!(client.answered(), [(CommandId::DELIVER_SM_RESP, CommandStatus::THROTTLED, 8)]);
    client.reply(CommandStatus::OK, pending, crate::lone::submitted(b"1"));
    assert_eq!(client.answered(), []);
    client.session.respond(client.now, 7, CommandStatus::OK, Body::refusal(CommandId::DELIVER_SM));
    let said = client.answered();
    assert!(matches!(said[..], [(CommandId::DELIVER_SM_RESP, ..), (CommandId::UNBIND, ..)]));
    client.events();
    // It may have been on its way when our unbind was.
    client.say(9, Body::DeliverSm(crate::lone::message("mo")));
    assert_eq!(client.answered(), [(CommandId::DELIVER_SM_RESP, CommandStatus::THROTTLED, 9)]);
    client.reply(CommandStatus::OK, said[1].2, Body::UnbindResp);
    assert_eq!(client.events(), [Event::Closed { reason: CloseReason::Unbound }]);
}

#[test]
fn our_unbind_is_not_held_up_for_ever() {
    // S-7, W-5
    let mut server = Lone::bound_server(Settings::default(), BindMode::Transceiver);
    let pending = server.request(1).unwrap();
    server.request(2).unwrap();
    server.answers();
    server.session.unbind(server.now);
    server.pass(DRAIN);
    assert!(matches!(server.answered()[..], [(CommandId::UNBIND, ..)]));
    // Answers still count after our unbind.
    server.reply(CommandStatus::OK, pending, Body::refusal(CommandId::DELIVER_SM));
    assert!(matches!(server.events()[..], [Event::Response { tag: 1, .. }]));
    server.pass(DRAIN);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::UnbindTimeout }]);
    assert_eq!(server.session.drain_pending().collect::<Vec<_>>(), [2]);
}

#[test]
fn crossing_unbinds_end_the_session() {
    // S-6, S-7
    let mut client = Lone::bound_client(Settings::default(), BindMode::Transceiver);
    client.session.unbind(client.now);
    client.say(4, Body::Unbind);
    let said = client.answered();
    assert!(matches!(said[..], [(CommandId::UNBIND, ..), (CommandId::UNBIND_RESP, CommandStatus::OK, 4)]));
    assert_eq!(client.events(), [Event::Unbinding, Event::Closed { reason: CloseReason::PeerUnbound }]);
}

#[test]
fn an_unbound_session_just_closes() {
    let mut server = Lone::server(Settings::default());
    server.session.unbind(server.now);
    assert_eq!(server.events(), [Event::Closed { reason: CloseReason::Unbound }]);
    assert_eq!(server.answered(), []);
}
