//! What else is measured than everything at full speed.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::backlog::Backlog;
use super::batch::Batch;
use super::callbacks::Callbacks;
use super::finding::Findings;
use super::idle::Idle;
use super::kannel::{self, BesideKannel};
use super::place::Place;
use super::urgent::Urgent;
use super::window::Window;
use crate::cli::console::{say, until_stopped};

/// One question, and the processes that answer it.
#[derive(Debug, Subcommand)]
pub(super) enum Scenario {
    /// How long urgent messages take, alone and while bulk goes as fast as it can.
    Urgent(Urgent),
    /// What one session can submit with a small window.
    Window(Window),
    /// What sessions cost that are bound and say nothing.
    Idle(Idle),
    /// How the gateway bears a long backlog, and how soon it is back with it after a kill.
    Backlog(Backlog),
    /// How long one HTTP request with 10,000 messages takes.
    Batch(Batch),
    /// What one endpoint is told, alone and among many that are dead.
    Callbacks(Callbacks),
    /// The gateway beside Kannel: HTTP in, SMPP out, receipts by callback.
    Kannel(BesideKannel),
}

/// What a scenario found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Findings(Findings),
    BesideKannel(kannel::Report),
}

impl Scenario {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let folder = self.place().folder()?;
        tokio::select! {
            outcome = self.measure(folder.path()) => self.tell(&outcome?),
            stopped = until_stopped() => stopped.map(|()| ExitCode::FAILURE),
        }
    }

    async fn measure(&self, folder: &Path) -> anyhow::Result<Outcome> {
        let findings = match self {
            Self::Urgent(urgent) => urgent.measure(folder).await,
            Self::Window(window) => window.measure(folder).await,
            Self::Idle(idle) => idle.measure(folder).await,
            Self::Backlog(backlog) => backlog.measure(folder).await,
            Self::Batch(batch) => batch.measure(folder).await,
            Self::Callbacks(callbacks) => callbacks.measure(folder).await,
            Self::Kannel(kannel) => return kannel.measure(folder).await.map(Outcome::BesideKannel),
        };
        findings.map(Outcome::Findings)
    }

    fn tell(&self, outcome: &Outcome) -> anyhow::Result<ExitCode> {
        let (lines, is_sound) = match outcome {
            Outcome::Findings(findings) => (findings.lines(), findings.faults.is_empty()),
            Outcome::BesideKannel(report) => (kannel::lines(report), report.is_sound()),
        };
        lines.iter().for_each(|line| say(line));
        self.place().write(outcome)?;
        Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn place(&self) -> &Place {
        match self {
            Self::Urgent(urgent) => &urgent.place,
            Self::Window(window) => &window.place,
            Self::Idle(idle) => &idle.place,
            Self::Backlog(backlog) => &backlog.place,
            Self::Batch(batch) => &batch.place,
            Self::Callbacks(callbacks) => &callbacks.place,
            Self::Kannel(kannel) => &kannel.place,
        }
    }
}
