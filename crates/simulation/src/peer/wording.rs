//! The PDUs of the peers.

use bytes::Bytes;
use smpp::{Address, CString, CancelSm, QuerySm, ReplaceSm, ShortMessage, TlvTag, Tlvs};
use sms::{State, UserDataHeader};

use crate::book::{Submission, Terms};

/// The submit_sm of a message.
pub(super) fn submit_sm(serial: usize, submission: &Submission) -> ShortMessage {
    let terms = &submission.terms;
    let mut pdu = ShortMessage {
        service_type: CString::clipped(submission.service.as_bytes()),
        source: source(),
        destination: destination(submission),
        data_coding: BINARY,
        priority_flag: submission.priority,
        registered_delivery: terms.registered,
        validity_period: relative(terms.validity_ms),
        schedule_delivery_time: relative(terms.delay_ms),
        replace_if_present: u8::from(submission.supersedes),
        ..ShortMessage::default()
    };
    (pdu.short_message, pdu.tlvs) = body(serial, 0, terms);
    pdu
}

/// The replace_sm that makes this edition of the message with the id.
pub(super) fn replace_sm(id: &str, serial: usize, edition: u8, terms: &Terms) -> ReplaceSm {
    let (short_message, tlvs) = body(serial, edition, terms);
    ReplaceSm {
        message_id: CString::clipped(id.as_bytes()),
        source: source(),
        validity_period: relative(terms.validity_ms),
        schedule_delivery_time: relative(terms.delay_ms),
        registered_delivery: terms.registered,
        short_message,
        tlvs,
        ..ReplaceSm::default()
    }
}

/// The cancel_sm of the message with the id.
pub(super) fn cancel_sm(id: &str) -> CancelSm {
    CancelSm { message_id: CString::clipped(id.as_bytes()), source: source(), ..CancelSm::default() }
}

/// The cancel_sm of all messages that are like this.
pub(super) fn cancel_like(submission: &Submission) -> CancelSm {
    CancelSm {
        service_type: CString::clipped(submission.service.as_bytes()),
        source: source(),
        destination: destination(submission),
        ..CancelSm::default()
    }
}

/// The query_sm for the message with the id.
pub(super) fn query_sm(id: &str) -> QuerySm {
    QuerySm { message_id: CString::clipped(id.as_bytes()), source: source(), ..QuerySm::default() }
}

fn source() -> Address {
    Address::new(5, 0, b"SIM").unwrap_or_default()
}

fn destination(submission: &Submission) -> Address {
    number(DESTINATION_FIRST + submission.thread)
}

/// A text that says in each of its segments, again and again, which message and which edition it is.
fn body(serial: usize, edition: u8, terms: &Terms) -> (Bytes, Tlvs) {
    let octets = match terms.segments {
        1 => SINGLE_OCTETS,
        more => SEGMENT_OCTETS * usize::from(more),
    };
    let mut text = format!("<{serial:05},{edition:03}>").into_bytes().repeat(octets);
    text.truncate(octets);
    let mut tlvs = Tlvs::new();
    if octets <= SINGLE_OCTETS {
        return (text.into(), tlvs);
    }
    // Never too long: a few hundred octets.
    let _ = tlvs.push(TlvTag::MESSAGE_PAYLOAD, &text);
    (Bytes::new(), tlvs)
}

/// A segment of what was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Submitted {
    pub(super) serial: usize,
    pub(super) edition: u8,
    /// From 1.
    pub(super) segment: u8,
}

/// Reads a submit_sm that reaches an SMSC; `None` if nobody has submitted that.
pub(super) fn submitted(pdu: &ShortMessage) -> Option<Submitted> {
    let (serial, edition) = said(&pdu.short_message)?;
    if pdu.esm_class & UDHI == 0 {
        return Some(Submitted { serial, edition, segment: 1 });
    }
    let (header, _) = UserDataHeader::parse(&pdu.short_message).ok()?;
    let segment = header.concatenation().map_or(1, |part| part.number);
    Some(Submitted { serial, edition, segment })
}

/// Which message a text or a segment of it belongs to.
pub(crate) fn serial_of(text: &[u8]) -> Option<usize> {
    said(text).map(|(serial, _)| serial)
}

