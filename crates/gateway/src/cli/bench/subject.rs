//! What is measured: the gateway, and the relays beside it.

use std::net::SocketAddr;
use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

use super::process::Process;
use super::{Settings, gateway, relay};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subject {
    /// `estafet serve` with its store.
    Gateway,
    /// A relay that has everything on disk before it says OK, and nothing else.
    DurableRelay,
    /// A relay that keeps nothing.
    Relay,
}

/// Where a subject is put.
pub(super) struct Stage<'a> {
    pub(super) settings: &'a Settings,
    /// An empty folder.
    pub(super) folder: &'a Path,
    /// Where the message centre listens; anybody may bind.
    pub(super) smsc: SocketAddr,
}

/// A subject that is bound to the message centre.
pub(super) struct Running {
    pub(super) process: Process,
    /// Where ESMEs bind.
    pub(super) address: SocketAddr,
    /// Where it tells its metrics, if it does while it runs.
    metrics: Option<SocketAddr>,
}

/// What a subject has counted itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub(super) syncs: u64,
    pub(super) journal_octets: u64,
}

impl Subject {
    pub(super) const ALL: [Self; 3] = [Self::Gateway, Self::DurableRelay, Self::Relay];

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::DurableRelay => "durable relay",
            Self::Relay => "relay",
        }
    }

    /// Starts it; it is ready when this returns.
    pub(super) async fn start(self, stage: &Stage<'_>) -> anyhow::Result<Running> {
        match self {
            Self::Gateway => {
                let (process, address, metrics) = gateway::start(stage).await?;
                Ok(Running { process, address, metrics: Some(metrics) })
            }
            Self::DurableRelay => relay::start(stage, Some(&stage.folder.join("journal"))).await,
            Self::Relay => relay::start(stage, None).await,
        }
    }
}

impl Running {
    /// One that tells what it has counted when it ends.
    pub(super) fn mute(process: Process, address: SocketAddr) -> Self {
        Self { process, address, metrics: None }
    }

    /// Stops it, and says what it has counted.
    pub(super) async fn stop(mut self) -> anyhow::Result<Counters> {
        match self.metrics {
            Some(metrics) => {
                let counters = gateway::counters(metrics).await?;
                self.process.end().await?;
                Ok(counters)
            }
            None => {
                self.process.terminate()?;
                let counters = relay::counters(&mut self.process).await?;
                self.process.end().await?;
                Ok(counters)
            }
        }
    }
}
