//! What is kept in memory of every segment under way: thirty-two octets.

use sms::Timestamp;

use super::journal::Place;

/// Where a segment stands.
///
/// ```text
///             ┌────────────── given back, retry now ─────────────┐
///             ▼                                                   │
/// accepted ─► Waiting ──take──► Lent ──► Sent ──receipt──► Closed │
///   │           ▲                ├──────────────────────►    │    │
///   └► Delayed ─┘ ◄──retry at────┤                           │    │
///                                ├──► Held ──late answer─► Sent   │
///                                └────────────────────────────────┘
/// ```
///
/// When all segments of a message are `Closed`, the first one becomes the notice, if one is owed, and
/// goes the same way again; then the slots are `Free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// No segment.
    Free = 0,
    /// Due, in the queue of its link.
    Waiting = 1,
    /// Not due before its time.
    Delayed = 2,
    /// With a link, as an attempt.
    Lent = 3,
    /// With somebody who may move it elsewhere; no attempt.
    Evacuated = 4,
    /// With the SMSC; a receipt will come.
    Sent = 5,
    /// Perhaps with the SMSC; not sent again.
    Held = 6,
    /// It has its final state.
    Closed = 7,
}

impl Phase {
    pub(super) const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Waiting,
            2 => Self::Delayed,
            3 => Self::Lent,
            4 => Self::Evacuated,
            5 => Self::Sent,
            6 => Self::Held,
            7 => Self::Closed,
            _ => return None,
        })
    }
}

/// Bits 0 and 1 of [`Slot::flags`]: the priority.
const PRIORITY: u8 = 3;
/// The owner wants to know of success.
pub(super) const WANTS_SUCCESS: u8 = 4;
/// The owner wants to know of failure.
pub(super) const WANTS_FAILURE: u8 = 8;
/// It is the notice, not a segment.
pub(super) const NOTICE: u8 = 16;
/// An attempt ended without a known outcome: it may be with the SMSC.
pub(super) const SUSPECT: u8 = 32;
/// The next attempt is a possible duplicate and has not been counted as one.
pub(super) const UNCOUNTED: u8 = 64;
/// The bits that mean something.
const FLAGS: u8 = 127;

/// No deadline.
pub(super) const NEVER: u32 = u32::MAX;

/// The highest serial that can be kept: enough for ten years of 100,000 messages a second.
pub(super) const SERIAL_MAX: u64 = (1 << 45) - 1;

/// How many files of the journal a place can be behind the last; see [`Slot::place`].
pub(super) const FILES_MAX: usize = 1 << 16;

/// A slot while it has a certain generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

/// A segment, or the notice, of a message under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// ```text
    /// bits 0..7 flags, 7 whether the message has several segments, 8..11 phase, 11..19 part, 19..64 serial
    /// ```
    head: u64,
    offset: u32,
    /// The next segment of the message, around in a ring; the next free slot if it is free.
    pub(super) sibling: u32,
    /// When its time is up, in seconds since 1970, or [`NEVER`].
    pub(super) deadline: u32,
    /// When it is due, in seconds since 1970, rounded up; in phase `Sent` where the remote id stands.
    pub(super) due: u32,
    /// The low half of the number of the file.
    file: u16,
    /// The link that is told what becomes of the message: mostly the one that brought it.
    pub(super) told: u16,
    /// The link that takes it.
    pub(super) target: u16,
    /// Attempts so far; in phase `Sent` the low half of the number of the file where the remote id stands.
    pub(super) attempts: u16,
}

const _: () = assert!(size_of::<Slot>() == 32);

const SEVERAL_BIT: u64 = 1 << 7;
const PHASE_SHIFT: u32 = 8;
const PART_SHIFT: u32 = 11;
const SERIAL_SHIFT: u32 = 19;

impl Slot {
    const FREE: Self = Self {
        head: 0,
        offset: 0,
        sibling: 0,
        deadline: NEVER,
        due: 0,
        file: 0,
        told: 0,
        target: 0,
        attempts: 0,
    };

    /// Says whose it is: of which message, which segment, and whether there are others.
    pub(super) fn name(&mut self, serial: u64, part: u8, is_several: bool) {
        let several = if is_several { SEVERAL_BIT } else { 0 };
        self.head = serial << SERIAL_SHIFT | u64::from(part) << PART_SHIFT | several;
    }

    /// The number of the message, in order of acceptance; 0 if it is free.
    pub(super) const fn serial(&self) -> u64 {
        self.head >> SERIAL_SHIFT
    }

    /// Which segment of the message it is.
    pub(super) const fn part(&self) -> u8 {
        (self.head >> PART_SHIFT) as u8
    }

    /// Whether the message was taken over with more segments than this one.
    pub(super) const fn is_several(&self) -> bool {
        self.head & SEVERAL_BIT != 0
    }

    pub(super) const fn phase(&self) -> Phase {
        match (self.head >> PHASE_SHIFT) & 7 {
            0 => Phase::Free,
            1 => Phase::Waiting,
            2 => Phase::Delayed,
            3 => Phase::Lent,
            4 => Phase::Evacuated,
            5 => Phase::Sent,
            6 => Phase::Held,
            _ => Phase::Closed,
        }
    }

    /// For [`super::index::Index`] alone, which counts phases.
    pub(super) const fn set_phase(&mut self, phase: Phase) {
        self.head = self.head & !(7 << PHASE_SHIFT) | (phase as u64) << PHASE_SHIFT;
    }

    pub(super) const fn flags(&self) -> u8 {
        self.head as u8 & FLAGS
    }

    pub(super) const fn set_flags(&mut self, flags: u8) {
        self.head = self.head & !(FLAGS as u64) | (flags & FLAGS) as u64;
    }

