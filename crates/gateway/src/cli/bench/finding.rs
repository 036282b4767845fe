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
    /// Between what it was, if it was measured several times.
    #[serde(flatten)]
    pub(super) spread: Option<Spread>,
    #[serde(flatten)]
    pub(super) goal: Option<Goal>,
}

/// Between what a figure was.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) most: f64,
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
        Self { what: what.into(), value, spread: None, goal: None }
    }

    /// A figure that is judged.
    pub(super) fn judged(what: impl Into<String>, value: f64, bound: Bound) -> Self {
        let goal = Goal { bound, met: bound.is_met_by(value) };
        Self { what: what.into(), value, spread: None, goal: Some(goal) }
    }

    /// The same, with how far it was spread.
    pub(super) fn among(mut self, values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().min_by(f64::total_cmp);
        self.spread = least.zip(values.max_by(f64::total_cmp)).map(|(least, most)| Spread { least, most });
        self
    }

    /// As people read it.
    fn line(&self) -> String {
        let Self { what, value, spread, goal } = self;
        let spread = spread.map_or_else(String::new, |Spread { least, most }| {
            format!("   {} to {}", number(least), number(most))
        });
        let goal = goal.map_or_else(String::new, |Goal { bound, met }| {
            format!("   goal {bound}: {}", if met { "met" } else { "missed" })
        });
        format!("{what:WHAT_WIDTH$}{:>VALUE_WIDTH$}{spread}{goal}", number(*value))
    }
}

impl Findings {
    /// As people read it, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.machine.line(self.disk), String::new()];
        lines.extend(self.findings.iter().map(Finding::line));
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
                Finding::judged("share", 0.6, Bound::AtLeast(0.5)).among([0.6, 0.4, 1200.0].into_iter()),
            ],
            faults: vec!["1 lost".to_owned()],
        };
        let lines = findings.lines();
        let ends =
            |start: &str, end: &str| lines.iter().any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(ends("messages", "12,000"), "{lines:?}");
        assert!(ends("ratio", "2.50   goal at most 2: missed"), "{lines:?}");
        assert!(ends("share", "0.60   0.40 to 1,200   goal at least 0.5: met"), "{lines:?}");
        assert!(ends("NOT SOUND: 1 lost", ""), "{lines:?}");
    }
}
