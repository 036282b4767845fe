//! The time of day, and the time that passes.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sms::Timestamp;

/// Where the time of day comes from: nothing inside the protocol cores reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// A time of day, and when it was; `None` asks the system.
    started: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// A clock that shows `start` now and goes as the runtime's timers go, which tests can stop.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { started: Some((start, now())) }
    }

    /// The time of day.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        match self.started {
            Some((start, since)) => start.plus(now().saturating_duration_since(since)),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(since.as_millis() as u64)
            }
        }
    }
}

/// Now by the runtime's clock: it never goes back, and tests can stop it.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_started_clock_goes_as_the_timers_go() {
        let clock = Clock::starting_at(Timestamp(1_000));
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.wall(), Timestamp(3_601_000));
        assert!(Clock::default().wall() > clock.wall());
    }
}
