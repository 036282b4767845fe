//! What a caller hands in, as a submission; and what it is answered.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use arrayvec::ArrayVec;
use axum::http::StatusCode;
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_path_to_error::{Path, Segment};
use sms::{Address, Direction, Message, MessageId, Priority, Substitution, Timestamp};
use store::Entry;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::super::problem::Problem;
use super::attributes::{Said, Sender, attached};
use super::body::{DataCodingNumber, content};
use super::bounded::UpTo;
use super::object::{self, Object};
use super::presentation::{PortsRequest, WaitingRequest, WaitingRequests, waiting};
use super::recipients::{self, Recipients};
use super::words::{self, text};
use super::{as_text, instant, unmarked, whole};
use crate::attributes::RESULTS_MAX;
use crate::refusal::Refusal;
use crate::submission::Submission;

/// A message as a caller writes it.
// Has no `Debug` form, so that its text cannot get into a log.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MessageRequest {
    /// The number of the receiver, as people write it; or several.
    pub(in super::super) to: Recipients,
    /// The number, short code or name of the sender; an account with one source need not say it.
    #[schema(value_type = Option<words::SenderAddress>)]
    pub(super) from: Option<String>,
    /// The text, to be encoded in the alphabet that takes the fewest segments.
    #[schema(value_type = Option<words::MessageText>)]
    pub(super) text: Option<String>,
    /// Octets in hexadecimal digits, instead of a text.
    #[schema(value_type = Option<words::Hex>)]
    pub(super) binary: Option<String>,
    /// The user data header of `binary` in hexadecimal digits, its length octet included.
    #[schema(value_type = Option<words::Hex>)]
    pub(super) udh: Option<String>,
    /// The alphabet and class of `binary`: data_coding of SMPP 3.4 section 5.2.19.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(value_type = Option<DataCodingNumber>)]
    pub(super) data_coding: Option<u8>,
    /// Whether the record shall show the final state, and the callback be told it.
    #[serde(default = "yes", deserialize_with = "unless_said")]
    #[schema(value_type = Option<bool>)]
    pub(super) receipt: bool,
    /// Seconds that it may wait from when it is due; at most seven days.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(value_type = Option<words::Seconds>)]
    pub(super) validity_s: Option<u64>,
    /// `"bulk"`, `"urgent"`, or 0 (bulk) to 3 (urgent).
    #[serde(default, deserialize_with = "priority")]
    #[schema(value_type = Option<PriorityWord>)]
    pub(super) priority: Option<Priority>,
    /// What kind of message it is, instead of a priority: `"otp"` is urgent.
    #[schema(value_type = Option<ClassWord>)]
    pub(super) class: Option<String>,
    /// Not to be sent before this instant of RFC 3339; at most 30 days ahead.
    #[schema(value_type = Option<words::Instant>)]
    pub(super) not_before: Option<String>,
    /// Whether it is shown at once and not kept: the same as class 0.
    #[serde(default, deserialize_with = "object::or_default")]
    #[schema(value_type = Option<bool>)]
    pub(super) flash: bool,
    /// The class of 23.038, 0 to 3.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(minimum = 0, maximum = 3)]
    pub(super) message_class: Option<u8>,
    /// The application in the handset that it is for.
    #[serde(default, deserialize_with = "object::optional")]
    #[schema(value_type = Option<PortsRequest>)]
    pub(super) ports: Option<PortsRequest>,
    /// What waits for the subscriber elsewhere: at most one of each kind.
    #[serde(default, deserialize_with = "waiting")]
    #[schema(value_type = Option<WaitingRequests>)]
    pub(super) waiting: Vec<WaitingRequest>,
    /// Whether a text that is nearly in the GSM alphabet is put into it; as the account has it if left out.
    pub(in super::super) transliterate: Option<bool>,
    /// The id of the message of a handset that this answers.
    #[schema(value_type = Option<words::QuotedId>)]
    pub(super) in_reply_to: Option<String>,
    /// Another name of `in_reply_to`; if both are said, they say the same.
    #[schema(value_type = Option<words::QuotedId>)]
    pub(super) trx_id: Option<String>,
    /// What the caller calls the message.
    #[schema(value_type = Option<words::ClientReference>)]
    pub(super) client_reference: Option<String>,
    /// Words of the caller's own, with what they mean to it.
    #[serde(default, deserialize_with = "object::or_default")]
    #[schema(value_type = Option<words::Tags>)]
    pub(super) tags: BTreeMap<String, String>,
    /// What is called with its final state, instead of the callback of the account.
    #[schema(value_type = Option<words::CallbackUrl>)]
    pub(super) callback_url: Option<String>,
}

