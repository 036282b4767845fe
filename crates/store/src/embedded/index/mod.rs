//! The state of the store: what follows from the facts of the journal.

mod carry;
mod tally;

use std::collections::HashMap;
use std::time::Duration;

use sms::{State, Timestamp};

use super::census::Census;
use super::early::Early;
use super::fact::{Change, REMOTE_ID_OFFSET, Sighted, Verdict};
use super::journal::Place;
use super::remote::{Holder, Key, RemoteIds};
use super::slots::{
    NEVER, NOTICE, Phase, SERIAL_MAX, SUSPECT, Slab, Slot, UNCOUNTED, WANTS_FAILURE, WANTS_SUCCESS,
    file_before, priority_bits, seconds,
};
use crate::RemoteId;
use tally::{Tally, is_delivered};

/// How long after the end of its validity a receipt for a segment may still come, in seconds.
const RECEIPT_GRACE_S: u32 = 3600;

/// All that is under way, changed by facts alone: replaying the journal gives the same again.
pub(super) struct Index {
    pub(super) slab: Slab,
    pub(super) remote: RemoteIds,
    pub(super) early: Early,
    pub(super) census: Census,
    tallies: HashMap<u32, Tally, foldhash::fast::RandomState>,
    /// Where the TLVs stand of the receipt that the state of a message is from so far, by its first slot, if it had any.
    tlvs: HashMap<u32, Place, foldhash::fast::RandomState>,
    /// Ids besides the one whose place the slot knows.
    more_ids: HashMap<u32, Vec<(u16, RemoteId)>, foldhash::fast::RandomState>,
    /// By link.
    waiting: Vec<Waiting>,
    /// The links of which more or less waits than was told.
    untold: Vec<u16>,
    /// The last file of the journal that anything was said of.
    latest: u32,
    pub(super) awaiting_receipt: u64,
    pub(super) live_messages: u64,
    pub(super) possible_duplicates: u64,
    receipt_timeout_s: u32,
    notice_timeout_s: u32,
}

/// How many slots wait for a link or are delayed.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    count: u64,
    /// It has changed since it was told.
    is_untold: bool,
}

/// A message that is taken over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newcomer {
    pub(super) serial: u64,
    pub(super) place: Place,
    /// The link that is told what becomes of it.
    pub(super) told: u16,
    pub(super) target: u16,
    pub(super) priority: u8,
    pub(super) count: u8,
    pub(super) wants_success: bool,
    pub(super) wants_failure: bool,
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
}

/// A message got its final state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) verdict: Verdict,
    /// The slot that has become the notice, if one is owed.
    pub(super) notice: Option<u32>,
}

impl Index {
    pub(super) fn new(receipt_timeout: Duration, notice_timeout: Duration) -> Self {
        let whole_seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(NEVER);
        Self {
            slab: Slab::new(),
            remote: RemoteIds::new(),
            early: Early::default(),
            census: Census::default(),
            tallies: HashMap::default(),
            tlvs: HashMap::default(),
            more_ids: HashMap::default(),
            waiting: Vec::new(),
            untold: Vec::new(),
            latest: 0,
            awaiting_receipt: 0,
            live_messages: 0,
            possible_duplicates: 0,
            receipt_timeout_s: whole_seconds(receipt_timeout),
            notice_timeout_s: whole_seconds(notice_timeout),
        }
    }

    /// How many segments and notices wait for this link, due or not.
    pub(super) fn waiting(&self, link: u16) -> u64 {
        self.waiting.get(usize::from(link)).map_or(0, |waiting| waiting.count)
    }

    /// Tells how much waits for each link of which that has changed since it was told.
    pub(super) fn tell_waiting(&mut self, mut tell: impl FnMut(u16, u64)) {
        for link in self.untold.drain(..) {
            if let Some(waiting) = self.waiting.get_mut(usize::from(link)) {
                waiting.is_untold = false;
                tell(link, waiting.count);
            }
        }
    }

    /// Where the message in a slot stands in the journal.
    pub(super) fn place_of(&self, slot: &Slot) -> Place {
        slot.place(self.latest)
    }

    /// Takes a message in and returns its first slot; `None` if there are too many slots, or serials.
    pub(super) fn insert(&mut self, new: &Newcomer, now: Timestamp) -> Option<u32> {
        if new.serial > SERIAL_MAX {
            return None;
        }
        self.latest = self.latest.max(new.place.file);
        let first = self.slab.allocate()?;
        self.fill(first, 0, new, now);
        let mut last = first;
        for part in 1..new.count {
            let Some(slot) = self.slab.allocate() else {
                self.forget(first);
                return None;
            };
            self.fill(slot, part, new, now);
            self.link(last, slot, first);
            last = slot;
        }
        self.census.enter(new.place.file);
        self.live_messages += 1;
        Some(first)
    }

