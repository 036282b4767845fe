//! What happens to messages, as those are told who follow it.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::sse::Event;
use serde::Serialize;
use serde_json::json;
use sms::{MessageId, Timestamp};
use store::Happening;

use super::record::{StepView, step};
use super::{Rfc3339, as_text};
use crate::link::http::problem::Problem;

#[derive(Serialize)]
struct HappeningView<'a> {
    #[serde(serialize_with = "as_text")]
    id: MessageId,
    #[serde(flatten)]
    step: StepView<'a>,
}

/// The one message that is asked for, if it is one: `message` in the query.
pub(in super::super) fn events_query(uri: &Uri) -> Result<Option<MessageId>, Problem> {
    let mut message = None;
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "message" {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", format!("unknown: {name}")));
        }
        let bad_id = |_| Problem::bad_value("message", "an id of a message has 32 hexadecimal digits");
        message = Some(value.parse().map_err(bad_id)?);
    }
    Ok(message)
}

/// What one who follows hears first: since when it missed what happened, if it comes again.
pub(in super::super) fn greeting(headers: &HeaderMap) -> Event {
    match last_seen(headers) {
        Some(at) => lagged(&json!({ "since": Rfc3339(at) })),
        None => Event::default().comment("from now on"),
    }
}

/// When that happened of which it heard last.
fn last_seen(headers: &HeaderMap) -> Option<Timestamp> {
    let (at, _) = headers.get("last-event-id")?.to_str().ok()?.split_once('-')?;
    at.parse().ok().map(Timestamp)
}

/// That so much happened of which it was not told.
pub(in super::super) fn missed(count: u64) -> Event {
    lagged(&json!({ "missed": count }))
}

fn lagged(data: &serde_json::Value) -> Event {
    Event::default().event("lagged").data(data.to_string())
}

/// One step; it is the `count`th that is told.
pub(in super::super) fn happened(happening: &Happening, count: u64) -> Event {
    let view = HappeningView { id: happening.id, step: step(&happening.step) };
    let data = serde_json::to_string(&view).unwrap_or_default();
    Event::default().id(format!("{}-{count}", happening.step.at.0)).event(view.step.event).data(data)
}
