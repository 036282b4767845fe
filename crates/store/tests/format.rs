//! Every format version that was ever released can be opened.
//!
//! `fixture/v1` was written by the ignored test below, when both journal and ledger had version 1, with
//!
//! `cargo test -p store --test format -- --ignored`
//!
//! `fixture/v2` in the same way when the ledger got version 2, `fixture/v3` when the journal did, `fixture/v4` when that got
//! version 3 and the ledger its table `attached`, `fixture/v5` when the journal got version 4, and `fixture/v6` when the files
//! of keys got version 2 and the ledger its table `moved`. A fixture is written once and never again: when the format changes, the version goes up, a new
//! fixture is added beside the old ones, and the tests for those stay as they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod place;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use place::copy;
use sms::{Attached, LinkName, ReceiptRequest, State, Timestamp};
use store::conformance::sample::{self, entry, remote_id};
use store::embedded::inspect::Inspector;
use store::embedded::{EmbeddedStore, OpenError, Options};
use store::{
    Cause, Entry, Event, Item, Lease, Outcome, Query, Record, RemoteReceipt, Settlement, Sighting, Store,
};
use tempfile::TempDir;

/// Messages 0 to 7 are carried forward in the fixture, 10 to 12 stand where they were accepted.
const LIVES: [u64; 11] = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12];

/// Nothing of a fixture is ever too old.
fn options() -> Options {
    let century = Duration::from_secs(100 * 365 * 86_400);
    Options {
        segment_octets: 4 << 10,
        receipt_timeout: century,
        notice_timeout: century,
        unmatched_timeout: century,
        retention: century,
        ..Options::default()
    }
}

fn smsc() -> LinkName {
    LinkName::from("telco-a")
}

/// The versions of which there are fixtures; the last is the one that is written.
const VERSIONS: [&str; 6] = ["v1", "v2", "v3", "v4", "v5", "v6"];

fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture").join(version)
}

fn open_fixture(version: &str) -> (TempDir, EmbeddedStore) {
    let directory = tempfile::tempdir().unwrap();
    copy(&fixture(version), directory.path());
    let store = EmbeddedStore::open(directory.path(), options()).unwrap();
    (directory, store)
}

async fn record(store: &EmbeddedStore, number: u64) -> Record {
    let digits = format!("62811{number:07}").into_bytes();
    let query = Query { number: Some(digits), limit: 10, ..Query::default() };
    let records = store.search(query).await.unwrap().records;
    assert_eq!(records.len(), 1, "message {number}");
    store.find(records[0].id).await.unwrap().unwrap()
}

fn receipt(id: &str) -> RemoteReceipt {
    RemoteReceipt {
        smsc: smsc(),
        remote_id: remote_id(id),
        state: State::Delivered,
        error: 0,
        done_at: Timestamp(1_767_225_600_000),
        tlvs: bytes::Bytes::new(),
    }
}

fn saying(id: &str, besides: &str) -> RemoteReceipt {
    RemoteReceipt { tlvs: besides.to_owned().into(), ..receipt(id) }
}

// INV-1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_opens_with_all_its_records() {
    for version in VERSIONS {
        opens_with_all_its_records(version).await;
    }
}

async fn opens_with_all_its_records(version: &str) {
    let (_directory, store) = open_fixture(version);
    let states = [
        State::Enroute,
        State::Enroute,
        State::Delivered,
        State::Enroute,
        State::Enroute,
        State::Undeliverable,
        State::Enroute,
        State::Delivered,
        State::Enroute,
        State::Enroute,
        State::Delivered,
    ];
    for (number, state) in LIVES.into_iter().zip(states) {
        let record = record(&store, number).await;
        assert_eq!(record.state, state, "message {number}");
        assert_eq!(record.history[0].event, Event::Accepted, "message {number}");
        assert_eq!(record.segments, if number == 0 { 2 } else { 1 });
        let found = async |link: &str| {
            let links = Some(vec![LinkName::from(link)]);
            let number = Some(record.destination.value.to_vec());
            let query = Query { links, number, limit: 10, ..Query::default() };
            store.search(query).await.unwrap().records.len()
        };
        let of = [found("bank").await, found("telco-a").await, found("stranger").await];
        assert_eq!(of, [1, 1, 0], "message {number}");
    }
    let finished = record(&store, 2).await;
    assert_eq!(finished.history.last().unwrap().event, Event::OwnerTold { link: LinkName::from("bank") });
}

// INV-1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_lends_what_waited() {
    for version in VERSIONS {
        lends_what_waited(version).await;
    }
}

