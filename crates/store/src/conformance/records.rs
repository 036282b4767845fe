//! What is found later.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sms::{Address, Attached, Direction, MessageId, Npi, State, Timestamp, Ton};

use super::sample::{entries, entry, id};
use super::*;
use crate::{Cause, Event, Happening, Page, Query, Seen, Subject};

pub(super) async fn a_record_says_all_that_happened(store: &dyn Store) {
    let batch = entries(1);
    let message = &batch[0].message;
    accept(store, &batch).await;
    let fresh = store.find(message.id).await.unwrap().expect("what is durable is found");
    assert_eq!((fresh.state, fresh.final_at), (State::Enroute, None));
    let busy = Outcome::Retry { at: Timestamp(1), cause: Cause::Smpp(0x14) };
    settle(store, take_one(store, SMSC).await, busy);
    settle(store, take_one(store, SMSC).await, Outcome::Redirect { to: link(OTHER) });
    settle(store, take_one(store, OTHER).await, sent("x"));
    let mut report = receipt("x", State::Delivered);
    report.smsc = link(OTHER);
    store.receipts(vec![report.clone(), report]).await.unwrap();
    let told = Outcome::Done { state: State::Delivered, remote_id: None };
    settle(store, take_one(store, OWNER).await, told);
    store.sync().await.unwrap();
    let record = store.find(message.id).await.unwrap().unwrap();
    assert_eq!((record.id, record.direction, record.segments), (message.id, Direction::Mt, 1));
    assert_eq!((&record.origin, &record.target), (&link(OWNER), &link(OTHER)));
    assert_eq!((&record.source, &record.destination), (&message.source, &message.destination));
    assert_eq!((record.state, record.error, record.accepted_at), (State::Delivered, 0, message.accepted_at));
    assert!(record.final_at.is_some_and(|at| at >= message.accepted_at));
    let events: Vec<Event> = record.history.into_iter().map(|step| step.event).collect();
    let attempted = |name| Event::Attempted { link: link(name) };
    let delivered = Event::Receipt { state: State::Delivered, error: 0 };
    let expected = [
        Event::Accepted,
        attempted(SMSC),
        Event::Retried { cause: Cause::Smpp(0x14), at: Timestamp(1) },
        attempted(SMSC),
        Event::Redirected { to: link(OTHER) },
        attempted(OTHER),
        Event::Sent { remote_id: Some(sample::remote_id("x")) },
        delivered.clone(),
        Event::Final { state: State::Delivered },
        delivered,
        Event::OwnerTold { link: link(OWNER) },
    ];
    assert_eq!(events, expected);
}

pub(super) async fn a_record_says_how_often_its_owner_could_not_be_told(store: &dyn Store) {
    let batch = entries(1);
    accept(store, &batch).await;
    settle(store, take_one(store, SMSC).await, sent("x"));
    store.receipts(vec![receipt("x", State::Delivered)]).await.unwrap();
    let all: crate::Wish = Box::new(|happening| matches!(happening.step.event, Event::OwnerRetried { .. }));
    let mut watch = store.watch(&[link(OWNER)], all);
    let again = |cause, at| Event::OwnerRetried { cause, attempts: at as u16, at: Some(Timestamp(at)) };
    for at in 1..=3 {
        let outcome = match at {
            1 => Outcome::Unknown { retry_at: Some(Timestamp(at)), cause: Cause::Timeout },
            _ => Outcome::Retry { at: Timestamp(at), cause: Cause::Http(500) },
        };
        settle(store, take_one(store, OWNER).await, outcome);
        store.sync().await.unwrap();
        let record = store.find(batch[0].message.id).await.unwrap().unwrap();
        let untold = |step: &&crate::Step| matches!(step.event, Event::OwnerRetried { .. });
        let steps: Vec<_> = record.history.iter().filter(untold).collect();
        let cause = if at == 1 { Cause::Timeout } else { Cause::Http(500) };
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].event, again(cause, at));
        let Seen::Happened(seen) = watch.next().await else { panic!("nothing was missed") };
        assert_eq!(&seen.step, steps[0]);
    }
}

