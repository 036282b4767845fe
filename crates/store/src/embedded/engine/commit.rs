//! Making it durable.

use std::io;
use std::time::Duration;

use sms::Timestamp;

use super::super::disk::Disk;
use super::super::fact::{put_link, put_serial};
use super::super::journal::Place;
use super::super::slots::{FILES_MAX, Phase};
use super::{Answer, Engine};
use crate::{Sighting, StoreError};

/// How long an outcome may wait for others before it is synced.
const SYNC_DELAY: Duration = Duration::from_millis(10);
/// How long after the sync before a receipt may wait for others before it is synced: whoever submits
/// waits for the same disk, and is waited for.
pub(super) const RECEIPT_DELAY: Duration = Duration::from_millis(1);

/// A file that has to grow is left for one that need not when it has so many octets, and the latter is made from then
/// on: who has little to write needs no second file.
const SHORT_FILE_OCTETS: u64 = 1 << 20;

/// How often a full disk is tried again.
const FULL_INTERVAL: Duration = Duration::from_millis(100);

/// An answer that waits for the disk.
#[derive(Debug)]
pub(super) enum Reply {
    Accepted { answer: Answer<()>, messages: usize },
    Sighted { answer: Answer<Vec<Sighting>>, sightings: Vec<Sighting> },
    Synced(Answer<()>),
    Cancelled { answer: Answer<usize>, count: usize },
    Replaced { answer: Answer<bool>, is_replaced: bool },
    Superseded(Answer<()>),
}

impl Reply {
    fn refuse(self, error: StoreError) {
        match self {
            Self::Accepted { answer, .. } | Self::Synced(answer) | Self::Superseded(answer) => {
                drop(answer.send(Err(error)));
            }
            Self::Sighted { answer, .. } => drop(answer.send(Err(error))),
            Self::Cancelled { answer, .. } => drop(answer.send(Err(error))),
            Self::Replaced { answer, .. } => drop(answer.send(Err(error))),
        }
    }

    /// Whether it was done and cannot be taken back, so that the answer waits until it is durable.
    const fn is_bound(&self) -> bool {
        matches!(self, Self::Cancelled { .. } | Self::Replaced { .. } | Self::Superseded(_))
    }
}

impl<D: Disk> Engine<D> {
    /// Writes what was said, syncs if somebody waits for it or it has waited long enough, and answers.
    pub(in super::super) fn commit(&mut self, now: Timestamp) {
        if self.poisoned.is_some() || !self.write() {
            return self.refuse_all();
        }
        if self.journal.is_unsynced() {
            let since = *self.unsynced_since.get_or_insert(now);
            let is_overdue = now.since(since) >= self.sync_delay() || now < since;
            if !(is_overdue || self.is_file_over()) || !self.sync() {
                return;
            }
        }
        self.release();
        self.answer();
        self.turn_over();
    }

    /// How long what was written may wait to be synced.
    fn sync_delay(&self) -> Duration {
        let is_urged = |reply: &Reply| !matches!(reply, Reply::Sighted { .. });
        if self.replies.iter().any(is_urged) {
            Duration::ZERO
        } else if self.replies.is_empty() && self.fresh.is_empty() {
            SYNC_DELAY
        } else {
            RECEIPT_DELAY
        }
    }

    /// Makes everything durable that was said so far.
    pub(in super::super) fn flush(&mut self, now: Timestamp) {
        self.unsynced_since = Some(Timestamp(0));
        self.commit(now);
    }

