//! `estafet simulate idle`

use std::process::ExitCode;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use simulator::{Esme, EsmeConfig};

use crate::cli::descriptors;

use crate::cli::console::{say, until_stopped};

#[derive(Debug, Args)]
pub(crate) struct IdleArguments {
    /// The gateway's or message centre's host:port.
    #[arg(long, default_value = "127.0.0.1:2775")]
    address: String,
    /// Who it is.
    #[arg(long)]
    system_id: String,
    /// The password to bind with.
    #[arg(long)]
    password: String,
    /// How many sessions.
    #[arg(long, default_value_t = 1000)]
    sessions: usize,
    /// Says how many are bound, and are still bound in the end, as a line of JSON each.
    #[arg(long)]
    json: bool,
}

/// How many sessions are bound, for machines.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Bound {
    pub(crate) bound: usize,
}

impl IdleArguments {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let limit = descriptors::raise_limit();
        let enough = limit.is_none_or(|limit| limit > self.sessions as u64);
        anyhow::ensure!(enough, "{} sessions need more than {limit:?} descriptors", self.sessions);
        let esmes: Vec<Esme> = stream::iter(0..self.sessions)
            .map(|_| Esme::bind(EsmeConfig::new(&self.address, &self.system_id, &self.password)))
            .buffer_unordered(BINDS_AT_A_TIME)
            .try_collect()
            .await?;
        let bound = || esmes.iter().filter(|esme| !esme.is_over()).count();
        self.tell(bound())?;
        until_stopped().await?;
        let left = bound();
        self.tell(left)?;
        Ok(if left == self.sessions { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn tell(&self, bound: usize) -> anyhow::Result<()> {
        if self.json {
            say(&serde_json::to_string(&Bound { bound })?);
        } else {
            say(&format!("{bound} sessions are bound"));
        }
        Ok(())
    }
}

/// More would overflow the queue of connections that wait to be taken.
const BINDS_AT_A_TIME: usize = 64;
