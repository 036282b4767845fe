//! A limit of segments per second for all sessions together.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Lets so many pass per second, and up to a tenth of a second's worth at once.
///
/// It keeps the time at which the account would be even (GCRA), in nanoseconds, and so needs no lock.
pub(super) struct Limiter {
    since: Instant,
    even_at: AtomicU64,
    interval_ns: u64,
    burst_ns: u64,
}

impl Limiter {
    pub(super) fn new(now: Instant, per_second: NonZeroU32) -> Self {
        let interval_ns = SECOND_NS / u64::from(per_second.get());
        Self {
            since: now,
            even_at: AtomicU64::new(0),
            interval_ns,
            burst_ns: interval_ns.max(SECOND_NS / 10),
        }
    }

    /// Whether one more may pass at `now`.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let now = u64::try_from(now.saturating_duration_since(self.since).as_nanos()).unwrap_or(u64::MAX);
        let pay = |even_at: u64| {
            let then = even_at.max(now).saturating_add(self.interval_ns);
            (then <= now.saturating_add(self.burst_ns)).then_some(then)
        };
        self.even_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
    }
}

const SECOND_NS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    #[test]
    fn lets_no_more_pass_than_it_says() {
        let start = Instant::now();
        let limiter = Limiter::new(start, NonZeroU32::new(100).unwrap());
        let passed = (0..10_000).filter(|&ms| limiter.admits(start + Duration::from_millis(ms))).count();
        assert!((1000..=1010).contains(&passed), "{passed}");
        let at_once = |at: Instant| (0..100).filter(|_| limiter.admits(at)).count();
        assert_eq!(at_once(start + Duration::from_secs(60)), 10);
    }

    #[test]
    fn one_per_second_is_possible() {
        let start = Instant::now();
        let limiter = Limiter::new(start, NonZeroU32::MIN);
        assert_eq!(
            [0, 500, 1000, 1999, 2000].map(|ms| limiter.admits(start + Duration::from_millis(ms))),
            [true, false, true, false, true]
        );
    }
}
