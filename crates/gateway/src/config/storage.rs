//! How the embedded store behaves.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

/// The store's settings; the defaults are safe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Days that records are kept after their message was accepted.
    pub retention_days: u32,
    /// Hours that a receipt is waited for after a segment was sent.
    pub receipt_timeout_h: u32,
    /// Hours that a message without a validity period of its own may wait to be sent.
    pub validity_h: NonZeroU32,
    /// Days that what could not be told by HTTP waits for its owner to look at it.
    pub dead_letter_days: u32,
}

impl StoreConfig {
    /// How long a message may wait that does not say so itself.
    #[must_use]
    pub fn validity(&self) -> Duration {
        Duration::from_secs(u64::from(self.validity_h.get()) * 3600)
    }

    /// How long dead letters wait.
    #[must_use]
    pub fn dead_letter_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.dead_letter_days) * 86_400)
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            retention_days: 90,
            receipt_timeout_h: 72,
            validity_h: NonZeroU32::MIN.saturating_add(71),
            dead_letter_days: 30,
        }
    }
}
