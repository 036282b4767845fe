//! What else can be measured.

use std::process::ExitCode;

use clap::Subcommand;

use super::kannel::BesideKannel;

/// A benchmark of one thing.
#[derive(Debug, Subcommand)]
pub(super) enum Scenario {
    /// Measures the gateway beside Kannel: HTTP in, SMPP out, receipts by callback.
    Kannel(BesideKannel),
}

impl Scenario {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Kannel(kannel) => kannel.run().await,
        }
    }
}
