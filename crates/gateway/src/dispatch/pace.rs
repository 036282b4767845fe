//! How fast a link is served: its configured rate, and less while the other side says that it is too much.

use std::time::{Duration, Instant};

use super::bucket::TokenBucket;

/// The pace of one link.
///
/// When the other side throttles, sending pauses for [`PAUSE`] and goes on at half the rate of before;
/// from then on the rate grows by a tenth per second until it is back at the configured one.
#[derive(Debug)]
pub(crate) struct Pace {
    configured: Option<f64>,
    bucket: Option<TokenBucket>,
    paused_until: Option<Instant>,
    /// The other side can take nothing until it says otherwise, or does not say so again.
    blocked: bool,
    /// What was sent since it said that.
    tried: usize,
    /// When the rate was last lowered because the other side is nearly congested.
    slowed_at: Option<Instant>,
    grown_at: Instant,
    sent: Meter,
}

impl Pace {
    /// `per_second` 0 is unlimited.
    pub(crate) fn new(now: Instant, per_second: u32) -> Self {
        let configured = (per_second > 0).then(|| f64::from(per_second));
        Self {
            configured,
            bucket: configured.map(|rate| TokenBucket::new(now, rate, BURST)),
            paused_until: None,
            blocked: false,
            tried: 0,
            slowed_at: None,
            grown_at: now,
            sent: Meter::new(now),
        }
    }

    /// How many may be sent now, up to `want`; if none, how long to wait before asking again.
    pub(crate) fn grant(&mut self, now: Instant, want: usize) -> Result<usize, Duration> {
        if let Some(until) = self.paused_until {
            if now < until {
                return Err(until - now);
            }
            self.paused_until = None;
            self.grown_at = now;
        }
        if self.blocked && self.tried < TRIED_MAX {
            // Only an answer can tell that it is over: one at a time is sent to get it.
            self.paused_until = Some(now + PAUSE);
            return Ok(want.min(1));
        }
        self.blocked = false;
        self.grow(now);
        let Some(bucket) = &mut self.bucket else {
            return Ok(want);
        };
        match bucket.grant(now, want) {
            0 => Err(bucket.wait().max(WAIT_MIN)),
            granted => Ok(granted),
        }
    }

    /// Counts what was sent of a grant, and takes back the rest.
    pub(crate) fn used(&mut self, now: Instant, granted: usize, sent: usize) {
        self.sent.add(now, sent);
        self.tried = self.tried.saturating_add(sent);
        if let Some(bucket) = &mut self.bucket {
            bucket.refund(granted.saturating_sub(sent));
        }
    }

    /// The other side said that it is too much. Several complaints within one pause count once.
    pub(crate) fn throttled(&mut self, now: Instant) {
        if self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        self.paused_until = Some(now + PAUSE);
        self.halve(now);
    }

    /// The other side says how much of what it can do it does, in percent: above 89 the rate falls by half
    /// each second, at 100 all but one segment a second waits until it says less, or has not said it again of
    /// [`TRIED_MAX`] (W-6). Whether it is slower from now on.
    pub(crate) fn congested(&mut self, now: Instant, level: u8) -> bool {
        let was_blocked = std::mem::replace(&mut self.blocked, level >= CONGESTED);
        if self.blocked {
            self.tried = 0;
            self.paused_until.get_or_insert(now + PAUSE);
        } else if was_blocked {
            self.paused_until = None;
        }
        let is_due = self.slowed_at.is_none_or(|at| now.saturating_duration_since(at) >= PAUSE);
        let is_slower = level > OPTIMUM && is_due;
        if is_slower {
            self.slowed_at = Some(now);
            self.halve(now);
        }
        is_slower || self.blocked && !was_blocked
    }

    /// The other side is there again: what it said of its congestion counts no more.
    pub(crate) fn begin_anew(&mut self) {
        if std::mem::take(&mut self.blocked) {
            self.paused_until = None;
        }
    }

    fn halve(&mut self, now: Instant) {
        let allowed = self.bucket.as_ref().map_or(f64::MAX, TokenBucket::rate);
        let before = allowed.min(self.sent.per_second(now).max(TELLING_PER_SECOND));
        let rate = (before / 2.0).max(1.0);
        match &mut self.bucket {
            Some(bucket) => bucket.set_rate(now, rate, BURST),
            None => self.bucket = Some(TokenBucket::new(now, rate, BURST)),
        }
    }

    fn grow(&mut self, now: Instant) {
        let Some(bucket) = &mut self.bucket else { return };
        let elapsed = now.saturating_duration_since(self.grown_at);
        if self.configured.is_some_and(|rate| bucket.rate() >= rate) || elapsed < GROWTH_STEP {
            return;
        }
        self.grown_at = now;
        let rate = bucket.rate() * GROWTH_PER_SECOND.powf(elapsed.as_secs_f64().min(60.0));
        match self.configured {
            Some(configured) => bucket.set_rate(now, rate.min(configured), BURST),
            None if rate > UNLIMITED_ABOVE => self.bucket = None,
            None => bucket.set_rate(now, rate, BURST),
        }
    }
}