    fn fill(&mut self, number: u32, part: u8, new: &Newcomer, now: Timestamp) {
        let Some(slot) = self.slab.get_mut(number) else { return };
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        slot.name(new.serial, part, new.count > 1);
        slot.set_place(new.place);
        (slot.told, slot.target) = (new.told, new.target);
        slot.set_flags(
            priority_bits(new.priority)
                | flag(new.wants_success, WANTS_SUCCESS)
                | flag(new.wants_failure, WANTS_FAILURE),
        );
        slot.deadline = new.expires_at.map_or(NEVER, seconds);
        let delayed = new.not_before.filter(|&at| at > now);
        slot.due = delayed.map_or(0, seconds);
        self.set_phase(number, if delayed.is_some() { Phase::Delayed } else { Phase::Waiting });
    }

    fn link(&mut self, last: u32, slot: u32, first: u32) {
        if let Some(last) = self.slab.get_mut(last) {
            last.sibling = slot;
        }
        if let Some(slot) = self.slab.get_mut(slot) {
            slot.sibling = first;
        }
    }

    /// The slots of a message in order, from its first.
    pub(super) fn ring(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let next = move |&slot: &u32| {
            self.slab.get(slot).map(|found| found.sibling).filter(|&sibling| sibling != first)
        };
        std::iter::successors(Some(first), next)
    }

    /// The first slot of the message that `slot` belongs to.
    pub(super) fn first_of(&self, slot: u32) -> u32 {
        let is_first = |&slot: &u32| self.slab.get(slot).is_some_and(|slot| slot.part() == 0);
        self.ring(slot).find(is_first).unwrap_or(slot)
    }

    /// Puts a slot into a phase, and counts.
    pub(super) fn set_phase(&mut self, number: u32, phase: Phase) {
        let Some(slot) = self.slab.get_mut(number) else { return };
        let (before, target) = (slot.phase(), slot.target);
        slot.set_phase(phase);
        let waits = |phase| matches!(phase, Phase::Waiting | Phase::Delayed);
        if waits(before) != waits(phase) {
            self.count_waiting(target, waits(phase));
        }
        match (before == Phase::Sent, phase == Phase::Sent) {
            (false, true) => self.awaiting_receipt += 1,
            (true, false) => self.awaiting_receipt -= 1,
            _ => {}
        }
    }

    /// One more waits for a link, or one less.
    fn count_waiting(&mut self, link: u16, is_more: bool) {
        let at = usize::from(link);
        if self.waiting.len() <= at {
            self.waiting.resize(at + 1, Waiting::default());
        }
        let Some(waiting) = self.waiting.get_mut(at) else { return };
        waiting.count = if is_more { waiting.count + 1 } else { waiting.count.saturating_sub(1) };
        if !std::mem::replace(&mut waiting.is_untold, true) {
            self.untold.push(link);
        }
    }

    /// Lets a change happen to a slot; `place` is where the fact starts that says so.
    pub(super) fn apply(
        &mut self,
        number: u32,
        change: &Change,
        place: Place,
        now: Timestamp,
    ) -> Option<Ended> {
        let slot = *self.slab.get(number)?;
        self.latest = self.latest.max(place.file);
        match change {
            Change::Attempted { .. } => self.attempt(number),
            Change::Returned => {
                self.with(number, |slot| slot.attempts = slot.attempts.saturating_sub(1));
                self.set_phase(number, Phase::Waiting);
            }
            Change::Sent { .. } | Change::Done { .. } if slot.has(NOTICE) => self.forget(number),
            Change::Sent { link, remote_id } => self.sent(number, *link, remote_id, place, now),
            Change::Amended { link, remote_id } => self.amend(number, *link, remote_id, place, now),
            Change::Retry { at, .. } => {
                if slot.phase() == Phase::Held {
                    self.with(number, |slot| slot.deadline = slot.deadline.saturating_sub(RECEIPT_GRACE_S));
                }
                self.delay(number, *at, now);
            }
            Change::Redirect { to } => self.redirect(number, *to, now),
            Change::Moved { to, until, .. } => {
                self.with(number, |slot| (slot.attempts, slot.due, slot.deadline) = (0, 0, seconds(*until)));
                self.redirect(number, *to, now);
            }
            Change::Unknown { retry_at: Some(at), .. } => {
                self.with(number, |slot| slot.set_flags(slot.flags() | SUSPECT | UNCOUNTED));
                self.delay(number, *at, now);
            }
            Change::Unknown { retry_at: None, .. } => {
                let deadline = self.answer_deadline(&slot, now);
                self.with(number, |slot| {
                    slot.set_flags(slot.flags() | SUSPECT);
                    slot.deadline = deadline;
                });
                self.set_phase(number, Phase::Held);
            }
            Change::Done { state, .. } | Change::Lapsed { state } => {
                return self.close(number, Sighted { state: *state, error: 0, done_at: now }, None, now);
            }
            Change::Failed { state, cause } => {
                let sighted = Sighted { state: *state, error: cause.error(), done_at: now };
                return self.close(number, sighted, None, now);
            }
            Change::Receipt { sighted, .. } if sighted.state == State::Enroute => {}
            Change::Receipt { sighted, .. } => {
                return self.close(number, *sighted, change.tlvs_place(place), now);
            }
        }
        None
    }

