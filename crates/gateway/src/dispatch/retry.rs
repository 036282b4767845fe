//! When a segment that was not taken over is tried again.

use std::time::Duration;

use crate::chance::Chance;

/// The wait before the next attempt, after `attempts` that failed: 1 s, 2 s, 4 s … 5 min, give or take
/// a tenth, so that what failed together does not come back together.
pub(crate) fn back_off(attempts: u16, chance: &Chance) -> Duration {
    let doubled = FIRST.saturating_mul(1 << attempts.min(16));
    chance.spread(doubled.min(LONGEST), 0.9..1.1)
}

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        let back_off = |attempts| back_off(attempts, &Chance::default());
        assert!(back_off(0) < Duration::from_millis(1101));
        assert!(back_off(3) > Duration::from_secs(7) && back_off(3) < Duration::from_secs(9));
        assert!(back_off(60_000) < Duration::from_secs(331));
    }
}
