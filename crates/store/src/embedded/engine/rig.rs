//! An engine on a disk in memory, in a time of its own.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sms::{LinkName, MessageId, Timestamp};
use tokio::sync::oneshot;

use super::super::memory_disk::MemoryDisk;
use super::super::options::{OpenError, Options};
use super::super::slots::Phase;
use super::commit::RECEIPT_DELAY;
use super::{Answer, Command, Engine};
use crate::conformance::sample;
use crate::{Entry, Lease, Outcome, RemoteReceipt, Settlement, Sighting, Status, StoreError};

pub(in super::super) struct Rig {
    pub(in super::super) engine: Engine<MemoryDisk>,
    pub(in super::super) disk: MemoryDisk,
    pub(in super::super) now: Timestamp,
    status: Status,
}

pub(in super::super) const SMSC: &str = "telco-a";
pub(in super::super) const OWNER: &str = "bank";

pub(in super::super) fn options() -> Options {
    Options { ledger: false, segment_octets: 2 << 10, cache_octets: 0, ..Options::default() }
}

impl Rig {
    pub(in super::super) fn new(options: Options) -> Self {
        Self::open(MemoryDisk::default(), options, sample::now()).unwrap()
    }

    pub(in super::super) fn open(
        disk: MemoryDisk,
        options: Options,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let engine = Engine::open(disk.clone(), options, now)?;
        Ok(Self { engine, disk, now, status: Status::default() })
    }

    /// The same after a restart without a power cut.
    pub(in super::super) fn reopen(&self, options: Options) -> Result<Self, OpenError> {
        Self::open(self.disk.clone(), options, self.now)
    }

    pub(in super::super) fn pass(&mut self, time: Duration) {
        self.now = self.now.plus(time);
        self.turn();
    }

    /// One turn, and another if that lets receipts wait for company.
    pub(in super::super) fn turn(&mut self) {
        self.turn_now();
        if self.engine.commit_due(self.now).is_some_and(|due| due <= self.now.plus(RECEIPT_DELAY)) {
            self.now = self.now.plus(RECEIPT_DELAY);
            self.turn_now();
        }
    }

    pub(in super::super) fn turn_now(&mut self) {
        self.engine.tick(self.now);
        self.engine.commit(self.now);
        self.engine.serve(self.now);
    }

    pub(in super::super) fn ask<T>(
        &mut self,
        command: impl FnOnce(Answer<T>) -> Command,
    ) -> Option<Result<T, StoreError>> {
        let (answer, mut answered) = oneshot::channel();
        self.engine.handle(command(answer), self.now);
        self.turn();
        answered.try_recv().ok()
    }

    pub(in super::super) fn accept(&mut self, batch: Vec<Entry>) -> Result<(), StoreError> {
        self.ask(|answer| Command::Accept { batch, octets: 0, answer }).unwrap()
    }

    /// What is lent at once.
    pub(in super::super) fn take(&mut self, link: &str, max: usize) -> Vec<Lease> {
        let link = LinkName::from(link);
        self.ask(|answer| Command::Take { link, max, answer })
            .map_or_else(Vec::new, Result::unwrap_or_default)
    }

    pub(in super::super) fn settle(&mut self, lease: Lease, outcome: Outcome) {
        self.engine.handle(Command::Settle(vec![Settlement { lease, outcome, answer: None }]), self.now);
        self.turn();
    }

    pub(in super::super) fn receipts(
        &mut self,
        batch: Vec<RemoteReceipt>,
    ) -> Result<Vec<Sighting>, StoreError> {
        self.ask(|answer| Command::Receipts { batch, answer }).unwrap()
    }

    pub(in super::super) fn sync(&mut self) -> bool {
        matches!(self.ask(Command::Sync), Some(Ok(())))
    }

    /// How things stand, as it is said again and again.
    pub(in super::super) fn status(&mut self) -> Status {
        self.engine.update(&mut self.status);
        self.status.clone()
    }

    /// The ids of all messages under way, in order of acceptance.
    pub(in super::super) fn live(&mut self) -> Vec<MessageId> {
        let slab = &self.engine.index.slab;
        let is_first =
            |&slot: &u32| slab.get(slot).is_some_and(|slot| slot.phase() != Phase::Free && slot.part() == 0);
        let mut slots: Vec<u32> = (0..slab.len()).filter(is_first).collect();
        slots.sort_by_key(|&slot| slab.get(slot).map(super::super::slots::Slot::serial));
        slots.into_iter().map(|slot| self.engine.kept(slot).unwrap().message.id).collect()
    }
}

pub(in super::super) fn done() -> Outcome {
    Outcome::Done { state: sms::State::HandedOver, remote_id: None }
}

pub(in super::super) fn sent(id: &str) -> Outcome {
    Outcome::Sent { remote_id: sample::remote_id(id) }
}

pub(in super::super) fn receipt(id: &str, state: sms::State) -> RemoteReceipt {
    let smsc = LinkName::from(SMSC);
    let (remote_id, done_at) = (sample::remote_id(id), Timestamp(1));
    RemoteReceipt { smsc, remote_id, state, error: 0, done_at, tlvs: bytes::Bytes::new() }
}