async fn lends_what_waited(version: &str) {
    let (_directory, store) = open_fixture(version);
    let leases = store.take(&smsc(), 100).await.unwrap();
    let mut texts: Vec<&[u8]> = leases
        .iter()
        .map(|lease| {
            let Item::Segment(part) = lease.item() else { panic!("not a segment: {:?}", lease.item()) };
            &lease.message().parts[usize::from(part)][..]
        })
        .collect();
    texts.sort_unstable();
    assert_eq!(texts, [&b"message 0"[..], b"message 10", b"message 4", b"more of 0"]);
    let notices = store.take(&LinkName::from("bank"), 100).await.unwrap();
    let mut failed: Vec<State> = notices
        .iter()
        .map(|lease| match lease.item() {
            Item::Notice(notice) => notice.state,
            item => panic!("not a notice: {item:?}"),
        })
        .collect();
    failed.sort_unstable_by_key(|&state| state as u8);
    assert_eq!(failed, [State::Delivered, State::Undeliverable], "messages 7 and 5");
}

// INV-1 R-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_knows_what_was_sent() {
    for version in VERSIONS {
        knows_what_was_sent(version).await;
    }
}

async fn knows_what_was_sent(version: &str) {
    let (_directory, store) = open_fixture(version);
    let ids = ["sent-1", "sent-6", "sent-11", "sent-2", "sent-12", "nobody"];
    let sightings = store.receipts(ids.map(receipt).to_vec()).await.unwrap();
    let applied = sightings.iter().map(|sighting| *sighting == Sighting::Applied).collect::<Vec<_>>();
    assert_eq!(applied, [true, false, true, false, false, false], "6 is held, 2 and 12 are finished");
    for number in [1, 11] {
        assert_eq!(record(&store, number).await.state, State::Delivered, "message {number}");
    }
}

/// Fixtures have attached things from version 4 on; message 4 was carried forward, 10 stands where it was accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_attached_is_found_with_records_and_with_what_waited() {
    let (_directory, store) = open_fixture("v4");
    for number in [4, 10] {
        let reference = Some(format!("order {number}").into_bytes());
        let found = store.search(Query { reference, limit: 10, ..Query::default() }).await.unwrap().records;
        assert_eq!(found.len(), 1, "message {number}");
        assert_eq!(found[0].attached.as_deref(), Some(&attached(number)));
    }
    let leases = store.take(&smsc(), 100).await.unwrap();
    let lent = leases.iter().filter_map(|lease| lease.message().attached.as_deref().cloned());
    let mut lent: Vec<Attached> = lent.collect();
    lent.sort_by_key(|attached| attached.reference.clone());
    assert_eq!(lent, [attached(10), attached(4)]);
}

/// Fixtures have receipts with TLVs from version 5 on; that of message 7 was carried forward, one came early.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_receipts_said_besides_is_told() {
    let (_directory, store) = open_fixture("v5");
    let bank = LinkName::from("bank");
    let notices = store.take(&bank, 100).await.unwrap();
    let said = notices.iter().map(|lease| (&lease.message().parts[0][..], &lease.receipt_tlvs()[..]));
    let said: HashMap<&[u8], &[u8]> = said.collect();
    assert_eq!(said, HashMap::from([(&b"message 7"[..], &b"said of 7"[..]), (b"message 5", b"")]));
    let mut leases = store.take(&smsc(), 100).await.unwrap();
    let is_last = |lease: &Lease| lease.message().parts[0] == "message 10";
    let last = leases.remove(leases.iter().position(is_last).unwrap());
    settle(&store, last, Outcome::Sent { remote_id: remote_id("early") });
    let notice = store.take(&LinkName::from("bank/callbacks"), 1).await.unwrap().remove(0);
    assert_eq!(&notice.receipt_tlvs()[..], b"said early");
}

/// The table is added to a file that was made before there was one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_attached_is_kept_by_a_ledger_that_had_no_place_for_it() {
    let (_directory, store) = open_fixture("v3");
    store.accept(vec![entry(500, |message| message.attached = Some(Arc::new(attached(500))))]).await.unwrap();
    let query = Query { reference: Some(b"order 500".to_vec()), limit: 10, ..Query::default() };
    let found = store.search(query).await.unwrap().records;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attached.as_deref(), Some(&attached(500)));
    assert_eq!(record(&store, 10).await.attached, None);
}

#[test]
fn each_version_is_found_sound() {
    VERSIONS.into_iter().for_each(is_found_sound);
}

