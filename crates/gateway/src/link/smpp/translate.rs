//! The only place that knows both an SMPP PDU and a message.

use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use bytes::Bytes;
use smpp::{Body, CString, CommandStatus, ShortMessage, TlvTag, Tlvs, VERSION_3_4};
use sms::{
    Direction, Message, Npi, ParsedReceipt, Parts, Priority, ReceiptRequest, ReceiptText, State, Timestamp,
    Ton,
};
use store::{Entry, Item, Lease, Notice, RemoteId, RemoteReceipt, Sighting, Store};

use super::values::{self, Times};
use super::{sar, short_id};
use crate::clock::Clock;
use crate::config::{IdForm, Profile, ReceiptIdFrom, ValidityForm};
use crate::intake::Intake;
use crate::refusal::Refusal;
use crate::report;
use crate::submission::{Content, Submission};

/// What a submit_sm of an ESME that speaks `version` wants carried, or the status that refuses it.
pub(super) fn submission(
    pdu: &ShortMessage,
    version: u8,
    now: Timestamp,
) -> Result<Submission, CommandStatus> {
    values::check(pdu, version)?;
    checked_submission(pdu, now)
}

/// The same for a message to several, whose destination is not looked at yet.
pub(super) fn shared_submission(
    pdu: &ShortMessage,
    version: u8,
    now: Timestamp,
) -> Result<Submission, CommandStatus> {
    values::check_shared(pdu, version)?;
    checked_submission(pdu, now)
}

fn checked_submission(pdu: &ShortMessage, now: Timestamp) -> Result<Submission, CommandStatus> {
    let Times { not_before, expires_at } = values::times(pdu, now)?;
    let receipt = receipt_request(pdu.registered_delivery);
    Ok(Submission { receipt, not_before, expires_at, ..carried(pdu, Direction::Mt) })
}

/// What a deliver_sm of an SMSC brings, if it is no receipt.
///
/// An acknowledgement names the message that it is for by the id of the SMSC, which its receiver does not know: that
/// is left out, or it might be taken for one of his own.
pub(super) fn mobile_originated(pdu: &ShortMessage) -> Submission {
    let others = pdu.registered_delivery & ReceiptRequest::ACKNOWLEDGEMENTS;
    let mut submission = carried(pdu, Direction::Mo);
    if is_acknowledgement(pdu) && pdu.tlvs.receipted_message_id().is_some() {
        let (_, tlvs) = body(pdu);
        submission.tlvs = tlvs.without(|tag| tag == TlvTag::RECEIPTED_MESSAGE_ID).as_wire().clone();
    }
    Submission { receipt: ReceiptRequest { others, ..ReceiptRequest::NONE }, ..submission }
}

/// Whether a deliver_sm carries a receipt or a notification, or says to be both; by its bits, not by equality (B-1).
pub(super) fn is_receipt(pdu: &ShortMessage) -> bool {
    matches!(pdu.esm_class & MESSAGE_TYPE, SMSC_RECEIPT | INTERMEDIATE | RECEIPT_AND_NOTIFICATION)
}

/// Whether a deliver_sm is what a handset says of a message that it got: acknowledgement by itself or by its user,
/// or the end of a conversation.
pub(super) fn is_acknowledgement(pdu: &ShortMessage) -> bool {
    matches!(
        pdu.esm_class & MESSAGE_TYPE,
        DELIVERY_ACKNOWLEDGEMENT | USER_ACKNOWLEDGEMENT | CONVERSATION_ABORT
    )
}

/// Whether a deliver_sm that does not say so carries a receipt all the same: it names a message and its
/// state. A name alone, which messages of handsets and their acknowledgements have too, makes none.
pub(super) fn reads_as_receipt(pdu: &ShortMessage) -> bool {
    let parsed = sms::parse_receipt(&receipt_text(pdu)).unwrap_or_default();
    let is_named = parsed.id.is_some() || pdu.tlvs.receipted_message_id().is_some_and(|id| !id.is_empty());
    let number = pdu.tlvs.message_state().and_then(state_of_number);
    is_named && number.or(parsed.state).is_some()
}

