//! What is still there when the process begins again.

use std::time::Duration;

use sms::{Attached, State, Timestamp};

use super::sample::{entries, entry};
use super::*;
use crate::{Cause, Event, Sighting};

// INV-1
pub(super) async fn what_waits_survives(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let mut batch = entries(40);
    batch[3].alternatives = vec![link(OTHER)];
    let later =
        entry(50, |message| message.not_before = Some(message.accepted_at.plus(Duration::from_secs(3600))));
    accept(&*store, &batch).await;
    accept(&*store, &[later]).await;
    let store = fixture.reopen(store).await;
    let taken = store.take(&link(SMSC), 100).await.unwrap();
    assert_eq!(taken.len(), 40);
    for (lease, entry) in taken.iter().zip(&batch) {
        assert_eq!(lease.message(), &entry.message);
        assert_eq!(lease.alternatives(), entry.alternatives);
    }
    assert_eq!(store.evacuate(&link(SMSC), 10).await.unwrap().len(), 1, "the one that is not due");
}

// R-3 R-4
pub(super) async fn what_was_sent_survives(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    accept(&*store, &entries(2)).await;
    let long = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
    for id in [long, "7"] {
        settle(&*store, take_one(&*store, SMSC).await, sent(id));
    }
    let store = fixture.reopen(store).await;
    assert_nothing_waits(&*store, SMSC).await;
    let seen = store.receipts(vec![receipt(long, State::Delivered), receipt("7", State::Expired)]).await;
    assert_eq!(seen.unwrap(), [Sighting::Applied, Sighting::Applied]);
    assert_eq!(notice_of(&take_one(&*store, OWNER).await).state, State::Delivered);
    let store = fixture.reopen(store).await;
    let seen = store.receipts(vec![receipt(long, State::Delivered)]).await.unwrap();
    assert_eq!(seen, [Sighting::Repeated]);
}

pub(super) async fn what_is_on_a_shelf_survives(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let message = entry(1, |_| {});
    accept(&*store, std::slice::from_ref(&message)).await;
    let until = sample::now().plus(Duration::from_secs(3600));
    settle(&*store, take_one(&*store, SMSC).await, Outcome::Move { to: link("shelf"), until, cause: None });
    store.sync().await.unwrap();
    let store = fixture.reopen(store).await;
    let found = store.evacuate(&link("shelf"), 10).await.unwrap();
    assert_eq!(found.iter().map(|lease| lease.message().id).collect::<Vec<_>>(), [message.message.id]);
    assert_eq!(found[0].attempts(), 0, "as if it were new");
}

// DUR-7 INV-4
pub(super) async fn what_was_lent_is_lent_again(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch = entries(2);
    accept(&*store, &batch).await;
    let lease = take_one(&*store, SMSC).await;
    let dropped = take_one(&*store, SMSC).await;
    drop(dropped);
    let store = fixture.reopen(store).await;
    settle(&*store, lease, sent("of another life"));
    let first = take_one(&*store, SMSC).await;
    assert_eq!((first.message().id, first.attempts()), (batch[0].message.id, 1));
    let second = take_one(&*store, SMSC).await;
    assert_eq!((second.message().id, second.attempts()), (batch[1].message.id, 0));
    while store.status().possible_duplicates_total != 1 {
        tokio::task::yield_now().await;
    }
    store.sync().await.unwrap();
    let record = store.find(batch[0].message.id).await.unwrap().unwrap();
    let unknown = Event::OutcomeUnknown { cause: Cause::Restart };
    assert!(record.history.iter().any(|step| step.event == unknown), "{:?}", record.history);
}

pub(super) async fn a_notice_survives(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    accept(&*store, &entries(1)).await;
    settle(&*store, take_one(&*store, SMSC).await, sent("n"));
    let mut report = receipt("n", State::Undeliverable);
    (report.error, report.done_at) = (9, Timestamp(77_000));
    store.receipts(vec![report]).await.unwrap();
    let store = fixture.reopen(store).await;
    let lease = take_one(&*store, OWNER).await;
    let notice = notice_of(&lease);
    assert_eq!((notice.state, notice.error, notice.done_at), (State::Undeliverable, 9, Timestamp(77_000)));
    settle(&*store, lease, Outcome::Done { state: State::Delivered, remote_id: None });
    let store = fixture.reopen(store).await;
    assert_nothing_waits(&*store, OWNER).await;
    assert_eq!(store.status().live_messages, 0);
}

