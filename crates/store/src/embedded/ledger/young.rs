//! Keys that are in no file yet, shared by the thread that writes and the one that reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key_file::{Key, delta_of, key};
use super::name::Name;

/// How many keys are sorted at a time.
const PIECE_KEYS: usize = 4096;

/// The keys of the latest records of a file.
#[derive(Debug, Default)]
pub(super) struct Young {
    /// Pieces of [`PIECE_KEYS`], each ascending, and less than a piece that is not sorted.
    keys: Vec<Key>,
}

impl Young {
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn push(&mut self, key: Key) {
        self.keys.push(key);
        if self.keys.len().is_multiple_of(PIECE_KEYS) {
            let start = self.keys.len() - PIECE_KEYS;
            self.keys.get_mut(start..).unwrap_or_default().sort_unstable();
        }
    }

    /// The serials below `below` with this hash, in the order of their pieces, some perhaps twice.
    fn serials(&self, hash: u32, below: u32) -> Vec<u32> {
        let (first, limit) = (key(hash, 0), key(hash, below));
        let pieces = self.keys.chunks_exact(PIECE_KEYS);
        let rest = pieces.remainder().iter().filter(|key| (first..limit).contains(key));
        let mut serials: Vec<u32> = rest.map(|&key| delta_of(key)).collect();
        for piece in pieces {
            let start = piece.partition_point(|&key| key < first);
            let its = piece.iter().skip(start).take_while(|&&key| key < limit);
            serials.extend(its.map(|&key| delta_of(key)));
        }
        serials
    }

    /// Puts all keys in order and gives them, ascending, each once.
    pub(super) fn sorted(&mut self) -> &[Key] {
        // A stable sort finds the pieces and merges them.
        self.keys.sort();
        self.keys.dedup();
        &self.keys
    }

    /// Forgets all keys, and keeps their room.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
    }
}

/// What is known of the keys of files besides what is in their files of keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Register(Arc<Mutex<Entries>>);

/// What is known of a file besides what is in its file of keys.
#[derive(Debug)]
pub(super) struct Known {
    /// Serials of young records, ascending; `None` if no records are added to the file.
    pub(super) young: Option<Vec<u32>>,
    /// How often files of keys were replaced: one that was opened before the last time may be another.
    pub(super) replaced: u64,
}

#[derive(Debug, Default)]
struct Entries {
    /// The files that records are added to.
    young: BTreeMap<Name, Young>,
    /// The files whose keys are to be looked after: they are of no use until then.
    wanted: BTreeSet<Name>,
    /// The files whose keys are of an older version: they are of use until they are made again.
    outdated: BTreeSet<Name>,
    /// How often files of keys were replaced.
    replaced: u64,
}

impl Register {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `change` work on the young keys of a file, which has some from here on.
    pub(super) fn with_young<T>(&self, name: Name, change: impl FnOnce(&mut Young) -> T) -> T {
        change(self.lock().young.entry(name).or_default())
    }

    /// All records of the file have their keys in its file of keys.
    pub(super) fn close(&self, name: Name) {
        self.lock().young.remove(&name);
    }

    /// What is known of a file, of young records those with serials below `below`. `None` if its keys are of no use.
    pub(super) fn look(&self, name: Name, hash: u32, below: u32) -> Option<Known> {
        let entries = self.lock();
        if entries.wanted.contains(&name) {
            return None;
        }
        let mut young = entries.young.get(&name).map(|young| young.serials(hash, below));
        let replaced = entries.replaced;
        // Who writes does not wait while they are put in order.
        drop(entries);
        if let Some(young) = &mut young {
            // Most pieces ascend and follow each other, which a stable sort makes use of.
            young.sort();
            young.dedup();
        }
        Some(Known { young, replaced })
    }

    /// The keys of a file are of no use.
    pub(super) fn want(&self, name: Name) {
        self.lock().wanted.insert(name);
    }

    /// The keys of a file are of an older version.
    pub(super) fn renew(&self, name: Name) {
        self.lock().outdated.insert(name);
    }

    /// The files whose keys are to be looked after: those of no use, or else one that is outdated.
    pub(super) fn wanted(&self) -> Vec<Name> {
        let entries = self.lock();
        match entries.wanted.is_empty() {
            true => entries.outdated.first().copied().into_iter().collect(),
            false => entries.wanted.iter().copied().collect(),
        }
    }

    /// The keys of a file are good; `is_new` if they are in another file of keys than before.
    pub(super) fn mended(&self, name: Name, is_new: bool) {
        let mut entries = self.lock();
        entries.wanted.remove(&name);
        entries.outdated.remove(&name);
        entries.replaced += u64::from(is_new);
    }

    /// Nothing is known of any file.
    pub(super) fn clear(&self) {
        let mut entries = self.lock();
        entries.young.clear();
        entries.wanted.clear();
        entries.outdated.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_keys_are_found_sorted_or_not() {
        let (register, name) = (Register::default(), Name { first_serial: 1, day: 1 });
        let young = |hash, below| register.look(name, hash, below).and_then(|known| known.young);
        assert_eq!(young(0, u32::MAX), None);
        register.with_young(name, |young| {
            for delta in 0..10_000_u32 {
                young.push(key(delta % 3, delta));
                young.push(key(u32::MAX - delta, delta));
            }
            young.push(key(0, 0));
        });
        for hash in 0..3 {
            let expected: Vec<u32> = (0..9_000).filter(|delta| delta % 3 == hash).collect();
            assert_eq!(young(hash, 9_000), Some(expected), "ascending and once");
        }
        assert_eq!(young(u32::MAX - 9_999, u32::MAX), Some(vec![9_999]), "one of the last");
        assert_eq!(young(1 << 30, u32::MAX), Some(Vec::new()));
        register.with_young(name, |young| {
            assert_eq!(young.sorted().len(), 20_000, "each once");
            assert!(young.sorted().is_sorted());
        });
    }

    #[test]
    fn what_is_wanted_is_mended_once() {
        let (register, name) = (Register::default(), Name { first_serial: 1, day: 1 });
        register.want(name);
        register.want(name);
        register.renew(Name { first_serial: 9, day: 1 });
        assert_eq!(register.wanted(), [name], "what is of use can wait");
        assert!(register.look(name, 0, 0).is_none());
        register.mended(name, true);
        let later = register.wanted();
        assert_eq!(later, [Name { first_serial: 9, day: 1 }]);
        assert!(register.look(later[0], 0, 0).is_some());
        register.mended(later[0], false);
        assert!(register.wanted().is_empty());
        let known = register.look(name, 0, 0).map(|known| (known.young, known.replaced));
        assert_eq!(known, Some((None, 1)));
    }
}
