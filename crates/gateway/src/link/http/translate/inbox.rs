//! What an account fetches from its inbox and acknowledges.

use std::collections::HashSet;
use std::time::Duration;

use axum::http::Uri;
use serde::{Deserialize, Serialize};
use store::{Cause, Lease};
use utoipa::openapi::schema::{ArrayBuilder, Ref};
use utoipa::{IntoParams, ToSchema};

use super::bounded::UpTo;
use super::callback::{EventView, event};
use super::submission::json;
use super::{as_text, ids, words};
use crate::inbox::EventId;
use crate::link::http::inbox::Fetch;
use crate::link::http::problem::Problem;

#[derive(Serialize, ToSchema)]
#[schema(as = InboxItem)]
struct ItemView<'a> {
    /// What it is acknowledged by.
    #[schema(value_type = AckId)]
    #[serde(serialize_with = "as_text")]
    ack_id: EventId,
    /// How often it has been shown, with this time.
    attempt: u32,
    #[serde(flatten)]
    event: EventView<'a>,
}

/// One item as an object; `None` if there is nothing to say of it.
pub(in super::super) fn inbox_item(lease: &Lease, reason: Option<&Cause>) -> Option<Vec<u8>> {
    let attempt = u32::from(lease.attempts()) + 1;
    serde_json::to_vec(&ItemView {
        ack_id: EventId::of(lease),
        attempt,
        event: event(lease.item(), lease.message(), reason)?,
    })
    .ok()
}

/// A page of the inbox, as the document has it: it is put together from items that are written already.
#[derive(ToSchema)]
#[schema(as = InboxPage)]
pub(in super::super) struct PageOfItems<'a> {
    #[expect(dead_code, reason = "only its schema is wanted")]
    items: Vec<ItemView<'a>>,
}

/// The query of `GET /v1/inbox`.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct InboxQuery {
    /// The most items; 100 if it is left out.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// For how many seconds to wait for the first; 0 if it is left out.
    #[param(value_type = u32, required = false, minimum = 0, maximum = 60)]
    wait_s: Option<u32>,
    /// For how many seconds they are nobody else's; 60 if it is left out.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 3600)]
    lease_s: Option<u32>,
}

/// What is asked for in a query.
pub(in super::super) fn inbox_query(uri: &Uri) -> Result<Fetch, Problem> {
    let query: InboxQuery = super::query::read(uri)?;
    let limit = number("limit", query.limit.unwrap_or(LIMIT), 1, LIMIT_MAX)?;
    let wait_s = number("wait_s", query.wait_s.unwrap_or(0), 0, WAIT_S_MAX)?;
    let lease_s = number("lease_s", query.lease_s.unwrap_or(LEASE_S), 1, LEASE_S_MAX)?;
    Ok(Fetch {
        limit: limit as usize,
        wait: Duration::from_secs(wait_s.into()),
        lease: Duration::from_secs(lease_s.into()),
    })
}

/// A number that somebody names, if it is within its bounds.
pub(super) fn number(field: &'static str, number: u32, least: u32, most: u32) -> Result<u32, Problem> {
    let number = Some(number).filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| Problem::bad_value(field, format!("{least} to {most}")))
}

words::word!(
    /// The name of an item: [`EventId`].
    AckId,
    words::text()
        .pattern(Some("^(receipt|message)_[0-9A-Fa-f]{32}$"))
        .examples(["receipt_6b0458def476870f68483bcd231cef48"])
);
words::word!(
    /// What [`acknowledgement`] takes.
    AckIds,
    ArrayBuilder::new()
        .items(Ref::from_schema_name(AckId::name()))
        .min_items(Some(1))
        .max_items(Some(IDS_MAX))
);

/// What [`acknowledgement`] reads.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Acknowledgement)]
pub(in super::super) struct AckRequest {
    #[schema(value_type = AckIds)]
    ids: UpTo<IDS_MAX, String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Acknowledged)]
pub(in super::super) struct AckView {
    acknowledged: usize,
    /// Those that are not there: they were acknowledged before, or are nobody's.
    unknown: Vec<String>,
}

/// The items that a caller says it has.
pub(in super::super) fn acknowledgement(body: &[u8]) -> Result<HashSet<EventId>, Problem> {
    let AckRequest { ids: UpTo(written) } = json(body)?;
    if written.is_empty() || written.len() > IDS_MAX {
        return Err(Problem::bad_value("ids", format!("1 to {IDS_MAX} of them")));
    }
    let detail = "an ack_id is receipt_ or message_ and 32 hexadecimal digits";
    ids("ids", &written, detail)
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
