//! What a caller says in the query of a URL, or in a form that is written like one.

use axum::http::{StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use sms::{Address, Direction, LinkName, Priority, Timestamp};
use store::{Mark, Query};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::super::octets::pairs;
use super::super::problem::Problem;
use super::choice::{self, StateWords};
use super::recipients::Recipients;
use super::record::{DIRECTIONS, DirectionWord, direction_name};
use super::submission::{ClassWord, MessageRequest, PriorityWord, blamed};
use super::{instant, words};
use crate::login::Credentials;

/// The query of `GET /v1/send`, and the form of `POST /v1/send`. What the fields mean is said at
/// [`MessageRequest`].
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SendQuery {
    // The document has these two as credentials.
    #[param(ignore)]
    account: Option<String>,
    #[param(ignore)]
    password: Option<String>,
    #[param(value_type = words::Number)]
    to: String,
    #[param(value_type = words::SenderAddress, required = false)]
    from: Option<String>,
    #[param(value_type = words::MessageText)]
    text: String,
    #[serde(default, deserialize_with = "flag")]
    #[param(value_type = Flag, required = false)]
    receipt: Option<bool>,
    #[param(value_type = words::Seconds, required = false)]
    validity_s: Option<u64>,
    #[serde(default, deserialize_with = "super::submission::priority")]
    #[param(value_type = PriorityWord, required = false)]
    priority: Option<Priority>,
    #[param(value_type = ClassWord, required = false)]
    class: Option<String>,
    #[param(value_type = words::Instant, required = false)]
    not_before: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    #[param(value_type = Flag, required = false)]
    flash: Option<bool>,
    #[param(value_type = u8, required = false, minimum = 0, maximum = 3)]
    message_class: Option<u8>,
    #[serde(default, deserialize_with = "flag")]
    #[param(value_type = Flag, required = false)]
    transliterate: Option<bool>,
    #[param(value_type = words::QuotedId, required = false)]
    in_reply_to: Option<String>,
    #[param(value_type = words::QuotedId, required = false)]
    trx_id: Option<String>,
    #[param(value_type = words::ClientReference, required = false)]
    client_reference: Option<String>,
    #[param(value_type = words::CallbackUrl, required = false)]
    callback_url: Option<String>,
}

impl PartialSchema for SendQuery {
    fn schema() -> RefOr<Schema> {
        let query = ObjectBuilder::new().description(Some("The fields of a message for one receiver."));
        with_fields(query, std::convert::identity)
    }
}

impl ToSchema for SendQuery {}

/// The form of `POST /v1/send`, as the document has it.
pub(in super::super) struct SendForm;

impl PartialSchema for SendForm {
    fn schema() -> RefOr<Schema> {
        let form = ObjectBuilder::new()
            .description(Some("The fields of a message for one receiver, and who hands it in."))
            .property("account", words::text())
            .property("password", words::text());
        with_fields(form, or_empty)
    }
}

impl ToSchema for SendForm {}

/// An object with the fields of [`SendQuery`] and no others; what may be left out is as `optional` has it.
fn with_fields(object: ObjectBuilder, optional: fn(RefOr<Schema>) -> RefOr<Schema>) -> RefOr<Schema> {
    let add = |object: ObjectBuilder, field: Parameter| {
        let is_required = matches!(field.required, Required::True);
        let object = field.schema.into_iter().fold(object, |object, schema| {
            object.property(&field.name, if is_required { schema } else { optional(schema) })
        });
        if is_required { object.required(field.name) } else { object }
    };
    // What stands in no query stands in the path, where nothing can be left out.
    let fields = SendQuery::into_params(|| Some(ParameterIn::Query));
    let object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    fields.into_iter().fold(object, add).into()
}

/// A field that may be left empty.
fn or_empty(schema: RefOr<Schema>) -> RefOr<Schema> {
    AnyOfBuilder::new().item(schema).item(words::text().max_length(Some(0))).into()
}

/// The query of `GET /v1/messages`.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SearchQuery {
    /// The source or the destination, as people write it.
    #[param(value_type = String, required = false)]
    number: Option<String>,
    /// What the caller called the messages, the whole of it.
    #[param(value_type = String, required = false)]
    client_reference: Option<String>,
    /// The state that they are in: a word, or several with commas between them.
    #[param(value_type = StateWords, required = false)]
    state: Option<String>,
    /// `mt` towards handsets, `mo` from them.
    #[param(value_type = DirectionWord, required = false)]
    direction: Option<String>,
    /// When they were taken over at the earliest.
    #[serde(default, deserialize_with = "moment")]
    #[param(value_type = words::Instant, required = false)]
    from: Option<Timestamp>,
    /// Before when they were taken over.
    #[serde(default, deserialize_with = "moment")]
    #[param(value_type = words::Instant, required = false)]
    until: Option<Timestamp>,
    /// The `next` of the page before.
    #[param(value_type = words::MessageId, required = false)]
    cursor: Option<String>,
    /// How many of them; 100 if it is left out.
    #[param(value_type = Limit, required = false)]
    limit: Option<usize>,
}

