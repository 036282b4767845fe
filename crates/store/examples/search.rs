//! How long searches by number take, for who has the records and for who has none of them.
//!
//! `cargo run --release -p store --example search [DIRECTORY [MESSAGES]]`
//!
//! All messages are from one number, of one account, and to a number each.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sms::{LinkName, State};
use store::conformance::sample::entry;
use store::embedded::{EmbeddedStore, Options};
use store::{Entry, Query, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: u64 = 1000;
/// How often each search is asked; the median is said.
const TIMES: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().unwrap_or_else(|| String::from("search-data")));
    let messages = arguments.next().map_or(100_000, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(measure(&directory, messages));
    let _ = std::fs::remove_dir_all(&directory);
}

async fn measure(directory: &Path, messages: u64) {
    let _ = std::fs::remove_dir_all(directory);
    let store = EmbeddedStore::open(directory, Options::default()).unwrap();
    let started = Instant::now();
    for first in (0..messages).step_by(BATCH as usize) {
        let batch: Vec<Entry> = (first..first + BATCH).map(|number| entry(number, |_| ())).collect();
        store.accept(batch).await.unwrap();
    }
    let all = Query { limit: 1, ..Query::default() };
    store.search(all).await.unwrap();
    println!("{messages} records, {:.0}/s", messages as f64 / started.elapsed().as_secs_f64());
    let busy = |link: &str| Query {
        links: Some(vec![LinkName::from(link)]),
        number: Some(b"1234".to_vec()),
        limit: 100,
        ..Query::default()
    };
    let one = format!("62811{:07}", messages / 2).into_bytes();
    let states = Some(vec![State::Rejected]);
    for (what, query) in [
        ("a stranger, by the number of all", busy("stranger")),
        (
            "a stranger, by a number that nobody has",
            Query { number: Some(b"62800".to_vec()), ..busy("stranger") },
        ),
        ("the owner, by a number that nobody has", Query { number: Some(b"62800".to_vec()), ..busy("bank") }),
        ("the owner, by the number of one", Query { number: Some(one), ..busy("bank") }),
        ("the owner, by the number of all, a page", busy("bank")),
        ("the owner, by the number of all, in a state that none has", Query { states, ..busy("bank") }),
    ] {
        println!("{what}: {:.3} ms", median(&store, &query).await.as_secs_f64() * 1e3);
    }
    store.close();
    for extension in ["sqlite", "keys"] {
        let octets = octets(&directory.join("ledger"), extension);
        println!("{extension}: {:.1} octets per record", octets as f64 / messages as f64);
    }
}

async fn median(store: &EmbeddedStore, query: &Query) -> Duration {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        store.search(query.clone()).await.unwrap();
        took.push(started.elapsed());
    }
    took.sort_unstable();
    took[TIMES / 2]
}

/// How long all files of the directory with this extension are.
fn octets(directory: &Path, extension: &str) -> u64 {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap());
    let its = files.filter(|file| file.path().extension().is_some_and(|its| its == extension));
    its.map(|file| file.metadata().unwrap().len()).sum()
}
