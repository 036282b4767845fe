//! What the document says of messages: handing them in, asking for them, taking them back.

use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Header, HttpMethod, Required};

use super::operation::{Description, header, operation};
use super::refused::{
    BAD_BATCH, BAD_FORM, BAD_LENGTH, BAD_QUERY, BAD_VALUE, DOES_NOT_FIT, NOT_OF_TYPE, NOT_WAITING, OF_KEYS,
    OF_MESSAGES, QUEUE_FULL, TOO_MANY_SEARCHES, UNKNOWN_MESSAGE,
};
use crate::link::http::idempotency::KEY_PATTERN;
use crate::link::http::translate::words::text;
use crate::link::http::translate::{
    Accepted, Cancelled, DirectionWord, Flag, Limit, Messages, PageView, PreviewRequest, PreviewView,
    Receipts, RecordView, Replacement, SearchQuery, SendForm, SendQuery, StateWords, Taken,
};

pub(super) fn descriptions() -> [Description; 8] {
    [submit(), search(), find(), cancel(), replace(), send(), send_form(), preview()]
}

fn submit() -> Description {
    let all_refused =
        "If no message of an array was taken over: what became of each, with the status of the first.";
    let each_refused = || {
        json!([{ "to": "12x", "problem": {
        "type": "about:blank", "title": "Unprocessable Entity", "status": 422, "code": "bad_destination",
        "detail": "the destination is empty, too long or not a number", "field": "to",
    } }])
    };
    let description = operation(HttpMethod::Post, "/v1/messages", "submit", TAG, "Hand in messages")
        .explained(
            "One message, or an array of them; `to` may be an array of numbers, each of which gets a message of \
             its own. Answered when all that was taken over is on disk.",
        )
        .for_accounts("send")
        .parameter(idempotency_key())
        .body::<Messages>(&[
            ("one", json!({ "from": "BANK", "to": "628111000111", "text": "Your code is 4711" })),
            ("many", json!([{ "to": ["628111000111", "628111000112"], "text": "We are closed on Monday" }])),
        ])
        .answers_json::<Taken>(
            202,
            "What was taken over: an object for one message, an array in the same order for several.",
            accepted(),
        )
        .with_header(202, "Location", location())
        .with_header(202, "Idempotent-Replayed", replayed())
        .leads_to(202, &["find", "cancel", "replace"])
        .leads_from_array_to(202, &["find", "cancel", "replace"])
        .refuses(&[BAD_BATCH])
        .refuses(&OF_KEYS)
        .refuses(&OF_MESSAGES);
    [403, 404, 422, 429, 503].into_iter().fold(description, |description, status| {
        description.answers_json::<Receipts>(status, all_refused, each_refused())
    })
}

fn send() -> Description {
    operation(HttpMethod::Get, "/v1/send", "send", TAG, "Hand in one text by query")
        .explained(
            "The fields are those of `POST /v1/messages`. Passwords in a query end up in the logs of proxies: \
             Basic credentials may be used instead.",
        )
        .for_accounts("send")
        .or_in_query()
        .query_of::<SendQuery>()
        .speaking_of::<Flag>()
        .refuses(&[BAD_QUERY])
        .sent_alone()
}

fn send_form() -> Description {
    let example = json!({ "to": "628111000111", "text": "Your code is 4711" });
    operation(HttpMethod::Post, "/v1/send", "sendForm", TAG, "Hand in one text by form")
        .explained("As by query, but nothing of it ends up in logs. Basic credentials may be used instead of the fields.")
        .for_accounts("send")
        .parameter(idempotency_key())
        .body_as::<SendForm>(FORM, Required::True, &[("text", example)])
        .refuses(&[BAD_FORM, NOT_OF_TYPE])
        .refuses(&OF_KEYS)
        .sent_alone()
        .with_header(202, "Idempotent-Replayed", replayed())
}

fn search() -> Description {
    operation(HttpMethod::Get, "/v1/messages", "search", TAG, "List one's own messages")
        .explained(
            "The newest first, without their histories. What applications of the account were told and answered is there, too.",
        )
        .for_accounts("read")
        .query::<SearchQuery>()
        .speaking_of::<StateWords>()
        .speaking_of::<DirectionWord>()
        .speaking_of::<Limit>()
        .answers_json::<PageView<'_>>(
            200,
            "Messages, and where to go on.",
            json!({ "messages": [summary()], "next": null }),
        )
        .refuses(&[BAD_QUERY, BAD_VALUE, TOO_MANY_SEARCHES, QUEUE_FULL])
}

