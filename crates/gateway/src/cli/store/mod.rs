//! `estafet store`

mod check;
mod export;
mod stats;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use gateway::config::Config;
use store::embedded::inspect::Inspector;

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

/// Which directory to look at.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The data directory.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The configuration file that names it.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Place {
    fn open(self) -> anyhow::Result<Inspector> {
        let directory = match (self.data_dir, self.config) {
            (Some(directory), _) => directory,
            (None, Some(config)) => Config::load(&config)?.data_dir,
            (None, None) => anyhow::bail!("neither --data-dir nor --config is given"),
        };
        Inspector::open(&directory).with_context(|| format!("data directory {}", directory.display()))
    }
}

/// Whoever reads our output may have enough of it; that is no failure.
fn until_reader_leaves(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
