//! How long something took, for machines.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use simulator::Latency;

/// How long something took, in microseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LatencySummary {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
}

impl LatencySummary {
    pub(super) fn of(latency: &Latency) -> Self {
        let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self { p50: us(latency.p50), p99: us(latency.p99), p999: us(latency.p999), max: us(latency.max) }
    }
}
