//! `estafet simulate application`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use simulator::{Application, ApplicationConfig, Every};

use crate::cli::console::{report_until_stopped, say};

#[derive(Debug, Args)]
pub(crate) struct ApplicationArguments {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// How long it thinks, in milliseconds.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Fails every n-th call; 0 never.
    #[arg(long, default_value_t = 0)]
    fail_every: u64,
    /// The HTTP status that it fails with.
    #[arg(long, default_value_t = 500)]
    fail_status: u16,
    /// Its answer to what it does not know; {text} stands for what it was sent.
    #[arg(long, default_value = "You wrote: {text}")]
    answer: String,
}

impl ApplicationArguments {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let application = Application::start(ApplicationConfig {
            listen: self.listen,
            otherwise: Some(self.answer),
            delay: Duration::from_millis(self.delay_ms),
            fail: Every::nth(self.fail_every),
            fail_status: self.fail_status,
            ..ApplicationConfig::default()
        })
        .await?;
        say(&format!("content provider at http://{}/", application.address()));
        report_until_stopped(|| format!("{} calls", application.call_count())).await?;
        application.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}
