//! Which segment waits for which remote id.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::RemoteId;

/// A remote id in the form in which it is compared: equal if and, but for a hash of 120 bits over long ids, only
/// if it is the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key([u32; 4]);

/// Finished ids that are remembered, to tell a repeated receipt from one that nobody knows.
const FINISHED_MAX: usize = 65_536;
/// Ids of segments that ended without a receipt are swept out when there are more than this.
const STALE_MAX: usize = 65_536;

/// Whom a remote id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The segment in this slot, while the slot has this generation.
    Slot { slot: u32, generation: u32 },
    /// A segment that has its final state.
    Finished { serial: u64, part: u8 },
}

#[derive(Clone, Copy, Debug)]
struct Known {
    key: Key,
    /// Slot and generation, or the halves of the serial.
    value: [u32; 2],
    link: u16,
    finished: bool,
    part: u8,
}

const _: () = assert!(size_of::<Known>() == 28);

impl Known {
    fn holder(&self) -> Holder {
        let [low, high] = self.value;
        if self.finished {
            Holder::Finished { serial: u64::from(high) << 32 | u64::from(low), part: self.part }
        } else {
            Holder::Slot { slot: low, generation: high }
        }
    }

    fn hold(&mut self, holder: Holder) {
        match holder {
            Holder::Slot { slot, generation } => (self.value, self.finished) = ([slot, generation], false),
            Holder::Finished { serial, part } => {
                self.value = [serial as u32, (serial >> 32) as u32];
                (self.finished, self.part) = (true, part);
            }
        }
    }
}

/// Remote ids by link and key.
pub(super) struct RemoteIds {
    known: HashTable<Known>,
    finished: VecDeque<(u16, Key)>,
    /// Ids of segments that ended without one of their receipts.
    stale: usize,
    seed: RandomState,
    seed_high: RandomState,
}

impl RemoteIds {
    pub(super) fn new() -> Self {
        Self {
            known: HashTable::new(),
            finished: VecDeque::new(),
            stale: 0,
            seed: RandomState::default(),
            seed_high: RandomState::default(),
        }
    }

    /// The key of an id: its number, its octets in upper case if they are few, or a hash of them.
    pub(super) fn key(&self, id: &RemoteId) -> Key {
        const HASHED: u128 = 255 << 120;
        if let Some(number) = id.number().filter(|number| number >> 120 == 0) {
            return Key::from(number);
        }
        let upper = id.raw.iter().map(u8::to_ascii_uppercase);
        if id.raw.len() < 16 {
            let packed = upper.fold(0, |packed: u128, octet| packed << 8 | u128::from(octet));
            return Key::from((id.raw.len() as u128 + 1) << 120 | packed);
        }
        let upper: arrayvec::ArrayVec<u8, { RemoteId::OCTETS_MAX }> = upper.collect();
        let (low, high) = (self.seed.hash_one(&upper[..]), self.seed_high.hash_one(&upper[..]));
        Key::from(HASHED | u128::from(high >> 8) << 64 | u128::from(low))
    }

    fn hash(&self, link: u16, key: Key) -> u64 {
        hash_of(&self.seed, link, key)
    }

    /// Says whom receipts for this id are for from now on.
    pub(super) fn insert(&mut self, link: u16, key: Key, holder: Holder) {
        let hash = self.hash(link, key);
        let seed = &self.seed;
        let same = |known: &Known| known.link == link && known.key == key;
        match self.known.entry(hash, same, |known| hash_of(seed, known.link, known.key)) {
            Entry::Occupied(mut entry) => entry.get_mut().hold(holder),
            Entry::Vacant(entry) => {
                let mut known = Known { key, value: [0; 2], link, finished: false, part: 0 };
                known.hold(holder);
                entry.insert(known);
            }
        }
    }

    /// Whom this id belongs to.
    pub(super) fn find(&self, link: u16, key: Key) -> Option<Holder> {
        let same = |known: &Known| known.link == link && known.key == key;
        self.known.find(self.hash(link, key), same).map(Known::holder)
    }

