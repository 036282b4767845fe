//! A few hundred worlds, each another one; `simulation --seeds` lives through as many as there is time for.

#![allow(clippy::unwrap_used)]

use std::ops::Range;

/// What happened in many worlds.
#[derive(Default)]
struct Tally {
    messages: usize,
    taken_back: usize,
    reloads: usize,
}

/// Lives through the worlds of these seeds.
///
/// # Panics
/// When something is wrong with any of them; `simulation --seed N --trace` shows the same again.
fn all_are_well(seeds: Range<u64>) -> Tally {
    let (mut wrong, mut tally) = (String::new(), Tally::default());
    for seed in seeds {
        let verdict = simulation::live(seed, false).unwrap();
        tally.messages += verdict.messages;
        tally.taken_back += verdict.taken_back;
        tally.reloads += verdict.reloads;
        for violation in verdict.violations.iter().take(VIOLATIONS_SHOWN) {
            wrong += &format!("seed {seed}: {violation}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    tally
}

// INV-1, INV-2, INV-3, INV-4, INV-8, INV-9, INV-10, INV-11, X-14
#[test]
fn the_first_worlds_are_well() {
    let Tally { messages, taken_back, reloads } = all_are_well(0..500);
    assert!(taken_back > messages / 100, "{taken_back} of {messages} messages were taken back");
    assert!(reloads > 100, "{reloads} reloads");
}

#[test]
fn the_next_worlds_are_well() {
    all_are_well(500..1000);
}

#[test]
fn a_seed_is_a_world() {
    for seed in [25, 118] {
        let once = simulation::live(seed, true).unwrap();
        let again = std::thread::spawn(move || simulation::live(seed, true).unwrap()).join().unwrap();
        assert_eq!(once.trace, again.trace);
        assert_eq!(once.hash, again.hash, "not only what the trace says, but every octet");
        assert!(once.crashes > 0 && once.messages > 0, "{} crashes", once.crashes);
    }
    assert_ne!(simulation::live(7, false).unwrap().hash, simulation::live(8, false).unwrap().hash);
}

const VIOLATIONS_SHOWN: usize = 3;
