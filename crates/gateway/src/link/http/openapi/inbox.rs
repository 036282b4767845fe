//! What the document says of being told without being called: the inbox, and events.

use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{HttpMethod, Required};

use super::operation::{Description, operation};
use super::refused::{BAD_QUERY, BAD_VALUE, INBOX_LENT_OUT, NO_INBOX, TOO_MANY_LISTENERS};
use crate::link::http::translate::words::text;
use crate::link::http::translate::{
    AckRequest, AckView, EventWords, EventsQuery, HappeningView, InboxQuery, PageOfItems, StateWords, words,
};

pub(super) fn descriptions() -> [Description; 3] {
    [fetch(), acknowledge(), follow()]
}

fn fetch() -> Description {
    operation(HttpMethod::Get, "/v1/inbox", "fetchInbox", TAG, "Fetch receipts and messages")
        .explained("The oldest that nobody is lent. They come again until they are acknowledged.")
        .for_accounts("inbox")
        .query::<InboxQuery>()
        .answers_json::<PageOfItems<'_>>(200, "What is lent, perhaps nothing.", json!({ "items": [{
            "ack_id": format!("message_{ID}"), "attempt": 1, "event": "message", "id": ID, "from": "628111000111",
            "to": "1234", "text": "GAME", "received_at": "2026-11-23T10:00:00.000Z", "smsc": "telco-a",
        }] }))
        .refuses(&[BAD_QUERY, BAD_VALUE, NO_INBOX, INBOX_LENT_OUT])
}

fn acknowledge() -> Description {
    operation(HttpMethod::Post, "/v1/inbox/ack", "acknowledge", TAG, "Acknowledge what was fetched")
        .explained("Answered when none of it would come again after a power cut.")
        .for_accounts("inbox")
        .body::<AckRequest>(&[("ids", json!({ "ids": [format!("message_{ID}")] }))])
        .answers_json::<AckView>(
            200,
            "How many are acknowledged now.",
            json!({ "acknowledged": 1, "unknown": [] }),
        )
        .refuses(&[BAD_VALUE, NO_INBOX])
}

fn follow() -> Description {
    let last = ParameterBuilder::new()
        .name("Last-Event-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The id of the event that was heard last: what was missed since is not told, but said.",
        ))
        .schema(Some(text()));
    operation(HttpMethod::Get, "/v1/events", "follow", TAG, "Follow what happens to messages")
        .explained("Server-sent events, without an end unless `for_s` says when; the data of each is a `Happening`, and of \
             `lagged` what was missed.")
        .for_accounts("read")
        .query::<EventsQuery>()
        .parameter(last.build())
        .speaking_of::<words::MessageId>()
        .speaking_of::<EventWords>()
        .speaking_of::<StateWords>()
        .speaking_of::<HappeningView<'_>>()
        .answers_text(200, "Events as they come.", "text/event-stream")
        .refuses(&[BAD_QUERY, BAD_VALUE, TOO_MANY_LISTENERS])
}

pub(super) const TAG: &str = "inbox and events";
const ID: &str = "6b0458def476870f68483bcd231cef48";
