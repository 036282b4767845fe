//! What is read from summaries is what the journal says.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sms::State;

use super::super::engine::rig::{OWNER, Rig, SMSC, done, options, receipt, sent};
use super::super::memory_disk::MemoryDisk;
use super::super::recovery::{read, recover};
use super::super::slots::Phase;
use super::*;
use crate::conformance::sample::{entries, entry};
use crate::embedded::Options;
use crate::{Cause, Outcome, RemoteReceipt};

const DAY: Duration = Duration::from_secs(86_400);

/// Summaries of all files but the last.
fn summarise_all(disk: &MemoryDisk) {
    let numbers = disk.numbers();
    for &number in &numbers[..numbers.len() - 1] {
        disk.put_summary(number, summarise(&mut disk.clone(), number).unwrap());
    }
}

/// All that an index knows of what is under way, in words.
fn told(index: &super::super::index::Index, files: &[u32]) -> Vec<String> {
    let slots = (0..index.slab.len()).filter_map(|number| Some((number, index.slab.get(number)?)));
    let live = slots.filter(|(_, slot)| slot.phase() != Phase::Free);
    let mut said: Vec<String> = live
        .map(|(number, slot)| {
            let place = (index.place_of(slot), index.id_place(slot));
            let times = (slot.deadline, slot.due, slot.attempts, slot.told, slot.target);
            let (name, flags) = ((slot.serial(), slot.part(), slot.is_several()), slot.flags());
            let verdict = index.verdict(number).filter(|_| slot.has(super::super::slots::NOTICE));
            let tlvs = index.tlvs_of(number);
            format!("{name:?} {:?} {flags} {place:?} {times:?} {verdict:?} {tlvs:?}", slot.phase())
        })
        .collect();
    said.sort();
    said.push(format!("{} {} {}", index.live_messages, index.awaiting_receipt, index.early.len()));
    said.extend(files.iter().map(|&file| format!("{file}: {:?}", index.census.of(file))));
    said
}

fn by_journal(disk: &MemoryDisk) -> Vec<String> {
    let said = read(&mut disk.clone(), DAY, DAY, &mut Err).unwrap();
    told(&said.index, &disk.numbers())
}

fn by_summaries(disk: &MemoryDisk) -> (Vec<String>, usize) {
    let found = recover(&mut disk.clone(), DAY, DAY).unwrap();
    (told(&found.index, &disk.numbers()), found.summarised.len())
}

/// One thing that happens, out of all that can.
fn step(rig: &mut Rig, random: &mut StdRng, number: u64) {
    rig.now.0 += random.random_range(0..500);
    let remote = |number: u64| format!("{:0>9}", number % 40);
    match random.random_range(0..9) {
        0..3 => {
            let part = bytes::Bytes::from(vec![b'x'; random.random_range(0..90)]);
            let parts = random.random_range(1..4);
            let expires_at = random.random::<bool>().then(|| rig.now.plus(Duration::from_secs(5)));
            let new = entry(number, |message| {
                message.parts = (0..parts).map(|_| part.clone()).collect();
                (message.expires_at, message.priority) = (expires_at, sms::Priority(number as u8 % 5));
                message.receipt.on_success = random.random();
                message.not_before = random.random::<bool>().then(|| rig.now.plus(Duration::from_secs(1)));
            });
            rig.accept(vec![new]).unwrap();
        }
        3..5 => {
            for lease in rig.take(SMSC, 4) {
                let at = rig.now.plus(Duration::from_secs(1));
                let outcome = match random.random_range(0..6) {
                    0 => done(),
                    1 => Outcome::Retry { at, cause: Cause::Timeout },
                    2 => Outcome::Unknown { retry_at: Some(at), cause: Cause::ConnectionLost },
                    3 => Outcome::Failed { state: State::Rejected, cause: Cause::Smpp(11) },
                    _ => sent(&remote(random.random())),
                };
                rig.settle(lease, outcome);
            }
        }
        5..7 => {
            let state = if random.random() { State::Delivered } else { State::Enroute };
            let tlvs = vec![b't'; random.random_range(0..3) * 40].into();
            let receipt = receipt(&remote(random.random()), state);
            rig.receipts(vec![RemoteReceipt { tlvs, ..receipt }]).unwrap();
        }
        7 => rig.take(OWNER, 3).into_iter().for_each(|lease| rig.settle(lease, done())),
        _ => rig.pass(Duration::from_millis(100)),
    }
}

#[test]
fn summaries_say_what_their_files_say() {
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rig = Rig::new(options());
        (0..400).for_each(|number| step(&mut rig, &mut random, number));
        rig.engine.flush(rig.now);
        let expected = by_journal(&rig.disk);
        summarise_all(&rig.disk);
        let (found, summaries) = by_summaries(&rig.disk);
        assert_eq!(found, expected, "seed {seed}");
        assert_eq!(summaries, rig.disk.numbers().len() - 1, "seed {seed}");
    }
}

