//! Whether a host runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The power of one host. Once it has gone, nothing that runs there reaches anybody.
#[derive(Clone, Debug)]
pub(crate) struct Power(Arc<AtomicBool>);

impl Power {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn cut(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether both are the power of one host.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
