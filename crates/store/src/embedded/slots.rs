//! What is kept in memory of every segment under way: forty octets.

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

/// No deadline.
pub(super) const NEVER: u32 = u32::MAX;

/// A segment, or the notice, of a message under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Where the message stands in the journal.
    pub(super) place: Place,
    serial_low: u32,
    serial_high: u16,
    /// The link that brought the message.
    pub(super) origin: u16,
    /// The link that takes it.
    pub(super) target: u16,
    /// Attempts so far; in phase `Sent` the low half of the number of the file where the remote id stands.
    pub(super) attempts: u16,
    /// The next segment of the message, around in a ring; the next free slot if it is free.
    pub(super) sibling: u32,
    /// Goes up when the slot changes its owner.
    pub(super) generation: u32,
    /// When its time is up, in seconds since 1970, or [`NEVER`].
    pub(super) deadline: u32,
    /// When it is due, in seconds since 1970, rounded up; in phase `Sent` where the remote id stands.
    pub(super) due: u32,
    /// Which segment of the message it is.
    pub(super) part: u8,
    /// How many segments the message has.
    pub(super) count: u8,
    /// Set by [`super::index::Index`] alone, which counts phases.
    pub(super) phase: Phase,
    pub(super) flags: u8,
}

const _: () = assert!(size_of::<Slot>() == 40);

impl Slot {
    const FREE: Self = Self {
        place: Place { file: 0, offset: 0 },
        serial_low: 0,
        serial_high: 0,
        origin: 0,
        target: 0,
        attempts: 0,
        sibling: 0,
        generation: 0,
        deadline: NEVER,
        due: 0,
        part: 0,
        count: 0,
        phase: Phase::Free,
        flags: 0,
    };

    /// The number of the message, in order of acceptance.
    pub(super) const fn serial(&self) -> u64 {
        (self.serial_high as u64) << 32 | self.serial_low as u64
    }

    pub(super) const fn set_serial(&mut self, serial: u64) {
        self.serial_low = serial as u32;
        self.serial_high = (serial >> 32) as u16;
    }

    /// 0 to 3; higher goes first.
    pub(super) const fn priority(&self) -> u8 {
        self.flags & PRIORITY
    }

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The priority as it is kept: above 3 there is no difference.
pub(super) fn priority_bits(priority: u8) -> u8 {
    priority.min(PRIORITY)
}

/// The second that `at` is in, rounded up.
pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0.div_ceil(1000)).unwrap_or(NEVER - 1).min(NEVER - 1)
}

/// How many slots are allocated at a time.
const CHUNK_SLOTS: usize = 4096;
/// The end of the list of free slots.
const NO_SLOT: u32 = u32::MAX;

/// All slots, in chunks that never move.
#[derive(Debug)]
pub(super) struct Slab {
    chunks: Vec<Box<[Slot]>>,
    free: u32,
    used: usize,
}

impl Slab {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), free: NO_SLOT, used: 0 }
    }

    /// How many slots there are, free ones included.
    pub(super) fn len(&self) -> u32 {
        (self.chunks.len() * CHUNK_SLOTS) as u32
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
        if self.free == NO_SLOT {
            self.grow()?;
        }
        let slot = self.free;
        let found = self.get_mut(slot)?;
        let (next, generation) = (found.sibling, found.generation);
        *found = Slot { generation, sibling: slot, ..Slot::FREE };
        self.free = next;
        self.used += 1;
        Some(slot)
    }

    /// Gives a slot back; names of it are no longer valid.
    pub(super) fn release(&mut self, slot: u32) {
        let free = self.free;
        if let Some(found) = self.get_mut(slot) {
            found.phase = Phase::Free;
            found.generation = found.generation.wrapping_add(1);
            found.sibling = free;
            self.free = slot;
            self.used -= 1;
        }
    }

    fn grow(&mut self) -> Option<()> {
        let first = u32::try_from(self.chunks.len() * CHUNK_SLOTS).ok()?;
        let last = first.checked_add(CHUNK_SLOTS as u32)?;
        let chunk: Vec<Slot> = (first..last)
            .map(|slot| Slot { sibling: if slot + 1 == last { NO_SLOT } else { slot + 1 }, ..Slot::FREE })
            .collect();
        self.chunks.push(chunk.into_boxed_slice());
        self.free = first;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_released_slot_is_reused_under_another_generation() {
        let mut slab = Slab::new();
        let slots: Vec<u32> = (0..10_000).map(|_| slab.allocate().unwrap()).collect();
        let before = slab.get(slots[7]).unwrap().generation;
        slab.release(slots[7]);
        assert_eq!(slab.used(), 9_999);
        assert_eq!(slab.allocate(), Some(slots[7]));
        assert_ne!(slab.get(slots[7]).unwrap().generation, before);
        assert_eq!(slab.len(), 12_288, "three chunks of 4096");
    }

    #[test]
    fn serials_keep_48_bits() {
        let mut slot = Slot::FREE;
        slot.set_serial((1 << 47) + 5);
        assert_eq!(slot.serial(), (1 << 47) + 5);
    }
}
