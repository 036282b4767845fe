//! The embedded store as a process sees it: its directory, its limits, its end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod place;

use std::path::Path;
use std::sync::Arc;

use place::copy;
use sms::{LinkName, State};
use store::conformance::sample::{entries, entry, remote_id};
use store::embedded::{EmbeddedStore, OpenError, Options};
use store::{
    Entry, Event, Lease, Likeness, Outcome, Query, RemoteReceipt, Settlement, Store, StoreError, Which,
};

fn link(name: &str) -> LinkName {
    LinkName::from(name)
}

fn open(directory: &Path) -> EmbeddedStore {
    EmbeddedStore::open(directory, Options { segment_octets: 8 << 10, ..Options::default() }).unwrap()
}

fn settlement(lease: Lease, outcome: Outcome) -> Settlement {
    Settlement { lease, outcome, answer: None }
}

#[test]
fn one_process_has_a_directory_open() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert!(matches!(EmbeddedStore::open(directory.path(), Options::default()), Err(OpenError::Locked(_))));
    drop(store);
    open(directory.path());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(open(directory.path()));
    let taker = Arc::clone(&store);
    let waiting = tokio::spawn(async move { taker.take(&link("telco-a"), 1).await });
    tokio::task::yield_now().await;
    store.close();
    assert!(matches!(waiting.await.unwrap(), Err(StoreError::Closed)));
    assert!(matches!(store.accept(entries(1)).await, Err(StoreError::Closed)));
    assert!(matches!(store.find(entries(1)[0].message.id).await, Err(StoreError::Closed)));
    assert!(matches!(store.search(Query::default()).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn what_waits_to_be_written_is_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { pending_messages_max: 10, ..Options::default() };
    let store = EmbeddedStore::open(directory.path(), options).unwrap();
    assert!(matches!(store.accept(entries(11)).await, Err(StoreError::Overloaded)));
    for _ in 0..5 {
        store.accept(entries(10)).await.unwrap();
    }
}

// DUR-1 INV-1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("0"));
    let batch = entries(60);
    store.accept(batch.clone()).await.unwrap();
    let mut leases = store.take(&link("telco-a"), 40).await.unwrap();
    let sent: Vec<Settlement> = (0..20)
        .map(|at| settlement(leases.remove(0), Outcome::Sent { remote_id: remote_id(&format!("id {at}")) }))
        .collect();
    store.settle(sent);
    let smsc = link("telco-a");
    let done_at = batch[0].message.accepted_at;
    let receipt = |at| RemoteReceipt {
        smsc: smsc.clone(),
        remote_id: remote_id(&format!("id {at}")),
        state: State::Delivered,
        error: 0,
        done_at,
        tlvs: bytes::Bytes::new(),
    };
    store.receipts((0..10).map(receipt).collect()).await.unwrap();
    assert!(store.find(batch[0].message.id).await.unwrap().is_some());
    copy(&directory.path().join("0"), &directory.path().join("1"));
    let again = open(&directory.path().join("1"));
    assert_eq!(again.take(&link("bank"), 100).await.unwrap().len(), 10, "receipts for the owner");
    assert_eq!(
        again.take(&link("telco-a"), 100).await.unwrap().len(),
        40,
        "20 that were lent, 20 that were not"
    );
    again.receipts((10..20).map(receipt).collect()).await.unwrap();
    for (at, entry) in batch.iter().enumerate() {
        let record = again.find(entry.message.id).await.unwrap().expect("every message has a record");
        assert_eq!(record.state == State::Delivered, at < 20);
        let accepted = record.history.iter().filter(|step| step.event == Event::Accepted).count();
        let ended = record.history.iter().filter(|step| matches!(step.event, Event::Final { .. })).count();
        assert_eq!((accepted, ended), (1, usize::from(at < 20)), "{:?}", record.history);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_takes_up_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let mut batch = Vec::new();
    for life in 0..4_u64 {
        let store = open(&directory.path().join(life.to_string()));
        let more: Vec<_> = (0..50).map(|number| entry(life * 50 + number, |_| {})).collect();
        store.accept(more.clone()).await.unwrap();
        batch.extend(more);
        let leases = store.take(&link("telco-a"), 30).await.unwrap();
        let done = || Outcome::Done { state: State::HandedOver, remote_id: None };
        store.settle(leases.into_iter().map(|lease| settlement(lease, done())).collect());
        store.sync().await.unwrap();
        let page = store.search(Query { limit: 1000, ..Query::default() }).await.unwrap();
        assert_eq!(page.records.len(), batch.len());
        copy(&directory.path().join(life.to_string()), &directory.path().join((life + 1).to_string()));
        if life % 2 == 1 {
            store.close();
        }
    }
    let store = open(&directory.path().join("4"));
    let page = store.search(Query { limit: 1000, ..Query::default() }).await.unwrap();
    let found: Vec<_> = page.records.iter().rev().map(|record| record.id).collect();
    let expected: Vec<_> = batch.iter().map(|entry| entry.message.id).collect();
    assert_eq!(found, expected, "each once, in order");
    assert_eq!(page.records.iter().filter(|record| record.state == State::HandedOver).count(), 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_goes_on_from_records_that_were_held_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("0"));
    let batch = entries(400);
    let place = directory.path().join("0/ledger/place");
    for entry in &batch {
        store.accept(vec![entry.clone()]).await.unwrap();
        store.find(entry.message.id).await.unwrap().unwrap();
        if place.exists() {
            break;
        }
    }
    assert!(place.exists(), "a long journal makes the ledger say where it is");
    copy(&directory.path().join("0"), &directory.path().join("1"));
    let again = open(&directory.path().join("1"));
    let record = again.find(batch[0].message.id).await.unwrap().unwrap();
    assert_eq!(record.history.len(), 1, "{:?}", record.history);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journal_files_go_when_the_ledger_has_them() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for _ in 0..20 {
        store.accept(entries(20)).await.unwrap();
        let leases = store.take(&link("telco-a"), 20).await.unwrap();
        let done = || Outcome::Done { state: State::HandedOver, remote_id: None };
        store.settle(leases.into_iter().map(|lease| settlement(lease, done())).collect());
    }
    store.close();
    let journal = directory.path().join("journal");
    let files = || -> Vec<String> {
        let names = std::fs::read_dir(&journal).unwrap().map(|file| file.unwrap().file_name());
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".log")).collect()
    };
    assert!(files().iter().any(|name| name.as_str() > "0000000003.log"), "several files were begun");
    let store = open(directory.path());
    store.accept(entries(1)).await.unwrap();
    store.accept(entries(1)).await.unwrap();
    assert!(files().len() <= 2, "the others are over, and may be written over: {:?}", files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_cannot_be_read_stops_no_message() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.accept(entries(1)).await.unwrap();
    store.close();
    let files = std::fs::read_dir(directory.path().join("ledger")).unwrap().flatten();
    for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "sqlite")) {
        std::fs::write(file.path(), b"no database").unwrap();
    }
    let store = open(directory.path());
    store.accept(vec![entry(1, |_| {})]).await.unwrap();
    assert_eq!(store.take(&link("telco-a"), 10).await.unwrap().len(), 2);
    assert!(matches!(store.search(Query::default()).await, Err(StoreError::Failed(_))));
}

