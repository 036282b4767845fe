//! What is done from time to time: expiry, retries that are due, carrying forward, room on the disk.

use std::time::Duration;

use sms::Timestamp;

use super::super::body::put_body;
use super::super::disk::Disk;
use super::super::fact::{accepted_kind, put_carried, put_its_tlvs, tlvs_place};
use super::super::journal::Place;
use super::super::slots::{Phase, Slot};
use super::Engine;

/// How often a part of the slots is looked at.
const SWEEP_INTERVAL: Duration = Duration::from_millis(100);
/// All slots are looked at in so many parts, but not fewer slots at a time than [`SWEEP_SLOTS_MIN`].
const SWEEP_PARTS: u32 = 100;
const SWEEP_SLOTS_MIN: u32 = 1024;
/// The most slots that change in one part.
const SWEEP_CHANGES_MAX: usize = 4096;
/// How often the room on the disk is looked at.
const ROOM_INTERVAL: Duration = Duration::from_secs(1);
/// How often something is looked at while nothing is under way.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// How many files the journal may have before stragglers are carried forward.
const FILES_MIN: usize = 4;
/// The oldest file is given up if less than one in this many of its messages is under way.
const LIVE_SHARE: u32 = 4;
/// So many more files must fit on the disk for one to be made ahead of time.
const FILES_FREE_MIN: u64 = 4;
/// So much longer than files are is one that is made, in octets: the last group goes beyond.
const LAST_GROUP_OCTETS: u64 = 1 << 20;

/// How many files before the last are read at start rather than their summaries, if much or if little of
/// them is under way; the first is also the least that are.
const SUMMARY_BEHIND_MIN: usize = 2;
const SUMMARY_BEHIND: usize = 6;
/// Much is more than one in this many of the messages.
const SUMMARY_LIVE_SHARE: u32 = 8;

/// Where housekeeping stands.
#[derive(Debug, Default)]
pub(super) struct Housekeeping {
    swept_at: Timestamp,
    room_at: Timestamp,
    cursor: u32,
    /// The file during which one was last to be made to write over.
    spare_for: Option<u32>,
}

impl<D: Disk> Engine<D> {
    /// Does what is due by the clock.
    pub(in super::super) fn tick(&mut self, now: Timestamp) {
        if self.poisoned.is_some() {
            return;
        }
        self.look_for_room(now);
        self.wake_delayed(now);
        self.seek(now);
        let swept_at = self.housekeeping.swept_at;
        if !self.journal.has_pending() && (now.since(swept_at) >= SWEEP_INTERVAL || now < swept_at) {
            self.housekeeping.swept_at = now;
            self.drop_early(now);
            self.sweep(now);
        }
    }

    /// When [`Engine::tick`] has something to do again.
    pub(in super::super) fn next_wake(&self, now: Timestamp) -> Timestamp {
        if self.recalls.is_wanted() && self.poisoned.is_none() {
            return now;
        }
        let is_idle = self.index.slab.used() == 0 && self.index.early.len() == 0;
        let sweep = now.plus(if is_idle { IDLE_INTERVAL } else { SWEEP_INTERVAL });
        let due = self.alarms.first().map(|&(due, _)| due);
        due.into_iter().chain(self.commit_due(now)).fold(sweep, Timestamp::min)
    }

    fn look_for_room(&mut self, now: Timestamp) {
        let housekeeping = &mut self.housekeeping;
        if now.since(housekeeping.room_at) < ROOM_INTERVAL && now >= housekeeping.room_at {
            return;
        }
        housekeeping.room_at = now;
        let Ok(free) = self.disk.free_octets() else { return };
        let is_full = free < self.options.reserve_octets || self.is_stalled;
        if is_full != self.is_full {
            tracing::warn!(free_octets = free, is_full, "room on the disk");
        }
        self.is_full = is_full;
    }

