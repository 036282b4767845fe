//! Whether the gateway is well.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use store::Store;

/// What a load balancer or an operator asks.
pub(crate) struct Health {
    store: Arc<dyn Store>,
    phase: AtomicU8,
}

impl Health {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, phase: AtomicU8::new(STARTING) }
    }

    pub(crate) fn started(&self) {
        self.phase.store(RUNNING, Ordering::Release);
    }

    pub(crate) fn stopping(&self) {
        self.phase.store(STOPPING, Ordering::Release);
    }

    /// Why the process should be restarted, if so.
    pub(crate) fn sickness(&self) -> Option<String> {
        self.store.status().poisoned.map(|reason| format!("the store failed: {reason}"))
    }

    /// Why nothing should be sent here now, if so.
    pub(crate) fn unreadiness(&self) -> Option<String> {
        match self.phase.load(Ordering::Acquire) {
            STARTING => Some("starting".to_owned()),
            STOPPING => Some("stopping".to_owned()),
            _ => self.sickness(),
        }
    }
}

const STARTING: u8 = 0;
const RUNNING: u8 = 1;
const STOPPING: u8 = 2;
