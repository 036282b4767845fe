//! What owners want of messages that wait: to see, cancel or replace them.

use std::collections::HashMap;

use sms::{LinkName, Message, State, Timestamp};

use super::super::body::{Route, put_body};
use super::super::cache::Kept;
use super::super::disk::Disk;
use super::super::fact::{Carried, CarriedSegment, Change, Sighted, Verdict, accepted_kind, put_carried};
use super::super::index::Newcomer;
use super::super::slots::{
    NEVER, NOTICE, Phase, SUSPECT, Slot, WANTS_FAILURE, WANTS_SUCCESS, priority_bits, seconds,
};
use super::commit::Reply;
use super::{Answer, Engine};
use crate::{Entry, Likeness, StoreError};

/// What is to be done with messages that were named by their serials.
pub(in super::super) enum Purpose {
    /// Shows the one that waits and was not tried yet.
    Show { owner: LinkName, answer: Answer<Option<Entry>> },
    /// Ends those that wait, `like` this if it is said.
    Cancel { owner: LinkName, like: Option<Likeness>, answer: Answer<usize> },
    /// Puts this in the place of the one that waits and was not tried yet.
    Replace { entry: Entry, answer: Answer<bool> },
    /// Takes this over and ends those that wait and are like it.
    Supersede { entry: Entry, answer: Answer<()> },
}

/// Who looks for the slots of messages. No map leads from serials to slots: it would take as much memory
/// as the slots themselves. All slots are looked at instead, some in each turn, for all who wait together.
#[derive(Default)]
pub(super) struct Recalls {
    /// Those whose messages are being looked for.
    seeking: Vec<Recall>,
    /// Those who came meanwhile.
    waiting: Vec<Recall>,
    /// First slots by the serials that are looked for, once they are found.
    found: HashMap<u64, Option<u32>, foldhash::fast::RandomState>,
    cursor: u32,
}

struct Recall {
    serials: Vec<u64>,
    purpose: Purpose,
}

impl Recalls {
    pub(super) const fn is_seeking(&self) -> bool {
        !self.seeking.is_empty()
    }

    /// Whether somebody waits, for whom the looking has begun or has to begin.
    pub(super) const fn is_wanted(&self) -> bool {
        !self.seeking.is_empty() || !self.waiting.is_empty()
    }
}

/// How many slots are looked at in one turn: what takes well under a millisecond.
pub(super) const SEEK_SLOTS: u32 = 1 << 18;

impl<D: Disk> Engine<D> {
    /// Looks for the messages, and does what is wanted as soon as they are found.
    pub(super) fn recall(&mut self, serials: Vec<u64>, purpose: Purpose, now: Timestamp) {
        self.recalls.waiting.push(Recall { serials, purpose });
        if !self.recalls.is_seeking() {
            self.seek(now);
        }
    }

    /// Goes on looking for slots.
    pub(super) fn seek(&mut self, now: Timestamp) {
        if self.recalls.seeking.is_empty() {
            if self.recalls.waiting.is_empty() {
                return;
            }
            self.begin_seeking();
        }
        let Self { recalls, index, .. } = self;
        let end = index.slab.len().min(recalls.cursor.saturating_add(SEEK_SLOTS));
        for number in recalls.cursor..end {
            let Some(slot) = index.slab.get(number) else { continue };
            if slot.part() == 0
                && slot.phase() != Phase::Free
                && let Some(found) = recalls.found.get_mut(&slot.serial())
            {
                *found = Some(number);
            }
        }
        recalls.cursor = end;
        if end == index.slab.len() {
            for Recall { serials, purpose } in std::mem::take(&mut self.recalls.seeking) {
                self.fulfil(&serials, purpose, now);
            }
        }
    }

    fn begin_seeking(&mut self) {
        let recalls = &mut self.recalls;
        recalls.seeking = std::mem::take(&mut recalls.waiting);
        recalls.found.clear();
        recalls
            .found
            .extend(recalls.seeking.iter().flat_map(|recall| &recall.serials).map(|&serial| (serial, None)));
        // Nobody is looked for who cannot be there.
        recalls.cursor = if recalls.found.is_empty() { self.index.slab.len() } else { 0 };
    }

