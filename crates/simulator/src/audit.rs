//! The books of a load against what arrived.

use crate::{Fate, LoadReport, Serial, Tally};

/// What was lost and what came twice between a [`crate::Load`] and the message centre behind the gateway.
///
/// It is meaningful when nothing is on its way any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Accepted and never arrived: lost. The first hundred.
    pub lost: Vec<Serial>,
    /// How many were lost.
    pub lost_count: u64,
    /// Arrived more than once. The first hundred.
    pub duplicated: Vec<Serial>,
    /// How many arrived more than once.
    pub duplicated_count: u64,
    /// Accepted, and arrived once or more.
    pub arrived: u64,
    /// Refused, and arrived all the same.
    pub refused_arrived: u64,
    /// Of unknown outcome, and arrived.
    pub unknown_arrived: u64,
    /// Of unknown outcome, and did not arrive.
    pub unknown_missing: u64,
}

impl Audit {
    /// Compares what an ESME was told with what arrived.
    #[must_use]
    pub fn of(report: &LoadReport, tally: &Tally) -> Self {
        let mut audit = Self::default();
        for number in report.serials() {
            for again in [false, true] {
                let serial = Serial { number, again };
                audit.check(serial, report.fate(serial), tally.count(serial));
            }
        }
        audit
    }

    /// Whether nothing was lost.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.lost_count == 0
    }

    fn check(&mut self, serial: Serial, fate: Fate, count: u8) {
        match (fate, count > 0) {
            (Fate::Accepted, true) => self.arrived += 1,
            (Fate::Accepted, false) => {
                self.lost_count += 1;
                list(&mut self.lost, serial);
            }
            (Fate::Refused, true) => self.refused_arrived += 1,
            (Fate::Unknown, true) => self.unknown_arrived += 1,
            (Fate::Unknown, false) => self.unknown_missing += 1,
            (Fate::Refused, false) | (Fate::Open, _) => {}
        }
        if count > 1 {
            self.duplicated_count += 1;
            list(&mut self.duplicated, serial);
        }
    }
}

fn list(listed: &mut Vec<Serial>, serial: Serial) {
    if listed.len() < LISTED_MAX {
        listed.push(serial);
    }
}

/// How many numbers are listed.
const LISTED_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_duplicates_are_told_apart() {
        let mut audit = Audit::default();
        let cases = [
            (Fate::Accepted, 1),
            (Fate::Accepted, 0),
            (Fate::Accepted, 2),
            (Fate::Unknown, 1),
            (Fate::Unknown, 0),
            (Fate::Refused, 0),
            (Fate::Refused, 1),
            (Fate::Open, 0),
        ];
        for (number, (fate, count)) in (0..).zip(cases) {
            audit.check(Serial { number, again: false }, fate, count);
        }
        let serial = |number| vec![Serial { number, again: false }];
        assert_eq!((audit.lost, audit.lost_count), (serial(1), 1));
        assert_eq!((audit.duplicated, audit.duplicated_count), (serial(2), 1));
        assert_eq!((audit.arrived, audit.refused_arrived), (2, 1));
        assert_eq!((audit.unknown_arrived, audit.unknown_missing), (1, 1));
    }
}
