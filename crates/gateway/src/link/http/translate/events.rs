//! What happens to messages, as those are told who follow it.

use axum::http::{HeaderMap, Uri};
use axum::response::sse::Event;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sms::{MessageId, Timestamp};
use store::Happening;
use utoipa::{IntoParams, ToSchema};

use super::record::{StepView, step};
use super::{Rfc3339, as_text, words};
use crate::link::http::problem::Problem;

/// What happened to a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Happening)]
pub(in super::super) struct HappeningView<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
    id: MessageId,
    #[serde(flatten)]
    step: StepView<'a>,
}

/// The query of `GET /v1/events`.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct EventsQuery {
    /// The one message to follow; all of the account's if it is left out.
    #[param(value_type = words::MessageId, required = false)]
    message: Option<String>,
}

/// The one message that is asked for, if it is one.
pub(in super::super) fn events_query(uri: &Uri) -> Result<Option<MessageId>, Problem> {
    let query: EventsQuery = super::query::read(uri)?;
    let bad_id = |_| Problem::bad_value("message", "an id of a message has 32 hexadecimal digits");
    query.message.map(|id| id.parse().map_err(bad_id)).transpose()
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
