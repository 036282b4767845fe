//! The queues of a link.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sms::Timestamp;

use super::fifo::Fifo;
use super::slots::{Phase, Slab, Ticket, seconds};

/// Stale entries above which a queue is cleared of them.
const STALE_MAX: usize = 4096;
/// Priorities that are told apart.
const PRIORITIES: usize = 4;

/// What waits for one link. Entries whose slot no longer waits here are stale, and skipped.
#[derive(Debug, Default)]
pub(super) struct LinkQueue {
    classes: [Class; PRIORITIES],
    delayed: BinaryHeap<Reverse<(u64, Ticket)>>,
}

/// One priority. What is new comes in order of acceptance; what comes back is sorted in.
#[derive(Debug, Default)]
struct Class {
    fresh: Fifo,
    returned: BinaryHeap<Reverse<(u64, u8, Ticket)>>,
}

impl LinkQueue {
    /// Queues a slot that waits for this link. `fresh` if nothing accepted later has been queued before.
    pub(super) fn push(&mut self, slab: &Slab, ticket: Ticket, fresh: bool) {
        let Some(slot) = slab.get(ticket.slot) else { return };
        let class = &mut self.classes[usize::from(slot.priority()) % PRIORITIES];
        if fresh {
            class.fresh.push_back(ticket);
        } else {
            class.returned.push(Reverse((slot.serial(), slot.part(), ticket)));
        }
    }

    /// Queues a slot that is not due before `at`.
    pub(super) fn push_delayed(&mut self, at: Timestamp, ticket: Ticket) {
        self.delayed.push(Reverse((at.0, ticket)));
    }

    /// The next slot that waits for `link`, which is this queue's, by priority and order of acceptance.
    pub(super) fn pop(&mut self, slab: &Slab, link: u16) -> Option<Ticket> {
        self.classes.iter_mut().rev().find_map(|class| class.pop(slab, link))
    }

    /// Forgets when a slot was to be due: what it names is to be due at another time.
    pub(super) fn forget_delayed(&mut self, ticket: Ticket) {
        self.delayed.retain(|Reverse((_, other))| *other != ticket);
    }

    /// The next slot that is delayed, whether due or not.
    pub(super) fn pop_delayed(&mut self, slab: &Slab, link: u16) -> Option<Ticket> {
        while let Some(Reverse((at, ticket))) = self.delayed.pop() {
            if is_delayed(slab, link, at, ticket) {
                return Some(ticket);
            }
        }
        None
    }

    /// The next slot that was delayed and is due now.
    pub(super) fn pop_due(&mut self, slab: &Slab, link: u16, now: Timestamp) -> Option<Ticket> {
        while self.next_due().is_some_and(|due| due <= now) {
            if let Some(Reverse((at, ticket))) = self.delayed.pop()
                && is_delayed(slab, link, at, ticket)
            {
                return Some(ticket);
            }
        }
        None
    }

    /// When something delayed will be due; perhaps earlier, never later.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.delayed.peek().map(|Reverse((at, _))| Timestamp(*at))
    }

    /// Drops stale entries if they are many; `waiting` slots wait here or are delayed.
    pub(super) fn sweep(&mut self, slab: &Slab, link: u16, waiting: u64) {
        let entries: usize = self.classes.iter().map(|class| class.fresh.len() + class.returned.len()).sum();
        if entries + self.delayed.len() <= 2 * waiting as usize + STALE_MAX {
            return;
        }
        for class in &mut self.classes {
            class.fresh.retain(|ticket| is_waiting(slab, link, ticket));
            class.returned.retain(|Reverse((.., ticket))| is_waiting(slab, link, *ticket));
        }
        self.delayed.retain(|Reverse((at, ticket))| is_delayed(slab, link, *at, *ticket));
    }
}

impl Class {
    fn pop(&mut self, slab: &Slab, link: u16) -> Option<Ticket> {
        while let Some(ticket) = self.fresh.front()
            && !is_waiting(slab, link, ticket)
        {
            self.fresh.pop_front();
        }
        while let Some(Reverse((.., ticket))) = self.returned.peek()
            && !is_waiting(slab, link, *ticket)
        {
            self.returned.pop();
        }
        let fresh = self.fresh.front().and_then(|ticket| slab.get(ticket.slot));
        let Some(Reverse((serial, part, _))) = self.returned.peek() else {
            return self.fresh.pop_front();
        };
        if fresh.is_some_and(|slot| (slot.serial(), slot.part()) < (*serial, *part)) {
            self.fresh.pop_front()
        } else {
            self.returned.pop().map(|Reverse((.., ticket))| ticket)
        }
    }
}

fn is_waiting(slab: &Slab, link: u16, ticket: Ticket) -> bool {
    slab.get(ticket.slot).is_some_and(|slot| {
        slot.generation() == ticket.generation && slot.phase() == Phase::Waiting && slot.target == link
    })
}

fn is_delayed(slab: &Slab, link: u16, at: u64, ticket: Ticket) -> bool {
    slab.get(ticket.slot).is_some_and(|slot| {
        slot.generation() == ticket.generation
            && slot.phase() == Phase::Delayed
            && slot.target == link
            && slot.due == seconds(Timestamp(at))
    })
}
