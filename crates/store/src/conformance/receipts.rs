//! What the SMSC says later, and what the owner is told.

use std::sync::Arc;

use sms::{Attached, ReceiptRequest, State, Timestamp};

use super::sample::{entries, entry};
use super::*;
use crate::{Cause, Event, Notice, RemoteId, RemoteIdForm, Sighting};

// INV-1 R-4
pub(super) async fn a_receipt_ends_a_message_and_its_owner_is_told(store: &dyn Store) {
    let batch = entries(2);
    accept(store, &batch).await;
    for id in ["a", "b"] {
        settle(store, take_one(store, SMSC).await, sent(id));
    }
    let mut report = receipt("a", State::Undeliverable);
    (report.error, report.done_at) = (17, Timestamp(123_456));
    let unknown = receipt("c", State::Delivered);
    let seen = store.receipts(vec![report.clone(), unknown, report.clone()]).await.unwrap();
    assert_eq!(seen, [Sighting::Applied, Sighting::Unmatched, Sighting::Repeated]);
    let lease = take_one(store, OWNER).await;
    assert_eq!(lease.message(), &batch[0].message);
    let expected =
        Notice { state: State::Undeliverable, error: 17, done_at: Timestamp(123_456), delivered: 0 };
    assert_eq!(notice_of(&lease), expected);
    settle(store, lease, Outcome::Done { state: State::Delivered, remote_id: None });
    store.sync().await.unwrap();
    assert_eq!(store.receipts(vec![report]).await.unwrap(), [Sighting::Repeated], "also when all is over");
    assert_nothing_waits(store, OWNER).await;
}

pub(super) async fn the_owner_is_told_only_what_it_asked_for(store: &dyn Store) {
    let on_failure = ReceiptRequest { on_failure: true, ..ReceiptRequest::NONE };
    let batch = [
        entry(1, |message| message.receipt = ReceiptRequest::NONE),
        entry(2, |message| message.receipt = on_failure),
        entry(3, |message| message.receipt = on_failure),
    ];
    accept(store, &batch).await;
    for id in ["1", "2", "3"] {
        settle(store, take_one(store, SMSC).await, sent(id));
    }
    let states = [("1", State::Rejected), ("2", State::Delivered), ("3", State::Rejected)];
    store.receipts(states.map(|(id, state)| receipt(id, state)).to_vec()).await.unwrap();
    assert_eq!(take_one(store, OWNER).await.message().id, batch[2].message.id);
    assert_eq!(store.evacuate(&link(OWNER), 10).await.unwrap().len(), 1, "the one that was dropped");
}

//
pub(super) async fn a_receipt_may_come_before_the_response(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let lease = take_one(store, SMSC).await;
    let seen = store.receipts(vec![receipt("early", State::Delivered)]).await.unwrap();
    assert_eq!(seen, [Sighting::Unmatched]);
    settle(store, lease, sent("early"));
    assert_eq!(notice_of(&take_one(store, OWNER).await).state, State::Delivered);
}

//
pub(super) async fn ids_are_compared_by_value(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let remote_id = RemoteId::new(b"00FF", RemoteIdForm::Hexadecimal);
    settle(store, take_one(store, SMSC).await, Outcome::Sent { remote_id });
    let mut report = receipt("", State::Delivered);
    report.remote_id = RemoteId::new(b"255", RemoteIdForm::Decimal);
    let mut elsewhere = report.clone();
    elsewhere.smsc = link(OTHER);
    let seen = store.receipts(vec![elsewhere, report]).await.unwrap();
    assert_eq!(seen, [Sighting::Unmatched, Sighting::Applied]);
}

//
pub(super) async fn an_intermediate_receipt_changes_nothing(store: &dyn Store) {
    accept(store, &entries(1)).await;
    settle(store, take_one(store, SMSC).await, sent("a"));
    assert_eq!(store.receipts(vec![receipt("a", State::Enroute)]).await.unwrap(), [Sighting::Applied]);
    assert_nothing_waits(store, OWNER).await;
    assert_eq!(store.receipts(vec![receipt("a", State::Delivered)]).await.unwrap(), [Sighting::Applied]);
    assert_eq!(notice_of(&take_one(store, OWNER).await).state, State::Delivered);
}

