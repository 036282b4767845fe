//! Whose turn it is to have a password verified, which costs a processor for tens of milliseconds.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Two lanes that do not wait for each other: one for those who come from where the account is at home,
/// one for strangers.
pub(super) struct Lanes {
    home: Lane,
    strangers: Lane,
}

/// First come, first served; and no more than so many who wait.
struct Lane {
    turns: Arc<Semaphore>,
    places: Semaphore,
}

/// The right to verify one password; whoever works holds it, not whoever waits for the answer.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Lanes {
    /// Each lane may keep half of the processors busy, and at least one.
    pub(super) fn new() -> Self {
        let turns = (available_parallelism().map_or(1, NonZeroUsize::get) / 2).max(1);
        Self { home: Lane::new(turns, HOME_PLACES), strangers: Lane::new(turns, STRANGERS_PLACES) }
    }

    /// Waits for a turn in the lane; `None` if too many wait already, or if it took too long.
    pub(super) async fn turn(&self, at_home: bool) -> Option<Turn> {
        let lane = if at_home { &self.home } else { &self.strangers };
        lane.turn().await
    }
}

impl Lane {
    fn new(turns: usize, places: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), places: Semaphore::new(places) }
    }

    async fn turn(&self) -> Option<Turn> {
        let _place = self.places.try_acquire().ok()?;
        // Apart, for its size: most callers are known and never come here.
        let turn = Box::pin(timeout(WAIT_MAX, self.turns.clone().acquire_owned()));
        let permit = turn.await.ok()?.ok()?;
        Some(Turn { _permit: permit })
    }
}

/// Those who wait in a lane at a time.
const HOME_PLACES: usize = 512;
const STRANGERS_PLACES: usize = 64;
/// Most clients give a bind up after that.
const WAIT_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::time::Instant;

    use super::*;

    // ABU-1
    #[tokio::test(start_paused = true)]
    async fn strangers_who_fill_their_lane_are_not_waited_for_by_others() {
        let lanes = Arc::new(Lanes::new());
        let turns = lanes.strangers.turns.available_permits();
        let mut taken = Vec::new();
        for _ in 0..turns {
            taken.push(lanes.turn(false).await.unwrap());
        }
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..STRANGERS_PLACES {
            let lanes = lanes.clone();
            waiting.spawn(async move { lanes.turn(false).await.is_some() });
        }
        while lanes.strangers.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }

        let since = Instant::now();
        assert!(lanes.turn(false).await.is_none(), "there is no place left");
        assert!(lanes.turn(true).await.is_some());
        assert_eq!(since.elapsed(), Duration::ZERO);

        assert!(waiting.join_all().await.iter().all(|came| !came));
        assert_eq!(since.elapsed(), WAIT_MAX);
        drop(taken);
        assert!(lanes.turn(false).await.is_some());
    }
}
