//! What Jasmin answers, letter by letter.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sms::MessageId;

use super::super::problem::Problem;
use crate::refusal::Refusal;

/// Why a request fails, in the words of Jasmin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    /// An argument that is not as it should be.
    pub(super) fn argument(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(super) fn unauthorised(username: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("Authentication failure for username:{username}"))
    }

    /// A value that a user's filter does not let through.
    pub(super) fn filtered(username: &str, what: &str) -> Self {
        Self::argument(format!("Value filter failed for user [{username}] ({what} filter mismatch)."))
    }

    /// A refusal of a message of this user to that number.
    pub(super) fn of(refusal: &Refusal, username: &str, to: &str) -> Self {
        let filtered = |what: &str| Self::filtered(username, what);
        match refusal {
            Refusal::NoRoute => Self::new(StatusCode::PRECONDITION_FAILED, "No route found"),
            Refusal::Throttled => Self::new(StatusCode::FORBIDDEN, "User throughput exceeded"),
            Refusal::SourceNotAllowed => filtered("source_address"),
            Refusal::BadDestination => Self::argument(format!("Argument [to] has an invalid value: [{to}].")),
            Refusal::Expired => filtered("validity_period"),
            Refusal::BadLength | Refusal::ProtocolNotAllowed | Refusal::NoReply(_) => filtered("content"),
            Refusal::QueueFull | Refusal::Unavailable => Self::for_now(),
        }
    }

    /// A body that did not come whole, in these words, or that there is no room for now.
    pub(super) fn unread(problem: &Problem, text: &str) -> Self {
        match problem.status() {
            StatusCode::SERVICE_UNAVAILABLE => Self::for_now(),
            status => Self::new(status, text),
        }
    }

    /// What may go better later.
    fn for_now() -> Self {
        let text = "Cannot send submit_sm, check SMPPClientManagerPB log file for details";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }

    /// What is no text in hexadecimal digits.
    pub(super) fn hex(octets: &[u8]) -> Self {
        Self::argument(format!("Invalid hex-content data: '{}'", shown(octets)))
    }

    /// As `/send` says it.
    pub(super) fn quoted(&self) -> String {
        format!("Error \"{}\"", self.text)
    }
}

/// The beginning of octets as Python shows them: Jasmin's answers do.
pub(super) fn shown(octets: &[u8]) -> String {
    // A batch tells it in the query of a URL.
    let octets = octets.get(..QUOTED_OCTETS_MAX).unwrap_or(octets);
    let quote = if octets.contains(&b'\'') && !octets.contains(&b'"') { '"' } else { '\'' };
    let mut text = format!("b{quote}");
    for octet in octets {
        match octet {
            b'"' => text.push('"'),
            b'\'' if quote == '"' => text.push('\''),
            // The escapes of both languages are the same.
            other => text.extend(other.escape_ascii().map(char::from)),
        }
    }
    text.push(quote);
    text
}

/// An id in the form of a UUID, which is what Jasmin's are.
pub(in super::super) fn uuid(id: MessageId) -> String {
    let digits = id.to_string();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The body of a message that is taken over.
pub(super) fn success(id: MessageId) -> String {
    format!("Success \"{}\"", uuid(id))
}

/// Plain text, as `/send` answers.
pub(super) fn plain(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))], body).into_response()
}

/// JSON, as all others do.
pub(super) fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.to_string())
        .into_response()
}

/// How many octets of what is wrong an answer quotes.
const QUOTED_OCTETS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::super::super::bodies::no_room;
    use super::super::super::messages::too_large;
    use super::*;

    #[test]
    fn a_body_that_finds_no_room_fails_for_now() {
        let refused = Failure::of(&Refusal::QueueFull, "bank", "62811");
        assert_eq!(Failure::unread(&no_room(), "not whole"), refused);
        assert_eq!(
            Failure::unread(&too_large(1024), "not whole"),
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "not whole")
        );
    }

    // JS-13: `repr` of Python
    #[test]
    fn octets_are_shown_as_by_python() {
        for (octets, text) in [
            (&b"0g"[..], "b'0g'"),
            (b"", "b''"),
            (b"it's", "b\"it's\""),
            (b"'\"", "b'\\'\"'"),
            (b"say \"x\"", "b'say \"x\"'"),
            (b"\xFF\0\n\r\t\\", r"b'\xff\x00\n\r\t\\'"),
        ] {
            assert_eq!(shown(octets), text);
        }
        assert_eq!(shown(&[b'z'; 40]).len(), 35);
    }
}
