//! How far the journal is durable, and how far it has been read.

use std::sync::atomic::{AtomicU64, Ordering};

use super::journal::Place;

/// What is shared with the readers of the journal.
#[derive(Debug, Default)]
pub(super) struct Progress {
    durable: AtomicU64,
    read: AtomicU64,
}

impl Progress {
    /// Up to where the journal is durable.
    pub(super) fn durable(&self) -> Place {
        Place::from_u64(self.durable.load(Ordering::Acquire))
    }

    /// Says up to where the journal is no longer needed by its reader.
    pub(super) fn set_read(&self, place: Place) {
        self.read.store(place.to_u64(), Ordering::Release);
    }

    pub(super) fn set_durable(&self, place: Place) {
        self.durable.store(place.to_u64(), Ordering::Release);
    }

    pub(super) fn read(&self) -> Place {
        Place::from_u64(self.read.load(Ordering::Acquire))
    }
}
