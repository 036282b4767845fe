//! Messages with all that happened to them, to be said again at the end of the journal.

use sms::Timestamp;

use super::super::fact::{Carried, CarriedSegment, Verdict};
use super::super::journal::Place;
use super::super::slots::{Phase, Slot};
use super::tally::Tally;
use super::{Index, Newcomer};
use crate::RemoteId;

impl Index {
    /// Takes a message in with all that happened to it; `fact` is where the fact starts.
    pub(in super::super) fn insert_carried(
        &mut self,
        new: &Newcomer,
        carried: &Carried,
        fact: Place,
        now: Timestamp,
    ) -> Option<u32> {
        let first = self.insert(new, now)?;
        let Verdict { sighted, delivered } = carried.verdict;
        let tally = Tally { verdict: Verdict { sighted, delivered }, open: carried.open };
        if carried.open == 0 {
            self.end(first, tally.verdict, now);
            self.restore(first, carried.segments.first()?, fact);
            return Some(first);
        }
        if new.count > 1 {
            self.tallies.insert(first, tally);
        }
        let slots: Vec<u32> = self.ring(first).collect();
        for (slot, segment) in slots.into_iter().zip(&carried.segments) {
            self.restore(slot, segment, fact);
        }
        Some(first)
    }

    fn restore(&mut self, number: u32, segment: &CarriedSegment, fact: Place) {
        let Some(phase) = Phase::from_number(segment.phase) else { return };
        self.set_phase(number, Phase::Lent);
        self.with(number, |slot| {
            slot.set_flags(segment.flags);
            (slot.target, slot.attempts) = (segment.target, segment.attempts);
            (slot.deadline, slot.due) = (segment.deadline, segment.due);
        });
        self.set_phase(number, phase);
        let mut ids = segment.ids.iter();
        if phase == Phase::Sent
            && let Some((link, id, offset)) = ids.next()
        {
            self.expect_receipt(number, *link, id, Place { offset: fact.offset + *offset as u32, ..fact });
        }
        for (link, id, _) in ids {
            self.hold_id(number, *link, id);
            self.more_ids.entry(number).or_default().push((*link, id.clone()));
        }
    }

    /// All that happened to a message so far but for the ids in phase `Sent`, which `id_of` reads.
    pub(in super::super) fn carry(
        &self,
        first: u32,
        id_of: &mut impl FnMut(&Slot) -> Option<RemoteId>,
    ) -> Option<Carried> {
        let none = Tally::new(self.ring(first).count() as u8);
        let tally = self.tallies.get(&first).copied().unwrap_or(none);
        let segments = self.ring(first).map(|number| {
            let slot = self.slab.get(number)?;
            let mut ids = Vec::new();
            if slot.phase() == Phase::Sent {
                ids.push((slot.target, id_of(slot)?, 0));
            }
            ids.extend(self.more_ids(number).iter().map(|(link, id)| (*link, id.clone(), 0)));
            let delayed = slot.phase() == Phase::Evacuated && slot.due > 0;
            Some(CarriedSegment {
                phase: match slot.phase() {
                    Phase::Evacuated if delayed => Phase::Delayed,
                    Phase::Evacuated => Phase::Waiting,
                    phase => phase,
                } as u8,
                flags: slot.flags(),
                target: slot.target,
                attempts: if slot.phase() == Phase::Sent { 0 } else { slot.attempts },
                deadline: slot.deadline,
                due: if slot.phase() == Phase::Sent { 0 } else { slot.due },
                ids,
            })
        });
        Some(Carried { verdict: tally.verdict, open: tally.open, segments: segments.collect::<Option<_>>()? })
    }

    /// A message now stands at `place` in the journal, carried by the fact that starts there; the ids
    /// of its segments in phase `Sent` stand at `id_places`, in order.
    pub(in super::super) fn move_to(&mut self, first: u32, place: Place, id_places: &[Option<Place>]) {
        let slots: Vec<u32> = self.ring(first).collect();
        let Some(before) = self.slab.get(first).map(|slot| self.place_of(slot)) else { return };
        self.latest = self.latest.max(place.file);
        self.census.leave(before.file);
        self.census.enter(place.file);
        for (number, id_place) in slots.into_iter().zip(id_places) {
            self.with(number, |slot| {
                slot.set_place(place);
                if let Some(id_place) = id_place {
                    (slot.attempts, slot.due) = (id_place.file as u16, id_place.offset);
                }
            });
        }
    }
}
