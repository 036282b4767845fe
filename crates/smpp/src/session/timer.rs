//! The timers of a session (SMPP 3.4 section 7.2): an enum and a table.

use std::time::{Duration, Instant};

use super::settings::TIMEOUT_MAX;

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The peer must have bound.
    SessionInit,
    /// Our bind must have been answered.
    BindResponse,
    /// The peer has been silent: ask.
    EnquireLink,
    /// Our enquire_link must have been answered.
    EnquireLinkResponse,
    /// No message passed for long.
    Inactivity,
    /// A PDU that has begun must have ended.
    PduRead,
    /// What was in flight at an unbind must have ended.
    Drain,
    /// Our unbind must have been answered.
    UnbindResponse,
}

impl Timer {
    const ALL: [Self; 8] = [
        Self::SessionInit,
        Self::BindResponse,
        Self::EnquireLink,
        Self::EnquireLinkResponse,
        Self::Inactivity,
        Self::PduRead,
        Self::Drain,
        Self::UnbindResponse,
    ];
}

/// When each timer is due, if it runs.
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    /// Starts the timer anew; a zero stops it.
    pub(super) fn start(&mut self, timer: Timer, now: Instant, after: Duration) {
        self.0[timer as usize] = (!after.is_zero()).then(|| now + after.min(TIMEOUT_MAX));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn stop_all(&mut self) {
        self.0 = [None; Timer::ALL.len()];
    }

    pub(super) fn runs(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// When the first one is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Stops one of the timers that are due and says which.
    pub(super) fn fire(&mut self, now: Instant) -> Option<Timer> {
        let due = |timer: &Timer| self.0[*timer as usize].is_some_and(|due| due <= now);
        let timer = Timer::ALL.into_iter().find(due)?;
        self.stop(timer);
        Some(timer)
    }
}
