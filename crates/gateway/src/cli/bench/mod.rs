//! `estafet bench`

mod backlog;
mod batch;
mod bound;
mod callbacks;
mod disk;
mod fetch;
mod figure;
mod finding;
mod gateway;
mod idle;
mod kannel;
mod machine;
mod number;
mod order;
mod place;
mod process;
mod relay;
mod report;
mod running;
mod scenario;
mod settings;
mod stage;
mod subject;
mod table;
mod trial;
mod urgent;
mod usage;
mod window;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use self::disk::Disk;
use self::figure::Figure;
use self::machine::Machine;
use self::place::Place;
use self::report::Report;
use self::scenario::Scenario;
use self::settings::Settings;
use self::subject::Subject;
use self::trial::{Measured, Trial};
use super::console::{say, until_stopped};

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
    #[command(flatten)]
    place: Place,
}

impl Bench {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(scenario) = self.scenario {
            return scenario.run().await;
        }
        let folder = self.place.folder()?;
        tokio::select! {
            report = self.measure(folder.path()) => self.tell(&report?),
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
                let trial = Trial { subject, settings: &self.settings, rate, receipts: true, place };
                let result = trial.run().await.with_context(|| format!("{} failed", subject.name()))?;
                measured.entry(subject).or_default().push(result);
            }
        }
        Ok(measured)
    }

    fn tell(&self, report: &Report) -> anyhow::Result<ExitCode> {
        table::lines(report).iter().for_each(|line| say(line));
        self.place.write(report)?;
        Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Half of what was relayed per second.
fn half_rate(runs: &[Measured]) -> u32 {
    let reached =
        figure::median(runs.iter().filter_map(|run| run.figures.get(&Figure::ReceiptsPerS)).copied());
    ((reached.unwrap_or_default() / 2.0) as u32).max(1)
}