impl MessageRequest {
    /// One to this receiver that says nothing yet.
    pub(super) fn to(to: Recipients) -> Self {
        Self {
            to,
            from: None,
            text: None,
            binary: None,
            udh: None,
            data_coding: None,
            receipt: true,
            validity_s: None,
            priority: None,
            class: None,
            not_before: None,
            flash: false,
            message_class: None,
            ports: None,
            waiting: Vec::new(),
            transliterate: None,
            in_reply_to: None,
            trx_id: None,
            client_reference: None,
            tags: BTreeMap::new(),
            callback_url: None,
        }
    }

    /// How much of it is copied for each receiver, in octets.
    pub(super) fn octets(&self) -> usize {
        let texts = [
            &self.from,
            &self.text,
            &self.binary,
            &self.udh,
            &self.class,
            &self.not_before,
            &self.in_reply_to,
            &self.trx_id,
            &self.client_reference,
            &self.callback_url,
        ];
        let tags = self.tags.iter().map(|(name, value)| name.len() + value.len());
        texts.into_iter().flatten().map(String::len).sum::<usize>() + tags.sum::<usize>()
    }
}

impl MessageRequest {
    /// The field that says what is carried.
    pub(in super::super) fn content_field(&self) -> &'static str {
        if self.binary.is_some() { "binary" } else { "text" }
    }
}

/// Why a message cannot be sent; this field says what it carries.
pub(in super::super) fn unfit(refusal: Refusal, content_field: &'static str) -> Problem {
    let is_length = refusal == Refusal::BadLength;
    let problem = Problem::from(refusal);
    if is_length { problem.in_field(content_field) } else { problem }
}

/// The message of a handset that a message answers.
pub(in super::super) struct Quoted {
    /// The field that names it.
    pub(in super::super) field: &'static str,
    /// Its id, as it was written.
    pub(in super::super) id: String,
}

impl MessageRequest {
    /// Takes out which message of a handset it answers, if it does.
    pub(in super::super) fn take_quoted(&mut self) -> Result<Option<Quoted>, Problem> {
        match (self.in_reply_to.take(), self.trx_id.take()) {
            (Some(id), Some(other)) if !id.eq_ignore_ascii_case(&other) => {
                Err(Problem::bad_value("trx_id", "another id than in_reply_to has"))
            }
            (Some(id), _) => Ok(Some(Quoted { field: "in_reply_to", id })),
            (None, Some(id)) => Ok(Some(Quoted { field: "trx_id", id })),
            (None, None) => Ok(None),
        }
    }
}

/// What the body of a request holds.
pub(in super::super) enum Batch {
    One(Box<MessageRequest>),
    Many(Vec<MessageRequest>),
}

/// That a message was taken over.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Accepted {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
    id: MessageId,
    #[schema(value_type = words::Enroute)]
    state: &'static str,
    pub(super) segments: usize,
    /// The number as it was understood.
    pub(super) to: String,
    /// What became of characters of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) transliterated: Vec<SubstitutionView>,
}

impl Accepted {
    /// The id that the message has.
    pub(in super::super) fn id(&self) -> MessageId {
        self.id
    }
}

/// What became of a character.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Substitution)]
pub(super) struct SubstitutionView {
    #[schema(value_type = String)]
    pub(super) was: char,
    pub(super) is: String,
}

impl From<Substitution> for SubstitutionView {
    fn from(Substitution { was, is }: Substitution) -> Self {
        Self { was, is }
    }
}

/// What became of each message of an array, in its order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = MessageResults)]
pub(in super::super) struct Receipts(Vec<Receipt>);

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = MessageResult)]
enum Receipt {
    Accepted(Accepted),
    Refused {
        /// The number as it was written.
        to: String,
        problem: Problem,
    },
}

/// What [`batch`] reads, as the document has it.
pub(in super::super) struct Messages;

impl PartialSchema for Messages {
    fn schema() -> RefOr<Schema> {
        let message = Ref::from_schema_name(MessageRequest::name());
        let many =
            ArrayBuilder::new().items(message.clone()).min_items(Some(1)).max_items(Some(MESSAGES_MAX));
        OneOfBuilder::new().item(message).item(many).into()
    }
}