async fn send_long(store: &dyn Store) {
    let parts = ["one", "two", "three"].map(|part| bytes::Bytes::from_static(part.as_bytes()));
    accept(store, &[entry(1, |message| message.parts = parts.into_iter().collect())]).await;
    let leases = store.take(&link(SMSC), 10).await.unwrap();
    let items: Vec<Item> = leases.iter().map(Lease::item).collect();
    assert_eq!(items, [Item::Segment(0), Item::Segment(1), Item::Segment(2)]);
    for (lease, id) in leases.into_iter().zip(["1", "2", "3"]) {
        settle(store, lease, sent(id));
    }
}

//
pub(super) async fn receipts_of_a_long_message_are_aggregated(store: &dyn Store) {
    send_long(store).await;
    for id in ["2", "3"] {
        store.receipts(vec![receipt(id, State::Delivered)]).await.unwrap();
        assert_nothing_waits(store, OWNER).await;
    }
    store.receipts(vec![receipt("1", State::Delivered)]).await.unwrap();
    let notice = notice_of(&take_one(store, OWNER).await);
    assert_eq!((notice.state, notice.delivered), (State::Delivered, 3));
}

//
pub(super) async fn one_failed_segment_fails_the_message(store: &dyn Store) {
    send_long(store).await;
    let mut report = receipt("2", State::Undeliverable);
    report.error = 5;
    let seen = vec![receipt("1", State::Delivered), report, receipt("3", State::Rejected)];
    store.receipts(seen).await.unwrap();
    let notice = notice_of(&take_one(store, OWNER).await);
    assert_eq!((notice.state, notice.error, notice.delivered), (State::Undeliverable, 5, 1));
}

// DUR-7 INV-3
pub(super) async fn an_unknown_outcome_can_be_held_and_amended(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let lease = take_one(store, SMSC).await;
    let (part, item) = (lease.part(), lease.item());
    settle(store, lease, Outcome::Unknown { retry_at: None, cause: Cause::Timeout });
    assert_nothing_waits(store, SMSC).await;
    store.amend(part, item, &link(SMSC), sent("late"));
    let seen = store.receipts(vec![receipt("late", State::Delivered)]).await.unwrap();
    assert_eq!(seen, [Sighting::Applied]);
    assert_eq!(notice_of(&take_one(store, OWNER).await).state, State::Delivered);
}

// DUR-7 INV-4
pub(super) async fn an_unknown_outcome_that_is_repeated_is_counted(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let lease = take_one(store, SMSC).await;
    let (part, item) = (lease.part(), lease.item());
    settle(store, lease, Outcome::Unknown { retry_at: Some(Timestamp(1)), cause: Cause::ConnectionLost });
    let again = take_one(store, SMSC).await;
    assert_eq!(again.attempts(), 1);
    store.amend(part, item, &link(SMSC), sent("first"));
    settle(store, again, sent("second"));
    let seen = store.receipts(vec![receipt("first", State::Delivered), receipt("second", State::Rejected)]);
    assert_eq!(seen.await.unwrap(), [Sighting::Applied, Sighting::Repeated], "the first final receipt wins");
    assert_eq!(notice_of(&take_one(store, OWNER).await).state, State::Delivered);
    while store.status().possible_duplicates_total != 1 {
        tokio::task::yield_now().await;
    }
}

/// Takes the next item, gives it up and hears of it after all.
async fn answered_late(store: &dyn Store, from: &str, retry_at: Option<Timestamp>, answer: Outcome) {
    let lease = take_one(store, from).await;
    let (part, item) = (lease.part(), lease.item());
    settle(store, lease, Outcome::Unknown { retry_at, cause: Cause::Timeout });
    store.amend(part, item, &link(from), answer);
    store.sync().await.unwrap();
}

// DUR-7 INV-4
pub(super) async fn what_is_held_and_refused_late_is_lent_again(store: &dyn Store) {
    let busy = |at| Outcome::Retry { at, cause: Cause::Smpp(0x58) };
    accept(store, &entries(1)).await;
    answered_late(store, SMSC, None, busy(Timestamp(1))).await;
    let again = take_one(store, SMSC).await;
    assert_eq!(again.attempts(), 1);
    let (part, item) = (again.part(), again.item());
    store.amend(part, item, &link(SMSC), busy(Timestamp(1)));
    settle(store, again, sent("second"));
    // It is there by the second attempt, whatever the first came to.
    store.amend(part, item, &link(SMSC), busy(Timestamp(1)));
    assert_nothing_waits(store, SMSC).await;
    store.receipts(vec![receipt("second", State::Delivered)]).await.unwrap();
    assert_eq!(notice_of(&take_one(store, OWNER).await).state, State::Delivered);
    assert_eq!(store.status().possible_duplicates_total, 0);
}

