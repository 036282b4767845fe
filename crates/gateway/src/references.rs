//! The numbers that tell the parts of one long message from those of another.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU16, Ordering};

use sms::Address;

use crate::chance::Chance;

/// A counter for each pair of source and destination (N-3): two messages to one handset get the same
/// number only when all others have been used. Pairs that share a counter only use it up sooner.
pub(crate) struct References {
    counters: Box<[AtomicU16]>,
}

impl References {
    /// Counters that start anywhere, so that those of a process do not repeat those of the one before.
    pub(crate) fn new(chance: &Chance) -> Self {
        let start = || u16::from_be_bytes([chance.octet(), chance.octet()]);
        Self { counters: (0..COUNTERS).map(|_| AtomicU16::new(start())).collect() }
    }

    /// The next number for a message from `source` to `destination`.
    pub(crate) fn next(&self, source: &Address, destination: &Address) -> u16 {
        let pair = (&source.value[..], &destination.value[..]);
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(pair);
        let counter = usize::try_from(hash % COUNTERS).ok().and_then(|at| self.counters.get(at));
        counter.map_or(0, |counter| counter.fetch_add(1, Ordering::Relaxed))
    }
}

/// 128 KiB of counters.
const COUNTERS: u64 = 65_536;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_pair_counts_for_itself() {
        // N-3
        let references = References::new(&Chance::seeded(7));
        let address = |digits: &str| Address::guess(digits.as_bytes()).unwrap();
        let (bank, ani, budi) = (address("BANK"), address("62811"), address("62812"));
        let first = references.next(&bank, &ani);
        references.next(&bank, &budi);
        assert_eq!(references.next(&bank, &ani), first.wrapping_add(1));
        let last = (0..u16::MAX).fold(0, |_, _| references.next(&bank, &ani));
        assert_eq!(last, first);
    }
}
