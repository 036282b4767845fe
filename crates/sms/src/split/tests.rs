#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::pieces::room;
use super::*;
use crate::alphabet;
use crate::alphabet::national::{Language, Tables};
use crate::udh::Ports;

fn if_any(elements: &[u8]) -> Option<&[u8]> {
    Some(elements).filter(|elements| !elements.is_empty())
}

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

// G-2: all figures, by what one segment takes and what three do.
#[test]
fn room_beside_each_header() {
    let ports = Ports { destination: 2948, source: 9200 }.encode();
    let single_shift = Tables { locking: None, single: Some(Language::Turkish) }.elements();
    let both_shifts = Tables { locking: Some(Language::Urdu), single: Some(Language::Urdu) }.elements();
    let vectors: [(&[u8], usize, usize, usize); 4] = [
        (&[], 160, 153, 152),
        (&single_shift, 155, 149, 148),
        (&both_shifts, 152, 146, 145),
        (&ports, 152, 146, 145),
    ];
    for (elements, alone, of_8_bits, of_16_bits) in vectors {
        let split = |length, reference| {
            let parts =
                split_encoded(0, if_any(elements), Bytes::from(vec![b'A'; length]), reference).unwrap();
            parts.iter().map(|part| part.len()).collect::<Vec<_>>()
        };
        for (reference, concatenated, octets) in
            [(Reference::Short(7), of_8_bits, 6), (Reference::Long(7), of_16_bits, 7)]
        {
            let full = elements.len() + octets + concatenated;
            assert_eq!(split(alone, reference).len(), 1);
            assert_eq!(split(alone + 1, reference).len(), 2);
            assert_eq!(split(3 * concatenated, reference), [full; 3]);
            assert_eq!(split(3 * concatenated + 1, reference).len(), 4);
        }
    }
}

// N-2
#[test]
fn clusters_stay_whole_where_that_takes_no_more_segments() {
    let astronaut = "👩🏽\u{200D}🚀";
    let texts = |text: &str| {
        let parts = parts(text);
        let whole = parts.iter().map(|part| {
            let (_, body) = UserDataHeader::parse(part).unwrap();
            alphabet::ucs2::decode(body).unwrap()
        });
        whole.collect::<Vec<_>>()
    };
    let (before, after) = (repeated("ж", 66), repeated("ж", 60));
    for cluster in [astronaut, "e\u{301}\u{323}", "🇮🇩", "कि"] {
        let text = format!("{before}{cluster}{after}");
        assert_eq!(texts(&text), [before.clone(), format!("{cluster}{after}")]);
    }
    // 67 + 67 units leave no room to move anything.
    let full = format!("{}👩\u{200D}🚀{}", repeated("ж", 64), repeated("ж", 65));
    assert_eq!(texts(&full).iter().map(|text| text.encode_utf16().count()).collect::<Vec<_>>(), [67, 67]);
    // Longer than a segment.
    let long = format!("e{}", repeated("\u{301}", 100));
    assert_eq!(texts(&long).len(), 2);
}

// N-2, G-1
#[test]
fn clusters_of_national_tables_stay_whole() {
    let tables = Tables { locking: Some(Language::Hindi), single: None };
    let mut body = Vec::new();
    tables.encode(&format!("{}कि{}", repeated("a", 148), repeated("a", 100)), &mut body).unwrap();
    let parts = split_encoded(0, if_any(&tables.elements()), Bytes::from(body), Reference::Short(1)).unwrap();
    let read = parts.iter().map(|part| {
        let (header, body) = UserDataHeader::parse(part).unwrap();
        assert_eq!(header.tables(), tables);
        tables.decode(body)
    });
    assert_eq!(read.collect::<Vec<_>>(), [repeated("a", 148), format!("कि{}", repeated("a", 100))]);
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
            split_encoded(0, if_any(elements), Bytes::from(vec![b'A'; length]), Reference::Short(0x2A))
                .unwrap()
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
    let parts =
        split_encoded(0xF5, if_any(&ports), Bytes::from(vec![7; 256]), Reference::Short(0x2A)).unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1][..12], [0x0B, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 0x2A, 2, 2]);
    assert_eq!(
        split_encoded(4, if_any(&ports), Bytes::from(vec![7; 257]), Reference::Short(1)).unwrap().len(),
        3
    );
    assert_eq!(split_encoded(4, None, Bytes::from(vec![7; 140]), Reference::Short(1)).unwrap().len(), 1);
    let headed =
        |octets| split_encoded(4, Some(&[]), Bytes::from(vec![7; octets]), Reference::Short(1)).unwrap();
    assert_eq!(headed(1)[0][..], [0, 7], "a header without elements is one");
    assert_eq!((headed(139).len(), headed(140).len()), (1, 2));
    assert_eq!(split_encoded(4, None, Bytes::from(vec![7; 141]), Reference::Short(1)).unwrap().len(), 2);
}

