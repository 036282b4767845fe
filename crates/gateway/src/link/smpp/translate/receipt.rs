//! Receipts: those that an SMSC brings, and those that an owner is told.

use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use bytes::Bytes;
use smpp::{CString, ShortMessage, TlvTag, Tlvs};
use sms::{Direction, Message, ParsedReceipt, Parts, ReceiptRequest, ReceiptText, State, Timestamp};
use store::{Entry, Notice, RemoteId, RemoteReceipt, Sighting};

use super::super::short_id;
use super::{push, wire_address};
use crate::config::{IdForm, Profile, ReceiptIdFrom};
use crate::intake::Intake;
use crate::report;

/// Whether a deliver_sm carries a receipt or a notification, or says to be both; by its bits, not by equality (B-1).
pub(in super::super) fn is_receipt(pdu: &ShortMessage) -> bool {
    matches!(pdu.esm_class & MESSAGE_TYPE, SMSC_RECEIPT | INTERMEDIATE | RECEIPT_AND_NOTIFICATION)
}

/// Whether a deliver_sm is what a handset says of a message that it got: acknowledgement by itself or by its user,
/// or the end of a conversation.
pub(in super::super) fn is_acknowledgement(pdu: &ShortMessage) -> bool {
    matches!(
        pdu.esm_class & MESSAGE_TYPE,
        DELIVERY_ACKNOWLEDGEMENT | USER_ACKNOWLEDGEMENT | CONVERSATION_ABORT
    )
}

/// Whether a deliver_sm that does not say so carries a receipt all the same: it names a message and its
/// state. A name alone, which messages of handsets and their acknowledgements have too, makes none.
pub(in super::super) fn reads_as_receipt(pdu: &ShortMessage) -> bool {
    let parsed = sms::parse_receipt(&receipt_text(pdu)).unwrap_or_default();
    let is_named = parsed.id.is_some() || pdu.tlvs.receipted_message_id().is_some_and(|id| !id.is_empty());
    let number = pdu.tlvs.message_state().and_then(state_of_number);
    is_named && number.or(parsed.state).is_some()
}

/// The receipt in such a deliver_sm.
///
/// # Errors
/// Says what is missing: the message that it is about, or a state that there is.
pub(in super::super) fn receipt(
    pdu: &ShortMessage,
    smsc: &sms::LinkName,
    profile: &Profile,
    now: Timestamp,
) -> Result<RemoteReceipt, &'static str> {
    let parsed = sms::parse_receipt(&receipt_text(pdu)).unwrap_or_default();
    let named = pdu.tlvs.receipted_message_id().filter(|id| !id.is_empty());
    let id = match profile.receipt_id_from {
        ReceiptIdFrom::Any => named.or(parsed.id.as_deref()),
        ReceiptIdFrom::Tlv => named,
        ReceiptIdFrom::Text => parsed.id.as_deref(),
    };
    let network = pdu.tlvs.network_error_code().map(|(_, code)| u32::from(code));
    let error = parsed.error.or(network).unwrap_or(0);
    Ok(RemoteReceipt {
        smsc: smsc.clone(),
        remote_id: RemoteId::new(id.ok_or("it names no message")?, profile.receipt_id.into()),
        state: state_in(pdu, &parsed, error).ok_or("it names no state that there is")?,
        error,
        done_at: parsed.done_at.map_or(now, |local| profile.receipt_time_zone.instant(local)),
        tlvs: told_besides(&pdu.tlvs, error),
    })
}

/// The TLVs of an SMSC's receipt that its owner is told, as they came and in their order (T-1): all but what is about
/// that PDU itself or is written anew for the owner. A network_error_code is, if it is that of `error` in GSM or none at all.
fn told_besides(tlvs: &Tlvs, error: u32) -> Bytes {
    let is_written_anew = |tag| match tag {
        TlvTag::NETWORK_ERROR_CODE => tlvs
            .network_error_code()
            .is_none_or(|(network, code)| network == NETWORK_GSM && code != 0 && u32::from(code) == error),
        tag => OF_THE_PDU.contains(&tag),
    };
    if tlvs.iter().all(|(tag, _)| is_written_anew(tag)) {
        Bytes::new()
    } else {
        tlvs.without(is_written_anew).as_wire().clone()
    }
}

