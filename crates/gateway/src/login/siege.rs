//! Whether many addresses guess at one account.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use crate::clock;
use crate::network::neighbourhood;

/// The addresses that have failed with one account within [`PERIOD`].
#[derive(Default)]
pub(super) struct Siege {
    state: Mutex<Option<State>>,
}

struct State {
    since: Instant,
    addresses: ArrayVec<IpAddr, ADDRESSES>,
}

impl Siege {
    /// Somebody failed; whether there are many now. True once in a period.
    pub(super) fn grows(&self, peer: IpAddr) -> bool {
        let (peer, now) = (neighbourhood(peer), clock::now());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.take_if(|state| now.saturating_duration_since(state.since) >= PERIOD);
        let state = state.get_or_insert_with(|| State { since: now, addresses: ArrayVec::new() });
        if state.addresses.contains(&peer) {
            return false;
        }
        state.addresses.try_push(peer).is_ok() && state.addresses.is_full()
    }
}

/// So many are no forgetful owner.
pub(super) const ADDRESSES: usize = 10;
/// The time in which they fail.
const PERIOD: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // ABU-1
    #[tokio::test(start_paused = true)]
    async fn many_addresses_are_an_alarm_once_in_a_while() {
        let siege = Siege::default();
        let failures = |range: std::ops::Range<u32>| {
            let addresses = range.map(|number| IpAddr::V4((0x0A00_0000 + number).into()));
            addresses.filter(|address| siege.grows(*address)).count()
        };
        assert_eq!(failures(0..9) + failures(0..9), 0, "the same ones");
        assert_eq!(failures(0..100), 1);
        tokio::time::advance(PERIOD).await;
        assert_eq!(failures(0..9), 0);
        assert_eq!(failures(9..10), 1);
    }
}
