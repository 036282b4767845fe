//! Bodies as the peer writes them.

use bytes::Bytes;
use smpp::ShortMessage;
use sms::alphabet::{ascii, gsm, latin1, packed, ucs2};
use sms::data_coding::Encoding;
use sms::{Alphabet, DataCoding, Direction, Message, Tables, UserDataHeader};

use super::body;
use crate::config::{ByteOrder, DataCodings, DefaultAlphabet, Profile};

/// How a peer's alphabets differ from ours: C-2, C-3, G-3.
#[derive(Clone, Debug)]
pub(super) struct Alphabets {
    default: DefaultAlphabet,
    codings: DataCodings,
    packed: bool,
    little_endian: bool,
}

/// What a plain data_coding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Gsm,
    Ascii,
    Latin1,
    Utf8,
    Ucs2,
    Octets,
}

impl Alphabets {
    pub(super) fn of(profile: &Profile) -> Option<Self> {
        let alphabets = Self {
            default: profile.default_alphabet,
            codings: profile.data_coding,
            packed: profile.packed,
            little_endian: profile.ucs2_order == ByteOrder::Little,
        };
        let is_standard = alphabets.default == DefaultAlphabet::Gsm
            && alphabets.codings == DataCodings::default()
            && !alphabets.packed
            && !alphabets.little_endian;
        (!is_standard).then_some(alphabets)
    }

    /// Writes the body as the peer does, in UCS-2 if its alphabet does not have it and `octets_max` are enough.
    pub(super) fn say(&self, pdu: &mut ShortMessage, octets_max: usize) {
        if let Some(ours) = Script::of(pdu.data_coding) {
            self.say_in_its_coding(ours, pdu, octets_max);
        }
        let theirs = self.meaning(pdu.data_coding);
        if self.packed && theirs == Some(Script::Gsm) {
            replace(pdu, |text, header| {
                let mut octets = Vec::new();
                packed::pack(text, header, &mut octets);
                octets
            });
        }
        if self.little_endian && theirs == Some(Script::Ucs2) {
            replace(pdu, |text, _| swapped(text));
        }
    }

    /// Reads the body as the peer writes it.
    pub(super) fn hear(&self, pdu: &mut ShortMessage, direction: Direction) {
        let Some(theirs) = self.meaning(pdu.data_coding) else { return };
        if self.packed && theirs == Script::Gsm {
            replace(pdu, |text, header| {
                let mut septets = Vec::new();
                packed::unpack_all(text, header, &mut septets);
                septets
            });
        }
        if self.little_endian && theirs == Script::Ucs2 {
            replace(pdu, |text, _| swapped(text));
        }
        let is_ours = Script::of(pdu.data_coding) == Some(theirs);
        if is_ours || says_more(pdu.data_coding) && !self.names(pdu.data_coding) {
            return;
        }
        let is_default = pdu.data_coding == 0;
        pdu.data_coding = theirs.data_coding();
        match (theirs, direction) {
            (Script::Utf8, _) => replace(pdu, |text, _| {
                let mut octets = Vec::new();
                ucs2::encode(&String::from_utf8_lossy(text), &mut octets);
                octets
            }),
            // Measured in septets there, and so here: it must not become longer than it was.
            (Script::Ascii | Script::Latin1, Direction::Mt) if is_default => to_gsm(pdu),
            _ => {}
        }
    }

    /// Finds the data_coding that says what is said, and rewrites the text if there is none.
    fn say_in_its_coding(&self, ours: Script, pdu: &mut ShortMessage, octets_max: usize) {
        let named = match ours {
            Script::Gsm => self.codings.gsm,
            Script::Ascii => self.codings.ascii,
            Script::Latin1 => self.codings.latin1,
            Script::Ucs2 => self.codings.ucs2,
            Script::Octets => self.codings.octets,
            Script::Utf8 => None,
        };
        if let Some(data_coding) = named {
            pdu.data_coding = data_coding;
        }
        if self.meaning(pdu.data_coding) == Some(ours) || named.is_some() || ours == Script::Octets {
            return;
        }
        let whole = body::of(pdu);
        let header = body::header_octets(pdu, &whole);
        let (head, text) = whole.split_at_checked(header).unwrap_or((&[], &whole));
        let (head, text) = match (ours, tables_of(head)) {
            (Script::Gsm, tables) if tables != Tables::DEFAULT => (without_tables(head), tables.decode(text)),
            _ => (head.to_vec(), ours.read(text)),
        };
        let (data_coding, octets) = self.rewritten(&text, octets_max.saturating_sub(head.len()));
        if head.is_empty() {
            pdu.esm_class &= !Message::UDHI;
        }
        let body = [head, octets].concat();
        pdu.data_coding = data_coding;
        body::put(pdu, Bytes::from(body));
    }

    /// The text in the peer's default alphabet; if that does not have it, in UCS-2 if it is no longer
    /// than `room` octets then, and otherwise with `?`.
    fn rewritten(&self, text: &str, room: usize) -> (u8, Vec<u8>) {
        let default = || match self.default {
            DefaultAlphabet::Gsm => self.codings.gsm.unwrap_or(0),
            _ => 0,
        };
        let mut octets = Vec::new();
        if self.encode(text, &mut octets) {
            return (default(), octets);
        }
        if 2 * ucs2::units(text) <= room {
            ucs2::encode(text, &mut octets);
            return (self.codings.ucs2.unwrap_or(Alphabet::Ucs2.data_coding()), octets);
        }
        let has = |character: char| self.encode(character.encode_utf8(&mut [0; 4]), &mut Vec::new());
        let narrow: String =
            text.chars().map(|character| if has(character) { character } else { '?' }).collect();
        self.encode(&narrow, &mut octets);
        (default(), octets)
    }

