//! The PDUs of the peers.

use smpp::{Address, CString, ShortMessage, TlvTag};
use sms::{State, UserDataHeader};

/// What a submission says.
pub(super) struct Wish {
    pub(super) serial: usize,
    pub(super) priority: u8,
    pub(super) segments: u8,
    pub(super) registered: u8,
    pub(super) validity_s: Option<u64>,
    pub(super) delay_s: Option<u64>,
}

/// The submit_sm of a message; each has a destination of its own.
pub(super) fn submit_sm(wish: &Wish) -> ShortMessage {
    let octets = match wish.segments {
        1 => SINGLE_OCTETS,
        more => SEGMENT_OCTETS * usize::from(more),
    };
    let mut pdu = ShortMessage {
        source: Address::new(5, 0, b"SIM").unwrap_or_default(),
        destination: number(DESTINATION_FIRST + wish.serial),
        data_coding: BINARY,
        priority_flag: wish.priority,
        registered_delivery: wish.registered,
        validity_period: relative(wish.validity_s),
        schedule_delivery_time: relative(wish.delay_s),
        ..ShortMessage::default()
    };
    let body = vec![b'x'; octets];
    if octets > SINGLE_OCTETS {
        // Never too long: a few hundred octets.
        let _ = pdu.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &body);
    } else {
        pdu.short_message = body.into();
    }
    pdu
}

/// The serial of what was submitted, and which of its segments this is, from 1.
pub(super) fn submitted(pdu: &ShortMessage) -> Option<(usize, u8)> {
    let serial = serial_of(&pdu.destination.value)?;
    if pdu.esm_class & UDHI == 0 {
        return Some((serial, 1));
    }
    let (header, _) = UserDataHeader::parse(&pdu.short_message).ok()?;
    Some((serial, header.concatenation().map_or(1, |part| part.number)))
}

/// The serial of the message to this destination.
pub(crate) fn serial_of(destination: &[u8]) -> Option<usize> {
    digits(destination)?.checked_sub(DESTINATION_FIRST)
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
fn relative(seconds: Option<u64>) -> CString<16> {
    seconds.map_or(CString::EMPTY, |seconds| {
        CString::clipped(format!("00000000{:02}{:02}000R", seconds / 60, seconds % 60).as_bytes())
    })
}

const DESTINATION_FIRST: usize = 6_281_100_000;
const SOURCE_FIRST: usize = 6_281_900_000;
const BINARY: u8 = 4;
const UDHI: u8 = 0x40;
const MESSAGE_TYPE: u8 = 0x3C;
const RECEIPT: u8 = 0x04;
const SINGLE_OCTETS: usize = 100;
/// More than fits into one segment less, and less than into one more.
const SEGMENT_OCTETS: usize = 125;
