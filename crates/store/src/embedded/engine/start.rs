//! Going on where the journal ends.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sms::Timestamp;

use super::super::bodies::Bodies;
use super::super::cache::Cache;
use super::super::disk::Disk;
use super::super::fact::Change;
use super::super::journal::{HEADER_OCTETS, Journal, Place};
use super::super::options::{OpenError, Options};
use super::super::progress::Progress;
use super::super::recovery::recover;
use super::super::slots::{Phase, Slot};
use super::Engine;
use super::housekeeping::Housekeeping;
use super::recall::Recalls;
use crate::Cause;

/// How many segments are said to be of unknown outcome in one group.
const GROUP_SLOTS: usize = 10_000;

impl<D: Disk> Engine<D> {
    /// Reads the journal, cuts a torn tail, and goes on behind it. What may have been sent when the
    /// journal ended is sent again or held, as the options say.
    pub(in super::super) fn open(mut disk: D, options: Options, now: Timestamp) -> Result<Self, OpenError> {
        let options = options.bounded();
        let found = recover(&mut disk, options.receipt_timeout, options.notice_timeout)?;
        let is_old = found.is_old;
        let mut engine = Self {
            disk,
            journal: Journal::resume(found.files),
            index: found.index,
            declared: found.links.names().len(),
            links: found.links,
            outlets: Vec::new(),
            ready: Vec::new(),
            alarms: BTreeSet::new(),
            cache: Cache::new(options.cache_octets),
            options,
            bodies: Bodies::default(),
            alternatives: HashMap::new(),
            fresh: Vec::new(),
            replies: Vec::new(),
            written_replies: 0,
            refusable: Vec::new(),
            next_serial: found.next_serial,
            accepted_total: 0,
            home: None,
            poisoned: None,
            is_full: false,
            is_stalled: false,
            unsynced_since: None,
            housekeeping: Housekeeping::default(),
            recalls: Recalls::default(),
            progress: Arc::new(Progress::default()),
            summarised: found.summarised,
            orders: Arc::default(),
        };
        engine.start(is_old, now).map_err(OpenError::io("journal"))?;
        Ok(engine)
    }

    /// `is_old` says that nothing must be added to the last file.
    fn start(&mut self, is_old: bool, now: Timestamp) -> std::io::Result<()> {
        if self.journal.files().is_empty() {
            self.begin_file()?;
        } else if is_old {
            self.journal.sync(&mut self.disk)?;
            self.begin_file()?;
        } else if self.journal.current_octets() <= HEADER_OCTETS as u64 {
            // The process ended between the birth of the file and its first group.
            self.put_heading();
        }
        if !self.options.ledger {
            self.progress.set_read(Place { file: u32::MAX, offset: 0 });
        }
        for name in self.links.names().to_vec() {
            self.link(&name);
        }
        self.index.possible_duplicates = 0;
        self.queue_all();
        self.doubt_lent(now);
        self.drop_early(now);
        self.journal.write(&mut self.disk)?;
        self.journal.sync(&mut self.disk)?;
        self.progress.set_durable(self.journal.durable());
        self.order_summaries();
        Ok(())
    }

    /// Queues what waits, in the order in which it was accepted.
    fn queue_all(&mut self) {
        let slab = &self.index.slab;
        let order = |slot: u32| {
            let is_queued = |slot: &&Slot| matches!(slot.phase(), Phase::Waiting | Phase::Delayed);
            slab.get(slot).filter(is_queued).map(|slot| (slot.serial(), slot.part()))
        };
        let slots = 0..slab.len();
        if slots.clone().filter_map(order).is_sorted() {
            return slots.for_each(|slot| self.queue(slot));
        }
        let mut slots: Vec<u32> = slots.filter(|&slot| order(slot).is_some()).collect();
        slots.sort_unstable_by_key(|&slot| order(slot));
        slots.into_iter().for_each(|slot| self.queue(slot));
    }

    fn queue(&mut self, slot: u32) {
        if let Some(ticket) = self.ticket(slot) {
            self.enqueue(ticket, true, None);
        }
    }

    /// What was lent when the journal ended may have been sent, unless it had not left the process.
    fn doubt_lent(&mut self, now: Timestamp) {
        let slab = &self.index.slab;
        let is_lent = |&slot: &u32| slab.get(slot).is_some_and(|slot| slot.phase() == Phase::Lent);
        let lent: Vec<u32> = (0..slab.len()).filter(is_lent).collect();
        let mut doubted = 0_usize;
        for slots in lent.chunks(GROUP_SLOTS) {
            self.journal.begin();
            for &slot in slots {
                let target = self.index.slab.get(slot).map_or(0, |slot| usize::from(slot.target));
                let change = match self.outlets.get(target) {
                    Some(outlet) if outlet.is_in_process => Change::Returned,
                    outlet => {
                        doubted += 1;
                        let is_held = outlet.is_some_and(|outlet| outlet.holds_unknown);
                        Change::Unknown { retry_at: (!is_held).then_some(now), cause: Cause::Restart }
                    }
                };
                self.change(slot, &change, now);
            }
            self.journal.end(now, false);
        }
        if doubted > 0 {
            tracing::warn!(segments = doubted, "may have been sent before the restart");
        }
    }
}
