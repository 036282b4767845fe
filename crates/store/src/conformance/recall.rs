//! What owners can have done to messages that wait.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sms::{Message, MessageId, State};

use super::sample::{entries, entry, now};
use super::*;
use crate::{Cause, Likeness, Which};

pub(super) async fn what_waits_can_be_cancelled_and_is_never_lent_again(store: &dyn Store) {
    // O-5, INV-9
    let batch: Vec<Entry> = (0..6)
        .map(|number| {
            entry(number, |message| {
                message.receipt.on_failure = number != 2;
                message.not_before = (number == 4).then(|| now().plus(Duration::from_secs(3600)));
                let count = if number == 1 { 3 } else { 1 };
                message.parts = (0..count).map(|_| Bytes::from_static(b"hello")).collect();
            })
        })
        .collect();
    accept(store, &batch).await;
    for number in [1, 2, 4] {
        assert_eq!(cancel(store, &batch[number]).await, 1, "message {number}");
        assert_eq!(cancel(store, &batch[number]).await, 0, "it is over");
        let record = store.find(batch[number].message.id).await.unwrap().unwrap();
        assert_eq!(record.state, State::Deleted);
    }
    let told = store.take(&link(OWNER), 10).await.unwrap();
    let told: Vec<_> = told.iter().map(|lease| (lease.message().id, notice_of(lease).state)).collect();
    let expected = [1, 4].map(|number: usize| (batch[number].message.id, State::Deleted));
    assert_eq!(told, expected, "who did not ask is not told");
    let left = store.evacuate(&link(SMSC), 10).await.unwrap();
    assert_eq!(ids(left.iter().map(Lease::message)), ids(pick(&batch, &[0, 3, 5])));
}

pub(super) async fn what_is_lent_or_sent_or_over_is_not_cancelled(store: &dyn Store) {
    // O-5, X-14
    let batch = entries(4);
    accept(store, &batch).await;
    let mut leases = store.take(&link(SMSC), 4).await.unwrap();
    settle(store, leases.remove(3), Outcome::Unknown { retry_at: None, cause: Cause::Timeout });
    settle(store, leases.remove(2), Outcome::Done { state: State::Delivered, remote_id: None });
    settle(store, leases.remove(1), sent("remote"));
    store.sync().await.unwrap();
    for entry in &batch {
        assert_eq!(cancel(store, entry).await, 0);
        assert!(!store.replace(entry.clone()).await.unwrap());
        assert!(store.waiting(&link(OWNER), entry.message.id).await.unwrap().is_none());
    }
    settle(store, leases.remove(0), Outcome::Retry { at: now(), cause: Cause::Smpp(0x58) });
    assert_eq!(cancel(store, &batch[0]).await, 1, "what was refused for now waits as well");
    assert_nothing_waits(store, SMSC).await;
}

pub(super) async fn what_is_alike_is_cancelled_together(store: &dyn Store) {
    // O-5
    let batch: Vec<Entry> = (0..12)
        .map(|number| {
            let destination = entry(number % 2, |_| ()).message.destination.clone();
            entry(number, |message| {
                message.destination = destination;
                if number >= 8 {
                    message.service_type = b"WAP"[..].try_into().unwrap();
                }
            })
        })
        .collect();
    accept(store, &batch).await;
    let like = Likeness::of(&batch[0].message);
    assert_eq!(store.cancel(&link(OWNER), Which::Like(like.clone())).await.unwrap(), 4);
    assert_eq!(store.cancel(&link(OWNER), Which::Like(like)).await.unwrap(), 0);
    let left = store.take(&link(SMSC), 20).await.unwrap();
    assert_eq!(ids(left.iter().map(Lease::message)), ids(pick(&batch, &[1, 3, 5, 7, 8, 9, 10, 11])));
}

