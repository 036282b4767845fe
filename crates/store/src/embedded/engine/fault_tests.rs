//! Disks that break, fill up or lie.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sms::State;
use tokio::sync::oneshot::error::TryRecvError;

use super::super::memory_disk::MemoryDisk;
use super::super::options::{OpenError, Options};
use super::rig::{OWNER, Rig, SMSC, done, options, receipt, sent};
use crate::conformance::sample::{self, entries, entry, now};
use crate::{Sighting, StoreError};

// DUR-2
#[test]
fn after_a_failed_sync_nothing_is_accepted() {
    let mut rig = Rig::new(options());
    rig.accept(entries(2)).unwrap();
    rig.disk.fail_syncs();
    assert!(matches!(rig.accept(entries(1)), Err(StoreError::Failed(_))));
    assert!(matches!(rig.accept(entries(1)), Err(StoreError::Failed(_))));
    assert!(matches!(rig.receipts(vec![receipt("a", State::Delivered)]), Err(StoreError::Failed(_))));
    assert!(rig.take(SMSC, 10).is_empty());
    assert!(!rig.sync());
    assert!(rig.status().poisoned.is_some());
}

// DUR-2
#[test]
fn after_a_failed_write_nothing_is_accepted() {
    let mut rig = Rig::new(options());
    rig.accept(entries(2)).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    let known = rig.live();
    rig.disk.fail_writes();
    assert!(matches!(rig.accept(vec![entry(7, |_| {})]), Err(StoreError::Failed(_))));
    assert!(matches!(rig.receipts(vec![receipt("a", State::Delivered)]), Err(StoreError::Failed(_))));
    rig.settle(lease, done());
    assert!(rig.take(SMSC, 10).is_empty() && !rig.sync());
    assert!(rig.status().poisoned.is_some());
    rig.disk.repair();
    assert!(matches!(rig.accept(entries(1)), Err(StoreError::Failed(_))), "not before a restart");
    let mut again = rig.reopen(options()).unwrap();
    assert_eq!(again.live(), known, "what was said before, and nothing of what was refused");
    again.accept(entries(1)).unwrap();
}

// DUR-2
#[test]
fn a_file_that_cannot_be_begun_ends_all_oks() {
    let mut rig = Rig::new(options());
    while rig.disk.numbers().len() < 3 {
        rig.accept(entries(1)).unwrap();
    }
    let known = rig.live();
    rig.disk.fail_writes();
    assert!(matches!(rig.accept(entries(1)), Err(StoreError::Failed(_))));
    rig.disk.repair();
    assert_eq!(rig.reopen(options()).unwrap().live(), known);
}

// DUR-4
#[test]
fn a_full_disk_refuses_and_recovers() {
    let mut rig = Rig::new(Options { reserve_octets: 0, ..options() });
    rig.accept(entries(3)).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    rig.disk.set_capacity(Some(rig.disk.octets() + 150));
    let large = |number| entry(number, |message| message.parts = vec![vec![0; 1000].into()].into());
    let known = rig.live();
    assert!(matches!(rig.accept(vec![large(10), large(11)]), Err(StoreError::Full)));
    assert!(matches!(rig.accept(entries(1)), Err(StoreError::Full)));
    assert_eq!(rig.live(), known, "nothing of what was refused is there");
    rig.settle(lease, done());
    assert!(rig.sync(), "what is under way still fits");
    let again = rig.reopen(options()).unwrap().live();
    assert_eq!(again, known[1..], "nor after a restart");
    rig.disk.set_capacity(None);
    rig.pass(Duration::from_secs(2));
    rig.accept(vec![large(12)]).unwrap();
    assert_eq!(rig.reopen(options()).unwrap().live().len(), 3);
}

