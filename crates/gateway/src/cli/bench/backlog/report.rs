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
            row("accepted per second, first tenth", &whole(filled.first_tenth_per_s)),
            row("accepted per second, last tenth", &whole(filled.last_tenth_per_s)),
            row(
                "last tenth ÷ first tenth",
                &format!("{:.2}{}", self.ratio(), goal(self.ratio() >= RATIO_MIN, "at least 0.8")),
            ),
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

    fn ratio(&self) -> f64 {
        self.filled.last_tenth_per_s / self.filled.first_tenth_per_s
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
