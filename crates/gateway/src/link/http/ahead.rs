//! What an endpoint is called for next.

use std::collections::VecDeque;
use std::time::Duration;

/// Items that were taken while calls are under way, so that the next go out as soon as those end. None are while calls
/// fail or take long: what waits here cannot be recalled, nor go another way.
pub(super) struct Ahead<L> {
    leases: VecDeque<L>,
    /// The most items of one call.
    batch: usize,
    /// For how many calls there may be items.
    most: usize,
    window: usize,
}

impl<L> Ahead<L> {
    pub(super) fn new(window: usize, batch: usize) -> Self {
        Self { leases: VecDeque::new(), batch, most: 0, window }
    }

    /// How many items to take, if there is room for so many more calls now. A few are not worth the asking.
    pub(super) fn room(&self, calls: usize) -> usize {
        let room = ((calls + self.most) * self.batch).saturating_sub(self.leases.len());
        if calls > 0 || room > self.most * self.batch / 2 { room } else { 0 }
    }

    pub(super) fn add(&mut self, leases: Vec<L>) {
        self.leases.extend(leases);
    }

    /// The items of up to `most` calls, as many each as one call may have.
    pub(super) fn calls(&mut self, most: usize) -> impl Iterator<Item = Vec<L>> + use<'_, L> {
        std::iter::from_fn(|| {
            let batch = self.batch.min(self.leases.len());
            (batch > 0).then(|| self.leases.drain(..batch).collect())
        })
        .take(most)
    }

    /// Says how a call went: whether somebody was there, and soon.
    pub(super) fn note(&mut self, is_away: bool, took: Duration) {
        self.most = if is_away || took >= SOON { 0 } else { self.window };
        if is_away {
            self.leases.clear();
        }
    }
}

/// An answer within this time is one for which there may be items ahead.
const SOON: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_taken_ahead_while_calls_succeed_soon() {
        let mut ahead = Ahead::new(4, 2);
        let calls = |ahead: &mut Ahead<u32>, most| ahead.calls(most).collect::<Vec<_>>();
        assert_eq!(ahead.room(4), 8, "of nobody is known yet how fast it is");
        ahead.add((0..7).collect());
        assert_eq!(calls(&mut ahead, 4), [vec![0, 1], vec![2, 3], vec![4, 5], vec![6]]);
        assert_eq!(ahead.room(0), 0);
        ahead.note(false, Duration::ZERO);
        assert_eq!((ahead.room(0), ahead.room(1)), (8, 10));
        ahead.add((10..14).collect());
        assert_eq!(ahead.room(0), 0, "half of it is enough");
        assert_eq!(calls(&mut ahead, 1), [[10, 11]]);
        assert_eq!(ahead.room(0), 6);
        ahead.note(false, SOON);
        assert_eq!(ahead.room(0), 0);
        assert_eq!(calls(&mut ahead, 4), [[12, 13]], "what was taken is called for all the same");
        ahead.add(vec![20]);
        ahead.note(true, Duration::ZERO);
        assert_eq!(ahead.room(1), 2);
        assert!(calls(&mut ahead, 1).is_empty(), "it goes back");
    }
}
