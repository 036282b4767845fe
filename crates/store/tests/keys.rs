//! The keys of the ledger are found out when they are of no use, made again, and the answers are right all the while.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod place;

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use place::copy;
use sms::LinkName;
use store::conformance::sample::{entry, id};
use store::embedded::inspect::Inspector;
use store::embedded::{EmbeddedStore, Options};
use store::{Entry, Outcome, Query, Record, Settlement, Store};
use tempfile::TempDir;

/// How many messages are put into a ledger, in files of [`FILE_RECORDS`].
const MESSAGES: u64 = 950;
const FILE_RECORDS: u64 = 300;

fn open(directory: &Path) -> EmbeddedStore {
    let options = Options { ledger_file_records: FILE_RECORDS, ..Options::default() };
    EmbeddedStore::open(directory, options).unwrap()
}

fn fill() -> Vec<Entry> {
    (0..MESSAGES)
        .map(|number| {
            let mut entry = entry(number, |_| {});
            entry.target = LinkName::from(if number % 2 == 0 { "telco-a" } else { "telco-b" });
            entry
        })
        .collect()
}

fn of(number: &str) -> Query {
    Query { number: Some(number.as_bytes().to_vec()), limit: 1000, ..Query::default() }
}

/// Asks for every third message by id and by number, and for all by the number that sent them.
async fn answers_are_right(store: &EmbeddedStore, batch: &[Entry], what: &str) {
    for entry in batch.iter().step_by(3) {
        let message = &entry.message;
        let found = store.find(message.id).await.unwrap().expect(what);
        assert_eq!(found.destination, message.destination, "{what}");
        let page = store.search(of(&message.destination.text())).await.unwrap();
        assert_eq!(page.records.len(), 1, "{what}");
        assert_eq!(page.records[0].id, message.id, "{what}");
    }
    assert_eq!(store.find(id(1 << 40)).await.unwrap(), None, "{what}");
    assert!(store.search(of("62811")).await.unwrap().records.is_empty(), "{what}");
    let links = Some(vec![LinkName::from("telco-b")]);
    let page = store.search(Query { links, ..of("1234") }).await.unwrap();
    let found: Vec<_> = page.records.iter().map(|record| record.id).collect();
    let expected: Vec<_> = batch.iter().skip(1).step_by(2).rev().map(|entry| entry.message.id).collect();
    assert_eq!(found, expected, "{what}: newest first");
}

async fn closed() -> (TempDir, Vec<Entry>) {
    let (directory, batch) = (tempfile::tempdir().unwrap(), fill());
    let store = open(directory.path());
    store.accept(batch.clone()).await.unwrap();
    answers_are_right(&store, &batch, "while it runs").await;
    store.close();
    (directory, batch)
}

fn key_files(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory.join("ledger")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "keys")).collect();
    files.sort();
    files
}

fn findings(directory: &Path) -> Vec<String> {
    let report = Inspector::open(directory).unwrap().check().unwrap();
    assert!(!report.is_damaged(), "keys are no damage: {:?}", report.findings);
    report.findings.iter().map(ToString::to_string).collect()
}

/// Spoils the keys of one file, sees that it is found out and that the answers are right all the same, and
/// that it is made good by that.
async fn is_mended(number: usize, finding: &str, spoil: impl Fn(&Path, &[PathBuf])) {
    let (directory, batch) = closed().await;
    assert!(findings(directory.path()).is_empty());
    let files = key_files(directory.path());
    assert_eq!(files.len(), 4);
    spoil(&files[number], &files);
    let found = findings(directory.path());
    assert_eq!(found.len(), 1, "{finding}: {found:?}");
    assert!(found[0].contains(finding), "{finding}: {found:?}");
    let store = open(directory.path());
    answers_are_right(&store, &batch, finding).await;
    answers_are_right(&store, &batch, finding).await;
    store.close();
    assert!(findings(directory.path()).is_empty(), "{finding}");
}

fn change(file: &Path, at: usize, bits: u8) {
    let mut octets = fs::read(file).unwrap();
    octets[at] ^= bits;
    fs::write(file, octets).unwrap();
}

