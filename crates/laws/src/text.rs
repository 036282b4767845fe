//! Text: whatever a body holds is read, what was read is said again, and what was split is whole.

use bytes::Bytes;
use sms::alphabet::{gsm, latin1, packed, ucs2};
use sms::udh::Reference;
use sms::{
    Alphabet, Coding, DataCoding, Joined, Language, Message, Parts, SEGMENT_OCTETS_MAX, Tables, Unencodable,
    UserDataHeader, cheapest, decode, decode_by, segments_needed, split_encoded, split_text,
};

/// Every body is read as its data_coding says, and a text that can be said in an alphabet comes back.
///
/// The first octet is the data_coding, the rest the body; it is taken as a text in UTF-8 as well, and as one in the
/// national tables that the data_coding chooses, a locking shift table and a single shift table.
pub fn alphabets(octets: &[u8]) {
    let Some((&data_coding, body)) = octets.split_first() else { return };
    let is_code_page = matches!(data_coding, 5 | 6 | 7 | 10 | 13 | 14);
    let is_octets = DataCoding(data_coding).alphabet() == Alphabet::Octets && !is_code_page;
    assert_eq!(decode(data_coding, body).is_none(), is_octets);
    same_again(body);
    let text = String::from_utf8_lossy(body);
    // A byte order mark at the start is no text.
    let text = text.trim_start_matches('\u{FEFF}');
    let languages = Language::ALL.len() + 1;
    let number = usize::from(data_coding) % (languages * languages);
    let [locking, single] = [number / languages, number % languages]
        .map(|number| number.checked_sub(1).and_then(|at| Language::ALL.get(at)).copied());
    national(Tables { locking, single }, body, text);
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
        back.clear();
        packed::unpack_all(&air, header_octets, &mut back);
        // At the end of an octet nothing tells 0 from filling, and a carriage return is there twice or not at all.
        let is_open = matches!(septets.last(), Some(0 | b'\r'));
        let text = if is_open { &septets[..septets.len() - 1] } else { &septets[..] };
        assert!(back.starts_with(text) && back.len() <= septets.len() + usize::from(is_open));
    }
}

/// Text in national tables: every septet is read, and what was read or is a text in UTF-8 comes back from the tables
/// if they have its characters; a header that names them is read as it was written.
fn national(tables: Tables, body: &[u8], text: &str) {
    assert_eq!(UserDataHeader::of_elements(&tables.elements()).unwrap().tables(), tables);
    let septets: Vec<u8> = body.iter().map(|octet| octet & 0x7F).collect();
    let read = tables.decode(&septets);
    assert!(read.chars().count() <= septets.len());
    // A code without a character is read as a blank, which not every table has.
    assert!(comes_back(tables, &read).is_none_or(|missing| missing == ' '));
    comes_back(tables, text);
}

/// Says a text in tables and reads it again; the first character that they do not have, if there is one.
fn comes_back(tables: Tables, text: &str) -> Option<char> {
    let mut said = vec![];
    match tables.encode(text, &mut said) {
        Ok(()) => {
            assert!(said.is_ascii());
            assert_eq!(decode_by(tables, 0, &said).as_deref(), Some(text));
            None
        }
        Err(Unencodable { character, at }) => {
            assert!(said.is_empty());
            assert!(text[at..].starts_with(character));
            Some(character)
        }
    }
}

/// The parts of a message say which they are, none is too long, and together they are the message.
///
/// The first octet is the data_coding, the second how many of the rest are elements of the header; what
/// follows them is the body, and it is taken as a text in UTF-8 as well, in its best alphabet and in the tables
/// of the language that the data_coding chooses. More than 1,100 octets of it are not looked at.
pub fn split(octets: &[u8]) {
    let [data_coding, elements_octets, rest @ ..] = octets else { return };
    let (elements, body) = rest.split_at(rest.len().min(usize::from(*elements_octets)));
    let body = &body[..body.len().min(BODY_OCTETS_MAX)];
    if let Ok(parts) = split_encoded(*data_coding, Some(elements), Bytes::copy_from_slice(body), REFERENCE) {
        let whole = joined(&parts, DataCoding(*data_coding).alphabet(), true);
        // Its parts have escape sequences of their own.
        assert!(whole == body || *data_coding == ISO_2022_JP && parts.len() > 1);
        if let Some(text) = multibyte(*data_coding, body) {
            each_is_readable(*data_coding, &parts, &text);
        }
    }
    let text = String::from_utf8_lossy(body);
    let preview = segments_needed(&text);
    if let Ok(parts) = split_text(&text, preview.alphabet, REFERENCE) {
        assert_eq!(parts.len(), preview.segments);
        let mut whole = vec![];
        preview.alphabet.encode(&text, &mut whole).unwrap();
        assert_eq!(joined(&parts, preview.alphabet, false), whole);
    }
    let language = Language::ALL[usize::from(*data_coding) % Language::ALL.len()];
    let stands_beside = |header: UserDataHeader<'_>| {
        header.concatenation().is_none() && !header.elements().any(|element| element.names_table())
    };
    let is_plain = UserDataHeader::of_elements(elements).is_ok_and(stands_beside);
    split_as_is_cheapest(&text, language, if is_plain { elements } else { &[] });
}

