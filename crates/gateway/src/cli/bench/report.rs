//! What came of a benchmark.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bound::Bound;
use super::disk::Disk;
use super::figure::{Figure, Figures, medians};
use super::machine::Machine;
use super::settings::Settings;
use super::subject::Subject;
use super::trial::Measured;

/// Everything that was measured, and how it was.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: &'static str,
    pub(super) machine: Machine,
    pub(super) disk: Disk,
    pub(super) settings: Settings,
    /// As fast as possible, or at the rate that was asked for.
    pub(super) subjects: BTreeMap<Subject, Series>,
    /// At half of the rate that was reached; empty if that was not asked for.
    pub(super) at_half_rate: BTreeMap<Subject, Series>,
    pub(super) goals: Vec<Goal>,
}

/// The runs of a subject.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Series {
    pub(super) median: Figures,
    pub(super) runs: Vec<Measured>,
}

/// What the gateway should reach against the durable relay.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Goal {
    pub(super) figure: Figure,
    /// The gateway's figure divided by that of the durable relay.
    pub(super) ratio: f64,
    pub(super) bound: Bound,
    pub(super) met: bool,
}

impl Report {
    pub(super) fn new(
        settings: Settings,
        machine: Machine,
        disk: Disk,
        full: BTreeMap<Subject, Vec<Measured>>,
        half: BTreeMap<Subject, Vec<Measured>>,
    ) -> Self {
        let series = |runs: BTreeMap<Subject, Vec<Measured>>| -> BTreeMap<Subject, Series> {
            runs.into_iter().map(|(subject, runs)| (subject, Series::new(runs))).collect()
        };
        let subjects = series(full);
        let goals = GOALS.into_iter().filter_map(|(figure, bound)| Goal::judge(&subjects, figure, bound));
        Self {
            version: env!("CARGO_PKG_VERSION"),
            machine,
            disk,
            settings,
            goals: goals.collect(),
            at_half_rate: series(half),
            subjects,
        }
    }

    /// Whether every message of every run was accepted, arrived once and had one receipt.
    pub(super) fn is_sound(&self) -> bool {
        let series = self.subjects.values().chain(self.at_half_rate.values());
        series.flat_map(|series| &series.runs).all(|run| {
            Figure::FAULTS.iter().all(|fault| run.figures.get(fault).is_none_or(|count| *count == 0.0))
        })
    }
}

impl Series {
    pub(super) fn new(runs: Vec<Measured>) -> Self {
        Self { median: medians(runs.iter().map(|run| &run.figures)), runs }
    }
}

impl Goal {
    fn judge(subjects: &BTreeMap<Subject, Series>, figure: Figure, bound: Bound) -> Option<Self> {
        let ratio = ratio(subjects, figure)?;
        Some(Self { figure, ratio, bound, met: bound.is_met_by(ratio) })
    }
}

/// The gateway's figure divided by that of the durable relay.
pub(super) fn ratio(subjects: &BTreeMap<Subject, Series>, figure: Figure) -> Option<f64> {
    let of = |subject| subjects.get(&subject)?.median.get(&figure).copied();
    let (gateway, floor) = (of(Subject::Gateway)?, of(Subject::DurableRelay)?);
    (floor > 0.0).then(|| gateway / floor)
}

/// What the gateway may cost, and what it must carry.
const GOALS: [(Figure, Bound); 2] =
    [(Figure::CpuUsPerMessage, Bound::AtMost(2.5)), (Figure::ReceiptsPerS, Bound::AtLeast(0.4))];