fn is_found_sound(version: &str) {
    let report = Inspector::open(fixture(version)).unwrap().check().unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_ne!(report.journal[0].name, "journal/0000000001.log", "what lived there was carried forward");
    let standing = report.standing;
    assert_eq!(standing.live_messages, 9);
    assert_eq!(standing.waiting, [(LinkName::from("bank"), 2), (smsc(), 5)]);
    assert_eq!((standing.awaiting_receipt, standing.held, standing.unmatched_receipts), (2, 1, 1));
}

/// What stands beside a ledger of an older version leads to no links: it is made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_an_older_version_are_made_again_and_what_moves_is_noted() {
    for (version, keys) in [("v2", 1), ("v5", 1), ("v6", 2)] {
        let directory = tempfile::tempdir().unwrap();
        copy(&fixture(version), directory.path());
        assert_eq!(key_versions(directory.path()), [keys], "{version}");
        let store = EmbeddedStore::open(directory.path(), options()).unwrap();
        let leases = store.take(&smsc(), 100).await.unwrap();
        let count = leases.len();
        let outcome = || Outcome::Redirect { to: LinkName::from("spare") };
        store.settle(
            leases.into_iter().map(|lease| Settlement { lease, outcome: outcome(), answer: None }).collect(),
        );
        store.sync().await.unwrap();
        for (link, expected) in [("spare", 3), ("stranger", 0)] {
            let query = Query {
                links: Some(vec![LinkName::from(link)]),
                number: Some(b"1234".to_vec()),
                limit: 100,
                ..Query::default()
            };
            let found = store.search(query).await.unwrap().records;
            assert_eq!((count, found.len()), (4, expected), "{version}: four segments of three messages");
        }
        store.close();
        assert_eq!(key_versions(directory.path()), [2], "{version}");
        let report = Inspector::open(directory.path()).unwrap().check().unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

fn key_versions(directory: &Path) -> Vec<u8> {
    let files = sqlite_files(&directory.join("ledger"));
    files.iter().map(|file| fs::read(file.with_extension("keys")).unwrap()[8]).collect()
}

/// Nothing is added to a file of an older journal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_of_an_older_version_is_gone_on_with_in_a_new_file() {
    for version in ["v2", "v3", "v4"] {
        is_gone_on_with_in_a_new_file(version).await;
    }
}

async fn is_gone_on_with_in_a_new_file(version: &str) {
    let before: Vec<_> = journal_files(&fixture(version));
    let (directory, store) = open_fixture(version);
    store.accept(vec![fated(500)]).await.unwrap();
    store.close();
    let after = journal_files(directory.path());
    let (name, octets) = before.last().unwrap();
    let (_, kept) = after.iter().find(|(kept, _)| kept == name).unwrap();
    assert!(kept == octets, "the old file is as it was");
    let (new, octets) = after.last().unwrap();
    assert!(new > name);
    assert_eq!(octets[8..12], 4_u32.to_le_bytes());
    drop(EmbeddedStore::open(directory.path(), options()).unwrap());
}

fn journal_files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(directory.join("journal")).unwrap().map(|file| file.unwrap().path());
    let is_log = |path: &PathBuf| path.extension().is_some_and(|end| end == "log");
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> =
        files.filter(is_log).map(|path| (name(&path), fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

/// What is new goes to a file of the version of now; the old one is read and brought up to date as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_of_version_1_is_gone_on_with() {
    let (directory, store) = open_fixture("v1");
    store.accept(vec![fated(500)]).await.unwrap();
    store.receipts(vec![receipt("sent-1")]).await.unwrap();
    assert_eq!(record(&store, 500).await.state, State::Enroute);
    assert_eq!(record(&store, 1).await.state, State::Delivered);
    let of_sender = Query { number: Some(b"1234".to_vec()), limit: 1000, ..Query::default() };
    let records = store.search(of_sender).await.unwrap().records;
    assert!(
        records.len() > LIVES.len()
            && records.is_sorted_by_key(|record| std::cmp::Reverse(record.accepted_at))
    );
    store.close();
    let versions = versions(&directory.path().join("ledger"));
    assert_eq!(versions, [1, 2]);
    let report = Inspector::open(directory.path()).unwrap().check().unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn a_ledger_of_an_unknown_version_is_refused_and_left_alone() {
    let (directory, store) = open_fixture("v2");
    drop(store);
    let ledger = directory.path().join("ledger");
    let file = sqlite_files(&ledger).pop().unwrap();
    let mut octets = fs::read(&file).unwrap();
    octets[VERSION_OFFSET + 3] = 9;
    fs::write(&file, &octets).unwrap();
    let refused = EmbeddedStore::open(directory.path(), options());
    assert!(matches!(refused, Err(OpenError::Ledger(_))), "{refused:?}");
    assert!(fs::read(&file).unwrap() == octets);
}

/// Where a file of SQLite says its `user_version`, in four octets.
const VERSION_OFFSET: usize = 60;

fn sqlite_files(ledger: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(ledger).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|end| end == "sqlite")).collect();
    files.sort();
    files
}

