//! Power cuts at every moment: what was acknowledged is there, nothing is there by halves.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sms::{MessageId, State};

use super::super::disk::ReadDisk;
use super::super::journal::Place;
use super::super::summary::summarise;
use super::rig::{OWNER, Rig, SMSC, done, options, receipt, sent};
use crate::conformance::sample;
use crate::{Entry, Lease, RemoteReceipt};

/// What must be true after a crash.
#[derive(Default)]
struct Model {
    batches: Vec<(Vec<MessageId>, bool)>,
    /// The outcome was said, perhaps not durably.
    ended: HashSet<MessageId>,
    /// The outcome is durable.
    gone: HashSet<MessageId>,
    sent: Vec<(MessageId, String)>,
    next: u64,
}

impl Model {
    fn step(&mut self, rig: &mut Rig, random: &mut StdRng) {
        rig.now.0 += random.random_range(0..200);
        for number in rig.engine.orders().take_all() {
            if let Ok(octets) = summarise(&mut rig.disk.clone(), number) {
                rig.disk.put_summary(number, octets);
            }
        }
        match random.random_range(0..10) {
            0..4 => self.accept(rig, random),
            4..7 => self.work(rig, random),
            7 => self.receipt(rig, random),
            8 => {
                for lease in rig.take(OWNER, 5) {
                    self.ended.insert(lease.message().id);
                    rig.settle(lease, done());
                }
            }
            _ => {
                if rig.sync() {
                    self.gone.extend(self.ended.iter().copied());
                }
            }
        }
    }

    fn accept(&mut self, rig: &mut Rig, random: &mut StdRng) {
        let batch: Vec<Entry> = (0..random.random_range(1..6)).map(|_| self.entry(random)).collect();
        let ids = batch.iter().map(|entry| entry.message.id).collect();
        let is_acknowledged = rig.accept(batch).is_ok();
        self.batches.push((ids, is_acknowledged));
    }

    fn entry(&mut self, random: &mut StdRng) -> Entry {
        self.next += 1;
        let count = random.random_range(1..3);
        let part = bytes::Bytes::from(vec![b'x'; random.random_range(0..200)]);
        sample::entry(self.next, |message| message.parts = (0..count).map(|_| part.clone()).collect())
    }

    fn work(&mut self, rig: &mut Rig, random: &mut StdRng) {
        for lease in rig.take(SMSC, random.random_range(1..8)) {
            let id = lease.message().id;
            let is_single = lease.message().parts.len() == 1;
            match random.random_range(0..4) {
                0 if is_single => {
                    self.ended.insert(id);
                    rig.settle(lease, done());
                }
                1 if is_single => self.send(rig, lease),
                2 => rig.settle(lease, crate::Outcome::Retry { at: rig.now, cause: crate::Cause::Timeout }),
                _ => drop(lease),
            }
        }
    }

    fn send(&mut self, rig: &mut Rig, lease: Lease) {
        let remote = format!("remote-id-of-message-{}", self.sent.len());
        self.sent.push((lease.message().id, remote.clone()));
        rig.settle(lease, sent(&remote));
    }

    fn receipt(&mut self, rig: &mut Rig, random: &mut StdRng) {
        if let Some((_, remote)) = self.sent.pop() {
            let tlvs = vec![b't'; random.random_range(0..2) * 40].into();
            let _ = rig.receipts(vec![RemoteReceipt { tlvs, ..receipt(&remote, State::Delivered) }]);
        }
    }

    fn check(&mut self, rig: &mut Rig, seed: u64) {
        let live = rig.live();
        let found: HashSet<MessageId> = live.iter().copied().collect();
        assert_eq!(live.len(), found.len(), "seed {seed}: a message is there twice");
        for (batch, is_acknowledged) in &self.batches {
            let unended: Vec<&MessageId> = batch.iter().filter(|id| !self.ended.contains(id)).collect();
            let there = unended.iter().filter(|id| found.contains(id)).count();
            let is_whole = there == unended.len();
            assert!(is_whole || there == 0, "seed {seed}: a batch by halves");
            assert!(is_whole || !is_acknowledged, "seed {seed}: an acknowledged batch is lost");
        }
        let known: HashSet<MessageId> = self.batches.iter().flat_map(|(batch, _)| batch).copied().collect();
        assert!(found.is_subset(&known), "seed {seed}: a message from nowhere");
        assert!(self.gone.is_disjoint(&found), "seed {seed}: an ended message is back");
        self.ended.retain(|id| !found.contains(id));
    }
}

// DUR-1 DUR-3 INV-1 INV-3
#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    for seed in 0..400 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rig = Rig::new(options());
        let mut model = Model::default();
        for _ in 0..3 {
            rig.disk.cut_power_after(random.random_range(1..120));
            for _ in 0..60 {
                model.step(&mut rig, &mut random);
            }
            let disk = rig.disk.after_power_cut(&mut random);
            rig = Rig::open(disk, options(), rig.now).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            model.check(&mut rig, seed);
            model.sent.clear();
        }
    }
}

#[test]
fn a_restart_changes_nothing() {
    for seed in 0..50 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rig = Rig::new(options());
        let mut model = Model::default();
        for _ in 0..300 {
            model.step(&mut rig, &mut random);
        }
        rig.engine.flush(rig.now);
        let before = (rig.live(), rig.engine.index.awaiting_receipt, rig.engine.index.live_messages);
        let tlvs = places_of_tlvs(&rig);
        let mut again = rig.reopen(options()).unwrap();
        let index = &again.engine.index;
        let counts = (index.awaiting_receipt, index.live_messages);
        assert_eq!((again.live(), counts.0, counts.1), before, "seed {seed}");
        assert_eq!(places_of_tlvs(&again), tlvs, "seed {seed}");
        for (_, remote) in std::mem::take(&mut model.sent) {
            let seen = again.receipts(vec![receipt(&remote, State::Delivered)]).unwrap();
            assert_eq!(seen, [crate::Sighting::Applied], "seed {seed}");
        }
    }
}

/// Of which messages TLVs are kept for their owner, and where.
fn places_of_tlvs(rig: &Rig) -> BTreeMap<u64, Place> {
    let index = &rig.engine.index;
    let places =
        (0..index.slab.len()).filter_map(|slot| Some((index.slab.get(slot)?.serial(), index.tlvs_of(slot)?)));
    places.collect()
}

// DUR-1
#[test]
fn files_are_written_over_those_that_are_over() {
    let mut random = StdRng::seed_from_u64(7);
    let mut rig = Rig::new(options());
    let mut octets_max = 0;
    for round in 0..200 {
        rig.accept(vec![sample::entry(round, |_| {})]).unwrap();
        let lease = rig.take(SMSC, 1).pop().unwrap();
        rig.settle(lease, done());
        assert!(rig.sync());
        octets_max = octets_max.max(rig.disk.octets());
    }
    let written = rig.status().written_octets_total;
    assert!(octets_max < 16 << 10 && written > 40 << 10, "{octets_max} of {written}");

    rig.accept(vec![sample::entry(1000, |_| {})]).unwrap();
    let live = rig.live();
    let last = *rig.disk.numbers().last().unwrap();
    let length = |rig: &mut Rig| rig.disk.length(last).unwrap();
    let with_room = length(&mut rig);
    let disk = rig.disk.after_power_cut(&mut random);
    let mut cut = Rig::open(disk, options(), rig.now).unwrap();
    assert_eq!(cut.live(), live, "what older files held is not found");
    rig.engine.close();
    assert!(length(&mut rig) < with_room, "a file that is closed has no room");
    assert_eq!(rig.reopen(options()).unwrap().live(), live);
}
