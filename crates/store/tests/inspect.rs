//! Looking at a data directory finds what is there and what is wrong, and changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod place;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use place::copy;
use sms::{LinkName, State};
use store::conformance::sample::{entry, remote_id};
use store::embedded::inspect::{Finding, Inspector, Report};
use store::embedded::{EmbeddedStore, OpenError, Options};
use store::{Outcome, Query, RemoteReceipt, Settlement, Store};
use tempfile::TempDir;

fn smsc() -> LinkName {
    LinkName::from("telco-a")
}

fn open(directory: &Path) -> EmbeddedStore {
    EmbeddedStore::open(directory, Options { segment_octets: 4 << 10, ..Options::default() }).unwrap()
}

/// Accepts 60 messages: 20 are sent, 10 of them delivered, 5 are with the link when it ends.
async fn fill(store: &EmbeddedStore) {
    for number in 0..60 {
        store.accept(vec![entry(number, |_| {})]).await.unwrap();
    }
    let mut leases = store.take(&smsc(), 25).await.unwrap();
    let with_link = leases.split_off(20);
    let sent = (0..).zip(leases).map(|(number, lease)| Settlement {
        lease,
        outcome: Outcome::Sent { remote_id: remote_id(&format!("id {number}")) },
        answer: None,
    });
    store.settle(sent.collect());
    let receipt = |number| RemoteReceipt {
        smsc: smsc(),
        remote_id: remote_id(&format!("id {number}")),
        state: State::Delivered,
        error: 0,
        done_at: store::conformance::sample::now(),
        tlvs: bytes::Bytes::new(),
    };
    store.receipts((0..10).chain([99]).map(receipt).collect()).await.unwrap();
    std::mem::forget(with_link);
}

async fn closed() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    fill(&store).await;
    store.close();
    directory
}

/// What a process leaves that was killed after all had been written to the ledger's log.
async fn killed() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("running"));
    fill(&store).await;
    let page = store.search(Query { limit: 1000, ..Query::default() }).await.unwrap();
    assert_eq!(page.records.len(), 60);
    copy(&directory.path().join("running"), &directory.path().join("killed"));
    directory
}

fn check(directory: &Path) -> Report {
    Inspector::open(directory).unwrap().check().unwrap()
}

fn damage(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.is_damage).collect()
}

fn journal(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory.join("journal")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "log")).collect();
    files.sort();
    files
}

fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for item in fs::read_dir(directory).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

fn flip(file: &Path, offset: usize) {
    let mut octets = fs::read(file).unwrap();
    octets[offset] ^= 0x10;
    fs::write(file, octets).unwrap();
}

fn cut(file: &Path, octets: u64) {
    let file = OpenOptions::new().write(true).open(file).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length - octets).unwrap();
}

#[tokio::test]
async fn a_clean_directory_is_counted() {
    let directory = closed().await;
    let report = check(directory.path());
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let standing = &report.standing;
    assert_eq!(standing.live_messages, 60);
    assert_eq!(standing.waiting, [(LinkName::from("bank"), 10), (smsc(), 35)]);
    assert_eq!((standing.awaiting_receipt, standing.outcome_unknown, standing.held), (10, 5, 0));
    assert_eq!(standing.unmatched_receipts, 1);
    assert!(report.journal.len() > 2, "several files");
    let messages: u64 = report.journal.iter().map(|file| file.messages).sum();
    let live: u64 = report.journal.iter().map(|file| file.live).sum();
    let octets: u64 = report.journal.iter().map(|file| file.octets).sum();
    let on_disk: u64 = journal(directory.path()).iter().map(|file| file.metadata().unwrap().len()).sum();
    assert_eq!((messages, live, octets), (60, 60, on_disk));
    assert_eq!(report.ledger.iter().map(|file| file.rows).sum::<u64>(), 60);
    assert!(report.ledger[0].accepted.is_some_and(|(first, last)| first <= last));
    assert_eq!(report.ledger_behind_octets, 0);
}