fn versions(ledger: &Path) -> Vec<u8> {
    sqlite_files(ledger).iter().map(|file| fs::read(file).unwrap()[VERSION_OFFSET + 3]).collect()
}

#[test]
#[ignore = "writes the fixture, once"]
fn write_the_fixture() {
    let newest = fixture(VERSIONS[VERSIONS.len() - 1]);
    assert!(!newest.exists(), "a fixture is never written again");
    let store = EmbeddedStore::open(&newest, options()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        live(&store, &LIVES[..8]).await;
        push_forward(&store, &newest).await;
        live(&store, &LIVES[8..]).await;
        store.receipts(vec![saying("early", "said early")]).await.unwrap();
    });
    store.close();
}

/// Accepts these messages and lets each have its fate.
async fn live(store: &EmbeddedStore, numbers: &[u64]) {
    for &number in numbers {
        store.accept(vec![fated(number)]).await.unwrap();
        if matches!(number, 0 | 3 | 10) {
            continue;
        }
        // What waits for good is in front of it.
        let mut leases = store.take(&smsc(), 10).await.unwrap();
        let is_its = |lease: &Lease| lease.message().parts[0].ends_with(format!(" {number}").as_bytes());
        let lease = leases.remove(leases.iter().position(is_its).unwrap());
        drop(leases);
        settle(store, lease, outcome(number));
        if matches!(number, 2 | 7 | 12) {
            let said = saying(&format!("sent-{number}"), &format!("said of {number}"));
            store.receipts(vec![said]).await.unwrap();
        }
        if matches!(number, 2 | 12) {
            tell_owner(store).await;
        }
        store.sync().await.unwrap();
    }
}

fn fated(number: u64) -> Entry {
    entry(number, |message| match number {
        0 => message.parts.push(bytes::Bytes::from_static(b"more of 0")),
        1 => (message.member, message.receipt.others) = (1, ReceiptRequest::INTERMEDIATE),
        4 | 10 => message.attached = Some(Arc::new(attached(number))),
        3 => message.not_before = Some(message.accepted_at.plus(Duration::from_secs(100 * 365 * 86_400))),
        _ => {}
    })
}

fn attached(number: u64) -> Attached {
    Attached {
        reference: format!("order {number}").into(),
        told: Some(LinkName::from("bank/callbacks")),
        attributes: b"\x01\xFF"[..].into(),
    }
}

fn outcome(number: u64) -> Outcome {
    match number {
        4 => Outcome::Retry { at: sample::now(), cause: Cause::Smpp(0x58) },
        5 => Outcome::Failed { state: State::Undeliverable, cause: Cause::Smpp(0x0B) },
        6 => Outcome::Unknown { retry_at: None, cause: Cause::Timeout },
        _ => Outcome::Sent { remote_id: remote_id(&format!("sent-{number}")) },
    }
}

async fn tell_owner(store: &EmbeddedStore) {
    let mut leases = store.take(&LinkName::from("bank"), 10).await.unwrap();
    let delivered = leases.iter().rposition(|lease| matches!(lease.item(), Item::Notice(_))).unwrap();
    let lease = leases.remove(delivered);
    settle(store, lease, Outcome::Done { state: State::HandedOver, remote_id: None });
}

fn settle(store: &EmbeddedStore, lease: Lease, outcome: Outcome) {
    store.settle(vec![Settlement { lease, outcome, answer: None }]);
}

/// Finishes messages until the first file of the journal is gone, and what lived there was carried forward.
async fn push_forward(store: &EmbeddedStore, directory: &Path) {
    let started = Instant::now();
    let elsewhere = LinkName::from("telco-b");
    for number in 100.. {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing was carried forward");
        store.accept(vec![Entry { target: elsewhere.clone(), ..fated(number) }]).await.unwrap();
        let lease = store.take(&elsewhere, 1).await.unwrap().remove(0);
        settle(store, lease, Outcome::Done { state: State::HandedOver, remote_id: None });
        if !directory.join("journal/0000000001.log").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    store.sync().await.unwrap();
}
