//! The one door out: per link, take what is due, within window and rate, and settle.
//!
//! A link asks its [`Outlet`] for as many items as it has room for, delivers them in its own words,
//! and says what became of each. Several sessions of one link share one outlet, and so one rate.

mod bucket;
pub(crate) mod failover;
mod moving;
mod pace;
pub(crate) mod rerouting;
mod retry;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sms::LinkName;
use store::{Lease, Settlement, Store, StoreError};
use tokio::sync::{Notify, watch};

pub(crate) use bucket::TokenBucket;
pub(crate) use retry::back_off;

use crate::clock;
use crate::metrics::{LinkMetrics, SharedMetrics};
use pace::Pace;

/// Where a link gets what it shall deliver.
pub(crate) struct Outlet {
    link: LinkName,
    store: Arc<dyn Store>,
    pace: Mutex<Pace>,
    /// Tells those who wait with a grant that it holds no more.
    slower: Notify,
    metrics: LinkMetrics,
    /// How often somebody said that the other side is mended.
    renewals: watch::Sender<u64>,
    /// How often somebody may say it yet.
    renewals_left: Mutex<TokenBucket>,
}

impl Outlet {
    fn new(link: LinkName, store: Arc<dyn Store>, rate: u32, metrics: LinkMetrics) -> Self {
        Self {
            link,
            store,
            pace: Mutex::new(Pace::new(clock::now(), rate)),
            slower: Notify::new(),
            metrics,
            renewals: watch::Sender::new(0),
            renewals_left: Mutex::new(TokenBucket::new(clock::now(), RENEWALS_PER_S, RENEWALS_SAVED)),
        }
    }

    pub(crate) fn link(&self) -> &LinkName {
        &self.link
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(crate) fn metrics(&self) -> &LinkMetrics {
        &self.metrics
    }

    /// Takes up to `room` items, waiting until the rate allows it and there is at least one.
    ///
    /// Cancelling the call loses nothing.
    pub(crate) async fn take(&self, room: usize) -> Vec<Lease> {
        loop {
            let mut slower = pin!(self.slower.notified());
            // From before the grant on: whoever says it in between says it of this grant as well.
            slower.as_mut().enable();
            let mut grant = self.granted(room.min(TAKE_MAX)).await;
            let taken = tokio::select! {
                biased;
                () = slower => continue,
                taken = self.store.take(&self.link, grant.items) => taken,
            };
            grant.sent = taken.as_ref().map_or(0, Vec::len);
            drop(grant);
            match taken {
                Ok(leases) if !leases.is_empty() => return leases,
                Ok(_) => {}
                Err(StoreError::Closed) => std::future::pending().await,
                Err(error) => {
                    tracing::error!(link = %self.link, %error, "cannot take from the store");
                    tokio::time::sleep(STORE_RETRY).await;
                }
            }
        }
    }

    /// Says what became of items that were taken.
    pub(crate) fn settle(&self, batch: Vec<Settlement>) {
        if batch.is_empty() {
            return;
        }
        self.metrics.settled(&batch);
        self.store.settle(batch);
    }

    /// Changes the configured rate; the pace starts anew.
    fn set_rate(&self, rate: u32) {
        *self.pace() = Pace::new(clock::now(), rate);
    }

    /// The other side said that it is too much: rest, then go on more slowly.
    pub(crate) fn throttled(&self) {
        self.pace().throttled(clock::now());
        self.slower.notify_waiters();
    }

    /// The other side said how much more it can take: from 0, idle, to 100, nothing.
    pub(crate) fn congested(&self, level: u8) {
        let is_slower = self.pace().congested(clock::now(), level);
        if is_slower {
            self.slower.notify_waiters();
        }
    }

    /// The other side, which was away, is there: it may be less congested than it said.
    pub(crate) fn begin_anew(&self) {
        self.pace().begin_anew();
    }

    /// Somebody says that the other side is mended: what is known of its failures counts no more. Who says it
    /// again and again is heard ten times, and then once a second.
    pub(crate) fn renew(&self) {
        let mut left = self.renewals_left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.grant(clock::now(), 1) == 0 {
            return;
        }
        drop(left);
        self.renewals.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// To be told of each [`Outlet::renew`] from now on.
    pub(crate) fn renewals(&self) -> watch::Receiver<u64> {
        self.renewals.subscribe()
    }

    /// Returns when there was another.
    pub(crate) async fn renewed(&self, renewals: &mut watch::Receiver<u64>) {
        // The other end is here.
        let _ = renewals.changed().await;
    }

    async fn granted(&self, want: usize) -> Grant<'_> {
        loop {
            let grant = self.pace().grant(clock::now(), want);
            match grant {
                Ok(items) => return Grant { outlet: self, items, sent: 0 },
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        // Counters are as good after a panic elsewhere as before.
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many items may be sent; what is not sent of them is given back when it is dropped.
struct Grant<'a> {
    outlet: &'a Outlet,
    items: usize,
    sent: usize,
}

impl Drop for Grant<'_> {
    fn drop(&mut self) {
        self.outlet.pace().used(clock::now(), self.items, self.sent);
    }
}

/// The outlets of all links that were ever asked for.
pub(crate) struct Outlets {
    store: Arc<dyn Store>,
    metrics: SharedMetrics,
    known: Mutex<HashMap<LinkName, Arc<Outlet>>>,
}

impl Outlets {
    pub(crate) fn new(store: Arc<dyn Store>, metrics: SharedMetrics) -> Self {
        Self { store, metrics, known: Mutex::default() }
    }

    /// The one outlet of `link`.
    pub(crate) fn of(&self, link: &LinkName) -> Arc<Outlet> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let metrics = self.metrics.link(link);
            Arc::new(Outlet::new(link.clone(), self.store.clone(), 0, metrics))
        };
        known.entry(link.clone()).or_insert_with(new).clone()
    }

    /// The one outlet of `link`, with this rate in items per second from now on; 0 is unlimited.
    pub(crate) fn with_rate(&self, link: &LinkName, rate: u32) -> Arc<Outlet> {
        let outlet = self.of(link);
        outlet.set_rate(rate);
        outlet
    }
}

/// The most items of one take, whatever the window.
const TAKE_MAX: usize = 1000;
const RENEWALS_PER_S: f64 = 1.0;
/// For so long renewals are saved up.
const RENEWALS_SAVED: Duration = Duration::from_secs(10);
const STORE_RETRY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use store::embedded::{EmbeddedStore, Options};

    use super::*;
    use crate::metrics::Metrics;

    #[tokio::test(start_paused = true)]
    async fn that_somebody_is_mended_is_heard_now_and_then() {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(directory.path(), Options::default()).unwrap());
        let outlet = Outlets::new(store, Arc::new(Metrics::new())).of(&"shop".into());
        let mut renewals = outlet.renewals();
        let mut heard = 0;
        for _ in 0..100 {
            outlet.renew();
            heard += usize::from(renewals.has_changed().unwrap());
            renewals.mark_unchanged();
        }
        assert_eq!(heard, 10);
        tokio::time::advance(Duration::from_secs(1)).await;
        outlet.renew();
        assert!(renewals.has_changed().unwrap());
    }
}