    fn with(&mut self, number: u32, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slab.get_mut(number) {
            change(slot);
        }
    }

    fn attempt(&mut self, number: u32) {
        let mut duplicate = false;
        self.with(number, |slot| {
            duplicate = slot.has(UNCOUNTED);
            slot.set_flags(slot.flags() & !UNCOUNTED);
            slot.attempts = slot.attempts.saturating_add(1);
            slot.due = 0;
        });
        self.possible_duplicates += u64::from(duplicate);
        self.set_phase(number, Phase::Lent);
    }

    /// Puts a slot back that is not to be lent before `at`.
    pub(super) fn delay(&mut self, number: u32, at: Timestamp, now: Timestamp) {
        self.with(number, |slot| slot.due = if at > now { seconds(at) } else { 0 });
        self.set_phase(number, if at > now { Phase::Delayed } else { Phase::Waiting });
    }

    fn redirect(&mut self, number: u32, to: u16, now: Timestamp) {
        self.set_phase(number, Phase::Lent);
        self.with(number, |slot| slot.target = to);
        self.give_back(number, now);
    }

    /// Puts a slot that was lent back to where it was.
    pub(super) fn give_back(&mut self, number: u32, now: Timestamp) {
        let delayed = self.slab.get(number).is_some_and(|slot| u64::from(slot.due) * 1000 > now.0);
        self.set_phase(number, if delayed { Phase::Delayed } else { Phase::Waiting });
    }

    /// Until when to wait for what the SMSC says of a segment.
    fn answer_deadline(&self, slot: &Slot, now: Timestamp) -> u32 {
        let now = seconds(now);
        let patience = now.saturating_add(self.receipt_timeout_s).min(NEVER - 1);
        if slot.deadline == NEVER {
            return patience;
        }
        slot.deadline.max(now).saturating_add(RECEIPT_GRACE_S).min(patience)
    }

    fn sent(&mut self, number: u32, link: u16, id: &RemoteId, place: Place, now: Timestamp) {
        let id_place = Place { offset: place.offset + REMOTE_ID_OFFSET as u32, ..place };
        let deadline = self.slab.get(number).map_or(NEVER, |slot| self.answer_deadline(slot, now));
        self.with(number, |slot| slot.deadline = deadline);
        self.expect_receipt(number, link, id, id_place);
    }

    fn expect_receipt(&mut self, number: u32, link: u16, id: &RemoteId, id_place: Place) {
        self.hold_id(number, link, id);
        self.with(number, |slot| (slot.attempts, slot.due) = (id_place.file as u16, id_place.offset));
        self.set_phase(number, Phase::Sent);
    }

    fn hold_id(&mut self, number: u32, link: u16, id: &RemoteId) {
        let key = self.remote.key(id);
        if let Some(slot) = self.slab.get(number) {
            self.remote.insert(link, key, Holder::Slot { slot: number, generation: slot.generation() });
        }
    }

    fn amend(&mut self, number: u32, link: u16, id: &RemoteId, place: Place, now: Timestamp) {
        let Some(slot) = self.slab.get(number) else { return };
        match slot.phase() {
            Phase::Waiting | Phase::Delayed | Phase::Held => self.sent(number, link, id, place, now),
            Phase::Lent | Phase::Evacuated | Phase::Sent => {
                self.hold_id(number, link, id);
                self.more_ids.entry(number).or_default().push((link, id.clone()));
            }
            Phase::Closed | Phase::Free => {}
        }
    }

    /// Where the remote id of a slot in phase `Sent` stands.
    pub(super) fn id_place(&self, slot: &Slot) -> Place {
        Place { file: file_before(self.latest, slot.attempts), offset: slot.due }
    }

