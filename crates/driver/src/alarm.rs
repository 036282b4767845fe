//! The alarm of a connection: when it wakes although nothing happens.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use smpp::session::TIMEOUT_MAX;
use tokio::time::{Sleep, sleep};

/// Rings at a deadline, now and then before it.
///
/// Deadlines move with every PDU, and moving the alarm each time would cost more than an early ring:
/// it is moved if it would ring too late or much too early. Far deadlines can be put to whole steps of
/// time, so that the alarms of many idle connections ring together and wake the program once.
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    steps_from: Option<Instant>,
}

impl Alarm {
    /// One that does not ring; far deadlines are put to steps from this instant on, if there is one.
    pub(crate) fn new(steps_from: Option<Instant>) -> Self {
        Self { sleep: Box::pin(sleep(TIMEOUT_MAX)), steps_from }
    }

    /// Rings at `deadline`, or up to [`EARLY_MAX`] before. Whether it had rung or was put off: that is
    /// so now and then, whether much happens or nothing.
    pub(crate) fn set(&mut self, now: Instant, deadline: Instant) -> bool {
        let is_far = self.steps_from.is_some() && deadline.saturating_duration_since(now) > FAR;
        let late_max = if is_far { STEP } else { Duration::ZERO };
        let rings_at = self.sleep.deadline().into_std();
        let is_over = self.sleep.is_elapsed() || rings_at + EARLY_MAX < deadline;
        if is_over || deadline + late_max < rings_at {
            let at = if is_far { self.stepped(deadline) } else { deadline };
            self.sleep.as_mut().reset(at.into());
        }
        is_over
    }

    /// Ready when it rings.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(context)
    }

    /// The first step after `deadline`.
    fn stepped(&self, deadline: Instant) -> Instant {
        let Some(start) = self.steps_from else { return deadline };
        let over = deadline.saturating_duration_since(start).as_nanos() % STEP.as_nanos();
        deadline + STEP - Duration::from_nanos(u64::try_from(over).unwrap_or_default())
    }
}

/// The alarms of idle connections ring at whole steps, a quarter of a second.
const STEP: Duration = Duration::from_millis(250);
/// A deadline that is further away may be noticed a step late.
const FAR: Duration = Duration::from_secs(5);
/// How much too early an alarm may ring.
const EARLY_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    #[tokio::test(start_paused = true)]
    async fn far_deadlines_ring_together_and_near_ones_in_time() {
        let start = now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let rings_at = |alarm: &Alarm| alarm.sleep.deadline().into_std();
        let mut alarms = [27_001, 27_100, 27_249].map(|ms| {
            let mut alarm = Alarm::new(Some(start));
            alarm.set(start, at(ms));
            alarm
        });
        assert!(alarms.iter().all(|alarm| rings_at(alarm) == at(27_250)));
        let [alarm, ..] = &mut alarms;
        assert!(!alarm.set(start, at(27_003)));
        assert_eq!(rings_at(alarm), at(27_250), "it rings well enough");
        alarm.set(start, at(30_000));
        assert_eq!(rings_at(alarm), at(27_250), "early is no harm");
        assert!(alarm.set(start, at(40_000)));
        assert_eq!(rings_at(alarm), at(40_250), "but much too early is");
        assert!(!alarm.set(start, at(4_999)));
        assert_eq!(rings_at(alarm), at(4_999));
        let mut alone = Alarm::new(None);
        alone.set(start, at(27_001));
        assert_eq!(rings_at(&alone), at(27_001));
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_once_until_it_is_set_again() {
        let mut alarm = Alarm::new(None);
        alarm.set(now(), now() + Duration::from_secs(1));
        std::future::poll_fn(|context| alarm.poll(context)).await;
        let rang_at = now();
        assert!(alarm.set(rang_at, rang_at + Duration::from_secs(1)));
        std::future::poll_fn(|context| alarm.poll(context)).await;
        assert_eq!(now() - rang_at, Duration::from_secs(1));
    }
}
