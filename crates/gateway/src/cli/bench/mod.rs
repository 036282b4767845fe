//! `estafet bench`

mod disk;
mod fetch;
mod figure;
mod gateway;
mod kannel;
mod machine;
mod process;
mod relay;
mod report;
mod scenario;
mod stage;
mod subject;
mod table;
mod trial;
mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use tempfile::TempDir;

use self::disk::Disk;
use self::figure::Figure;
use self::machine::Machine;
use self::report::Report;
use self::scenario::Scenario;
use self::subject::Subject;
use self::trial::{Measured, Trial};
use super::simulate::{say, until_stopped};

pub(crate) use relay::BenchRelay;

/// Measures the gateway between a simulated SMSC and a simulated ESME, each a process of its own, and
/// beside it the least that a relay costs: in memory, and with everything synced to disk before the OK.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    scenario: Option<Scenario>,
    #[command(flatten)]
    settings: Settings,
    /// Measures again at half of the rate that each reached, which is what the latencies are judged at.
    #[arg(long)]
    latency: bool,
    /// Where the data go; a temporary folder here if left out.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Also writes everything to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Debug, Args, Serialize)]
struct Settings {
    /// Messages per run, each with a receipt.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    messages: u64,
    /// Sessions of the ESME, and sessions with the SMSC.
    #[arg(long, default_value_t = 4)]
    sessions: usize,
    /// Unanswered requests per session, in every direction.
    #[arg(long, default_value_t = 50)]
    window: usize,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// Messages a second over all sessions; as many as possible if left out.
    #[arg(long)]
    rate: Option<u32>,
    /// Runs of each subject, of which the medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Subject::ALL)]
    only: Vec<Subject>,
}

impl Bench {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(scenario) = self.scenario {
            return scenario.run().await;
        }
        let place = place(self.data_dir.as_deref())?;
        tokio::select! {
            report = self.measure(place.path()) => self.tell(&report?),
            stopped = until_stopped() => stopped.map(|()| ExitCode::FAILURE),
        }
    }

    async fn measure(&self, place: &Path) -> anyhow::Result<Report> {
        let machine = Machine::here();
        let disk = Disk::measure(place).await.context("cannot measure the disk")?;
        let full = self.pass(place, &|_| self.settings.rate).await?;
        let half = if self.latency {
            let rates: BTreeMap<Subject, u32> =
                full.iter().map(|(subject, measured)| (*subject, half_rate(measured))).collect();
            self.pass(place, &|subject| rates.get(&subject).copied()).await?
        } else {
            BTreeMap::new()
        };
        Ok(Report::new(self.settings.clone(), machine, disk, full, half))
    }

    /// All runs of all subjects, in turn so that a noisy machine hits all alike.
    async fn pass(
        &self,
        place: &Path,
        rate: &dyn Fn(Subject) -> Option<u32>,
    ) -> anyhow::Result<BTreeMap<Subject, Vec<Measured>>> {
        let mut measured: BTreeMap<Subject, Vec<Measured>> = BTreeMap::new();
        for run in 1..=self.settings.runs {
            for &subject in &self.settings.only {
                let rate = rate(subject);
                let pace = rate.map_or_else(String::new, |rate| format!(" at {rate}/s"));
                eprintln!("run {run} of {}: {}{pace}", self.settings.runs, subject.name());
                let trial = Trial { subject, settings: &self.settings, rate, place };
                let result = trial.run().await.with_context(|| format!("{} failed", subject.name()))?;
                measured.entry(subject).or_default().push(result);
            }
        }
        Ok(measured)
    }

    fn tell(&self, report: &Report) -> anyhow::Result<ExitCode> {
        table::lines(report).iter().for_each(|line| say(line));
        write_json(self.json.as_deref(), report)?;
        Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A folder of our own, which goes when this is dropped.
fn place(data_dir: Option<&Path>) -> anyhow::Result<TempDir> {
    let parent = data_dir.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)
        .and_then(|()| tempfile::Builder::new().prefix("estafet-bench-").tempdir_in(parent))
        .with_context(|| format!("cannot make a folder in {}", parent.display()))
}

/// Writes a report to this file, if there is one.
fn write_json(path: Option<&Path>, report: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(report)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Half of what was relayed per second.
fn half_rate(runs: &[Measured]) -> u32 {
    let reached =
        figure::median(runs.iter().filter_map(|run| run.figures.get(&Figure::ReceiptsPerS)).copied());
    ((reached.unwrap_or_default() / 2.0) as u32).max(1)
}
