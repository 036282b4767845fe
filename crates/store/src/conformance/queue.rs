//! What is lent, when, and in which order.

use std::sync::Arc;
use std::time::Duration;

use sms::{Attached, Priority, State, Timestamp};

use super::sample::{entries, entry, now};
use super::*;
use crate::{Cause, Shelf, StoreError};

pub(super) async fn what_was_accepted_is_lent_in_order(store: &dyn Store) {
    let batch = entries(300);
    accept(store, &batch[..100]).await;
    accept(store, &batch[100..]).await;
    let mut taken = Vec::new();
    while taken.len() < 300 {
        taken.extend(store.take(&link(SMSC), 64).await.unwrap());
    }
    for (lease, entry) in taken.iter().zip(&batch) {
        assert_eq!(lease.message(), &entry.message);
        assert_eq!((lease.item(), lease.attempts()), (Item::Segment(0), 0));
    }
    assert_nothing_waits(store, SMSC).await;
    let settlement = |lease| Settlement {
        lease,
        outcome: Outcome::Done { state: State::HandedOver, remote_id: None },
        answer: None,
    };
    store.settle(taken.into_iter().map(settlement).collect());
    store.sync().await.unwrap();
    let found = store.find(batch[7].message.id).await.unwrap().unwrap();
    assert_eq!(found.state, State::HandedOver);
    assert_nothing_waits(store, OWNER).await;
}

pub(super) async fn a_higher_priority_goes_first(store: &dyn Store) {
    let priorities = [0, 3, 1, 3, 9, 0];
    let batch: Vec<Entry> = (0..)
        .zip(priorities)
        .map(|(number, priority)| entry(number, |message| message.priority = Priority(priority)))
        .collect();
    accept(store, &batch).await;
    let taken = store.take(&link(SMSC), 10).await.unwrap();
    let order: Vec<_> = taken.iter().map(|lease| lease.message().id).collect();
    let expected: Vec<_> = [1, 3, 4, 2, 0, 5].iter().map(|&at: &usize| batch[at].message.id).collect();
    assert_eq!(order, expected);
    // What their owner is told goes in the same order.
    let ids: Vec<String> = order.iter().map(ToString::to_string).collect();
    for (lease, id) in taken.into_iter().zip(&ids) {
        settle(store, lease, sent(id));
    }
    let receipts = ids.iter().rev().map(|id| receipt(id, State::Delivered)).collect();
    store.receipts(receipts).await.unwrap();
    let told = store.take(&link(OWNER), 10).await.unwrap();
    let order: Vec<_> = told.iter().map(|lease| lease.message().id).collect();
    let ranks: Vec<_> = told.iter().map(|lease| lease.message().priority.0.min(3)).collect();
    assert_eq!((order.len(), ranks.as_slice()), (expected.len(), [3, 3, 3, 1, 0, 0].as_slice()));
}

pub(super) async fn a_dropped_lease_is_lent_again_at_its_place(store: &dyn Store) {
    let batch = entries(5);
    accept(store, &batch).await;
    let mut first = store.take(&link(SMSC), 3).await.unwrap();
    settle(store, first.remove(1), sent("kept"));
    drop(first);
    let again = store.take(&link(SMSC), 10).await.unwrap();
    let order: Vec<_> = again.iter().map(|lease| lease.message().id).collect();
    let expected: Vec<_> = [0, 2, 3, 4].iter().map(|&at: &usize| batch[at].message.id).collect();
    assert_eq!(order, expected);
    assert!(again.iter().all(|lease| lease.attempts() == 0), "a loan that was given back was no attempt");
}

pub(super) async fn a_cancelled_take_loses_nothing(store: &dyn Store) {
    let name = link(SMSC);
    for _ in 0..3 {
        tokio::select! {
            biased;
            _ = store.take(&name, 1) => panic!("nothing was there to take"),
            () = std::future::ready(()) => {}
        }
    }
    let batch = entries(1);
    accept(store, &batch).await;
    assert_eq!(take_one(store, SMSC).await.message().id, batch[0].message.id);
}

pub(super) async fn a_taker_waits_for_what_comes(store: Arc<dyn Store>) {
    let taker = Arc::clone(&store);
    let task = tokio::spawn(async move { taker.take(&link(SMSC), 10).await });
    tokio::task::yield_now().await;
    let batch = entries(2);
    accept(&*store, &batch).await;
    let mut taken = task.await.unwrap().unwrap();
    if taken.len() < 2 {
        taken.extend(store.take(&link(SMSC), 10).await.unwrap());
    }
    assert_eq!(taken.len(), 2);
}

pub(super) async fn a_message_that_cannot_be_kept_refuses_its_batch(store: &dyn Store) {
    let batch = vec![entry(1, |_| {}), entry(2, |message| message.parts.clear())];
    assert!(matches!(store.accept(batch).await, Err(StoreError::Failed(_))));
    let long =
        Attached { reference: vec![b'x'; Attached::REFERENCE_OCTETS_MAX + 1].into(), ..Attached::default() };
    let batch = vec![entry(1, |_| {}), entry(2, |message| message.attached = Some(Arc::new(long)))];
    assert!(matches!(store.accept(batch).await, Err(StoreError::Failed(_))));
    assert_nothing_waits(store, SMSC).await;
    accept(store, &entries(1)).await;
}