/// Counts events and tells the rate of the last second or two.
#[derive(Debug)]
struct Meter {
    since: Instant,
    count: usize,
    last: f64,
}

impl Meter {
    fn new(now: Instant) -> Self {
        Self { since: now, count: 0, last: 0.0 }
    }

    fn add(&mut self, now: Instant, events: usize) {
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= METER_PERIOD {
            self.last = self.count as f64 / elapsed.as_secs_f64();
            self.count = 0;
            self.since = now;
        }
        self.count += events;
    }

    fn per_second(&self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.since).max(METER_PERIOD);
        (self.count as f64 / elapsed.as_secs_f64()).max(self.last)
    }
}

/// How long a throttled link rests.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// How much of the rate may be saved up: an SMSC counts by the second or finer.
const BURST: Duration = Duration::from_millis(100);
/// The highest congestion_state at which all is well, SMPP 5.0 section 4.8.4.18.
const OPTIMUM: u8 = 89;
const CONGESTED: u8 = 100;
/// So many that are sent one by one, and of which it is not said, end a congestion.
const TRIED_MAX: usize = 5;
/// What was sent in a second says nothing of what the other side can take if it is less than this.
const TELLING_PER_SECOND: f64 = 20.0;
const WAIT_MIN: Duration = Duration::from_millis(1);
const METER_PERIOD: Duration = Duration::from_secs(1);
const GROWTH_STEP: Duration = Duration::from_millis(200);
const GROWTH_PER_SECOND: f64 = 1.1;
/// A link without a configured rate is unlimited again above this.
const UNLIMITED_ABOVE: f64 = 50_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_halves_and_recovers() {
        // W-4
        let start = Instant::now();
        let mut pace = Pace::new(start, 100);
        let mut now = start;
        for _ in 0..20 {
            now += Duration::from_millis(100);
            let granted = pace.grant(now, 10).unwrap_or(0);
            pace.used(now, granted, granted);
        }
        pace.throttled(now);
        assert!(pace.grant(now, 10).is_err());
        now += PAUSE;
        let granted = pace.grant(now, 1000).unwrap_or(0);
        assert!((3..=6).contains(&granted), "{granted}");
        now += Duration::from_secs(30);
        pace.grant(now, 1).unwrap_or(0);
        now += Duration::from_secs(1);
        assert_eq!(pace.grant(now, 1000).unwrap_or(0), 10);
    }

    #[test]
    fn congestion_slows_and_stops() {
        // W-6
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(start, 100);
        pace.congested(at(0), 89);
        assert_eq!(pace.bucket.as_ref().map(TokenBucket::rate), Some(100.0));
        pace.used(at(0), 0, 100);
        pace.congested(at(10), 95);
        pace.congested(at(20), 99);
        assert_eq!(pace.bucket.as_ref().map(TokenBucket::rate), Some(50.0));
        pace.congested(at(30), 100);
        assert_eq!(pace.grant(at(30), 10), Err(PAUSE));
        assert_eq!(pace.grant(at(1030), 10), Ok(1));
        assert!(pace.grant(at(1031), 10).is_err());
        pace.congested(at(1040), 80);
        assert!(pace.grant(at(1040), 10).is_ok_and(|granted| granted > 1));
    }

    #[test]
    fn congestion_that_is_not_said_again_ends() {
        // W-6
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(start, 100);
        assert!(pace.congested(at(0), 100));
        assert!(!pace.congested(at(10), 100), "it is no news");
        for second in 1..=TRIED_MAX as u64 {
            assert_eq!(pace.grant(at(second * 1000), 10), Ok(1));
            pace.used(at(second * 1000), 1, 1);
        }
        assert!(pace.grant(at(6000), 1).is_ok());
        assert!(pace.grant(at(6200), 1).is_ok(), "by the rate alone");

        pace.congested(at(7000), 100);
        assert!(pace.grant(at(7500), 1).is_err());
        pace.begin_anew();
        assert!(pace.grant(at(7500), 1).is_ok());
        assert!(pace.grant(at(7900), 1).is_ok());
    }

    #[test]
    fn a_quiet_second_is_no_measure() {
        // W-4
        let start = Instant::now();
        for configured in [0, 100] {
            let mut pace = Pace::new(start, configured);
            pace.used(start, 1, 1);
            pace.throttled(start);
            assert_eq!(pace.bucket.as_ref().map(TokenBucket::rate), Some(10.0));
            for _ in 0..4 {
                pace.halve(start);
            }
            assert_eq!(pace.bucket.as_ref().map(TokenBucket::rate), Some(1.0));
        }
    }

    #[test]
    fn unlimited_is_unlimited() {
        let mut pace = Pace::new(Instant::now(), 0);
        assert_eq!(pace.grant(Instant::now(), 1000), Ok(1000));
    }
}