    fn fulfil(&mut self, serials: &[u64], purpose: Purpose, now: Timestamp) {
        // What was said in this turn can be read back only once it is written; and what is done here cannot be
        // taken back if there turns out to be no room for it.
        let has_room = self.write() && !self.is_full;
        if let Some(error) = self.failure().or_else(|| (!has_room).then_some(StoreError::Full)) {
            return purpose.refuse(error);
        }
        match purpose {
            Purpose::Show { owner, answer } => {
                let shown = self.firsts(serials).into_iter().find_map(|first| self.show(first, &owner));
                let _ = answer.send(self.failure().map_or(Ok(shown), Err));
            }
            Purpose::Cancel { owner, like, answer } => {
                self.journal.begin();
                let count = self.cancel_all(serials, now, |message| {
                    message.origin == owner && like.as_ref().is_none_or(|like| like.fits(message))
                });
                self.journal.end(now, false);
                self.replies.push(Reply::Cancelled { answer, count });
            }
            Purpose::Replace { entry, answer } => {
                let first = self.firsts(serials).into_iter().find(|&first| {
                    self.show(first, &entry.message.origin)
                        .is_some_and(|shown| shown.message.id == entry.message.id)
                });
                let is_replaced = first.is_some_and(|first| self.replace(first, &entry, now));
                self.replies.push(Reply::Replaced { answer, is_replaced });
            }
            Purpose::Supersede { entry, answer } => self.supersede(serials, &entry, answer, now),
        }
    }

    /// The first slots of messages that are under way.
    fn firsts(&self, serials: &[u64]) -> Vec<u32> {
        let is_its = |first: u32, serial: u64| {
            self.index.slab.get(first).is_some_and(|slot| slot.serial() == serial && !slot.has(NOTICE))
        };
        let first = |&serial: &u64| {
            self.recalls.found.get(&serial).copied().flatten().filter(|&first| is_its(first, serial))
        };
        serials.iter().filter_map(first).collect()
    }

    /// Whether nothing of a message is with anybody, or may be.
    fn waits(&self, first: u32) -> bool {
        self.index.ring(first).all(|number| self.index.slab.get(number).is_some_and(is_waiting))
    }

    /// The message of `owner` in these slots, if it waits and was never tried.
    fn show(&mut self, first: u32, owner: &LinkName) -> Option<Entry> {
        // Whoever moves it elsewhere holds a name of it, which would be as good for what it is replaced by.
        let is_new = |slot: &Slot| slot.attempts == 0 && slot.phase() != Phase::Evacuated;
        let is_untried = self.index.ring(first).all(|number| self.index.slab.get(number).is_some_and(is_new));
        if !is_untried || !self.waits(first) {
            return None;
        }
        let target = self.index.slab.get(first)?.target;
        let target = self.links.name(target).cloned()?;
        let Kept { message, alternatives } = self.kept(first)?;
        (message.origin == *owner).then(|| Entry { message, target, alternatives: alternatives.to_vec() })
    }

    /// Ends those that wait and are `meant`. A group has been begun.
    fn cancel_all(&mut self, serials: &[u64], now: Timestamp, meant: impl Fn(&Message) -> bool) -> usize {
        let mut count = 0;
        for first in self.firsts(serials) {
            let is_meant = self.waits(first) && self.kept(first).is_some_and(|kept| meant(&kept.message));
            if is_meant {
                let slots: Vec<u32> = self.index.ring(first).collect();
                for number in slots {
                    self.change(number, &Change::Lapsed { state: State::Deleted }, now);
                }
                count += 1;
            }
        }
        count
    }

    fn supersede(&mut self, serials: &[u64], entry: &Entry, answer: Answer<()>, now: Timestamp) {
        let Some(route) = self.routes(std::iter::once(entry)).and_then(|mut routes| routes.pop()) else {
            let what = String::from("a message or a link that cannot be kept");
            let _ = answer.send(Err(StoreError::Failed(what)));
            return;
        };
        let known = (self.refusable.len(), self.fresh.len());
        self.journal.begin();
        if self.enter(entry, route, now).is_none() {
            self.undo_accepted(known.0);
            self.fresh.truncate(known.1);
            self.journal.abort();
            let _ = answer.send(Err(StoreError::Overloaded));
            return;
        }
        // What it takes the place of is cancelled in the same group, which cannot be taken back.
        self.refusable.truncate(known.0);
        let like = Likeness::of(&entry.message);
        self.cancel_all(serials, now, |message| like.fits(message));
        self.journal.end(now, false);
        self.accepted_total += 1;
        self.replies.push(Reply::Superseded(answer));
    }