pub(super) async fn nobody_cancels_or_sees_what_is_anothers(store: &dyn Store) {
    // O-4, X-14
    let batch = entries(1);
    accept(store, &batch).await;
    let (other, id) = (link(OTHER), batch[0].message.id);
    assert_eq!(store.cancel(&other, Which::Message(id)).await.unwrap(), 0);
    let like = Likeness { owner: other.clone(), ..Likeness::of(&batch[0].message) };
    assert_eq!(store.cancel(&other, Which::Like(like)).await.unwrap(), 0);
    assert!(store.waiting(&other, id).await.unwrap().is_none());
    let theirs = entry(0, |message| message.origin = other.clone());
    assert!(!store.replace(theirs).await.unwrap());
    let shown = store.waiting(&link(OWNER), id).await.unwrap().unwrap();
    assert_eq!((&shown.message, &shown.target), (&batch[0].message, &batch[0].target));
}

pub(super) async fn what_waits_can_be_replaced_until_it_is_tried(store: &dyn Store) {
    // O-6
    let batch = entries(3);
    accept(store, &batch).await;
    let longer = changed(&batch[1], |message| {
        message.parts = ["two", "parts"].iter().map(|part| Bytes::from_static(part.as_bytes())).collect();
        message.esm_class = Message::UDHI;
    });
    let later = changed(&batch[2], |message| message.not_before = Some(soon()));
    assert!(store.replace(longer.clone()).await.unwrap());
    assert!(store.replace(later.clone()).await.unwrap());
    let taken = take_all(store, 4).await;
    let expected = [&batch[0], &longer, &longer, &later].map(|entry| &entry.message);
    assert_eq!(taken.iter().map(Lease::message).collect::<Vec<_>>(), expected);
    let items: Vec<_> = taken.iter().map(Lease::item).collect();
    assert_eq!(items[1..3], [Item::Segment(0), Item::Segment(1)]);
    let record = store.find(longer.message.id).await.unwrap().unwrap();
    assert_eq!((record.segments, record.state), (2, State::Enroute));
    let record = store.find(later.message.id).await.unwrap().unwrap();
    assert_eq!((record.not_before, record.expires_at), (later.message.not_before, later.message.expires_at));
    drop(taken);
    assert!(store.replace(longer).await.unwrap(), "a lease that was given back was no attempt");
    settle(store, take_one(store, SMSC).await, Outcome::Retry { at: now(), cause: Cause::Smpp(0x58) });
    assert!(!store.replace(batch[0].clone()).await.unwrap(), "it was tried");
}

pub(super) async fn a_message_takes_the_place_of_those_like_it(store: &dyn Store) {
    // B-4
    let same_ends = |number: u64| {
        let destination = entry(0, |_| ()).message.destination.clone();
        entry(number, |message| message.destination = destination)
    };
    let batch = [same_ends(0), same_ends(1), entry(2, |_| ())];
    let last = same_ends(3);
    let id = |entry: &Entry| entry.message.id;
    accept(store, &batch).await;
    let lent = take_one(store, SMSC).await;
    store.supersede(last.clone()).await.unwrap();
    let left = take_all(store, 2).await;
    assert_eq!(ids(left.iter().map(Lease::message)), [id(&batch[2]), id(&last)], "0 is lent, 1 is gone");
    assert_eq!(store.find(id(&batch[1])).await.unwrap().unwrap().state, State::Deleted);
    drop(lent);
    assert_eq!(take_one(store, SMSC).await.message().id, id(&batch[0]));
}

async fn cancel(store: &dyn Store, entry: &Entry) -> usize {
    store.cancel(&link(OWNER), Which::Message(entry.message.id)).await.unwrap()
}

/// As many as there are, once they are due.
async fn take_all(store: &dyn Store, count: usize) -> Vec<Lease> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.extend(store.take(&link(SMSC), count - taken.len()).await.unwrap());
    }
    taken
}

fn changed(entry: &Entry, change: impl FnOnce(&mut Message)) -> Entry {
    let mut message = Message::clone(&entry.message);
    change(&mut message);
    Entry { message: Arc::new(message), ..entry.clone() }
}

fn pick<'a>(batch: &'a [Entry], numbers: &'a [usize]) -> impl Iterator<Item = &'a Arc<Message>> {
    numbers.iter().map(|&number| &batch[number].message)
}

fn ids<'a>(messages: impl Iterator<Item = &'a Arc<Message>>) -> Vec<MessageId> {
    messages.map(|message| message.id).collect()
}
