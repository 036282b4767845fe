//! Text: whatever a body holds is read, what was read is said again, and what was split is whole.

use bytes::Bytes;
use sms::alphabet::{gsm, latin1, packed, ucs2};
use sms::udh::Reference;
use sms::{Alphabet, DataCoding, UserDataHeader, decode, segments_needed, split_encoded, split_text};

/// Every body is read as its data_coding says, and a text that can be said in an alphabet comes back.
///
/// The first octet is the data_coding, the rest the body; it is taken as a text in UTF-8 as well.
pub fn alphabets(octets: &[u8]) {
    let Some((&data_coding, body)) = octets.split_first() else { return };
    let is_code_page = matches!(data_coding, 5 | 6 | 7 | 10 | 13 | 14);
    let is_octets = DataCoding(data_coding).alphabet() == Alphabet::Octets && !is_code_page;
    assert_eq!(decode(data_coding, body).is_none(), is_octets);
    same_again(body);
    let text = String::from_utf8_lossy(body);
    // A byte order mark at the start is no text.
    let text = text.trim_start_matches('\u{FEFF}');
    for alphabet in [Alphabet::Gsm7, Alphabet::Ascii, Alphabet::Latin1, Alphabet::Ucs2] {
        let mut said = vec![];
        match alphabet.encode(text, &mut said) {
            Ok(()) => assert_eq!(decode(alphabet.data_coding(), &said).as_deref(), Some(text)),
            Err(error) => {
                assert!(said.is_empty());
                assert!(text[error.at..].starts_with(error.character));
            }
        }
    }
}

/// A body without what means nothing in its alphabet is the same once it was read and said.
fn same_again(body: &[u8]) {
    let mut again = vec![];
    latin1::encode(&latin1::decode(body), &mut again).unwrap();
    assert_eq!(again, body);
    if let Some(text) = ucs2::decode(body).ok().filter(|text| !text.contains('\u{FFFD}')) {
        again.clear();
        ucs2::encode(&text, &mut again);
        assert_eq!(again, body.strip_prefix(&[0xFE, 0xFF]).unwrap_or(body));
    }
    let septets: Vec<u8> = body.iter().map(|octet| octet & 0x7F).collect();
    let text = gsm::decode(&septets);
    again.clear();
    gsm::encode(&text, &mut again).unwrap();
    assert_eq!(gsm::septets(&text), Some(again.len()));
    assert_eq!(gsm::decode(&again), text);
    for header_octets in 0..7 {
        let (mut air, mut back) = (vec![], vec![]);
        packed::pack(&septets, header_octets, &mut air);
        packed::unpack(&air, header_octets, septets.len(), &mut back);
        assert_eq!(back, septets);
    }
}

/// The parts of a message say which they are, none is too long, and together they are the message.
///
/// The first octet is the data_coding, the second how many of the rest are elements of the header; what
/// follows them is the body, and it is taken as a text in UTF-8 as well.
pub fn split(octets: &[u8]) {
    let [data_coding, elements_octets, rest @ ..] = octets else { return };
    let (elements, body) = rest.split_at(rest.len().min(usize::from(*elements_octets)));
    if let Ok(parts) = split_encoded(*data_coding, elements, Bytes::copy_from_slice(body), REFERENCE) {
        assert_eq!(joined(&parts, !elements.is_empty()), body);
    }
    let text = String::from_utf8_lossy(body);
    let preview = segments_needed(&text);
    if let Ok(parts) = split_text(&text, preview.alphabet, REFERENCE) {
        assert_eq!(parts.len(), preview.segments);
        let mut whole = vec![];
        preview.alphabet.encode(&text, &mut whole).unwrap();
        assert_eq!(joined(&parts, false), whole);
    }
}

fn joined(parts: &[Bytes], has_elements: bool) -> Vec<u8> {
    let mut whole = vec![];
    for (part, number) in parts.iter().zip(1_u8..=u8::MAX) {
        let mut text = &part[..];
        if parts.len() > 1 || has_elements {
            let (header, rest) = UserDataHeader::parse(part).unwrap();
            text = rest;
            if parts.len() > 1 {
                let said = header.concatenation().unwrap();
                assert_eq!((usize::from(said.total), said.number), (parts.len(), number));
            }
        }
        assert!(text.len() <= SEPTETS_MAX);
        whole.extend_from_slice(text);
    }
    whole
}

const REFERENCE: Reference = Reference::Short(0x2A);
const SEPTETS_MAX: usize = 160;
