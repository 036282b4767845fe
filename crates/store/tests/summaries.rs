//! Summaries of journal files in a real directory: written beside the traffic, read at start, never needed.

#![allow(clippy::unwrap_used)]

mod place;

use std::path::Path;
use std::time::{Duration, Instant};

use place::copy;
use sms::LinkName;
use store::conformance::sample::entry;
use store::embedded::{EmbeddedStore, OpenError, Options};
use store::{Outcome, Settlement, Store};

fn options() -> Options {
    Options { segment_octets: 8 << 10, cache_octets: 0, ..Options::default() }
}

/// A store that was killed with 400 messages waiting, and with summaries of its older files.
async fn killed() -> tempfile::TempDir {
    let (work, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = EmbeddedStore::open(work.path(), options()).unwrap();
    for batch in 0..40 {
        store.accept((0..10).map(|number| entry(batch * 10 + number, |_| {})).collect()).await.unwrap();
    }
    let journal = journal_files(work.path()).len();
    let deadline = Instant::now() + Duration::from_secs(30);
    while names(&work.path().join("summary")).iter().filter(|name| name.ends_with(".sum")).count()
        < journal - 2
    {
        assert!(Instant::now() < deadline, "the summaries are written");
        tokio::task::yield_now().await;
    }
    copy(work.path(), left.path());
    left
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The names of the journal's files, in order.
fn journal_files(directory: &Path) -> Vec<String> {
    names(&directory.join("journal")).into_iter().filter(|name| name.ends_with(".log")).collect()
}

/// The texts of all that waits, in order.
async fn drain(store: &EmbeddedStore) -> Vec<String> {
    let mut texts = Vec::new();
    while store.status().waiting.iter().any(|(_, count)| *count > 0) && texts.len() < 400 {
        for lease in store.take(&LinkName::from("telco-a"), 50).await.unwrap() {
            texts.push(String::from_utf8(lease.message().parts[0].to_vec()).unwrap());
            let outcome = Outcome::Done { state: sms::State::HandedOver, remote_id: None };
            store.settle(vec![Settlement { lease, outcome, answer: None }]);
        }
    }
    texts
}

fn expected() -> Vec<String> {
    (0..400).map(|number| format!("message {number}")).collect()
}

// INV-1 INV-8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_waited_is_there_with_and_without_summaries() {
    let left = killed().await;
    for without in [false, true] {
        let place = tempfile::tempdir().unwrap();
        copy(left.path(), place.path());
        if without {
            std::fs::remove_dir_all(place.path().join("summary")).unwrap();
        }
        let store = EmbeddedStore::open(place.path(), options()).unwrap();
        assert_eq!(drain(&store).await, expected(), "without summaries: {without}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_of_summaries_goes() {
    let left = killed().await;
    let summaries = left.path().join("summary");
    std::fs::write(summaries.join("0000099999.sum"), "of no file").unwrap();
    std::fs::write(summaries.join("0000000001.new"), "not finished").unwrap();
    let store = EmbeddedStore::open(left.path(), options()).unwrap();
    drain(&store).await;
    store.accept(vec![entry(1000, |_| {})]).await.unwrap();
    store.close();
    let of = |names: Vec<String>| names.into_iter().map(|name| name[..10].to_owned()).collect::<Vec<_>>();
    let journal = of(journal_files(left.path()));
    let found = names(&summaries);
    assert!(found.iter().all(|name| name.ends_with(".sum")), "{found:?}");
    assert!(of(found.clone()).iter().all(|number| journal.contains(number)), "{found:?} of {journal:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_or_missing_file_is_noticed_all_the_same() {
    let left = killed().await;
    let journal = left.path().join("journal");
    let second = journal.join("0000000002.log");
    let octets = std::fs::read(&second).unwrap();
    std::fs::write(&second, &octets[..octets.len() - 1]).unwrap();
    assert!(matches!(EmbeddedStore::open(left.path(), options()), Err(OpenError::Damaged { file: 2, .. })));
    std::fs::remove_file(&second).unwrap();
    assert!(matches!(EmbeddedStore::open(left.path(), options()), Err(OpenError::Damaged { file: 2, .. })));
}
