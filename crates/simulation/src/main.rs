//! `simulation`: lives through the worlds of many seeds, or of one to be looked at.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Lives through simulated worlds and says which of them went wrong.
#[derive(Debug, Parser)]
struct Arguments {
    /// The seeds, as FIRST..END.
    #[arg(long, default_value = "0..1000", value_parser = range)]
    seeds: std::ops::Range<u64>,
    /// One seed only.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Says what happened in the world of the seed.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Shows the log of the gateway as well.
    #[arg(long, requires = "seed")]
    log: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.log {
        tracing_subscriber::fmt().without_time().with_writer(std::io::stdout).init();
    }
    let seeds = arguments.seed.map_or(arguments.seeds, |seed| seed..seed + 1);
    let mut out = std::io::stdout().lock();
    let (mut worlds, mut failed) = (0_u64, 0_u64);
    let (mut messages, mut taken_back, mut crashes, mut reloads) = (0, 0, 0, 0);
    for seed in seeds {
        let verdict = simulation::live(seed, arguments.trace)?;
        worlds += 1;
        messages += verdict.messages;
        taken_back += verdict.taken_back;
        crashes += verdict.crashes;
        reloads += verdict.reloads;
        for line in &verdict.trace {
            writeln!(out, "{line}")?;
        }
        for violation in &verdict.violations {
            writeln!(out, "seed {seed}: {violation}")?;
        }
        failed += u64::from(!verdict.violations.is_empty());
        if arguments.seed.is_some() {
            writeln!(out, "seed {seed}: hash {:016x}", verdict.hash)?;
        }
    }
    writeln!(
        out,
        "{worlds} worlds, {messages} messages, {taken_back} times one taken back, {crashes} crashes, {reloads} reloads: \
         {failed} worlds went wrong"
    )?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn range(text: &str) -> Result<std::ops::Range<u64>, String> {
    let (first, end) = text.split_once("..").ok_or("FIRST..END is wanted")?;
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    Ok(number(first)?..number(end)?)
}
