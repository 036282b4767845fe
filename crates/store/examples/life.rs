//! How fast messages live in the embedded store, and what that costs.
//!
//! `cargo run --release -p store --example life [DIRECTORY [MESSAGES [BACKLOG]]]`
//!
//! Batches of 256 messages of 160 octets are accepted, taken, sent, receipted and told to their owner, with real
//! syncs. CPU is of all threads of the process, and of the engine's and the ledger's alone.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sms::{Address, LinkName, Message, MessageId, Npi, State, Timestamp, Ton};
use store::conformance::sample;
use store::embedded::{EmbeddedStore, Options};
use store::{Entry, Outcome, RemoteId, RemoteIdForm, RemoteReceipt, Settlement, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: u64 = 256;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().unwrap_or_else(|| String::from("life-data")));
    let mut number = |default: u64| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (messages, backlog) = (number(500_000), number(2_000_000));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for ledger in [false, true] {
        for lanes in [1, 8] {
            runtime.block_on(live(&directory, ledger, lanes, messages));
        }
    }
    runtime.block_on(wait(&directory, backlog));
    let _ = std::fs::remove_dir_all(&directory);
}

fn open(directory: &std::path::Path, ledger: bool) -> Arc<EmbeddedStore> {
    Arc::new(EmbeddedStore::open(directory, Options { ledger, ..Options::default() }).unwrap())
}

