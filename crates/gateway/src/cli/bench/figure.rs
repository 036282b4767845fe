//! What is measured of a run.

use std::collections::BTreeMap;

use serde::Serialize;

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Figure {
    AcceptedPerS,
    ReceiptsPerS,
    CpuUsPerMessage,
    ResponseP50Ms,
    ResponseP99Ms,
    ResponseP999Ms,
    ReceiptP50Ms,
    ReceiptP99Ms,
    ReceiptP999Ms,
    PeakRssMib,
    WrittenOctetsPerMessage,
    JournalOctetsPerMessage,
    SyncsPerS,
    NotAccepted,
    Lost,
    Duplicated,
    WithoutReceipt,
    ReceiptsTwice,
}

/// The figures of a run, or the medians of several; one that was not measured is not there.
pub(super) type Figures = BTreeMap<Figure, f64>;

impl Figure {
    /// In the order that they are shown.
    pub(super) const ALL: [Self; 18] = [
        Self::AcceptedPerS,
        Self::ReceiptsPerS,
        Self::CpuUsPerMessage,
        Self::ResponseP50Ms,
        Self::ResponseP99Ms,
        Self::ResponseP999Ms,
        Self::ReceiptP50Ms,
        Self::ReceiptP99Ms,
        Self::ReceiptP999Ms,
        Self::PeakRssMib,
        Self::WrittenOctetsPerMessage,
        Self::JournalOctetsPerMessage,
        Self::SyncsPerS,
        Self::NotAccepted,
        Self::Lost,
        Self::Duplicated,
        Self::WithoutReceipt,
        Self::ReceiptsTwice,
    ];
    /// Figures that are zero if all is well.
    pub(super) const FAULTS: [Self; 5] =
        [Self::NotAccepted, Self::Lost, Self::Duplicated, Self::WithoutReceipt, Self::ReceiptsTwice];

    /// What it is, with its unit.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::AcceptedPerS => "accepted per second",
            Self::ReceiptsPerS => "receipts per second, end to end",
            Self::CpuUsPerMessage => "CPU per message, µs",
            Self::ResponseP50Ms => "submit to OK, p50, ms",
            Self::ResponseP99Ms => "submit to OK, p99, ms",
            Self::ResponseP999Ms => "submit to OK, p99.9, ms",
            Self::ReceiptP50Ms => "submit to receipt, p50, ms",
            Self::ReceiptP99Ms => "submit to receipt, p99, ms",
            Self::ReceiptP999Ms => "submit to receipt, p99.9, ms",
            Self::PeakRssMib => "peak memory, MiB",
            Self::WrittenOctetsPerMessage => "octets written per message",
            Self::JournalOctetsPerMessage => "of which to the journal",
            Self::SyncsPerS => "syncs per second",
            Self::NotAccepted => "not accepted",
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::WithoutReceipt => "without receipt",
            Self::ReceiptsTwice => "receipts twice",
        }
    }
}

/// The medians of several runs, figure by figure.
pub(super) fn medians<'a>(runs: impl Iterator<Item = &'a Figures> + Clone) -> Figures {
    let of = |figure| Some((figure, median(runs.clone().filter_map(|run| run.get(&figure)).copied())?));
    Figure::ALL.into_iter().filter_map(of).collect()
}

/// The one in the middle, or between the two that are.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().saturating_sub(1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 9.0].into_iter()), Some(3.0));
        assert_eq!(median([3.0, 1.0, 9.0, 4.0].into_iter()), Some(3.5));
        assert_eq!(median([7.0].into_iter()), Some(7.0));
        assert_eq!(median(std::iter::empty()), None);
    }

    #[test]
    fn what_was_not_measured_is_not_there() {
        let runs = [
            Figures::from([(Figure::Lost, 0.0), (Figure::SyncsPerS, 10.0)]),
            Figures::from([(Figure::Lost, 2.0)]),
        ];
        let expected = Figures::from([(Figure::Lost, 1.0), (Figure::SyncsPerS, 10.0)]);
        assert_eq!(medians(runs.iter()), expected);
    }
}
