//! Turns of the live customer with one gateway and another.

use std::time::Duration;

use crate::cli::simulate::caller::CallerSummary;

/// One load of the live customer.
pub(super) struct Turn {
    pub(super) load: CallerSummary,
    /// What the gateway used meanwhile, for whatever.
    pub(super) cpu: Duration,
    /// Calls meanwhile that were not taken.
    pub(super) failed_calls: f64,
}

/// Two turns, one after the other: what disturbs the one disturbs the other, mostly.
pub(super) struct Pair {
    pub(super) alone: Turn,
    pub(super) beside: Turn,
}

impl Turn {
    /// Receipts per second.
    pub(super) fn rate(&self) -> f64 {
        self.load.receipts as f64 / self.seconds()
    }

    /// What the gateway used for a receipt, µs.
    pub(super) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / (self.load.receipts as f64).max(1.0)
    }

    pub(super) fn failed_calls_per_s(&self) -> f64 {
        self.failed_calls / self.seconds()
    }

    /// 99 of 100 receipts came within so many milliseconds.
    pub(super) fn p99_ms(&self) -> f64 {
        self.load.receipt_us.p99 as f64 / 1e3
    }

    /// What must not be.
    pub(super) fn fault(&self) -> Option<String> {
        let CallerSummary { refused, unanswered, without_receipt, receipts_twice, .. } = self.load;
        (refused + unanswered + without_receipt + receipts_twice > 0).then(|| {
            format!(
                "{refused} refused, {unanswered} unanswered, {without_receipt} without a receipt, \
                 {receipts_twice} with two"
            )
        })
    }

    fn seconds(&self) -> f64 {
        self.load.elapsed_s.max(f64::EPSILON)
    }
}

impl Pair {
    /// How much of its receipts per second the live one has left.
    pub(super) fn share(&self) -> f64 {
        self.beside.rate() / self.alone.rate()
    }

    /// How much more CPU time a receipt takes, if the gateway's calls of the dead count as the live one's.
    pub(super) fn cpu_ratio(&self) -> f64 {
        self.beside.cpu_us() / self.alone.cpu_us().max(f64::EPSILON)
    }
}
