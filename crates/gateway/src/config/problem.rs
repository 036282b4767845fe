//! What is wrong with a configuration, and where.

use std::ops::Range;
use std::path::{Path, PathBuf};

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

/// The file that was read, and where its lines end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    path: PathBuf,
    ends: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str, path: &Path) -> Self {
        Self { path: path.to_owned(), ends: text.match_indices('\n').map(|(end, _)| end).collect() }
    }

    /// What is said of what stands there.
    pub(crate) fn wrong(&self, at: &Range<usize>, problem: String) -> ConfigError {
        let line = self.ends.partition_point(|&end| end < at.start) + 1;
        ConfigError::Wrong { path: self.path.clone(), line, problem }
    }
}

/// What does not go together, and where it stands in the file.
pub(crate) struct Problem {
    pub(crate) at: Range<usize>,
    pub(crate) what: String,
}
