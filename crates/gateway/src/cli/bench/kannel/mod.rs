//! `estafet bench kannel`

mod boxes;
mod estafet;
mod report;
mod settings;
mod stage;
mod subject;
mod table;
mod trial;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use clap::Args;

use self::settings::Settings;
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
