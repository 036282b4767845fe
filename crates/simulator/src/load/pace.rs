//! How fast a session of a load may go.

use std::time::{Duration, Instant};

/// Spreads messages evenly over time. What a slow peer held up is made up for, up to a tenth of a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Between two messages; zero is as fast as possible.
    interval: Duration,
    /// When the next one is due.
    next: Instant,
}

impl Pace {
    /// `rate` messages per second in all, of which this is one of `sessions` equal parts.
    pub(super) fn new(now: Instant, rate: Option<u32>, sessions: usize) -> Self {
        let sessions = u32::try_from(sessions.max(1)).unwrap_or(u32::MAX);
        let interval = match rate {
            Some(rate) => Duration::from_secs(1).saturating_mul(sessions) / rate.max(1),
            None => Duration::ZERO,
        };
        Self { interval, next: now }
    }

    /// When the next message is due.
    pub(super) fn due_at(&self) -> Instant {
        self.next
    }

    /// How many of at most `room` messages are due at `now`; they count as sent.
    pub(super) fn take(&mut self, now: Instant, room: usize) -> usize {
        if self.interval.is_zero() {
            return room;
        }
        self.next = self.next.max(now.checked_sub(ARREARS_MAX).unwrap_or(now));
        let Some(late) = now.checked_duration_since(self.next) else { return 0 };
        let due = late.as_nanos() / self.interval.as_nanos() + 1;
        let count = usize::try_from(due).unwrap_or(usize::MAX).min(room);
        self.next += self.interval.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        count
    }
}

/// What is later than this is not made up for.
const ARREARS_MAX: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rate_however_often_it_is_asked() {
        let start = Instant::now();
        for step_ms in [1, 7, 50] {
            let mut pace = Pace::new(start, Some(1000), 2);
            let sent: usize = (0..=2000 / step_ms)
                .map(|step| pace.take(start + Duration::from_millis(step * step_ms), 100))
                .sum();
            assert!((990..=1001).contains(&sent), "{sent} at steps of {step_ms} ms");
        }
    }

    #[test]
    fn does_not_make_up_for_a_long_pause() {
        let start = Instant::now();
        let mut pace = Pace::new(start, Some(100), 1);
        assert_eq!(pace.take(start + Duration::from_secs(60), 1000), 11);
        assert_eq!(pace.take(start + Duration::from_secs(60), 1000), 0);
        assert_eq!(pace.due_at(), start + Duration::from_millis(60_010));
        assert_eq!(Pace::new(start, None, 1).take(start, 7), 7);
    }
}
