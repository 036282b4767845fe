//! Segments by TLV: sar_msg_ref_num, sar_total_segments and sar_segment_seqnum, SMPP 3.4 sections 5.3.2.22 to
//! 5.3.2.24.
//!
//! Inside, a part says in its user data header which it is. What came by TLV leaves by TLV: the reference and
//! the total stay among the TLVs of the message and say so, the number of each part stands in its header.

use bytes::{BufMut, Bytes, BytesMut};
use smpp::{TlvTag, Tlvs};
use sms::udh::{Concatenation, Reference};
use sms::{Message, UserDataHeader};

use crate::sar::place;

/// The esm_class, body and TLVs of a part that says by TLV which it is, with a header that says so. Anything
/// else is as it was: a message that is whole by itself, TLVs that make no sense (N-3), and a part whose header
/// says it already.
pub(super) fn into_header(esm_class: u8, body: Bytes, tlvs: Tlvs) -> (u8, Bytes, Tlvs) {
    placed(place(&tlvs), esm_class, body, tlvs)
}

/// The same with a reference of 8 bits: beside one of 16 the air would not have room for all that a part by TLV may
/// hold.
pub(super) fn into_short_header(esm_class: u8, body: Bytes, tlvs: Tlvs) -> (u8, Bytes, Tlvs) {
    let place = tlvs.sar_msg_ref_num().zip(place(&tlvs)).map(|(reference, place)| {
        let [_, low] = reference.to_be_bytes();
        Concatenation { reference: Reference::Short(low), ..place }
    });
    placed(place, esm_class, body, tlvs)
}

fn placed(place: Option<Concatenation>, esm_class: u8, body: Bytes, tlvs: Tlvs) -> (u8, Bytes, Tlvs) {
    match place.and_then(|place| with_place(esm_class, &body, place)) {
        Some(body) => {
            (esm_class | Message::UDHI, body, tlvs.without(|tag| tag == TlvTag::SAR_SEGMENT_SEQNUM))
        }
        None => (esm_class, body, tlvs),
    }
}

/// The esm_class, body and TLVs of what leaves: a part that came by TLV is one again.
pub(super) fn out_of_header(esm_class: u8, body: Bytes, tlvs: Tlvs) -> (u8, Bytes, Tlvs) {
    let came_by_tlv = tlvs.sar_total_segments().is_some() && tlvs.sar_segment_seqnum().is_none();
    if !came_by_tlv {
        return (esm_class, body, tlvs);
    }
    let Some(place) = sms::reassembly::concatenation(esm_class, &body) else {
        return (esm_class, body, tlvs.without(|tag| SAR.contains(&tag)));
    };
    let (elements, text) = without_place(&body);
    let (esm_class, body) = match elements.is_empty() {
        true => (esm_class & !Message::UDHI, text),
        false => (esm_class, with_header(&[], &elements, &text)),
    };
    let mut tlvs = tlvs;
    tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, place.number);
    (esm_class, body, tlvs)
}

/// The body with a header that says which part it is; `None` if it has one that is broken, full or says it.
fn with_place(esm_class: u8, octets: &Bytes, place: Concatenation) -> Option<Bytes> {
    let element = place.encode();
    if esm_class & Message::UDHI == 0 {
        return Some(with_header(&element, &[], octets));
    }
    let (header, text) = UserDataHeader::parse(octets).ok()?;
    let elements = octets.get(1..header.octets())?;
    let has_room = elements.len() + element.len() <= usize::from(u8::MAX);
    (has_room && header.concatenation().is_none()).then(|| with_header(&element, elements, text))
}

/// The other elements of a body that says which part it is, and its text.
fn without_place(body: &Bytes) -> (Vec<u8>, Bytes) {
    let Ok((header, text)) = UserDataHeader::parse(body) else { return (Vec::new(), body.clone()) };
    let elements = header.encoded(|element| Concatenation::of(element).is_none());
    (elements, body.slice_ref(text))
}