// DUR-4
#[test]
fn outcomes_wait_for_room() {
    let mut rig = Rig::new(Options { reserve_octets: 0, ..options() });
    rig.accept(entries(3)).unwrap();
    let mut leases = rig.take(SMSC, 2);
    rig.disk.set_capacity(Some(rig.disk.octets()));
    rig.settle(leases.remove(0), done());
    rig.settle(leases.remove(0), sent("s"));
    assert!(!rig.sync());
    assert!(rig.take(SMSC, 1).is_empty(), "no attempt can be noted");
    assert!(rig.status().poisoned.is_none());
    rig.disk.set_capacity(None);
    rig.pass(Duration::from_secs(2));
    assert!(rig.sync());
    let mut again = rig.reopen(options()).unwrap();
    assert_eq!(again.live().len(), 2);
    assert_eq!(again.receipts(vec![receipt("s", State::Delivered)]).unwrap(), [Sighting::Applied]);
}

// DUR-4
#[test]
fn who_waits_for_items_goes_on_waiting_while_the_disk_is_full() {
    let mut rig = Rig::new(Options { reserve_octets: 0, ..options() });
    rig.accept(entries(3)).unwrap();
    rig.disk.set_capacity(Some(rig.disk.octets()));
    let (answer, mut answered) = tokio::sync::oneshot::channel();
    rig.engine.handle(super::Command::Take { link: SMSC.into(), max: 2, answer }, rig.now);
    rig.turn();
    rig.pass(Duration::from_secs(1));
    assert_eq!(answered.try_recv().unwrap_err(), TryRecvError::Empty, "neither leases nor an end");
    rig.disk.set_capacity(None);
    rig.pass(Duration::from_secs(2));
    rig.turn();
    let leases = answered.try_recv().unwrap().unwrap();
    let texts: Vec<&[u8]> = leases.iter().map(|lease| &lease.message().parts[0][..]).collect();
    assert_eq!(texts, [b"message 0", b"message 1"]);
    assert!(leases.iter().all(|lease| lease.attempts() == 0), "what nobody got was no attempt");
}

// DUR-4
#[test]
fn a_full_disk_is_not_tried_without_a_pause() {
    let mut rig = Rig::new(Options { reserve_octets: 0, ..options() });
    rig.accept(entries(2)).unwrap();
    let mut leases = rig.take(SMSC, 2);
    rig.settle(leases.remove(0), done());
    rig.disk.set_capacity(Some(rig.disk.octets()));
    rig.settle(leases.remove(0), done());
    rig.pass(Duration::from_millis(50));
    assert!(rig.engine.next_wake(rig.now) >= rig.now.plus(Duration::from_millis(50)));
}

// DUR-4
#[test]
fn the_places_behind_what_was_refused_are_right() {
    let mut rig = Rig::new(Options { reserve_octets: 0, segment_octets: 1 << 20, ..options() });
    rig.accept(entries(2)).unwrap();
    let mut leases = rig.take(SMSC, 2);
    rig.disk.set_capacity(Some(rig.disk.octets() + 600));
    let large = entry(10, |message| message.parts = vec![vec![0; 1000].into()].into());
    let (answer, _answered) = tokio::sync::oneshot::channel();
    rig.engine.handle(super::Command::Accept { batch: vec![large], octets: 0, answer }, rig.now);
    let answer = entry(11, |message| message.parts = vec![b"the answer".as_slice().into()].into());
    let settlement =
        crate::Settlement { lease: leases.remove(0), outcome: sent("s"), answer: Some(answer.clone()) };
    rig.engine.handle(super::Command::Settle(vec![settlement]), rig.now);
    rig.turn();
    let found = rig.take(SMSC, 5);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message(), &answer.message, "read back from where it was written");
}

// DUR-4
#[test]
fn the_reserve_is_kept_for_what_is_under_way() {
    let mut rig = Rig::new(Options { reserve_octets: 1 << 20, ..options() });
    rig.disk.set_capacity(Some(1 << 20));
    rig.pass(Duration::from_secs(2));
    assert!(matches!(rig.accept(entries(1)), Err(StoreError::Full)));
    rig.disk.set_capacity(Some(2 << 20));
    rig.pass(Duration::from_secs(2));
    rig.accept(entries(1)).unwrap();
}

fn some_files() -> Rig {
    let mut rig = Rig::new(options());
    for number in 0..40 {
        rig.accept(vec![entry(number, |_| {})]).unwrap();
    }
    assert!(rig.disk.numbers().len() > 2);
    rig
}