// DUR-7 INV-4
pub(super) async fn what_a_late_answer_ends_is_not_lent_again(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch = entries(3);
    accept(&*store, &batch).await;
    let handed_over = Outcome::Done { state: State::HandedOver, remote_id: None };
    let rejected = Outcome::Failed { state: State::Rejected, cause: Cause::Smpp(11) };
    answered_late(&*store, SMSC, Some(soon()), handed_over).await;
    answered_late(&*store, SMSC, None, rejected.clone()).await;
    // Not what another link says that it will not take, nor what is with somebody again.
    let lease = take_one(&*store, SMSC).await;
    let (part, item) = (lease.part(), lease.item());
    store.amend(part, item, &link(SMSC), rejected.clone());
    settle(&*store, lease, Outcome::Unknown { retry_at: Some(soon()), cause: Cause::Timeout });
    store.amend(part, item, &link(OWNER), rejected);

    let store = fixture.reopen(store).await;
    let last = take_one(&*store, SMSC).await;
    assert_eq!(last.message(), &batch[2].message);
    let (part, item) = (last.part(), last.item());
    settle(&*store, last, sent("third"));
    assert_nothing_waits(&*store, SMSC).await;
    let told = Outcome::Done { state: State::Delivered, remote_id: None };
    assert_eq!(notice_of(&take_one(&*store, OWNER).await).state, State::Rejected, "it is given back");
    answered_late(&*store, OWNER, Some(soon()), told.clone()).await;
    assert_nothing_waits(&*store, OWNER).await;
    let states = [State::HandedOver, State::Rejected, State::Enroute];
    for (entry, state) in batch.iter().zip(states) {
        assert_eq!(store.find(entry.message.id).await.unwrap().unwrap().state, state);
    }

    // What was answered for the segment is not the answer to its receipt.
    store.receipts(vec![receipt("third", State::Delivered)]).await.unwrap();
    store.amend(part, item, &link(OWNER), told);
    assert_eq!(notice_of(&take_one(&*store, OWNER).await).state, State::Delivered);
}

pub(super) async fn a_notice_is_told_until_it_is_settled(store: &dyn Store) {
    accept(store, &entries(1)).await;
    let rejected = Outcome::Failed { state: State::Rejected, cause: Cause::Network(8) };
    settle(store, take_one(store, SMSC).await, rejected);
    let notice = take_one(store, OWNER).await;
    settle(store, notice, Outcome::Retry { at: soon(), cause: Cause::Http(503) });
    let notice = take_one(store, OWNER).await;
    assert_eq!((notice_of(&notice).state, notice_of(&notice).error), (State::Rejected, 8));
    settle(store, notice, Outcome::Failed { state: State::Rejected, cause: Cause::Http(410) });
    assert_nothing_waits(store, OWNER).await;
    store.sync().await.unwrap();
    while store.status().live_messages != 0 {
        tokio::task::yield_now().await;
    }
}

pub(super) async fn another_link_is_told(fixture: &dyn Fixture) {
    const TOLD: &str = "bank/callbacks";
    let attached = Attached { told: Some(link(TOLD)), attributes: "all".into(), ..Attached::default() };
    let attached = Some(Arc::new(attached));
    let store = fixture.open().await;
    let batch = [entry(1, |message| message.attached = attached.clone()), entry(2, |_| {})];
    accept(&*store, &batch).await;
    for id in ["1", "2"] {
        settle(&*store, take_one(&*store, SMSC).await, sent(id));
    }
    let store = fixture.reopen(store).await;
    store.receipts(vec![receipt("1", State::Delivered), receipt("2", State::Delivered)]).await.unwrap();
    let store = fixture.reopen(store).await;
    assert_eq!(take_one(&*store, OWNER).await.message(), &batch[1].message);
    let lease = take_one(&*store, TOLD).await;
    assert_eq!(lease.message(), &batch[0].message, "with what was attached");
    settle(&*store, lease, Outcome::Done { state: State::Delivered, remote_id: None });
    store.sync().await.unwrap();
    let record = store.find(batch[0].message.id).await.unwrap().unwrap();
    assert_eq!((&record.origin, record.attached), (&link(OWNER), attached));
    assert_eq!(record.history.last().unwrap().event, Event::OwnerTold { link: link(TOLD) });
}
