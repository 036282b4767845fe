//! Bodies as the peer writes them.

use bytes::Bytes;
use smpp::ShortMessage;
use sms::alphabet::{gsm, latin1, packed, ucs2};
use sms::{Direction, Message};

use super::body;
use crate::config::{ByteOrder, Profile};
use crate::scripts::{Script, Scripts};

/// How a peer's alphabets differ from ours: C-2, C-3, G-3.
#[derive(Clone, Debug)]
pub(super) struct Alphabets {
    scripts: Scripts,
    packed: bool,
    little_endian: bool,
}

impl Alphabets {
    pub(super) fn of(profile: &Profile) -> Option<Self> {
        let alphabets = Self {
            scripts: Scripts::of(profile),
            packed: profile.packed,
            little_endian: profile.ucs2_order == ByteOrder::Little,
        };
        let is_standard = alphabets.scripts.are_standard() && !alphabets.packed && !alphabets.little_endian;
        (!is_standard).then_some(alphabets)
    }

    /// Writes the body as the peer does, in UCS-2 if its alphabet does not have it and `octets_max` are enough.
    pub(super) fn say(&self, pdu: &mut ShortMessage, octets_max: usize) {
        self.say_in_its_coding(pdu, octets_max);
        let theirs = self.scripts.meaning(pdu.data_coding);
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
        let Some(theirs) = self.scripts.meaning(pdu.data_coding) else { return };
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
        if self.scripts.agrees(pdu.data_coding) {
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
    fn say_in_its_coding(&self, pdu: &mut ShortMessage, octets_max: usize) {
        let Some(ours) = self.scripts.rewritten(pdu.data_coding) else {
            let named = Script::of(pdu.data_coding).and_then(|ours| self.scripts.named(ours));
            pdu.data_coding = named.unwrap_or(pdu.data_coding);
            return;
        };
        let whole = body::of(pdu);
        let header = body::header_octets(pdu, &whole);
        let (head, text) = whole.split_at_checked(header).unwrap_or((&[], &whole));
        let (head, text) = ours.read(head, text);
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
        let scripts = &self.scripts;
        let mut octets = Vec::new();
        if scripts.encode(text, &mut octets) {
            return (scripts.default_coding(), octets);
        }
        if 2 * ucs2::units(text) <= room {
            ucs2::encode(text, &mut octets);
            return (scripts.named(Script::Ucs2).unwrap_or(Script::Ucs2.data_coding()), octets);
        }
        let has = |character: char| scripts.has(character.encode_utf8(&mut [0; 4]));
        let narrow: String =
            text.chars().map(|character| if has(character) { character } else { '?' }).collect();
        scripts.encode(&narrow, &mut octets);
        (scripts.default_coding(), octets)
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
