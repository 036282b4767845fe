//! What becomes of a message, as Kannel tells it to a `dlr-url`.

use std::borrow::Cow;

use sms::{Address, LinkName, ReceiptText, State, Timestamp};
use store::{Cause, Event, Notice, Record, RemoteId};

use super::super::call::Call;
use super::super::reason::refusal;
use super::super::told::{News, Told};
use super::meta;
use crate::access_log::AccessLog;
use crate::attributes::{Events, Report as OnTheWay};
use crate::escape_codes::{MetaGroup, Pattern, Said, Values};

/// The `account` and `binfo` of a request, as they are kept with its message.
pub(super) const ACCOUNT: &str = "account";
pub(super) const BILLING: &str = "binfo";
/// The numbers as the request wrote them, where that is otherwise.
pub(super) const TO: &str = "to";
pub(super) const FROM: &str = "from";

/// What is told of a message.
pub(in super::super) struct Report(Words);

impl Report {
    /// What there is to tell; `None` if there is nothing, or nobody wants to know.
    pub(in super::super) fn of(told: &Told<'_>) -> Option<Self> {
        let callback = told.attributes.callback.as_ref()?;
        Words::of(told).filter(|words| callback.events.has_any(words.asked_by)).map(Self)
    }

    /// The URL to be fetched.
    pub(in super::super) fn call(&self, told: &Told<'_>) -> Option<Call> {
        let callback = told.attributes.callback.as_ref()?;
        Some(Call { url: Some(filled(&callback.url, told, &self.0).parse().ok()?), ..Call::default() })
    }

    pub(in super::super) fn log(&self, told: &Told<'_>, log: &AccessLog, now: Timestamp) {
        let record = told.record.as_ref();
        let smsc = record.and_then(Record::last_link).map(LinkName::as_str).unwrap_or_default();
        let id = record.and_then(Record::last_remote_id).map(RemoteId::text).unwrap_or_default();
        log.reported(told.message, self.0.kind.0, self.0.text.len(), smsc, &id, now);
    }
}

/// What is said.
struct Words {
    /// `%d`
    kind: Events,
    /// The bits of the mask of which one has to be set for it.
    asked_by: Events,
    /// `%A`
    text: Vec<u8>,
    /// Who says so.
    by: By,
}

/// Who says what is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// We.
    Us,
    /// The SMSC, in its answer.
    Answer,
    /// The SMSC, in a receipt with this error of the network, 0 for none.
    Receipt(u32),
}

impl Words {
    fn of(told: &Told<'_>) -> Option<Self> {
        match told.news {
            News::OnTheWay(report) => Some(Self::on_the_way(told, report)),
            News::Final(notice) if notice.state == State::Delivered => {
                Some(Self::receipt(Events::DELIVERED, told, notice))
            }
            // Final for SMPP 3.4 (5.2.28), for Kannel on its way as ENROUTE is.
            News::Final(notice) if notice.state == State::Accepted => {
                Some(Self::receipt(Events::BUFFERED, told, notice))
            }
            News::Final(notice) => {
                Some(match told.record.as_ref().and_then(|record| refused(record, notice)) {
                    Some((why, by)) => Self::refusal(&why, by),
                    None => Self::receipt(Events::FAILED, told, notice),
                })
            }
        }
    }

    fn on_the_way(told: &Told<'_>, report: OnTheWay) -> Self {
        let words = told.message.parts.first().map(|part| part.to_vec()).unwrap_or_default();
        match report.event {
            Events::REJECTED => Self::refusal(&String::from_utf8_lossy(&words), By::Us),
            Events::ACCEPTED => Self {
                kind: Events::ACCEPTED,
                asked_by: Events::ACCEPTED,
                text: b"ACK/".to_vec(),
                by: By::Answer,
            },
            event => {
                let text = told
                    .record
                    .as_ref()
                    .and_then(Record::last_remote_id)
                    .map_or_else(|| words.clone(), |id| renamed(&words, &id.raw));
                Self { kind: event, asked_by: event, text, by: By::Receipt(0) }
            }
        }
    }

    /// As Kannel has it, failures are asked for by either bit.
    fn refusal(why: &str, by: By) -> Self {
        let text = format!("NACK/{why}").into_bytes();
        Self { kind: Events::REJECTED, asked_by: Events::FAILED | Events::REJECTED, text, by }
    }