fn with_header(element: &[u8], elements: &[u8], text: &[u8]) -> Bytes {
    let length = element.len() + elements.len();
    let mut body = BytesMut::with_capacity(1 + length + text.len());
    body.put_u8(length as u8);
    body.put_slice(element);
    body.put_slice(elements);
    body.put_slice(text);
    body.freeze()
}

const SAR: [TlvTag; 3] = [TlvTag::SAR_MSG_REF_NUM, TlvTag::SAR_TOTAL_SEGMENTS, TlvTag::SAR_SEGMENT_SEQNUM];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn part(total: u8, number: u8, esm_class: u8, body: &'static [u8]) -> (u8, Bytes, Tlvs) {
        let mut tlvs = Tlvs::new();
        tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 0x0102);
        tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, total);
        tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
        tlvs.push(TlvTag(0x1400), b"mine").unwrap();
        (esm_class, Bytes::from_static(body), tlvs)
    }

    fn taken((esm_class, body, tlvs): (u8, Bytes, Tlvs)) -> (u8, Bytes, Tlvs) {
        into_header(esm_class, body, tlvs)
    }

    // N-1, N-3
    #[test]
    fn a_part_by_tlv_has_a_header_inside_and_leaves_as_it_came() {
        let ports = b"\x06\x05\x04\x0b\x84\x23\xf0hello";
        for (esm_class, body, header) in [
            (0, &b"hello"[..], &b"\x06\x08\x04\x01\x02\x03\x02hello"[..]),
            (0x40, ports, b"\x0c\x08\x04\x01\x02\x03\x02\x05\x04\x0b\x84\x23\xf0hello"),
        ] {
            let (class, octets, tlvs) = taken(part(3, 2, esm_class, body));
            assert_eq!((class, &octets[..]), (0x40, header));
            let (class, octets, tlvs) = out_of_header(class, octets, tlvs);
            assert_eq!((class, &octets[..]), (esm_class, body));
            let sar = (tlvs.sar_msg_ref_num(), tlvs.sar_total_segments(), tlvs.sar_segment_seqnum());
            assert_eq!(sar, (Some(0x0102), Some(3), Some(2)));
            assert_eq!(tlvs.get(TlvTag(0x1400)), Some(&b"mine"[..]));
        }
    }

    // N-1, V-1
    #[test]
    fn the_longest_part_by_tlv_has_room_beside_a_short_reference() {
        let (esm_class, _, tlvs) = part(3, 2, 0, b"");
        let text = Bytes::from(vec![b'x'; 153]);
        let (class, octets, _) = into_short_header(esm_class, text.clone(), tlvs);
        assert_eq!((class, &octets[..6]), (0x40, &b"\x05\x00\x03\x02\x03\x02"[..]));
        assert_eq!(&octets[6..], text);
        let header = sms::alphabet::packed::fill_bits(6);
        assert_eq!(6 + (usize::from(header) + 7 * text.len()).div_ceil(8), sms::SEGMENT_OCTETS_MAX);
    }

    // N-1, N-3, U-1
    #[test]
    fn what_makes_no_sense_is_as_it_was() {
        for came in [
            part(1, 1, 0, b"one"),
            part(0, 0, 0, b"none"),
            part(2, 0, 0, b"zero"),
            part(2, 3, 0, b"beyond"),
            part(2, 1, 0x40, b"\x09broken"),
            part(2, 1, 0x40, b"\x05\x00\x03\x07\x02\x01by its header"),
        ] {
            let (class, octets, tlvs) = taken(came.clone());
            assert_eq!((class, &octets, &tlvs), (came.0, &came.1, &came.2));
            assert_eq!(out_of_header(class, octets, tlvs), came);
        }
    }

    #[test]
    fn what_was_put_together_is_no_part() {
        let (_, _, tlvs) = taken(part(2, 1, 0, b"x"));
        let (class, body, tlvs) = out_of_header(0, Bytes::from_static(b"whole"), tlvs);
        assert_eq!((class, &body[..], tlvs.sar_total_segments()), (0, &b"whole"[..], None));
        assert_eq!(tlvs.get(TlvTag(0x1400)), Some(&b"mine"[..]));
    }
}
