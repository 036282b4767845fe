//! What is known of a message, as a caller is shown it.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use sms::{Direction, MessageId, State, Timestamp};
use store::{Event, Page, Record, Step};
use utoipa::ToSchema;

use super::attributes::shown_url;
use super::submission::SubstitutionView;
use super::{Rfc3339, as_text, words};
use crate::attributes::{Attributes, Transliterated};

/// A record with its history.
#[derive(Serialize, ToSchema)]
#[schema(as = Record)]
pub(in super::super) struct RecordView<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
    id: MessageId,
    /// `mt` towards a handset, `mo` from one.
    #[schema(value_type = DirectionWord)]
    direction: &'static str,
    /// The link that brought it.
    origin: &'a str,
    /// The link that takes it.
    target: &'a str,
    from: String,
    to: String,
    segments: u16,
    #[schema(value_type = words::StateName)]
    state: &'static str,
    /// The code of the network, if it told one.
    #[serde(default, skip_serializing_if = "is_zero")]
    error: u32,
    #[schema(value_type = words::Instant)]
    accepted_at: Rfc3339,
    /// When it is due, if it was not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    not_before: Option<Rfc3339>,
    /// Until when it may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    expires_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    final_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::MessageId>)]
    in_reply_to: Option<Text<MessageId>>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    client_reference: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    /// Without the password that may stand in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    /// What became of characters of the text, of about two hundred at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transliterated: Vec<SubstitutionView>,
    /// What happened to it, the oldest first; not in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<StepView<'a>>>,
}

/// Records without their histories.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub(in super::super) struct PageView<'a> {
    messages: Vec<RecordView<'a>>,
    /// The `cursor` of the next page, if there is more.
    #[schema(value_type = Option<words::MessageId>)]
    next: Option<Text<MessageId>>,
}

/// A step; what does not belong to its event is left out.
#[derive(Serialize, ToSchema)]
#[schema(as = Step)]
pub(super) struct StepView<'a> {
    #[schema(value_type = words::Instant)]
    at: Rfc3339,
    /// Its number in the message, from 0.
    segment: u16,
    #[schema(value_type = EventWord)]
    pub(super) event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::StateName>)]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Instant>)]
    retry_at: Option<Rfc3339>,
    /// How often the owner could not be told, up to now.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u16>,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Text<T: Display>(#[serde(serialize_with = "as_text")] pub(super) T);

/// Everything that is known of a message, as `GET /v1/messages/{id}` shows it. The text is not known.
pub fn record(record: &Record) -> impl Serialize + use<'_> {
    let attributes = record.attached.as_deref().map(Attributes::readable).unwrap_or_default();
    let mut history: Vec<StepView<'_>> = record.history.iter().map(step).collect();
    for at in attributes.reworded {
        let place = record.history.partition_point(|step| step.at <= at);
        let before = history.len() - record.history.len();
        history.insert(before + place, StepView { event: REPLACED, ..plain_step(at, 0) });
    }
    RecordView { history: Some(history), ..summary(record) }
}

/// Messages that were found.
pub(in super::super) fn page(page: &Page) -> PageView<'_> {
    PageView { messages: page.records.iter().map(summary).collect(), next: page.next.map(Text) }
}

/// The word for a state.
pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Enroute => "enroute",
        State::Delivered => "delivered",
        State::Expired => "expired",
        State::Deleted => "deleted",
        State::Undeliverable => "undeliverable",
        State::Accepted => "accepted",
        State::Unknown => "unknown",
        State::Rejected => "rejected",
        State::HandedOver => "handed_over",
    }
}

/// The word for a direction.
pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Mt => "mt",
        Direction::Mo => "mo",
    }
}

/// Both directions.
pub(super) const DIRECTIONS: [Direction; 2] = [Direction::Mt, Direction::Mo];

/// Every state.
pub(super) const STATES: [State; 9] = [
    State::Enroute,
    State::Delivered,
    State::Expired,
    State::Deleted,
    State::Undeliverable,
    State::Accepted,
    State::Unknown,
    State::Rejected,
    State::HandedOver,
];