/// More than are gathered in one step.
const ALIKE: u64 = 10_000;

// O-5 O-6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_are_alike_all_are_cancelled_or_superseded() {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path(), Options::default()).unwrap();
    let alike = |number: u64| {
        entry(number, |message| {
            message.destination = message.source.clone();
            message.service_type =
                if number % 10 == 9 { b"WAP"[..].try_into().unwrap() } else { Default::default() };
        })
    };
    let fill = async |first: u64| {
        let batch: Vec<Entry> = (first..first + ALIKE).map(alike).collect();
        for some in batch.chunks(1000) {
            store.accept(some.to_vec()).await.unwrap();
        }
    };
    fill(0).await;
    let like = Likeness::of(&alike(0).message);
    let cancelled = store.cancel(&link("bank"), Which::Like(like.clone())).await.unwrap();
    assert_eq!(cancelled as u64, ALIKE * 9 / 10, "those of another service are not like them");
    assert_eq!(store.cancel(&link("bank"), Which::Like(like)).await.unwrap(), 0);
    fill(ALIKE).await;
    let newest = alike(3 * ALIKE);
    store.supersede(newest.clone()).await.unwrap();
    let left = store.evacuate(&link("telco-a"), 4 * ALIKE as usize).await.unwrap();
    let (others, those): (Vec<_>, Vec<_>) =
        left.iter().map(Lease::message).partition(|message| !message.service_type.is_empty());
    assert_eq!(others.len() as u64, 2 * ALIKE / 10);
    assert_eq!(those, [&newest.message]);
}
