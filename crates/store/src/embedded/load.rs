//! What messages weigh that wait for the engine, and how much of that there may be.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};

/// What messages weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) octets: usize,
    pub(super) messages: usize,
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        self.octets = self.octets.saturating_add(other.octets);
        self.messages = self.messages.saturating_add(other.messages);
    }
}

/// A weight that has a limit. Many change it at a time without a lock: both halves are one number, so that nobody sees
/// what another has only half taken.
#[derive(Debug)]
pub(super) struct Load {
    now: AtomicU64,
    max: Weight,
}

impl Load {
    /// None, and so much at most; more than a half has room for is never there.
    pub(super) fn new(max: Weight) -> Self {
        let most = u32::MAX as usize;
        let max = Weight { octets: max.octets.min(most), messages: max.messages.min(most) };
        Self { now: AtomicU64::new(0), max }
    }

    /// Adds so much if there is room for it; whether there was.
    pub(super) fn add(&self, more: Weight) -> bool {
        let added = |now| {
            let mut sum = unpacked(now);
            sum += more;
            (sum.octets <= self.max.octets && sum.messages <= self.max.messages).then_some(packed(sum))
        };
        self.now.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added).is_ok()
    }

    /// Takes away so much of what was added.
    pub(super) fn remove(&self, less: Weight) {
        if less != Weight::default() {
            self.now.fetch_sub(packed(less), Ordering::Relaxed);
        }
    }

    /// How much of what may be is there, in percent.
    pub(super) fn percent(&self) -> u8 {
        let now = unpacked(self.now.load(Ordering::Relaxed));
        let percent = |used: usize, max: usize| (used * 100).checked_div(max).unwrap_or(100);
        let fullest = percent(now.octets, self.max.octets).max(percent(now.messages, self.max.messages));
        fullest.min(100) as u8
    }

    #[cfg(test)]
    pub(super) fn is_nothing(&self) -> bool {
        self.now.load(Ordering::Relaxed) == 0
    }
}

fn packed(weight: Weight) -> u64 {
    (weight.messages as u64) << HALF | weight.octets as u64
}

fn unpacked(weight: u64) -> Weight {
    Weight { octets: (weight & u64::from(u32::MAX)) as usize, messages: (weight >> HALF) as usize }
}

const HALF: u32 = u32::BITS;

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(octets: usize, messages: usize) -> Weight {
        Weight { octets, messages }
    }

    #[test]
    fn each_half_has_its_limit() {
        let load = Load::new(weight(1000, 4));
        assert!(load.add(weight(1000, 1)) && !load.add(weight(1, 1)) && load.add(weight(0, 3)));
        assert!(!load.add(weight(0, 1)));
        assert_eq!(load.percent(), 100);
        load.remove(weight(1000, 1));
        assert!(load.add(weight(999, 1)));
        load.remove(weight(999, 4));
        assert!(load.is_nothing());
        assert!(!load.add(weight(usize::MAX, 1)) && !load.add(weight(1, usize::MAX)) && load.is_nothing());
    }

    #[test]
    fn the_fuller_half_counts() {
        let load = Load::new(weight(1000, 4));
        assert_eq!(load.percent(), 0);
        load.add(weight(999, 1));
        assert_eq!(load.percent(), 99);
        load.remove(weight(999, 0));
        assert_eq!(load.percent(), 25);
        assert_eq!(Load::new(weight(0, 4)).percent(), 100);
    }

    #[test]
    fn a_half_has_room_for_as_much_as_may_be() {
        let load = Load::new(weight(usize::MAX, usize::MAX));
        let half = u32::MAX as usize;
        assert!(load.add(weight(half, half)) && !load.add(weight(1, 0)) && !load.add(weight(0, 1)));
        load.remove(weight(half, half));
        assert!(load.is_nothing());
    }
}
