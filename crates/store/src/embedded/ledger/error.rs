//! What stops the ledger.

use super::key_file::Unusable;

/// Why the ledger cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the journal is damaged")]
    Journal,
    #[error("schema version {0}, which is not known")]
    Version(i64),
    #[error("keys: {0}")]
    Keys(#[from] Unusable),
}
