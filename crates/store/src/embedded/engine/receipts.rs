//! What an SMSC said later.

use bytes::Bytes;
use sms::{LinkName, ReceiptRequest, Timestamp};

use super::super::cache::Kept;
use super::super::disk::Disk;
use super::super::fact::{Change, Sighted, put_change, put_early};
use super::super::remote::{Holder, Key};
use super::super::slots::{NOTICE, Phase, Slot};
use super::commit::Reply;
use super::{Answer, Engine};
use crate::{Item, Outcome, Part, RemoteId, RemoteReceipt, Sighting, StoreError};

impl<D: Disk> Engine<D> {
    /// Matches receipts to what was sent, as one group of the journal.
    pub(super) fn receipts(
        &mut self,
        batch: &[RemoteReceipt],
        answer: Answer<Vec<Sighting>>,
        now: Timestamp,
    ) {
        if let Some(error) = self.failure().or(self.is_stalled.then_some(StoreError::Full)) {
            let _ = answer.send(Err(error));
            return;
        }
        let links: Vec<Option<u16>> = batch.iter().map(|receipt| self.link(&receipt.smsc)).collect();
        self.declare_links();
        self.journal.begin();
        let sightings =
            batch.iter().zip(links).map(|(receipt, link)| self.receipt(receipt, link, now)).collect();
        self.journal.end(now, false);
        self.replies.push(Reply::Sighted { answer, sightings });
    }

    fn receipt(&mut self, receipt: &RemoteReceipt, link: Option<u16>, now: Timestamp) -> Sighting {
        let Some(link) = link else { return Sighting::Unmatched };
        let sighted = Sighted { state: receipt.state, error: receipt.error, done_at: receipt.done_at };
        let key = self.index.remote.key(&receipt.remote_id);
        match self.index.holder(link, key) {
            None => {
                self.keep_early((link, key), receipt, sighted, now);
                Sighting::Unmatched
            }
            Some(Holder::Finished { serial, part }) => {
                put_change(self.journal.facts(), serial, part, &noted(sighted));
                Sighting::Repeated
            }
            Some(Holder::Slot { slot, generation }) => {
                let part = Part { slot, generation };
                self.sight(part, (link, key), sighted, receipt.bounded_tlvs(), now)
            }
        }
    }

    fn sight(
        &mut self,
        part: Part,
        id: (u16, Key),
        sighted: Sighted,
        tlvs: Bytes,
        now: Timestamp,
    ) -> Sighting {
        let is_owner = |slot: &&Slot| slot.generation() == part.generation && slot.phase() != Phase::Free;
        let Some(&slot) = self.index.slab.get(part.slot).filter(is_owner) else {
            return Sighting::Repeated;
        };
        if slot.phase() == Phase::Closed || slot.has(NOTICE) {
            put_change(self.journal.facts(), slot.serial(), slot.part(), &noted(sighted));
            return Sighting::Repeated;
        }
        if sighted.state.is_final() {
            self.change(part.slot, &Change::Receipt { sighted, tlvs }, now);
            self.index.remote.finish(id.0, id.1, slot.serial(), slot.part());
            return Sighting::Applied;
        }
        self.change(part.slot, &noted(sighted), now);
        self.sighted_on_the_way(part.slot, sighted, tlvs)
    }

    fn sighted_on_the_way(&mut self, number: u32, sighted: Sighted, tlvs: Bytes) -> Sighting {
        let wants = |kept: &Kept| kept.message.receipt.others & ReceiptRequest::INTERMEDIATE != 0;
        let Some(kept) = self.kept(number).filter(wants) else { return Sighting::Applied };
        Sighting::OnTheWay { message: kept.message, error: sighted.error, done_at: sighted.done_at, tlvs }
    }

