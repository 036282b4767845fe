//! A subject while it is measured.

use std::net::SocketAddr;

use super::process::Process;
use super::stage::{Counters, Stage};
use super::subject::Subject;
use super::{gateway, relay};

/// A subject that is bound to the message centre.
pub(super) struct Running {
    pub(super) process: Process,
    /// Where ESMEs bind.
    pub(super) address: SocketAddr,
    /// Where it tells its metrics, if it does while it runs.
    metrics: Option<SocketAddr>,
}

impl Running {
    /// Starts a subject; it is ready when this returns.
    pub(super) async fn start(subject: Subject, stage: &Stage<'_>) -> anyhow::Result<Self> {
        Ok(match subject {
            Subject::Gateway => {
                let (process, address, metrics) = gateway::start(stage).await?;
                Self { process, address, metrics: Some(metrics) }
            }
            Subject::DurableRelay => mute(relay::start(stage, Some(&stage.folder.join("journal"))).await?),
            Subject::Relay => mute(relay::start(stage, None).await?),
        })
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

/// A subject that tells what it has counted when it ends.
fn mute((process, address): (Process, SocketAddr)) -> Running {
    Running { process, address, metrics: None }
}