    /// Forgets when a message was to leave: names of its slots stay good, and two times may be in the same second.
    fn forget_due(&mut self, first: u32) {
        let slots: Vec<u32> = self.index.ring(first).collect();
        for number in slots {
            let (Some(&slot), Some(ticket)) = (self.index.slab.get(number), self.ticket(number)) else {
                continue;
            };
            if slot.phase() == Phase::Delayed
                && let Some(outlet) = self.outlets.get_mut(usize::from(slot.target))
            {
                outlet.queue.forget_delayed(ticket);
            }
        }
    }

    /// States a message anew: the journal says it again as if it had been carried, in its new form and on its new
    /// way.
    fn replace(&mut self, first: u32, entry: &Entry, now: Timestamp) -> bool {
        let message = &entry.message;
        let Some(&slot) = self.index.slab.get(first) else { return false };
        let route = self.routes(std::iter::once(entry)).and_then(|mut routes| routes.pop());
        let Some(route) = route else { return false };
        let route = Route { serial: slot.serial(), told: slot.told, ..route };
        self.forget_due(first);
        self.journal.begin();
        if route.target != slot.target {
            self.redirect_all(first, route.target, now);
        }
        let carried = untried(message, route.target, slot.priority(), now);
        let place = self.journal.place();
        let out = self.journal.facts();
        out.push(accepted_kind(true));
        put_body(out, &route, message);
        put_carried(out, &carried);
        self.journal.end(now, false);
        self.index.forget(first);
        let new = Newcomer {
            serial: slot.serial(),
            place,
            told: slot.told,
            target: route.target,
            priority: slot.priority(),
            count: message.parts.len() as u8,
            wants_success: message.receipt.on_success,
            wants_failure: message.receipt.on_failure,
            not_before: message.not_before,
            expires_at: message.expires_at,
        };
        let Some(first) = self.index.insert_carried(&new, &carried, place, now) else {
            self.poison(&std::io::Error::other("a message that was there has no place"));
            return false;
        };
        // Whoever was looking for it at the same time means what it is now.
        if let Some(found) = self.recalls.found.get_mut(&new.serial) {
            *found = Some(first);
        }
        let alternatives = self.alternatives_of(&route.alternatives);
        self.cache.insert(new.serial, Kept { message: message.clone(), alternatives });
        let slots: Vec<u32> = self.index.ring(first).collect();
        for number in slots {
            if let Some(ticket) = self.ticket(number) {
                self.enqueue(ticket, false, message.not_before);
            }
        }
        true
    }

    /// Notes that all of a message goes by another link, for its record. A group has been begun.
    fn redirect_all(&mut self, first: u32, to: u16, now: Timestamp) {
        let slots: Vec<u32> = self.index.ring(first).collect();
        for number in slots {
            self.note(number, &Change::Redirect { to }, now);
        }
    }
}

impl Purpose {
    fn refuse(self, error: StoreError) {
        match self {
            Self::Show { answer, .. } => drop(answer.send(Err(error))),
            Self::Cancel { answer, .. } => drop(answer.send(Err(error))),
            Self::Replace { answer, .. } => drop(answer.send(Err(error))),
            Self::Supersede { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}

/// Waiting, and never with anybody who did not say what became of it. What is only on its way from one queue
/// to another waits as well: who moves it is told nothing, and finds it gone.
fn is_waiting(slot: &Slot) -> bool {
    matches!(slot.phase(), Phase::Waiting | Phase::Delayed | Phase::Evacuated) && !slot.has(SUSPECT)
}

/// A message of which nothing was tried, as the journal says one that is carried.
fn untried(message: &Message, target: u16, priority: u8, now: Timestamp) -> Carried {
    let due = message.not_before.filter(|&at| at > now).map_or(0, seconds);
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let segment = CarriedSegment {
        phase: if due > 0 { Phase::Delayed } else { Phase::Waiting } as u8,
        flags: priority_bits(priority)
            | flag(message.receipt.on_success, WANTS_SUCCESS)
            | flag(message.receipt.on_failure, WANTS_FAILURE),
        target,
        attempts: 0,
        deadline: message.expires_at.map_or(NEVER, seconds),
        due,
        ids: Vec::new(),
    };
    let count = message.parts.len() as u8;
    let sighted = Sighted { state: State::Delivered, error: 0, done_at: Timestamp(0) };
    let verdict = Verdict { sighted, delivered: 0 };
    Carried { verdict, open: count, segments: vec![segment; usize::from(count)] }
}
