//! `estafet bench-relay`: the relays, each a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};
use yardstick::{Relay, RelayConfig};

use super::process::{PATIENCE, Process};
use super::stage::{Counters, Stage};
use crate::cli::console::{say, until_stopped};
use crate::cli::simulate::smsc::Listening;

/// Relays until it is told to end, and says what it has counted.
#[derive(Debug, Args)]
pub(crate) struct BenchRelay {
    /// Where ESMEs bind.
    #[arg(long)]
    listen: SocketAddr,
    /// The message centre, where anybody may bind.
    #[arg(long)]
    upstream: SocketAddr,
    /// Sessions with the message centre.
    #[arg(long)]
    sessions: usize,
    /// Unanswered requests per session.
    #[arg(long)]
    window: usize,
    /// Everything is written to this file and synced before the OK.
    #[arg(long)]
    journal: Option<PathBuf>,
}

/// What a relay has counted, for the benchmark.
#[derive(Debug, Serialize, Deserialize)]
struct RelaySummary {
    syncs: u64,
    journal_octets: u64,
}

impl BenchRelay {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = RelayConfig {
            listen: self.listen,
            upstream: self.upstream,
            system_id: "relay".to_owned(),
            password: String::new(),
            sessions: self.sessions,
            window: self.window,
            journal: self.journal,
        };
        let relay = tokio::task::spawn_blocking(move || Relay::start(&config)).await??;
        say(&serde_json::to_string(&Listening { address: relay.address() })?);
        until_stopped().await?;
        let counts = tokio::task::spawn_blocking(move || relay.stop()).await??;
        let summary = RelaySummary { syncs: counts.syncs, journal_octets: counts.journal_octets };
        say(&serde_json::to_string(&summary)?);
        Ok(ExitCode::SUCCESS)
    }
}

/// Starts a relay, a durable one if there is a journal, and says where ESMEs bind.
pub(super) async fn start(
    stage: &Stage<'_>,
    journal: Option<&Path>,
) -> anyhow::Result<(Process, SocketAddr)> {
    let settings = stage.settings;
    let mut arguments: Vec<String> =
        ["bench-relay", "--log-level", "warn", "--listen", "127.0.0.1:0"].map(str::to_owned).to_vec();
    let numbers = [
        ("--upstream", stage.smsc.to_string()),
        ("--sessions", settings.sessions.to_string()),
        ("--window", settings.window.to_string()),
    ];
    arguments.extend(numbers.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
    if let Some(path) = journal {
        arguments.extend(["--journal".to_owned(), path.display().to_string()]);
    }
    let mut process = Process::start("relay", arguments)?;
    let Listening { address } = process.say(PATIENCE).await?;
    Ok((process, address))
}

/// What a relay that was told to end has counted.
pub(super) async fn counters(process: &mut Process) -> anyhow::Result<Counters> {
    let RelaySummary { syncs, journal_octets } = process.say(PATIENCE).await?;
    Ok(Counters { syncs, journal_octets })
}