/// The query of `GET /v1/dead-letters`.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct LettersQuery {
    /// The `next` of the page before.
    #[param(value_type = words::Mark, required = false)]
    cursor: Option<String>,
    /// How many of them; 100 if it is left out.
    #[param(value_type = Limit, required = false)]
    limit: Option<usize>,
}

words::word!(
    /// What [`limit`] takes.
    Limit,
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(Query::LIMIT_MAX))
);

/// The message in the query, and the credentials if they stand there too.
pub(in super::super) fn send_query(uri: &Uri) -> Result<(Option<Credentials>, MessageRequest), Problem> {
    Ok(sent(read(uri)?))
}

/// What a form says, but for who sends it: fields in their order, as they are written.
pub(in super::super) fn without_credentials(body: &[u8]) -> Vec<u8> {
    let is_meant = |pair: &&[u8]| {
        let name = form_urlencoded::parse(pair).next().map(|(name, _)| name);
        !name.is_some_and(|name| matches!(&*name, "account" | "password"))
    };
    body.split(|&octet| octet == b'&').filter(is_meant).collect::<Vec<_>>().join(&b'&')
}

/// The message in a form, and the credentials if they stand there too. What nobody filled in counts as left out.
pub(in super::super) fn send_form(body: &[u8]) -> Result<(Option<Credentials>, MessageRequest), Problem> {
    let is_filled = |pair: &&[u8]| {
        let mut parts = pair.splitn(2, |&octet| octet == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        !value.is_empty() || matches!(name, b"to" | b"text")
    };
    let filled: Vec<&[u8]> = body.split(|&octet| octet == b'&').filter(is_filled).collect();
    understood(&filled.join(&b'&'), "bad_form").map(sent)
}

fn sent(query: SendQuery) -> (Option<Credentials>, MessageRequest) {
    let credentials = query.account.zip(query.password);
    let credentials =
        credentials.map(|(account, password)| Credentials { account, password: password.into_bytes() });
    let message = MessageRequest {
        from: query.from,
        text: Some(query.text),
        receipt: query.receipt.unwrap_or(true),
        validity_s: query.validity_s,
        priority: query.priority,
        class: query.class,
        not_before: query.not_before.map(with_plus),
        flash: query.flash.unwrap_or_default(),
        message_class: query.message_class,
        transliterate: query.transliterate,
        in_reply_to: query.in_reply_to,
        trx_id: query.trx_id,
        client_reference: query.client_reference,
        callback_url: query.callback_url,
        ..MessageRequest::to(Recipients::One(query.to))
    };
    (credentials, message)
}

/// What to look for among the messages of these links, the first of which is who asks.
pub(in super::super) fn search_query(uri: &Uri, links: Vec<LinkName>) -> Result<Query, Problem> {
    let query: SearchQuery = read(uri)?;
    let limit = limit(query.limit)?;
    let cursor = query.cursor.map(|cursor| cursor.parse()).transpose();
    let cursor = cursor.map_err(|_| Problem::bad_value("cursor", "not the `next` of a page"))?;
    let number = query.number.map(|number| number_of(&number));
    Ok(Query {
        links: Some(links),
        number,
        reference: query.client_reference.map(String::into_bytes),
        states: query.state.map(|said| choice::states("state", &said)).transpose()?,
        direction: query.direction.map(|said| direction(&said)).transpose()?,
        from: query.from,
        until: query.until,
        cursor,
        limit,
        ..Query::default()
    })
}

fn direction(said: &str) -> Result<Direction, Problem> {
    let named = DIRECTIONS.into_iter().find(|&direction| direction_name(direction) == said);
    named.ok_or_else(|| Problem::bad_value("direction", "mt or mo"))
}

/// Which dead letters are wanted: behind which, and how many.
pub(in super::super) fn letters_query(uri: &Uri) -> Result<(Option<Mark>, usize), Problem> {
    let query: LettersQuery = read(uri)?;
    let after = query.cursor.map(|cursor| cursor.parse()).transpose();
    let after = after.map_err(|_| Problem::bad_value("cursor", "not the `next` of a page"))?;
    Ok((after, limit(query.limit)?))
}

fn limit(said: Option<usize>) -> Result<usize, Problem> {
    let limit = said.unwrap_or(LIMIT_DEFAULT);
    if (1..=Query::LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::bad_value("limit", format!("1 to {}", Query::LIMIT_MAX)))
    }
}

