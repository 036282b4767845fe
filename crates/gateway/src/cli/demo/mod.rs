//! `estafet demo`

mod operator;
mod tour;
mod traffic;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use operator::Operator;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the gateway with a simulated operator around it: an SMSC with handsets, a bank that binds by
/// SMPP, a content provider by HTTP. Shows a tour of real traffic, then stays up for you to try.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Shows the tour, checks that every step happened, and ends: with 0 if so, with 1 if not.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let operator = Operator::start(!self.once).await?;
        operator.introduce();
        let passed = tour::show(&operator).await;
        if !self.once {
            operator.invite();
            stay_up(&operator).await?;
        }
        let graceful = operator.stop(GRACE).await;
        Ok(if passed && graceful { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Goes on with a message now and then until somebody ends it.
async fn stay_up(operator: &Operator) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        () = traffic::go_on(operator) => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

const GRACE: Duration = Duration::from_secs(15);
