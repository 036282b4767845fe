//! Two sessions on a wire that splits, delays and loses.

use std::time::Duration;

use smpp::{Body, CloseReason, CommandId, Event, Settings, State};

use crate::lone::{message, submit};
use crate::pair::Pair;

const SECOND: Duration = Duration::from_secs(1);

fn answered(events: &[Event<u32>]) -> Vec<u32> {
    let tag = |event: &Event<u32>| match event {
        Event::Response { tag, status, .. } if status.is_ok() => Some(*tag),
        _ => None,
    };
    events.iter().filter_map(tag).collect()
}

#[test]
fn both_directions_work_octet_by_octet() {
    // F-1, W-1
    let mut pair = Pair::bound(Settings::default());
    for tag in 0..10 {
        pair.client.request(pair.now, submit(), tag).unwrap();
        pair.server.request(pair.now, Body::DeliverSm(message("mo")), 100 + tag).unwrap();
    }
    pair.pass(SECOND);
    assert_eq!(answered(&pair.client_events), (0..10).collect::<Vec<_>>());
    assert_eq!(answered(&pair.server_events), (100..110).collect::<Vec<_>>());
}

#[test]
fn an_idle_pair_stays_bound() {
    // M-2
    let mut pair = Pair::bound(Settings::default());
    pair.pass(3600 * SECOND);
    assert_eq!((pair.server.state(), pair.client.state()), (State::BoundTrx, State::BoundTrx));
    assert_eq!((pair.server_events.len(), pair.client_events.len()), (0, 0));
}

#[test]
fn a_lost_answer_expires_and_a_slow_one_is_late() {
    // M-3, W-5
    let settings = Settings { response_timeout: 5 * SECOND, ..Settings::default() };
    let mut pair = Pair::bound(settings);
    pair.to_client.loses = Some(CommandId::SUBMIT_SM_RESP);
    pair.client.request(pair.now, submit(), 1).unwrap();
    pair.pass(6 * SECOND);
    assert!(matches!(pair.client_events[..], [Event::Expired { tag: 1, .. }]));
    pair.to_client.loses = None;
    pair.to_client.delay = 6 * SECOND;
    pair.client.request(pair.now, submit(), 2).unwrap();
    pair.pass(7 * SECOND);
    assert!(matches!(pair.client_events[1..], [Event::Expired { tag: 2, .. }, Event::Late { .. }]));
    assert_eq!(pair.client.room(), 10);
}

#[test]
fn a_peer_that_vanishes_is_noticed_at_both_ends() {
    // M-2, M-3, S-6
    let mut pair = Pair::bound(Settings::default());
    pair.to_server.is_cut = true;
    pair.to_client.is_cut = true;
    pair.client.request(pair.now, submit(), 1).unwrap();
    pair.pass(41 * SECOND);
    let closed = Event::Closed { reason: CloseReason::EnquireLinkTimeout };
    assert_eq!(pair.client_events, vec![closed.clone()]);
    assert_eq!(pair.server_events, [closed]);
    assert_eq!(pair.client.drain_pending().collect::<Vec<_>>(), [1]);
}

#[test]
fn unbinding_under_load_loses_nothing() {
    // S-6, S-7, X-17
    let mut pair = Pair::bound(Settings::default());
    for tag in 0..10 {
        pair.client.request(pair.now, submit(), tag).unwrap();
        pair.server.request(pair.now, Body::DeliverSm(message("mo")), 100 + tag).unwrap();
    }
    pair.server.unbind(pair.now);
    pair.pass(SECOND);
    assert_eq!(answered(&pair.server_events), (100..110).collect::<Vec<_>>());
    // What crossed the drain was told to come again; nothing is without an outcome.
    let outcomes = pair.client_events.iter().filter(|event| matches!(event, Event::Response { .. })).count();
    assert_eq!((outcomes, pair.client.in_flight()), (10, 0));
    assert!(pair.server_events.contains(&Event::Closed { reason: CloseReason::Unbound }));
    assert!(pair.client_events.contains(&Event::Closed { reason: CloseReason::PeerUnbound }));
}
