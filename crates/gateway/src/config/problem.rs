//! What is wrong with a configuration, and where.

use std::path::PathBuf;

/// Why a configuration is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read {path}: {problem}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: std::io::Error,
    },
    /// The file is not TOML, has an unknown key, or a value that does not fit or does not go with others.
    #[error("{path}, line {line}: {problem}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line of the offending key or value, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// What does not go together, and where it stands in the file.
pub(crate) struct Problem {
    pub(crate) at: std::ops::Range<usize>,
    pub(crate) what: String,
}
