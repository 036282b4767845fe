//! Randomness that follows from the seed.

use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// One stream of random choices. Whoever chooses for itself has dice of its own, so that a choice more
/// or less of one does not change those of the others.
#[derive(Clone, Debug)]
pub(crate) struct Dice(StdRng);

impl Dice {
    /// The dice of `whom` in the world of `seed`.
    pub(crate) fn new(seed: u64, whom: &str, number: u64) -> Self {
        let name =
            whom.bytes().fold(FNV_OFFSET, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(FNV_PRIME));
        let own = seed.wrapping_mul(FNV_PRIME).wrapping_add(name).wrapping_add(number.wrapping_mul(STEP));
        Self(StdRng::seed_from_u64(own))
    }

    /// Whether something happens that does so with this probability.
    pub(crate) fn hits(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability)
    }

    pub(crate) fn number(&mut self, range: Range<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// A time between so many milliseconds.
    pub(crate) fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.number(range))
    }

    /// One of these.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        const { assert!(N > 0) };
        of[self.0.random_range(0..N)]
    }

    /// The generator itself.
    pub(crate) fn generator(&mut self) -> &mut StdRng {
        &mut self.0
    }
}

const FNV_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01B3;
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
