//! How an embedded store is set up, and why it does not open.

use std::path::PathBuf;
use std::time::Duration;

use sms::LinkName;

/// Limits and times of an embedded store. The default values suit one gateway on one machine.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a journal file is long enough to begin the next, in octets. Default 64 MiB, at most 1 GiB.
    pub segment_octets: u64,
    /// Octets of messages that may wait to be committed before [`StoreError::Overloaded`]. Default 64 MiB,
    /// at most 128 MiB.
    ///
    /// [`StoreError::Overloaded`]: crate::StoreError::Overloaded
    pub pending_octets_max: usize,
    /// Messages that may wait to be committed before [`StoreError::Overloaded`]. Default 100,000.
    ///
    /// [`StoreError::Overloaded`]: crate::StoreError::Overloaded
    pub pending_messages_max: usize,
    /// Octets of message bodies that are kept in memory to save reading them back. Default 64 MiB.
    pub cache_octets: usize,
    /// Room on the disk below which nothing more is accepted, in octets; what is under way may use it. Default 64 MiB.
    pub reserve_octets: u64,
    /// How long a segment that was sent waits for its receipt before its state is
    /// [`State::Unknown`](sms::State::Unknown); an hour after the message's validity if that is earlier. Default 72 hours.
    pub receipt_timeout: Duration,
    /// How long the owner of a message can be told of its final state. Default 72 hours.
    pub notice_timeout: Duration,
    /// How long a receipt that matches nothing is kept. Default 10 minutes.
    pub unmatched_timeout: Duration,
    /// How many receipts that match nothing are kept; the oldest go first. Default 100,000.
    pub unmatched_max: usize,
    /// Links whose segments are held, not sent again, when nobody knows after a restart whether they
    /// were sent. Each loan to them costs a sync. Default none.
    pub hold_unknown: Vec<LinkName>,
    /// Links that this process serves itself. What they had not settled when it ended is lent to them again as
    /// if it had never been. Default none.
    pub in_process: Vec<LinkName>,
    /// Whether to keep a ledger; without it nothing is found. Default true.
    pub ledger: bool,
    /// How long the ledger keeps the record of a message, in whole days. Default 90 days.
    pub retention: Duration,
    /// How many records a file of the ledger may have before the next is begun within the same day. Default
    /// 2 million, at most 2 billion.
    pub ledger_file_records: u64,
}

impl Default for Options {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            segment_octets: 64 << 20,
            pending_octets_max: 64 << 20,
            pending_messages_max: 100_000,
            cache_octets: 64 << 20,
            reserve_octets: 64 << 20,
            receipt_timeout: 72 * HOUR,
            notice_timeout: 72 * HOUR,
            unmatched_timeout: Duration::from_secs(600),
            unmatched_max: 100_000,
            hold_unknown: Vec::new(),
            in_process: Vec::new(),
            ledger: true,
            retention: 90 * 24 * HOUR,
            ledger_file_records: 2_000_000,
        }
    }
}

impl Options {
    /// The same with every limit inside of what the format can hold.
    pub(super) fn bounded(mut self) -> Self {
        self.segment_octets = self.segment_octets.clamp(1 << 10, 1 << 30);
        self.pending_octets_max = self.pending_octets_max.min(128 << 20);
        self.ledger_file_records = self.ledger_file_records.clamp(1, 1 << 31);
        self
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory open.
    #[error("{} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// Reading or writing failed.
    #[error("{what}: {error}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A journal file is damaged where it had been written for good; nothing was changed.
    #[error("journal file {file:010}.log is damaged at offset {offset}: {what}")]
    Damaged {
        /// The number in the name of the file.
        file: u32,
        /// Octets from the start of the file.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A journal file was written by a version of this program that is not known here.
    #[error("journal file {file:010}.log has format version {version}, which is not known")]
    Version {
        /// The number in the name of the file.
        file: u32,
        /// Its version.
        version: u32,
    },
    /// The ledger cannot be opened.
    #[error("ledger: {0}")]
    Ledger(String),
}

impl OpenError {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}
