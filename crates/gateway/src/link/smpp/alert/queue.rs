//! Alerts between the SMSC that brought them and a session of their account.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use smpp::AlertNotification;
use tokio::sync::Notify;

use crate::metrics::AlertMetrics;

/// An alert on its way, with where it is counted what becomes of it.
#[derive(Debug)]
pub(in crate::link::smpp) struct Alert {
    pub(in crate::link::smpp) pdu: Box<AlertNotification>,
    pub(in crate::link::smpp) metrics: Arc<AlertMetrics>,
}

/// What waits for any of the sessions of an account that can be told.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Default)]
struct Waiting {
    alerts: VecDeque<Alert>,
    /// How many sessions can be told.
    seats: usize,
}

/// Why an alert does not wait for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NoSession,
    Full,
}

impl Queue {
    /// Lets an alert wait for a session.
    pub(super) fn offer(&self, alert: Alert) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        if waiting.seats == 0 {
            return Err(Refused::NoSession);
        }
        if waiting.alerts.len() >= WAITING_MAX {
            return Err(Refused::Full);
        }
        waiting.alerts.push_back(alert);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.waiting().alerts.is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // A queue is as good after a panic elsewhere as before.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a session that can be told. With the last one goes what waits.
pub(in crate::link::smpp) struct Seat(Arc<Queue>);

impl Seat {
    pub(in crate::link::smpp) fn at(queue: &Arc<Queue>) -> Self {
        queue.waiting().seats += 1;
        Self(queue.clone())
    }

    /// Waits for an alert for this session. Everything else that is ready at the session goes before it.
    pub(in crate::link::smpp) async fn next(&self) -> Alert {
        loop {
            let arrived = self.0.arrived.notified();
            if self.0.is_empty() {
                arrived.await;
                continue;
            }
            let _call = Call(&self.0.arrived);
            tokio::task::yield_now().await;
            if let Some(alert) = self.0.waiting().alerts.pop_front() {
                return alert;
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        waiting.seats = waiting.seats.saturating_sub(1);
        if waiting.seats == 0 {
            for alert in waiting.alerts.drain(..) {
                alert.metrics.session_gone.inc();
            }
        }
    }
}

/// A session was called: if others have to take what is left, or if it was called away, it calls the next.
struct Call<'a>(&'a Notify);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Refused {
    /// Where it is counted.
    pub(super) fn counter(self, metrics: &AlertMetrics) -> &Counter {
        match self {
            Self::NoSession => &metrics.no_session,
            Self::Full => &metrics.queue_full,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSession => "no session of SMPP 3.4 or later receives",
            Self::Full => "too many wait for its sessions",
        })
    }
}

/// Alerts of an account that wait: a peer that reads has none.
const WAITING_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use sms::LinkName;

    use super::*;
    use crate::metrics::Metrics;

    fn alert() -> Alert {
        let metrics = Metrics::new().alerts(&LinkName::from("telco"));
        Alert { pdu: Box::default(), metrics: Arc::new(metrics) }
    }

    // O-7
    #[test]
    fn without_a_session_nothing_waits_and_with_one_not_all() {
        let queue = Arc::new(Queue::default());
        assert_eq!(queue.offer(alert()), Err(Refused::NoSession));
        let _seat = Seat::at(&queue);
        for _ in 0..WAITING_MAX {
            assert_eq!(queue.offer(alert()), Ok(()));
        }
        assert_eq!(queue.offer(alert()), Err(Refused::Full));
    }

    // O-7
    #[test]
    fn what_waits_goes_with_the_last_session() {
        let queue = Arc::new(Queue::default());
        let seats = [Seat::at(&queue), Seat::at(&queue)];
        let alerts = [alert(), alert()];
        let metrics = alerts.each_ref().map(|alert| alert.metrics.clone());
        let gone = || metrics.each_ref().map(|metrics| metrics.session_gone.get());
        for alert in alerts {
            assert_eq!(queue.offer(alert), Ok(()));
        }
        let [first, last] = seats;
        drop(first);
        assert_eq!((gone(), queue.waiting().alerts.len()), ([0, 0], 2));
        drop(last);
        assert_eq!((gone(), queue.waiting().alerts.len()), ([1, 1], 0));
        assert_eq!(queue.offer(alert()), Err(Refused::NoSession));
    }

    // O-7
    #[tokio::test]
    async fn everything_else_that_is_ready_goes_first() {
        let queue = Arc::new(Queue::default());
        let seat = Seat::at(&queue);
        assert_eq!(queue.offer(alert()), Ok(()));
        for _ in 0..10 {
            tokio::select! {
                biased;
                _alert = seat.next() => panic!("an alert goes first"),
                () = std::future::ready(()) => {}
            }
        }
        seat.next().await;
        assert!(queue.is_empty());
    }

    // O-7
    #[tokio::test]
    async fn a_session_that_is_called_away_calls_another() {
        let queue = Arc::new(Queue::default());
        let (busy, idle) = (Seat::at(&queue), Seat::at(&queue));
        let (mut called_away, mut called) = (Box::pin(busy.next()), Box::pin(idle.next()));
        assert!(called_away.as_mut().now_or_never().is_none());
        assert!(called.as_mut().now_or_never().is_none());
        assert_eq!(queue.offer(alert()), Ok(()));
        assert!(called_away.as_mut().now_or_never().is_none(), "it looks at everything else first");
        drop(called_away);
        called.await;
        assert!(queue.is_empty());
    }
}
