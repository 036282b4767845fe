//! INV-1: the final state of a message is what happened.

use sms::State;
use store::conformance::history::{story, unknown_outcomes};
use store::{Event, Record};

use super::form::Form;
use super::{Case, Court, SLACK_MS, count};
use crate::book::{Arrival, Time};
use crate::plan::RECEIPT_TIMEOUT;

impl Court<'_> {
    pub(super) fn check_ending(&self, case: &Case<'_>, form: &Form) -> Vec<String> {
        let Case { serial, record, arrivals, .. } = case;
        let is_there =
            |segment| arrivals.iter().any(|arrival| arrival.segment == segment && arrival.id.is_some());
        let all_arrived = (1..=form.segments).all(is_there);
        let ended_at = record.final_at.map_or(0, |at| at.0);
        let says = |state| self.receipts(arrivals).any(|(_, told, _)| told == state);
        let is_right = match record.state {
            State::Delivered => all_arrived && says(State::Delivered),
            State::HandedOver => all_arrived && form.registered == 0,
            State::Undeliverable => says(State::Undeliverable),
            State::Expired => ended_at + SLACK_MS >= form.expires_at.0,
            // INV-9 says more of it.
            State::Deleted => true,
            State::Rejected => arrivals.iter().any(|arrival| arrival.id.is_none()),
            // It was perhaps sent when its time was up, or its receipt did not come.
            State::Unknown => {
                let patience =
                    if unknown_outcomes(record) > 0 { 0 } else { RECEIPT_TIMEOUT.as_millis() as u64 };
                ended_at + SLACK_MS >= form.expires_at.0.min(record.accepted_at.0 + patience)
            }
            _ => false,
        };
        let mut wrong = Vec::new();
        if !is_right {
            wrong.push(format!("INV-1: {serial} ends wrongly as {:?}: {}", record.state, story(record)));
        }
        if record.state == State::Unknown && self.was_told_in_time(form, record, arrivals) {
            wrong.push(format!("INV-1: receipts of {serial} were taken and are lost: {}", story(record)));
        }
        wrong
    }

    /// Whether the gateway took a receipt for each segment, sent once, before it gave up waiting.
    fn was_told_in_time(&self, form: &Form, record: &Record, arrivals: &[&Arrival]) -> bool {
        let ended_at = record.final_at.map_or(0, |at| at.0);
        let named = count(record, |event| matches!(event, Event::Sent { remote_id: Some(_) }));
        let in_time = self
            .receipts(arrivals)
            .filter(|(_, _, taken_at)| taken_at.is_some_and(|at| at + SLACK_MS < ended_at))
            .count();
        let once = arrivals.iter().filter(|arrival| arrival.id.is_some()).count();
        let segments = usize::from(form.segments);
        (named, in_time, once) == (segments, segments, segments)
    }

    fn receipts<'b>(
        &'b self,
        arrivals: &'b [&Arrival],
    ) -> impl Iterator<Item = (&'b Arrival, State, Option<Time>)> + 'b {
        let of =
            |arrival: &Arrival| arrivals.iter().copied().find(|one| one.id.is_some() && one.id == arrival.id);
        self.pages.receipts.iter().filter_map(move |receipt| {
            let arrival = of(self.pages.arrivals.get(receipt.arrival)?)?;
            Some((arrival, receipt.state, receipt.taken_at))
        })
    }
}
