//! Showing what waits, and lending what was chosen of it.

use std::collections::{BinaryHeap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use sms::{LinkName, Timestamp};

use super::super::cache::Kept;
use super::super::disk::Disk;
use super::super::slots::{Phase, Slot};
use super::{Answer, Engine};
use crate::{Glimpse, Lease, Mark, Part, StoreError};

/// Some of the slots, looked at for what waits.
pub(in super::super) struct Scan {
    pub(in super::super) links: Vec<LinkName>,
    pub(in super::super) after: Option<Mark>,
    /// The most that are wanted.
    pub(in super::super) max: usize,
    pub(in super::super) slots: Range<u32>,
}

/// What was found in them: the first by their order, and whether there are more slots.
pub(in super::super) struct Scanned {
    pub(in super::super) found: Vec<(Mark, Part)>,
    pub(in super::super) has_more: bool,
}

/// Some of the slots, looked at for what waits of certain messages.
pub(in super::super) struct Seek {
    pub(in super::super) link: LinkName,
    /// The serials of the messages.
    pub(in super::super) serials: Arc<HashSet<u64, foldhash::fast::RandomState>>,
    pub(in super::super) slots: Range<u32>,
}

impl<D: Disk> Engine<D> {
    /// Looks for what waits of certain messages.
    pub(super) fn seek_those(&self, seek: &Seek, answer: Answer<Scanned>) {
        let number = (0_u16..).zip(self.links.names()).find(|(_, name)| **name == seek.link);
        let end = seek.slots.end.min(self.index.slab.len());
        let is_sought = |slot: &&Slot| {
            number.is_some_and(|(number, _)| slot.target == number)
                && waits(slot)
                && seek.serials.contains(&slot.serial())
        };
        let found = (seek.slots.start..end)
            .filter_map(|number| {
                let slot = self.index.slab.get(number).filter(is_sought)?;
                Some((mark_of(slot), Part { slot: number, generation: slot.generation() }))
            })
            .collect();
        let has_more = end < self.index.slab.len();
        let _ = answer.send(self.failure().map_or(Ok(Scanned { found, has_more }), Err));
    }

    pub(super) fn scan(&self, scan: &Scan, answer: Answer<Scanned>) {
        let numbers: Vec<u16> = (0..)
            .zip(self.links.names())
            .filter(|(_, name)| scan.links.contains(name))
            .map(|(number, _)| number)
            .collect();
        // The last of them on top, to make room for an earlier one.
        let mut first: BinaryHeap<(Mark, u32, u32)> = BinaryHeap::new();
        let end = scan.slots.end.min(self.index.slab.len());
        for number in scan.slots.start..end {
            let Some(slot) = self.index.slab.get(number).filter(|slot| waits(slot)) else { continue };
            let mark = mark_of(slot);
            let is_wanted = numbers.contains(&slot.target) && scan.after.is_none_or(|after| mark > after);
            if !is_wanted {
                continue;
            }
            if first.len() >= scan.max {
                match first.peek_mut() {
                    Some(mut last) if mark < last.0 => *last = (mark, number, slot.generation()),
                    _ => {}
                }
            } else {
                first.push((mark, number, slot.generation()));
            }
        }
        let part = |(mark, slot, generation)| (mark, Part { slot, generation });
        let found = first.into_sorted_vec().into_iter().map(part).collect();
        let _ = answer
            .send(self.failure().map_or(Ok(Scanned { found, has_more: end < self.index.slab.len() }), Err));
    }

    /// Shows those that still wait for one of these links.
    pub(super) fn show_those(&mut self, links: &[LinkName], parts: &[Part], answer: Answer<Vec<Glimpse>>) {
        if !self.is_legible() {
            return drop(answer.send(Err(self.failure().unwrap_or(StoreError::Full))));
        }
        let mut shown = Vec::with_capacity(parts.len());
        for &part in parts {
            let Some(slot) = self.waiting_slot(part) else { continue };
            let Some(link) = self.links.name(slot.target).filter(|name| links.contains(name)).cloned() else {
                continue;
            };
            let item = self.item(part.slot, &slot);
            let Some(Kept { message, .. }) = self.kept(part.slot) else { break };
            shown.push(Glimpse { mark: mark_of(&slot), link, part, item, message });
        }
        let _ = answer.send(self.failure().map_or(Ok(shown), Err));
    }

    /// Lends those that still wait for the link, to be moved elsewhere.
    pub(super) fn evacuate_those(
        &mut self,
        link: &LinkName,
        parts: &[Part],
        answer: Answer<Vec<Lease>>,
        now: Timestamp,
    ) {
        if !self.is_legible() {
            return drop(answer.send(Err(self.failure().unwrap_or(StoreError::Full))));
        }
        let mut leases = Vec::with_capacity(parts.len());
        for &part in parts {
            let Some(slot) = self.waiting_slot(part) else { continue };
            if self.links.name(slot.target) != Some(link) {
                continue;
            }
            let Some(lease) = self.lease(part.slot) else { break };
            if self.is_expired(&lease, now) {
                lease.end();
                continue;
            }
            self.index.set_phase(part.slot, Phase::Evacuated);
            leases.push(lease);
        }
        let _ = answer.send(self.failure().map_or(Ok(leases), Err));
    }

    /// Writes what was said in this turn, which can be read back only then; whether that could be done.
    fn is_legible(&mut self) -> bool {
        self.failure().is_none() && self.write()
    }

    fn waiting_slot(&self, part: Part) -> Option<Slot> {
        let slot = *self.index.slab.get(part.slot)?;
        (slot.generation() == part.generation && waits(&slot)).then_some(slot)
    }
}

fn waits(slot: &Slot) -> bool {
    matches!(slot.phase(), Phase::Waiting | Phase::Delayed)
}

fn mark_of(slot: &Slot) -> Mark {
    Mark(slot.serial() << 8 | u64::from(slot.part()))
}