impl ToSchema for Messages {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((MessageRequest::name().into_owned(), MessageRequest::schema()));
        MessageRequest::schemas(schemas);
    }
}

/// What a request is answered of which something was taken over, as the document has it.
pub(in super::super) struct Taken;

impl PartialSchema for Taken {
    fn schema() -> RefOr<Schema> {
        let one = Ref::from_schema_name(Accepted::name());
        OneOfBuilder::new().item(one).item(Ref::from_schema_name(Receipts::name())).into()
    }
}

impl ToSchema for Taken {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Accepted::name().into_owned(), Accepted::schema()));
        schemas.push((Receipts::name().into_owned(), Receipts::schema()));
        Accepted::schemas(schemas);
        Receipts::schemas(schemas);
    }
}

/// Reads one message or an array, for at most [`MESSAGES_MAX`] receivers altogether.
///
/// A body that is not of this form is refused whole, and the answer says where it goes wrong.
pub(in super::super) fn batch(body: &[u8]) -> Result<Batch, Problem> {
    let first = unmarked(body).iter().find(|octet| !octet.is_ascii_whitespace());
    if first != Some(&b'[') {
        let message: MessageRequest = json(body)?;
        return match message.to {
            Recipients::One(_) => Ok(Batch::One(Box::new(message))),
            Recipients::Several(_) => recipients::each(vec![message], false)
                .map_err(|problem| problem.in_field("to"))
                .map(Batch::Many),
        };
    }
    let UpTo(messages): UpTo<MESSAGES_MAX, Object<MessageRequest>> = parsed(body)?;
    recipients::each(messages.into_iter().map(|Object(message)| message).collect(), true).map(Batch::Many)
}

/// What a caller wants carried.
pub(in super::super) fn submission(
    mut request: MessageRequest,
    sender: Sender<'_>,
    now: Timestamp,
) -> Result<Submission, Problem> {
    let not_before = due(request.not_before.as_deref(), now)?;
    let expires_at = expiry(request.validity_s, not_before.unwrap_or(now))?;
    let priority = urgency(request.priority, request.class.as_deref())?;
    let source = source(request.from.as_deref())?;
    let destination = destination(request.to.number())?;
    let said = Said {
        client_reference: request.client_reference.take(),
        tags: std::mem::take(&mut request.tags),
        callback_url: request.callback_url.take(),
        receipt: request.receipt,
    };
    let (attached, receipt) = attached(said, sender)?;
    let (content, has_udh) = content(request)?;
    Ok(Submission {
        id: None,
        direction: Direction::Mt,
        source,
        destination,
        service_type: ArrayVec::new(),
        protocol_id: 0,
        esm_class: if has_udh { Message::UDHI } else { 0 },
        priority,
        receipt,
        not_before,
        expires_at,
        in_reply_to: None,
        attached,
        tlvs: Bytes::new(),
        content,
        may_be_odd: false,
        back_to: None,
        wish: None,
    })
}

/// The answer for a message that was admitted; to be sent when it is kept.
pub(in super::super) fn accepted(entry: &Entry, substitutions: Vec<Substitution>) -> Accepted {
    let message = &entry.message;
    accepted_as(message.id, message.parts.len(), message.destination.text(), substitutions)
}

/// The answer for a message that was accepted with this id and so many segments, for `to`.
pub(in super::super) fn accepted_as(
    id: MessageId,
    segments: usize,
    to: String,
    substitutions: Vec<Substitution>,
) -> Accepted {
    Accepted {
        id,
        state: super::record::state_name(sms::State::Enroute),
        segments,
        to,
        transliterated: substitutions.into_iter().map(SubstitutionView::from).collect(),
    }
}

impl Receipts {
    pub(in super::super) fn with_capacity(messages: usize) -> Self {
        Self(Vec::with_capacity(messages))
    }

    pub(in super::super) fn accepted(&mut self, accepted: Accepted) {
        self.0.push(Receipt::Accepted(accepted));
    }

    pub(in super::super) fn refused(&mut self, to: String, problem: Problem) {
        self.0.push(Receipt::Refused { to, problem });
    }

