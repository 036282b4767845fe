//! Those who look for messages that are like theirs take turns.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use tokio::sync::{Mutex, MutexGuard};

use crate::Likeness;

/// From the search in the records until what was found is changed, nobody else looks for what is like it: of two
/// messages that supersede each other, the second finds the first. Who comes first is first.
///
/// There are so many lanes, not one per likeness: who shares one by chance waits a little in vain.
#[derive(Debug)]
pub(super) struct Turns {
    lanes: Box<[Mutex<()>]>,
    /// Who has found more than it may beside others.
    crowd: Mutex<()>,
}

impl Turns {
    /// Waits for the turn, which lasts until what this returns is dropped.
    pub(super) async fn take(&self, like: &Likeness) -> MutexGuard<'_, ()> {
        let Likeness { owner, source, destination, service_type } = like;
        let ends = (&source.value, &destination.value);
        let lane = FixedState::default().hash_one((owner, ends, service_type)) as usize % self.lanes.len();
        self.lanes[lane].lock().await
    }

    /// Waits, having its turn, until nobody else has found so much that it must be alone with it.
    pub(super) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.crowd.lock().await
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self { lanes: std::iter::repeat_with(Mutex::default).take(LANES).collect(), crowd: Mutex::default() }
    }
}

/// More than an ordinary window, so that chance meetings are rare.
const LANES: usize = 1024;
