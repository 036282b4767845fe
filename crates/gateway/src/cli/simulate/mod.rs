//! `estafet simulate`

mod application;
pub(crate) mod caller;
pub(crate) mod esme;
pub(crate) mod idle;
pub(crate) mod latency;
pub(crate) mod smsc;

use std::process::ExitCode;

use clap::Subcommand;

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