    pub(in super::super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in super::super) fn first_problem(&self) -> Option<&Problem> {
        self.0.iter().find_map(|receipt| match receipt {
            Receipt::Refused { problem, .. } => Some(problem),
            Receipt::Accepted(_) => None,
        })
    }
}

/// Reads a body that is to be an object of this form.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    parsed(body).map(|Object(value)| value)
}

/// Reads a body that is to be JSON of this form. What is wrong with it is said with the place, and with the field
/// if it is in one.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = unmarked(body);
    serde_json::from_slice(body).map_err(|error| {
        let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "bad_json", detail);
        // Only who fails pays for the place.
        let again: Result<T, _> =
            serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body));
        match again {
            Err(at) if error.is_data() => blamed(bad(error.to_string()), &at),
            _ => bad(error.to_string()),
        }
    })
}

/// A problem of what could not be read, with the field that is to blame, and the place of it for people.
pub(super) fn blamed<E: Display>(problem: Problem, error: &serde_path_to_error::Error<E>) -> Problem {
    let path = error.path();
    let lacking = lacking(&error.inner().to_string());
    let place = match (path.iter().next(), &lacking) {
        (None, None) => return problem,
        (None, Some(lacking)) => lacking.clone(),
        (Some(_), None) => path.to_string(),
        (Some(_), Some(lacking)) => format!("{path}.{lacking}"),
    };
    let problem = problem.at(&place);
    match field_of(path).or(lacking) {
        Some(field) => problem.in_field(field),
        None => problem,
    }
}

/// The field of a message, or whatever else is read, that leads there.
fn field_of(path: &Path) -> Option<String> {
    path.iter().find_map(|segment| match segment {
        Segment::Map { key } if key.len() <= FIELD_OCTETS_MAX => Some(key.clone()),
        _ => None,
    })
}

/// The field that is not there, or twice: no path leads to it, and serde names it in these words alone.
fn lacking(said: &str) -> Option<String> {
    let named = ["missing field `", "duplicate field `"].iter().find_map(|words| said.strip_prefix(words));
    named.and_then(|rest| rest.split('`').next()).map(str::to_owned)
}

fn source(from: Option<&str>) -> Result<Address, Problem> {
    let Some(from) = from else { return Ok(Address::default()) };
    let detail = "a sender is a number of up to 20 digits or a name of up to 11 ASCII characters";
    Address::guess(from.as_bytes()).ok_or_else(|| Problem::bad_value("from", detail))
}

fn destination(to: &str) -> Result<Address, Problem> {
    Address::number(to.as_bytes()).ok_or_else(|| match Address::stranger_in_number(to) {
        Some(stranger) => {
            let detail =
                format!("“{}” (U+{:04X}) is no part of a number", stranger.escape_debug(), stranger as u32);
            Problem::bad_destination(detail)
        }
        None => Refusal::BadDestination.into(),
    })
}

/// D-3: a schedule in the past is now, one far ahead is refused.
fn due(not_before: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = not_before else { return Ok(None) };
    let at = instant(text)
        .ok_or_else(|| Problem::bad_value("not_before", "not an instant like 2026-01-31T12:00:00Z"))?;
    if at.since(now) > SCHEDULE_MAX {
        return Err(Problem::bad_value("not_before", "at most 30 days ahead"));
    }
    Ok(Some(at).filter(|at| *at > now))
}

/// D-3: a validity that is too long is refused, so that nobody believes in it.
fn expiry(validity_s: Option<u64>, due: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match validity_s {
        None => Ok(None),
        Some(seconds @ 1..=VALIDITY_S_MAX) => Ok(Some(due.plus(Duration::from_secs(seconds)))),
        Some(_) => {
            Err(Problem::bad_value("validity_s", format!("1 to {VALIDITY_S_MAX}, which is seven days")))
        }
    }
}

/// The priority that was said, or that the class has.
fn urgency(priority: Option<Priority>, class: Option<&str>) -> Result<Priority, Problem> {
    match (priority, class) {
        (priority, None) => Ok(priority.unwrap_or_default()),
        (None, Some(OTP)) => Ok(Priority::URGENT),
        (Some(_), Some(_)) => Err(Problem::bad_value("class", "either class or priority, not both")),
        (None, Some(_)) => Err(Problem::bad_value("class", "the only class is \"otp\"")),
    }
}

const fn yes() -> bool {
    true
}

fn unless_said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::deserialize(deserializer).map(|said| said.unwrap_or(true))
}

