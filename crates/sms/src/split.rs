//! Split: a text or a body into the bodies of its segments, 23.040 section 9.2.3.24.1.

use bytes::{BufMut, Bytes, BytesMut};

use crate::alphabet::{Alphabet, Unencodable, gsm, ucs2::OddLength};
use crate::data_coding::DataCoding;
use crate::message::Parts;
use crate::udh::{BrokenHeader, Concatenation, Reference, UserDataHeader};

/// The user data of one segment in octets, its header included (23.040 section 9.2.3.24).
pub const SEGMENT_OCTETS_MAX: usize = 140;

/// How many segments a message may have.
pub const SEGMENTS_MAX: usize = 255;

/// Encodes `text` and splits it into as few segments as it takes.
///
/// One segment has no user data header; several have one each, with `reference`. No escape pair and no
/// surrogate pair is split. A segment has room for 160 septets, 140 octets or 70 UCS-2 units; a text
/// in [`Alphabet::Ascii`] is measured in the septets that the air will take.
///
/// # Errors
/// A character that the alphabet does not have, or more than [`SEGMENTS_MAX`] segments.
pub fn split_text(text: &str, alphabet: Alphabet, reference: Reference) -> Result<Parts, SplitError> {
    let mut body = Vec::with_capacity(text.len());
    alphabet.encode(text, &mut body)?;
    split(alphabet, &[], Bytes::from(body), reference)
}

/// Splits a body that is already encoded.
///
/// `elements` are the information elements, without the length octet, that shall stand in the header of
/// every segment; empty for none. Each segment starts with a user data header if there are elements
/// or several segments, and that is when `UDHI` must be set. Otherwise as [`split_text`].
///
/// # Errors
/// More than [`SEGMENTS_MAX`] segments, a UCS-2 body of odd length, or elements that are broken, too
/// long, or already say which part this is although it must be split.
pub fn split_encoded(
    data_coding: u8,
    elements: &[u8],
    body: Bytes,
    reference: Reference,
) -> Result<Parts, SplitError> {
    split(DataCoding(data_coding).alphabet(), elements, body, reference)
}

/// What a text would take, for a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The best alphabet for it.
    pub alphabet: Alphabet,
    /// Its length in septets or UCS-2 units.
    pub units: usize,
    /// How many segments; more than [`SEGMENTS_MAX`] cannot be sent.
    pub segments: usize,
}

/// What `text` would take in its best alphabet: just what [`split_text`] would do.
#[must_use]
pub fn segments_needed(text: &str) -> Preview {
    let mut body = Vec::with_capacity(text.len());
    let (alphabet, octets_per_unit) = match gsm::encode(text, &mut body) {
        Ok(()) => (Alphabet::Gsm7, 1),
        Err(_) => {
            crate::alphabet::ucs2::encode(text, &mut body);
            (Alphabet::Ucs2, 2)
        }
    };
    let segments = match fits(alphabet, &body, 0) {
        true => 1,
        false => Pieces::new(alphabet, &body, 1 + concatenation_octets(Reference::Short(0))).count(),
    };
    Preview { alphabet, units: body.len() / octets_per_unit, segments }
}

