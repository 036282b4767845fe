//! How many connections there may be: in all, and of one address as long as it is not known who they are (ABU-2).

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::network::neighbourhood;

/// The places of all listeners. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    strangers: Arc<Mutex<HashMap<IpAddr, usize>>>,
    strangers_per_address_max: NonZeroUsize,
}

/// The place of one connection; dropping it frees the place.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    stranger: Option<Stranger>,
}

/// Counts a connection of nobody who is known.
struct Stranger {
    address: IpAddr,
    all: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Places {
    pub(crate) fn new(connections_max: usize, strangers_per_address_max: NonZeroUsize) -> Self {
        let all = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
        Self { all, strangers: Arc::default(), strangers_per_address_max }
    }

    /// A place for a connection of `peer`, or why there is none.
    pub(crate) fn take(&self, peer: IpAddr) -> Result<Place, &'static str> {
        let permit = self.all.clone().try_acquire_owned().map_err(|_| "too many already")?;
        let address = neighbourhood(peer);
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = strangers.entry(address).or_default();
        if *count >= self.strangers_per_address_max.get() {
            return Err("too many of this address already");
        }
        *count += 1;
        let stranger = Some(Stranger { address, all: self.strangers.clone() });
        Ok(Place { _permit: permit, stranger })
    }
}

impl Place {
    /// It is known whose connection it is.
    pub(crate) fn bound(&mut self) {
        self.stranger = None;
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    // ABU-2
    #[test]
    fn one_address_gets_no_more_than_its_share_until_it_binds() {
        let places = Places::new(10, TWO);
        let mut first = places.take(peer("192.0.2.1")).unwrap();
        let second = places.take(peer("192.0.2.1")).unwrap();
        assert!(places.take(peer("192.0.2.1")).is_err());
        assert!(places.take(peer("192.0.2.2")).is_ok(), "another address has its own share");
        first.bound();
        drop(second);
        let _both = (places.take(peer("192.0.2.1")).unwrap(), places.take(peer("192.0.2.1")).unwrap());
        assert!(places.take(peer("192.0.2.1")).is_err());
    }

    #[test]
    fn all_together_get_no_more_than_there_is_and_nothing_is_left_of_those_who_went() {
        let places = Places::new(2, TWO);
        let both = (places.take(peer("192.0.2.1")).unwrap(), places.take(peer("192.0.2.2")).unwrap());
        assert!(places.take(peer("192.0.2.3")).is_err());
        drop(both);
        assert!(places.strangers.lock().unwrap().is_empty());
        assert!(places.take(peer("192.0.2.3")).is_ok());
    }
}