    fn wake_delayed(&mut self, now: Timestamp) {
        while let Some(&(_, link)) = self.alarms.first().filter(|(due, _)| *due <= now) {
            self.wake_link(link, now);
            self.set_alarm(link);
        }
    }

    /// Lets what was delayed for a link and is due now wait.
    pub(super) fn wake_link(&mut self, link: u16, now: Timestamp) {
        while let Some(outlet) = self.outlets.get_mut(usize::from(link))
            && let Some(ticket) = outlet.queue.pop_due(&self.index.slab, link, now)
        {
            self.index.set_phase(ticket.slot, Phase::Waiting);
            self.enqueue(ticket, false, None);
        }
    }

    /// Has [`Engine::tick`] wake what is due next for a link if somebody waits for that; what nobody waits for is
    /// woken when somebody comes, and costs nothing before.
    pub(super) fn set_alarm(&mut self, link: u16) {
        let Some(outlet) = self.outlets.get_mut(usize::from(link)) else { return };
        let due = outlet.queue.next_due().filter(|_| !outlet.waiters.is_empty());
        if due == outlet.alarm {
            return;
        }
        if let Some(before) = std::mem::replace(&mut outlet.alarm, due) {
            self.alarms.remove(&(before, link));
        }
        self.alarms.extend(due.map(|due| (due, link)));
    }

    fn sweep(&mut self, now: Timestamp) {
        let slots = self.index.slab.len();
        if slots == 0 {
            return;
        }
        let carried = self.file_to_carry();
        // Deadlines are rounded up: no message is valid for less than was asked.
        let now_s = u32::try_from(now.0 / 1000).unwrap_or(u32::MAX);
        let start = self.housekeeping.cursor;
        let mut changes = 0;
        self.journal.begin();
        for _ in 0..(slots / SWEEP_PARTS).max(SWEEP_SLOTS_MIN).min(slots) {
            let number = self.housekeeping.cursor;
            self.housekeeping.cursor = (number + 1) % slots;
            let Some(slot) = self.index.slab.get(number) else { continue };
            if slot.deadline <= now_s && may_lapse(slot.phase()) {
                self.lapse(number, now);
                changes += 1;
            } else if self.is_to_carry(slot, carried) {
                self.carry(number);
                changes += 1;
            }
            if changes >= SWEEP_CHANGES_MAX || self.poisoned.is_some() {
                break;
            }
        }
        self.journal.end(now, false);
        if self.housekeeping.cursor <= start {
            self.sweep_stale();
        }
    }

    fn is_to_carry(&self, slot: &Slot, file: Option<u32>) -> bool {
        slot.part() == 0 && slot.phase() != Phase::Free && Some(self.index.place_of(slot).file) == file
    }

    fn sweep_stale(&mut self) {
        let Self { outlets, index, .. } = self;
        for (outlet, link) in outlets.iter_mut().zip(0_u16..) {
            outlet.queue.sweep(&index.slab, link, index.waiting(link));
        }
        let slab = &index.slab;
        index
            .remote
            .sweep(|slot, generation| slab.get(slot).is_some_and(|slot| slot.generation() == generation));
    }

    /// The oldest file, if it is worth moving what still lives there to the end of the journal.
    fn file_to_carry(&self) -> Option<u32> {
        let files = self.journal.files();
        let oldest = files.front().filter(|_| files.len() > FILES_MIN)?;
        let count = self.index.census.of(oldest.number);
        let is_sparse = count.live < count.messages / LIVE_SHARE || count.messages == 0;
        (is_sparse || self.is_mostly_over()).then_some(oldest.number)
    }

    /// Whether little of the whole journal is under way.
    fn is_mostly_over(&self) -> bool {
        let (mut total, mut live) = (0, 0);
        for file in self.journal.files() {
            let count = self.index.census.of(file.number);
            total += file.octets;
            live += file.octets * u64::from(count.live) / u64::from(count.messages.max(1));
        }
        total / u64::from(LIVE_SHARE) > live
    }

