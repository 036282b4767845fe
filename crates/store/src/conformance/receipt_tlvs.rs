//! What receipts say besides, for the owner.

use bytes::Bytes;
use sms::{ReceiptRequest, State};

use super::sample::{entries, entry};
use super::*;
use crate::{Cause, Sighting};

/// Octets of no meaning, other ones for each number.
fn octets(number: u8, count: usize) -> Bytes {
    (0..=u8::MAX).map(|octet| octet.wrapping_mul(number)).cycle().take(count).collect()
}

fn saying(id: &str, state: State, tlvs: Bytes) -> RemoteReceipt {
    RemoteReceipt { tlvs, ..receipt(id, state) }
}

async fn send_all(store: &dyn Store, batch: &[Entry], ids: &[&str]) {
    accept(store, batch).await;
    for id in ids {
        settle(store, take_one(store, SMSC).await, sent(id));
    }
}

/// What the owner of a message is told besides its state, and tells to tell it again.
async fn told(store: &dyn Store) -> Bytes {
    let lease = take_one(store, OWNER).await;
    assert!(matches!(lease.item(), Item::Notice(_)));
    let tlvs = lease.receipt_tlvs().clone();
    settle(store, lease, Outcome::Retry { at: now(), cause: Cause::Smpp(0x58) });
    store.sync().await.unwrap();
    tlvs
}

// INV-1 R-4 T-1
pub(super) async fn what_a_receipt_says_besides_is_told_octet_for_octet(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    send_all(&*store, &entries(1), &["a"]).await;
    let tlvs = octets(7, RemoteReceipt::TLVS_OCTETS_MAX);
    let again = saying("a", State::Rejected, octets(9, 9));
    let seen = store.receipts(vec![saying("a", State::Delivered, tlvs.clone()), again]).await.unwrap();
    assert_eq!(seen, [Sighting::Applied, Sighting::Repeated], "the second changes nothing");
    assert_eq!(told(&*store).await, tlvs);
    let store = fixture.reopen(store).await;
    assert_eq!(told(&*store).await, tlvs);
    settle(
        &*store,
        take_one(&*store, OWNER).await,
        Outcome::Done { state: State::Delivered, remote_id: None },
    );

    send_all(&*store, &[entry(2, |_| {})], &["b"]).await;
    store.receipts(vec![receipt("b", State::Delivered)]).await.unwrap();
    assert!(told(&*store).await.is_empty(), "this one says nothing");
}

pub(super) async fn what_is_too_long_is_not_told_in_part(store: &dyn Store) {
    send_all(store, &entries(1), &["a"]).await;
    let tlvs = octets(7, RemoteReceipt::TLVS_OCTETS_MAX + 1);
    store.receipts(vec![saying("a", State::Delivered, tlvs)]).await.unwrap();
    assert!(told(store).await.is_empty());
}

// R-4 T-1
pub(super) async fn what_a_receipt_says_is_kept_until_its_response_comes(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    accept(&*store, &entries(2)).await;
    let (now, later) = (take_one(&*store, SMSC).await, take_one(&*store, SMSC).await);
    let early = ["now", "later"].map(|id| saying(id, State::Rejected, octets(id.len() as u8, 99)));
    let seen = store.receipts(early.to_vec()).await.unwrap();
    assert_eq!(seen, [Sighting::Unmatched, Sighting::Unmatched]);
    settle(&*store, now, sent("now"));
    assert_eq!(told(&*store).await, octets(3, 99));
    settle(
        &*store,
        take_one(&*store, OWNER).await,
        Outcome::Done { state: State::Delivered, remote_id: None },
    );
    drop(later);
    store.sync().await.unwrap();

    let store = fixture.reopen(store).await;
    settle(&*store, take_one(&*store, SMSC).await, sent("later"));
    assert_eq!(told(&*store).await, octets(5, 99));
    let store = fixture.reopen(store).await;
    assert_eq!(told(&*store).await, octets(5, 99), "once it is matched");
}

// R-5 T-1
pub(super) async fn of_a_long_message_counts_the_receipt_that_its_state_is_from(fixture: &dyn Fixture) {
    let (delivered, failed) = (State::Delivered, State::Undeliverable);
    for (states, expected) in [
        // All were delivered: the last that came, although its segment is none of the last.
        ([delivered, delivered, delivered], 3),
        // The first failure, whatever comes after it.
        ([delivered, failed, failed], 2),
        ([failed, delivered, delivered], 1),
    ] {
        let store = fixture.open().await;
        let parts = [b"one", b"two", b"six"].map(|part| Bytes::from_static(part));
        let long = entry(1, |message| message.parts = parts.into_iter().collect());
        send_all(&*store, &[long], &["1", "2", "3"]).await;
        let mut store = store;
        for (number, (id, state)) in (1..).zip(["2", "3", "1"].into_iter().zip(states)) {
            store.receipts(vec![saying(id, state, octets(number, 30))]).await.unwrap();
            store = fixture.reopen(store).await;
        }
        assert_eq!(told(&*store).await, octets(expected, 30));
    }
}

// R-5 T-1
pub(super) async fn a_state_that_is_from_no_receipt_says_nothing_besides(store: &dyn Store) {
    let parts = [b"one", b"two"].map(|part| Bytes::from_static(part));
    accept(store, &[entry(1, |message| message.parts = parts.into_iter().collect())]).await;
    let (one, two) = (take_one(store, SMSC).await, take_one(store, SMSC).await);
    settle(store, one, sent("1"));
    store.receipts(vec![saying("1", State::Delivered, octets(1, 30))]).await.unwrap();
    settle(store, two, Outcome::Failed { state: State::Rejected, cause: Cause::Smpp(0x0B) });
    assert!(told(store).await.is_empty(), "the SMSC refused the other segment");
}

// B-2 T-1
pub(super) async fn what_is_not_the_end_says_besides_what_it_has(store: &dyn Store) {
    let others = ReceiptRequest::INTERMEDIATE;
    let wanting = entry(1, |message| message.receipt = ReceiptRequest { others, ..ReceiptRequest::FINAL });
    send_all(store, &[wanting], &["a"]).await;
    let seen = store.receipts(vec![saying("a", State::Enroute, octets(1, 30))]).await.unwrap();
    let [Sighting::OnTheWay { tlvs, .. }] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(*tlvs, octets(1, 30));
    store.receipts(vec![receipt("a", State::Delivered)]).await.unwrap();
    assert!(told(store).await.is_empty(), "the end has its own");
}