    /// The receipt in the words of SMPP 3.4, Appendix B, by the id of the SMSC.
    fn receipt(kind: Events, told: &Told<'_>, notice: Notice) -> Self {
        let message = told.message;
        let ours = message.shown_id().digits();
        let theirs = told.record.as_ref().and_then(Record::last_remote_id);
        let receipt = ReceiptText {
            id: theirs.map_or(&ours, |id| &id.raw),
            submitted: u16::try_from(message.parts.len()).unwrap_or(u16::MAX),
            // What was accepted is not known to be delivered.
            delivered: if notice.state == State::Accepted { 0 } else { notice.delivered },
            submit_date: message.accepted_at,
            done_date: notice.done_at,
            state: notice.state,
            error: notice.error,
            text: b"",
        };
        let mut text = Vec::new();
        receipt.write(&mut text);
        // The beginning of the message comes last.
        text.extend(sms::decode(GSM, &message.beginning()).unwrap_or_default().bytes());
        Self { kind, asked_by: kind, text, by: By::Receipt(notice.error) }
    }

    /// The groups of `%D`, in the order that Kannel has them in.
    fn meta<'m>(&self, said: &'m str, mask: Vec<u8>) -> Vec<MetaGroup<'m>> {
        let mut groups = meta::of(said);
        let answer = (self.by == By::Answer).then(|| MetaGroup { name: "smpp_resp", values: Vec::new() });
        let (before, behind) = if groups.is_empty() { (answer, None) } else { (None, answer) };
        groups.extend(before);
        groups.push(MetaGroup { name: "orig_msg", values: vec![("dlr_mask", mask.into())] });
        groups.extend(behind);
        if let By::Receipt(error) = self.by {
            let [high, low] = u16::try_from(error).unwrap_or(u16::MAX).to_be_bytes();
            let error = vec![NETWORK_GSM, high, low];
            groups.push(MetaGroup { name: "smpp", values: vec![("dlr_err", error.into())] });
        }
        groups
    }
}

/// A receipt in GSM octets as text under another id: what stands before the first blank is `id:…`.
fn renamed(receipt: &[u8], id: &[u8]) -> Vec<u8> {
    let rest = receipt.iter().position(|octet| *octet == b' ').and_then(|at| receipt.get(at..));
    let rest = sms::decode(GSM, rest.unwrap_or_default()).unwrap_or_default();
    [b"id:", id, rest.as_bytes()].concat()
}

fn filled(url: &str, told: &Told<'_>, words: &Words) -> String {
    let (message, record) = (told.message, told.record.as_ref());
    let (handset, service_number) = ends(told);
    let tag = |name: &str| told.attributes.tags.get(name).map(String::as_str).unwrap_or_default();
    let written = |name: &str, address: &Address| match tag(name) {
        "" => address.text().into(),
        text => Cow::Owned(text.to_owned()),
    };
    let id = match told.news {
        News::Final(_) => Some(message.shown_id()),
        News::OnTheWay(_) => message.in_reply_to,
    };
    let at = match told.news {
        News::Final(notice) => notice.done_at,
        News::OnTheWay(_) => message.accepted_at,
    };
    let mask = told.attributes.callback.as_ref().map(|callback| callback.events.0.to_string());
    let mask = mask.unwrap_or_default().into_bytes();
    Pattern::new(url).fill(&Values {
        handset: written(TO, handset),
        service_number: written(FROM, service_number),
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
        charset: "UTF-8",
        meta: words.meta(&told.attributes.meta, mask),
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
fn refused(record: &Record, notice: Notice) -> Option<(String, By)> {
    let has = |wanted: fn(&Event) -> bool| record.history.iter().any(|step| wanted(&step.event));
    if has(|event| matches!(event, Event::Receipt { .. })) {
        return None;
    }
    let was_sent = has(|event| matches!(event, Event::Sent { .. }));
    match refusal(record) {
        Some(Cause::Smpp(status)) => Some((format!("{status:#010x}/{}", status_name(*status)), By::Answer)),
        Some(cause) => Some((cause.to_string(), By::Us)),
        None if notice.state == State::Expired && !was_sent => Some((EXPIRED.to_owned(), By::Us)),
        None => None,
    }
}

/// The names that Kannel has for what an SMSC answers.
fn status_name(status: u32) -> &'static str {
    STATUSES.iter().find(|(number, _)| *number == status).map_or("Unknown/Reserved", |(_, name)| name)
}

/// data_coding of what a receipt shows of a text.
const GSM: u8 = 0;
/// The first octet of network_error_code: GSM (SMPP 3.4 section 5.3.2.31).
const NETWORK_GSM: u8 = 3;

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
