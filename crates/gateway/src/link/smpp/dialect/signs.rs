//! How the peer is told a class, and what waits for a subscriber: I-2, I-4.

use smpp::{CString, ShortMessage, TlvTag};
use sms::data_coding::{Characters, ClassBits, Meaning};
use sms::udh::{Element, Waiting};
use sms::{DataCoding, MessageClass, UserDataHeader};

use super::body;
use crate::config::{ClassForm, Profile, WaitingForm};

/// Where a class and what waits stand, when that is not as they stand inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    class: ClassForm,
    waiting: WaitingForm,
}

impl Signs {
    pub(super) fn of(profile: &Profile) -> Option<Self> {
        let signs = Self { class: profile.message_class, waiting: profile.message_waiting };
        let are_kept = signs.class == ClassForm::DataCoding && signs.waiting == WaitingForm::Both;
        (!are_kept).then_some(signs)
    }

    pub(super) fn say(self, pdu: &mut ShortMessage) {
        if self.class == ClassForm::Subunit {
            by_subunit(pdu);
        }
        match self.waiting {
            WaitingForm::Both => {}
            WaitingForm::DataCoding if is_waiting(pdu.data_coding) => drop_elements(pdu),
            WaitingForm::Header if !said_by_header(pdu).is_empty() => drop_from_data_coding(pdu),
            WaitingForm::Tlv => by_tlv(pdu),
            WaitingForm::DataCoding | WaitingForm::Header => {}
        }
    }
}

/// Moves the class to dest_addr_subunit.
fn by_subunit(pdu: &mut ShortMessage) {
    let data_coding = DataCoding(pdu.data_coding);
    let Some(class) = plain_class(data_coding) else { return };
    pdu.data_coding = data_coding.alphabet().data_coding();
    say_once(pdu, TlvTag::DEST_ADDR_SUBUNIT, class.subunit());
}

/// What the message, or a rule of the profile, says already stays.
fn say_once(pdu: &mut ShortMessage, tag: TlvTag, value: u8) {
    if pdu.tlvs.get(tag).is_none() {
        pdu.tlvs.push_u8(tag, value);
    }
}

/// The class of what has no more than a class and an alphabet: what is compressed or deletes itself cannot be
/// said otherwise.
fn plain_class(data_coding: DataCoding) -> Option<MessageClass> {
    match data_coding.meaning() {
        Meaning::Classed { class, .. }
        | Meaning::General {
            deletes_itself: false,
            is_compressed: false,
            characters: Characters::Gsm7 | Characters::Octets | Characters::Ucs2,
            class: ClassBits::Class(class),
        } => Some(class),
        _ => None,
    }
}

/// Moves what waits to ms_msg_wait_facilities and number_of_messages. They have room for one kind: several
/// stay as they are.
fn by_tlv(pdu: &mut ShortMessage) {
    let said = said_by_header(pdu);
    let (kind, is_active) = match (&said[..], DataCoding(pdu.data_coding).meaning()) {
        ([waiting], _) => (waiting.kind, waiting.count > 0),
        ([], Meaning::Waiting { kind, is_active, .. }) => (kind, is_active),
        _ => return,
    };
    drop_elements(pdu);
    drop_from_data_coding(pdu);
    let active = if is_active { FACILITY_ACTIVE } else { 0 };
    say_once(pdu, TlvTag::MS_MSG_WAIT_FACILITIES, active | kind & FACILITY_KIND);
    if let [waiting] = said[..] {
        say_once(pdu, TlvTag::NUMBER_OF_MESSAGES, waiting.count.min(NUMBER_OF_MESSAGES_MAX));
    }
    if kind == Waiting::VOICE && pdu.service_type.is_empty() {
        pdu.service_type = CString::clipped(VOICE_MAIL_NOTIFICATION);
    }
}

fn said_by_header(pdu: &ShortMessage) -> Vec<Waiting> {
    if pdu.esm_class & sms::Message::UDHI == 0 {
        return Vec::new();
    }
    let whole = body::of(pdu);
    UserDataHeader::parse(&whole).map(|(header, _)| header.waiting().collect()).unwrap_or_default()
}

fn is_waiting(data_coding: u8) -> bool {
    matches!(DataCoding(data_coding).meaning(), Meaning::Waiting { .. })
}

/// Leaves the alphabet alone in the data_coding.
fn drop_from_data_coding(pdu: &mut ShortMessage) {
    if is_waiting(pdu.data_coding) {
        pdu.data_coding = DataCoding(pdu.data_coding).alphabet().data_coding();
    }
}

/// Drops what the header says of it. Other elements stay.
fn drop_elements(pdu: &mut ShortMessage) {
    if said_by_header(pdu).is_empty() {
        return;
    }
    let whole = body::of(pdu);
    let Ok((header, text)) = UserDataHeader::parse(&whole) else { return };
    let others = header.encoded(|element| element.id != Element::WAITING);
    let rest = body::with_elements(pdu, &others, text);
    body::put(pdu, rest);
}