    /// Appends a text in the peer's default alphabet; whether that has all of it.
    fn encode(&self, text: &str, out: &mut Vec<u8>) -> bool {
        match self.default {
            DefaultAlphabet::Gsm => gsm::encode(text, out).is_ok(),
            DefaultAlphabet::Latin1 => latin1::encode(text, out).is_ok(),
            DefaultAlphabet::Ascii => ascii::encode(text, out).is_ok(),
            DefaultAlphabet::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                true
            }
        }
    }

    /// What the peer says with a data_coding; `None` for what only passes through.
    fn meaning(&self, data_coding: u8) -> Option<Script> {
        let codings = &self.codings;
        let named = [
            (codings.gsm, Script::Gsm),
            (codings.latin1, Script::Latin1),
            (codings.ascii, Script::Ascii),
            (codings.ucs2, Script::Ucs2),
            (codings.octets, Script::Octets),
        ];
        if let Some((_, script)) = named.iter().find(|(named, _)| *named == Some(data_coding)) {
            return Some(*script);
        }
        match data_coding {
            0 => Some(match self.default {
                DefaultAlphabet::Gsm => Script::Gsm,
                DefaultAlphabet::Latin1 => Script::Latin1,
                DefaultAlphabet::Ascii => Script::Ascii,
                DefaultAlphabet::Utf8 => Script::Utf8,
            }),
            _ if !says_more(data_coding) => Script::of(data_coding),
            _ => match DataCoding(data_coding).alphabet() {
                Alphabet::Gsm7 => Some(Script::Gsm),
                Alphabet::Ucs2 => Some(Script::Ucs2),
                _ => None,
            },
        }
    }

    /// Whether the profile gives this data_coding a meaning of its own.
    fn names(&self, data_coding: u8) -> bool {
        let codings = &self.codings;
        [codings.gsm, codings.ascii, codings.latin1, codings.ucs2, codings.octets]
            .contains(&Some(data_coding))
    }
}

impl Script {
    /// What one of our own plain data_codings says.
    const fn of(data_coding: u8) -> Option<Self> {
        match DataCoding(data_coding).listed() {
            Some(Encoding::Default) => Some(Self::Gsm),
            Some(Encoding::Ascii) => Some(Self::Ascii),
            Some(Encoding::OtherOctets | Encoding::Octets) => Some(Self::Octets),
            Some(Encoding::Latin1) => Some(Self::Latin1),
            Some(Encoding::Ucs2) => Some(Self::Ucs2),
            _ => None,
        }
    }

    /// The data_coding that it has inside.
    const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm => 0,
            Self::Ascii => 1,
            Self::Latin1 => 3,
            Self::Octets => 4,
            Self::Ucs2 | Self::Utf8 => 8,
        }
    }

    fn read(self, text: &[u8]) -> String {
        match self {
            Self::Gsm => gsm::decode(text),
            Self::Ascii => ascii::decode(text),
            Self::Latin1 => latin1::decode(text),
            Self::Ucs2 => ucs2::decode_lossy(text),
            Self::Utf8 | Self::Octets => String::from_utf8_lossy(text).into_owned(),
        }
    }
}

/// Whether a data_coding is one of 23.038's groups, which say more than an alphabet.
const fn says_more(data_coding: u8) -> bool {
    DataCoding(data_coding).listed().is_none()
}

/// The national tables that a header names, by which the GSM text behind it is read (G-1).
fn tables_of(head: &[u8]) -> Tables {
    UserDataHeader::parse(head).map_or(Tables::DEFAULT, |(header, _)| header.tables())
}

/// The header without what names national tables; nothing if there is nothing else.
fn without_tables(head: &[u8]) -> Vec<u8> {
    let elements =
        UserDataHeader::parse(head).map(|(header, _)| header.encoded(|element| !element.names_table()));
    match elements {
        Ok(elements) if elements.is_empty() => elements,
        // As it was in a header that was no shorter, its length is not cut.
        Ok(elements) => [&[elements.len() as u8], &elements[..]].concat(),
        Err(_) => head.to_vec(),
    }
}

/// Turns a text in ASCII or Latin-1 into GSM, if that has all of it.
fn to_gsm(pdu: &mut ShortMessage) {
    let whole = body::of(pdu);
    let header = body::header_octets(pdu, &whole);
    let (head, text) = whole.split_at_checked(header).unwrap_or((&[], &whole));
    let mut octets = head.to_vec();
    if gsm::encode(&latin1::decode(text), &mut octets).is_ok() {
        pdu.data_coding = Script::Gsm.data_coding();
        body::put(pdu, Bytes::from(octets));
    }
}

/// Puts other octets behind the user data header, given the octets and the header's length.
fn replace(pdu: &mut ShortMessage, with: impl FnOnce(&[u8], usize) -> Vec<u8>) {
    let whole = body::of(pdu);
    let header = body::header_octets(pdu, &whole);
    let (head, text) = whole.split_at_checked(header).unwrap_or((&[], &whole));
    let body = [head, &with(text, header)].concat();
    body::put(pdu, Bytes::from(body));
}

/// UCS-2 with the octets of each unit in the other order.
fn swapped(octets: &[u8]) -> Vec<u8> {
    let (units, rest) = octets.as_chunks::<2>();
    units.iter().flat_map(|&[first, second]| [second, first]).chain(rest.iter().copied()).collect()
}
