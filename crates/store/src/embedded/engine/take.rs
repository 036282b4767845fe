//! Lending what is due.

use sms::{LinkName, State, Timestamp};

use super::super::disk::Disk;
use super::super::fact::Change;
use super::super::slots::{NOTICE, Phase, SUSPECT, Slot, seconds};
use super::{Answer, Engine};
use crate::{Cause, Item, Lease, Notice, Part, Shelf, StoreError};

/// Somebody who waits for something to be due.
#[derive(Debug)]
pub(super) struct Waiter {
    max: usize,
    answer: Answer<Vec<Lease>>,
}

/// The most items that are lent at once.
const LENT_MAX: usize = 4096;

/// The leases for one taker of a link.
struct Loan {
    link: u16,
    waiter: Waiter,
    leases: Vec<Lease>,
}

impl<D: Disk> Engine<D> {
    pub(super) fn take(&mut self, link: &LinkName, max: usize, answer: Answer<Vec<Lease>>) {
        if let Some(error) = self.failure() {
            let _ = answer.send(Err(error));
            return;
        }
        let number = self.link(link);
        let Some((number, outlet)) =
            number.and_then(|number| Some((number, self.outlets.get_mut(usize::from(number))?)))
        else {
            let _ = answer.send(Err(StoreError::Overloaded));
            return;
        };
        if outlet.waiters.len() == outlet.waiters.capacity() {
            outlet.waiters.retain(|waiter| !waiter.answer.is_closed());
        }
        outlet.waiters.push_back(Waiter { max: max.clamp(1, LENT_MAX), answer });
        self.mark_ready(number);
    }

    /// Answers those who wait for what has become due, after the attempts have been written.
    pub(in super::super) fn serve(&mut self, now: Timestamp) {
        if self.poisoned.is_some() || self.journal.has_pending() {
            return;
        }
        let mut loans = Vec::new();
        let mut must_sync = false;
        self.journal.begin();
        for link in std::mem::take(&mut self.ready) {
            let before = loans.len();
            self.serve_link(link, now, &mut loans);
            let outlet = self.outlets.get(usize::from(link));
            must_sync |= loans.len() > before && outlet.is_some_and(|outlet| outlet.holds_unknown);
        }
        self.journal.end(now, false);
        let is_written = self.write() && (!must_sync || self.sync());
        if self.poisoned.is_some() {
            loans.into_iter().flat_map(|loan| loan.leases).for_each(|lease| {
                lease.end();
            });
            self.refuse_all();
        } else if is_written {
            loans.into_iter().for_each(|loan| drop(loan.waiter.answer.send(Ok(loan.leases))));
        } else {
            loans.into_iter().rev().for_each(|loan| self.take_back(loan, now));
        }
        if self.journal.is_unsynced() {
            self.unsynced_since.get_or_insert(now);
        }
    }

    /// Answers those who wait for what has become due before, so that they have something to do while the disk is
    /// waited for.
    pub(in super::super) fn serve_ahead(&mut self, now: Timestamp) {
        if self.poisoned.is_none() && !self.ready.is_empty() && self.write() {
            self.serve(now);
        }
    }

    /// There was no room to note the attempts: who asked goes on waiting.
    fn take_back(&mut self, loan: Loan, now: Timestamp) {
        for lease in loan.leases {
            let part = lease.end();
            self.give_back(part, now);
        }
        if let Some(outlet) = self.outlets.get_mut(usize::from(loan.link)) {
            outlet.waiters.push_front(loan.waiter);
        }
        self.mark_ready(loan.link);
    }

    fn serve_link(&mut self, link: u16, now: Timestamp, loans: &mut Vec<Loan>) {
        self.wake_link(link, now);
        if let Some(outlet) = self.outlets.get_mut(usize::from(link)) {
            outlet.is_ready = false;
        }
        while let Some(max) = self.next_waiter(link) {
            let leases = self.lend(link, max, now);
            if leases.is_empty() {
                break;
            }
            let outlet = self.outlets.get_mut(usize::from(link));
            if let Some(waiter) = outlet.and_then(|outlet| outlet.waiters.pop_front()) {
                loans.push(Loan { link, waiter, leases });
            }
        }
        self.set_alarm(link);
    }

    /// How many items the first one wants who still waits.
    fn next_waiter(&mut self, link: u16) -> Option<usize> {
        let outlet = self.outlets.get_mut(usize::from(link))?;
        while outlet.waiters.front().is_some_and(|waiter| waiter.answer.is_closed()) {
            outlet.waiters.pop_front();
        }
        outlet.waiters.front().map(|waiter| waiter.max)
    }

    fn lend(&mut self, link: u16, max: usize, now: Timestamp) -> Vec<Lease> {
        let waiting = usize::try_from(self.index.waiting(link)).unwrap_or(max);
        let mut leases = Vec::with_capacity(max.min(waiting));
        while leases.len() < max && self.poisoned.is_none() {
            let Some(outlet) = self.outlets.get_mut(usize::from(link)) else { break };
            let Some(ticket) = outlet.queue.pop(&self.index.slab, link) else { break };
            let Some(lease) = self.lease(ticket.slot) else { break };
            if self.is_expired(&lease, now) {
                lease.end();
                self.lapse(ticket.slot, now);
            } else {
                self.change(ticket.slot, &Change::Attempted { link }, now);
                leases.push(lease);
            }
        }
        leases
    }