async fn live(directory: &std::path::Path, ledger: bool, lanes: u64, messages: u64) {
    let _ = std::fs::remove_dir_all(directory);
    let store = open(directory, ledger);
    let per_lane = messages / lanes / BATCH * BATCH;
    let batches: Vec<Vec<Vec<Entry>>> = (0..lanes)
        .map(|lane| {
            (0..per_lane / BATCH).map(|batch| prepare(lane, lane * per_lane + batch * BATCH)).collect()
        })
        .collect();
    let (started, disk) = (Instant::now(), written());
    let (cpu, own, fed) = (cpu(None), cpu(Some("store")), cpu(Some("ledger")));
    let tasks: Vec<_> = (0..)
        .zip(batches)
        .map(|(lane, batches)| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for batch in batches {
                    one_batch(&*store, lane, batch).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    store.sync().await.unwrap();
    let took = started.elapsed();
    let own = self::cpu(Some("store")) - own;
    if ledger {
        store.find(sample::id(0)).await.unwrap();
    }
    let fed = self::cpu(Some("ledger")).saturating_sub(fed);
    let status = store.status();
    store.close();
    let count = (per_lane * lanes) as f64;
    println!(
        "ledger {ledger}, {lanes} lanes: {:.0} messages/s, engine {:.2} µs/message, ledger {:.2} µs/message, \
         process {:.2} µs/message, {} syncs, {:.0} octets/message to the journal, {:.0} to the disk",
        count / took.as_secs_f64(),
        own.as_secs_f64() * 1e6 / count,
        fed.as_secs_f64() * 1e6 / count,
        (self::cpu(None) - cpu).as_secs_f64() * 1e6 / count,
        status.syncs_total,
        status.written_octets_total as f64 / count,
        (written() - disk) as f64 / count,
    );
}

fn prepare(lane: u64, first: u64) -> Vec<Entry> {
    (first..first + BATCH)
        .map(|number| {
            let mut entry = sample::entry(number, |message| {
                message.parts = std::iter::once(bytes::Bytes::from(vec![b'x'; 160])).collect();
                message.origin = LinkName::from(format!("bank-{lane}"));
                scatter(message, number);
            });
            entry.target = LinkName::from(format!("telco-{lane}"));
            entry
        })
        .collect()
}

/// Gives a message an id and a destination that have nothing to do with those of its neighbours.
fn scatter(message: &mut Message, number: u64) {
    let random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut id = *message.id.octets();
    id[4..8].copy_from_slice(&random.to_be_bytes()[..4]);
    message.id = MessageId::from_octets(id);
    let digits = format!("62811{:09}", random >> 34);
    message.destination = Address::new(Ton::INTERNATIONAL, Npi::E164, digits.as_bytes()).unwrap();
}

async fn one_batch(store: &dyn Store, lane: u64, batch: Vec<Entry>) {
    let (smsc, owner) = (LinkName::from(format!("telco-{lane}")), LinkName::from(format!("bank-{lane}")));
    store.accept(batch).await.unwrap();
    let (mut settlements, mut receipts) = (Vec::new(), Vec::new());
    while settlements.len() < BATCH as usize {
        for lease in store.take(&smsc, BATCH as usize).await.unwrap() {
            let id = u128::from_be_bytes(*lease.message().id.octets()) as u64 | 1 << 40;
            let mut raw = [0; 20];
            let length = write_hex(&mut raw, id);
            let remote_id = RemoteId::new(&raw[..length], RemoteIdForm::Hexadecimal);
            receipts.push(RemoteReceipt {
                smsc: smsc.clone(),
                remote_id: remote_id.clone(),
                state: State::Delivered,
                error: 0,
                done_at: Timestamp(1),
                tlvs: bytes::Bytes::new(),
            });
            settlements.push(Settlement { lease, outcome: Outcome::Sent { remote_id }, answer: None });
        }
    }
    store.settle(settlements);
    store.receipts(receipts).await.unwrap();
    let mut told = Vec::new();
    while told.len() < BATCH as usize {
        for lease in store.take(&owner, BATCH as usize).await.unwrap() {
            let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
            told.push(Settlement { lease, outcome, answer: None });
        }
    }
    store.settle(told);
}

fn write_hex(out: &mut [u8; 20], value: u64) -> usize {
    let mut cursor = std::io::Cursor::new(&mut out[..]);
    std::io::Write::write_fmt(&mut cursor, format_args!("{value:X}")).unwrap();
    cursor.position() as usize
}

/// A long backlog: memory, reopening, draining.
async fn wait(directory: &std::path::Path, backlog: u64) {
    let _ = std::fs::remove_dir_all(directory);
    let store = open(directory, true);
    let before = resident();
    let (started, used) = (Instant::now(), cpu(None));
    for first in (0..backlog / BATCH).map(|batch| batch * BATCH) {
        store.accept(prepare(0, first)).await.unwrap();
    }
    let took = started.elapsed().as_secs_f64();
    println!(
        "backlog of {backlog}: accepted at {:.0}/s, {:.2} µs/message with making them, RSS {} MiB (+{} MiB)",
        backlog as f64 / took,
        (cpu(None) - used).as_secs_f64() * 1e6 / backlog as f64,
        resident() >> 20,
        (resident() - before) >> 20
    );
    drop(store);
    let started = Instant::now();
    let store = open(directory, true);
    println!("reopened in {:.2} s, RSS {} MiB", started.elapsed().as_secs_f64(), resident() >> 20);
    let (started, used, mut taken) = (Instant::now(), cpu(Some("store")), 0);
    while taken < backlog / BATCH * BATCH {
        let leases = store.take(&LinkName::from("telco-0"), BATCH as usize).await.unwrap();
        taken += leases.len() as u64;
        let outcome = || Outcome::Done { state: State::HandedOver, remote_id: None };
        store.settle(
            leases.into_iter().map(|lease| Settlement { lease, outcome: outcome(), answer: None }).collect(),
        );
    }
    store.sync().await.unwrap();
    println!(
        "drained at {:.0}/s, engine {:.2} µs/message, RSS {} MiB",
        taken as f64 / started.elapsed().as_secs_f64(),
        (cpu(Some("store")) - used).as_secs_f64() * 1e6 / taken as f64,
        resident() >> 20
    );
}

/// CPU used by all threads, or by those with this name.
fn cpu(name: Option<&str>) -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let nanoseconds: u64 = match name {
        None => {
            let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
            let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
            let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
            ticks * 10_000_000
        }
        Some(name) => tasks
            .filter(|task| {
                std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim() == name)
            })
            .map(|task| std::fs::read_to_string(task.path().join("schedstat")).unwrap())
            .map(|stat| stat.split_whitespace().next().unwrap().parse::<u64>().unwrap())
            .sum(),
    };
    Duration::from_nanos(nanoseconds)
}

/// What the process has written to the disk, in octets.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    line.parse().unwrap()
}

/// Resident memory of the process, in octets.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
