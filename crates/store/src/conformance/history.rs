//! What must be true of every message that is over, whatever happened to it: for checkers of histories.

use std::fmt::Write;

use sms::State;

use crate::{Event, Record, Status};

/// What is wrong with the record of a message that is over; nothing if all is well.
///
/// INV-1: it has one final state. INV-10: nothing leaves after that.
#[must_use]
pub fn contradictions(record: &Record) -> Vec<String> {
    let mut wrong = Vec::new();
    let id = record.id;
    let finals = count(record, |event| matches!(event, Event::Final { .. }));
    if record.final_at.is_none() || record.state == State::Enroute || finals != 1 {
        wrong.push(format!("INV-1: {id} has {finals} final states:{}", story(record)));
    }
    let mut after = record.history.iter().skip_while(|step| !matches!(step.event, Event::Final { .. }));
    if after.any(|step| matches!(step.event, Event::Attempted { .. })) {
        wrong.push(format!("INV-10: {id} left after its end:{}", story(record)));
    }
    wrong
}

/// INV-4: how often nobody knew whether a segment was taken over, so that it may have come once more.
#[must_use]
pub fn unknown_outcomes(record: &Record) -> usize {
    count(record, |event| matches!(event, Event::OutcomeUnknown { .. }))
}

/// INV-11: whether nothing is live, nothing waits and nothing is waited for.
#[must_use]
pub fn is_idle(status: &Status) -> bool {
    let waiting: u64 = status.waiting.iter().map(|(_, count)| count).sum();
    (status.live_messages, waiting, status.awaiting_receipt) == (0, 0, 0)
}

/// What happened to a message, a step a line, each after a line break.
#[must_use]
pub fn story(record: &Record) -> String {
    let mut story = String::new();
    for step in &record.history {
        let _ = write!(story, "\n    {} segment {}: {:?}", step.at.0, step.segment, step.event);
    }
    story
}

fn count(record: &Record, is_it: impl Fn(&Event) -> bool) -> usize {
    record.history.iter().filter(|step| is_it(&step.event)).count()
}
