//! What every store must show: the same suite for all implementations.
//!
//! Each behaviour is one function that panics when it is not met. [`run`] runs them all, each on a store
//! of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use sms::{
    Address, Direction, LinkName, Message, MessageId, Npi, Parts, Priority, ReceiptRequest, State, Timestamp, Ton,
};

use crate::{
    Cause, Entry, Event, Item, Lease, Notice, Outcome, Query, RemoteId, RemoteIdForm, RemoteReceipt, Settlement,
    Sighting, Store,
};

/// How the suite gets the stores that it tries.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// A store without anything in it.
    async fn open(&self) -> Arc<dyn Store>;

    /// The same store again, after its process has ended without warning.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// Runs the whole suite.
pub async fn run(fixture: &dyn Fixture) {
    lends_what_was_accepted_in_order(fixture).await;
    lends_the_urgent_first(fixture).await;
    lends_to_the_link_that_it_is_for(fixture).await;
    waits_for_something_to_lend(fixture).await;
    lends_again_what_was_dropped(fixture).await;
    retries_not_before_it_is_time(fixture).await;
    holds_what_is_scheduled(fixture).await;
    ends_what_has_expired(fixture).await;
    redirects_to_another_link(fixture).await;
    evacuates_only_what_has_alternatives(fixture).await;
    takes_the_answer_over_with_the_outcome(fixture).await;
    tells_the_owner_once(fixture).await;
    tells_the_owner_of_failure(fixture).await;
    keeps_silent_unless_asked(fixture).await;
    aggregates_the_receipts_of_segments(fixture).await;
    matches_ids_by_value(fixture).await;
    keeps_a_receipt_that_comes_early(fixture).await;
    applies_a_receipt_once(fixture).await;
    counts_an_unknown_outcome_as_possible_duplicate(fixture).await;
    holds_an_unknown_outcome_until_a_late_response(fixture).await;
    finds_the_whole_history(fixture).await;
    searches_by_link_number_and_time(fixture).await;
    survives_the_end_of_its_process(fixture).await;
}

/// First in, first out, all segments of a message together.
pub async fn lends_what_was_accepted_in_order(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch: Vec<Entry> = (0..5).map(|n| Sample::new(n).parts(2).entry()).collect();
    let ids: Vec<MessageId> = batch.iter().map(|entry| entry.message.id).collect();
    store.accept(batch).await.unwrap();
    let leases = take_all(&store, TELCO, 10).await;
    let lent: Vec<_> = leases.iter().map(|lease| (lease.message().id, lease.item())).collect();
    let wanted: Vec<_> = ids
        .into_iter()
        .flat_map(|id| [(id, Item::Segment(0)), (id, Item::Segment(1))])
        .collect();
    assert_eq!(lent, wanted);
}

/// A higher priority goes first.
pub async fn lends_the_urgent_first(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let (bulk, urgent) = (Sample::new(1).entry(), Sample::new(2).priority(Priority::URGENT).entry());
    let wanted = [urgent.message.id, bulk.message.id];
    store.accept(vec![bulk, urgent]).await.unwrap();
    let lent: Vec<_> = take_all(&store, TELCO, 2).await.iter().map(|lease| lease.message().id).collect();
    assert_eq!(lent, wanted);
}

/// A link is lent what is for it and nothing else.
pub async fn lends_to_the_link_that_it_is_for(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let other = Sample::new(1).target("telco-b").entry();
    let id = other.message.id;
    store.accept(vec![other]).await.unwrap();
    assert!(nothing_due(&store, TELCO).await);
    assert_eq!(take_all(&store, "telco-b", 1).await[0].message().id, id);
}

/// A take without anything due waits; what is accepted meanwhile ends the wait.
pub async fn waits_for_something_to_lend(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.take(&TELCO.into(), 10).await.unwrap() }
    });
    tokio::task::yield_now().await;
    let entry = Sample::new(1).entry();
    let id = entry.message.id;
    store.accept(vec![entry]).await.unwrap();
    let leases = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!(leases[0].message().id, id);
}

/// A dropped lease is lent again, at its old place.
pub async fn lends_again_what_was_dropped(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch: Vec<Entry> = (0..3).map(|n| Sample::new(n).entry()).collect();
    let ids: Vec<MessageId> = batch.iter().map(|entry| entry.message.id).collect();
    store.accept(batch).await.unwrap();
    let leases = take_all(&store, TELCO, 2).await;
    drop(leases);
    let lent: Vec<_> = take_all(&store, TELCO, 3).await.iter().map(|lease| lease.message().id).collect();
    assert_eq!(lent, ids);
}

