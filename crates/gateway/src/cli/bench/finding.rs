//! What a scenario found.

use serde::Serialize;

use super::bound::Bound;
use super::disk::Disk;
use super::machine::Machine;
use super::number::number;

/// Everything that a scenario found, and on what.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Findings {
    pub(super) version: &'static str,
    pub(super) machine: Machine,
    pub(super) disk: Disk,
    pub(super) findings: Vec<Finding>,
    /// What must not be: messages lost, sessions that ended.
    pub(super) faults: Vec<String>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// What it is, with its unit.
    pub(super) what: String,
    pub(super) value: f64,
    #[serde(flatten)]
    pub(super) goal: Option<Goal>,
}

/// Where a figure should be.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Goal {
    pub(super) bound: Bound,
    pub(super) met: bool,
}

impl Finding {
    /// A figure that is only told.
    pub(super) fn told(what: impl Into<String>, value: f64) -> Self {
        Self { what: what.into(), value, goal: None }
    }

    /// A figure that is judged.
    pub(super) fn judged(what: impl Into<String>, value: f64, bound: Bound) -> Self {
        let goal = Goal { bound, met: bound.is_met_by(value) };
        Self { what: what.into(), value, goal: Some(goal) }
    }
}

impl Findings {
    /// As people read it, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.machine.line(self.disk), String::new()];
        lines.extend(self.findings.iter().map(|Finding { what, value, goal }| {
            let goal = goal.map_or_else(String::new, |Goal { bound, met }| {
                format!("   goal {bound}: {}", if met { "met" } else { "missed" })
            });
            format!("{what:WHAT_WIDTH$}{:>VALUE_WIDTH$}{goal}", number(*value))
        }));
        lines.extend(self.faults.iter().map(|fault| format!("NOT SOUND: {fault}")));
        lines
    }
}

const WHAT_WIDTH: usize = 52;
const VALUE_WIDTH: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_and_faults_are_told() {
        let findings = Findings {
            version: "0",
            machine: Machine { cpu: "Abacus".to_owned(), cores: 2, kernel: "6".to_owned(), load_before: 0.0 },
            disk: Disk { fdatasync_us: 200.0 },
            findings: vec![
                Finding::told("messages", 12_000.0),
                Finding::judged("ratio", 2.5, Bound::AtMost(2.0)),
                Finding::judged("share", 0.6, Bound::AtLeast(0.5)),
            ],
            faults: vec!["1 lost".to_owned()],
        };
        let lines = findings.lines();
        let ends =
            |start: &str, end: &str| lines.iter().any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(ends("messages", "12,000"), "{lines:?}");
        assert!(ends("ratio", "2.50   goal at most 2: missed"), "{lines:?}");
        assert!(ends("share", "0.60   goal at least 0.5: met"), "{lines:?}");
        assert!(ends("NOT SOUND: 1 lost", ""), "{lines:?}");
    }
}