    fn keep_early(
        &mut self,
        (link, key): (u16, Key),
        receipt: &RemoteReceipt,
        sighted: Sighted,
        now: Timestamp,
    ) {
        let fact = self.journal.place();
        let tlvs = receipt.bounded_tlvs();
        put_early(self.journal.facts(), link, &receipt.remote_id, &sighted, &tlvs);
        self.index.early.insert(link, key, sighted, now, fact, !tlvs.is_empty());
        self.index.census.enter_early(fact.file);
        self.drop_early(now);
    }

    /// Lets receipts go that have matched nothing for too long, or that are too many.
    pub(super) fn drop_early(&mut self, now: Timestamp) {
        let since = Timestamp(now.0.saturating_sub(self.options.unmatched_timeout.as_millis() as u64));
        let mut dropped = 0_u64;
        while let Some(receipt) = self.index.early.take_oldest(self.options.unmatched_max, since) {
            self.index.census.leave_early(receipt.file);
            dropped += 1;
        }
        if dropped > 0 {
            tracing::warn!(dropped, "receipts matched no message and were dropped");
        }
    }

    /// Applies receipts that came before the response that named their remote id. A group has been begun.
    pub(super) fn apply_early(&mut self, number: u32, link: u16, key: Key, now: Timestamp) {
        let Some(generation) = self.ticket(number).map(|ticket| ticket.generation) else { return };
        for receipt in self.index.early.take(link, key) {
            self.index.census.leave_early(receipt.file);
            let tlvs = self.tlvs_at(receipt.tlvs());
            self.sight(Part { slot: number, generation }, (link, key), receipt.sighted, tlvs, now);
        }
    }

    /// A response came after its attempt had been given up.
    pub(super) fn amend(
        &mut self,
        part: Part,
        item: Item,
        link: &LinkName,
        outcome: Outcome,
        now: Timestamp,
    ) {
        let is_notice = matches!(item, Item::Notice(_));
        // The notice of a message bears the name of its first segment.
        let is_it = |slot: &&Slot| slot.generation() == part.generation && slot.has(NOTICE) == is_notice;
        let Some(&slot) = self.index.slab.get(part.slot).filter(is_it) else { return };
        if self.poisoned.is_some() {
            return;
        }
        let is_meant = |engine: &Self| engine.links.name(slot.target) == Some(link);
        match outcome {
            Outcome::Sent { remote_id } if !is_notice && slot.phase() != Phase::Free => {
                self.amend_id(part.slot, link, remote_id, now);
            }
            Outcome::Done { .. } if is_idle(&slot) => self.amend_outcome(part.slot, outcome, now),
            Outcome::Failed { .. } if is_idle(&slot) && is_meant(self) => {
                self.amend_outcome(part.slot, outcome, now);
            }
            Outcome::Retry { .. } if slot.phase() == Phase::Held && is_meant(self) => {
                self.amend_outcome(part.slot, outcome, now);
            }
            _ => {}
        }
    }

    fn amend_id(&mut self, number: u32, smsc: &LinkName, remote_id: RemoteId, now: Timestamp) {
        let Some(link) = self.link(smsc) else { return };
        let key = self.index.remote.key(&remote_id);
        self.declare_links();
        self.journal.begin();
        self.change(number, &Change::Amended { link, remote_id }, now);
        self.apply_early(number, link, key, now);
        self.journal.end(now, false);
    }

    fn amend_outcome(&mut self, number: u32, outcome: Outcome, now: Timestamp) {
        let Some(change) = self.change_of(number, outcome) else { return };
        self.journal.begin();
        self.change(number, &change, now);
        self.journal.end(now, false);
    }
}

/// A receipt that changes nothing and is told to nobody: what it reports alone is kept.
const fn noted(sighted: Sighted) -> Change {
    Change::Receipt { sighted, tlvs: Bytes::new() }
}

/// With nobody, and not over.
fn is_idle(slot: &Slot) -> bool {
    matches!(slot.phase(), Phase::Waiting | Phase::Delayed | Phase::Held)
}