fn find() -> Description {
    let mut record = summary();
    record["history"] = json!([{ "at": "2026-11-23T10:00:00.000Z", "segment": 0, "event": "accepted" }]);
    operation(HttpMethod::Get, "/v1/messages/{id}", "find", TAG, "Ask what became of a message")
        .for_accounts("read")
        .of_message()
        .answers_json::<RecordView<'_>>(200, "The record with everything that happened.", record)
        .refuses(&[UNKNOWN_MESSAGE])
}

fn cancel() -> Description {
    operation(HttpMethod::Delete, "/v1/messages/{id}", "cancel", TAG, "Take a message back")
        .explained("200 means that nothing of it will ever be sent, and that this is on disk.")
        .for_accounts("send")
        .of_message()
        .answers_json::<Cancelled>(200, "It was taken back.", json!({ "id": ID, "state": "deleted" }))
        .refuses(&[UNKNOWN_MESSAGE, NOT_WAITING, QUEUE_FULL])
}

fn replace() -> Description {
    operation(HttpMethod::Patch, "/v1/messages/{id}", "replace", TAG, "Give a message another text")
        .explained(
            "As long as nothing of it was tried. It keeps its id, its place, its times, what was said of it, and what \
             is not named here: its class, its ports and what it says that waits. It is transliterated as a message \
             that is handed in. One of octets, or with a header of its own, cannot be given a text.",
        )
        .for_accounts("send")
        .of_message()
        .body::<Replacement>(&[("text", json!({ "text": "Your code is 4712" }))])
        .answers_json::<Accepted>(200, "It has the other text, on disk.", accepted())
        .refuses(&[UNKNOWN_MESSAGE, NOT_WAITING, DOES_NOT_FIT, BAD_VALUE, BAD_LENGTH, QUEUE_FULL])
}

fn preview() -> Description {
    operation(HttpMethod::Post, "/v1/preview", "preview", TAG, "Ask what a message would take")
        .explained(
            "Nothing is sent. It takes the fields of a message that make a difference. `segments` is what operators \
             charge for; there are no prices here. An SMSC whose profile has a smaller alphabet may need more \
             segments.",
        )
        .for_accounts("send")
        .body::<PreviewRequest>(&[("text", json!({ "text": "Grüße aus Köln" }))])
        .answers_json::<PreviewView>(200, "Alphabet, segments, and what is left.", json!({
            "encoding": "gsm7", "characters": 14, "units": 14, "units_per_segment": 160, "units_left": 146,
            "segments": 1, "parts": ["Grüße aus Köln"],
        }))
        .refuses(&[BAD_VALUE, BAD_LENGTH])
}

impl Description {
    /// What one message is answered.
    fn sent_alone(self) -> Self {
        self.answers_json::<Accepted>(202, "The message is on disk.", accepted())
            .with_header(202, "Location", location())
            .leads_to(202, &["find", "cancel", "replace"])
            .refuses(&OF_MESSAGES)
            .for_browsers()
    }
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The same key with the same body, octet for octet, is answered as before for 24 hours, and nothing is \
             sent again: 1 to 64 printable ASCII characters, between quotes or without blanks.",
        ))
        .schema(Some(text().pattern(Some(KEY_PATTERN))))
        .build()
}

fn replayed() -> Header {
    let description = "`true` if the request was repeated with its key: nothing was sent again.";
    header(description, text().enum_values(Some(["true"])))
}

fn location() -> Header {
    header("Where the record of the one message is.", text().pattern(Some("^/v1/messages/[0-9a-f]{32}$")))
}

fn accepted() -> Value {
    json!({ "id": ID, "state": "enroute", "segments": 1, "to": "628111000111" })
}

fn summary() -> Value {
    json!({
        "id": ID, "direction": "mt", "origin": "bank", "target": "telco-a", "from": "BANK", "to": "628111000111",
        "segments": 1, "state": "enroute", "accepted_at": "2026-11-23T10:00:00.000Z",
    })
}

const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const TAG: &str = "messages";
const ID: &str = "6b0458def476870f68483bcd231cef48";
