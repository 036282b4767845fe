//! What owners are told: each final state that they asked for, once, and nothing else.

use sms::State;
use store::conformance::history::story;

use super::form::Form;
use super::{Case, Court, FORGOTTEN_WITHIN_MS, NOTICED_WITHIN_MS, WAY_MAX_MS};
use crate::plan::DELAY_MAX_MS;

impl Court<'_> {
    /// Who asked for it is told how it ended, and nobody else.
    pub(super) fn check_owner(&self, case: &Case<'_>, form: &Form) -> Vec<String> {
        let Case { serial, submission, record, .. } = case;
        let id = record.id.to_string();
        let told = self.told.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let wants = match record.state {
            State::HandedOver => false,
            State::Delivered => form.registered == 1,
            _ => form.registered != 0,
        };
        let state = record.state;
        let mut wrong = Vec::new();
        if wants && !told.iter().any(|told| told.answered_at.is_some()) {
            wrong.push(format!("{serial} ended as {state:?} and its owner was not told: {}", story(record)));
        }
        for one in told {
            if !wants || one.state != state || one.esme != submission.esme {
                wrong.push(format!("{serial} ended as {state:?}, and its owner was told {one:?}"));
            }
        }
        wrong
    }

    /// Nobody is told of what is not known, nor twice what he took in peace.
    pub(super) fn check_told(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (id, told) in &self.told {
            if !self.by_id.contains_key(*id) {
                wrong.push(format!("a receipt for {id}, which is not known"));
            }
            for pair in told.windows(2) {
                let [first, second] = pair else { continue };
                let answered_at = first.answered_at.unwrap_or(second.at);
                let in_time = answered_at.saturating_sub(first.at) + 2 * DELAY_MAX_MS
                    < self.plan.patience.as_millis() as u64;
                let was_calm = !self
                    .crashed(first.at.saturating_sub(WAY_MAX_MS), answered_at + FORGOTTEN_WITHIN_MS)
                    && !self.pages.was_lost(first.esme, first.at, second.at + NOTICED_WITHIN_MS);
                if first.answered_at.is_some() && in_time && was_calm {
                    wrong.push(format!("INV-4: the owner of {id} was told again at {}", second.at));
                }
            }
        }
        wrong
    }
}
