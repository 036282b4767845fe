//! What came of a load.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use smpp::CommandStatus;
use sms::State;

use crate::Latency;

/// What became of a message of a load, as far as its ESME can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It was not submitted, or is not answered yet.
    #[default]
    Open,
    /// The answer was OK.
    Accepted,
    /// The answer was an error.
    Refused,
    /// There was no answer: it may have been taken or not.
    Unknown,
}

/// Where a load stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadProgress {
    /// Submissions that were sent, those that were repeated too.
    pub submitted: u64,
    /// Submissions that were answered OK.
    pub accepted: u64,
    /// Submissions that were answered with an error.
    pub refused: u64,
    /// Submissions that were not answered.
    pub unknown: u64,
    /// Accepted messages that have a final receipt.
    pub receipts: u64,
    /// Sessions that are bound now.
    pub sessions: u64,
}

/// What came of a load.
#[derive(Clone)]
pub struct LoadReport {
    /// Submissions that were sent, those that were repeated too.
    pub submitted: u64,
    /// Submissions that were answered OK.
    pub accepted: u64,
    /// Submissions that were answered with an error, by its status.
    pub refused: BTreeMap<CommandStatus, u64>,
    /// Submissions that were not answered: the connection was lost or the time was over.
    pub unknown: u64,
    /// Submissions that repeat one of which the outcome was not known.
    pub resubmitted: u64,
    /// Messages of which the last submission was not answered, or that were never sent.
    pub unsettled: u64,
    /// Accepted messages by the state that their first final receipt told.
    pub receipts: Vec<(State, u64)>,
    /// Final receipts for a message that had one already.
    pub receipts_twice: u64,
    /// Receipts that tell of a message that is on its way.
    pub receipts_intermediate: u64,
    /// Receipts for ids that nobody gave this load.
    pub receipts_unmatched: u64,
    /// Accepted messages without a final receipt, if receipts were asked for.
    pub without_receipt: u64,
    /// The ids of a thousand of them at most.
    pub ids_without_receipt: Vec<String>,
    /// Messages of handsets that came, and were answered OK.
    pub messages_in: u64,
    /// From sending to the answer.
    pub response: Latency,
    /// From sending to the first final receipt.
    pub receipt: Latency,
    /// From the start to the last answer.
    pub submitting: Duration,
    /// From the start to the last answer or receipt.
    pub elapsed: Duration,
    /// Binds that succeeded.
    pub binds: u64,
    /// Connections that were lost, not connected or not bound.
    pub failures: u64,
    /// The last of those failures, in words.
    pub last_failure: Option<String>,
    pub(super) first_serial: u64,
    pub(super) fates: Vec<Fate>,
    pub(super) fates_again: BTreeMap<u64, Fate>,
}

impl LoadReport {
    pub(super) fn new(first_serial: u64, messages: usize) -> Self {
        Self {
            submitted: 0,
            accepted: 0,
            refused: BTreeMap::new(),
            unknown: 0,
            resubmitted: 0,
            unsettled: 0,
            receipts: Vec::new(),
            receipts_twice: 0,
            receipts_intermediate: 0,
            receipts_unmatched: 0,
            without_receipt: 0,
            ids_without_receipt: Vec::new(),
            messages_in: 0,
            response: Latency::default(),
            receipt: Latency::default(),
            submitting: Duration::ZERO,
            elapsed: Duration::ZERO,
            binds: 0,
            failures: 0,
            last_failure: None,
            first_serial,
            fates: vec![Fate::Open; messages],
            fates_again: BTreeMap::new(),
        }
    }

    /// What became of a message; with [`crate::Serial::again`], of its last repetition.
    #[must_use]
    pub fn fate(&self, serial: crate::Serial) -> Fate {
        if serial.again {
            return self.fates_again.get(&serial.number).copied().unwrap_or_default();
        }
        let at = serial.number.checked_sub(self.first_serial).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.fates.get(at)).copied().unwrap_or_default()
    }

    /// The numbers of all messages.
    #[must_use]
    pub fn serials(&self) -> std::ops::Range<u64> {
        self.first_serial..self.first_serial.saturating_add(self.fates.len() as u64)
    }

    /// Answers per second, until the last.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let answered = self.accepted + self.refused.values().sum::<u64>();
        if self.submitting.is_zero() { 0.0 } else { answered as f64 / self.submitting.as_secs_f64() }
    }
}

/// Shows the figures, not every message.
impl fmt::Debug for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadReport")
            .field("submitted", &self.submitted)
            .field("accepted", &self.accepted)
            .field("refused", &self.refused)
            .field("unknown", &self.unknown)
            .field("resubmitted", &self.resubmitted)
            .field("unsettled", &self.unsettled)
            .field("receipts", &self.receipts)
            .field("receipts_twice", &self.receipts_twice)
            .field("without_receipt", &self.without_receipt)
            .field("response", &self.response)
            .field("receipt", &self.receipt)
            .field("elapsed", &self.elapsed)
            .field("failures", &self.failures)
            .field("last_failure", &self.last_failure)
            .finish_non_exhaustive()
    }
}

/// How many ids [`LoadReport::ids_without_receipt`] has at most.
pub(super) const WITHOUT_RECEIPT_MAX: usize = 1000;
