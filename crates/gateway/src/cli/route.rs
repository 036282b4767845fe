//! `estafet route`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use gateway::config::Config;
use gateway::{RouteQuestion, explain_route};

/// Explains which route a message would take and why. Exits with 1 if there is none.
#[derive(Debug, Args)]
pub(crate) struct Route {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
    /// The link that brings the message: an account, an SMSC or an application.
    #[arg(long)]
    from: String,
    /// The destination: a number or a short code.
    #[arg(long)]
    to: String,
    /// The source address.
    #[arg(long, default_value = "")]
    source: String,
    /// The text; its first words are the keyword.
    #[arg(long)]
    text: Option<String>,
    /// Links to regard as away.
    #[arg(long)]
    down: Vec<String>,
}

impl Route {
    #[allow(clippy::print_stdout)]
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let question = RouteQuestion {
            from: &self.from,
            source: &self.source,
            destination: &self.to,
            text: self.text.as_deref(),
            down: &self.down,
        };
        let explanation = explain_route(&config, &question)?;
        println!("{explanation}");
        Ok(if explanation.verdict.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
