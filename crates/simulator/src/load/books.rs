//! The ledger as the sessions of a load share it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::ledger::{Ledger, Round};
use crate::Serial;

/// A ledger, locked once per batch, and who waits for it to change.
pub(super) struct Books {
    ledger: Mutex<Ledger>,
    more: Notify,
    complete: Notify,
}

impl Books {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self { ledger: Mutex::new(ledger), more: Notify::new(), complete: Notify::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters what a session brings, and wakes whoever waits for it.
    pub(super) fn enter(&self, now: Instant, round: &mut Round) {
        let mut ledger = self.lock();
        let has_more = ledger.enter(now, round);
        let is_complete = ledger.is_complete();
        drop(ledger);
        if has_more {
            self.more.notify_waiters();
        }
        if is_complete {
            self.complete.notify_waiters();
        }
    }

    /// A message was assigned and not sent after all: another session may.
    pub(super) fn put_back(&self, serial: Serial) {
        self.lock().put_back(serial);
        self.more.notify_waiters();
    }

    /// Waits until there is more to submit than before this call.
    pub(super) fn more(&self) -> Notified<'_> {
        self.more.notified()
    }

    /// Waits until nothing more is to come, from this call on.
    pub(super) fn complete(&self) -> Notified<'_> {
        self.complete.notified()
    }
}
