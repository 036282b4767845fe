//! `estafet simulate`

mod application;
pub(crate) mod caller;
pub(crate) mod esme;
pub(crate) mod idle;
pub(crate) mod smsc;

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use tokio::signal::unix::{SignalKind, signal};

/// One side of an operator, alone.
#[derive(Debug, Subcommand)]
pub(crate) enum Simulate {
    /// A message centre with handsets, that can misbehave on demand.
    Smsc(smsc::SmscArguments),
    /// An ESME that makes load and accounts for every message.
    Esme(esme::EsmeArguments),
    /// An ESME with many sessions that only stay bound.
    Idle(idle::IdleArguments),
    /// A content provider that answers what it is called with.
    Application(application::ApplicationArguments),
    /// A customer that hands messages in by HTTP and accounts for every receipt that is called back.
    Caller(caller::CallerArguments),
}

impl Simulate {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Smsc(smsc) => smsc.run().await,
            Self::Esme(esme) => esme.run().await,
            Self::Idle(idle) => idle.run().await,
            Self::Application(application) => application.run().await,
            Self::Caller(caller) => caller.run().await,
        }
    }
}

/// Reports every second what `line` says, if it changed, until somebody ends the program.
async fn report_until_stopped(line: impl Fn() -> String) -> anyhow::Result<()> {
    let mut stopped = pin!(until_stopped());
    let mut said = String::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(REPORT_EVERY) => {}
            stopped = &mut stopped => return stopped,
        }
        let now = line();
        if now != said {
            say(&now);
            said = now;
        }
    }
}

/// Returns when somebody ends the program.
pub(crate) async fn until_stopped() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[allow(clippy::print_stdout)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

const REPORT_EVERY: Duration = Duration::from_secs(1);
