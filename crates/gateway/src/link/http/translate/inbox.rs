//! What an account fetches from its inbox and acknowledges.

use std::collections::HashSet;
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use store::Lease;

use super::as_text;
use super::callback::{EventView, event};
use crate::inbox::EventId;
use crate::link::http::inbox::Fetch;
use crate::link::http::problem::Problem;

#[derive(Serialize)]
struct ItemView<'a> {
    /// What it is acknowledged by.
    #[serde(serialize_with = "as_text")]
    ack_id: EventId,
    /// How often it has been shown, with this time.
    attempt: u32,
    #[serde(flatten)]
    event: EventView<'a>,
}

/// One item as an object; `None` if there is nothing to say of it.
pub(in super::super) fn inbox_item(lease: &Lease) -> Option<Vec<u8>> {
    let attempt = u32::from(lease.attempts()) + 1;
    serde_json::to_vec(&ItemView { ack_id: EventId::of(lease), attempt, event: event(lease)? }).ok()
}

/// What is asked for in a query: `limit`, `wait_s` and `lease_s`.
pub(in super::super) fn inbox_query(uri: &Uri) -> Result<Fetch, Problem> {
    let (mut limit, mut wait_s, mut lease_s) = (LIMIT, 0, LEASE_S);
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match &*name {
            "limit" => limit = number("limit", &value, 1, LIMIT_MAX)?,
            "wait_s" => wait_s = number("wait_s", &value, 0, WAIT_S_MAX)?,
            "lease_s" => lease_s = number("lease_s", &value, 1, LEASE_S_MAX)?,
            _ => return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", format!("unknown: {name}"))),
        }
    }
    Ok(Fetch {
        limit: limit as usize,
        wait: Duration::from_secs(wait_s.into()),
        lease: Duration::from_secs(lease_s.into()),
    })
}

fn number(field: &'static str, value: &str, least: u32, most: u32) -> Result<u32, Problem> {
    let number = value.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| Problem::bad_value(field, format!("{least} to {most}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AckRequest {
    ids: Vec<String>,
}

#[derive(Serialize)]
pub(in super::super) struct AckView {
    acknowledged: usize,
    unknown: Vec<String>,
}

/// The items that a caller says it has.
pub(in super::super) fn acknowledgement(body: &[u8]) -> Result<HashSet<EventId>, Problem> {
    let request: AckRequest = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "bad_json", error.to_string()))?;
    if request.ids.is_empty() || request.ids.len() > IDS_MAX {
        return Err(Problem::bad_value("ids", format!("1 to {IDS_MAX} of them")));
    }
    let bad_id = |_| Problem::bad_value("ids", "an ack_id is receipt_ or message_ and 32 hexadecimal digits");
    request.ids.iter().map(|id| id.parse().map_err(bad_id)).collect()
}

/// How many items are acknowledged now, and which are not there.
pub(in super::super) fn acknowledged(count: usize, unknown: &HashSet<EventId>) -> AckView {
    AckView { acknowledged: count, unknown: unknown.iter().map(ToString::to_string).collect() }
}

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
const WAIT_S_MAX: u32 = 60;
const LEASE_S: u32 = 60;
const LEASE_S_MAX: u32 = 3600;
/// What may be lent at a time may be acknowledged at a time.
const IDS_MAX: usize = crate::inbox::LENT_MAX;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_fetch_has_limits() {
        let read = |query: &str| {
            let fetch = inbox_query(&query.parse().unwrap()).ok()?;
            Some((fetch.limit, fetch.wait.as_secs(), fetch.lease.as_secs()))
        };
        assert_eq!(read("/x"), Some((100, 0, 60)));
        assert_eq!(read("/x?limit=1000&wait_s=60&lease_s=3600"), Some((1000, 60, 3600)));
        for wrong in
            ["limit=0", "limit=1001", "wait_s=61", "wait_s=-1", "lease_s=0", "lease_s=3601", "page=1"]
        {
            assert_eq!(read(&format!("/x?{wrong}")), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_acknowledged_is_named_as_it_was_shown() {
        let id = "000102030405060708090a0b0c0d0e0f";
        let read = |ids: &str| acknowledgement(format!("{{\"ids\":[{ids}]}}").as_bytes()).ok();
        let both = read(&format!("\"receipt_{id}\",\"message_{id}\"")).unwrap();
        let names: HashSet<String> = both.iter().map(ToString::to_string).collect();
        assert_eq!(names, HashSet::from([format!("receipt_{id}"), format!("message_{id}")]));
        for wrong in ["", "\"\"", &format!("\"{id}\""), "\"receipt_7\"", "7"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let many = vec![format!("\"receipt_{id}\""); IDS_MAX + 1].join(",");
        assert_eq!(read(&many), None);
    }
}
