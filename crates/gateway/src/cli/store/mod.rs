//! `estafet store`

mod check;
mod export;
mod place;
mod stats;

use std::process::ExitCode;

use clap::Subcommand;

/// A data directory that no gateway has open. Nothing in it is changed, and no text of a message is shown.
#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Verifies every file. Exits with 1 if something is damaged; a torn tail is no damage.
    Check(check::Check),
    /// Counts what is under way and what is kept.
    Stats(stats::Stats),
    /// Writes records to standard output, newest first, one JSON object a line.
    Export(export::Export),
}

impl Store {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Stats(stats) => stats.run(),
            Self::Export(export) => export.run(),
        }
    }
}
