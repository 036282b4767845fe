//! A token bucket that hands out as many tokens as there are.

use std::time::{Duration, Instant};

/// Tokens that come at a steady rate and pile up to a burst.
///
/// A limiter that only says yes or no to a given number would have to be asked token by token; a
/// batch wants to know how many it may take.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
}

impl TokenBucket {
    /// A full bucket. `burst` is how long the rate may be saved up, at least one token.
    pub(crate) fn new(now: Instant, per_second: f64, burst: Duration) -> Self {
        let burst = (per_second * burst.as_secs_f64()).max(1.0);
        Self { per_second, burst, tokens: burst, filled_at: now }
    }

    /// Takes up to `want` whole tokens; says how many.
    pub(crate) fn grant(&mut self, now: Instant, want: usize) -> usize {
        self.fill(now);
        let granted = self.tokens.min(want as f64).max(0.0).floor();
        self.tokens -= granted;
        granted as usize
    }

    /// Gives back what was granted and not used.
    pub(crate) fn refund(&mut self, unused: usize) {
        self.tokens = (self.tokens + unused as f64).min(self.burst);
    }

    /// How long until there is a whole token.
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_secs_f64(((1.0 - self.tokens) / self.per_second).clamp(0.0, WAIT_MAX_S))
    }

    /// Whole tokens that there are, and how long until it is full.
    pub(crate) fn level(&mut self, now: Instant) -> (u64, Duration) {
        self.fill(now);
        let until_full = (self.burst - self.tokens) / self.per_second;
        (self.tokens.max(0.0) as u64, Duration::from_secs_f64(until_full.clamp(0.0, WAIT_MAX_S)))
    }

    /// Changes the rate; what was saved up is kept as far as it fits.
    pub(crate) fn set_rate(&mut self, now: Instant, per_second: f64, burst: Duration) {
        self.fill(now);
        self.per_second = per_second;
        self.burst = (per_second * burst.as_secs_f64()).max(1.0);
        self.tokens = self.tokens.min(self.burst);
    }

    pub(crate) fn rate(&self) -> f64 {
        self.per_second
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = elapsed.mul_add(self.per_second, self.tokens).min(self.burst);
        self.filled_at = now;
    }
}

const WAIT_MAX_S: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(start, 10.0, Duration::from_secs(1));
        assert_eq!(bucket.grant(start, 100), 10);
        assert_eq!(bucket.grant(start, 1), 0);
        assert_eq!(bucket.wait(), Duration::from_millis(100));
        assert_eq!(bucket.grant(start + Duration::from_millis(250), 100), 2);
        bucket.refund(2);
        assert_eq!(bucket.grant(start + Duration::from_millis(250), 100), 2);
    }
}
