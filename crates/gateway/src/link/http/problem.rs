//! Why a request is not answered with success, in the form of RFC 9457.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::Serializer;
use store::StoreError;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::refusal::{NoReply, Refusal};

/// What is wrong, for people and for programs.
///
/// The type is `about:blank`, so that the title is the phrase of the status; programs look at `code`,
/// which stays the same from version to version.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    retry_after_s: Option<u32>,
    challenge: HeaderValue,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), field: None, retry_after_s: None, challenge: CHALLENGE }
    }

    /// A value that cannot be meant; `field` has it.
    pub(super) fn bad_value(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_value", detail).in_field(field)
    }

    /// A destination that is none.
    pub(super) fn bad_destination(detail: String) -> Self {
        Self { detail: detail.into(), ..Refusal::BadDestination.into() }
    }

    /// A value that the message has no use for as it is; `field` has it.
    pub(super) fn does_not_fit(field: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, "does_not_fit", detail).in_field(field)
    }

    /// There is no such message, or it is somebody else's: nobody learns which (ABU-5).
    pub(super) fn no_such_message() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_message", "there is no message with this id")
    }

    /// The field of the request that is to blame.
    pub(super) fn in_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says for people where in the request it is.
    pub(super) fn at(mut self, place: &str) -> Self {
        self.detail = format!("{place}: {}", self.detail).into();
        self
    }

    /// When it may be tried again.
    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A browser does not ask its user for a password because of it (RFC 6750: it knows no way to).
    pub(super) fn without_prompt(mut self) -> Self {
        self.challenge = SILENT_CHALLENGE;
        self
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Adds the headers that belong to the problem to an answer.
    pub(super) fn mark(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, self.challenge.clone());
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code, field) = match refusal {
            Refusal::NoRoute => (StatusCode::UNPROCESSABLE_ENTITY, "no_route", Some("to")),
            Refusal::SourceNotAllowed => (StatusCode::FORBIDDEN, "source_not_allowed", Some("from")),
            Refusal::ProtocolNotAllowed => (StatusCode::FORBIDDEN, "protocol_not_allowed", None),
            Refusal::BadDestination => (StatusCode::UNPROCESSABLE_ENTITY, "bad_destination", Some("to")),
            Refusal::BadLength => (StatusCode::UNPROCESSABLE_ENTITY, "bad_length", None),
            Refusal::Expired => (StatusCode::UNPROCESSABLE_ENTITY, "expired", Some("validity_s")),
            Refusal::NoReply(NoReply::Unknown) => (StatusCode::NOT_FOUND, "reply_to_unknown", None),
            Refusal::NoReply(no_reply) => (StatusCode::UNPROCESSABLE_ENTITY, code_of(no_reply), None),
            Refusal::Throttled => (StatusCode::TOO_MANY_REQUESTS, "throttled", None),
            Refusal::QueueFull => (StatusCode::SERVICE_UNAVAILABLE, "queue_full", None),
            Refusal::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", None),
        };
        let retry_after_s = match refusal {
            Refusal::Throttled => Some(THROTTLED_RETRY_S),
            Refusal::QueueFull => Some(QUEUE_FULL_RETRY_S),
            _ => None,
        };
        let field = field.map(Cow::Borrowed);
        Self { status, code, detail: refusal.to_string().into(), field, retry_after_s, challenge: CHALLENGE }
    }
}

fn code_of(no_reply: NoReply) -> &'static str {
    match no_reply {
        NoReply::Unknown => "reply_to_unknown",
        NoReply::Foreign => "reply_to_foreign",
        NoReply::OtherHandset => "reply_to_other_handset",
        NoReply::OtherShortCode => "reply_from_other_code",
        NoReply::TooLate => "reply_too_late",
        NoReply::Answered => "reply_quota",
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

/// A problem as it is written.
#[derive(Serialize, ToSchema)]
struct View<'a> {
    /// `about:blank`: programs look at `code`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The phrase of the status.
    title: &'a str,
    status: u16,
    /// What is wrong, for programs: the same from version to version.
    code: &'static str,
    /// What is wrong, for people.
    detail: &'a str,
    /// The field of the request that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = View {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            field: self.field(),
        };
        view.serialize(serializer)
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        View::schema()
    }
}

impl ToSchema for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        self.mark(&mut response);
        response
    }
}

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"estafet\", charset=\"UTF-8\"");
const SILENT_CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"estafet\"");
const THROTTLED_RETRY_S: u32 = 1;
const QUEUE_FULL_RETRY_S: u32 = 5;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_refusal_has_its_status_and_code() {
        let cases = [
            (Refusal::NoRoute, 422, "no_route", Some("to"), None),
            (Refusal::SourceNotAllowed, 403, "source_not_allowed", Some("from"), None),
            (Refusal::ProtocolNotAllowed, 403, "protocol_not_allowed", None, None),
            (Refusal::BadDestination, 422, "bad_destination", Some("to"), None),
            (Refusal::BadLength, 422, "bad_length", None, None),
            (Refusal::Expired, 422, "expired", Some("validity_s"), None),
            (NoReply::Unknown.into(), 404, "reply_to_unknown", None, None),
            (NoReply::Foreign.into(), 422, "reply_to_foreign", None, None),
            (NoReply::OtherHandset.into(), 422, "reply_to_other_handset", None, None),
            (NoReply::OtherShortCode.into(), 422, "reply_from_other_code", None, None),
            (NoReply::TooLate.into(), 422, "reply_too_late", None, None),
            (NoReply::Answered.into(), 422, "reply_quota", None, None),
            (Refusal::Throttled, 429, "throttled", None, Some("1")),
            (Refusal::QueueFull, 503, "queue_full", None, Some("5")),
            (Refusal::Unavailable, 503, "unavailable", None, None),
        ];
        for (refusal, status, code, field, retry_after) in cases {
            let problem = Problem::from(refusal);
            let json = serde_json::to_value(&problem).unwrap();
            assert_eq!(json["code"], code);
            assert_eq!(json["status"], status);
            assert_eq!(json.get("field").and_then(|field| field.as_str()), field, "{code}");
            let response = problem.into_response();
            assert_eq!(response.status().as_u16(), status);
            let header = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(header, retry_after, "{code}");
        }
    }

    #[test]
    fn the_form_is_that_of_the_rfc() {
        let response = Problem::bad_value("priority", "too high").into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let json = serde_json::to_value(Problem::bad_value("priority", "too high")).unwrap();
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
            "code": "bad_value", "detail": "too high", "field": "priority",
        });
        assert_eq!(json, expected);
    }
}
