//! The report as people read it.

use std::collections::BTreeMap;

use super::figure::Figure;
use super::number::{number, whole};
use super::report::{Report, Series, ratio};
use super::subject::Subject;

/// The report, line by line.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let (machine, settings) = (&report.machine, &report.settings);
    let mut lines = vec![
        machine.line(report.disk),
        format!(
            "{} messages of {} octets with receipts, {} sessions × window {}; medians of {} runs",
            whole(settings.messages as f64),
            settings.octets,
            settings.sessions,
            settings.window,
            settings.runs
        ),
        String::new(),
    ];
    lines.extend(table(&report.subjects));
    lines.extend(threads(&report.subjects));
    if !report.at_half_rate.is_empty() {
        lines.extend([String::new(), "at half of these rates:".to_owned(), String::new()]);
        lines.extend(table(&report.at_half_rate));
    }
    lines.push(String::new());
    lines.extend(report.goals.iter().map(|goal| {
        let verdict = if goal.met { "met" } else { "missed" };
        let (what, ratio, bound) = (goal.figure.label(), goal.ratio, goal.bound);
        format!("{what}: {ratio:.2} of the durable relay, goal {bound}: {verdict}")
    }));
    if !report.is_sound() {
        lines.push("NOT SOUND: messages or receipts were lost, doubled or refused".to_owned());
    }
    lines
}

/// A row per figure, a column per subject.
fn table(subjects: &BTreeMap<Subject, Series>) -> Vec<String> {
    let has_ratio = subjects.contains_key(&Subject::Gateway) && subjects.contains_key(&Subject::DurableRelay);
    let mut head = format!("{:LABEL_WIDTH$}", "");
    subjects.keys().for_each(|subject| head += &format!("{:>COLUMN_WIDTH$}", subject.name()));
    if has_ratio {
        head += RATIO_HEAD;
    }
    let row = |figure: Figure| {
        let mut row = format!("{:LABEL_WIDTH$}", figure.label());
        for series in subjects.values() {
            let value = series.median.get(&figure).map_or_else(|| "–".to_owned(), |value| number(*value));
            row += &format!("{value:>COLUMN_WIDTH$}");
        }
        if let Some(ratio) = ratio(subjects, figure) {
            row += &format!("{ratio:>RATIO_WIDTH$.2}");
        }
        row
    };
    std::iter::once(head).chain(Figure::ALL.map(row)).collect()
}

/// What the threads of the gateway cost.
fn threads(subjects: &BTreeMap<Subject, Series>) -> Option<String> {
    let run = subjects.get(&Subject::Gateway)?.runs.first()?;
    let mut threads: Vec<(&String, &f64)> =
        run.threads_cpu_us.iter().filter(|(_, us)| **us >= THREAD_US_MIN).collect();
    threads.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let threads: Vec<String> = threads.iter().map(|(name, us)| format!("{name} {us:.1}")).collect();
    Some(format!("threads of the gateway in the first run, µs per message: {}", threads.join(", ")))
}

pub(super) const LABEL_WIDTH: usize = 32;
pub(super) const COLUMN_WIDTH: usize = 16;
const RATIO_WIDTH: usize = 10;
const RATIO_HEAD: &str = "   gateway ÷ durable relay";
/// Threads that cost less per message are not shown, in microseconds.
const THREAD_US_MIN: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::disk::Disk;
    use crate::cli::bench::figure::Figures;
    use crate::cli::bench::machine::Machine;
    use crate::cli::bench::settings::Settings;
    use crate::cli::bench::trial::Measured;

    fn measured(cpu: f64, receipts: f64, lost: f64) -> Measured {
        Measured {
            rate: None,
            figures: Figures::from([
                (Figure::CpuUsPerMessage, cpu),
                (Figure::ReceiptsPerS, receipts),
                (Figure::Lost, lost),
            ]),
            threads_cpu_us: BTreeMap::from([("store".to_owned(), 3.21), ("idle".to_owned(), 0.0)]),
        }
    }

    fn report(subjects: BTreeMap<Subject, Vec<Measured>>) -> Report {
        let settings = Settings {
            messages: 200_000,
            sessions: 4,
            window: 50,
            octets: 160,
            rate: None,
            runs: 3,
            only: Vec::new(),
        };
        let machine =
            Machine { cpu: "Abacus".to_owned(), cores: 2, kernel: "6.18".to_owned(), load_before: 0.1 };
        Report::new(settings, machine, Disk { fdatasync_us: 800.0 }, subjects, BTreeMap::new())
    }

    #[test]
    fn medians_ratios_and_goals_are_shown() {
        let gateway = [20.0, 12.0, 11.0].map(|cpu| measured(cpu, 31_234.4, 0.0)).to_vec();
        let floor = vec![measured(5.0, 100_000.0, 0.0)];
        let report = report(BTreeMap::from([(Subject::Gateway, gateway), (Subject::DurableRelay, floor)]));
        let lines = lines(&report);
        let row =
            |start: &str| lines.iter().find(|line| line.starts_with(start)).cloned().unwrap_or_default();
        assert!(row("200,000 messages of 160 octets").ends_with("4 sessions × window 50; medians of 3 runs"));
        let words = |start: &str| -> Vec<String> {
            row(start).split_whitespace().rev().take(3).map(str::to_owned).collect()
        };
        assert_eq!(words("CPU per message"), ["2.40", "5.00", "12.00"]);
        assert_eq!(words("receipts per second"), ["0.31", "100,000", "31,234"]);
        assert!(row("CPU per message, µs:").ends_with("2.40 of the durable relay, goal at most 2.5: met"));
        assert!(row("receipts per second, end to end:").ends_with("goal at least 0.4: missed"));
        assert!(row("threads of the gateway").ends_with("store 3.2"));
        assert!(report.is_sound());
    }

    #[test]
    fn a_loss_in_any_run_is_told() {
        let runs = [0.0, 0.0, 1.0].map(|lost| measured(5.0, 1.0, lost)).to_vec();
        let report = report(BTreeMap::from([(Subject::Gateway, runs)]));
        assert!(!report.is_sound() && report.goals.is_empty());
        assert!(lines(&report).iter().any(|line| line.starts_with("NOT SOUND")));
    }
}
