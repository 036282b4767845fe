//! What is left to chance: ids, and how far waits are spread.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use sms::{MessageId, Timestamp};

/// Where random numbers come from. The default is the generator of the process, which nobody can
/// foretell. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Chance {
    seeded: Option<Arc<Mutex<StdRng>>>,
}

impl Chance {
    /// Numbers that follow from `seed`: for whoever wants the same run again. Message ids can be guessed then.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    /// A new id for a message that is accepted at `now`.
    pub(crate) fn message_id(&self, now: Timestamp) -> MessageId {
        self.draw(|mut random| MessageId::new(now, &mut random))
    }

    /// Any octet.
    pub(crate) fn octet(&self) -> u8 {
        self.draw(|random| random.random())
    }

    /// `duration` times anything in `share`.
    pub(crate) fn spread(&self, duration: Duration, share: Range<f64>) -> Duration {
        duration.mul_f64(self.draw(|random| random.random_range(share)))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut dyn RngCore) -> T) -> T {
        match &self.seeded {
            // A generator is as good after a panic elsewhere as before.
            Some(seeded) => draw(&mut *seeded.lock().unwrap_or_else(PoisonError::into_inner)),
            None => draw(&mut rand::rng()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_all() {
        let ids = |chance: Chance| [0, 0].map(|at| chance.message_id(Timestamp(at)));
        assert_eq!(ids(Chance::seeded(7)), ids(Chance::seeded(7)));
        assert_ne!(ids(Chance::seeded(7)), ids(Chance::seeded(8)));
        assert_ne!(ids(Chance::default()), ids(Chance::default()));
        let [first, second] = ids(Chance::seeded(7));
        assert_ne!(first, second);
    }

    #[test]
    fn waits_are_spread_within_their_share() {
        let chance = Chance::default();
        for _ in 0..100 {
            let spread = chance.spread(Duration::from_secs(10), 0.9..1.1);
            assert!((9_000..11_000).contains(&spread.as_millis()), "{spread:?}");
        }
    }
}