/// ms_msg_wait_facilities, SMPP 3.4 section 5.3.2.13.
const FACILITY_ACTIVE: u8 = 0x80;
const FACILITY_KIND: u8 = 0x03;
/// number_of_messages, SMPP 3.4 section 5.3.2.18.
const NUMBER_OF_MESSAGES_MAX: u8 = 99;
/// The service_type of what a voice mail system says, SMPP 3.4 section 5.2.11.
const VOICE_MAIL_NOTIFICATION: &[u8] = b"VMN";

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn said(
        (class, waiting): (ClassForm, WaitingForm),
        data_coding: u8,
        esm_class: u8,
        body: &'static [u8],
    ) -> ShortMessage {
        let short_message = Bytes::from_static(body);
        let mut pdu = ShortMessage { data_coding, esm_class, short_message, ..ShortMessage::default() };
        Signs { class, waiting }.say(&mut pdu);
        pdu
    }

    // I-4
    #[test]
    fn a_class_becomes_a_subunit() {
        let form = (ClassForm::Subunit, WaitingForm::Both);
        for (data_coding, plain, subunit) in
            [(0xF0, 0, 1), (0xF4, 4, 1), (0x10, 0, 1), (0x18, 8, 1), (0xF1, 0, 2), (0xF6, 4, 3), (0x1B, 8, 4)]
        {
            let pdu = said(form, data_coding, 0, b"hi");
            assert_eq!((pdu.data_coding, pdu.tlvs.dest_addr_subunit()), (plain, Some(subunit)));
        }
        for data_coding in [0, 8, 0x30, 0x50, 0x1C, 0xC8] {
            let pdu = said(form, data_coding, 0, b"hi");
            assert_eq!((pdu.data_coding, pdu.tlvs.is_empty()), (data_coding, true));
        }
    }

    const THREE_CALLS: &[u8] = b"\x04\x01\x02\x80\x03three";
    const WITH_PORTS: &[u8] = b"\x0a\x01\x02\x00\x00\x05\x04\x0b\x84\x23\xf0x";

    // I-1, I-2
    #[test]
    fn one_form_is_left_of_two() {
        let by_coding = |data_coding, body| {
            said((ClassForm::DataCoding, WaitingForm::DataCoding), data_coding, 0x40, body)
        };
        let pdu = by_coding(0xD8, THREE_CALLS);
        assert_eq!((pdu.data_coding, pdu.esm_class, &pdu.short_message[..]), (0xD8, 0, &b"three"[..]));
        let pdu = by_coding(0xC0, WITH_PORTS);
        let ports = &b"\x06\x05\x04\x0b\x84\x23\xf0x"[..];
        assert_eq!((pdu.data_coding, pdu.esm_class, &pdu.short_message[..]), (0xC0, 0x40, ports));
        assert_eq!(by_coding(0, THREE_CALLS).short_message, THREE_CALLS, "it is not said but there");

        let by_header = |data_coding, esm_class, body| {
            said((ClassForm::DataCoding, WaitingForm::Header), data_coding, esm_class, body)
        };
        let pdu = by_header(0xE8, 0x40, THREE_CALLS);
        assert_eq!((pdu.data_coding, &pdu.short_message[..]), (8, THREE_CALLS));
        assert_eq!(by_header(0xC8, 0, b"1 new voicemail").data_coding, 0xC8, "it is not said but there");
    }

    // I-1, I-2
    #[test]
    fn tlvs_have_room_for_one_kind() {
        let by_tlv = |data_coding, esm_class, body| {
            let pdu = said((ClassForm::DataCoding, WaitingForm::Tlv), data_coding, esm_class, body);
            let tlvs = (pdu.tlvs.ms_msg_wait_facilities(), pdu.tlvs.number_of_messages());
            (pdu.data_coding, pdu.short_message.to_vec(), tlvs, pdu.service_type.to_string())
        };
        let expected = (0, b"three".to_vec(), (Some(0x80), Some(3)), "VMN".to_owned());
        assert_eq!(by_tlv(0xD8, 0x40, THREE_CALLS), expected);
        let cleared = (0, Vec::new(), (Some(0x02), Some(0)), String::new());
        assert_eq!(by_tlv(0xC2, 0x40, b"\x04\x01\x02\x02\x00"), cleared);
        let by_coding = (8, b"\0x".to_vec(), (Some(0x81), None), String::new());
        assert_eq!(by_tlv(0xE9, 0, b"\0x"), by_coding);
        let two: &[u8] = b"\x08\x01\x02\x00\x01\x01\x02\x01\x01";
        assert_eq!(by_tlv(0xC8, 0x40, two), (0xC8, two.to_vec(), (None, None), String::new()));
        assert_eq!(by_tlv(0, 0, b"x"), (0, b"x".to_vec(), (None, None), String::new()));
    }
}