/// A retry is lent when its time has come, with the attempts counted.
pub async fn retries_not_before_it_is_time(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).entry()]).await.unwrap();
    let retry = |at| Outcome::Retry { at, cause: Cause::Smpp(0x58) };
    settle_one(&store, TELCO, retry(now())).await;
    let lease = take_all(&store, TELCO, 1).await.remove(0);
    assert_eq!(lease.attempts(), 1);
    store.settle(vec![Settlement { lease, outcome: retry(now().plus(HOUR)), answer: None }]);
    assert!(nothing_due(&store, TELCO).await);
}

/// Nothing leaves before it is scheduled.
pub async fn holds_what_is_scheduled(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let mut sample = Sample::new(1);
    sample.message.not_before = Some(now().plus(HOUR));
    store.accept(vec![sample.entry()]).await.unwrap();
    assert!(nothing_due(&store, TELCO).await);
}

/// INV-10: nothing leaves after its validity, and the owner is told.
pub async fn ends_what_has_expired(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let mut sample = Sample::new(1).receipt(ReceiptRequest::FINAL);
    sample.message.expires_at = Some(Timestamp(now().0 - 1000));
    let id = sample.message.id;
    store.accept(vec![sample.entry()]).await.unwrap();
    let notice = take_notice(&store).await;
    assert_eq!(notice.state, State::Expired);
    assert!(nothing_due(&store, TELCO).await);
    assert_eq!(store.find(id).await.unwrap().unwrap().state, State::Expired);
}

/// What is redirected is lent to the other link.
pub async fn redirects_to_another_link(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).entry()]).await.unwrap();
    settle_one(&store, TELCO, Outcome::Redirect { to: "telco-b".into() }).await;
    assert_eq!(take_all(&store, "telco-b", 1).await.len(), 1);
    assert!(nothing_due(&store, TELCO).await);
}

/// Evacuation lends what may go elsewhere, and leaves the rest where it is.
pub async fn evacuates_only_what_has_alternatives(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let (stays, goes) = (Sample::new(1).entry(), Sample::new(2).alternative("telco-b").entry());
    let ids = (stays.message.id, goes.message.id);
    store.accept(vec![stays, goes]).await.unwrap();
    let leases = store.evacuate(&TELCO.into(), 10).await.unwrap();
    let lent: Vec<_> = leases.iter().map(|lease| lease.message().id).collect();
    assert_eq!(lent, [ids.1]);
    assert_eq!(leases[0].alternatives(), [LinkName::from("telco-b")]);
    let settle = |lease| Settlement { lease, outcome: Outcome::Redirect { to: "telco-b".into() }, answer: None };
    store.settle(leases.into_iter().map(settle).collect());
    assert_eq!(take_all(&store, "telco-b", 1).await[0].message().id, ids.1);
    assert_eq!(take_all(&store, TELCO, 1).await[0].message().id, ids.0);
}

/// The answer to an MO is lent to the link that it is for.
pub async fn takes_the_answer_over_with_the_outcome(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).target("games").entry()]).await.unwrap();
    let lease = take_all(&store, "games", 1).await.remove(0);
    let answer = Sample::new(2).entry();
    let id = answer.message.id;
    let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
    store.settle(vec![Settlement { lease, outcome, answer: Some(answer) }]);
    assert_eq!(take_all(&store, TELCO, 1).await[0].message().id, id);
}

/// The owner is told the final state, and after that nothing is left to do.
pub async fn tells_the_owner_once(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let sample = Sample::new(1).receipt(ReceiptRequest::FINAL);
    let id = sample.message.id;
    store.accept(vec![sample.entry()]).await.unwrap();
    settle_one(&store, TELCO, sent("4711")).await;
    assert!(nothing_due(&store, OWNER).await);
    assert_eq!(sight(&store, "4711", State::Delivered).await, Sighting::Applied);
    let lease = take_all(&store, OWNER, 1).await.remove(0);
    let Item::Notice(notice) = lease.item() else { panic!("{:?}", lease.item()) };
    assert_eq!((notice.state, notice.delivered, lease.message().id), (State::Delivered, 1, id));
    let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
    store.settle(vec![Settlement { lease, outcome, answer: None }]);
    store.sync().await.unwrap();
    assert!(nothing_due(&store, OWNER).await);
    assert_eq!(store.status().live_messages, 0);
}

/// A refusal is a final state, and the owner is told.
pub async fn tells_the_owner_of_failure(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).receipt(ReceiptRequest::FINAL).entry()]).await.unwrap();
    let outcome = Outcome::Failed { state: State::Rejected, cause: Cause::Smpp(0x0B) };
    settle_one(&store, TELCO, outcome).await;
    assert_eq!(take_notice(&store).await.state, State::Rejected);
}