/// The text of a body of which several octets can be a character, if all of it is one.
fn multibyte(data_coding: u8, body: &[u8]) -> Option<String> {
    let is_multibyte = matches!(data_coding, 5 | ISO_2022_JP | 13 | 14);
    decode(data_coding, body).filter(|text| is_multibyte && !text.contains('\u{FFFD}'))
}

/// Each part can be read by itself, and what they say is what they are together.
fn each_is_readable(data_coding: u8, parts: &Parts, text: &str) {
    let read = |part: &Bytes| decode(data_coding, UserDataHeader::parse(part).unwrap().1);
    assert_eq!(parts.iter().map(read).collect::<Option<String>>().as_deref(), Some(text));
    let whole = Joined::of_parts(parts.iter().map(|part| (data_coding, Message::UDHI, &part[..])));
    assert_eq!(whole.text().as_deref(), Some(text));
}

/// The cheapest way to say a text takes no more parts than the GSM alphabet and UCS-2 do, each of them with a
/// header that has room and names the tables, by which the parts together are the text.
fn split_as_is_cheapest(text: &str, language: Language, elements: &[u8]) {
    // A byte order mark at the start is no text.
    let text = text.trim_start_matches('\u{FEFF}');
    let cheapest = cheapest(text, &[language], elements, REFERENCE);
    let chosen = parts_of(cheapest, text, elements);
    for other in [Alphabet::Gsm7, Alphabet::Ucs2].map(Coding::of) {
        if let Some(parts) = parts_of(other, text, elements) {
            assert!(chosen.as_ref().is_some_and(|chosen| chosen.len() <= parts.len()));
        }
    }
    let Some(parts) = chosen else { return };
    let tables = cheapest.tables.elements();
    let has_header = parts.len() > 1 || !(elements.is_empty() && tables.is_empty());
    let esm_class = if has_header { Message::UDHI } else { 0 };
    let mut body = vec![];
    cheapest.encode(text, &mut body).unwrap();
    assert_eq!(joined(&parts, cheapest.alphabet, has_header), body);
    for part in parts.iter().filter(|_| has_header) {
        assert_eq!(UserDataHeader::parse(part).unwrap().0.tables(), cheapest.tables);
    }
    let data_coding = cheapest.alphabet.data_coding();
    let whole = Joined::of_parts(parts.iter().map(|part| (data_coding, esm_class, &part[..])));
    assert_eq!(whole.text().as_deref(), Some(text));
}

/// The parts of a text that is said so; `None` if it cannot be.
fn parts_of(coding: Coding, text: &str, elements: &[u8]) -> Option<Parts> {
    let mut body = vec![];
    coding.encode(text, &mut body).ok()?;
    let elements = [elements, &coding.tables.elements()].concat();
    let elements = Some(&elements[..]).filter(|elements| !elements.is_empty());
    split_encoded(coding.alphabet.data_coding(), elements, Bytes::from(body), REFERENCE).ok()
}

fn joined(parts: &[Bytes], alphabet: Alphabet, has_elements: bool) -> Vec<u8> {
    let mut whole = vec![];
    for (part, number) in parts.iter().zip(1_u8..=u8::MAX) {
        let mut text = &part[..];
        let mut header_octets = 0;
        if parts.len() > 1 || has_elements {
            let (header, rest) = UserDataHeader::parse(part).unwrap();
            (text, header_octets) = (rest, header.octets());
            if parts.len() > 1 {
                let said = header.concatenation().unwrap();
                assert_eq!((usize::from(said.total), said.number), (parts.len(), number));
            }
        }
        let octets = match alphabet {
            Alphabet::Gsm7 => (usize::from(packed::fill_bits(header_octets)) + 7 * text.len()).div_ceil(8),
            // Some of its characters take two septets, but none less than one.
            Alphabet::Ascii => (7 * text.len()).div_ceil(8),
            _ => text.len(),
        };
        assert!(header_octets + octets <= SEGMENT_OCTETS_MAX);
        whole.extend_from_slice(text);
    }
    whole
}

/// The data_coding.
const ISO_2022_JP: u8 = 10;
const REFERENCE: Reference = Reference::Short(0x2A);
/// More than 255 pieces of the fewest octets that a header can leave room for: what is behind is more of the same.
const BODY_OCTETS_MAX: usize = 1100;
