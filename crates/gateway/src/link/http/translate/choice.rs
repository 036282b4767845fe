//! What a query names several words of.

use sms::State;

use super::record::{EVENTS, STATES, state_name};
use super::words;
use crate::link::http::problem::Problem;

words::word!(
    /// Some of [`EVENTS`].
    EventWords,
    words::text().pattern(Some(some_of(&EVENTS))).examples(["receipt,final"])
);
words::word!(
    /// Some of [`STATES`].
    StateWords,
    words::text().pattern(Some(some_of(&STATES.map(state_name)))).examples(["undeliverable,expired,rejected"])
);

fn some_of(words: &[&str]) -> String {
    let one = words.join("|");
    format!("^({one})(,({one}))*$")
}

/// The events that somebody names.
pub(super) fn events(field: &'static str, said: &str) -> Result<Vec<&'static str>, Problem> {
    chosen(field, said, &EVENTS, |event| event)
}

/// The states that somebody names.
pub(super) fn states(field: &'static str, said: &str) -> Result<Vec<State>, Problem> {
    chosen(field, said, &STATES, state_name)
}

/// Those of what is known whose words somebody names, with commas between them.
fn chosen<T: Copy>(
    field: &'static str,
    said: &str,
    known: &[T],
    word_of: impl Fn(T) -> &'static str,
) -> Result<Vec<T>, Problem> {
    let bad = || {
        let words: Vec<&str> = known.iter().map(|&one| word_of(one)).collect();
        Problem::bad_value(field, format!("one of {}, or several with commas", words.join(", ")))
    };
    let one = |said: &str| known.iter().copied().find(|&one| word_of(one) == said).ok_or_else(bad);
    said.split(',').map(one).collect()
}