/// An owner that asked for failures only is not told of success, and nobody of a hand-over.
pub async fn keeps_silent_unless_asked(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let failures = ReceiptRequest { on_success: false, on_failure: true, tracked: true };
    store.accept(vec![Sample::new(1).receipt(failures).entry()]).await.unwrap();
    settle_one(&store, TELCO, sent("1")).await;
    sight(&store, "1", State::Delivered).await;
    let sample = Sample::new(2);
    let id = sample.message.id;
    store.accept(vec![sample.entry()]).await.unwrap();
    settle_one(&store, TELCO, Outcome::Done { state: State::HandedOver, remote_id: None }).await;
    assert!(nothing_due(&store, OWNER).await);
    assert_eq!(store.find(id).await.unwrap().unwrap().state, State::HandedOver);
}

/// one receipt for the owner when the last segment has its own; one failure fails the message.
pub async fn aggregates_the_receipts_of_segments(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).parts(3).receipt(ReceiptRequest::FINAL).entry()]).await.unwrap();
    let leases = take_all(&store, TELCO, 3).await;
    let settle = |(lease, id): (Lease, &str)| Settlement { lease, outcome: sent(id), answer: None };
    store.settle(leases.into_iter().zip(["a", "b", "c"]).map(settle).collect());
    sight(&store, "b", State::Delivered).await;
    sight(&store, "a", State::Undeliverable).await;
    assert!(nothing_due(&store, OWNER).await);
    sight(&store, "c", State::Delivered).await;
    let notice = take_notice(&store).await;
    assert_eq!((notice.state, notice.delivered), (State::Undeliverable, 2));
}

/// hexadecimal in the response, decimal in the receipt, zeros in front.
pub async fn matches_ids_by_value(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).receipt(ReceiptRequest::FINAL).entry()]).await.unwrap();
    let remote_id = RemoteId::new(b"00fF", RemoteIdForm::Hexadecimal);
    settle_one(&store, TELCO, Outcome::Sent { remote_id }).await;
    let receipt = RemoteReceipt {
        remote_id: RemoteId::new(b"0000000255", RemoteIdForm::Decimal),
        ..receipt("", State::Delivered)
    };
    assert_eq!(store.receipts(vec![receipt]).await.unwrap(), [Sighting::Applied]);
}

/// a receipt that overtakes the response is kept, and applied when the response names its id.
pub async fn keeps_a_receipt_that_comes_early(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).receipt(ReceiptRequest::FINAL).entry()]).await.unwrap();
    let lease = take_all(&store, TELCO, 1).await.remove(0);
    assert_eq!(sight(&store, "77", State::Delivered).await, Sighting::Unmatched);
    assert_eq!(store.status().unmatched_receipts, 1);
    store.settle(vec![Settlement { lease, outcome: sent("77"), answer: None }]);
    assert_eq!(take_notice(&store).await.state, State::Delivered);
}

/// after a final state a receipt changes nothing; an intermediate one never does.
pub async fn applies_a_receipt_once(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).receipt(ReceiptRequest::FINAL).entry()]).await.unwrap();
    settle_one(&store, TELCO, sent("9")).await;
    assert_eq!(sight(&store, "9", State::Enroute).await, Sighting::Applied);
    assert!(nothing_due(&store, OWNER).await);
    assert_eq!(sight(&store, "9", State::Delivered).await, Sighting::Applied);
    assert_ne!(sight(&store, "9", State::Undeliverable).await, Sighting::Applied);
    assert_eq!(take_notice(&store).await.state, State::Delivered);
    assert!(nothing_due(&store, OWNER).await);
}

/// INV-4: what is sent again after an unknown outcome is counted.
pub async fn counts_an_unknown_outcome_as_possible_duplicate(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).entry()]).await.unwrap();
    let outcome = Outcome::Unknown { retry_at: Some(now()), cause: Cause::ConnectionLost };
    settle_one(&store, TELCO, outcome).await;
    assert_eq!(take_all(&store, TELCO, 1).await.len(), 1);
    assert_eq!(store.status().possible_duplicates_total, 1);
}

