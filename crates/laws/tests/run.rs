//! A short run of every law: over the corpus that the fuzzers have left, and over mutations of it that are
//! the same each time.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use laws::{LAWS, Law};

/// How many mutations of its corpus each law is held to.
const MUTATIONS: usize = 4_000;
/// Longer ones are cut, as the fuzzers do.
const OCTETS_MAX: usize = 4096;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn corpus(law: &Law) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(law.name);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Holds the law to the octets; if they break it, says which they are.
fn hold(law: &Law, octets: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (law.check)(octets))) {
        eprintln!("{} is broken by {octets:02x?}", law.name);
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn every_law_is_a_target_with_a_corpus() {
    let laws: BTreeSet<String> = LAWS.iter().map(|law| law.name.to_owned()).collect();
    assert_eq!(names(&fuzz().join("fuzz_targets")), laws);
    assert_eq!(names(&fuzz().join("corpus")), laws);
    for law in LAWS {
        assert!(corpus(law).len() >= 10, "{}", law.name);
    }
}

#[test]
fn the_corpus_breaks_no_law() {
    // F-4, F-6, X-6, X-11, U-1
    for law in LAWS {
        for octets in corpus(law) {
            hold(law, &octets);
        }
        hold(law, &[]);
    }
}

#[test]
fn mutations_of_the_corpus_break_no_law() {
    // F-2, F-4, X-1, X-6, X-11, X-18
    for (number, law) in (1..).zip(LAWS) {
        let corpus = corpus(law);
        let mut chance = Chance(number);
        for _ in 0..MUTATIONS {
            let octets = mutation(&corpus, &mut chance);
            hold(law, &octets);
        }
    }
}

/// One of the corpus with some octets changed, inserted, removed, repeated or taken from another.
fn mutation(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut octets = corpus[chance.below(corpus.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(octets.len() + 1);
        let end = (at + chance.below(20)).min(octets.len());
        match chance.below(6) {
            0 => octets.truncate(at),
            1 => drop(octets.drain(at..end)),
            2 => octets.insert(at, INTERESTING[chance.below(INTERESTING.len())]),
            3 => octets.extend_from_within(at..end),
            4 => {
                let other = &corpus[chance.below(corpus.len())];
                octets.truncate(at);
                octets.extend_from_slice(&other[chance.below(other.len() + 1)..]);
            }
            _ => {
                if let Some(octet) = octets.get_mut(at) {
                    *octet ^= 1 << chance.below(8);
                }
            }
        }
    }
    octets.truncate(OCTETS_MAX);
    octets
}

/// Octets at which something begins or ends.
const INTERESTING: [u8; 8] = [0, 1, 4, 0x10, 0x7F, 0x80, 0xFE, 0xFF];

/// Pseudo-random numbers, the same from the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}