fn damaged(rig: &Rig) -> (u32, u64) {
    match rig.reopen(options()).map(|_| ()) {
        Err(OpenError::Damaged { file, offset, .. }) => (file, offset),
        other => panic!("{other:?}"),
    }
}

// DUR-3
#[test]
fn damage_in_the_middle_is_named() {
    let rig = some_files();
    let (first, last) = (rig.disk.numbers()[0], *rig.disk.numbers().last().unwrap());
    rig.disk.damage(first, |octets| octets[200] ^= 4);
    let (file, offset) = damaged(&rig);
    assert_eq!(file, first);
    assert!((32..=200).contains(&offset), "the start of the group: {offset}");
    rig.disk.damage(first, |octets| octets[200] ^= 4);
    rig.disk.damage(first, |octets| octets.truncate(octets.len() - 7));
    assert_eq!(damaged(&rig).0, first);
    let rig = some_files();
    rig.disk.damage(last, |octets| octets[3] ^= 1);
    assert_eq!(damaged(&rig), (last, 0));
}

// DUR-3
#[test]
fn damage_to_what_was_synced_is_no_torn_tail() {
    let mut rig = Rig::new(Options { segment_octets: 1 << 20, ..options() });
    for number in 0..5 {
        rig.accept(vec![entry(number, |_| {})]).unwrap();
    }
    rig.disk.damage(1, |octets| octets[400] ^= 1);
    assert_eq!(damaged(&rig).0, 1);
}

// DUR-3
#[test]
fn a_missing_file_and_a_cut_file_are_noticed() {
    let rig = some_files();
    let second = rig.disk.numbers()[1];
    rig.disk.damage(second, |octets| octets.truncate(32));
    assert_eq!(damaged(&rig), (second, 32));
    let mut disk = rig.disk.clone();
    super::super::disk::Disk::remove(&mut disk, second).unwrap();
    assert_eq!(damaged(&rig), (second, 0));
}

// DUR-3
#[test]
fn a_file_that_lost_its_first_group_can_outlive_the_others() {
    let quiet = |number| entry(number, |message| message.receipt = sms::ReceiptRequest::NONE);
    let mut rig = Rig::new(options());
    let mut count = 0;
    while rig.disk.numbers().len() < 2 {
        rig.accept(vec![quiet(count)]).unwrap();
        count += 1;
    }
    let longer = Options { segment_octets: 1 << 20, ..options() };
    let mut again = rig.reopen(longer).unwrap();
    again.accept(vec![quiet(count)]).unwrap();
    for lease in again.take(SMSC, count as usize) {
        again.settle(lease, done());
    }
    again.pass(Duration::from_secs(1));
    assert_eq!(again.disk.numbers(), [2], "all of the first file has ended");
    let mut last = again.reopen(options()).unwrap();
    let lease = last.take(SMSC, 10).pop().unwrap();
    assert_eq!(lease.message().origin.as_str(), OWNER, "links are who they were");
    assert_eq!(lease.message().id, sample::id(count));
}

// DUR-3
#[test]
fn a_torn_tail_is_cut() {
    let mut rig = Rig::new(Options { segment_octets: 1 << 20, ..options() });
    rig.accept(entries(1)).unwrap();
    rig.accept(entries(1)).unwrap();
    let octets = rig.disk.octets();
    rig.disk.damage(1, |octets| octets.truncate(octets.len() - 3));
    let mut again = rig.reopen(options()).unwrap();
    assert_eq!(again.live().len(), 1);
    again.accept(entries(2)).unwrap();
    assert_eq!(again.reopen(options()).unwrap().live().len(), 3);
    assert!(octets > 0);
}

#[test]
fn a_newer_format_is_refused() {
    let rig = some_files();
    rig.disk.damage(1, |octets| {
        octets[8] = 9;
        let crc = crc32fast::hash(&octets[..28]);
        octets[28..32].copy_from_slice(&crc.to_le_bytes());
    });
    assert!(matches!(rig.reopen(options()), Err(OpenError::Version { file: 1, version: 9 })));
}

#[test]
fn an_empty_disk_is_a_new_store() {
    let mut rig = Rig::open(MemoryDisk::default(), options(), now()).unwrap();
    assert!(rig.live().is_empty());
    assert_eq!(rig.disk.numbers(), [1]);
}