#[test]
fn what_was_over_within_its_file_takes_no_room() {
    let mut rig = Rig::new(Options { segment_octets: 64 << 10, ..options() });
    rig.accept(vec![entry(1, |_| {})]).unwrap();
    for number in 2..100 {
        rig.accept(vec![entry(number, |message| message.priority = sms::Priority(3))]).unwrap();
        let lease = rig.take(SMSC, 1).pop().unwrap();
        rig.settle(lease, sent(&number.to_string()));
        rig.receipts(vec![receipt(&number.to_string(), State::Delivered)]).unwrap();
        let notice = rig.take(OWNER, 1).pop().unwrap();
        rig.settle(notice, done());
    }
    rig.engine.flush(rig.now);
    let summary = summarise(&mut rig.disk.clone(), 1).unwrap();
    assert!(summary.len() < 200, "{} octets for one message", summary.len());
    rig.engine.begin_file().unwrap();
    let expected = by_journal(&rig.disk);
    summarise_all(&rig.disk);
    assert_eq!(by_summaries(&rig.disk), (expected, 1), "how many there were is still known");
}

#[test]
fn a_store_goes_on_behind_its_summaries() {
    for seed in 0..30 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rig = Rig::new(options());
        for round in 0..4 {
            (0..150).for_each(|number| step(&mut rig, &mut random, round * 1000 + number));
            rig.engine.flush(rig.now);
            let live = rig.live();
            summarise_all(&rig.disk);
            rig = rig.reopen(options()).unwrap();
            assert_eq!(rig.live(), live, "seed {seed}, round {round}");
            let settle =
                |rig: &mut Rig| rig.take(SMSC, 50).into_iter().for_each(|lease| rig.settle(lease, done()));
            if round % 2 == 1 {
                settle(&mut rig);
            }
        }
        assert!(rig.status().poisoned.is_none(), "every body was read where the summary says");
    }
}

/// A store with several files, which was begun at `since`, and what its journal says.
fn several_files(since: u64) -> (Rig, Vec<String>) {
    let mut rig = Rig::open(MemoryDisk::default(), options(), sms::Timestamp(since)).unwrap();
    (0..20).for_each(|_| rig.accept(entries(4)).unwrap());
    assert!(rig.disk.numbers().len() > 4);
    let said = by_journal(&rig.disk);
    summarise_all(&rig.disk);
    (rig, said)
}

#[test]
fn a_summary_that_is_not_good_is_not_believed() {
    let (rig, said) = several_files(1);
    let good = rig.disk.summaries();
    let (one, other) = (rig.disk.numbers()[1], rig.disk.numbers()[2]);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut summary = good[&one].clone();
        change(&mut summary);
        rig.disk.put_summary(one, summary);
        let (found, summaries) = by_summaries(&rig.disk);
        assert!(found == said);
        good.len() - summaries
    };
    assert_eq!(changed(&|_| {}), 0, "it is believed as it was written");
    assert_eq!(changed(&Vec::clear), 1, "empty");
    assert_eq!(changed(&|octets| octets.truncate(octets.len() - 1)), 1, "torn");
    assert_eq!(changed(&|octets| octets.resize(octets.len() / 2 * 2 + 2, 0)), 1, "too long");
    assert_eq!(changed(&|octets| *octets = good[&other].clone()), 1, "of another file");
    for at in 0..good[&one].len() {
        assert_eq!(changed(&|octets| octets[at] ^= 16), 1, "octet {at}");
    }
}

#[test]
fn a_summary_of_another_journal_is_not_believed() {
    let (rig, said) = several_files(1);
    let (foreign, one) = (several_files(2).0.disk.summaries(), rig.disk.numbers()[1]);
    rig.disk.put_summary(one, foreign[&one].clone());
    let (found, summaries) = by_summaries(&rig.disk);
    assert_eq!(summaries, foreign.len() - 1, "the same number and length are not enough");
    assert!(found == said);
}

// DUR-3
#[test]
fn damage_behind_a_summary_is_named_when_it_is_read() {
    let options = || Options { segment_octets: 16 << 10, ..options() };
    let mut rig = Rig::new(options());
    while rig.disk.numbers().len() < 4 {
        rig.accept(entries(4)).unwrap();
    }
    summarise_all(&rig.disk);
    // In the middle, where the ends do not tell.
    rig.disk.damage(2, |octets| octets[8000] ^= 1);
    assert!(read(&mut rig.disk.clone(), DAY, DAY, &mut Err).is_err());
    let mut rig = rig.reopen(options()).unwrap();
    while let Some(lease) = rig.take(SMSC, 1).pop() {
        rig.settle(lease, done());
    }
    let reason = rig.status().poisoned.unwrap();
    assert!(reason.contains("journal file 0000000002.log is damaged at offset"), "{reason}");
}

#[test]
fn the_engine_orders_summaries_of_old_files_once_and_they_go_with_them() {
    let mut rig = Rig::new(options());
    let mut ordered = Vec::new();
    for _ in 0..20 {
        rig.accept(entries(4)).unwrap();
        ordered.extend(rig.engine.orders().take_all());
    }
    let files = rig.disk.numbers();
    assert_eq!(
        ordered,
        files[..files.len() - 2],
        "all but the last two, which are full of what is under way"
    );
    summarise_all(&rig.disk);
    let mut rig = rig.reopen(options()).unwrap();
    assert!(rig.engine.orders().take_all().is_empty(), "they are there");
    while let Some(lease) = rig.take(SMSC, 1).pop() {
        rig.settle(lease, done());
    }
    rig.pass(Duration::from_millis(100));
    rig.turn();
    assert!(rig.disk.numbers().len() <= 2);
    assert!(rig.disk.summaries().keys().all(|number| rig.disk.numbers().contains(number)));
}
