//! The only place that knows both an SMPP PDU and a message.

mod receipt;
mod status;

use arrayvec::ArrayVec;
use bytes::Bytes;
use smpp::{CString, CommandStatus, ShortMessage, TlvTag, Tlvs, VERSION_3_4};
use sms::{Direction, Message, Npi, Priority, ReceiptRequest, Timestamp, Ton};
use store::{Item, Lease};

use self::receipt::receipt_for;
use super::sar;
use super::values::{self, Times};
use crate::clock::Clock;
use crate::config::{IdForm, ValidityForm};
use crate::submission::{Content, Submission};

pub(super) use self::receipt::{
    SCHEDULED, is_acknowledgement, is_receipt, notification, reads_as_receipt, receipt, receipt_request,
    state_number,
};
pub(super) use self::status::{congestion, is_temporary, status, tell_congestion};

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
/// registered_delivery: a receipt whatever the outcome, SMPP 3.4 section 5.2.17.
const RECEIPT_ALWAYS: u8 = 0x01;
const SHORT_MESSAGE_OCTETS_MAX: usize = 254;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sms::{Address, MessageId, Parts};

    use super::*;

    pub(super) fn message() -> Message {
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