/// Why a body cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The alphabet does not have all characters.
    #[error(transparent)]
    Unencodable(#[from] Unencodable),
    /// It would take more than [`SEGMENTS_MAX`] segments.
    #[error("the message would take more than {SEGMENTS_MAX} segments")]
    TooLong,
    /// A UCS-2 body that is not made of pairs.
    #[error(transparent)]
    OddLength(#[from] OddLength),
    /// The elements are not whole.
    #[error(transparent)]
    BrokenHeader(#[from] BrokenHeader),
    /// The elements leave no room for a text.
    #[error("the user data header leaves no room in a segment")]
    HeaderTooLong,
    /// It does not fit into one segment, and its elements already say that it is one of several.
    #[error("a part of a message cannot be split again")]
    AlreadyPart,
}

fn split(
    alphabet: Alphabet,
    elements: &[u8],
    body: Bytes,
    reference: Reference,
) -> Result<Parts, SplitError> {
    if alphabet == Alphabet::Ucs2 && !body.len().is_multiple_of(2) {
        return Err(OddLength.into());
    }
    if elements.is_empty() && fits(alphabet, &body, 0) {
        return Ok(Parts::from_buf([body]));
    }
    let header = UserDataHeader::of_elements(elements)?;
    if !elements.is_empty() && fits(alphabet, &body, header.octets()) {
        return Ok(Parts::from_buf([with_header(elements, &body)]));
    }
    if header.concatenation().is_some() {
        return Err(SplitError::AlreadyPart);
    }
    let header_octets = header.octets() + concatenation_octets(reference);
    if header_octets + PIECE_OCTETS_MIN > SEGMENT_OCTETS_MAX {
        return Err(SplitError::HeaderTooLong);
    }
    concatenated(elements, &Pieces::new(alphabet, &body, header_octets), reference)
}

/// One segment with a header but no concatenation.
fn with_header(elements: &[u8], text: &[u8]) -> Bytes {
    let mut part = BytesMut::with_capacity(1 + elements.len() + text.len());
    part.put_u8(elements.len() as u8);
    part.put_slice(elements);
    part.put_slice(text);
    part.freeze()
}

/// The pieces, each behind its header, all in one allocation.
fn concatenated(elements: &[u8], pieces: &Pieces<'_>, reference: Reference) -> Result<Parts, SplitError> {
    let total = pieces.clone().take(SEGMENTS_MAX + 1).count();
    let total = u8::try_from(total).map_err(|_| SplitError::TooLong)?;
    let length = elements.len() + concatenation_octets(reference);
    let mut buffer = BytesMut::with_capacity(usize::from(total) * (1 + length) + pieces.rest.len());
    let parts = (1..=total).zip(pieces.clone()).map(|(number, piece)| {
        let concatenation = Concatenation { reference, total, number };
        buffer.put_u8(length as u8);
        buffer.put_slice(elements);
        buffer.put_slice(&concatenation.encode());
        buffer.put_slice(piece);
        buffer.split().freeze()
    });
    Ok(parts.collect())
}

/// A body cut into pieces that each fit into a segment beside its header.
#[derive(Clone)]
struct Pieces<'a> {
    alphabet: Alphabet,
    rest: &'a [u8],
    room: usize,
}

impl<'a> Pieces<'a> {
    fn new(alphabet: Alphabet, body: &'a [u8], header_octets: usize) -> Self {
        Self { alphabet, rest: body, room: room(alphabet, header_octets) }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = fitting(self.alphabet, self.rest, self.room);
        let (piece, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        (length > 0).then_some(piece)
    }
}

fn fits(alphabet: Alphabet, body: &[u8], header_octets: usize) -> bool {
    header_octets <= SEGMENT_OCTETS_MAX
        && fitting(alphabet, body, room(alphabet, header_octets)) == body.len()
}

/// The room that a header of so many octets leaves in a segment: septets, or octets of whole units.
const fn room(alphabet: Alphabet, header_octets: usize) -> usize {
    let octets = SEGMENT_OCTETS_MAX.saturating_sub(header_octets);
    match alphabet {
        Alphabet::Gsm7 | Alphabet::Ascii => octets * 8 / 7,
        Alphabet::Latin1 | Alphabet::Octets => octets,
        Alphabet::Ucs2 => octets / 2 * 2,
    }
}

/// How many octets of `body` fit into `room` without splitting what belongs together.
fn fitting(alphabet: Alphabet, body: &[u8], room: usize) -> usize {
    match alphabet {
        Alphabet::Gsm7 => gsm::whole_pairs(body, room),
        Alphabet::Ascii => gsm::whole_pairs(body, ascii_within(body, room)),
        Alphabet::Latin1 | Alphabet::Octets => body.len().min(room),
        Alphabet::Ucs2 => whole_surrogates(body, room),
    }
}

/// How many octets of ASCII turn into at most `room` septets.
fn ascii_within(body: &[u8], room: usize) -> usize {
    let mut septets = 0;
    let over = body.iter().position(|octet| {
        septets += if b"[\\]^{|}~".contains(octet) { 2 } else { 1 };
        septets > room
    });
    over.unwrap_or(body.len())
}

fn whole_surrogates(body: &[u8], max: usize) -> usize {
    let Some((head, tail)) = body.split_at_checked(max) else { return body.len() };
    match (head.last_chunk::<2>(), tail.first()) {
        (Some([0xD8..=0xDB, _]), Some(0xDC..=0xDF)) => head.len() - 2,
        _ => head.len(),
    }
}

/// Element 00 or 08 with its id and length.
const fn concatenation_octets(reference: Reference) -> usize {
    match reference {
        Reference::Short(_) => 5,
        Reference::Long(_) => 6,
    }
}

/// A piece must have room for a surrogate pair, or splitting would not come to an end.
const PIECE_OCTETS_MIN: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::alphabet;
    use crate::udh::Ports;

    fn parts(text: &str) -> Parts {
        split_text(text, Alphabet::best_for(text), Reference::Short(0x2A)).unwrap()
    }

    /// Parts without their headers, joined; checks reference, numbers and size on the way.
    fn joined(parts: &Parts, elements: &[u8], alphabet: Alphabet) -> Vec<u8> {
        let mut body = Vec::new();
        for (part, number) in parts.iter().zip(1..=u8::MAX) {
            let total = parts.len() as u8;
            let text = if total > 1 || !elements.is_empty() {
                let (header, text) = UserDataHeader::parse(part).unwrap();
                let expected = Concatenation { reference: Reference::Short(0x2A), total, number };
                assert_eq!(header.concatenation(), (total > 1).then_some(expected));
                assert!(part[1..].starts_with(elements));
                assert!(text.len() <= room(alphabet, header.octets()));
                text
            } else {
                part
            };
            body.extend_from_slice(text);
        }
        body
    }

    fn repeated(piece: &str, times: usize) -> String {
        piece.repeat(times)
    }

    // N-2
    #[test]
    fn gsm_counts() {
        let a = |times| repeated("A", times);
        let vectors = [
            (String::new(), 0, 1),
            (a(160), 160, 1),
            (a(161), 161, 2),
            (a(306), 306, 2),
            (a(307), 307, 3),
            (a(159) + "€", 161, 2),
            (a(152) + "€" + &a(152), 306, 3),
        ];
        for (text, units, segments) in vectors {
            assert_eq!(segments_needed(&text), Preview { alphabet: Alphabet::Gsm7, units, segments });
            assert_eq!(parts(&text).len(), segments, "{units}");
        }
    }

    // N-2
    #[test]
    fn ucs2_counts() {
        let zhe = |times| repeated("ж", times);
        let face = |times| repeated("😀", times);
        let vectors = [
            (zhe(70), 70, 1),
            (zhe(71), 71, 2),
            (zhe(134), 134, 2),
            (zhe(135), 135, 3),
            (face(35), 70, 1),
            (face(36), 72, 2),
            (face(67), 134, 3),
            (zhe(66) + "😀" + &zhe(66), 134, 3),
        ];
        for (text, units, segments) in vectors {
            assert_eq!(segments_needed(&text), Preview { alphabet: Alphabet::Ucs2, units, segments });
            assert_eq!(parts(&text).len(), segments, "{units}");
        }
    }

    // G-2, N-1
    #[test]
    fn room_beside_a_header() {
        use Alphabet::{Gsm7, Octets, Ucs2};
        let vectors = [
            (Gsm7, 0, 160),
            (Gsm7, 6, 153),
            (Gsm7, 7, 152),
            (Gsm7, 4, 155),
            (Gsm7, 9, 149),
            (Gsm7, 12, 146),
            (Gsm7, 10, 148),
            (Gsm7, 13, 145),
            (Octets, 0, 140),
            (Octets, 6, 134),
            (Octets, 7, 133),
            (Ucs2, 0, 140),
            (Ucs2, 6, 134),
            (Ucs2, 7, 132),
        ];
        for (alphabet, header_octets, expected) in vectors {
            assert_eq!(room(alphabet, header_octets), expected, "{alphabet:?} {header_octets}");
        }
    }

    // N-1, G-2
    #[test]
    fn a_reference_of_16_bits_takes_an_octet_more() {
        let split = |text: &str| {
            let parts = split_text(text, Alphabet::best_for(text), Reference::Long(0x1234)).unwrap();
            let texts = parts.iter().map(|part| {
                let (header, text) = UserDataHeader::parse(part).unwrap();
                let reference = header.concatenation().map(|concatenation| concatenation.reference);
                assert_eq!(reference, Some(Reference::Long(0x1234)));
                text.len()
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(split(&repeated("A", 304)), [152, 152]);
        assert_eq!(split(&repeated("A", 305)), [152, 152, 1]);
        assert_eq!(split(&repeated("ж", 133)), [132, 132, 2]);
    }

    // G-2: what is left of a segment, seen from outside.
    #[test]
    fn elements_are_repeated_in_every_part() {
        let ports = Ports { destination: 2948, source: 9200 }.encode();
        let single_shift = [0x24, 1, 1];
        let both_shifts = [0x24, 1, 1, 0x25, 1, 1];
        let vectors: [(&[u8], usize, usize); 3] =
            [(&ports, 152, 146), (&single_shift, 155, 149), (&both_shifts, 152, 146)];
        for (elements, alone, concatenated) in vectors {
            let split = |length| {
                split_encoded(0, elements, Bytes::from(vec![b'A'; length]), Reference::Short(0x2A)).unwrap()
            };
            assert_eq!(split(alone).len(), 1);
            assert_eq!(split(alone + 1).len(), 2);
            assert_eq!(split(3 * concatenated).len(), 3);
            assert_eq!(split(3 * concatenated + 1).len(), 4);
            assert_eq!(joined(&split(500), elements, Alphabet::Gsm7), [b'A'; 500]);
        }
    }

    // N-1, section 19
    #[test]
    fn octets_with_ports_leave_128_per_part() {
        let ports = Ports { destination: 2948, source: 9200 }.encode();
        let parts = split_encoded(0xF5, &ports, Bytes::from(vec![7; 256]), Reference::Short(0x2A)).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1][..12], [0x0B, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 0x2A, 2, 2]);
        assert_eq!(
            split_encoded(4, &ports, Bytes::from(vec![7; 257]), Reference::Short(1)).unwrap().len(),
            3
        );
        assert_eq!(split_encoded(4, &[], Bytes::from(vec![7; 140]), Reference::Short(1)).unwrap().len(), 1);
        assert_eq!(split_encoded(4, &[], Bytes::from(vec![7; 141]), Reference::Short(1)).unwrap().len(), 2);
    }

    #[test]
    fn one_segment_is_the_body_itself() {
        let body = Bytes::from_static(b"Hello");
        let parts = split_encoded(0, &[], body.clone(), Reference::Short(1)).unwrap();
        assert_eq!(parts.as_slice(), std::slice::from_ref(&body));
        assert_eq!(parts[0].as_ptr(), body.as_ptr(), "not copied");
        let parts = split_encoded(0, &[0x70, 0], body, Reference::Short(1)).unwrap();
        assert_eq!(parts.as_slice(), [&b"\x02\x70\x00Hello"[..]]);
    }

    #[test]
    fn ascii_is_measured_in_septets_of_the_air() {
        let segments = |text: &str| split_text(text, Alphabet::Ascii, Reference::Short(1)).unwrap().len();
        assert_eq!(segments(&repeated("a", 160)), 1);
        assert_eq!(segments(&(repeated("a", 159) + "[")), 2);
        assert_eq!(segments(&repeated("{", 80)), 1);
        assert_eq!(segments(&repeated("{", 81)), 2);
    }

    #[test]
    fn latin1_takes_140_characters() {
        let segments = |text: &str| split_text(text, Alphabet::Latin1, Reference::Short(1)).unwrap().len();
        assert_eq!(segments(&repeated("ç", 140)), 1);
        assert_eq!(segments(&repeated("ç", 141)), 2);
    }

    #[test]
    fn what_cannot_be_split() {
        let split = |data_coding, elements, length| {
            split_encoded(data_coding, elements, Bytes::from(vec![b'A'; length]), Reference::Short(1))
        };
        assert_eq!(split(0, &[], 255 * 153).unwrap().len(), 255);
        assert_eq!(split(0, &[], 255 * 153 + 1), Err(SplitError::TooLong));
        assert_eq!(split(8, &[], 3), Err(SplitError::OddLength(OddLength)));
        assert_eq!(split(0, &[0, 3, 1], 3), Err(SplitError::BrokenHeader(BrokenHeader)));
        let part = [0, 3, 9, 2, 1];
        assert_eq!(split(0, &part, 153).unwrap().len(), 1);
        assert_eq!(split(0, &part, 154), Err(SplitError::AlreadyPart));
        let unencodable = Unencodable { character: 'ж', at: 1 };
        assert_eq!(
            split_text("aж", Alphabet::Gsm7, Reference::Short(1)),
            Err(SplitError::Unencodable(unencodable))
        );
    }

    #[test]
    fn a_header_must_leave_room() {
        let element = |length: u8| [&[0x70, length][..], &vec![0; usize::from(length)]].concat();
        let split = |elements: &[u8], length| {
            split_encoded(4, elements, Bytes::from(vec![1; length]), Reference::Short(1))
        };
        assert_eq!(split(&element(137), 0).unwrap().len(), 1);
        assert_eq!(split(&element(138), 0), Err(SplitError::HeaderTooLong));
        assert_eq!(split(&element(128), 9).unwrap().len(), 1);
        assert_eq!(split(&element(128), 10).unwrap().len(), 3);
        assert_eq!(split(&element(129), 9), Err(SplitError::HeaderTooLong));
        assert_eq!(split(&element(253), 9), Err(SplitError::HeaderTooLong));
    }

    proptest! {
        #[test]
        fn parts_join_to_the_text(text in "([a-z€\\[]|\\PC){0,400}") {
            prop_assume!(!text.starts_with('\u{FEFF}'));
            let alphabet = Alphabet::best_for(&text);
            let parts = parts(&text);
            let body = joined(&parts, &[], alphabet);
            prop_assert_eq!(alphabet::decode(alphabet.data_coding(), &body), Some(text.clone()));
            prop_assert_eq!(segments_needed(&text).segments, parts.len());
        }

        #[test]
        fn no_part_ends_within_a_character(text in "[a€]{150,400}|[ж😀]{60,200}") {
            let data_coding = Alphabet::best_for(&text).data_coding();
            let read: String = parts(&text)
                .iter()
                .map(|part| match UserDataHeader::parse(part) {
                    Ok((header, rest)) if header.concatenation().is_some() => rest,
                    _ => part,
                })
                .filter_map(|part| alphabet::decode(data_coding, part))
                .collect();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn any_body_is_split_or_refused(
            data_coding: u8,
            elements in prop::collection::vec(any::<u8>(), 0..20),
            body in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let alphabet = DataCoding(data_coding).alphabet();
            if let Ok(parts) = split_encoded(data_coding, &elements, Bytes::from(body.clone()), Reference::Short(0x2A)) {
                prop_assert!(!parts.is_empty());
                if UserDataHeader::of_elements(&elements).is_ok_and(|header| header.concatenation().is_none()) {
                    prop_assert_eq!(joined(&parts, &elements, alphabet), body);
                }
            }
        }
    }
}
