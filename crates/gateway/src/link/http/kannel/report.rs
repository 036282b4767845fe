//! What becomes of a message, as Kannel tells it to a `dlr-url`.

use std::borrow::Cow;

use sms::{Address, LinkName, ReceiptText, State};
use store::{Cause, Event, Notice, Record, RemoteId};

use super::super::call::Call;
use super::super::named::{News, Told};
use super::escape::{Pattern, Said, Values};
use super::meta;
use crate::attributes::{Events, Report};

/// The `account` and `binfo` of a request, as they are kept with its message.
pub(super) const ACCOUNT: &str = "account";
pub(super) const BILLING: &str = "binfo";

/// The URL to be fetched; `None` if there is nothing to tell.
pub(in super::super) fn call(told: &Told<'_>) -> Option<Call> {
    let callback = told.attributes.callback.as_ref()?;
    let words = Words::of(told).filter(|words| callback.events.has_any(words.asked_by))?;
    Some(Call { url: Some(filled(&callback.url, told, &words).parse().ok()?), ..Call::default() })
}

/// What is said.
struct Words {
    /// `%d`
    kind: Events,
    /// The bits of the mask of which one has to be set for it.
    asked_by: Events,
    /// `%A`
    text: Vec<u8>,
    error: u32,
}

impl Words {
    fn of(told: &Told<'_>) -> Option<Self> {
        match told.news {
            News::OnTheWay(report) => Some(Self::on_the_way(told, report)),
            News::Final(notice) if notice.state == State::Delivered => {
                Some(Self::receipt(Events::DELIVERED, told, notice))
            }
            News::Final(notice) => {
                Some(match told.record.as_ref().and_then(|record| refused(record, notice)) {
                    Some(why) => Self::refusal(&why, notice.error),
                    None => Self::receipt(Events::FAILED, told, notice),
                })
            }
        }
    }

    fn on_the_way(told: &Told<'_>, report: Report) -> Self {
        let words = told.message.parts.first().map(|part| part.to_vec()).unwrap_or_default();
        match report.event {
            Events::REJECTED => Self::refusal(&String::from_utf8_lossy(&words), 0),
            Events::ACCEPTED => {
                Self { kind: Events::ACCEPTED, asked_by: Events::ACCEPTED, text: b"ACK/".to_vec(), error: 0 }
            }
            event => Self { kind: event, asked_by: event, text: words, error: 0 },
        }
    }

    /// As Kannel has it, failures are asked for by either bit.
    fn refusal(why: &str, error: u32) -> Self {
        let text = format!("NACK/{why}").into_bytes();
        Self { kind: Events::REJECTED, asked_by: Events::FAILED | Events::REJECTED, text, error }
    }

    /// The receipt in the words of SMPP 3.4, Appendix B.
    fn receipt(kind: Events, told: &Told<'_>, notice: Notice) -> Self {
        let message = told.message;
        let receipt = ReceiptText {
            id: &message.shown_id().digits(),
            submitted: u16::try_from(message.parts.len()).unwrap_or(u16::MAX),
            delivered: notice.delivered,
            submit_date: message.accepted_at,
            done_date: notice.done_at,
            state: notice.state,
            error: notice.error,
            text: b"",
        };
        let mut text = Vec::new();
        receipt.write(&mut text);
        Self { kind, asked_by: kind, text, error: notice.error }
    }
}

fn filled(url: &str, told: &Told<'_>, words: &Words) -> String {
    let (message, record) = (told.message, told.record.as_ref());
    let (handset, service_number) = ends(told);
    let tag = |name: &str| told.attributes.tags.get(name).map(String::as_str).unwrap_or_default();
    let id = match told.news {
        News::Final(_) => Some(message.shown_id()),
        News::OnTheWay(_) => message.in_reply_to,
    };
    let at = match told.news {
        News::Final(notice) => notice.done_at,
        News::OnTheWay(_) => message.accepted_at,
    };
    let error = format!("{:03}", words.error);
    let mut meta: Vec<(&str, &str, Cow<'_, str>)> = meta::of(&told.attributes.meta);
    meta.push(("smpp", "dlr_err", error.into()));
    Pattern::new(url).fill(&Values {
        handset: handset.text().into(),
        service_number: service_number.text().into(),
        said: Said::octets(&words.text),
        at: Some(at),
        smsc: record.and_then(Record::last_link).map(LinkName::as_str).unwrap_or_default(),
        remote_id: record.and_then(Record::last_remote_id).map(RemoteId::text).unwrap_or_default(),
        id: id.map(|id| id.to_string()).unwrap_or_default().into(),
        service: message.origin.as_str(),
        account: tag(ACCOUNT),
        billing: tag(BILLING).into(),
        dlr_url: url,
        dlr: Some(words.kind.0 as u8),
        coding: Some(0),
        charset: "UTF-8",
        priority: Some(message.priority.0),
        meta,
        ..Values::default()
    })
}

/// The handset, and the number at our side.
fn ends<'t>(told: &'t Told<'_>) -> (&'t Address, &'t Address) {
    let message = told.message;
    match told.news {
        News::Final(_) => (&message.destination, &message.source),
        News::OnTheWay(_) => (&message.source, &message.destination),
    }
}

