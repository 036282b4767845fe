//! What is to be done when.

use std::collections::BTreeMap;
use std::time::Instant;

/// Things to do, by the time when they are due; of the same time, first come, first served.
pub(super) struct Schedule<T> {
    due: BTreeMap<(Instant, u64), T>,
    next: u64,
}

impl<T> Schedule<T> {
    pub(super) fn new() -> Self {
        Self { due: BTreeMap::new(), next: 0 }
    }

    pub(super) fn add(&mut self, at: Instant, what: T) {
        self.next += 1;
        self.due.insert((at, self.next), what);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// When the first of those is due that are wanted.
    pub(super) fn first(&self, wanted: impl Fn(&T) -> bool) -> Option<Instant> {
        self.due.iter().find(|(_, what)| wanted(what)).map(|((at, _), _)| *at)
    }

    /// Takes out up to `most` of those that are due and wanted.
    pub(super) fn take(&mut self, now: Instant, most: usize, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let due = self.due.range(..=(now, u64::MAX)).filter(|(_, what)| wanted(what));
        let keys: Vec<(Instant, u64)> = due.take(most).map(|(key, _)| *key).collect();
        keys.iter().filter_map(|key| self.due.remove(key)).collect()
    }
}