/// M-3: a held segment is not sent again; a late response names its id, and the receipt finds it.
pub async fn holds_an_unknown_outcome_until_a_late_response(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    store.accept(vec![Sample::new(1).receipt(ReceiptRequest::FINAL).entry()]).await.unwrap();
    let lease = take_all(&store, TELCO, 1).await.remove(0);
    let part = lease.part();
    let outcome = Outcome::Unknown { retry_at: None, cause: Cause::Timeout };
    store.settle(vec![Settlement { lease, outcome, answer: None }]);
    assert!(nothing_due(&store, TELCO).await);
    store.amend(part, &TELCO.into(), RemoteId::new(b"late", RemoteIdForm::Text));
    assert_eq!(sight(&store, "late", State::Delivered).await, Sighting::Applied);
    assert_eq!(take_notice(&store).await.state, State::Delivered);
}

/// Everything that happened to a message is told in order.
pub async fn finds_the_whole_history(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let sample = Sample::new(1).receipt(ReceiptRequest::FINAL);
    let id = sample.message.id;
    store.accept(vec![sample.entry()]).await.unwrap();
    let throttled = Outcome::Retry { at: now(), cause: Cause::Smpp(0x58) };
    settle_one(&store, TELCO, throttled).await;
    settle_one(&store, TELCO, sent("5")).await;
    sight(&store, "5", State::Delivered).await;
    let record = store.find(id).await.unwrap().unwrap();
    assert_eq!((record.state, record.segments), (State::Delivered, 1));
    assert_eq!((record.origin.as_str(), record.target.as_str()), (OWNER, TELCO));
    let events: Vec<&Event> = record.history.iter().map(|step| &step.event).collect();
    let position = |wanted: fn(&Event) -> bool| events.iter().position(|event| wanted(event)).expect("a step");
    let steps = [
        position(|event| *event == Event::Accepted),
        position(|event| matches!(event, Event::Retried { cause: Cause::Smpp(0x58), .. })),
        position(|event| matches!(event, Event::Sent { remote_id: Some(_) })),
        position(|event| matches!(event, Event::Receipt { state: State::Delivered, .. })),
        position(|event| *event == Event::Final { state: State::Delivered }),
    ];
    assert!(steps.is_sorted(), "{events:?}");
    assert_eq!(store.find(Sample::new(99).message.id).await.unwrap(), None);
}

/// Messages are found by link, number and time, page by page, newest first.
pub async fn searches_by_link_number_and_time(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch: Vec<Entry> = (0..5).map(|n| Sample::new(n).entry()).collect();
    let ids: Vec<MessageId> = batch.iter().map(|entry| entry.message.id).collect();
    store.accept(batch).await.unwrap();
    let found = async |query: Query| {
        let page = store.search(query).await.unwrap();
        let ids: Vec<MessageId> = page.records.iter().map(|record| record.id).collect();
        (ids, page.next)
    };
    let number = Query { number: Some(b"62811000003".to_vec()), limit: 10, ..Query::default() };
    assert_eq!(found(number).await.0, [ids[3]]);
    let nobody = Query { link: Some("nobody".into()), limit: 10, ..Query::default() };
    assert!(found(nobody).await.0.is_empty());
    let past = Query { until: Some(Timestamp(1)), limit: 10, ..Query::default() };
    assert!(found(past).await.0.is_empty());
    let owner = Query { link: Some(OWNER.into()), limit: 3, ..Query::default() };
    let (mut all, next) = found(owner.clone()).await;
    assert_eq!(all.len(), 3);
    all.extend(found(Query { cursor: next, ..owner }).await.0);
    assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
    all.sort_unstable();
    let mut wanted = ids;
    wanted.sort_unstable();
    assert_eq!(all, wanted);
}

/// After the end of the process everything is as it was: what waits, what was sent, what is owed.
pub async fn survives_the_end_of_its_process(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let sample = |n| Sample::new(n).receipt(ReceiptRequest::FINAL);
    let batch: Vec<Entry> = (0..3).map(|n| sample(n).entry()).collect();
    let ids: Vec<MessageId> = batch.iter().map(|entry| entry.message.id).collect();
    store.accept(batch).await.unwrap();
    let leases = take_all(&store, TELCO, 2).await;
    let settle = |(lease, id): (Lease, &str)| Settlement { lease, outcome: sent(id), answer: None };
    store.settle(leases.into_iter().zip(["x", "y"]).map(settle).collect());
    sight(&store, "x", State::Delivered).await;
    store.sync().await.unwrap();

    let store = fixture.reopen(store).await;
    assert_eq!(take_all(&store, TELCO, 1).await[0].message().id, ids[2]);
    let owed = take_all(&store, OWNER, 1).await.remove(0);
    assert_eq!(owed.message().id, ids[0]);
    assert_eq!(sight(&store, "y", State::Delivered).await, Sighting::Applied);
    assert_eq!(store.find(ids[0]).await.unwrap().unwrap().state, State::Delivered);
}

