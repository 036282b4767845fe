//! The report as people read it.

use super::super::bound::Bound;
use super::super::figure::Figure;
use super::super::number::{number, whole};
use super::super::table::{COLUMN_WIDTH, LABEL_WIDTH};
use super::report::{Report, ratio};
use super::subject::Subject;

/// The report, line by line.
pub(in super::super) fn lines(report: &Report) -> Vec<String> {
    let (machine, settings) = (&report.machine, &report.settings);
    let count = |subject: Subject| whole(settings.messages_of(subject) as f64);
    let mut lines = vec![
        format!(
            "{} × {}, Linux {}, load before {:.1}; fdatasync after 4 KiB: {:.0} µs",
            machine.cores, machine.cpu, machine.kernel, machine.load_before, report.disk.fdatasync_us
        ),
        format!(
            "{} messages of {} octets ({} for Kannel), {} connections kept alive, {} sessions × window {}; \
             medians of {} runs",
            count(Subject::Estafet),
            settings.octets,
            count(Subject::Kannel),
            settings.connections,
            settings.sessions,
            settings.window,
            settings.runs
        ),
        "Kannel: spool store, never synced, receipts that are due in memory; Estafet: synced before each 202"
            .to_owned(),
        format!(
            "Estafet and Kannel: one message a request, one receipt a call; batched: up to {0} receipts a \
             call; bulk: {0} messages a request too",
            settings.batch
        ),
        String::new(),
    ];
    lines.extend(table(report));
    lines.extend(report.receipts_ratio.get(&Subject::Estafet).map(|ratio| judged(*ratio)));
    if !report.is_sound() {
        lines.push("NOT SOUND: messages or receipts of Estafet were lost, doubled or refused".to_owned());
    }
    lines
}

/// Whether one by one it is as much faster as it should be.
fn judged(ratio: f64) -> String {
    let verdict = if RECEIPTS.is_met_by(ratio) { "met" } else { "missed" };
    format!("receipts per second one by one, Estafet ÷ Kannel: {ratio:.1}   goal {RECEIPTS}: {verdict}")
}

/// A row per figure, a column per subject, and the ratios to Kannel.
fn table(report: &Report) -> Vec<String> {
    let subjects = &report.subjects;
    let compared: Vec<Subject> =
        subjects.keys().copied().filter(|subject| *subject != Subject::Kannel).collect();
    let mut head = format!("{:LABEL_WIDTH$}", "");
    subjects.keys().for_each(|subject| head += &format!("{:>COLUMN_WIDTH$}", subject.name()));
    if subjects.contains_key(&Subject::Kannel) {
        compared
            .iter()
            .for_each(|subject| head += &format!("{:>RATIO_WIDTH$}", format!("{} ÷ Kannel", subject.name())));
    }
    let row = |figure: Figure| {
        let mut row = format!("{:LABEL_WIDTH$}", figure.label());
        for series in subjects.values() {
            let value = series.median.get(&figure).map_or_else(|| "–".to_owned(), |value| number(*value));
            row += &format!("{value:>COLUMN_WIDTH$}");
        }
        for &subject in &compared {
            if let Some(ratio) = ratio(subjects, subject, figure) {
                row += &format!("{ratio:>RATIO_WIDTH$.2}");
            }
        }
        row
    };
    std::iter::once(head).chain(SHOWN.map(row)).collect()
}

/// The figures that are measured of both.
const SHOWN: [Figure; 13] = [
    Figure::AcceptedPerS,
    Figure::ReceiptsPerS,
    Figure::CpuUsPerMessage,
    Figure::ResponseP50Ms,
    Figure::ResponseP99Ms,
    Figure::ReceiptP50Ms,
    Figure::ReceiptP99Ms,
    Figure::PeakRssMib,
    Figure::NotAccepted,
    Figure::Lost,
    Figure::Duplicated,
    Figure::WithoutReceipt,
    Figure::ReceiptsTwice,
];
const RATIO_WIDTH: usize = 19;
const RECEIPTS: Bound = Bound::AtLeast(20.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goal_is_told() {
        assert!(judged(20.2).ends_with("Kannel: 20.2   goal at least 20: met"), "{}", judged(20.2));
        assert!(judged(13.4).ends_with("goal at least 20: missed"), "{}", judged(13.4));
    }
}
