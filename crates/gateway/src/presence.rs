//! Who is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether a link is there: how many of its sessions can take something.
#[derive(Debug, Default)]
pub(crate) struct Presence(AtomicUsize);

impl Presence {
    pub(crate) fn is_up(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }

    /// Counts a session until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> PresenceGuard {
        self.0.fetch_add(1, Ordering::AcqRel);
        PresenceGuard(self.clone())
    }
}

/// A session that is there.
#[derive(Debug)]
pub(crate) struct PresenceGuard(Arc<Presence>);

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}