    /// When [`Engine::commit`] has to be called at the latest although no command comes.
    pub(super) fn commit_due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.poisoned.is_some() {
            None
        } else if self.is_stalled {
            Some(now.plus(FULL_INTERVAL))
        } else if !self.fresh.is_empty() && !self.journal.has_pending() && !self.journal.is_unsynced() {
            Some(now)
        } else {
            let since = self.unsynced_since.or_else(|| self.journal.has_pending().then_some(now));
            since.map(|since| since.plus(self.sync_delay()))
        }
    }

    /// Writes what waits to be written; false if some of it still waits.
    pub(super) fn write(&mut self) -> bool {
        if !self.journal.has_pending() {
            return true;
        }
        let written = match self.journal.write(&mut self.disk) {
            Err(error) if is_full(&error) => self.write_without_accepted(),
            written => written,
        };
        self.is_stalled = written.as_ref().is_err_and(is_full);
        match &written {
            Ok(()) => {
                self.refusable.clear();
                self.written_replies = self.replies.len();
            }
            Err(error) if !self.is_stalled => self.poison(error),
            Err(_) => {}
        }
        written.is_ok()
    }

    /// There is no room for all: refuses what may be refused, and writes the rest.
    fn write_without_accepted(&mut self) -> io::Result<()> {
        if !self.is_full {
            tracing::warn!("the disk is full: nothing is accepted until there is room");
        }
        self.is_full = true;
        let refused = self.journal.refuse();
        if !refused.is_empty() {
            self.undo_accepted(0);
            self.shift(&refused);
        }
        let unwritten = self.replies.split_off(self.written_replies.min(self.replies.len()));
        let (accepted, others): (Vec<Reply>, Vec<Reply>) =
            unwritten.into_iter().partition(|reply| matches!(reply, Reply::Accepted { .. }));
        accepted.into_iter().for_each(|reply| reply.refuse(StoreError::Full));
        self.replies.extend(others);
        self.journal.write(&mut self.disk)
    }

    /// Corrects the places of what stood behind groups that were dropped.
    fn shift(&mut self, refused: &[super::super::journal::Refused]) {
        let file = self.journal.durable().file;
        let shifted = |offset: u32| {
            offset
                - refused.iter().filter(|group| group.offset < offset).map(|group| group.octets).sum::<u32>()
        };
        for number in 0..self.index.slab.len() {
            let Some(&slot) = self.index.slab.get(number) else { continue };
            let place = self.index.place_of(&slot);
            let Some(slot) = self.index.slab.get_mut(number) else { continue };
            if slot.phase() != Phase::Free && place.file == file {
                slot.set_place(Place { offset: shifted(place.offset), ..place });
            }
            if slot.phase() == Phase::Sent && slot.attempts == file as u16 {
                slot.due = shifted(slot.due);
            }
        }
        self.index.shift_tlvs(file, &shifted);
    }

    /// Whether the next file is to be begun: this one is as long as files are, or has to grow while there is one to
    /// write over.
    fn is_file_over(&self) -> bool {
        let octets = self.journal.current_octets();
        let is_outgrown = self.journal.is_growing() && self.disk.has_spare();
        let is_long = octets >= self.file_octets() || is_outgrown && octets >= self.short_file_octets();
        is_long && self.journal.files().len() < FILES_MAX
    }

    /// How long files are, in octets.
    pub(super) fn file_octets(&self) -> u64 {
        self.options.segment_octets + self.links.octets()
    }

    /// How long a file is at least, in octets.
    pub(super) fn short_file_octets(&self) -> u64 {
        SHORT_FILE_OCTETS.min(self.options.segment_octets / 4) + self.links.octets()
    }

    /// Syncs; false and poisoned if that failed.
    pub(super) fn sync(&mut self) -> bool {
        match self.journal.sync(&mut self.disk) {
            Ok(()) => {
                self.unsynced_since = None;
                self.progress.set_durable(self.journal.durable());
                true
            }
            Err(error) => {
                self.poison(&error);
                self.refuse_all();
                false
            }
        }
    }

    /// What was fresh is durable and may be lent.
    fn release(&mut self) {
        for ticket in std::mem::take(&mut self.fresh) {
            let is_there = |slot: &super::super::slots::Slot| slot.generation() == ticket.generation;
            if self.index.slab.get(ticket.slot).is_some_and(is_there) {
                self.enqueue(ticket, true, None);
            }
        }
    }

    fn answer(&mut self) {
        self.written_replies = 0;
        for reply in std::mem::take(&mut self.replies) {
            match reply {
                Reply::Accepted { answer, messages } => {
                    self.accepted_total += messages as u64;
                    let _ = answer.send(Ok(()));
                }
                Reply::Sighted { answer, sightings } => drop(answer.send(Ok(sightings))),
                Reply::Synced(answer) | Reply::Superseded(answer) => drop(answer.send(Ok(()))),
                Reply::Cancelled { answer, count } => drop(answer.send(Ok(count))),
                Reply::Replaced { answer, is_replaced } => drop(answer.send(Ok(is_replaced))),
            }
        }
    }

    /// Answers everybody who waits that it was not done, except for what is only not durable yet.
    pub(super) fn refuse_all(&mut self) {
        let error = self.failure().unwrap_or(StoreError::Full);
        let is_over = self.poisoned.is_some();
        self.written_replies = if is_over { 0 } else { self.written_replies.min(self.replies.len()) };
        let unwritten = self.replies.split_off(self.written_replies);
        let (bound, others): (Vec<Reply>, Vec<Reply>) =
            unwritten.into_iter().partition(|reply| !is_over && reply.is_bound());
        self.replies.extend(bound);
        others.into_iter().for_each(|reply| reply.refuse(error.clone()));
        if self.poisoned.is_some() {
            self.fresh.clear();
            self.refuse_takers(&error);
        }
    }

    /// Nothing is done any more: what is on the disk is no longer known.
    pub(super) fn poison(&mut self, error: &io::Error) {
        if self.poisoned.is_none() {
            tracing::error!(%error, "the store failed and accepts nothing more");
            self.poisoned = Some(error.to_string());
        }
    }

    /// Removes what nobody needs, goes on in the next file if this one is over, and has the one after it made.
    fn turn_over(&mut self) {
        if self.journal.is_unsynced() || self.journal.has_pending() {
            return;
        }
        // First: what is over may be what is written over next.
        self.remove_unneeded();
        if self.poisoned.is_none() && self.is_file_over() {
            match self.begin_file() {
                Ok(()) => {
                    self.order_summaries();
                    // Nothing is lent while something waits to be written.
                    self.write();
                }
                Err(error) if is_full(&error) => self.is_full = true,
                Err(error) => self.poison(&error),
            }
        }
        self.make_spare();
    }

    /// Begins a file of the journal, with the names of all links in its first group.
    pub(in super::super) fn begin_file(&mut self) -> io::Result<()> {
        self.journal.begin_file(&mut self.disk)?;
        self.progress.set_durable(self.journal.durable());
        self.put_heading();
        Ok(())
    }

    /// Says in the file that is written to what must be known when all files before it are gone.
    pub(super) fn put_heading(&mut self) {
        self.declared = 0;
        self.journal.begin();
        put_serial(self.journal.facts(), self.next_serial);
        self.put_links();
        self.journal.end(Timestamp(0), false);
    }

    /// Names links in the journal that it has not named yet.
    pub(super) fn declare_links(&mut self) {
        if self.declared < self.links.names().len() {
            self.journal.begin();
            self.put_links();
            self.journal.end(Timestamp(0), false);
        }
    }

    fn put_links(&mut self) {
        for (name, number) in self.links.names().iter().zip(0_u16..).skip(self.declared) {
            put_link(self.journal.facts(), number, name);
        }
        self.declared = self.links.names().len();
    }
}

pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
