//! What is measured: the gateway, and the relays beside it.

use std::net::SocketAddr;

use clap::ValueEnum;
use serde::Serialize;

use super::process::Process;
use super::stage::{Counters, Stage};
use super::{gateway, relay};

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

/// A subject that is bound to the message centre.
pub(super) struct Running {
    pub(super) process: Process,
    /// Where ESMEs bind.
    pub(super) address: SocketAddr,
    /// Where it tells its metrics, if it does while it runs.
    metrics: Option<SocketAddr>,
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
        Ok(match self {
            Self::Gateway => {
                let (process, address, metrics) = gateway::start(stage).await?;
                Running { process, address, metrics: Some(metrics) }
            }
            Self::DurableRelay => mute(relay::start(stage, Some(&stage.folder.join("journal"))).await?),
            Self::Relay => mute(relay::start(stage, None).await?),
        })
    }
}

impl Running {
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

/// A subject that tells what it has counted when it ends.
fn mute((process, address): (Process, SocketAddr)) -> Running {
    Running { process, address, metrics: None }
}
