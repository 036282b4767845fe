//! The body of a PDU, wherever it stands.

use bytes::Bytes;
use smpp::{ShortMessage, TlvTag};
use sms::{Message, UserDataHeader};

/// The octets of the body.
pub(super) fn of(pdu: &ShortMessage) -> Bytes {
    pdu.tlvs.message_payload().unwrap_or_else(|| pdu.short_message.clone())
}

/// Puts another body in its place: in short_message if it fits there.
pub(super) fn put(pdu: &mut ShortMessage, body: Bytes) {
    if pdu.tlvs.message_payload().is_some() {
        pdu.tlvs = pdu.tlvs.without(|tag| tag == TlvTag::MESSAGE_PAYLOAD);
    }
    if body.len() > SHORT_MESSAGE_OCTETS_MAX {
        put_into_payload(pdu, &body);
    } else {
        pdu.short_message = body;
    }
}

/// Moves the body to message_payload.
pub(super) fn put_into_payload(pdu: &mut ShortMessage, body: &[u8]) {
    pdu.short_message = Bytes::new();
    let pushed = pdu.tlvs.push(TlvTag::MESSAGE_PAYLOAD, body);
    debug_assert!(pushed.is_ok(), "no body is longer than a TLV");
}

/// The body with a header of these elements, or without one if there are none.
pub(super) fn with_elements(pdu: &mut ShortMessage, elements: &[u8], text: &[u8]) -> Bytes {
    if elements.is_empty() {
        pdu.esm_class &= !Message::UDHI;
        return Bytes::copy_from_slice(text);
    }
    Bytes::from([&[elements.len() as u8], elements, text].concat())
}

/// How many octets of the body are its user data header; one that is broken is none.
pub(super) fn header_octets(pdu: &ShortMessage, body: &[u8]) -> usize {
    if pdu.esm_class & Message::UDHI == 0 {
        return 0;
    }
    UserDataHeader::parse(body).map_or(0, |(header, _)| header.octets())
}

/// SMPP 3.4 section 5.2.21.
pub(super) const SHORT_MESSAGE_OCTETS_MAX: usize = 254;