/// The receipt in such a deliver_sm.
///
/// # Errors
/// Says what is missing: the message that it is about, or a state that there is.
pub(super) fn receipt(
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

/// The submit_sm that carries a segment to an SMSC that speaks `version` and is told its end like this; `clock` says how
/// long it is away.
pub(super) fn submit_sm(lease: &Lease, version: u8, validity: ValidityForm, clock: Clock) -> ShortMessage {
    let message = lease.message();
    let mut pdu = short_message(message, segment(lease), version);
    let receipt = if message.receipt.asks_smsc() { RECEIPT_ALWAYS } else { 0 };
    (pdu.priority_flag, pdu.registered_delivery) =
        as_known(version, message.priority.0, message.receipt.others | receipt);
    if let Some(expires_at) = message.expires_at {
        pdu.validity_period = match validity {
            ValidityForm::Absolute => CString::clipped(sms::format_smpp_time(expires_at).as_bytes()),
            ValidityForm::Relative => {
                CString::clipped(sms::format_smpp_span(expires_at.since(clock.wall())).as_bytes())
            }
            ValidityForm::None => CString::EMPTY,
        };
    }
    pdu
}

/// The deliver_sm that carries a segment or a receipt to an ESME that speaks `version`.
pub(super) fn deliver_sm(lease: &Lease, version: u8, ids: IdForm) -> ShortMessage {
    match lease.item() {
        Item::Segment(_) => delivered(lease.message(), segment(lease), version),
        Item::Notice(notice) => receipt_for(lease.message(), notice, ids, lease.receipt_tlvs()),
    }
}

fn delivered(message: &Message, body: Bytes, version: u8) -> ShortMessage {
    let acknowledgements = message.receipt.others & ReceiptRequest::ACKNOWLEDGEMENTS;
    let (priority_flag, registered_delivery) =
        as_known(version, message.priority.0.min(Priority::URGENT.0), acknowledgements);
    ShortMessage { priority_flag, registered_delivery, ..short_message(message, body, version) }
}

/// A priority and a registered_delivery as a peer knows them: 3.3 has two of each (V-1).
fn as_known(version: u8, priority: u8, registered_delivery: u8) -> (u8, u8) {
    if version < VERSION_3_4 {
        (priority.min(1), registered_delivery & RECEIPT_ALWAYS)
    } else {
        (priority, registered_delivery)
    }
}

/// How congested we are while `unanswered` requests of a window are: as much as the window is used, or as
/// the store is behind (W-6).
pub(super) fn congestion(unanswered: usize, window: usize, store: &dyn Store) -> u8 {
    let Some(pressure) = store.pressure() else { return CONGESTED };
    // The request that is being answered is one of them, and nobody else's burden.
    let used = (unanswered.saturating_sub(1) * 100).checked_div(window).unwrap_or(0);
    pressure.max(u8::try_from(used).unwrap_or(CONGESTED)).min(CONGESTED)
}

/// Adds congestion_state to a response.
pub(super) fn tell_congestion(body: &mut Body, state: u8) {
    if let Some(tlvs) = body.tlvs_mut() {
        tlvs.push_u8(TlvTag::CONGESTION_STATE, state);
    }
}

/// How a refusal is said in SMPP.
pub(super) fn status(refusal: &Refusal) -> CommandStatus {
    match refusal {
        Refusal::NoRoute | Refusal::BadDestination => CommandStatus::INVDSTADR,
        Refusal::SourceNotAllowed => CommandStatus::INVSRCADR,
        Refusal::ProtocolNotAllowed => CommandStatus::PROHIBITED,
        Refusal::BadLength => CommandStatus::INVMSGLEN,
        Refusal::Expired => CommandStatus::INVEXPIRY,
        // Nobody quotes a message by SMPP.
        Refusal::NoReply(_) => CommandStatus::SUBMITFAIL,
        Refusal::Throttled => CommandStatus::THROTTLED,
        Refusal::QueueFull => CommandStatus::MSGQFUL,
        Refusal::Unavailable => CommandStatus::SYSERR,
    }
}

/// Whether a status says that the same request may succeed later; section 5.1.3 of SMPP 3.4 names the
/// conditions, 5.0 adds "service type unavailable". ESME_RINVBNDSTS is among them: it refuses the session,
/// which is taking leave for example, and not the message.
pub(super) fn is_temporary(status: CommandStatus) -> bool {
    matches!(
        status,
        CommandStatus::INVBNDSTS
            | CommandStatus::SYSERR
            | CommandStatus::MSGQFUL
            | CommandStatus::THROTTLED
            | CommandStatus::X_T_APPN
            | CommandStatus::UNKNOWNERR
            | CommandStatus::SERTYPUNAVAIL
    )
}

/// An address as the middle knows it.
pub(super) fn address(address: &smpp::Address) -> sms::Address {
    sms::Address::new(Ton(address.ton), Npi(address.npi), &address.value).unwrap_or_default()
}

fn wire_address(address: &sms::Address) -> smpp::Address {
    smpp::Address { ton: address.ton.0, npi: address.npi.0, value: CString::clipped(&address.value) }
}

fn segment(lease: &Lease) -> Bytes {
    let Item::Segment(index) = lease.item() else { return Bytes::new() };
    lease.message().parts.get(usize::from(index)).cloned().unwrap_or_default()
}

/// What is read alike from a submit_sm and a deliver_sm.
fn carried(pdu: &ShortMessage, direction: Direction) -> Submission {
    let (octets, tlvs) = body(pdu);
    let esm_class = pdu.esm_class & !MODE_BITS;
    let (esm_class, octets, tlvs) = match direction {
        Direction::Mo => sar::into_header(esm_class, octets, tlvs),
        Direction::Mt => (esm_class, octets, tlvs),
    };
    Submission {
        id: None,
        direction,
        source: address(&pdu.source),
        destination: address(&pdu.destination),
        service_type: service_type(&pdu.service_type),
        protocol_id: pdu.protocol_id,
        esm_class,
        priority: Priority(pdu.priority_flag.min(Priority::URGENT.0)),
        receipt: ReceiptRequest::NONE,
        not_before: None,
        expires_at: None,
        in_reply_to: None,
        attached: None,
        tlvs: tlvs.as_wire().clone(),
        content: Content::Encoded { data_coding: pdu.data_coding, octets },
        may_be_odd: false,
        back_to: None,
        wish: None,
    }
}

/// What is written alike to a submit_sm and a deliver_sm. To who has no TLVs, a header says what they would.
fn short_message(message: &Message, body: Bytes, version: u8) -> ShortMessage {
    let tlvs = Tlvs::from_wire(message.tlvs.clone()).unwrap_or_default();
    let (esm_class, body, tlvs) = if version < VERSION_3_4 {
        sar::into_short_header(message.esm_class, body, tlvs)
    } else {
        sar::out_of_header(message.esm_class, body, tlvs)
    };
    let mut pdu = ShortMessage {
        service_type: CString::clipped(&message.service_type),
        source: wire_address(&message.source),
        destination: wire_address(&message.destination),
        esm_class,
        protocol_id: message.protocol_id,
        data_coding: message.data_coding,
        tlvs,
        ..ShortMessage::default()
    };
    if body.len() > SHORT_MESSAGE_OCTETS_MAX {
        push(&mut pdu.tlvs, TlvTag::MESSAGE_PAYLOAD, &body);
    } else {
        pdu.short_message = body;
    }
    pdu
}

/// The owner's receipt: Appendix B text and TLVs, from the mobile back to the sender, and behind them what the
/// SMSC's receipt said besides.
fn receipt_for(message: &Message, notice: Notice, ids: IdForm, besides: &Bytes) -> ShortMessage {
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
pub(super) fn notification(sighting: Sighting, intake: &Intake) -> Option<Entry> {
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
pub(super) fn state_number(state: State) -> u8 {
    if state == State::HandedOver { State::Enroute as u8 } else { state as u8 }
}

/// B-2: what the bits ask for; 3 is of 5.0. Who wants to know what happens on the way has to be tracked.
pub(super) fn receipt_request(registered_delivery: u8) -> ReceiptRequest {
    let final_state = registered_delivery & 0x03;
    let others = registered_delivery & (ReceiptRequest::INTERMEDIATE | ReceiptRequest::ACKNOWLEDGEMENTS);
    ReceiptRequest {
        on_success: matches!(final_state, 1 | 3),
        on_failure: matches!(final_state, 1 | 2),
        tracked: final_state != 0 || others & ReceiptRequest::INTERMEDIATE != 0,
        others,
    }
}

/// The body, wherever it stands, and the TLVs that are carried along.
///
/// A time to live is not among them: it was counted from when the message came, and is its end now.
fn body(pdu: &ShortMessage) -> (Bytes, Tlvs) {
    if pdu.tlvs.is_empty() {
        return (pdu.short_message.clone(), Tlvs::new());
    }
    let is_read = |tag| matches!(tag, TlvTag::MESSAGE_PAYLOAD | TlvTag::QOS_TIME_TO_LIVE);
    let payload = pdu.tlvs.message_payload().filter(|payload| !payload.is_empty());
    let body = payload.unwrap_or_else(|| pdu.short_message.clone());
    if !pdu.tlvs.iter().any(|(tag, _)| is_read(tag)) {
        return (body, pdu.tlvs.clone());
    }
    (body, pdu.tlvs.without(is_read))
}

/// Adds a TLV; every value here is far shorter than a TLV can be.
pub(super) fn push(tlvs: &mut Tlvs, tag: TlvTag, value: &[u8]) {
    let pushed = tlvs.push(tag, value);
    debug_assert!(pushed.is_ok(), "a TLV takes 65,535 octets");
}

fn service_type(octets: &[u8]) -> ArrayVec<u8, 5> {
    octets.iter().copied().take(5).collect()
}

/// esm_class bits, SMPP 3.4 section 5.2.12.
const MODE_BITS: u8 = 0x03;
const MESSAGE_TYPE: u8 = 0x3C;
const SMSC_RECEIPT: u8 = 0x04;
const INTERMEDIATE: u8 = 0x20;
/// Two types at once, which some SMSCs say of receipts: the state tells which it is.
const RECEIPT_AND_NOTIFICATION: u8 = SMSC_RECEIPT | INTERMEDIATE;
const DELIVERY_ACKNOWLEDGEMENT: u8 = 0x08;
const USER_ACKNOWLEDGEMENT: u8 = 0x10;
const CONVERSATION_ABORT: u8 = 0x18;
/// message_state: not tried yet, SMPP 5.0 section 4.7.15.
pub(super) const SCHEDULED: u8 = 0;
/// message_state: one member of a broadcast or a list was left out, the same section.
const SKIPPED: u8 = 9;
/// registered_delivery: a receipt whatever the outcome, SMPP 3.4 section 5.2.17.
const RECEIPT_ALWAYS: u8 = 0x01;
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
const SHORT_MESSAGE_OCTETS_MAX: usize = 254;
/// congestion_state: nothing more, please, SMPP 5.0 section 4.8.4.18.
const CONGESTED: u8 = 100;
const RECEIPT_OCTETS: usize = 160;
/// What is not the end is soon no news.
const NOTIFICATION_VALIDITY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sms::{Address, MessageId};

    use super::*;

    fn message() -> Message {
        Message {
            id: MessageId::from_octets([0xAB; 16]),
            member: 0,
            direction: Direction::Mt,
            origin: "bank".into(),
            source: Address::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, b"BANK").unwrap(),
            destination: Address::new(Ton::INTERNATIONAL, Npi::E164, b"628111").unwrap(),
            service_type: ArrayVec::try_from(&b"CMT"[..]).unwrap(),
            protocol_id: 0,
            data_coding: 0,
            esm_class: 0,
            priority: Priority::BULK,
            receipt: ReceiptRequest::FINAL,
            accepted_at: Timestamp(1_337_243_400_000),
            not_before: None,
            expires_at: None,
            in_reply_to: None,
            attached: None,
            tlvs: Bytes::new(),
            parts: Parts::from_elem(Bytes::from_static(b"Halo dunia, this is a longer text"), 1),
        }
    }

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
    fn an_acknowledgement_of_a_handset_names_no_message_of_the_smsc() {
        let named = |esm_class| {
            let mut pdu = ShortMessage { esm_class, ..ShortMessage::default() };
            push(&mut pdu.tlvs, TlvTag::RECEIPTED_MESSAGE_ID, b"7\0");
            push(&mut pdu.tlvs, TlvTag(0x1400), b"vendor");
            let tlvs = mobile_originated(&pdu).tlvs;
            (tlvs.len() > 4 + 6, tlvs.ends_with(b"vendor"))
        };
        assert_eq!([0x08, 0x10, 0x18, 0x48].map(named), [(false, true); 4]);
        assert_eq!(named(0), (true, true));
    }

    #[test]
    fn a_message_whose_payload_is_empty_has_its_text() {
        let mut pdu = ShortMessage { short_message: Bytes::from_static(b"hello"), ..ShortMessage::default() };
        push(&mut pdu.tlvs, TlvTag::MESSAGE_PAYLOAD, b"");
        let Content::Encoded { octets, .. } = mobile_originated(&pdu).content else { panic!("octets") };
        assert_eq!(octets, "hello");
    }

    #[test]
    fn a_message_of_a_handset_keeps_its_priority_and_what_it_asks_for() {
        // B-2, B-3
        let brought = ShortMessage { priority_flag: 2, registered_delivery: 0x0D, ..ShortMessage::default() };
        let Submission { priority, receipt, .. } = mobile_originated(&brought);
        let message = Message { priority, receipt, ..message() };
        let told = |version| {
            let pdu = delivered(&message, Bytes::new(), version);
            (pdu.priority_flag, pdu.registered_delivery)
        };
        assert_eq!(told(VERSION_3_4), (2, 0x0C));
        assert_eq!(told(smpp::VERSION_3_3), (1, 0));
        assert!(!receipt.asks_smsc());
    }

    #[test]
    fn an_smsc_of_3_3_is_asked_what_it_knows() {
        // V-1
        assert_eq!(as_known(smpp::VERSION_3_3, 3, 0x1D), (1, 0x01));
        assert_eq!(as_known(VERSION_3_4, 3, 0x1D), (3, 0x1D));
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

    #[test]
    fn a_submission_keeps_what_the_esme_said() {
        let mut pdu = ShortMessage {
            service_type: CString::clipped(b"CMT"),
            destination: smpp::Address { ton: 1, npi: 1, value: CString::clipped(b"628111") },
            registered_delivery: 1,
            data_coding: 8,
            ..ShortMessage::default()
        };
        push(&mut pdu.tlvs, TlvTag(0x1400), b"entity");
        push(&mut pdu.tlvs, TlvTag::MESSAGE_PAYLOAD, b"\0x");
        let submission = submission(&pdu, smpp::VERSION_3_4, Timestamp(0)).unwrap();
        assert_eq!(submission.receipt, ReceiptRequest::FINAL);
        let Content::Encoded { data_coding, octets } = submission.content else { panic!() };
        assert_eq!((data_coding, &octets[..]), (8, &b"\0x"[..]));
        // T-1: a vendor's TLV is carried along octet for octet.
        assert_eq!(&submission.tlvs[..], b"\x14\x00\x00\x06entity");
    }
}
