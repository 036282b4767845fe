//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use sms::Timestamp;

/// The time of day, once per use: nothing inside the protocol cores reads it.
pub(crate) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
