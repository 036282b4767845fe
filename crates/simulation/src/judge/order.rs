//! INV-8: what one session submitted comes in its order where one leaves at a time.

use std::collections::{BTreeMap, BTreeSet};

use store::{Cause, Event};

use super::{Court, count};
use crate::book::{Arrival, Demand, What};

impl Court<'_> {
    pub(super) fn check_order(&self) -> Vec<String> {
        let mut latest: BTreeMap<(u64, u8, usize), usize> = BTreeMap::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut wrong = Vec::new();
        for arrival in &self.pages.arrivals {
            let one_at_a_time =
                self.plan.smscs.get(arrival.smsc).is_some_and(|smsc| (smsc.window, smsc.sessions) == (1, 1));
            let Some(submission) = self.pages.submissions.get(arrival.serial) else { continue };
            if !one_at_a_time || !seen.insert(arrival.serial) || self.is_late(arrival) {
                continue;
            }
            let key = (submission.session, submission.priority, arrival.smsc);
            let before = latest.entry(key).or_insert(arrival.serial);
            if *before > arrival.serial {
                let stories = [*before, arrival.serial].map(|serial| self.stories(serial));
                wrong.push(format!("INV-8: {} came after {before}:{}", arrival.serial, stories.concat()));
            }
            *before = (*before).max(arrival.serial);
        }
        wrong
    }

    /// Whether a message has reason to leave later than those behind it.
    fn is_late(&self, arrival: &Arrival) -> bool {
        let serial = arrival.serial;
        let holds = self.plan.smscs.get(arrival.smsc).is_some_and(|smsc| smsc.holds_unknown);
        let is_other = self.pages.submissions.get(serial).is_some_and(|submission| {
            // What takes the place of others is taken over by itself.
            submission.terms.delay_ms.is_some() || submission.supersedes
        });
        let records = self.records.get(&serial).map(Vec::as_slice).unwrap_or_default();
        let waited = |event: &Event| match event {
            // What is held comes by the lost connection or never.
            Event::OutcomeUnknown { cause } => holds || *cause == Cause::Timeout,
            Event::Redirected { .. } | Event::Retried { .. } => true,
            _ => false,
        };
        is_other || self.may_have_moved(serial) || records.iter().any(|record| count(record, waited) > 0)
    }

    /// Whether a message may have lost its place when it was replaced: it keeps that with as many segments as before.
    fn may_have_moved(&self, serial: usize) -> bool {
        let moves = |demand: &&Demand| match demand.what {
            What::Replace { terms, .. } => {
                terms.delay_ms.is_some() || self.has_segments_but(serial, terms.segments)
            }
            _ => false,
        };
        self.demands.get(&serial).into_iter().flatten().any(moves)
    }

    fn has_segments_but(&self, serial: usize, segments: u8) -> bool {
        self.pages.submissions.get(serial).is_some_and(|submission| submission.terms.segments != segments)
    }
}
