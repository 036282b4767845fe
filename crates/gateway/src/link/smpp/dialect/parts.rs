//! How the parts of a long message are told apart on the wire, and messages that go whole.

use bytes::Bytes;
use smpp::{ShortMessage, TlvTag};
use sms::udh::{Concatenation, Reference};
use sms::{Alphabet, DataCoding, Message, UserDataHeader};

use super::body;
use crate::config::{Profile, Splitting};

/// Where a part says which one it is, when that is not its user data header.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parts {
    /// In the sar_* TLVs.
    Sar,
    /// There are none: the body stands in message_payload.
    Payload,
}

impl Parts {
    pub(super) fn of(profile: &Profile) -> Option<Self> {
        match profile.long_messages {
            Splitting::Udh8 | Splitting::Udh16 => None,
            Splitting::Sar => Some(Self::Sar),
            Splitting::Payload => Some(Self::Payload),
        }
    }

    pub(super) fn say(self, pdu: &mut ShortMessage) {
        match self {
            Self::Sar if pdu.esm_class & Message::UDHI != 0 => by_sar(pdu),
            Self::Payload if is_long(pdu) => {
                let body = pdu.short_message.clone();
                body::put_into_payload(pdu, &body);
            }
            Self::Sar | Self::Payload => {}
        }
    }
}

/// Moves the concatenation from the user data header to the TLVs. If the header has more to say it stays as it is, as
/// a header and sar TLVs do not go together (O-2).
fn by_sar(pdu: &mut ShortMessage) {
    let whole = body::of(pdu);
    let Ok((header, text)) = UserDataHeader::parse(&whole) else { return };
    let Some(concatenation) = header.concatenation() else { return };
    if !header.encoded(|element| Concatenation::of(element).is_none()).is_empty() {
        return;
    }
    pdu.esm_class &= !Message::UDHI;
    let reference = match concatenation.reference {
        Reference::Short(reference) => u16::from(reference),
        Reference::Long(reference) => reference,
    };
    body::put(pdu, Bytes::copy_from_slice(text));
    pdu.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, reference);
    pdu.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, concatenation.total);
    pdu.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, concatenation.number);
}

/// Whether the body is in short_message and takes more than one segment on the air.
fn is_long(pdu: &ShortMessage) -> bool {
    let room = match DataCoding(pdu.data_coding).alphabet() {
        Alphabet::Gsm7 | Alphabet::Ascii => SEPTETS,
        _ => sms::SEGMENT_OCTETS_MAX,
    };
    pdu.short_message.len() > room
}

/// A segment without a user data header, 23.040 section 9.2.3.24.
const SEPTETS: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    fn part(body: &'static [u8]) -> ShortMessage {
        ShortMessage { esm_class: 0x40, short_message: Bytes::from_static(body), ..ShortMessage::default() }
    }

    #[test]
    fn the_header_becomes_tlvs() {
        // N-1
        let mut pdu = part(b"\x05\x00\x03\x2A\x02\x01Halo");
        Parts::Sar.say(&mut pdu);
        assert_eq!((pdu.esm_class, &pdu.short_message[..]), (0, &b"Halo"[..]));
        let tlvs = &pdu.tlvs;
        let sar = (tlvs.sar_msg_ref_num(), tlvs.sar_total_segments(), tlvs.sar_segment_seqnum());
        assert_eq!(sar, (Some(0x2A), Some(2), Some(1)));
        assert_eq!(tlvs.get(TlvTag::SAR_MSG_REF_NUM), Some(&[0, 0x2A][..]));

        let mut pdu = part(b"\x06\x08\x04\x12\x34\x03\x03x");
        Parts::Sar.say(&mut pdu);
        assert_eq!((pdu.esm_class, &pdu.short_message[..]), (0, &b"x"[..]));
        assert_eq!(pdu.tlvs.sar_msg_ref_num(), Some(0x1234));
    }

    #[test]
    fn a_header_that_says_more_stays_as_it_is() {
        // O-2, U-1
        let beside_ports = b"\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x01\x02\x02x";
        for untouched in [&beside_ports[..], b"\x06\x05\x04\x0B\x84\x23\xF0x", b"\x09\x00"] {
            let mut pdu = part(untouched);
            Parts::Sar.say(&mut pdu);
            assert_eq!((pdu.esm_class, &pdu.short_message[..]), (0x40, untouched));
            assert!(pdu.tlvs.is_empty());
        }
    }

    #[test]
    fn what_takes_more_than_a_segment_goes_as_payload() {
        let said = |octets, data_coding| {
            let short_message = Bytes::from(vec![b'a'; octets]);
            let mut pdu = ShortMessage { short_message, data_coding, ..ShortMessage::default() };
            Parts::Payload.say(&mut pdu);
            (pdu.short_message.len(), pdu.tlvs.message_payload().map(|payload| payload.len()))
        };
        assert_eq!(said(160, 0), (160, None));
        assert_eq!(said(161, 0), (0, Some(161)));
        assert_eq!(said(142, 8), (0, Some(142)));
    }
}