pub(super) async fn records_survive(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch = entries(3);
    accept(&*store, &batch).await;
    let store = fixture.reopen(store).await;
    settle(
        &*store,
        take_one(&*store, SMSC).await,
        Outcome::Done { state: State::HandedOver, remote_id: None },
    );
    let store = fixture.reopen(store).await;
    let record = store.find(batch[0].message.id).await.unwrap().unwrap();
    assert_eq!(record.state, State::HandedOver);
    assert_eq!(record.history.len(), 4, "{:?}", record.history);
    assert_eq!(store.find(batch[2].message.id).await.unwrap().unwrap().state, State::Enroute);
}

//
pub(super) async fn early_receipts_survive(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    accept(&*store, &entries(1)).await;
    store.receipts(vec![receipt("early", State::Delivered)]).await.unwrap();
    let store = fixture.reopen(store).await;
    assert_eq!(store.status().unmatched_receipts, 1);
    settle(&*store, take_one(&*store, SMSC).await, sent("early"));
    assert_eq!(notice_of(&take_one(&*store, OWNER).await).state, State::Delivered);
}

pub(super) async fn what_was_recalled_stays_so(fixture: &dyn Fixture) {
    // INV-9, O-6
    let store = fixture.open().await;
    let batch = super::sample::entries(3);
    accept(&*store, &batch).await;
    let which = crate::Which::Message(batch[0].message.id);
    assert_eq!(store.cancel(&link(OWNER), which).await.unwrap(), 1);
    let mut message = sms::Message::clone(&batch[1].message);
    message.parts = (0..2).map(|_| bytes::Bytes::from_static(b"anew")).collect();
    let replaced = Entry { message: std::sync::Arc::new(message), ..batch[1].clone() };
    assert!(store.replace(replaced.clone()).await.unwrap());
    let store = fixture.reopen(store).await;
    let taken = store.take(&link(SMSC), 10).await.unwrap();
    let expected = [&replaced, &replaced, &batch[2]].map(|entry| &entry.message);
    assert_eq!(taken.iter().map(Lease::message).collect::<Vec<_>>(), expected);
    assert_eq!(take_one(&*store, OWNER).await.message().id, batch[0].message.id);
}

pub(super) async fn what_is_replaced_goes_its_new_way(fixture: &dyn Fixture) {
    // O-6
    let said = |attributes: &'static [u8]| {
        let attached = Attached { reference: b"mine"[..].into(), told: None, attributes: attributes.into() };
        Some(Arc::new(attached))
    };
    let first = entry(0, |message| message.attached = said(b"first"));
    let id = first.message.id;
    let anew = |attributes, [target, alternative]: [&str; 2]| {
        let mut message = sms::Message::clone(&first.message);
        (message.attached, message.parts) = (said(attributes), vec![attributes.into(); 2].into());
        let alternatives = vec![link(alternative), link("telco-c")];
        Entry { message: Arc::new(message), target: link(target), alternatives }
    };
    let ways = [[OTHER, SMSC], [SMSC, OTHER]];
    let mut store = fixture.open().await;
    accept(&*store, std::slice::from_ref(&first)).await;
    for (attributes, way) in [(&b"second"[..], ways[0]), (b"third", ways[1]), (b"fourth", ways[0])] {
        let entry = anew(attributes, way);
        assert!(store.replace(entry.clone()).await.unwrap());
        for is_reopened in [false, true] {
            if is_reopened {
                store = fixture.reopen(store).await;
            }
            assert_nothing_waits(&*store, way[1]).await;
            let shown = store.waiting(&link(OWNER), id).await.unwrap().unwrap();
            assert_eq!((&shown.message, &shown.target), (&entry.message, &entry.target));
            assert_eq!(shown.alternatives, entry.alternatives);
            let record = store.find(id).await.unwrap().unwrap();
            assert_eq!((&record.target, record.segments), (&entry.target, 2));
            assert_eq!(record.attached, entry.message.attached);
            let last = record.history.last().map(|step| &step.event);
            assert_eq!(last, Some(&Event::Redirected { to: entry.target.clone() }));
        }
    }
    let taken = store.take(&link(OTHER), 10).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|lease| lease.alternatives() == [link(SMSC), link("telco-c")]));
}