// INV-1
#[tokio::test]
async fn a_start_finds_what_was_counted() {
    let directory = closed().await;
    let standing = check(directory.path()).standing;
    let status = open(directory.path()).status();
    assert_eq!(status.live_messages, standing.live_messages);
    assert_eq!(status.awaiting_receipt, standing.awaiting_receipt);
    assert_eq!(status.unmatched_receipts, standing.unmatched_receipts);
    let waiting = |waiting: &[(LinkName, u64)]| waiting.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(waiting(&status.waiting), waiting(&standing.waiting) + standing.outcome_unknown);
}

#[tokio::test]
async fn nothing_is_changed() {
    let (clean, torn) = (closed().await, killed().await);
    for directory in [clean.path().to_owned(), torn.path().join("killed")] {
        let before = contents(&directory);
        let inspector = Inspector::open(&directory).unwrap();
        inspector.check().unwrap();
        inspector.records(&Query::default(), |_| Ok(())).unwrap();
        assert!(contents(&directory) == before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_killed_ledger_counts() {
    let directory = killed().await;
    let directory = directory.path().join("killed");
    let logs = contents(&directory.join("ledger"));
    assert!(logs.keys().any(|file| file.to_str().unwrap().ends_with("-wal")), "there is a log");
    let report = check(&directory);
    assert!(!report.is_damaged(), "{:?}", report.findings);
    assert_eq!(report.ledger.iter().map(|file| file.rows).sum::<u64>(), 60);
    let mut records = 0;
    let inspector = Inspector::open(&directory).unwrap();
    let count = |_| {
        records += 1;
        Ok(())
    };
    inspector.records(&Query::default(), count).unwrap();
    assert_eq!(records, 60);
}

#[tokio::test]
async fn a_running_gateway_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert!(matches!(Inspector::open(directory.path()), Err(OpenError::Locked(_))));
    store.close();
    let inspector = Inspector::open(directory.path()).unwrap();
    let second = Inspector::open(directory.path());
    assert!(second.is_ok(), "two may look");
    let refused = EmbeddedStore::open(directory.path(), Options::default());
    assert!(matches!(refused, Err(OpenError::Locked(_))), "nobody starts meanwhile");
    drop((inspector, second));
    open(directory.path());
}

#[test]
fn a_directory_without_a_journal_is_refused_and_left_empty() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(Inspector::open(directory.path()), Err(OpenError::Io { .. })));
    assert!(contents(directory.path()).is_empty());
}

#[tokio::test]
async fn a_torn_tail_is_no_damage() {
    let directory = closed().await;
    let last = journal(directory.path()).pop().unwrap();
    let length = last.metadata().unwrap().len();
    OpenOptions::new().append(true).open(&last).unwrap().write_all(&[0xE5; 55]).unwrap();
    let report = check(directory.path());
    assert!(!report.is_damaged());
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].offset, Some(length));
    assert!(report.findings[0].what.contains("torn tail of 55 octets"), "{}", report.findings[0]);
    assert_eq!(report.standing.live_messages, 60);
}

#[tokio::test]
async fn a_birth_that_was_cut_short_is_no_damage() {
    let directory = closed().await;
    let last = journal(directory.path()).pop().unwrap();
    let number: u32 = last.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let next = directory.path().join(format!("journal/{:010}.log", number + 1));
    fs::write(&next, b"ESTA").unwrap();
    let report = check(directory.path());
    assert!(!report.is_damaged() && report.findings.len() == 1, "{:?}", report.findings);
    assert!(next.exists());
}

// DUR-1
#[tokio::test]
async fn each_flipped_bit_is_found_where_it_is() {
    let directory = closed().await;
    let files = journal(directory.path());
    flip(&files[0], 100);
    flip(&files[1], 10);
    let report = check(directory.path());
    let damage = damage(&report);
    assert_eq!(damage.len(), 2, "{damage:?}");
    assert!(damage[0].offset.is_some_and(|offset| offset <= 100), "the group that the bit is in");
    assert!(damage[0].file.ends_with("0000000001.log") && damage[1].file.ends_with("0000000002.log"));
    assert_eq!((damage[1].offset, damage[1].what.as_str()), (Some(0), "the header is invalid"));
    assert!(report.standing.live_messages < 60, "nothing is skipped: what follows is not counted");
    assert!(EmbeddedStore::open(directory.path(), Options::default()).is_err(), "nor does it open");
}

