//! How long things took.

use std::time::Duration;

/// Counts durations in buckets that grow with them, so that every quantile is right to 4 %.
///
/// It takes 15 KiB however much is counted.
#[derive(Clone)]
pub struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    longest_us: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into_boxed_slice(), count: 0, longest_us: 0 }
    }
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(us)) {
            *bucket += 1;
        }
        self.count += 1;
        self.longest_us = self.longest_us.max(us);
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The duration that the `quantile` (0 to 1) of all does not exceed; zero if there are none.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Duration {
        let rank = (self.count as f64 * quantile.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
        let mut below = 0;
        for (index, &count) in self.buckets.iter().enumerate() {
            below += count;
            if below >= rank {
                return Duration::from_micros(longest_in(index).min(self.longest_us));
            }
        }
        Duration::ZERO
    }

    /// The usual figures.
    #[must_use]
    pub fn latency(&self) -> Latency {
        Latency {
            count: self.count,
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
            p999: self.quantile(0.999),
            max: Duration::from_micros(self.longest_us),
        }
    }
}

/// The usual figures of a [`Histogram`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// 999 of 1000 took no longer.
    pub p999: Duration,
    /// The longest.
    pub max: Duration,
}

/// Durations below [`STEPS`] have a bucket each; above, each doubling has [`STEPS`] of them.
fn bucket_of(us: u64) -> usize {
    let doublings = us.max(1).ilog2().saturating_sub(STEPS.ilog2());
    doublings as usize * STEPS + (us >> doublings) as usize
}

/// The longest duration of a bucket, in microseconds.
fn longest_in(bucket: usize) -> u64 {
    let doublings = (bucket / STEPS).saturating_sub(1);
    let step = (bucket - doublings * STEPS) as u64;
    (step << doublings) + ((1 << doublings) - 1)
}

const STEPS: usize = 32;
const BUCKETS: usize = STEPS * (64 - STEPS.ilog2() as usize + 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_the_bucket_that_ends_behind_it() {
        for us in (0..100_000).chain([u64::MAX / 2, u64::MAX - 1, u64::MAX]) {
            let bucket = bucket_of(us);
            assert!(bucket < BUCKETS, "{us}");
            assert!(longest_in(bucket) >= us, "{us}");
            assert!(bucket == 0 || longest_in(bucket - 1) < us, "{us}");
        }
    }

    #[test]
    fn quantiles_are_right_to_4_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.latency(), Latency::default());
        for ms in 1..=1000 {
            histogram.record(Duration::from_millis(ms));
        }
        let latency = histogram.latency();
        let near = |duration: Duration, ms: f64| (duration.as_secs_f64() * 1000.0 / ms - 1.0).abs() < 0.04;
        assert!(near(latency.p50, 500.0) && near(latency.p99, 990.0), "{latency:?}");
        assert!(near(latency.p999, 999.0), "{latency:?}");
        assert_eq!((latency.count, latency.max), (1000, Duration::from_secs(1)));
    }
}