/// The state that a receipt tells; one that says nothing of it but an error is the end of its message.
fn state_in(pdu: &ShortMessage, parsed: &ParsedReceipt, error: u32) -> Option<State> {
    if pdu.esm_class & MESSAGE_TYPE == INTERMEDIATE {
        return Some(State::Enroute);
    }
    let number = pdu.tlvs.message_state();
    let is_silent = number.is_none() && parsed.state_text.is_empty();
    let without = (is_silent && error != 0).then_some(State::Unknown);
    number.and_then(state_of_number).or(parsed.state).or(without)
}

/// What a receipt says, behind its user data header if it has one.
fn receipt_text(pdu: &ShortMessage) -> Bytes {
    let body = pdu.tlvs.message_payload().unwrap_or_else(|| pdu.short_message.clone());
    let header = body.first().filter(|_| pdu.esm_class & Message::UDHI != 0);
    let length = header.map_or(0, |length| 1 + usize::from(*length));
    if length > body.len() { body } else { body.slice(length..) }
}

/// The state that a message_state names: a scheduled message (5.0) is under way, of a skipped one nobody can
/// tell, and what is a number of our own is none of SMPP.
fn state_of_number(number: u8) -> Option<State> {
    match number {
        SCHEDULED => Some(State::Enroute),
        SKIPPED => Some(State::Unknown),
        _ => State::from_number(number).filter(|state| *state != State::HandedOver),
    }
}

/// The owner's receipt: Appendix B text and TLVs, from the mobile back to the sender, and behind them what the
/// SMSC's receipt said besides.
pub(super) fn receipt_for(message: &Message, notice: Notice, ids: IdForm, besides: &Bytes) -> ShortMessage {
    let besides = Tlvs::from_wire(besides.clone()).unwrap_or_default();
    let digits = short_id::digits_of(message, ids);
    let parts = u16::try_from(message.parts.len()).unwrap_or(u16::MAX);
    let text = ReceiptText {
        id: &digits,
        submitted: parts,
        delivered: notice.delivered,
        submit_date: message.accepted_at,
        done_date: notice.done_at,
        state: notice.state,
        error: notice.error,
        text: &message.beginning(),
    };
    let mut short_message = Vec::with_capacity(RECEIPT_OCTETS);
    text.write(&mut short_message);
    let mut named = [0; 33];
    let (id, _nul) = named.split_at_mut(digits.len());
    id.copy_from_slice(&digits);
    let named = &named[..=digits.len()];
    let state = [state_number(notice.state)];
    let code = u16::try_from(notice.error).unwrap_or(0);
    let [high, low] = code.to_be_bytes();
    let network_error = [NETWORK_GSM, high, low];
    let reference = own_reference(message).map(u16::to_be_bytes);
    let mut told: ArrayVec<(TlvTag, &[u8]), 4> = ArrayVec::new();
    told.push((TlvTag::RECEIPTED_MESSAGE_ID, named));
    told.push((TlvTag::MESSAGE_STATE, &state));
    if code != 0 && besides.network_error_code().is_none() {
        told.push((TlvTag::NETWORK_ERROR_CODE, &network_error));
    }
    if let Some(reference) = &reference {
        told.push((TlvTag::USER_MESSAGE_REFERENCE, reference));
    }
    let mut tlvs = Tlvs::of(&told).unwrap_or_default();
    besides.iter().for_each(|(tag, value)| push(&mut tlvs, tag, value));
    ShortMessage {
        service_type: CString::clipped(&message.service_type),
        source: wire_address(&message.destination),
        destination: wire_address(&message.source),
        esm_class: SMSC_RECEIPT,
        short_message: short_message.into(),
        tlvs,
        ..ShortMessage::default()
    }
}

