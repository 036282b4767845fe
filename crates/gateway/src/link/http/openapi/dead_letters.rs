//! What the document says of dead letters.

use serde_json::json;
use utoipa::openapi::{HttpMethod, Required};

use super::operation::{Description, JSON, operation};
use super::refused::{BAD_JSON, BAD_QUERY, BAD_VALUE, UNKNOWN_MESSAGE};
use crate::link::http::translate::{DeadLettersView, LettersQuery, Limit, ReplayRequest, Replayed};

pub(super) fn descriptions() -> [Description; 3] {
    [list(), replay(), delete()]
}

fn list() -> Description {
    operation(HttpMethod::Get, "/v1/dead-letters", "listDeadLetters", TAG, "List what could not be told")
        .explained("Of the account's callback and of the applications that name it, the oldest first.")
        .for_accounts("inbox")
        .query::<LettersQuery>()
        .speaking_of::<Limit>()
        .answers_json::<DeadLettersView<'_>>(200, "What waits to be looked at.", json!({ "dead_letters": [{
            "link": "games", "event": "message", "id": ID, "from": "628111000111", "to": "1234", "text": "GAME",
            "received_at": "2026-11-23T10:00:00.000Z", "smsc": "telco-a",
        }], "next": null }))
        .refuses(&[BAD_QUERY, BAD_VALUE])
}

fn replay() -> Description {
    operation(HttpMethod::Post, "/v1/dead-letters/replay", "replayDeadLetters", TAG, "Tell dead letters anew")
        .explained("Those with these ids, or all without a body: up to 100,000 of them, and `has_more` if there are others.")
        .for_accounts("inbox")
        .body_as::<ReplayRequest>(JSON, Required::False, &[("ids", json!({ "ids": [ID] }))])
        .answers_json::<Replayed>(200, "How many are told anew.", json!({ "replayed": 1 }))
        .refuses(&[BAD_JSON, BAD_VALUE])
}

fn delete() -> Description {
    operation(HttpMethod::Delete, "/v1/dead-letters/{id}", "deleteDeadLetter", TAG, "Delete a dead letter")
        .for_accounts("inbox")
        .of_message()
        .answers(204, "It is gone.")
        .refuses(&[UNKNOWN_MESSAGE])
}

pub(super) const TAG: &str = "dead letters";
const ID: &str = "6b0458def476870f68483bcd231cef48";