words::word!(
    /// The words of [`direction_name`].
    DirectionWord,
    words::text().enum_values(Some(DIRECTIONS.map(direction_name)))
);
words::word!(
    /// The words of [`event_name`].
    EventWord,
    words::text().enum_values(Some(EVENTS.into_iter().chain([REPLACED])))
);
/// That a message was given another text, which is known of itself and no step on its way: nobody who follows is told.
const REPLACED: &str = "replaced";
/// The words of [`event_name`].
pub(super) const EVENTS: [&str; 12] = [
    "accepted",
    "attempted",
    "sent",
    "retried",
    "redirected",
    "outcome_unknown",
    "failed",
    "receipt",
    "final",
    "owner_retried",
    "owner_told",
    "owner_not_told",
];

fn summary(record: &Record) -> RecordView<'_> {
    let attributes = record.attached.as_deref().map(Attributes::readable).unwrap_or_default();
    RecordView {
        id: record.id,
        direction: direction_name(record.direction),
        origin: record.origin.as_str(),
        target: record.target.as_str(),
        from: record.source.text(),
        to: record.destination.text(),
        segments: record.segments,
        state: state_name(record.state),
        error: record.error,
        accepted_at: Rfc3339(record.accepted_at),
        not_before: record.not_before.map(Rfc3339),
        expires_at: record.expires_at.map(Rfc3339),
        final_at: record.final_at.map(Rfc3339),
        in_reply_to: record.in_reply_to.map(Text),
        client_reference: attributes.client_reference,
        tags: attributes.tags,
        callback_url: attributes.callback.map(|callback| shown_url(callback.url)),
        transliterated: attributes.transliterated.map(changed).unwrap_or_default(),
        history: None,
    }
}

fn changed(transliterated: Transliterated) -> Vec<SubstitutionView> {
    transliterated.substitutions.into_iter().map(SubstitutionView::from).collect()
}

pub(super) fn step(step: &Step) -> StepView<'_> {
    let mut view = StepView { event: event_name(&step.event), ..plain_step(step.at, step.segment) };
    match &step.event {
        Event::Accepted => {}
        Event::Attempted { link } | Event::Redirected { to: link } | Event::OwnerTold { link } => {
            view.link = Some(link.as_str());
        }
        Event::Sent { remote_id } => view.remote_id = remote_id.as_ref().map(ToString::to_string),
        Event::Retried { cause, at } => {
            view.cause = Some(cause.to_string());
            view.retry_at = Some(Rfc3339(*at));
        }
        Event::OwnerRetried { cause, attempts, at } => {
            view.cause = Some(cause.to_string());
            view.attempts = Some(*attempts);
            view.retry_at = at.map(Rfc3339);
        }
        Event::OutcomeUnknown { cause } | Event::Failed { cause } | Event::OwnerNotTold { cause } => {
            view.cause = Some(cause.to_string());
        }
        Event::Receipt { state, error } => {
            view.state = Some(state_name(*state));
            view.error = Some(*error).filter(|error| !is_zero(error));
        }
        Event::Final { state } => view.state = Some(state_name(*state)),
    }
    view
}

/// A step that says nothing yet.
fn plain_step<'a>(at: Timestamp, segment: u16) -> StepView<'a> {
    StepView {
        at: Rfc3339(at),
        segment,
        event: "",
        link: None,
        remote_id: None,
        state: None,
        error: None,
        cause: None,
        retry_at: None,
        attempts: None,
    }
}

pub(super) fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Accepted => "accepted",
        Event::Attempted { .. } => "attempted",
        Event::Sent { .. } => "sent",
        Event::Retried { .. } => "retried",
        Event::Redirected { .. } => "redirected",
        Event::OutcomeUnknown { .. } => "outcome_unknown",
        Event::Failed { .. } => "failed",
        Event::Receipt { .. } => "receipt",
        Event::Final { .. } => "final",
        Event::OwnerRetried { .. } => "owner_retried",
        Event::OwnerTold { .. } => "owner_told",
        Event::OwnerNotTold { .. } => "owner_not_told",
    }
}