/// The ESME's own number of its message, SMPP 3.4 section 5.3.2.17.
fn own_reference(message: &Message) -> Option<u16> {
    if message.tlvs.is_empty() {
        None
    } else {
        Tlvs::from_wire(message.tlvs.clone())?.user_message_reference()
    }
}

/// The message that tells an owner what is not the end yet, if it wants to know (B-2).
pub(in super::super) fn notification(sighting: Sighting, intake: &Intake) -> Option<Entry> {
    let Sighting::OnTheWay { message, error, done_at, tlvs } = sighting else { return None };
    let notice = Notice { state: State::Enroute, error, done_at, delivered: 0 };
    let pdu = receipt_for(&message, notice, intake.receipt_ids_of(&message.origin), &tlvs);
    let now = intake.clock().wall();
    if report::is_told_elsewhere(&message) {
        return report::of_notification(&message, pdu.short_message, now, intake.chance());
    }
    let notification = Message {
        id: intake.chance().message_id(now),
        member: 0,
        direction: Direction::Mo,
        origin: message.origin.clone(),
        source: message.destination.clone(),
        destination: message.source.clone(),
        service_type: message.service_type.clone(),
        protocol_id: 0,
        data_coding: 0,
        esm_class: INTERMEDIATE,
        priority: message.priority,
        receipt: ReceiptRequest::NONE,
        accepted_at: now,
        not_before: None,
        expires_at: Some(now.plus(NOTIFICATION_VALIDITY)),
        in_reply_to: Some(message.id),
        attached: None,
        tlvs: pdu.tlvs.as_wire().clone(),
        parts: Parts::from_elem(pdu.short_message, 1),
    };
    let target = message.origin.clone();
    let is_told = intake.tells_sessions_of(&target);
    is_told.then(|| Entry { message: Arc::new(notification), target, alternatives: Vec::new() })
}

/// The number of a state for SMPP: one that it has no word for is told as still under way.
pub(in super::super) fn state_number(state: State) -> u8 {
    if state == State::HandedOver { State::Enroute as u8 } else { state as u8 }
}

/// B-2: what the bits ask for; 3 is of 5.0. Who wants to know what happens on the way has to be tracked.
pub(in super::super) fn receipt_request(registered_delivery: u8) -> ReceiptRequest {
    let final_state = registered_delivery & 0x03;
    let others = registered_delivery & (ReceiptRequest::INTERMEDIATE | ReceiptRequest::ACKNOWLEDGEMENTS);
    ReceiptRequest {
        on_success: matches!(final_state, 1 | 3),
        on_failure: matches!(final_state, 1 | 2),
        tracked: final_state != 0 || others & ReceiptRequest::INTERMEDIATE != 0,
        others,
    }
}