/// The number as it was kept, however it is written, or the name.
pub(super) fn number_of(text: &str) -> Vec<u8> {
    // The plus of a query is a blank.
    let text = text.trim().as_bytes();
    Address::guess(text).map_or_else(|| text.to_vec(), |address| address.value.to_vec())
}

pub(super) fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    understood(uri.query().unwrap_or_default().as_bytes(), "bad_query")
}

/// Names and values as a query and a form have them; if they are not what `T` wants, the problem has this code.
fn understood<T: DeserializeOwned>(encoded: &[u8], code: &'static str) -> Result<T, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, code, detail);
    // The parser would replace what is not.
    let is_utf8 = |octets: &[u8]| std::str::from_utf8(octets).is_ok();
    if let Some((name, _)) = pairs(encoded).find(|(name, value)| !is_utf8(name) || !is_utf8(value)) {
        let problem = bad("what is said is not UTF-8".to_owned());
        return Err(match String::from_utf8(name) {
            Ok(name) => problem.at(&name).in_field(name),
            Err(_) => problem,
        });
    }
    let words = serde_urlencoded::Deserializer::new(form_urlencoded::parse(encoded));
    serde_path_to_error::deserialize(words).map_err(|error| blamed(bad(error.inner().to_string()), &error))
}

/// Reads a switch as people write it, and as a box of a form that is ticked.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match &*String::deserialize(deserializer)? {
        "true" | "on" | "1" => Ok(Some(true)),
        "false" | "off" | "0" => Ok(Some(false)),
        _ => Err(serde::de::Error::custom("true, on or 1; false, off or 0")),
    }
}

words::word!(
    /// What [`flag`] reads.
    Flag,
    words::text().enum_values(Some(["true", "false", "on", "off", "1", "0"]))
);

/// An instant whose plus was not escaped: in a query that is a blank, which stands nowhere in front of an offset.
fn with_plus(mut instant: String) -> String {
    let offset = instant.len().saturating_sub("+00:00".len());
    if instant.as_bytes().get(offset) == Some(&b' ') {
        instant.replace_range(offset..=offset, "+");
    }
    instant
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let instant = instant(&with_plus(String::deserialize(deserializer)?));
    let error = || serde::de::Error::custom("not an instant like 2026-01-31T12:00:00Z");
    instant.ok_or_else(error).map(Some)
}