    /// What tells this owner of the slot from those before and after it: 31 bits of the serial, and
    /// whether it is the notice.
    pub(super) const fn generation(&self) -> u32 {
        (self.serial() << 1) as u32 | self.has(NOTICE) as u32
    }

    /// Where the message stands in the journal; `latest` is the last file that anything was said of.
    pub(super) const fn place(&self, latest: u32) -> Place {
        Place { file: file_before(latest, self.file), offset: self.offset }
    }

    pub(super) const fn set_place(&mut self, place: Place) {
        (self.file, self.offset) = (place.file as u16, place.offset);
    }

    /// 0 to 3; higher goes first.
    pub(super) const fn priority(&self) -> u8 {
        self.flags() & PRIORITY
    }

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags() & flag != 0
    }
}

/// The last file up to `latest` whose number ends in `low`. A journal has at most [`FILES_MAX`] files.
pub(super) const fn file_before(latest: u32, low: u16) -> u32 {
    latest.wrapping_sub((latest as u16).wrapping_sub(low) as u32)
}

/// The priority as it is kept: above 3 there is no difference.
pub(super) fn priority_bits(priority: u8) -> u8 {
    priority.min(PRIORITY)
}

/// The second that `at` is in, rounded up.
pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0.div_ceil(1000)).unwrap_or(NEVER - 1).min(NEVER - 1)
}

/// Slots of a chunk: a megabyte of them.
const CHUNK_SLOTS: usize = 1 << 15;
/// The end of the list of free slots.
const NO_SLOT: u32 = u32::MAX;

/// All slots, in chunks that never move.
#[derive(Debug)]
pub(super) struct Slab {
    /// All but the last are full.
    chunks: Vec<Vec<Slot>>,
    free: u32,
    used: usize,
}

impl Slab {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), free: NO_SLOT, used: 0 }
    }

    /// How many slots there are, free ones included.
    pub(super) fn len(&self) -> u32 {
        let last = self.chunks.last().map_or(0, Vec::len);
        (self.chunks.len().saturating_sub(1) * CHUNK_SLOTS + last) as u32
    }

    /// How many slots are in use.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    pub(super) fn get(&self, slot: u32) -> Option<&Slot> {
        self.chunks.get(slot as usize / CHUNK_SLOTS)?.get(slot as usize % CHUNK_SLOTS)
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.chunks.get_mut(slot as usize / CHUNK_SLOTS)?.get_mut(slot as usize % CHUNK_SLOTS)
    }

    /// A slot for a new owner, or `None` if there are as many as can be named.
    pub(super) fn allocate(&mut self) -> Option<u32> {
        let slot = if self.free == NO_SLOT { self.grow()? } else { self.free };
        let found = self.get_mut(slot)?;
        let next = found.sibling;
        *found = Slot { sibling: slot, ..Slot::FREE };
        self.free = next;
        self.used += 1;
        Some(slot)
    }

    /// Gives a slot back; names of it are no longer valid.
    pub(super) fn release(&mut self, slot: u32) {
        let free = self.free;
        if let Some(found) = self.get_mut(slot) {
            *found = Slot { sibling: free, ..Slot::FREE };
            self.free = slot;
            self.used -= 1;
        }
    }

    /// One slot more, which is free and the only one.
    fn grow(&mut self) -> Option<u32> {
        let slot = Some(self.len()).filter(|&slot| slot < NO_SLOT)?;
        if self.chunks.last().is_none_or(|last| last.len() == CHUNK_SLOTS) {
            self.chunks.push(Vec::with_capacity(CHUNK_SLOTS));
        }
        self.chunks.last_mut()?.push(Slot { sibling: NO_SLOT, ..Slot::FREE });
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(slab: &mut Slab, slot: u32, serial: u64) -> u32 {
        let slot = slab.get_mut(slot).unwrap();
        slot.name(serial, 0, false);
        slot.generation()
    }

    #[test]
    fn a_released_slot_is_reused_under_another_generation() {
        let mut slab = Slab::new();
        let slots: Vec<u32> = (0..40_000).map(|_| slab.allocate().unwrap()).collect();
        let before = named(&mut slab, slots[7], 8);
        slab.release(slots[7]);
        assert_eq!(slab.used(), 39_999);
        assert_ne!(slab.get(slots[7]).unwrap().generation(), before, "it is free");
        assert_eq!(slab.allocate(), Some(slots[7]));
        assert_ne!(named(&mut slab, slots[7], 9), before);
        assert_eq!(slab.len(), 40_000, "over two chunks");
    }

    #[test]
    fn all_parts_of_the_head_keep_apart() {
        let mut slot = Slot::FREE;
        slot.name(SERIAL_MAX, 254, true);
        slot.set_flags(NOTICE | WANTS_FAILURE | 3);
        slot.set_phase(Phase::Closed);
        slot.set_phase(Phase::Sent);
        assert_eq!((slot.serial(), slot.part(), slot.is_several()), (SERIAL_MAX, 254, true));
        assert_eq!(
            (slot.phase(), slot.flags(), slot.priority()),
            (Phase::Sent, NOTICE | WANTS_FAILURE | 3, 3)
        );
        let notice = slot.generation();
        slot.set_flags(!NOTICE);
        assert_ne!(slot.generation(), notice, "a notice is another owner");
        assert!(slot.is_several() && slot.phase() == Phase::Sent);
    }

    #[test]
    fn the_file_of_a_place_is_the_last_that_it_can_be() {
        let mut slot = Slot::FREE;
        for (file, latest) in [(1, 1), (1, 65_536), (65_536, 65_540), (4_294_901_760, u32::MAX)] {
            slot.set_place(Place { file, offset: 7 });
            assert_eq!(slot.place(latest), Place { file, offset: 7 });
        }
    }
}