pub(super) fn is_zero(error: &u32) -> bool {
    *error == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;
    use sms::{Address, LinkName, Timestamp};
    use store::{Cause, RemoteId, RemoteIdForm};

    use super::*;

    const START: u64 = 1_767_225_600_000;

    fn example() -> Record {
        let step = |after, event| Step { at: Timestamp(START + after), segment: 0, event };
        let smsc = LinkName::from("telco-a");
        let remote_id = RemoteId::new(b"A1\n", RemoteIdForm::Text);
        Record {
            id: MessageId::from_octets([0xAB; 16]),
            direction: Direction::Mt,
            origin: "bank".into(),
            target: smsc.clone(),
            source: Address::guess(b"BANK").unwrap(),
            destination: Address::guess(b"6281234567890").unwrap(),
            segments: 1,
            state: State::Undeliverable,
            error: 27,
            accepted_at: Timestamp(START),
            not_before: None,
            expires_at: Some(Timestamp(START + 60_000)),
            final_at: Some(Timestamp(START + 9)),
            in_reply_to: None,
            attached: None,
            history: vec![
                step(0, Event::Accepted),
                step(1, Event::Attempted { link: smsc }),
                step(2, Event::Retried { cause: Cause::Smpp(0x58), at: Timestamp(START + 1000) }),
                step(3, Event::OutcomeUnknown { cause: Cause::Timeout }),
                step(4, Event::Sent { remote_id: Some(remote_id) }),
                step(5, Event::Receipt { state: State::Undeliverable, error: 27 }),
                step(9, Event::Final { state: State::Undeliverable }),
                step(
                    10,
                    Event::OwnerRetried {
                        cause: Cause::Http(500),
                        attempts: 3,
                        at: Some(Timestamp(START + 11)),
                    },
                ),
            ],
        }
    }

    // CMN-8
    #[test]
    fn a_record_tells_all_that_happened() {
        let shown = serde_json::to_value(record(&example())).unwrap();
        let at = |after: u64| format!("2026-01-01T00:00:00.{after:03}Z");
        let expected = json!({
            "id": "ab".repeat(16), "direction": "mt", "origin": "bank", "target": "telco-a",
            "from": "BANK", "to": "6281234567890", "segments": 1, "state": "undeliverable", "error": 27,
            "accepted_at": at(0), "expires_at": "2026-01-01T00:01:00.000Z", "final_at": at(9),
            "history": [
                { "at": at(0), "segment": 0, "event": "accepted" },
                { "at": at(1), "segment": 0, "event": "attempted", "link": "telco-a" },
                { "at": at(2), "segment": 0, "event": "retried", "cause": "command_status 0x00000058",
                  "retry_at": "2026-01-01T00:00:01.000Z" },
                { "at": at(3), "segment": 0, "event": "outcome_unknown", "cause": "no answer in time" },
                { "at": at(4), "segment": 0, "event": "sent", "remote_id": "A1\\n" },
                { "at": at(5), "segment": 0, "event": "receipt", "state": "undeliverable", "error": 27 },
                { "at": at(9), "segment": 0, "event": "final", "state": "undeliverable" },
                { "at": at(10), "segment": 0, "event": "owner_retried", "cause": "HTTP 500",
                  "attempts": 3, "retry_at": at(11) },
            ],
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn another_text_is_a_step_of_its_history() {
        let mut record = example();
        let reworded = [0, 3, 9].map(|after| Timestamp(START + after)).to_vec();
        record.attached = Attributes { reworded, ..Attributes::default() }.attached(&"bank".into());
        let shown = serde_json::to_value(super::record(&record)).unwrap();
        let history = shown["history"].as_array().unwrap();
        let events: Vec<&str> = history.iter().map(|step| step["event"].as_str().unwrap()).collect();
        assert_eq!(
            events,
            [
                "accepted",
                "replaced",
                "attempted",
                "retried",
                "outcome_unknown",
                "replaced",
                "sent",
                "receipt",
                "final",
                "replaced",
                "owner_retried"
            ]
        );
        let replaced = json!({ "at": "2026-01-01T00:00:00.003Z", "segment": 0, "event": "replaced" });
        assert_eq!(history[5], replaced);
    }

    #[test]
    fn a_page_has_no_histories_and_says_where_to_go_on() {
        let mut record = example();
        record.in_reply_to = Some(MessageId::from_octets([1; 16]));
        let next = Some(record.id);
        let shown = serde_json::to_value(page(&Page { records: vec![record], next })).unwrap();
        assert_eq!(shown["next"], "ab".repeat(16));
        assert_eq!(shown["messages"][0]["in_reply_to"], "01".repeat(16));
        assert_eq!(shown["messages"][0].get("history"), None);
        let last = serde_json::to_value(page(&Page::default())).unwrap();
        assert_eq!(last, json!({ "messages": [], "next": null }));
    }
}
