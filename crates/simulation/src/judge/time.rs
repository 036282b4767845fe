//! INV-10: nothing leaves before its time or after its validity.

use store::conformance::history::story;

use super::form::Form;
use super::{Case, Court, SLACK_MS, WAY_MAX_MS};

impl Court<'_> {
    pub(super) fn check_times(&self, case: &Case<'_>, form: &Form) -> Vec<String> {
        let Case { serial, record, arrivals, .. } = case;
        let mut wrong = Vec::new();
        if arrivals.iter().any(|arrival| arrival.at > form.expires_at.1 + WAY_MAX_MS + SLACK_MS) {
            wrong.push(format!("INV-10: {serial} came after its validity: {}", story(record)));
        }
        if arrivals.iter().any(|arrival| arrival.at < form.not_before) {
            wrong.push(format!("INV-10: {serial} came before {}: {}", form.not_before, story(record)));
        }
        wrong
    }
}