/// A message that is easy to vary.
struct Sample {
    message: Message,
    target: LinkName,
    alternatives: Vec<LinkName>,
}

impl Sample {
    /// The id and the number depend on `n` alone, but for the time.
    fn new(n: u64) -> Self {
        let digits = format!("62811{n:06}");
        let now = now();
        let message = Message {
            id: id_of(now, n),
            direction: Direction::Mt,
            origin: OWNER.into(),
            source: Address::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, b"BANK").unwrap(),
            destination: Address::new(Ton::INTERNATIONAL, Npi::E164, digits.as_bytes()).unwrap(),
            service_type: arrayvec::ArrayVec::new(),
            protocol_id: 0,
            data_coding: 0,
            esm_class: 0,
            priority: Priority::BULK,
            receipt: ReceiptRequest::NONE,
            accepted_at: now,
            not_before: None,
            expires_at: Some(now.plus(HOUR)),
            in_reply_to: None,
            tlvs: Bytes::new(),
            parts: Parts::from_elem(Bytes::from(format!("message {n}")), 1),
        };
        Self { message, target: TELCO.into(), alternatives: Vec::new() }
    }

    fn parts(mut self, parts: usize) -> Self {
        self.message.parts = Parts::from_elem(Bytes::from_static(b"\x05\0\x03\x01\x03\x01part"), parts);
        self
    }

    fn priority(mut self, priority: Priority) -> Self {
        self.message.priority = priority;
        self
    }

    fn receipt(mut self, receipt: ReceiptRequest) -> Self {
        self.message.receipt = receipt;
        self
    }

    fn target(mut self, target: &str) -> Self {
        self.target = target.into();
        self
    }

    fn alternative(mut self, link: &str) -> Self {
        self.alternatives.push(link.into());
        self
    }

    fn entry(self) -> Entry {
        Entry { message: Arc::new(self.message), target: self.target, alternatives: self.alternatives }
    }
}

/// An id of this second, the same for the same `n`.
fn id_of(now: Timestamp, n: u64) -> MessageId {
    let seconds = u32::try_from(now.0 / 1000).unwrap_or_default();
    MessageId::from_octets(((u128::from(seconds) << 96) | u128::from(n)).to_be_bytes())
}

/// Takes until there are `wanted`.
async fn take_all(store: &Arc<dyn Store>, link: &str, wanted: usize) -> Vec<Lease> {
    let link = LinkName::from(link);
    let mut leases = Vec::new();
    while leases.len() < wanted {
        let more = store.take(&link, wanted - leases.len());
        leases.extend(tokio::time::timeout(PATIENCE, more).await.expect("something is due").unwrap());
    }
    leases
}

async fn take_notice(store: &Arc<dyn Store>) -> Notice {
    let lease = take_all(store, OWNER, 1).await.remove(0);
    let Item::Notice(notice) = lease.item() else { panic!("a notice, not {:?}", lease.item()) };
    let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
    store.settle(vec![Settlement { lease, outcome, answer: None }]);
    notice
}

async fn settle_one(store: &Arc<dyn Store>, link: &str, outcome: Outcome) {
    let lease = take_all(store, link, 1).await.remove(0);
    store.settle(vec![Settlement { lease, outcome, answer: None }]);
    store.sync().await.unwrap();
}

/// Nothing is lent once everything that was said before has been dealt with.
async fn nothing_due(store: &Arc<dyn Store>, link: &str) -> bool {
    store.sync().await.unwrap();
    tokio::time::timeout(IMPATIENCE, store.take(&link.into(), 1)).await.is_err()
}

fn sent(remote_id: &str) -> Outcome {
    Outcome::Sent { remote_id: RemoteId::new(remote_id.as_bytes(), RemoteIdForm::Text) }
}

async fn sight(store: &Arc<dyn Store>, remote_id: &str, state: State) -> Sighting {
    store.receipts(vec![receipt(remote_id, state)]).await.unwrap().remove(0)
}

fn receipt(remote_id: &str, state: State) -> RemoteReceipt {
    let remote_id = RemoteId::new(remote_id.as_bytes(), RemoteIdForm::Text);
    RemoteReceipt { smsc: TELCO.into(), remote_id, state, error: 0, done_at: now() }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}

const TELCO: &str = "telco-a";
const OWNER: &str = "bank";
const HOUR: Duration = Duration::from_secs(3600);
/// How long something that must come may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it takes to be sure that nothing comes.
const IMPATIENCE: Duration = Duration::from_millis(50);