    /// Ids of a slot besides the one at [`Index::id_place`].
    pub(super) fn more_ids(&self, number: u32) -> &[(u16, RemoteId)] {
        self.more_ids.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Whom a receipt for this id is for.
    pub(super) fn holder(&self, link: u16, key: Key) -> Option<Holder> {
        self.remote.find(link, key)
    }

    /// What the owner of a notice is told.
    pub(super) fn verdict(&self, first: u32) -> Option<Verdict> {
        self.tallies.get(&first).map(|tally| tally.verdict)
    }

    /// Where the TLVs stand that the owner of a message is told with its state, if there are any.
    pub(super) fn tlvs_of(&self, first: u32) -> Option<Place> {
        if self.tlvs.is_empty() { None } else { self.tlvs.get(&first).copied() }
    }

    /// The state of a message is from a receipt whose TLVs stand there, or from something that had none.
    pub(super) fn keep_tlvs(&mut self, first: u32, place: Option<Place>) {
        match place {
            Some(place) => drop(self.tlvs.insert(first, place)),
            None if self.tlvs.is_empty() => {}
            None => drop(self.tlvs.remove(&first)),
        }
    }

    /// TLVs that stood at an offset of this file now stand where `shifted` says.
    pub(super) fn shift_tlvs(&mut self, file: u32, shifted: &impl Fn(u32) -> u32) {
        for place in self.tlvs.values_mut().filter(|place| place.file == file) {
            place.offset = shifted(place.offset);
        }
        self.early.shift(file, shifted);
    }

    fn close(&mut self, number: u32, sighted: Sighted, tlvs: Option<Place>, now: Timestamp) -> Option<Ended> {
        let slot = *self.slab.get(number)?;
        if slot.has(NOTICE) {
            self.forget(number);
            return None;
        }
        if slot.phase() == Phase::Closed {
            return None;
        }
        if slot.phase() == Phase::Sent {
            self.remote.mark_stale();
        }
        if !self.more_ids.is_empty() && self.more_ids.remove(&number).is_some() {
            self.remote.mark_stale();
        }
        self.set_phase(number, Phase::Closed);
        self.judge(number, slot, sighted, tlvs).map(|(first, verdict)| self.end(first, verdict, now))
    }

    /// Adds a segment's final state to its message's; the verdict if it was the last.
    fn judge(
        &mut self,
        number: u32,
        slot: Slot,
        sighted: Sighted,
        tlvs: Option<Place>,
    ) -> Option<(u32, Verdict)> {
        if !slot.is_several() {
            self.keep_tlvs(number, tlvs);
            let delivered = u8::from(is_delivered(sighted.state));
            return Some((number, Verdict { sighted, delivered }));
        }
        let first = self.first_of(number);
        let count = self.ring(first).count() as u8;
        let tally = self.tallies.entry(first).or_insert_with(|| Tally::new(count));
        let is_decided = tally.add(sighted, count);
        let verdict = (tally.open == 0).then_some((first, tally.verdict));
        if is_decided {
            self.keep_tlvs(first, tlvs);
        }
        verdict
    }

    fn end(&mut self, first: u32, verdict: Verdict, now: Timestamp) -> Ended {
        let wanted = match verdict.sighted.state {
            State::Delivered => WANTS_SUCCESS,
            State::HandedOver | State::Enroute => 0,
            _ => WANTS_FAILURE,
        };
        if !self.slab.get(first).is_some_and(|slot| slot.has(wanted)) {
            self.forget(first);
            return Ended { verdict, notice: None };
        }
        self.release_siblings(first);
        let deadline = seconds(now).saturating_add(self.notice_timeout_s).min(NEVER - 1);
        self.with(first, |slot| {
            slot.sibling = first;
            (slot.target, slot.attempts, slot.due, slot.deadline) = (slot.told, 0, 0, deadline);
            slot.set_flags((slot.flags() | NOTICE) & !(SUSPECT | UNCOUNTED));
        });
        self.tallies.insert(first, Tally { verdict, open: 0 });
        self.set_phase(first, Phase::Waiting);
        Ended { verdict, notice: Some(first) }
    }

    fn release_siblings(&mut self, first: u32) {
        let mut next = self.slab.get(first).map_or(first, |slot| slot.sibling);
        while next != first {
            let Some(slot) = self.slab.get(next) else { return };
            let after = slot.sibling;
            self.set_phase(next, Phase::Free);
            self.slab.release(next);
            next = after;
        }
    }

    /// Lets a message go with all that is known of it.
    pub(super) fn forget(&mut self, first: u32) {
        let Some(&slot) = self.slab.get(first) else { return };
        if slot.is_several() || slot.has(NOTICE) {
            self.tallies.remove(&first);
        }
        self.keep_tlvs(first, None);
        self.release_siblings(first);
        self.set_phase(first, Phase::Free);
        self.slab.release(first);
        self.census.leave(self.place_of(&slot).file);
        self.live_messages = self.live_messages.saturating_sub(1);
    }
}