pub(super) async fn who_follows_sees_what_is_added_to_records(store: &dyn Store) {
    let all = || -> crate::Wish { Box::new(|_| true) };
    let (mut bank, mut stranger) =
        (store.watch(&[link(OWNER)], all()), store.watch(&[link("stranger")], all()));
    let mut ends = store
        .watch(&[link(OWNER)], Box::new(|happening| matches!(happening.step.event, Event::Final { .. })));
    let mut batch = entries(1);
    let message = Arc::make_mut(&mut batch[0].message);
    let reference = Bytes::from_static(b"order 7");
    message.attached =
        Some(Arc::new(Attached { reference: reference.clone(), told: None, attributes: Bytes::new() }));
    let (source, destination) = (message.source.clone(), message.destination.clone());
    let id = message.id;
    let (origin, target) = (link(OWNER), link(SMSC));
    let subject = Arc::new(Subject { id, origin, target, source, destination, reference });
    accept(store, &batch).await;
    settle(store, take_one(store, SMSC).await, sent("x"));
    let report = receipt("x", State::Delivered);
    store.receipts(vec![report.clone()]).await.unwrap();
    let told = Outcome::Done { state: State::Delivered, remote_id: None };
    settle(store, take_one(store, OWNER).await, told);
    store.sync().await.unwrap();
    let history = store.find(id).await.unwrap().unwrap().history;
    assert_eq!(history.len(), 6, "{history:?}");
    for step in history {
        assert_eq!(bank.next().await, Seen::Happened(Happening { subject: subject.clone(), step }));
    }
    let Seen::Happened(end) = ends.next().await else { panic!("nothing was missed") };
    assert_eq!(end.step.event, Event::Final { state: State::Delivered });
    // Its record is written and no longer at hand.
    store.search(Query { limit: 10, ..Query::default() }).await.unwrap();
    store.receipts(vec![report]).await.unwrap();
    let Seen::Happened(late) = bank.next().await else { panic!("nothing was missed") };
    let again = Event::Receipt { state: State::Delivered, error: 0 };
    assert_eq!((late.subject, late.step.event), (subject, again));
    for nothing in [&mut stranger, &mut ends] {
        assert!(tokio::time::timeout(Duration::ZERO, nothing.next()).await.is_err());
    }
}

pub(super) async fn what_is_not_there_is_not_found(store: &dyn Store) {
    assert_eq!(store.find(id(99)).await.unwrap(), None);
    assert!(store.search(Query { limit: 10, ..Query::default() }).await.unwrap().records.is_empty());
    let cursor = Query { cursor: Some(id(99)), limit: 10, ..Query::default() };
    assert!(store.search(cursor).await.unwrap().records.is_empty());
}

fn ids(page: &Page) -> Vec<MessageId> {
    page.records.iter().map(|record| record.id).collect()
}

