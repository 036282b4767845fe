//! Receipts as deliver_sm.

use bytes::{BufMut, Bytes, BytesMut};
use smpp::{Address, CString, ShortMessage, TlvTag, Tlvs};
use sms::{ReceiptText, State, Timestamp};

use super::IdForm;
use crate::join;

/// The end of a message, to be told to its ESME.
#[derive(Clone)]
pub(super) struct Receipt {
    number: u32,
    service_type: CString<5>,
    source: Address,
    destination: Address,
    submitted_at: Timestamp,
    state: State,
    text: CString<{ sms::RECEIPT_TEXT_OCTETS_MAX }>,
}

impl Receipt {
    /// The receipt for a submission with this number that ends in `state`.
    pub(super) fn of(number: u32, message: &ShortMessage, state: State, submitted_at: Timestamp) -> Self {
        Self {
            number,
            service_type: message.service_type.clone(),
            source: message.destination.clone(),
            destination: message.source.clone(),
            submitted_at,
            state,
            text: CString::clipped(&sms::excerpt(message.data_coding, &join::text_of(message))),
        }
    }

    /// Whether an ESME that asked so wants to be told (SMPP 3.4 section 5.2.17; 5.0 has 3 for success).
    pub(super) fn is_wanted(registered_delivery: u8, state: State) -> bool {
        match registered_delivery & 0b11 {
            0 => false,
            1 => true,
            2 => state != State::Delivered,
            _ => state == State::Delivered,
        }
    }
}

/// Writes the bodies of receipts, many into one allocation.
pub(super) struct Pen {
    text: Vec<u8>,
    page: BytesMut,
}

impl Pen {
    pub(super) fn new() -> Self {
        Self { text: Vec::new(), page: BytesMut::with_capacity(PAGE_OCTETS) }
    }

    /// The deliver_sm that tells it at `now` (SMPP 3.4 appendix B and sections 5.3.2.12, .31, .35).
    pub(super) fn write(&mut self, receipt: &Receipt, form: IdForm, now: Timestamp) -> ShortMessage {
        let id = form.in_receipt(receipt.number);
        let error = network_error(receipt.state);
        self.text.clear();
        let delivered = u16::from(receipt.state == State::Delivered);
        ReceiptText {
            id: &id,
            submitted: 1,
            delivered,
            submit_date: receipt.submitted_at,
            done_date: now,
            state: receipt.state,
            error: error.into(),
            text: &receipt.text,
        }
        .write(&mut self.text);
        ShortMessage {
            service_type: receipt.service_type.clone(),
            source: receipt.source.clone(),
            destination: receipt.destination.clone(),
            esm_class: RECEIPT,
            short_message: self.body(),
            tlvs: self.tlvs(&id, receipt.state, error),
            ..ShortMessage::default()
        }
    }

    fn body(&mut self) -> Bytes {
        self.page.reserve(PAGE_OCTETS_MIN);
        self.page.put_slice(&self.text);
        self.page.split().freeze()
    }

    fn tlvs(&mut self, id: &[u8], state: State, error: u16) -> Tlvs {
        let page = &mut self.page;
        page.put_u16(TlvTag::RECEIPTED_MESSAGE_ID.0);
        page.put_u16(id.len() as u16 + 1);
        page.put_slice(id);
        page.put_u8(0);
        page.put_u16(TlvTag::MESSAGE_STATE.0);
        page.put_u16(1);
        page.put_u8(state as u8);
        if error != 0 {
            page.put_u16(TlvTag::NETWORK_ERROR_CODE.0);
            page.put_u16(3);
            page.put_u8(NETWORK_GSM);
            page.put_u16(error);
        }
        Tlvs::from_wire(page.split().freeze()).unwrap_or_default()
    }
}

/// The GSM error that goes with a state, 0 for none.
const fn network_error(state: State) -> u16 {
    match state {
        State::Undeliverable => 11,
        State::Rejected => 21,
        State::Expired => 27,
        State::Unknown => 255,
        _ => 0,
    }
}

/// esm_class of a receipt (SMPP 3.4 section 5.2.12).
const RECEIPT: u8 = 0x04;
/// The network type of network_error_code (SMPP 3.4 section 5.3.2.31).
const NETWORK_GSM: u8 = 3;
/// The bodies of some sixty receipts.
const PAGE_OCTETS: usize = 16 * 1024;
/// Room for the longest receipt with its TLVs; the page is allocated anew when less is left.
const PAGE_OCTETS_MIN: usize = 512;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// 2012-05-17T08:30:00Z.
    const MAY: Timestamp = Timestamp(1_337_243_400_000);

    fn submission() -> ShortMessage {
        ShortMessage {
            source: Address::new(0, 1, b"9876").unwrap(),
            destination: Address::new(1, 1, b"628123456789").unwrap(),
            short_message: b"Halo"[..].into(),
            ..ShortMessage::default()
        }
    }

    //
    #[test]
    fn a_receipt_has_text_and_tlvs() {
        let receipt = Receipt::of(12_345, &submission(), State::Undeliverable, MAY);
        let pdu = Pen::new().write(&receipt, IdForm::Decimal, Timestamp(MAY.0 + 60_000));
        let expected = "id:00012345 sub:001 dlvrd:000 submit date:1205170830 done date:1205170831 \
                        stat:UNDELIV err:011 text:Halo";
        assert_eq!(String::from_utf8_lossy(&pdu.short_message), expected);
        assert_eq!((pdu.esm_class, pdu.source.value.as_slice()), (4, &b"628123456789"[..]));
        assert_eq!(pdu.destination.value.as_slice(), b"9876");
        assert_eq!(pdu.tlvs.receipted_message_id(), Some(&b"00012345"[..]));
        assert_eq!(pdu.tlvs.message_state(), Some(5));
        assert_eq!(pdu.tlvs.network_error_code(), Some((3, 11)));
    }

    //
    #[test]
    fn the_text_is_found_behind_a_header() {
        let part = ShortMessage {
            esm_class: join::UDHI,
            short_message: b"\x05\x00\x03\x01\x02\x01Halo"[..].into(),
            ..submission()
        };
        let mut payload = submission();
        payload.short_message = Bytes::new();
        payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"Halo").unwrap();
        for message in [part, payload] {
            assert_eq!(Receipt::of(1, &message, State::Delivered, MAY).text.as_slice(), b"Halo");
        }
    }

    // B-2
    #[test]
    fn registered_delivery_says_which_receipts() {
        let wanted = |asked| [State::Delivered, State::Expired].map(|state| Receipt::is_wanted(asked, state));
        assert_eq!([0, 1, 2, 3].map(wanted), [[false; 2], [true; 2], [false, true], [true, false]]);
        assert_eq!(wanted(0x11), [true; 2]);
    }
}
