//! Where an account is at home: the addresses that it came from with the right password.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock;
use crate::network::neighbourhood;

/// The last addresses that one account came from.
#[derive(Default)]
pub(super) struct Home {
    seen: Mutex<Vec<(IpAddr, Instant)>>,
}

impl Home {
    /// The account came from there.
    pub(super) fn note(&self, peer: IpAddr) {
        let (peer, now) = (neighbourhood(peer), clock::now());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, at)) = seen.iter_mut().find(|(address, _)| *address == peer) {
            *at = now;
            return;
        }
        if seen.len() >= ADDRESSES_MAX {
            let oldest = seen.iter().enumerate().min_by_key(|(_, (_, at))| *at).map(|(index, _)| index);
            oldest.map(|index| seen.swap_remove(index));
        }
        seen.push((peer, now));
    }

    /// Whether the account came from there lately.
    pub(super) fn has(&self, peer: IpAddr) -> bool {
        let (peer, now) = (neighbourhood(peer), clock::now());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let found = seen.iter().find(|(address, _)| *address == peer);
        found.is_some_and(|(_, at)| now.saturating_duration_since(*at) < REMEMBERED_FOR)
    }
}

const ADDRESSES_MAX: usize = 64;
const REMEMBERED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_last_addresses_are_remembered_for_a_week() {
        let home = Home::default();
        let address = |number: u32| IpAddr::V4((0xC000_0200 + number).into());
        for number in 0..=ADDRESSES_MAX as u32 {
            home.note(address(number));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(!home.has(address(0)), "the oldest makes room");
        assert!(home.has(address(1)) && home.has(address(64)) && !home.has(address(65)));
        tokio::time::advance(REMEMBERED_FOR - Duration::from_secs(10)).await;
        home.note(address(1));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(home.has(address(1)) && !home.has(address(64)));
    }
}
