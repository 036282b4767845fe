//! One text for several receivers.

use std::fmt;

use axum::http::StatusCode;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::super::problem::Problem;
use super::bounded;
use super::submission::{MESSAGES_MAX, MessageRequest};
use super::words::Number;

/// Who a message is for.
#[derive(Clone)]
pub(in super::super) enum Recipients {
    /// One number.
    One(String),
    /// Several: each gets a message of its own.
    Several(Vec<String>),
}

impl Recipients {
    fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several(numbers) => numbers.len(),
        }
    }

    /// The number as it was written; the first, if there are several.
    pub(in super::super) fn number(&self) -> &str {
        match self {
            Self::One(number) => number,
            Self::Several(numbers) => numbers.first().map_or("", String::as_str),
        }
    }
}

/// A message for each receiver, in their order.
pub(super) fn each(requests: Vec<MessageRequest>, is_array: bool) -> Result<Vec<MessageRequest>, Problem> {
    let detail = format!("a request has 1 to {MESSAGES_MAX} messages, each for somebody");
    let bad_batch = || Problem::new(StatusCode::BAD_REQUEST, "bad_batch", detail.clone());
    if let Some(number) = requests.iter().position(|request| request.to.count() == 0) {
        let place = if is_array { format!("[{number}].to") } else { "to".to_owned() };
        return Err(bad_batch().at(&place).in_field("to"));
    }
    let total: usize = requests.iter().map(|request| request.to.count()).sum();
    if !(1..=MESSAGES_MAX).contains(&total) {
        return Err(bad_batch());
    }
    let octets: usize = requests.iter().map(|request| request.to.count() * request.octets()).sum();
    if octets > OCTETS_MAX {
        let detail = format!("all messages together have more than {} MiB", OCTETS_MAX >> 20);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
    }
    let mut messages = Vec::with_capacity(total);
    for mut request in requests {
        match std::mem::replace(&mut request.to, Recipients::One(String::new())) {
            Recipients::One(number) => {
                messages.push(MessageRequest { to: Recipients::One(number), ..request })
            }
            Recipients::Several(numbers) => messages.extend(
                numbers
                    .into_iter()
                    .map(|number| MessageRequest { to: Recipients::One(number), ..request.clone() }),
            ),
        }
    }
    Ok(messages)
}

impl<'de> Deserialize<'de> for Recipients {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RecipientsVisitor)
    }
}

impl PartialSchema for Recipients {
    fn schema() -> RefOr<Schema> {
        let number = Ref::from_schema_name(Number::name());
        let several =
            ArrayBuilder::new().items(number.clone()).min_items(Some(1)).max_items(Some(MESSAGES_MAX));
        OneOfBuilder::new().item(number).item(several).into()
    }
}

impl ToSchema for Recipients {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Number::name().into_owned(), Number::schema()));
    }
}

struct RecipientsVisitor;

impl<'de> Visitor<'de> for RecipientsVisitor {
    type Value = Recipients;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or an array of numbers, as strings")
    }

    fn visit_str<E: serde::de::Error>(self, number: &str) -> Result<Recipients, E> {
        Ok(Recipients::One(number.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, numbers: A) -> Result<Recipients, A::Error> {
        bounded::items::<MESSAGES_MAX, _, _>(numbers).map(Recipients::Several)
    }
}

/// The most octets of the texts of one request, counted for each receiver: they are copied.
const OCTETS_MAX: usize = 16 << 20;
