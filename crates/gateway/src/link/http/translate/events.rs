//! What happens to messages, as those are told who follow it.

use std::time::Duration;

use axum::http::{HeaderMap, Uri};
use axum::response::sse::Event;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sms::{MessageId, State, Timestamp};
use store::Happening;
use utoipa::{IntoParams, ToSchema};

use super::choice::{self, EventWords, StateWords};
use super::record::{StepView, event_name, step};
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

/// The query of `GET /v1/events`: what is left out does not matter, and the rest must all be so.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct EventsQuery {
    /// The one message to follow.
    #[param(value_type = words::MessageId, required = false)]
    message: Option<String>,
    /// What the caller called the messages, the whole of it.
    #[param(value_type = String, required = false)]
    client_reference: Option<String>,
    /// The source or the destination, as people write it.
    #[param(value_type = String, required = false)]
    number: Option<String>,
    /// What happened: a word, or several with commas between them.
    #[param(value_type = EventWords, required = false)]
    event: Option<String>,
    /// The state that a receipt reports or that is final: a word, or several with commas between them.
    #[param(value_type = StateWords, required = false)]
    state: Option<String>,
    /// After how many seconds the answer ends; if it is left out, it goes on.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 3600)]
    for_s: Option<u32>,
}

/// What one who follows wants to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Wanted {
    message: Option<MessageId>,
    reference: Option<Vec<u8>>,
    number: Option<Vec<u8>>,
    events: Option<Vec<&'static str>>,
    states: Option<Vec<State>>,
}

impl Wanted {
    pub(in super::super) fn has(&self, happening: &Happening) -> bool {
        let (subject, event) = (&happening.subject, &happening.step.event);
        let has_number = |number: &Vec<u8>| {
            subject.source.value[..] == **number || subject.destination.value[..] == **number
        };
        let is_in_state = |states: &Vec<State>| state_of(event).is_some_and(|state| states.contains(&state));
        self.message.is_none_or(|id| id == subject.id)
            && self.reference.as_ref().is_none_or(|reference| subject.reference == *reference)
            && self.number.as_ref().is_none_or(has_number)
            && self.events.as_ref().is_none_or(|events| events.contains(&event_name(event)))
            && self.states.as_ref().is_none_or(is_in_state)
    }
}

fn state_of(event: &store::Event) -> Option<State> {
    match event {
        store::Event::Receipt { state, .. } | store::Event::Final { state } => Some(*state),
        _ => None,
    }
}

/// What is asked for in a query, and for how long if that has an end.
pub(in super::super) fn events_query(uri: &Uri) -> Result<(Wanted, Option<Duration>), Problem> {
    let query: EventsQuery = super::query::read(uri)?;
    let bad_id = |_| Problem::bad_value("message", "an id of a message has 32 hexadecimal digits");
    let wanted = Wanted {
        message: query.message.map(|id| id.parse().map_err(bad_id)).transpose()?,
        reference: query.client_reference.map(String::into_bytes),
        number: query.number.map(|number| super::query::number_of(&number)),
        events: query.event.map(|said| choice::events("event", &said)).transpose()?,
        states: query.state.map(|said| choice::states("state", &said)).transpose()?,
    };
    let for_s = query.for_s.map(|for_s| super::inbox::number("for_s", for_s, 1, FOR_S_MAX)).transpose()?;
    Ok((wanted, for_s.map(|for_s| Duration::from_secs(for_s.into()))))
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
    let view = HappeningView { id: happening.subject.id, step: step(&happening.step) };
    let data = serde_json::to_string(&view).unwrap_or_default();
    Event::default().id(format!("{}-{count}", happening.step.at.0)).event(view.step.event).data(data)
}

const FOR_S_MAX: u32 = 3600;
