//! The directory that is looked at, and whoever reads what is said of it.

use std::io;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use gateway::config::Config;
use store::embedded::inspect::Inspector;

/// Which directory to look at.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Place {
    /// The data directory.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// The configuration file that names it.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Place {
    pub(super) fn open(self) -> anyhow::Result<Inspector> {
        let directory = match (self.data_dir, self.config) {
            (Some(directory), _) => directory,
            (None, Some(config)) => Config::load(&config)?.data_dir,
            (None, None) => anyhow::bail!("neither --data-dir nor --config is given"),
        };
        Inspector::open(&directory).with_context(|| format!("data directory {}", directory.display()))
    }
}

/// Whoever reads our output may have enough of it; that is no failure.
pub(super) fn until_reader_leaves(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
