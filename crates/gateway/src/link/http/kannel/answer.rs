//! What smsbox answers, octet by octet.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sms::MessageId;

use super::super::problem::Problem;
use crate::refusal::Refusal;

/// A status with a body, in the words of Kannel: programs compare them letter by letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: &'static str,
}

impl Answer {
    pub(super) const ACCEPTED: Self = Self::new(StatusCode::ACCEPTED, "0: Accepted for delivery");
    pub(super) const UNAUTHORISED: Self =
        Self::new(StatusCode::FORBIDDEN, "Authorization failed for sendsms");
    pub(super) const NOT_ROUTABLE: Self = Self::new(StatusCode::FORBIDDEN, "Not routable. Do not try again.");
    pub(super) const LATER: Self =
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Temporal failure, try again later.");
    pub(super) const UNKNOWN_REQUEST: Self = Self::new(StatusCode::NOT_FOUND, "Unknown request.");
    pub(super) const UNSUPPORTED_CONTENT: Self =
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported content-type, rejected");
    /// All receivers, or their characters, are refused.
    pub(super) const NUMBERS_DENIED: Self =
        Self::rejected("Number(s) has/have been denied by white- and/or black-lists.");

    /// A request that is not understood.
    pub(super) const fn rejected(body: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    const fn new(status: StatusCode, body: &'static str) -> Self {
        Self { status, body }
    }

    /// What is answered where nobody waits for the core: who was left out, and how many segments there are.
    pub(super) fn sent(denied: &[String], segments: usize) -> Response {
        let mut body = "Sent.".to_owned();
        if !denied.is_empty() {
            body.push_str(" Denied receivers are: ");
            body.push_str(&denied.join(" "));
        }
        if segments > 1 {
            body.push_str(&format!(" Message splits: {segments}"));
        }
        as_kannel(StatusCode::ACCEPTED, body)
    }
}

/// An answer with the ids that messages got in a header of ours.
pub(super) fn with_ids(mut response: Response, ids: &[MessageId]) -> Response {
    let ids = ids.iter().map(MessageId::to_string).collect::<Vec<_>>().join(",");
    if let Ok(ids) = HeaderValue::try_from(ids) {
        response.headers_mut().insert(MESSAGE_IDS, ids);
    }
    response
}

/// What is temporary may be tried again, all else may not.
impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Throttled | Refusal::QueueFull | Refusal::Unavailable => Self::LATER,
            _ => Self::NOT_ROUTABLE,
        }
    }
}

/// Of a body that did not come whole, or that there is no room for now.
impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        if problem.status() == StatusCode::SERVICE_UNAVAILABLE {
            return Self::LATER;
        }
        Self::rejected("Charset or body misformed, rejected")
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        as_kannel(self.status, self.body)
    }
}

fn as_kannel(status: StatusCode, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html"),
        (header::PRAGMA, "no-cache"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

const MESSAGE_IDS: HeaderName = HeaderName::from_static("x-estafet-message-id");

#[cfg(test)]
mod tests {
    use super::super::super::bodies::no_room;
    use super::super::super::messages::too_large;
    use super::*;

    #[test]
    fn a_body_that_finds_no_room_may_be_sent_again() {
        assert_eq!(Answer::from(no_room()), Answer::LATER);
        assert_eq!(Answer::from(too_large(1024)).status, StatusCode::BAD_REQUEST);
    }
}
