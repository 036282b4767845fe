//! `estafet serve`

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use gateway::Gateway;
use gateway::config::Config;
use tokio::signal::unix::{SignalKind, signal};

use super::descriptors;

/// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// Seconds that sessions have to end by themselves when the gateway stops.
    #[arg(long, default_value_t = 30)]
    grace_s: u64,
    /// Threads that serve connections; as many as there are processors if left out.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        if let Some(threads) = self.threads {
            runtime.worker_threads(threads.get());
        }
        runtime.enable_all().build()?.block_on(self.serve())
    }

    async fn serve(self) -> anyhow::Result<ExitCode> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let config = Config::load(&self.config)?;
        make_room(&config);
        let gateway = Gateway::start(config).await?;
        tracing::info!(config = %self.config.display(), "running");
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => self.reload(&gateway),
            }
        }
        tracing::info!("stopping");
        let graceful = gateway.stop(Duration::from_secs(self.grace_s)).await;
        tracing::info!(graceful, "stopped");
        Ok(if graceful { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// A wrong file is refused whole, and the old one stays.
    fn reload(&self, gateway: &Gateway) {
        let reloaded =
            Config::load(&self.config).map_err(anyhow::Error::from).and_then(|new| gateway.reload(new));
        match reloaded {
            Ok(()) => tracing::info!(config = %self.config.display(), "configuration reloaded"),
            Err(error) => {
                tracing::error!(error = %format_args!("{error:#}"), "configuration refused; the old one stays");
            }
        }
    }
}

/// Each connection takes a descriptor.
fn make_room(config: &Config) {
    let connections_max = config.smpp.as_ref().map_or(0, |smpp| smpp.connections_max as u64);
    if let Some(limit) = descriptors::raise_limit().filter(|limit| *limit < connections_max) {
        tracing::warn!(limit, connections_max, "fewer files may be open than connections: see ulimit -n");
    }
}