/// esm_class bits, SMPP 3.4 section 5.2.12.
const MESSAGE_TYPE: u8 = 0x3C;
const SMSC_RECEIPT: u8 = 0x04;
const INTERMEDIATE: u8 = 0x20;
/// Two types at once, which some SMSCs say of receipts: the state tells which it is.
const RECEIPT_AND_NOTIFICATION: u8 = SMSC_RECEIPT | INTERMEDIATE;
const DELIVERY_ACKNOWLEDGEMENT: u8 = 0x08;
const USER_ACKNOWLEDGEMENT: u8 = 0x10;
const CONVERSATION_ABORT: u8 = 0x18;
/// message_state: not tried yet, SMPP 5.0 section 4.7.15.
pub(in super::super) const SCHEDULED: u8 = 0;
/// message_state: one member of a broadcast or a list was left out, the same section.
const SKIPPED: u8 = 9;
/// network_error_code: the network is GSM, SMPP 3.4 section 5.3.2.31.
const NETWORK_GSM: u8 = 3;
/// What TLVs of a receipt say of the PDU that they are in, or of the message by the names that the SMSC knows.
const OF_THE_PDU: [TlvTag; 11] = [
    TlvTag::RECEIPTED_MESSAGE_ID,
    TlvTag::MESSAGE_STATE,
    TlvTag::USER_MESSAGE_REFERENCE,
    TlvTag::MESSAGE_PAYLOAD,
    TlvTag::PAYLOAD_TYPE,
    TlvTag::SAR_MSG_REF_NUM,
    TlvTag::SAR_TOTAL_SEGMENTS,
    TlvTag::SAR_SEGMENT_SEQNUM,
    TlvTag::SOURCE_PORT,
    TlvTag::DESTINATION_PORT,
    TlvTag::QOS_TIME_TO_LIVE,
];
const RECEIPT_OCTETS: usize = 160;
/// What is not the end is soon no news.
const NOTIFICATION_VALIDITY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::tests::message;
    use super::*;

    #[test]
    fn a_receipt_has_the_form_of_appendix_b() {
        //
        let notice =
            Notice { state: State::Delivered, error: 0, done_at: Timestamp(1_337_243_460_000), delivered: 1 };
        let pdu = receipt_for(&message(), notice, IdForm::Hex, &Bytes::new());
        let id = "ab".repeat(16);
        let wanted = format!(
            "id:{id} sub:001 dlvrd:001 submit date:1205170830 done date:1205170831 stat:DELIVRD err:000 \
             text:Halo dunia, this is "
        );
        assert_eq!(std::str::from_utf8(&pdu.short_message).unwrap(), wanted);
        assert_eq!(pdu.esm_class, 0x04);
        assert_eq!((&pdu.source.value[..], &pdu.destination.value[..]), (&b"628111"[..], &b"BANK"[..]));
        assert_eq!(pdu.tlvs.receipted_message_id(), Some(id.as_bytes()));
        assert_eq!(pdu.tlvs.message_state(), Some(2));
    }

    #[test]
    fn what_we_write_as_a_receipt_we_read_as_one() {
        let notice = Notice { state: State::Undeliverable, error: 34, done_at: Timestamp(0), delivered: 0 };
        let pdu = receipt_for(&message(), notice, IdForm::Hex, &Bytes::new());
        assert!(is_receipt(&pdu));
        let read = receipt(&pdu, &"telco".into(), &Profile::default(), Timestamp(0)).unwrap();
        assert_eq!((read.state, read.error), (State::Undeliverable, 34));
        assert_eq!(&read.remote_id.raw[..], "ab".repeat(16).as_bytes());
    }

    #[test]
    fn a_receipt_is_read_behind_its_header() {
        // B-1, R-2
        let pdu = ShortMessage {
            esm_class: 0x44,
            short_message: Bytes::from_static(b"\x05\x00\x03\x07\x01\x01id:7 stat:UNDELIV err:005"),
            ..ShortMessage::default()
        };
        let read = receipt(&pdu, &"telco".into(), &Profile::default(), Timestamp(0)).unwrap();
        assert_eq!((read.state, read.error, &read.remote_id.raw[..]), (State::Undeliverable, 5, &b"7"[..]));
    }

    #[test]
    fn a_state_that_is_none_of_a_message_that_ended_ends_nothing() {
        // V-3
        let state = |number| {
            let mut pdu = ShortMessage { esm_class: 0x04, ..ShortMessage::default() };
            pdu.short_message = Bytes::from_static(b"id:7 stat:UNDELIV");
            push(&mut pdu.tlvs, TlvTag::MESSAGE_STATE, &[number]);
            receipt(&pdu, &"telco".into(), &Profile::default(), Timestamp(0)).unwrap().state
        };
        assert_eq!((state(0), state(2), state(9)), (State::Enroute, State::Delivered, State::Unknown));
        assert_eq!(state(16), State::Undeliverable, "the text says it");
    }

    #[test]
    fn a_receipt_without_a_state_that_there_is_is_none() {
        // R-2, V-3
        let read = |esm_class, text: &'static str, number: Option<u8>| {
            let mut pdu = ShortMessage { esm_class, ..ShortMessage::default() };
            pdu.short_message = Bytes::from_static(text.as_bytes());
            number.into_iter().for_each(|number| push(&mut pdu.tlvs, TlvTag::MESSAGE_STATE, &[number]));
            receipt(&pdu, &"telco".into(), &Profile::default(), Timestamp(0))
                .ok()
                .map(|receipt| receipt.state)
        };
        assert_eq!(read(0x04, "id:7 stat:PERHAPS err:000", None), None);
        assert_eq!(read(0x04, "id:7 stat:PERHAPS err:011", Some(77)), None);
        assert_eq!(read(0x04, "id:7", Some(16)), None);
        assert_eq!(read(0x04, "id:7", None), None);
        assert_eq!(read(0x04, "stat:DELIVRD", None), None, "it names no message");
        assert_eq!(read(0x04, "id:7 stat:SCHEDULED", None), Some(State::Enroute));
        assert_eq!(read(0x04, "id:7 stat:SKIPPED", None), Some(State::Unknown));
        assert_eq!(read(0x04, "id:7 err:011", None), Some(State::Unknown), "an error is an end");
        assert_eq!(read(0x20, "id:7", None), Some(State::Enroute));
        assert_eq!(read(0x24, "id:7 stat:ENROUTE", None), Some(State::Enroute));
        assert_eq!(read(0x24, "id:7 stat:DELIVRD", None), Some(State::Delivered));
    }

    #[test]
    fn who_names_a_message_and_no_state_of_it_is_no_receipt() {
        //
        let reads = |text: &'static str, named: bool, state: Option<u8>| {
            let mut pdu = ShortMessage {
                short_message: Bytes::from_static(text.as_bytes()),
                ..ShortMessage::default()
            };
            if named {
                push(&mut pdu.tlvs, TlvTag::RECEIPTED_MESSAGE_ID, b"7\0");
            }
            state.into_iter().for_each(|state| push(&mut pdu.tlvs, TlvTag::MESSAGE_STATE, &[state]));
            reads_as_receipt(&pdu)
        };
        assert!(reads("id:7 stat:DELIVRD", false, None) && reads("", true, Some(2)));
        assert!(reads("stat:DELIVRD", true, None) && reads("id:7", false, Some(5)));
        assert!(
            !reads("seen", true, None) && !reads("", true, Some(77)) && !reads("stat:DELIVRD", false, None)
        );
    }

    #[test]
    fn a_receipt_is_known_by_its_bits() {
        // B-1: receipts come as 0x44 too.
        let kind = |esm_class| is_receipt(&ShortMessage { esm_class, ..ShortMessage::default() });
        assert!(kind(0x04) && kind(0x44) && kind(0x20) && kind(0x07) && kind(0x24));
        assert!(!kind(0x00) && !kind(0x40) && !kind(0x08));
    }

    #[test]
    fn the_bits_of_registered_delivery_are_wishes() {
        // B-2
        let told = |bits: u8| {
            let request = receipt_request(bits);
            (request.on_success, request.on_failure, request.tracked, request.others)
        };
        assert_eq!(told(0), (false, false, false, 0));
        assert_eq!(told(1), (true, true, true, 0));
        assert_eq!(told(2), (false, true, true, 0));
        assert_eq!(told(3), (true, false, true, 0));
        assert_eq!(told(0x0C), (false, false, false, 0x0C));
        assert_eq!(told(0x11), (true, true, true, 0x10));
        assert_eq!(told(0x10), (false, false, true, 0x10));
    }
}
