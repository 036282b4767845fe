//! A message centre that connects and asks for a bind.

use std::time::Duration;

use smpp::{BindMode, Body, CString, CloseReason, CommandId, CommandStatus, Event, Outbind, Settings, State};

use crate::lone::{Lone, bind};

fn outbind() -> Outbind {
    Outbind { system_id: CString::clipped(b"smsc"), password: CString::clipped(b"secret") }
}

#[test]
fn a_client_that_waits_is_asked_and_binds_on_the_same_connection() {
    // section 7: outbind
    let mut client = Lone::awaiting_outbind(Settings::default());
    assert_eq!((client.answered(), client.session.room()), (vec![], 0));
    client.say(1, Body::EnquireLink);
    client.say(7, Body::Outbind(outbind()));
    assert_eq!(client.answered(), [(CommandId::ENQUIRE_LINK_RESP, CommandStatus::OK, 1)]);
    assert_eq!(client.events(), [Event::Outbind { outbind: outbind() }]);
    for _ in 0..2 {
        client.session.bind(client.now, bind(BindMode::Receiver));
    }
    let said = client.answered();
    assert_eq!(said, [(CommandId::BIND_RECEIVER, CommandStatus::OK, 1)]);
    // One more outbind while ours is under way has nothing to ask for.
    client.say(8, Body::Outbind(outbind()));
    client.reply(CommandStatus::OK, 1, Body::refusal(CommandId::BIND_RECEIVER));
    assert!(matches!(client.events()[..], [Event::Bound { mode: BindMode::Receiver, .. }]));
    client.say(9, Body::Outbind(outbind()));
    assert_eq!(client.answered(), [(CommandId::GENERIC_NACK, CommandStatus::INVBNDSTS, 9)]);
}

#[test]
fn a_client_does_not_wait_for_ever_nor_for_much() {
    // M-1, F-3
    let mut client = Lone::awaiting_outbind(Settings::default());
    client.pass(Duration::from_secs(10));
    assert_eq!(client.events(), [Event::Closed { reason: CloseReason::SessionInitTimeout }]);
    let mut client = Lone::awaiting_outbind(Settings::default());
    client.say_octets(&[0, 0, 1, 1]);
    assert!(matches!(client.events()[..], [Event::Closed { reason: CloseReason::Framing(_) }]));
}

#[test]
fn a_message_centre_asks_before_the_bind_only() {
    // section 7: outbind
    let mut server = Lone::server(Settings::default());
    server.session.outbind(outbind());
    let said = server.answers();
    assert_eq!(said[0].body, Body::Outbind(outbind()));
    server.say(1, Body::Bind(bind(BindMode::Receiver)));
    server.answer_bind(CommandStatus::OK);
    assert_eq!((server.answers().len(), server.session.state()), (1, State::BoundRx));
    server.session.outbind(outbind());
    assert_eq!(server.answered(), []);
}
