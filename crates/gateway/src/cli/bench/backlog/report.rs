//! What came of a backlog.

use serde::Serialize;

use super::{Backlog, Filled, Resumed};
use crate::cli::bench::disk::Disk;
use crate::cli::bench::machine::Machine;
use crate::cli::bench::table::whole;

/// Everything that was measured, and how it was.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) disk: Disk,
    pub(super) settings: Backlog,
    pub(super) filled: Filled,
    pub(super) resumed: Resumed,
}

impl Report {
    /// Whether nothing was lost or doubled, as far as that was looked at.
    pub(super) fn is_sound(&self) -> bool {
        self.resumed.drained.is_none_or(|drained| drained.lost == 0 && drained.duplicated == 0)
    }

    /// As people read it.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { machine, disk, settings, filled, resumed } = self;
        let mut lines = vec![
            format!(
                "{} × {}, Linux {}, load before {:.1}; fdatasync after 4 KiB: {:.0} µs",
                machine.cores, machine.cpu, machine.kernel, machine.load_before, disk.fdatasync_us
            ),
            format!(
                "{} messages of {} octets, {} sessions × window {}, without an SMSC",
                whole(filled.accepted as f64),
                settings.octets,
                settings.sessions,
                settings.window
            ),
            String::new(),
            row("accepted per second, first tenth", &rate(filled.first_tenth_per_s)),
            row("accepted per second, last tenth", &rate(filled.last_tenth_per_s)),
            row("last tenth ÷ first tenth", &self.ratio()),
            row("peak memory, MB", &self.memory(filled.peak_rss_octets)),
            row("memory at the end, MB", &whole(filled.rss_octets as f64 / 1e6)),
            row("journal, MB", &whole(filled.journal_octets as f64 / 1e6)),
            row("killed, then accepting after, s", &seconds(resumed.accepting_s, ACCEPTING_MAX_S)),
            row("first message out after, s", &seconds(resumed.first_out_s, FIRST_OUT_MAX_S)),
            row("peak memory after the kill, MB", &self.memory(resumed.peak_rss_octets)),
        ];
        if let Some(drained) = resumed.drained {
            lines.push(row("sent per second", &whole(drained.per_s)));
            lines.push(row("lost", &whole(drained.lost as f64)));
            lines.push(row("duplicated", &whole(drained.duplicated as f64)));
        }
        if !self.is_sound() {
            lines.push("NOT SOUND: messages were lost or doubled".to_owned());
        }
        lines
    }

    fn ratio(&self) -> String {
        let rates = self.filled.last_tenth_per_s.zip(self.filled.first_tenth_per_s);
        rates.map_or_else(unknown, |(last, first)| {
            format!("{:.2}{}", last / first, goal(last >= first * RATIO_MIN, "at least 0.8"))
        })
    }

    /// Memory, which has a goal for backlogs up to that which the goal is for.
    fn memory(&self, octets: u64) -> String {
        let goal = goal(octets <= RSS_OCTETS_MAX, "at most 600");
        let is_judged = self.settings.messages <= GOAL_MESSAGES;
        whole(octets as f64 / 1e6) + if is_judged { &goal } else { "" }
    }
}

fn row(label: &str, value: &str) -> String {
    format!("{label:36}{value}")
}

fn rate(per_s: Option<f64>) -> String {
    per_s.map_or_else(unknown, whole)
}

fn unknown() -> String {
    "–".to_owned()
}

fn seconds(value: f64, most: f64) -> String {
    format!("{value:.2}{}", goal(value <= most, &format!("at most {most}")))
}

fn goal(is_met: bool, bound: &str) -> String {
    format!("  (goal {bound}: {})", if is_met { "met" } else { "missed" })
}

/// What is asked of a gateway with ten million messages that wait.
const GOAL_MESSAGES: u64 = 10_000_000;
const RSS_OCTETS_MAX: u64 = 600_000_000;
const RATIO_MIN: f64 = 0.8;
const ACCEPTING_MAX_S: f64 = 2.0;
const FIRST_OUT_MAX_S: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::backlog::Drained;

    fn report(last_tenth_per_s: Option<f64>, lost: u64) -> Report {
        Report {
            machine: Machine {
                cpu: "Abacus".to_owned(),
                cores: 2,
                kernel: "6.18".to_owned(),
                load_before: 0.1,
            },
            disk: Disk { fdatasync_us: 800.0 },
            settings: Backlog {
                messages: GOAL_MESSAGES,
                sessions: 4,
                window: 50,
                octets: 160,
                drain: true,
                data_dir: None,
                json: None,
            },
            filled: Filled {
                accepted: GOAL_MESSAGES,
                first_tenth_per_s: Some(50_000.0),
                last_tenth_per_s,
                peak_rss_octets: RSS_OCTETS_MAX + 1,
                rss_octets: 500_000_000,
                journal_octets: 3_000_000_000,
            },
            resumed: Resumed {
                accepting_s: 1.5,
                first_out_s: 5.5,
                peak_rss_octets: RSS_OCTETS_MAX,
                drained: Some(Drained { per_s: 70_000.0, lost, duplicated: 0 }),
            },
        }
    }

    #[test]
    fn goals_are_judged_one_by_one() {
        let lines = report(Some(39_000.0), 0).lines();
        let row =
            |start: &str| lines.iter().find(|line| line.starts_with(start)).cloned().unwrap_or_default();
        assert!(row("last tenth").ends_with("0.78  (goal at least 0.8: missed)"), "{lines:?}");
        assert!(row("peak memory, MB").ends_with("600  (goal at most 600: missed)"), "an octet more");
        assert!(row("peak memory after").ends_with("(goal at most 600: met)"));
        assert!(row("killed, then accepting").ends_with("1.50  (goal at most 2: met)"));
        assert!(row("first message out").ends_with("5.50  (goal at most 5: missed)"));
        assert!(row("accepted per second, last").ends_with("39,000"));
    }

    #[test]
    fn what_was_not_measured_is_not_judged_and_a_loss_is_told() {
        let (unmeasured, lossy) = (report(None, 0), report(None, 1));
        assert!(unmeasured.lines().iter().any(|line| line.starts_with("last tenth") && line.ends_with('–')));
        assert!(unmeasured.is_sound() && !lossy.is_sound());
        assert!(lossy.lines().iter().any(|line| line.starts_with("NOT SOUND")));
    }
}