// DUR-1
#[tokio::test]
async fn two_damages_in_one_file_are_two_findings() {
    let directory = closed().await;
    let file = &journal(directory.path())[0];
    let length = fs::metadata(file).unwrap().len() as usize;
    flip(file, length / 4);
    flip(file, length / 4 * 3);
    let report = check(directory.path());
    let offsets: Vec<u64> = damage(&report).iter().filter_map(|finding| finding.offset).collect();
    assert_eq!(offsets.len(), 2, "{:?}", report.findings);
    assert!(offsets[0] <= length as u64 / 4 && offsets[1] > length as u64 / 2, "{offsets:?}");
}

#[tokio::test]
async fn an_unknown_version_is_said() {
    let directory = closed().await;
    let file = &journal(directory.path())[0];
    let mut octets = fs::read(file).unwrap();
    octets[8..12].copy_from_slice(&9_u32.to_le_bytes());
    let crc = crc32fast::hash(&octets[..28]);
    octets[28..32].copy_from_slice(&crc.to_le_bytes());
    fs::write(file, octets).unwrap();
    let report = check(directory.path());
    let damage = damage(&report);
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert!(damage[0].what.contains("format version 9"), "{}", damage[0]);
}

#[tokio::test]
async fn a_truncated_file_is_found() {
    for at in [0, usize::MAX] {
        let directory = closed().await;
        let files = journal(directory.path());
        let file = files.get(at).unwrap_or(files.last().unwrap());
        cut(file, 3);
        let report = check(directory.path());
        assert!(report.is_damaged(), "{file:?}");
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(damage(&report).iter().all(|finding| finding.file.ends_with(name)), "{:?}", report.findings);
    }
}

#[tokio::test]
async fn a_missing_file_is_found() {
    for at in [1, usize::MAX] {
        let directory = closed().await;
        let files = journal(directory.path());
        let file = files.get(at).unwrap_or(files.last().unwrap());
        fs::remove_file(file).unwrap();
        let report = check(directory.path());
        let damage = damage(&report);
        assert_eq!(damage.len(), 1, "{damage:?}");
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(damage[0].file.ends_with(name) && damage[0].what.contains("missing"), "{}", damage[0]);
    }
}

#[tokio::test]
async fn a_damaged_ledger_is_found() {
    let directory = closed().await;
    let ledger = fs::read_dir(directory.path().join("ledger")).unwrap().map(|file| file.unwrap().path());
    let file = ledger.filter(|file| file.extension().is_some_and(|end| end == "sqlite")).min().unwrap();
    let mut octets = fs::read(&file).unwrap();
    octets[16_384..20_480].fill(0xFF);
    fs::write(&file, octets).unwrap();
    let report = check(directory.path());
    assert!(report.is_damaged());
    assert!(damage(&report).iter().all(|finding| finding.file.starts_with("ledger/")));
    assert_eq!(report.standing.live_messages, 60, "the journal is the truth");
}

#[tokio::test]
async fn records_are_chosen_by_link_number_and_time() {
    let directory = closed().await;
    let inspector = Inspector::open(directory.path()).unwrap();
    let found = |query: Query| {
        let mut found = Vec::new();
        let keep = |record| {
            found.push(record);
            Ok(())
        };
        inspector.records(&query, keep).unwrap();
        found
    };
    let all = found(Query::default());
    assert_eq!(all.len(), 60);
    assert!(all[0].destination.text().ends_with("0000059"), "newest first");
    assert_eq!(found(Query { links: Some(vec![smsc()]), ..Query::default() }).len(), 60);
    assert_eq!(found(Query { links: Some(vec![LinkName::from("shop")]), ..Query::default() }).len(), 0);
    let one = found(Query { number: Some(b"628110000007".to_vec()), ..Query::default() });
    assert_eq!((one.len(), one[0].state), (1, State::Delivered));
    let (first, last) = (all[59].accepted_at, all[0].accepted_at);
    assert_eq!(found(Query { from: Some(first), ..Query::default() }).len(), 60);
    assert_eq!(found(Query { until: Some(first), ..Query::default() }).len(), 0);
    assert_eq!(found(Query { from: Some(sms::Timestamp(last.0 + 1)), ..Query::default() }).len(), 0);
}