pub(super) async fn a_search_goes_page_by_page(store: &dyn Store) {
    let batch = entries(25);
    accept(store, &batch).await;
    let (mut found, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.search(Query { cursor, limit: 10, ..Query::default() }).await.unwrap();
        found.extend(ids(&page));
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let newest_first: Vec<MessageId> = batch.iter().rev().map(|entry| entry.message.id).collect();
    assert_eq!((found, pages), (newest_first, 3));
}

pub(super) async fn a_search_looks_at_what_it_is_asked(store: &dyn Store) {
    let number = |value: &[u8]| Address::new(Ton(0), Npi(0), value).unwrap();
    let early = Timestamp(now().0 - 5_000);
    let mut batch = [
        entry(1, |message| message.accepted_at = early),
        entry(2, |message| message.source = number(b"62811777")),
        entry(3, |message| message.destination = number(b"62811777")),
        entry(4, |message| message.source = number(b"caf\xE9")),
        entry(5, |message| message.origin = link("games")),
    ];
    batch[4].target = link(OTHER);
    accept(store, &batch).await;
    let numbers = async |query: Query| {
        let page = store.search(Query { limit: 10, ..query }).await.unwrap();
        let at = |id: MessageId| batch.iter().position(|entry| entry.message.id == id).unwrap() + 1;
        ids(&page).into_iter().map(at).collect::<Vec<usize>>()
    };
    let of = |value: &[u8]| Query { number: Some(value.to_vec()), ..Query::default() };
    assert_eq!(numbers(of(b"62811777")).await, [3, 2]);
    assert_eq!(numbers(of(b"caf\xE9")).await, [4]);
    assert_eq!(numbers(Query { links: Some(vec![link("games")]), ..of(b"1234") }).await, [5]);
    assert_eq!(numbers(Query { links: Some(vec![link(OTHER)]), ..Query::default() }).await, [5]);
    let either = Query { links: Some(vec![link("nobody"), link(OTHER), link("games")]), ..Query::default() };
    assert_eq!(numbers(either).await, [5], "once, though it is of both");
    assert!(numbers(Query { links: Some(Vec::new()), ..of(b"1234") }).await.is_empty());
    let border = Timestamp(early.0 + 1);
    assert_eq!(numbers(Query { until: Some(border), ..Query::default() }).await, [1]);
    assert_eq!(numbers(Query { from: Some(border), ..Query::default() }).await, [5, 4, 3, 2]);
    let none = Query { from: Some(now().plus(std::time::Duration::from_secs(60))), ..Query::default() };
    assert!(numbers(none).await.is_empty());
}

pub(super) async fn a_search_for_states_goes_page_by_page(store: &dyn Store) {
    let mut batch = entries(25);
    for entry in batch.iter_mut().step_by(5) {
        Arc::make_mut(&mut entry.message).direction = Direction::Mo;
    }
    accept(store, &batch).await;
    let leases = store.take(&link(SMSC), batch.len()).await.unwrap();
    let mut expected = Vec::new();
    for (number, lease) in leases.into_iter().enumerate() {
        let state = [State::Delivered, State::Undeliverable, State::Rejected][number % 3];
        expected.push((lease.message().id, lease.message().direction, state));
        settle(store, lease, Outcome::Done { state, remote_id: None });
    }
    expected.reverse();
    let late = Arc::new(sample::message(100));
    accept(store, &[Entry { message: late.clone(), target: link(SMSC), alternatives: Vec::new() }]).await;
    store.sync().await.unwrap();

    let all = async |query: Query| {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.search(Query { cursor, limit: 3, ..query.clone() }).await.unwrap();
            found.extend(ids(&page));
            assert!(page.next.is_none() || page.records.len() == 3, "only the last page is not full");
            cursor = page.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    let those = |is_meant: &dyn Fn(Direction, State) -> bool| -> Vec<MessageId> {
        let meant = expected.iter().filter(|(_, direction, state)| is_meant(*direction, *state));
        meant.map(|(id, ..)| *id).collect()
    };
    let of = |states: &[State]| Query { states: Some(states.to_vec()), ..Query::default() };
    let bad = [State::Undeliverable, State::Rejected];
    assert_eq!(all(of(&bad)).await, those(&|_, state| bad.contains(&state)));
    assert_eq!(all(of(&[State::Enroute])).await, [late.id]);
    assert!(all(of(&[State::HandedOver])).await.is_empty() && all(of(&[])).await.is_empty());
    let from_handsets = Query { direction: Some(Direction::Mo), ..Query::default() };
    assert_eq!(all(from_handsets.clone()).await, those(&|direction, _| direction == Direction::Mo));
    let both = Query { states: Some(bad.to_vec()), ..from_handsets };
    assert_eq!(
        all(both).await,
        those(&|direction, state| direction == Direction::Mo && bad.contains(&state))
    );
    let number = late.destination.value.to_vec();
    assert_eq!(all(Query { number: Some(number), ..of(&[State::Enroute]) }).await, [late.id]);
}

pub(super) async fn an_answer_comes_with_its_settlement(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let lease = take_one(store, SMSC).await;
    let asked = lease.message().id;
    let mut answer = entry(2, |message| message.in_reply_to = Some(asked));
    answer.target = link(OTHER);
    let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
    store.settle(vec![Settlement { lease, outcome, answer: Some(answer.clone()) }]);
    let lease = take_one(store, OTHER).await;
    assert_eq!(lease.message(), &answer.message);
    store.sync().await.unwrap();
    let record = store.find(answer.message.id).await.unwrap().unwrap();
    assert_eq!(record.in_reply_to, Some(asked));
}

pub(super) async fn what_was_attached_is_in_the_record(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let called = |reference: &'static [u8], attributes: &'static [u8]| {
        Some(Arc::new(Attached { reference: reference.into(), told: None, attributes: attributes.into() }))
    };
    let batch = [
        entry(1, |message| message.attached = called(b"order 17", b"\x01whatever\xFF")),
        entry(2, |message| message.attached = called(b"caf\xE9", b"")),
        entry(3, |message| message.attached = called(b"", b"anything")),
        entry(4, |_| {}),
        entry(5, |message| message.attached = called(b"order 17", b"again")),
    ];
    let many = (10..50).map(|number| entry(number, |message| message.attached = called(b"many", b"")));
    accept(&*store, &many.collect::<Vec<Entry>>()).await;
    accept(&*store, &batch).await;
    what_was_attached_is_found(&*store, &batch).await;
    let store = fixture.reopen(store).await;
    what_was_attached_is_found(&*store, &batch).await;
    let many = Query { reference: Some(b"many".to_vec()), limit: 100, ..Query::default() };
    assert_eq!(store.search(many).await.unwrap().records.len(), 40);
    let mut leases = store.take(&link(SMSC), 100).await.unwrap();
    leases.retain(|lease| batch.iter().any(|entry| entry.message.id == lease.message().id));
    leases.sort_by_key(|lease| lease.message().destination.value.clone());
    let lent: Vec<_> = leases.iter().map(|lease| lease.message().attached.clone()).collect();
    let attached: Vec<_> = batch.iter().map(|entry| entry.message.attached.clone()).collect();
    assert_eq!(lent, attached);
}

async fn what_was_attached_is_found(store: &dyn Store, batch: &[Entry]) {
    for entry in batch {
        let record = store.find(entry.message.id).await.unwrap().unwrap();
        assert_eq!(record.attached, entry.message.attached);
    }
    let find = async |query: Query| {
        let page = store.search(Query { limit: 10, ..query }).await.unwrap();
        let at = |id: MessageId| batch.iter().position(|entry| entry.message.id == id).unwrap() + 1;
        ids(&page).into_iter().map(at).collect::<Vec<usize>>()
    };
    let of = |reference: &[u8]| Query { reference: Some(reference.to_vec()), ..Query::default() };
    assert_eq!(find(of(b"order 17")).await, [5, 1]);
    assert_eq!(find(of(b"caf\xE9")).await, [2]);
    assert!(find(of(b"order 1")).await.is_empty());
    assert!(find(of(b"1234")).await.is_empty(), "a number is no reference");
    let number = batch[0].message.destination.value.to_vec();
    assert_eq!(find(Query { number: Some(number), ..of(b"order 17") }).await, [1]);
    assert!(find(Query { links: Some(vec![link("games")]), ..of(b"order 17") }).await.is_empty());
}
