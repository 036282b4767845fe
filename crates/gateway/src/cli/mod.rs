//! The command line: one file per command.

mod bench;
mod check;
mod console;
mod demo;
mod descriptors;
mod import;
mod key;
mod loopback;
mod route;
mod serve;
mod simulate;
mod store;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Estafet relays short messages between SMSCs and ESMEs, and loses none that it has acknowledged.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) logging: Logging,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the gateway.
    Serve(serve::Serve),
    /// Checks a configuration.
    Check(check::Check),
    /// Makes a key for the HTTP API.
    Key(key::Key),
    /// Turns the configuration of Kannel or Jasmin into one of Estafet.
    #[command(subcommand)]
    Import(import::Import),
    /// Explains where a message would go.
    Route(route::Route),
    /// Runs the gateway with a simulated operator around it.
    Demo(demo::Demo),
    /// Looks at a data directory that no gateway has open.
    #[command(subcommand)]
    Store(store::Store),
    /// Runs one simulator alone.
    #[command(subcommand)]
    Simulate(simulate::Simulate),
    /// Measures the gateway between simulators, beside the least that a relay costs.
    Bench(bench::Bench),
    /// A relay that the gateway is measured against.
    #[command(hide = true)]
    BenchRelay(bench::BenchRelay),
}

/// Logs go to standard error, one line per event.
#[derive(Debug, Args)]
pub(crate) struct Logging {
    /// How a line looks.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// What is logged: a level, or `target=level` with commas between. The default is info, for the demo
    /// warn.
    #[arg(long, global = true)]
    log_level: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Logs as told, or as suits the command.
pub(crate) fn start_logging(logging: &Logging, command: &Command) {
    let usual = if matches!(command, Command::Demo(_)) { "warn" } else { "info" };
    let level = logging.log_level.as_deref().unwrap_or(usual);
    let filter = EnvFilter::try_new(level).unwrap_or_else(|error| {
        eprintln!("estafet: --log-level {level}: {error}; using {usual}");
        EnvFilter::new(usual)
    });
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE)
        .with_target(false);
    match logging.log_format {
        LogFormat::Text => subscriber.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
}

pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(check) => check.run(),
        Command::Key(key) => key.run(),
        Command::Import(import) => import.run(),
        Command::Route(route) => route.run(),
        Command::Store(store) => store.run(),
        Command::Serve(serve) => serve.run(),
        Command::Demo(demo) => block_on(demo.run()),
        Command::Simulate(simulate) => block_on(simulate.run()),
        Command::Bench(bench) => block_on(bench.run()),
        Command::BenchRelay(relay) => block_on(relay.run()),
    }
}

fn block_on(run: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run)
}
