//! How long messages of handsets are put together.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::Deserialize;
use sms::reassembly::Limits;

/// The limits of what waits for the rest of its message; at each of them the oldest goes on incomplete.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReassemblyConfig {
    /// Seconds after its first part that a message is waited for.
    pub timeout_s: NonZeroU64,
    /// Parts of all messages.
    pub parts_max: NonZeroU32,
    /// Octets of all messages.
    pub octets_max: NonZeroU32,
    /// Parts of the messages of one source.
    pub source_parts_max: NonZeroU32,
    /// Octets of the messages of one source.
    pub source_octets_max: NonZeroU32,
}

impl ReassemblyConfig {
    /// The same for those who put messages together.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let number = |limit: NonZeroU32| usize::try_from(limit.get()).unwrap_or(usize::MAX);
        Limits {
            timeout: Duration::from_secs(self.timeout_s.get()),
            patience: PATIENCE,
            parts_max: number(self.parts_max),
            octets_max: number(self.octets_max),
            source_parts_max: number(self.source_parts_max),
            source_octets_max: number(self.source_octets_max),
        }
    }
}

impl Default for ReassemblyConfig {
    fn default() -> Self {
        const fn number(limit: u32) -> NonZeroU32 {
            NonZeroU32::MIN.saturating_add(limit - 1)
        }
        Self {
            timeout_s: NonZeroU64::MIN.saturating_add(24 * 3600 - 1),
            parts_max: number(100_000),
            octets_max: number(32 << 20),
            // Four of the longest.
            source_parts_max: number(1020),
            source_octets_max: number(256 << 10),
        }
    }
}

/// After a restart SMSCs need time to connect and to repeat what was not answered.
const PATIENCE: Duration = Duration::from_secs(60);