#[test]
fn one_segment_is_the_body_itself() {
    let body = Bytes::from_static(b"Hello");
    let parts = split_encoded(0, None, body.clone(), Reference::Short(1)).unwrap();
    assert_eq!(parts.as_slice(), std::slice::from_ref(&body));
    assert_eq!(parts[0].as_ptr(), body.as_ptr(), "not copied");
    let parts = split_encoded(0, if_any(&[0x70, 0]), body, Reference::Short(1)).unwrap();
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
        split_encoded(data_coding, if_any(elements), Bytes::from(vec![b'A'; length]), Reference::Short(1))
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
        split_encoded(4, if_any(elements), Bytes::from(vec![1; length]), Reference::Short(1))
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
        if let Ok(parts) = split_encoded(data_coding, if_any(&elements), Bytes::from(body.clone()), Reference::Short(0x2A)) {
            prop_assert!(!parts.is_empty());
            if UserDataHeader::of_elements(&elements).is_ok_and(|header| header.concatenation().is_none()) {
                prop_assert_eq!(joined(&parts, &elements, alphabet), body);
            }
        }
    }
}

/// A text of many characters of several octets each, in the four alphabets that have them.
const MULTIBYTE: [(u8, &[u8], &[u8]); 4] = [
    (5, b"a", b"\x93\xfa\x96\x7b\x8c\xea"),
    (10, b"a\x1B$B", b"F|K\\8l"),
    (13, b"a", b"\xc6\xfc\x8f\xb0\xa1\xcb\xdc"),
    (14, b"a", b"\xc7\xd1\xb1\xdb"),
];

// N-2
#[test]
fn each_part_of_a_text_of_several_octets_a_character_can_be_read_by_itself() {
    for (data_coding, before, characters) in MULTIBYTE {
        for more in [&b""[..], b"b", b"bc"] {
            let start = [before, more].concat();
            let start = if data_coding == 10 { [more, before].concat() } else { start };
            let body = [start, characters.repeat(60)].concat();
            let text = alphabet::decode(data_coding, &body).unwrap();
            assert!(!text.contains('\u{FFFD}'));
            let parts =
                split_encoded(data_coding, None, Bytes::from(body.clone()), Reference::Short(1)).unwrap();
            assert!(parts.len() > 1);
            let mut together = String::new();
            for part in &parts {
                assert!(part.len() <= SEGMENT_OCTETS_MAX);
                let (_, octets) = UserDataHeader::parse(part).unwrap();
                together += &alphabet::decode(data_coding, octets).unwrap();
            }
            assert_eq!(together, text, "{data_coding}");
            let parts = parts.iter().map(|part| (data_coding, crate::Message::UDHI, &part[..]));
            assert_eq!(crate::Joined::of_parts(parts).text().as_deref(), Some(&text[..]), "{data_coding}");
        }
    }
}

// N-2
#[test]
fn a_header_that_leaves_no_room_for_a_character_and_its_escapes_is_refused() {
    let split = |elements: usize| {
        let element = [&[0x70, elements as u8 - 2][..], &vec![0; elements - 2]].concat();
        let body = Bytes::from([&b"\x1B$B"[..], &b"F|".repeat(80)].concat());
        split_encoded(10, Some(&element), body, Reference::Short(1)).map(|parts| parts.len())
    };
    assert_eq!(split(126), Err(SplitError::HeaderTooLong));
    assert!(split(125).is_ok());
}