const LIMIT_DEFAULT: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sms::State;

    use super::*;

    fn uri(query: &str) -> Uri {
        format!("/x?{query}").parse().unwrap()
    }

    fn said<T>(result: Result<T, Problem>) -> String {
        result.err().map(|problem| serde_json::to_string(&problem).unwrap()).unwrap_or_default()
    }

    #[test]
    fn a_text_in_the_query() {
        let query =
            "account=bank&password=a%26b&to=%2B6281234567890&text=halo+d%C3%BCnia&priority=3&receipt=false";
        let (credentials, message) = send_query(&uri(query)).unwrap();
        let credentials = credentials.unwrap();
        assert_eq!((credentials.account.as_str(), &credentials.password[..]), ("bank", &b"a&b"[..]));
        assert_eq!(message.to.number(), "+6281234567890");
        assert_eq!(message.text.as_deref(), Some("halo dünia"));
        assert_eq!(message.priority, Some(Priority(3)));
        assert!(!message.receipt);
        let (credentials, _) = send_query(&uri("to=1&text=x&account=bank")).unwrap();
        assert!(credentials.is_none());
    }

    #[test]
    fn a_query_that_is_not_understood_is_refused() {
        assert!(said(send_query(&uri("to=1&text=x&coding=2"))).contains("unknown field `coding`"));
        assert!(said(send_query(&uri("to=1"))).contains("missing field `text`"));
        assert!(said(send_query(&uri("to=1&text=%E9"))).contains("not UTF-8"));
        assert!(said(send_query(&uri("to=1&text=x&validity_s=-1"))).contains(r#""field":"validity_s""#));
        assert!(send_query(&uri("to=1&text=100%")).is_ok());
    }

    #[test]
    fn a_form_is_read_as_a_query_is() {
        let (credentials, message) =
            send_form(b"account=bank&password=x&to=1234&text=halo+d%C3%BCnia").unwrap();
        assert_eq!(credentials.unwrap().account, "bank");
        assert_eq!(message.text.as_deref(), Some("halo dünia"));
        let problem = said(send_form(b"to=1&text=\xE9"));
        assert!(problem.contains("bad_form") && problem.contains("not UTF-8"), "{problem}");
        assert!(said(send_form(b"to=1&text=x&flash=perhaps")).contains(r#""field":"flash""#));
        let (credentials, message) =
            send_form(b"account=&password=&to=1&from=&text=a=&validity_s=&flash&not_before=").unwrap();
        assert!(credentials.is_none() && message.validity_s.is_none() && message.not_before.is_none());
        assert_eq!((message.text.as_deref(), message.from.as_deref()), (Some("a="), None));
        assert!(send_form(b"to=1&text=").is_ok(), "a text may be empty");
    }

    #[test]
    fn a_search_is_for_the_callers_own() {
        let own = vec![LinkName::from("bank"), LinkName::from("games")];
        let query = "number=+6281234567890&from=2026-01-01T00:00:00Z&limit=10&cursor=00112233445566778899aabbccddeeff";
        let query = search_query(&uri(query), own.clone()).unwrap();
        assert_eq!(query.links.as_ref(), Some(&own));
        assert_eq!(query.number.as_deref(), Some(&b"6281234567890"[..]));
        assert_eq!(query.from, Some(Timestamp(1_767_225_600_000)));
        assert_eq!((query.until, query.limit), (None, 10));
        assert_eq!((&query.states, query.direction), (&None, None));
        assert!(query.cursor.is_some());
        let empty = search_query(&"/x".parse().unwrap(), own.clone()).unwrap();
        let until = |text: &str| search_query(&uri(&format!("until={text}")), own.clone()).unwrap().until;
        assert_eq!(until("2026-01-01T07:00:00+07:00"), Some(Timestamp(1_767_225_600_000)), "a plus as it is");
        assert_eq!(until("2026-01-01+07:00:00%2B07:00"), Some(Timestamp(1_767_225_600_000)));
        assert_eq!((empty.limit, empty.number), (LIMIT_DEFAULT, None));
        let chosen = search_query(&uri("state=expired,handed_over&direction=mo"), own).unwrap();
        assert_eq!(chosen.states, Some(vec![State::Expired, State::HandedOver]));
        assert_eq!(chosen.direction, Some(Direction::Mo));
    }

    #[test]
    fn a_limit_is_at_most_a_thousand() {
        let limit = |query: &str| letters_query(&query.parse().unwrap()).ok().map(|(_, limit)| limit);
        assert_eq!(["/x", "/x?limit=7", "/x?limit=1000"].map(limit), [Some(100), Some(7), Some(1000)]);
        let bad = ["/x?limit=0", "/x?limit=1001", "/x?limit=a", "/x?page=2", "/x?limit=1&limit=2"];
        assert_eq!(bad.map(limit), [None; 5]);
    }

    #[test]
    fn a_cursor_is_what_a_page_said() {
        let after = |query: &str| letters_query(&query.parse().unwrap()).ok().map(|(after, _)| after);
        let mark: Mark = "00000000000001ff".parse().unwrap();
        assert_eq!(after("/x?cursor=00000000000001ff&limit=2"), Some(Some(mark)));
        assert_eq!((after("/x"), mark.to_string().as_str()), (Some(None), "00000000000001ff"));
        assert_eq!(["/x?cursor=", "/x?cursor=1ff", "/x?cursor=%2B0000000000001ff"].map(after), [None; 3]);
    }

    #[test]
    fn a_search_that_is_not_understood_names_what() {
        let account = LinkName::from("bank");
        for (query, clue) in [
            ("limit=0", "\"field\":\"limit\""),
            ("limit=1001", "\"field\":\"limit\""),
            ("cursor=5", "\"field\":\"cursor\""),
            ("until=today", "until"),
            ("until=2026-01-01", "until"),
            ("state=sent", "one of enroute, delivered, expired"),
            ("state=", "\"field\":\"state\""),
            ("state=delivered,", "\"field\":\"state\""),
            ("direction=MT", "\"detail\":\"mt or mo\""),
            ("account=other", "unknown field `account`"),
        ] {
            let said = said(search_query(&uri(query), vec![account.clone()]));
            assert!(said.contains(clue), "{query}: {said}");
        }
    }
}