pub(super) async fn nothing_is_lent_before_its_time(store: &dyn Store) {
    let at = soon();
    accept(store, &[entry(1, |message| message.not_before = Some(at)), entry(2, |_| {})]).await;
    let first = take_one(store, SMSC).await;
    let second = take_one(store, SMSC).await;
    assert!(first.message().not_before.is_none());
    assert!(now() >= at && second.message().not_before == Some(at));
}

pub(super) async fn a_retry_is_not_lent_before_its_time(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let at = soon();
    settle(store, take_one(store, SMSC).await, Outcome::Retry { at, cause: Cause::Smpp(0x58) });
    let again = take_one(store, SMSC).await;
    assert!(now() >= at);
    assert_eq!(again.attempts(), 1);
    settle(store, again, Outcome::Retry { at: Timestamp(1), cause: Cause::Smpp(0x58) });
    assert_eq!(take_one(store, SMSC).await.attempts(), 2);
}

// INV-10
pub(super) async fn what_is_deferred_was_not_tried(store: &dyn Store) {
    accept(store, &entries(2)).await;
    let at = soon();
    let deferred = take_one(store, SMSC).await;
    let (id, attempts) = (deferred.message().id, deferred.attempts());
    settle(store, deferred, Outcome::Deferred { at });
    let other = take_one(store, SMSC).await;
    assert_ne!(other.message().id, id, "what came later does not wait for it");
    let again = take_one(store, SMSC).await;
    assert!(now() >= at);
    assert_eq!((again.message().id, again.attempts()), (id, attempts));
    settle(store, again, Outcome::Done { state: State::HandedOver, remote_id: None });
    store.sync().await.unwrap();
    let record = store.find(id).await.unwrap().unwrap();
    let attempted = |step: &&crate::Step| matches!(step.event, crate::Event::Attempted { .. });
    assert_eq!(record.history.iter().filter(attempted).count(), 1, "{:?}", record.history);
}

pub(super) async fn nothing_is_lent_after_its_validity(store: &dyn Store) {
    let late = entry(1, |message| message.expires_at = Some(Timestamp(now().0 - 1)));
    let valid = entry(2, |message| message.expires_at = Some(now().plus(Duration::from_secs(3600))));
    accept(store, &[late.clone(), valid.clone()]).await;
    assert_eq!(take_one(store, SMSC).await.message().id, valid.message.id);
    let told = take_one(store, OWNER).await;
    assert_eq!(told.message().id, late.message.id);
    assert_eq!(notice_of(&told).state, State::Expired);
    store.sync().await.unwrap();
    assert_eq!(store.find(late.message.id).await.unwrap().unwrap().state, State::Expired);
}

pub(super) async fn another_link_can_have_it(store: &dyn Store) {
    let mut with_choice = entry(1, |_| {});
    with_choice.alternatives = vec![link(OTHER), link("telco-c")];
    accept(store, &[with_choice]).await;
    let lease = take_one(store, SMSC).await;
    assert_eq!(lease.alternatives(), [link(OTHER), link("telco-c")]);
    settle(store, lease, Outcome::Redirect { to: link(OTHER) });
    assert_eq!(take_one(store, OTHER).await.attempts(), 1);
    assert_nothing_waits(store, SMSC).await;
}

// INV-10
pub(super) async fn what_nobody_takes_in_time_waits_on_the_shelf(store: &dyn Store) {
    let shelf = link("telco-a/shelf");
    let hour = Duration::from_secs(3600);
    store.shelve(&link(SMSC), Some(Shelf { link: shelf.clone(), time: hour }));
    let late = entry(1, |message| message.expires_at = Some(Timestamp(now().0 - 1)));
    accept(store, std::slice::from_ref(&late)).await;
    let mut found = Vec::new();
    while found.is_empty() {
        assert_nothing_waits(store, SMSC).await;
        found = store.evacuate(&shelf, 10).await.unwrap();
    }
    let lease = found.pop().unwrap();
    assert_eq!((lease.message().id, lease.attempts()), (late.message.id, 0));
    settle(store, lease, Outcome::Move { to: link(SMSC), until: now().plus(hour), cause: None });
    let again = take_one(store, SMSC).await;
    assert_eq!(again.message().id, late.message.id, "it has got a new time");
    settle(store, again, Outcome::Move { to: shelf.clone(), until: now().plus(hour), cause: None });
    store.shelve(&link(SMSC), None);
    let other = entry(2, |message| message.expires_at = Some(Timestamp(now().0 - 1)));
    accept(store, std::slice::from_ref(&other)).await;
    assert_eq!(notice_of(&take_one(store, OWNER).await).state, State::Expired);
    assert_eq!(store.evacuate(&shelf, 10).await.unwrap().len(), 1);
}

