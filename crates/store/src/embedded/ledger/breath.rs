//! Rests while writing, so that a thread that nobody waits for does not keep a core from those who are
//! waited for.

use std::time::{Duration, Instant};

/// How long is written without a rest.
const SPELL: Duration = Duration::from_millis(1);
/// How long the rest is, at least; the system may make it longer.
const REST: Duration = Duration::from_millis(1);
/// How many records are written between two looks at the clock.
const LOOK_EVERY: usize = 16;

/// Records are written in spells with rests between them: as much time is rested as worked.
#[derive(Debug)]
pub(super) struct Breath {
    since: Instant,
    until_look: usize,
    is_held: bool,
}

impl Breath {
    /// Begins a spell; with `is_held` there will be no rest.
    pub(super) fn begin(is_held: bool) -> Self {
        Self { since: Instant::now(), until_look: LOOK_EVERY, is_held }
    }

    /// So many records have been written: rests if the spell is over.
    pub(super) fn count(&mut self, records: usize) {
        self.until_look = self.until_look.saturating_sub(records);
        if self.until_look > 0 {
            return;
        }
        self.until_look = LOOK_EVERY;
        if !self.is_held && self.since.elapsed() >= SPELL {
            std::thread::sleep(REST);
            self.since = Instant::now();
        }
    }
}
