//! What came of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::disk::Disk;
use super::super::figure::Figure;
use super::super::machine::Machine;
use super::super::report::Series;
use super::settings::Settings;
use super::subject::Subject;

/// Everything that was measured, and how it was.
#[derive(Clone, Debug, Serialize)]
pub(in super::super) struct Report {
    pub(super) version: &'static str,
    pub(super) machine: Machine,
    pub(super) disk: Disk,
    pub(super) settings: Settings,
    pub(super) subjects: BTreeMap<Subject, Series>,
    /// Receipts per second of the gateway, divided by those of Kannel.
    pub(super) receipts_ratio: BTreeMap<Subject, f64>,
}

impl Report {
    pub(super) fn new(
        settings: Settings,
        machine: Machine,
        disk: Disk,
        subjects: BTreeMap<Subject, Series>,
    ) -> Self {
        let receipts_ratio = subjects
            .keys()
            .copied()
            .filter(|subject| *subject != Subject::Kannel)
            .filter_map(|subject| Some((subject, ratio(&subjects, subject, Figure::ReceiptsPerS)?)))
            .collect();
        Self { version: env!("CARGO_PKG_VERSION"), machine, disk, settings, subjects, receipts_ratio }
    }

    /// Whether every message of every run of the gateway was accepted, arrived once and had one receipt.
    /// Kannel's faults are shown, and are its own.
    pub(in super::super) fn is_sound(&self) -> bool {
        let ours = self.subjects.iter().filter(|(subject, _)| **subject != Subject::Kannel);
        ours.flat_map(|(_, series)| &series.runs).all(|run| {
            Figure::FAULTS.iter().all(|fault| run.figures.get(fault).is_none_or(|count| *count == 0.0))
        })
    }
}

/// A figure of a subject, divided by Kannel's.
pub(super) fn ratio(subjects: &BTreeMap<Subject, Series>, subject: Subject, figure: Figure) -> Option<f64> {
    let of = |subject| subjects.get(&subject)?.median.get(&figure).copied();
    let (ours, kannel) = (of(subject)?, of(Subject::Kannel)?);
    (kannel > 0.0).then(|| ours / kannel)
}
