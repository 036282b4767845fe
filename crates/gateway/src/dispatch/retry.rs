//! When a segment that was not taken over is tried again.

use std::time::Duration;

use rand::Rng;

/// The wait before the next attempt, after `attempts` that failed: 1 s, 2 s, 4 s … 5 min, give or take
/// a tenth, so that what failed together does not come back together.
pub(crate) fn back_off(attempts: u16) -> Duration {
    let doubled = FIRST.saturating_mul(1 << attempts.min(16));
    doubled.min(LONGEST).mul_f64(rand::rng().random_range(0.9..1.1))
}

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        assert!(back_off(0) < Duration::from_millis(1101));
        assert!(back_off(3) > Duration::from_secs(7) && back_off(3) < Duration::from_secs(9));
        assert!(back_off(60_000) < Duration::from_secs(331));
    }
}
