//! The clock of the system.

use std::time::{SystemTime, UNIX_EPOCH};

use sms::Timestamp;

/// Now, by the clock of the system.
pub(super) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