    /// Puts a message with all that happened to it at the end of the journal. A group has been begun.
    fn carry(&mut self, first: u32) {
        let Some(kept) = self.kept(first) else { return };
        let Self { index, bodies, disk, .. } = self;
        let (mut failure, end) = (None, self.journal.written());
        let carried = index.carry(first, &mut |slot: &Slot| {
            bodies.remote_id(disk, index.id_place(slot), end).map_err(|error| failure = Some(error)).ok()
        });
        if let Some(error) = failure {
            return self.poison(&error);
        }
        let (Some(carried), Some(&slot)) = (carried, self.index.slab.get(first)) else { return };
        let Some(route) = self.route_of(&slot, &kept) else { return };
        let tlvs = self.tlvs_at(self.index.tlvs_of(first));
        if self.poisoned.is_some() {
            return;
        }
        let place = self.journal.place();
        let out = self.journal.facts();
        let start = out.len();
        out.push(accepted_kind(true));
        put_body(out, &route, &kept.message);
        let offsets = put_carried(out, &carried);
        let id_place = |at: usize| Place { offset: place.offset + (at - start) as u32, ..place };
        let id_places: Vec<Option<Place>> = offsets
            .iter()
            .zip(&carried.segments)
            .map(|(at, segment)| at.filter(|_| segment.phase == Phase::Sent as u8).map(id_place))
            .collect();
        self.index.move_to(first, place, &id_places);
        if !tlvs.is_empty() {
            let place = self.journal.place();
            put_its_tlvs(self.journal.facts(), slot.serial(), &tlvs);
            self.index.keep_tlvs(first, Some(tlvs_place(place)));
        }
    }

    /// Orders summaries of the files that the next start would have to read for what is under way.
    ///
    /// In the usual flow a file is gone before it is its turn, and so is soon what is carried forward.
    pub(super) fn order_summaries(&mut self) {
        let carried = self.file_to_carry();
        let behind = self.journal.files().iter().rev().zip(0_usize..).skip(SUMMARY_BEHIND_MIN);
        for (file, behind) in behind {
            let count = self.index.census.of(file.number);
            let is_due = behind >= SUMMARY_BEHIND || count.live > count.messages / SUMMARY_LIVE_SHARE;
            if is_due && Some(file.number) != carried && self.summarised.insert(file.number) {
                self.orders.put(file.number);
            }
        }
    }

    /// Has the file made that the journal goes on in when this one is over, if there is none to write over,
    /// so that it need not grow. Once for each file.
    pub(super) fn make_spare(&mut self) {
        let file = self.journal.durable().file;
        let is_short = self.journal.current_octets() < self.short_file_octets();
        if is_short || self.disk.has_spare() || self.housekeeping.spare_for == Some(file) {
            return;
        }
        self.housekeeping.spare_for = Some(file);
        let octets = self.file_octets() + LAST_GROUP_OCTETS.min(self.options.segment_octets);
        let needed = self.options.reserve_octets + FILES_FREE_MIN * octets;
        if self.disk.free_octets().is_ok_and(|free| free >= needed) {
            self.disk.make_spare(octets);
        }
    }

    /// Removes files from the old end of the journal that nobody needs. Everything said has been synced.
    pub(super) fn remove_unneeded(&mut self) {
        if self.journal.is_unsynced() || self.journal.has_pending() {
            return;
        }
        while let Some(oldest) = self.journal.files().front().map(|file| file.number)
            && self.journal.files().len() > 1
        {
            let count = self.index.census.of(oldest);
            if count.live > 0 || count.early > 0 || self.progress.read().file <= oldest {
                return;
            }
            if let Err(error) = self.journal.remove_first(&mut self.disk) {
                return self.poison(&error);
            }
            self.summarised.remove(&oldest);
            self.index.census.forget(oldest);
        }
    }
}

const fn may_lapse(phase: Phase) -> bool {
    matches!(phase, Phase::Waiting | Phase::Delayed | Phase::Sent | Phase::Held)
}
