//! What happens to connections.

use std::time::Duration;

use crate::dice::Dice;

/// What happens to connections that are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// The shortest and the longest way of an octet, in milliseconds.
    pub(crate) delay_ms: (u64, u64),
    /// The most octets that travel together.
    pub(crate) chunk_max: usize,
    /// How likely a connection is cut one day.
    pub(crate) cut: f64,
    /// How likely it swallows everything one day.
    pub(crate) hole: f64,
}

impl Weather {
    /// Nothing goes wrong.
    pub(crate) const FAIR: Self = Self { delay_ms: (1, 3), chunk_max: usize::MAX, cut: 0.0, hole: 0.0 };
}

/// What can happen to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affliction {
    /// Both ends see at once that it is broken; what is on its way is lost.
    Cut,
    /// Nothing arrives any more, in neither direction, and nobody is told.
    Hole,
    /// Nothing arrives any more from one end, which is told nothing either.
    HalfHole(usize),
}

impl Weather {
    pub(super) fn delay(&self, dice: &mut Dice) -> Duration {
        let (shortest, longest) = self.delay_ms;
        dice.millis(shortest..longest + 1)
    }

    /// What will happen to a new connection, and when.
    pub(super) fn fate(&self, dice: &mut Dice) -> Option<(Duration, Affliction)> {
        let after = dice.millis(0..FATE_WITHIN_MS);
        if dice.hits(self.cut) {
            Some((after, Affliction::Cut))
        } else if dice.hits(self.hole) {
            Some((after, dice.pick([Affliction::Hole, Affliction::HalfHole(0), Affliction::HalfHole(1)])))
        } else {
            None
        }
    }
}

/// What happens to a connection by itself happens within so many milliseconds.
const FATE_WITHIN_MS: u64 = 60_000;
