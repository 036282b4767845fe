//! Looking at a data directory that no process has open, without changing anything in it.
//!
//! The journal is read by the code that reads it at start, so that what is found sound here opens.

mod journal;
mod ledger;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use sms::{LinkName, Timestamp};

use super::options::OpenError;
use crate::{Query, Record};

/// A data directory that is held for reading: no gateway starts on it meanwhile.
#[derive(Debug)]
pub struct Inspector {
    directory: PathBuf,
    _lock: Option<File>,
}

/// How a data directory stands.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The files of the journal, oldest first.
    pub journal: Vec<JournalFile>,
    /// What follows from the journal, up to its first damage.
    pub standing: Standing,
    /// The files of the ledger, oldest first.
    pub ledger: Vec<LedgerFile>,
    /// How much of the journal the ledger has not taken over, in octets: it does so after the next start.
    pub ledger_behind_octets: u64,
    /// What was found on the way, in the order of the files.
    pub findings: Vec<Finding>,
}

/// A file of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFile {
    /// Its name, from the data directory on.
    pub name: String,
    /// Its length in octets.
    pub octets: u64,
    /// Messages that were put there.
    pub messages: u64,
    /// Those of them that are under way and keep the file alive.
    pub live: u64,
    /// Receipts there that matched nothing so far; they keep it alive as well.
    pub unmatched_receipts: u64,
}

/// A file of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFile {
    /// Its name, from the data directory on.
    pub name: String,
    /// Its length in octets, with its log.
    pub octets: u64,
    /// How many records it has; 0 if it cannot be read.
    pub rows: u64,
    /// When the first and the last of their messages were accepted.
    pub accepted: Option<(Timestamp, Timestamp)>,
}

/// What is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Messages without a final state, or whose owner was not told yet.
    pub live_messages: u64,
    /// Segments and notices that wait, due or not, per link; links for which nothing waits are left out.
    pub waiting: Vec<(LinkName, u64)>,
    /// Segments and notices that a link had when the process ended: whether they were sent, nobody knows.
    pub outcome_unknown: u64,
    /// Segments that are held because nobody knows whether they were sent.
    pub held: u64,
    /// Segments that were sent and wait for their receipt.
    pub awaiting_receipt: u64,
    /// Receipts that matched nothing so far.
    pub unmatched_receipts: u64,
}

/// Something that is not as it should be, or worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the data directory on.
    pub file: String,
    /// Octets from its start, where that is known.
    pub offset: Option<u64>,
    /// What is wrong there. Never holds anything of a message.
    pub what: String,
    /// Whether something is lost or unreadable. What a start puts right by itself, as a torn tail, is
    /// no damage.
    pub is_damage: bool,
}

/// Why records could not be read, or not be given on.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The ledger cannot be read.
    #[error("ledger: {0}")]
    Ledger(#[from] rusqlite::Error),
    /// A file cannot be read, or whoever takes the records failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Inspector {
    /// Takes a data directory for reading. Several may do so at a time.
    ///
    /// # Errors
    /// [`OpenError::Locked`] if a gateway has it open, [`OpenError::Io`] if it is none or cannot be read.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, OpenError> {
        let directory = directory.as_ref().to_owned();
        let journal = directory.join("journal");
        std::fs::read_dir(&journal).map_err(OpenError::io(journal.display().to_string()))?;
        let lock = lock_shared(&directory)?;
        Ok(Self { directory, _lock: lock })
    }

    /// Says how the directory stands. Reads the journal whole, and the ledger as far as that takes to
    /// count; blocks until that is done.
    ///
    /// # Errors
    /// A file cannot be read. Damage is no error but a [`Finding`].
    pub fn report(&self) -> Result<Report, OpenError> {
        self.look(false)
    }

    /// The same, and has every file of the ledger checked by SQLite, page by page.
    ///
    /// # Errors
    /// Those of [`Inspector::report`].
    pub fn check(&self) -> Result<Report, OpenError> {
        self.look(true)
    }

    /// Visits the records of the ledger that match `query`, newest first; its limit and cursor are not
    /// looked at. What the ledger has not taken over yet is missing, see [`Report::ledger_behind_octets`].
    ///
    /// # Errors
    /// The ledger cannot be read, or `visit` failed, which ends it.
    pub fn records(
        &self,
        query: &Query,
        mut visit: impl FnMut(Record) -> io::Result<()>,
    ) -> Result<(), RecordsError> {
        ledger::records(&self.directory, query, &mut |record| Ok(visit(record)?))
    }

    fn look(&self, is_check: bool) -> Result<Report, OpenError> {
        let mut report = Report::default();
        let ends = journal::look(&self.directory, &mut report)?;
        ledger::look(&self.directory, is_check, &mut report)?;
        ledger::compare(&self.directory, &ends, &mut report)?;
        Ok(report)
    }
}

impl Report {
    /// Whether something is lost or unreadable.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_damage)
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let weight = if self.is_damage { "damage" } else { "note" };
        write!(f, "{weight}: {}", self.file)?;
        if let Some(offset) = self.offset {
            write!(f, " at offset {offset}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Shares the lock that a gateway has alone. A copy of a data directory may have none.
fn lock_shared(directory: &Path) -> Result<Option<File>, OpenError> {
    let path = directory.join("lock");
    let named = || OpenError::io(path.display().to_string());
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(named())?,
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::Locked(directory.to_owned())),
        Err(error) => Err(named()(error.into())),
    }
}