pub(super) fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Priority>, D::Error> {
    deserializer.deserialize_any(PriorityVisitor)
}

words::word!(
    /// What [`priority`] reads.
    PriorityWord,
    OneOfBuilder::new()
        .item(text().enum_values(Some(["bulk", "urgent", "0", "1", "2", "3"])))
        .item(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(3)))
);
words::word!(
    /// What [`urgency`] knows.
    ClassWord,
    text().enum_values(Some([OTP]))
);

struct PriorityVisitor;

impl Visitor<'_> for PriorityVisitor {
    type Value = Option<Priority>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"bulk\", \"urgent\" or 0 to 3")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Priority>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<Priority>, E> {
        match u8::try_from(number) {
            Ok(number) if number <= Priority::URGENT.0 => Ok(Some(Priority(number))),
            _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<Priority>, E> {
        let error = || E::invalid_value(Unexpected::Float(number), &self);
        whole::of(number).ok_or_else(error).and_then(|number| self.visit_u64(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Priority>, E> {
        match text {
            "bulk" => Ok(Some(Priority::BULK)),
            "urgent" => Ok(Some(Priority::URGENT)),
            _ => match text.as_bytes() {
                [digit @ b'0'..=b'3'] => Ok(Some(Priority(digit - b'0'))),
                _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
            },
        }
    }
}

/// A longer name is none of ours, and is not said again.
const FIELD_OCTETS_MAX: usize = 64;
/// The class of one-time passwords and whatever else somebody waits for.
const OTP: &str = "otp";
/// The most messages of one request.
pub(super) const MESSAGES_MAX: usize = 10_000;
const _: () = assert!(MESSAGES_MAX <= RESULTS_MAX);
/// A later schedule is refused, D-3.
const SCHEDULE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest validity, D-3.
pub(super) const VALIDITY_S_MAX: u64 = 7 * 24 * 3600;

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    use sms::{LinkName, ReceiptRequest};

    use crate::submission::Content;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    pub(in super::super) fn read(json: &str) -> Result<Submission, String> {
        let Batch::One(request) = batch(json.as_bytes()).map_err(said)? else { panic!("an array") };
        submission(*request, Sender::without_callback(&LinkName::from("bank")), NOW).map_err(said)
    }

    fn said(problem: Problem) -> String {
        serde_json::to_string(&problem).unwrap()
    }

    fn text(submission: &Submission) -> &str {
        let Content::Text { text, .. } = &submission.content else { panic!("no text") };
        text
    }

    #[test]
    fn a_text_with_its_defaults() {
        let submission = read(r#"{"to":"+6281234567890","from":"BANK","text":"Saldo Rp 5.000 é"}"#).unwrap();
        assert_eq!(submission.destination, Address::guess(b"6281234567890").unwrap());
        assert_eq!(submission.source, Address::guess(b"BANK").unwrap());
        assert_eq!(text(&submission), "Saldo Rp 5.000 é");
        assert_eq!(submission.receipt, ReceiptRequest::TRACKED);
        assert_eq!(submission.priority, Priority::BULK);
        assert_eq!((submission.not_before, submission.expires_at), (None, None));
        assert_eq!(submission.esm_class, 0);
    }

    #[test]
    fn every_option_is_heard() {
        let json = r#"{"to":"6281234567890","text":"x","receipt":false,"validity_s":60,
            "priority":"urgent","not_before":"2026-01-01T07:01:00+07:00"}"#;
        let submission = read(json).unwrap();
        assert_eq!(submission.receipt, ReceiptRequest::NONE);
        assert_eq!(submission.priority, Priority::URGENT);
        assert_eq!(submission.not_before, Some(NOW.plus(Duration::from_secs(60))));
        assert_eq!(submission.expires_at, Some(NOW.plus(Duration::from_secs(120))));
        assert!(submission.source.value.is_empty());
        let priority = |value: &str| {
            read(&format!(r#"{{"to":"1","text":"","priority":{value}}}"#))
                .map(|submission| submission.priority)
        };
        assert_eq!(priority("2"), Ok(Priority(2)));
        assert_eq!(priority("\"2\""), Ok(Priority(2)));
        assert_eq!(priority("\"bulk\""), Ok(Priority::BULK));
        assert_eq!(priority("null"), Ok(Priority::default()));
        for value in ["4", "-1", "\"high\"", "256"] {
            assert!(priority(value).unwrap_err().contains("bad_json"), "{value}");
        }
    }

    #[test]
    fn one_time_passwords_are_urgent() {
        let with = |fields: &str| read(&format!(r#"{{"to":"6281234567890","text":"x",{fields}}}"#));
        assert_eq!(with(r#""class":"otp""#).unwrap().priority, Priority::URGENT);
        for fields in [r#""class":"vip""#, r#""class":"""#, r#""class":"otp","priority":3"#] {
            let problem = with(fields).unwrap_err();
            assert!(problem.contains("\"status\":422"), "{fields}: {problem}");
            assert!(problem.contains("\"field\":\"class\""), "{fields}: {problem}");
        }
    }

    // D-3
    #[test]
    fn times_are_held_within_bounds() {
        let with = |fields: &str| read(&format!(r#"{{"to":"6281234567890","text":"x",{fields}}}"#));
        let longest = with(r#""validity_s":604800"#).unwrap().expires_at;
        assert_eq!(longest, Some(NOW.plus(Duration::from_secs(604_800))));
        for longer in [604_801, 99_999_999_999_u64] {
            let problem = with(&format!(r#""validity_s":{longer}"#)).unwrap_err();
            assert!(problem.contains("1 to 604800") && problem.contains("422"), "{problem}");
        }
        assert_eq!(with(r#""not_before":"2020-01-01T00:00:00Z""#).unwrap().not_before, None);
        assert!(with(r#""not_before":"2027-01-01T00:00:00Z""#).unwrap_err().contains("30 days"));
        assert!(with(r#""not_before":"soon""#).unwrap_err().contains("\"field\":\"not_before\""));
        assert!(with(r#""validity_s":0"#).unwrap_err().contains("\"field\":\"validity_s\""));
    }

    #[test]
    fn broken_json_says_where() {
        for (json, clue) in [
            (r#"{"to":"1","text":"x","smsc":"a"}"#, "unknown field `smsc`"),
            (r#"{"text":"x"}"#, "missing field `to`"),
            (r#"{"to":"1","#, "line 1 column 10"),
            (r#"{"to":1,"text":"x"}"#, "line 1 column 7"),
            (r#"{"to":1,"text":"x"}"#, r#""field":"to""#),
            (r#"{"to":"1","text":"x","receipt":"yes"}"#, r#""field":"receipt""#),
            (r#"{"to":"1","text":"x","waiting":[{"kind":"voice","count":"3"}]}"#, r#""field":"waiting""#),
            (r#"{"to":"1","text":"x"} {"#, "trailing characters"),
            ("", "line 1 column 0"),
        ] {
            let problem = read(json).unwrap_err();
            assert!(problem.contains(clue) && problem.contains("bad_json"), "{json}: {problem}");
        }
        let second = batch(br#"[{"to":"1","text":"x"},{"to":"1","text":7}]"#).map_err(said).err().unwrap();
        assert!(second.contains("[1].text: ") && second.contains(r#""field":"text""#), "{second}");
        let invalid = batch(b"{\"to\":\"1\",\"text\":\"\xff\"}").map_err(said).err().unwrap();
        assert!(invalid.contains("bad_json"));
    }

    #[test]
    fn whatever_is_copied_for_each_receiver_is_bounded() {
        let to = vec!["\"628111\""; 100].join(",");
        let value = "x".repeat(200 << 10);
        for field in [
            "from",
            "text",
            "binary",
            "udh",
            "class",
            "not_before",
            "in_reply_to",
            "trx_id",
            "client_reference",
            "callback_url",
        ] {
            let body = format!(r#"{{"to":[{to}],"{field}":"{value}"}}"#);
            assert!(
                batch(body.as_bytes()).map_err(said).err().unwrap().contains("body_too_large"),
                "{field}"
            );
        }
    }

    #[test]
    fn an_array_is_bounded() {
        let one = r#"{"to":"1","text":"x"}"#;
        let many = |count: usize| batch(format!(" [{}]", vec![one; count].join(",")).as_bytes());
        assert!(matches!(many(10_000), Ok(Batch::Many(messages)) if messages.len() == 10_000));
        for count in [0, 10_001] {
            assert!(many(count).map_err(said).err().unwrap().contains("bad_batch"), "{count}");
        }
    }
}
