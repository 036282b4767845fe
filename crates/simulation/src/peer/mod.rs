//! Those whom the gateway deals with: SMSCs with handsets, and ESMEs.

pub(crate) mod esme;
pub(crate) mod manners;
mod schedule;
pub(crate) mod smsc;
mod wording;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway::Clock;
use smpp::Settings;

use crate::book::{Book, Time};
use crate::network::Network;
use crate::trace::Trace;
use manners::Manners;
pub(crate) use wording::serial_of;

/// What all peers share.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) network: Network,
    pub(crate) book: Book,
    pub(crate) trace: Trace,
    /// How long the gateway waits for an answer.
    pub(crate) patience: Duration,
    is_benign: Arc<AtomicBool>,
}

impl Surroundings {
    pub(crate) fn new(seed: u64, clock: Clock, network: Network, trace: Trace, patience: Duration) -> Self {
        Self { seed, clock, network, book: Book::default(), trace, patience, is_benign: Arc::default() }
    }

    /// From now on everybody behaves.
    pub(crate) fn calm_down(&self) {
        self.is_benign.store(true, Ordering::Relaxed);
    }

    fn is_benign(&self) -> bool {
        self.is_benign.load(Ordering::Relaxed)
    }

    /// How a peer with these manners behaves now.
    fn manners(&self, own: Manners) -> Manners {
        if self.is_benign() { Manners::GOOD } else { own }
    }

    fn time(&self) -> Time {
        self.clock.wall().0
    }
}

/// The settings of every session of a peer.
fn settings(patience: Duration) -> Settings {
    Settings {
        window_in: WINDOW_IN,
        window_out: WINDOW_OUT,
        enquire_link_interval: Duration::from_secs(7),
        enquire_link_timeout: Duration::from_secs(5),
        response_timeout: patience,
        unstated_version: smpp::VERSION_3_4,
        ..Settings::default()
    }
}

/// What is never answered takes a place for good: there are more than messages in a world.
const WINDOW_IN: usize = 100_000;
const WINDOW_OUT: usize = 20;