    /// Remembers for a while that the id has had its final receipt.
    pub(super) fn finish(&mut self, link: u16, key: Key, serial: u64, part: u8) {
        self.insert(link, key, Holder::Finished { serial, part });
        self.finished.push_back((link, key));
        if self.finished.len() > FINISHED_MAX
            && let Some((link, key)) = self.finished.pop_front()
        {
            self.forget(link, key);
        }
    }

    fn forget(&mut self, link: u16, key: Key) {
        let hash = self.hash(link, key);
        let same = |known: &Known| known.finished && known.link == link && known.key == key;
        if let Ok(entry) = self.known.find_entry(hash, same) {
            entry.remove();
        }
    }

    /// A segment that has an id here has ended without a receipt that names it.
    pub(super) fn mark_stale(&mut self) {
        self.stale += 1;
    }

    /// Drops what belongs to nobody, if it has become much.
    pub(super) fn sweep(&mut self, is_live: impl Fn(u32, u32) -> bool) {
        if self.stale > STALE_MAX && self.stale > self.known.len() / 4 {
            self.known.retain(|known| match known.holder() {
                Holder::Slot { slot, generation } => is_live(slot, generation),
                Holder::Finished { .. } => true,
            });
            self.stale = 0;
        }
    }
}

fn hash_of(seed: &RandomState, link: u16, Key([a, b, c, d]): Key) -> u64 {
    let mut hasher = seed.build_hasher();
    hasher.write_u64(u64::from(a) | u64::from(b) << 32);
    hasher.write_u64(u64::from(c) | u64::from(d) << 32);
    hasher.write_u16(link);
    hasher.finish()
}

impl From<u128> for Key {
    fn from(value: u128) -> Self {
        Self([value as u32, (value >> 32) as u32, (value >> 64) as u32, (value >> 96) as u32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RemoteIdForm::{self, Decimal, Hexadecimal, Text};

    fn same(left: (&str, RemoteIdForm), right: (&str, RemoteIdForm)) -> bool {
        let ids = RemoteIds::new();
        let key = |(raw, form): (&str, _)| ids.key(&RemoteId::new(raw.as_bytes(), form));
        key(left) == key(right)
    }

    //
    #[test]
    fn ids_are_compared_by_value() {
        assert!(same(("255", Decimal), ("FF", Hexadecimal)));
        assert!(same(("000255", Decimal), ("0ff", Hexadecimal)));
        assert!(same(("18446744073709551616", Decimal), ("10000000000000000", Hexadecimal)));
        assert!(!same(("255", Decimal), ("255", Hexadecimal)));
        assert!(!same(("255", Text), ("0255", Text)));
        assert!(same(("Abc-1", Text), ("aBC-1", Text)));
        assert!(!same(("", Text), ("\0", Text)));
    }

    //
    #[test]
    fn ids_that_are_no_numbers_are_not_mangled() {
        assert!(same(("12-34", Decimal), ("12-34", Text)));
        let (long, other) = ("f47ac10b-58cc-4372-a567-0e02b2c3d479", "f47ac10b-58cc-4372-a567-0e02b2c3d470");
        assert!(same((long, Hexadecimal), (&long.to_uppercase(), Text)));
        assert!(!same((long, Text), (other, Text)));
    }

    #[test]
    fn finished_ids_are_forgotten_one_day() {
        let mut ids = RemoteIds::new();
        for number in 0..=FINISHED_MAX as u128 {
            ids.insert(3, Key::from(number), Holder::Slot { slot: 1, generation: 2 });
            ids.finish(3, Key::from(number), number as u64, 0);
        }
        assert_eq!(ids.find(3, Key::from(0)), None);
        assert_eq!(ids.find(3, Key::from(1)), Some(Holder::Finished { serial: 1, part: 0 }));
        assert_eq!(ids.find(4, Key::from(1)), None, "another link's id");
    }
}