    /// Lends waiting items, due or not, to be moved elsewhere.
    pub(super) fn evacuate(
        &mut self,
        link: &LinkName,
        max: usize,
        answer: Answer<Vec<Lease>>,
        now: Timestamp,
    ) {
        if let Some(error) = self.failure() {
            let _ = answer.send(Err(error));
            return;
        }
        let mut leases = Vec::new();
        let link = self.link(link);
        if let Some(number) = link {
            self.wake_link(number, now);
        }
        self.journal.begin();
        while leases.len() < max.min(LENT_MAX)
            && let Some(number) = link
            && let Some(outlet) = self.outlets.get_mut(usize::from(number))
        {
            let slab = &self.index.slab;
            let ticket = outlet.queue.pop(slab, number).or_else(|| outlet.queue.pop_delayed(slab, number));
            let Some(ticket) = ticket else { break };
            let Some(lease) = self.lease(ticket.slot) else { break };
            if self.is_expired(&lease, now) {
                lease.end();
                self.lapse(ticket.slot, now);
            } else {
                self.index.set_phase(ticket.slot, Phase::Evacuated);
                leases.push(lease);
            }
        }
        self.journal.end(now, false);
        let _ = answer.send(self.failure().map_or(Ok(leases), Err));
    }

    pub(super) fn lease(&mut self, number: u32) -> Option<Lease> {
        let kept = self.kept(number)?;
        let slot = *self.index.slab.get(number)?;
        let tlvs = self.index.tlvs_of(number).filter(|_| slot.has(NOTICE));
        Some(Lease {
            part: Part { slot: number, generation: slot.generation() },
            item: self.item(number, &slot),
            message: kept.message,
            alternatives: kept.alternatives,
            receipt_tlvs: self.tlvs_at(tlvs),
            attempts: slot.attempts,
            home: self.home.clone(),
        })
    }

    pub(super) fn item(&self, number: u32, slot: &Slot) -> Item {
        match self.index.verdict(number).filter(|_| slot.has(NOTICE)) {
            None => Item::Segment(u16::from(slot.part())),
            Some(verdict) => Item::Notice(Notice {
                state: verdict.sighted.state,
                error: verdict.sighted.error,
                done_at: verdict.sighted.done_at,
                delivered: u16::from(verdict.delivered),
            }),
        }
    }

    /// The time of a slot is up. A group has been begun.
    pub(super) fn lapse(&mut self, number: u32, now: Timestamp) {
        let Some(slot) = self.index.slab.get(number) else { return };
        if let Some(change) = self.shelving(slot, now) {
            return self.change(number, &change, now);
        }
        let is_perhaps_sent = matches!(slot.phase(), Phase::Sent | Phase::Held) || slot.has(SUSPECT);
        let state = if is_perhaps_sent { State::Unknown } else { State::Expired };
        let change = if slot.has(NOTICE) {
            Change::Failed { state, cause: Cause::Timeout }
        } else {
            Change::Lapsed { state }
        };
        self.change(number, &change, now);
    }

    /// That a slot goes to the shelf of its link, if there is one and it waits.
    fn shelving(&self, slot: &Slot, now: Timestamp) -> Option<Change> {
        let (to, time) = self.outlets.get(usize::from(slot.target))?.shelf?;
        let waits = matches!(slot.phase(), Phase::Waiting | Phase::Delayed);
        waits.then(|| Change::Moved { to, until: now.plus(time), cause: Some(Cause::Timeout) })
    }

    pub(super) fn shelve(&mut self, link: &LinkName, shelf: Option<Shelf>) {
        let number = self.link(link);
        let shelf = shelf.and_then(|shelf| Some((self.link(&shelf.link)?, shelf.time)));
        self.declare_links();
        if let Some(outlet) = number.and_then(|number| self.outlets.get_mut(usize::from(number))) {
            outlet.shelf = shelf;
        }
    }

    // INV-10
    pub(super) fn is_expired(&self, lease: &Lease, now: Timestamp) -> bool {
        let Item::Segment(_) = lease.item else { return false };
        let Some(expires_at) = lease.message.expires_at.filter(|&at| at <= now) else { return false };
        // What was moved has a time of its own.
        self.index.slab.get(lease.part.slot).is_none_or(|slot| slot.deadline <= seconds(expires_at))
    }

    pub(super) fn refuse_takers(&mut self, error: &StoreError) {
        self.alarms.clear();
        for outlet in &mut self.outlets {
            outlet.alarm = None;
            for waiter in outlet.waiters.drain(..) {
                let _ = waiter.answer.send(Err(error.clone()));
            }
        }
    }

    /// Answers everybody who waits that the store has been closed. Everything said has been synced.
    pub(in super::super) fn close(&mut self) {
        self.refuse_takers(&StoreError::Closed);
        if self.poisoned.is_none()
            && let Err(error) = self.journal.cut_room(&mut self.disk)
        {
            tracing::warn!(%error, "the last file of the journal was not cut to its length");
        }
    }
}