pub(super) async fn a_link_can_be_emptied(store: &dyn Store) {
    let later = now().plus(Duration::from_secs(3600));
    let batch = [entry(1, |message| message.not_before = Some(later)), entry(2, |_| {}), entry(3, |_| {})];
    accept(store, &batch).await;
    let mut moved = store.evacuate(&link(SMSC), 10).await.unwrap();
    assert_eq!(moved.len(), 3, "due or not");
    let back = moved.remove(0);
    assert_eq!(back.message().id, batch[1].message.id);
    drop(back);
    for lease in moved {
        settle(store, lease, Outcome::Redirect { to: link(OTHER) });
    }
    let here = take_one(store, SMSC).await;
    assert_eq!((here.message().id, here.attempts()), (batch[1].message.id, 0));
    let there = store.take(&link(OTHER), 10).await.unwrap();
    assert_eq!(there.len(), 1, "what is not due is not due there either");
    assert_eq!((there[0].message().id, there[0].attempts()), (batch[2].message.id, 0));
}

pub(super) async fn what_waits_can_be_seen_and_chosen(store: &dyn Store) {
    let hour = Duration::from_secs(3600);
    let batch: Vec<Entry> = (0..10)
        .map(|number| {
            let mut entry = entry(number, |message| {
                message.priority = Priority((number % 4) as u8);
                message.not_before = (number == 3).then(|| now().plus(hour));
            });
            entry.target = link(if number % 2 == 0 { SMSC } else { OTHER });
            entry
        })
        .collect();
    accept(store, &batch).await;
    let (both, mut after, mut seen) = ([link(SMSC), link(OTHER)], None, Vec::new());
    loop {
        let page = store.browse(&both, after, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.mark.to_string().parse().unwrap());
        seen.extend(page);
    }
    let order = |seen: &[crate::Glimpse]| seen.iter().map(|one| one.message.id).collect::<Vec<_>>();
    assert_eq!(order(&seen), batch.iter().map(|entry| entry.message.id).collect::<Vec<_>>());
    assert!(seen.iter().zip(&batch).all(|(one, entry)| one.link == entry.target));
    assert_eq!(store.browse(&[link(OWNER)], None, 4).await.unwrap().len(), 0);

    let chosen = vec![seen[4].part, seen[3].part, seen[2].part];
    let leases = store.evacuate_those(&link(SMSC), chosen.clone()).await.unwrap();
    let ids: Vec<_> = leases.iter().map(|lease| lease.message().id).collect();
    assert_eq!(ids, [4, 2].map(|at: usize| batch[at].message.id), "what waits for others is not lent");
    assert!(store.evacuate_those(&link(SMSC), chosen).await.unwrap().is_empty(), "it is lent");
    assert_eq!(store.browse(&both, None, 100).await.unwrap().len(), 8);
    let [moved, dropped] = leases.try_into().unwrap();
    settle(store, moved, Outcome::Redirect { to: link(OWNER) });
    drop(dropped);
    store.sync().await.unwrap();
    let left = store.browse(&[link(SMSC)], None, 100).await.unwrap();
    assert_eq!(order(&left), [0, 2, 6, 8].map(|at: usize| batch[at].message.id));
    let taken = store.evacuate(&link(SMSC), 100).await.unwrap();
    assert_eq!(taken.len(), 4, "each is lent once");
}

pub(super) async fn what_waits_of_a_message_is_found_among_much(fixture: &dyn Fixture) {
    const MANY: u64 = 3000;
    let store = fixture.open().await;
    let batch = entries(MANY);
    accept(&*store, &batch).await;
    let id = |at: usize| batch[at].message.id;
    // One is over but for its notice, which is told later.
    settle(
        &*store,
        take_one(&*store, SMSC).await,
        Outcome::Done { state: State::Delivered, remote_id: None },
    );
    let lent = take_one(&*store, SMSC).await;
    store.sync().await.unwrap();
    let named = [id(0), id(1), id(2), id(2999), sample::id(MANY + 1)];
    let found = |leases: &[Lease]| leases.iter().map(|lease| lease.message().id).collect::<Vec<_>>();

    let here = store.evacuate_of(&link(SMSC), &named).await.unwrap();
    assert_eq!(found(&here), [id(2), id(2999)], "neither what is lent nor what waits elsewhere");
    assert!(store.evacuate_of(&link(SMSC), &named).await.unwrap().is_empty(), "it is lent");
    let notice = store.evacuate_of(&link(OWNER), &named).await.unwrap();
    assert_eq!(found(&notice), [id(0)]);
    assert!(matches!(notice[0].item(), Item::Notice(_)));
    drop((here, notice, lent));
    assert!(store.evacuate_of(&link(OTHER), &named).await.unwrap().is_empty());

    let store = fixture.reopen(store).await;
    let here = store.evacuate_of(&link(SMSC), &named).await.unwrap();
    assert_eq!(found(&here), [id(1), id(2), id(2999)]);
    assert_eq!(found(&store.evacuate_of(&link(OWNER), &named).await.unwrap()), [id(0)]);
}
