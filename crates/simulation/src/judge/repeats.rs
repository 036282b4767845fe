//! INV-3, INV-4: nothing is sent again that could be known to have been taken.

use store::conformance::history::story;

use super::{Case, Court, FORGOTTEN_WITHIN_MS, WAY_MAX_MS, is_unknown};
use crate::book::Arrival;

impl Court<'_> {
    /// INV-3, INV-4: a segment comes again only if nobody could know that it had been taken.
    pub(super) fn check_repeats(&self, case: &Case<'_>, segment: u8) -> Vec<String> {
        let Case { serial, record, arrivals, .. } = case;
        let mut wrong = Vec::new();
        let taken: Vec<&Arrival> = arrivals
            .iter()
            .filter(|arrival| arrival.segment == segment && arrival.id.is_some())
            .copied()
            .collect();
        for pair in taken.windows(2) {
            let [first, second] = pair else { continue };
            let holds = self.plan.smscs.get(first.smsc).is_some_and(|smsc| smsc.holds_unknown);
            let sent_at = first.at.saturating_sub(WAY_MAX_MS);
            let was_unknown = record.history.iter().any(|step| {
                step.segment + 1 == u16::from(segment)
                    && is_unknown(&step.event)
                    && (sent_at..=second.at).contains(&step.at.0)
            });
            let answered_at = first.answered_at.unwrap_or(second.at);
            let forgotten = self.crashed(sent_at, answered_at + FORGOTTEN_WITHIN_MS);
            if holds || !(was_unknown || forgotten) {
                let what =
                    format!("INV-4: {serial}/{segment} came again at {}: {}", second.at, story(record));
                wrong.push(what);
            }
        }
        wrong
    }
}