fn cut(file: &Path, length: u64) {
    OpenOptions::new().write(true).open(file).unwrap().set_len(length).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_keys_are_made_again() {
    is_mended(1, "missing", |file, _| fs::remove_file(file).unwrap()).await;
    is_mended(3, "missing", |file, _| fs::remove_file(file).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn torn_keys_are_made_again() {
    is_mended(0, "damaged at offset 0", |file, _| cut(file, 0)).await;
    is_mended(0, "damaged at offset 32", |file, _| cut(file, 40)).await;
    is_mended(1, "damaged at offset 32", |file, _| cut(file, 5_000)).await;
    is_mended(3, "damaged at offset 0", |file, _| cut(file, 20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_bits_are_found_and_made_good() {
    is_mended(0, "damaged at offset 0", |file, _| change(file, 25, 1)).await;
    is_mended(1, "damaged at offset 32", |file, _| change(file, 45, 8)).await;
    is_mended(2, "damaged at offset 56", |file, _| change(file, 1_000, 64)).await;
    is_mended(2, "damaged at offset 4156", |file, _| change(file, 6_000, 2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_another_version_or_file_are_not_used() {
    is_mended(2, "format version 3", |file, _| change(file, 8, 1)).await;
    is_mended(0, "another file", |file, files| {
        fs::copy(&files[1], file).unwrap();
    })
    .await;
}

/// Says that a file of keys is of version 1, which has no keys of links: those that are there are not looked at.
fn make_older(file: &Path, seed: u32) {
    let mut octets = fs::read(file).unwrap();
    octets[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&seed.to_le_bytes());
    crc.update(&0_u64.to_le_bytes());
    crc.update(&octets[..28]);
    octets[28..32].copy_from_slice(&crc.finalize().to_le_bytes());
    fs::write(file, octets).unwrap();
}

fn versions(directory: &Path) -> Vec<u8> {
    key_files(directory).iter().map(|file| fs::read(file).unwrap()[8]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_version_1_are_read_and_made_again_when_a_link_is_looked_for() {
    let (directory, batch) = closed().await;
    for file in key_files(directory.path()) {
        let seed = fs::read(&file).unwrap()[12..16].try_into().unwrap();
        make_older(&file, u32::from_le_bytes(seed));
    }
    assert!(findings(directory.path()).is_empty(), "they are as good as ever");
    let store = open(directory.path());
    assert!(store.find(batch[0].message.id).await.unwrap().is_some());
    assert_eq!(versions(directory.path()), [1, 1, 1, 2], "the newest is gone on with");
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while versions(directory.path()) != [2; 4] {
        assert!(std::time::Instant::now() < deadline, "{:?}", versions(directory.path()));
        answers_are_right(&store, &batch, "while they are made again").await;
    }
    answers_are_right(&store, &batch, "made again").await;
    store.close();
    assert!(findings(directory.path()).is_empty());
}

/// The records of these numbers that are found by the number of their sender and a link, newest first.
async fn found_of(store: &EmbeddedStore, link: &str, batch: &[Entry]) -> Vec<usize> {
    let links = Some(vec![LinkName::from(link)]);
    let found = store.search(Query { links, ..of("1234") }).await.unwrap().records;
    let at = |record: &Record| batch.iter().position(|entry| entry.message.id == record.id).unwrap();
    found.iter().map(at).collect()
}

/// Gives the messages that wait for a link to another one.
async fn redirect(store: &EmbeddedStore, from: &str, to: &str, count: usize) {
    let mut left = count;
    while left > 0 {
        let leases = store.take(&LinkName::from(from), left).await.unwrap();
        left -= leases.len();
        let to = |lease| {
            let outcome = Outcome::Redirect { to: LinkName::from(to) };
            Settlement { lease, outcome, answer: None }
        };
        store.settle(leases.into_iter().map(to).collect());
    }
    store.sync().await.unwrap();
}

/// What goes to another link after its record was written is found by that and not by the one before, whatever the
/// process had in memory and wherever it was killed; also what goes there and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_to_another_link_later_is_found_by_that() {
    let (directory, batch) = (tempfile::tempdir().unwrap(), fill());
    let newest_first = |of: usize| (0..batch.len()).rev().filter(move |at| at % 2 == of);
    let (even, odd): (Vec<usize>, Vec<usize>) = (newest_first(0).collect(), newest_first(1).collect());
    let all: Vec<usize> = (0..batch.len()).rev().collect();
    let running = directory.path().join("running");
    let store = open(&running);
    store.accept(batch.clone()).await.unwrap();
    assert_eq!(found_of(&store, "telco-b", &batch).await, odd, "all records are written");
    redirect(&store, "telco-b", "spare", odd.len()).await;
    let is_moved = async |store: &EmbeddedStore, what: &str| {
        assert_eq!(found_of(store, "spare", &batch).await, odd, "{what}");
        assert!(found_of(store, "telco-b", &batch).await.is_empty(), "{what}");
        assert_eq!(found_of(store, "telco-a", &batch).await, even, "{what}");
        assert_eq!(found_of(store, "bank", &batch).await, all, "{what}");
        assert!(found_of(store, "stranger", &batch).await.is_empty(), "{what}");
    };
    is_moved(&store, "running").await;
    let killed = directory.path().join("killed");
    copy(&running, &killed);
    store.close();
    is_moved(&open(&running), "started again").await;
    let store = open(&killed);
    is_moved(&store, "killed").await;
    redirect(&store, "spare", "telco-b", odd.len()).await;
    redirect(&store, "telco-b", "spare", odd.len()).await;
    is_moved(&store, "there and back").await;
    redirect(&store, "spare", "telco-b", odd.len()).await;
    assert_eq!(found_of(&store, "telco-b", &batch).await, odd);
    assert!(found_of(&store, "spare", &batch).await.is_empty());
    store.close();
    for file in key_files(&killed) {
        fs::remove_file(file).unwrap();
    }
    let store = open(&killed);
    for what in ["by the table", "by keys that were made again"] {
        assert_eq!(found_of(&store, "telco-b", &batch).await, odd, "{what}");
        assert!(found_of(&store, "spare", &batch).await.is_empty(), "{what}");
        answers_without_links(&store, &batch).await;
    }
}

async fn answers_without_links(store: &EmbeddedStore, batch: &[Entry]) {
    let found = store.search(of("1234")).await.unwrap().records;
    assert_eq!(found.len(), batch.len());
}

// What a power cut leaves that kept the keys of before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_keys_are_brought_up_to_date() {
    let (directory, batch) = closed().await;
    for file in key_files(directory.path()) {
        cut(&file, 32);
    }
    let store = open(directory.path());
    answers_are_right(&store, &batch, "first").await;
    answers_are_right(&store, &batch, "second").await;
    store.close();
    let lengths = key_files(directory.path())
        .iter()
        .map(|file| fs::metadata(file).unwrap().len() > 32)
        .collect::<Vec<_>>();
    assert_eq!(lengths, [true, true, true, false], "the keys of the newest file are in memory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_leaves_keys_that_will_do() {
    let (directory, batch) = (tempfile::tempdir().unwrap(), fill());
    let running = directory.path().join("running");
    let store = open(&running);
    for (round, some) in batch.chunks(190).enumerate() {
        store.accept(some.to_vec()).await.unwrap();
        let so_far = &batch[..round * 190 + some.len()];
        answers_are_right(&store, so_far, "running").await;
        let killed = directory.path().join(round.to_string());
        copy(&running, &killed);
        answers_are_right(&open(&killed), so_far, "killed").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_with_their_file() {
    let (directory, _) = closed().await;
    let options = Options { retention: Duration::ZERO, ..Options::default() };
    let ledger = directory.path().join("ledger");
    for file in fs::read_dir(&ledger).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if let Some((_, rest)) = name.split_once("-000000000").filter(|(day, _)| *day > "2000") {
            fs::rename(&file, ledger.join(format!("2000-01-01-000000000{rest}"))).unwrap();
        }
    }
    EmbeddedStore::open(directory.path(), options).unwrap().close();
    assert_eq!(key_files(directory.path()).len(), 1, "the newest stays");
}