/// What a text says; a header before it may have anything in it.
fn said(text: &[u8]) -> Option<(usize, u8)> {
    text.windows(BLOCK_OCTETS).find_map(|block| {
        let [b'<', serial @ .., b'>'] = block else { return None };
        let (serial, edition) = (serial.get(..5)?, serial.get(6..)?);
        Some((digits(serial)?, u8::try_from(digits(edition)?).ok()?))
    })
}

/// The deliver_sm with a receipt for the message with this id.
pub(super) fn receipt(id: &str, state: State, form: ReceiptForm) -> ShortMessage {
    let word = state.receipt_word();
    let dates = "submit date:3001010000 done date:3001010001";
    let text = format!("id:{id} sub:001 dlvrd:001 {dates} stat:{word} err:000 text:");
    let mut pdu = ShortMessage { esm_class: RECEIPT, ..ShortMessage::default() };
    if form != ReceiptForm::Tlvs {
        pdu.short_message = text.into();
    }
    if form != ReceiptForm::Text {
        let _ = pdu.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, &[id.as_bytes(), &[0]].concat());
        pdu.tlvs.push_u8(TlvTag::MESSAGE_STATE, state as u8);
    }
    pdu
}

/// Where a receipt says what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReceiptForm {
    Text,
    Tlvs,
    Both,
}

/// The deliver_sm with a part of a message from a handset; each message has a source of its own, and its parts
/// have its serial and those that follow.
pub(super) fn mobile_originated(first: usize, part: u8, total: u8) -> ShortMessage {
    let header = [5, 0, 3, 7, total, part];
    let is_long = total > 1;
    ShortMessage {
        source: number(SOURCE_FIRST + first),
        destination: Address::new(0, 1, b"1234").unwrap_or_default(),
        esm_class: if is_long { UDHI } else { 0 },
        data_coding: BINARY,
        short_message: [if is_long { &header[..] } else { &[] }, b"VOTE 1"].concat().into(),
        ..ShortMessage::default()
    }
}

/// What a deliver_sm brings to an ESME.
pub(super) enum Delivered {
    Receipt { id: String, state: State },
    Message { serial: usize },
}

/// Reads a deliver_sm; `None` if it makes no sense.
pub(super) fn delivered(pdu: &ShortMessage) -> Option<Delivered> {
    if pdu.esm_class & MESSAGE_TYPE != RECEIPT {
        let first = digits(&pdu.source.value)?.checked_sub(SOURCE_FIRST)?;
        let part = match pdu.esm_class & UDHI {
            0 => 1,
            _ => UserDataHeader::parse(&pdu.short_message).ok()?.0.concatenation()?.number,
        };
        return Some(Delivered::Message { serial: first + usize::from(part) - 1 });
    }
    let id = pdu.tlvs.receipted_message_id()?;
    let id = String::from_utf8_lossy(id).trim_end_matches('\0').to_owned();
    let state = State::from_number(pdu.tlvs.message_state()?)?;
    Some(Delivered::Receipt { id, state })
}

fn number(value: usize) -> Address {
    Address::new(1, 1, value.to_string().as_bytes()).unwrap_or_default()
}

fn digits(value: &[u8]) -> Option<usize> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// A span of time from now on, below 100 minutes.
fn relative(milliseconds: Option<u64>) -> CString<16> {
    milliseconds.map_or(CString::EMPTY, |milliseconds| {
        let seconds = milliseconds / 1000;
        CString::clipped(format!("00000000{:02}{:02}000R", seconds / 60, seconds % 60).as_bytes())
    })
}

const DESTINATION_FIRST: usize = 6_281_100_000;
const SOURCE_FIRST: usize = 6_281_900_000;
const BINARY: u8 = 4;
const UDHI: u8 = 0x40;
const MESSAGE_TYPE: u8 = 0x3C;
const RECEIPT: u8 = 0x04;
/// What a text repeats: `<serial,edition>`.
const BLOCK_OCTETS: usize = 11;
const SINGLE_OCTETS: usize = 100;
/// More than fits into one segment less, and less than into one more.
const SEGMENT_OCTETS: usize = 125;
