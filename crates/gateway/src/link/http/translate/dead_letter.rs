//! Dead letters as their owner sees them, and what it wants done with them.

use std::collections::HashSet;

use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use sms::{LinkName, MessageId};
use store::Lease;

use super::callback::{EventView, event};
use crate::link::http::problem::Problem;

/// Something that could not be told.
pub(in super::super) struct DeadLetter<'a> {
    /// Whom it was for.
    pub(in super::super) link: &'a LinkName,
    pub(in super::super) lease: &'a Lease,
}

#[derive(Serialize)]
pub(in super::super) struct DeadLettersView<'a> {
    dead_letters: Vec<LetterView<'a>>,
}

#[derive(Serialize)]
struct LetterView<'a> {
    link: &'a str,
    #[serde(flatten)]
    event: EventView<'a>,
}

pub(in super::super) fn dead_letters<'a>(letters: &[DeadLetter<'a>]) -> DeadLettersView<'a> {
    let view = |letter: &DeadLetter<'a>| {
        Some(LetterView { link: letter.link.as_str(), event: event(letter.lease)? })
    };
    DeadLettersView { dead_letters: letters.iter().filter_map(view).collect() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayRequest {
    ids: Vec<String>,
}

/// The ids that are named; `None` stands for all, which is what an empty body says.
pub(in super::super) fn replay_request(body: &[u8]) -> Result<Option<HashSet<MessageId>>, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let request: ReplayRequest = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "bad_json", error.to_string()))?;
    let bad_id = || Problem::bad_value("ids", "an id of a message has 32 hexadecimal digits");
    request.ids.iter().map(|id| id.parse().map_err(|_| bad_id())).collect::<Result<_, _>>().map(Some)
}

/// How many are wanted: `limit`, 100 if it is left out, at most 1000.
pub(in super::super) fn limit_query(uri: &Uri) -> Result<usize, Problem> {
    let mut limit = 100;
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "limit" {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", format!("unknown: {name}")));
        }
        let in_range = |limit: &usize| (1..=1000).contains(limit);
        limit =
            value.parse().ok().filter(in_range).ok_or_else(|| Problem::bad_value("limit", "1 to 1000"))?;
    }
    Ok(limit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_empty_body_means_all() {
        assert_eq!(replay_request(b" \n").unwrap(), None);
        let one = replay_request(br#"{"ids": ["000102030405060708090a0b0c0d0e0f"]}"#).unwrap().unwrap();
        assert_eq!(one.len(), 1);
        for bad in [&b"{"[..], br#"{"ids": ["7"]}"#, br#"{"all": true}"#] {
            assert!(replay_request(bad).is_err());
        }
    }

    #[test]
    fn a_limit_is_at_most_a_thousand() {
        let limit = |query: &str| limit_query(&query.parse().unwrap()).ok();
        assert_eq!(["/x", "/x?limit=7", "/x?limit=1000"].map(limit), [Some(100), Some(7), Some(1000)]);
        assert_eq!(["/x?limit=0", "/x?limit=1001", "/x?limit=a", "/x?page=2"].map(limit), [None; 4]);
    }
}
