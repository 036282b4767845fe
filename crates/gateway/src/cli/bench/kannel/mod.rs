//! `estafet bench kannel`

mod boxes;
mod estafet;
mod report;
mod stage;
mod subject;
mod table;
mod trial;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use self::subject::Subject;
use self::trial::Trial;
use super::disk::Disk;
use super::machine::Machine;
use super::place::Place;
use super::report::Series;
use super::trial::Measured;

pub(super) use self::report::Report;
pub(super) use self::table::lines;

/// Measures the gateway and Kannel, in turns and as separate processes, on the same way: one customer
/// hands messages in by HTTP over connections that are kept alive, one SMSC takes them and sends
/// receipts at once, and each receipt is called back by HTTP. Needs Kannel's bearerbox and smsbox.
#[derive(Debug, Args)]
pub(super) struct BesideKannel {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    pub(super) place: Place,
}

/// What is measured.
#[derive(Clone, Debug, Args, Serialize)]
struct Settings {
    /// Messages per run of the gateway, each with a receipt.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    messages: u64,
    /// Messages per run of Kannel; a tenth of the gateway's if left out.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    kannel_messages: Option<u64>,
    /// Connections of the customer, each with one request at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Sessions with the SMSC.
    #[arg(long, default_value_t = 1)]
    sessions: usize,
    /// Unanswered requests per session.
    #[arg(long, default_value_t = 200)]
    window: usize,
    /// Octets of each text.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// The most receipts of a call and the messages of a request, where there are many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=1000))]
    batch: u16,
    /// Seconds after which a run hands in nothing more.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Runs of each subject, of which the medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Subject::ALL)]
    only: Vec<Subject>,
}

impl BesideKannel {
    /// All runs of all subjects, in turn so that a noisy machine hits all alike.
    pub(super) async fn measure(&self, place: &Path) -> anyhow::Result<Report> {
        if self.settings.only.contains(&Subject::Kannel) {
            boxes::Programs::find()?;
        }
        let machine = Machine::here();
        let disk = Disk::measure(place).await.context("cannot measure the disk")?;
        let mut measured: BTreeMap<Subject, Vec<Measured>> = BTreeMap::new();
        for run in 1..=self.settings.runs {
            for &subject in &self.settings.only {
                eprintln!("run {run} of {}: {}", self.settings.runs, subject.name());
                let trial = Trial { subject, settings: &self.settings, place };
                let result = trial.run().await.with_context(|| format!("{} failed", subject.name()))?;
                measured.entry(subject).or_default().push(result);
            }
        }
        let series = measured.into_iter().map(|(subject, runs)| (subject, Series::new(runs)));
        Ok(Report::new(self.settings.clone(), machine, disk, series.collect()))
    }
}
