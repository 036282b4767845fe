//! `estafet check`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use gateway::config::Config;

/// Says what is wrong with a configuration, and in which line, or with its certificates, without starting anything.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
}

impl Check {
    #[allow(clippy::print_stdout)]
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        config.check_certificates()?;
        println!(
            "{}: {} SMSCs, {} accounts, {} applications, {} routes",
            self.config.display(),
            config.smsc.len(),
            config.account.len(),
            config.application.len(),
            config.route.len(),
        );
        Ok(ExitCode::SUCCESS)
    }
}