/// Why it never got to be with the SMSC, if it did not, in the words of Kannel.
fn refused(record: &Record, notice: Notice) -> Option<String> {
    let was_reported = |event: &Event| matches!(event, Event::Receipt { .. });
    if record.history.iter().any(|step| was_reported(&step.event)) {
        return None;
    }
    let cause = record.history.iter().rev().find_map(|step| match &step.event {
        Event::Failed { cause } => Some(cause),
        _ => None,
    });
    let was_sent = record.history.iter().any(|step| matches!(step.event, Event::Sent { .. }));
    match cause {
        Some(Cause::Smpp(status)) => Some(format!("{status:#010x}/{}", status_name(*status))),
        Some(cause) => Some(cause.to_string()),
        None if notice.state == State::Expired && !was_sent => Some(EXPIRED.to_owned()),
        None => None,
    }
}

/// The names that Kannel has for what an SMSC answers.
fn status_name(status: u32) -> &'static str {
    STATUSES.iter().find(|(number, _)| *number == status).map_or("Unknown/Reserved", |(_, name)| name)
}

/// What Kannel says of a message whose time ran out before it was sent.
pub(super) const EXPIRED: &str = "validity expired";
/// What it says of one that there is no way for.
pub(super) const NO_SMSC: &str = "no SMSC";

const STATUSES: &[(u32, &str)] = &[
    (0x00, "OK"),
    (0x01, "Message Length is invalid"),
    (0x02, "Command Length is invalid"),
    (0x03, "Invalid Command ID"),
    (0x04, "Incorrect BIND Status for given command"),
    (0x05, "ESME Already in Bound State"),
    (0x06, "Invalid Priority Flag"),
    (0x07, "Invalid Registered Delivery Flag"),
    (0x08, "System Error"),
    (0x0A, "Invalid Source Address"),
    (0x0B, "Invalid Destination Address"),
    (0x0D, "Bind Failed"),
    (0x0E, "Invalid Password"),
    (0x0F, "Invalid System ID"),
    (0x11, "Cancel SM Failed"),
    (0x13, "Replace SM Failed"),
    (0x14, "Message Queue Full"),
    (0x15, "Invalid Service Type"),
    (0x33, "Invalid number of destinations"),
    (0x34, "Invalid Distribution List Name"),
    (0x40, "Destination flag is invalid"),
    (0x42, "Submit w/replace not supported/allowed"),
    (0x43, "Invalid esm_class field data"),
    (0x44, "Cannot Submit to Distribution List"),
    (0x45, "Submit failed"),
    (0x48, "Invalid Source address TON"),
    (0x49, "Invalid Source address NPI"),
    (0x50, "Invalid Destination address TON"),
    (0x51, "Invalid Destination address NPI"),
    (0x53, "Invalid system_type field"),
    (0x54, "Invalid replace_if_present flag"),
    (0x55, "Invalid number of messages"),
    (0x58, "Throttling error"),
    (0x61, "Invalid Scheduled Delivery Time"),
    (0x62, "Invalid message validity period"),
    (0x67, "query_sm request failed"),
    (0xC1, "TLV not allowed"),
    (0xC2, "Invalid Parameter Length"),
    (0xC3, "Expected TLV missing"),
    (0xC4, "Invalid TLV value"),
    (0xFE, "Transaction Delivery Failure"),
    (0xFF, "Unknown Error"),
    (0x104, "Invalid Data Coding Scheme"),
    (0x10D, "broadcast_sm operation failed"),
];
