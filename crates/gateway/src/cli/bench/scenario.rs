//! What else is measured, each by a command of its own.

use std::process::ExitCode;

use clap::Subcommand;

use super::backlog::Backlog;

/// What else can be measured.
#[derive(Debug, Subcommand)]
pub(super) enum Scenario {
    /// Measures how the gateway bears a long backlog, and how soon it is back with it.
    Backlog(Backlog),
}

impl Scenario {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Backlog(backlog) => backlog.run().await,
        }
    }
}
