//! The GSM 7-bit default alphabet with its extension table, 23.038 sections 6.2.1 and 6.2.1.1.
//!
//! One septet per octet, as in an SMPP short_message with data_coding 0; [`packed`](super::packed) is
//! the form on the air, and [`national`](super::national) has the tables that a header can name in the place of
//! these.

use arrayvec::ArrayVec;

use super::unencodable::{REPLACEMENT, Unencodable};

/// The septet that makes the next one a code of the extension table.
pub const ESCAPE: u8 = 0x1B;

/// Appends `text` to `out`, one octet per septet; a character of the extension table takes two.
///
/// # Errors
/// The first character that the alphabet does not have; `out` is as it was.
pub fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    let start = out.len();
    let (mut read, mut end) = (0, start);
    out.resize(start + text.len(), 0);
    loop {
        let (stop, octets, septets) = write(&text[read..], &mut out[end..]);
        read += octets;
        end += septets;
        match stop {
            Stop::End => {
                out.truncate(end);
                return Ok(());
            }
            Stop::Full => out.resize(end + 2 * (text.len() - read), 0),
            Stop::Unencodable => {
                out.truncate(start);
                let character = text[read..].chars().next().unwrap_or_default();
                return Err(Unencodable { character, at: read });
            }
        }
    }
}

/// Why [`write()`] has stopped.
enum Stop {
    /// All of the text is written.
    End,
    /// There is too little room for a character of the extension table and what may follow it.
    Full,
    /// There is a character that the alphabet does not have.
    Unencodable,
}

/// Writes the front of `text` into `room`, which is at least as long, and returns how many octets of the text it was
/// and how many septets.
///
/// There is always room for as many septets as octets are left, and only a character of the extension table can take
/// more.
#[inline]
fn write(text: &str, room: &mut [u8]) -> (Stop, usize, usize) {
    let mut end = 0;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        if let Some((septets, after)) = plain_run(rest) {
            room[end..end + RUN_OCTETS].copy_from_slice(&septets);
            end += RUN_OCTETS;
            rest = after;
            continue;
        }
        let run_end = rest.len().saturating_sub(RUN_OCTETS);
        while rest.len() > run_end {
            let (code, after) = first_code(rest);
            if code < EXTENDED {
                room[end] = code;
                end += 1;
            } else if code == NONE {
                return (Stop::Unencodable, text.len() - rest.len(), end);
            } else if room.len() - end <= rest.len() {
                return (Stop::Full, text.len() - rest.len(), end);
            } else {
                room[end..end + 2].copy_from_slice(&[ESCAPE, code & !EXTENDED]);
                end += 2;
            }
            rest = after;
        }
    }
    (Stop::End, text.len(), end)
}

/// The octets of `text`, with a question mark for each character that the alphabet does not have; for ç, which tables
/// of old had in its place, stands Ç.
#[must_use]
pub fn encode_lossy(text: &str) -> Vec<u8> {
    let mark = || sequence('?').unwrap_or_default();
    let nearest = |character| if character == 'ç' { 'Ç' } else { character };
    text.chars().flat_map(|character| sequence(nearest(character)).unwrap_or_else(mark)).collect()
}

/// How many septets `text` takes, or `None` if the alphabet does not have all its characters.
#[must_use]
pub fn septets(text: &str) -> Option<usize> {
    let mut sum = 0;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        if let Some((septets, after)) = plain_run(rest) {
            sum += septets.len();
            rest = after;
            continue;
        }
        let run_end = rest.len().saturating_sub(RUN_OCTETS);
        while rest.len() > run_end {
            let (code, after) = first_code(rest);
            if code == NONE {
                return None;
            }
            sum += if code < EXTENDED { 1 } else { 2 };
            rest = after;
        }
    }
    Some(sum)
}

/// The one or two septets of a character, or `None` if the alphabet does not have it.
#[must_use]
pub fn sequence(character: char) -> Option<ArrayVec<u8, 2>> {
    let mut septets = ArrayVec::new();
    match code(character) {
        NONE => return None,
        septet if septet < EXTENDED => septets.push(septet),
        extended => septets.extend([ESCAPE, extended & !EXTENDED]),
    }
    Some(septets)
}

/// The text of `octets`, one septet each, as a handset shows it.
///
/// An extension code that means nothing is shown as the character of the default table; a second
/// escape after an escape, and an escape at the end, as a space; an octet above 0x7F as U+FFFD.
#[must_use]
pub fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut octets = octets.iter();
    while let Some(&octet) = octets.next() {
        text.push(match octet {
            ESCAPE => octets.next().map_or(' ', |&octet| extended(octet)),
            octet => plain(octet),
        });
    }
    text
}

/// The length of the longest start of `septets` with at most `max` of them that does not end between
/// an escape and the code after it.
pub(crate) fn whole_pairs(septets: &[u8], max: usize) -> usize {
    let Some(head) = septets.get(..max).filter(|head| head.len() < septets.len()) else {
        return septets.len();
    };
    // A second escape completes the first, so only an odd run of them leaves one open.
    let escapes = head.iter().rev().take_while(|&&septet| septet == ESCAPE).count();
    head.len() - escapes % 2
}

/// The septets of the next [`RUN_OCTETS`] of UTF-8 if all of them are ASCII of the default table, and what follows:
/// nearly all text is, and no decision per character is needed then.
#[inline]
fn plain_run(text: &[u8]) -> Option<([u8; RUN_OCTETS], &[u8])> {
    let (run, after) = text.split_first_chunk::<RUN_OCTETS>()?;
    if u128::from_ne_bytes(*run) & NOT_ASCII != 0 {
        return None;
    }
    let septets = run.map(|octet| CODES[usize::from(octet)]);
    let seen = septets.iter().fold(0, |seen, octet| seen | octet);
    if seen < EXTENDED { Some((septets, after)) } else { None }
}

/// The [`code`] of the next character of UTF-8, and what follows it if it has one.
#[inline(always)]
fn first_code(text: &[u8]) -> (u8, &[u8]) {
    match text {
        [octet @ ..0x80, after @ ..] => (CODES[usize::from(*octet)], after),
        [high @ ..0xE0, low, after @ ..] => {
            (CODES[usize::from(high & 0x1F) << 6 | usize::from(low & 0x3F)], after)
        }
        [0xE2, 0x82, 0xAC, after @ ..] => (EXTENDED | EURO_CODE, after),
        _ => (NONE, text),
    }
}

/// The character of a septet in the default table.
pub(super) fn plain(octet: u8) -> char {
    DEFAULT.get(usize::from(octet)).copied().unwrap_or(REPLACEMENT)
}

fn extended(octet: u8) -> char {
    extension(octet).unwrap_or_else(|| plain(octet))
}

/// The character of a code in the extension table, or `None` if it has none.
pub(super) fn extension(octet: u8) -> Option<char> {
    EXTENSION.iter().find(|(code, _)| *code == octet).map(|&(_, character)| character)
}

/// The septet of a character in the default table, or `None` if it is not there.
pub(super) fn plain_code(character: char) -> Option<u8> {
    Some(code(character)).filter(|&code| code < EXTENDED)
}

/// The code of a character in the extension table, or `None` if it is not there.
pub(super) fn extension_code(character: char) -> Option<u8> {
    match code(character) {
        NONE => None,
        code => (code >= EXTENDED).then_some(code & !EXTENDED),
    }
}

/// The septet of a character, [`EXTENDED`] with its code in the extension table, or [`NONE`].
#[inline]
fn code(character: char) -> u8 {
    match CODES.get(character as usize) {
        Some(code) => *code,
        None if character == EURO => EXTENDED | EURO_CODE,
        None => NONE,
    }
}

const RUN_OCTETS: usize = 16;

/// The bits of a run that are set in octets that are not ASCII.
const NOT_ASCII: u128 = u128::from_ne_bytes([0x80; RUN_OCTETS]);

/// Marks a code of the extension table.
const EXTENDED: u8 = 0x80;

/// Marks a character that is in neither table.
const NONE: u8 = 0xFF;

/// [`code`] of the characters that take up to two octets in UTF-8, which are all but the euro sign.
static CODES: [u8; 0x800] = codes();

const fn codes() -> [u8; 0x800] {
    let mut codes = [NONE; 0x800];
    let mut septet = 0;
    while septet < DEFAULT.len() {
        if septet != ESCAPE as usize {
            codes[DEFAULT[septet] as usize] = septet as u8;
        }
        septet += 1;
    }
    let mut entry = 0;
    while entry < EXTENSION.len() {
        let (code, character) = EXTENSION[entry];
        if character != EURO {
            codes[character as usize] = EXTENDED | code;
        }
        entry += 1;
    }
    codes
}

const EURO: char = '€';

/// The code of the euro sign in the extension table.
const EURO_CODE: u8 = 0x65;

/// The default table; the escape is shown as a space.
#[rustfmt::skip]
pub(super) const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table.
pub(super) const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (EURO_CODE, EURO),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode(text, &mut out).unwrap();
        out
    }

    #[test]
    fn every_septet_is_a_character_and_back() {
        for septet in (0..128).filter(|&septet| septet != ESCAPE) {
            let text = decode(&[septet]);
            assert_eq!(encoded(&text), [septet], "{text:?}");
            assert_eq!(septets(&text), Some(1));
        }
        for (code, character) in EXTENSION {
            let text = decode(&[ESCAPE, code]);
            assert_eq!(text, String::from(character));
            assert_eq!(encoded(&text), [ESCAPE, code]);
            assert_eq!(septets(&text), Some(2));
        }
    }

    #[test]
    fn known_octets() {
        let golden = b"Halo \x1B(dunia\x1B) \x1Be";
        assert_eq!(encoded("Halo {dunia} €"), golden);
        assert_eq!(encoded("@£$¥èéùìòÇ"), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(encoded("¤¡§¿"), [0x24, 0x40, 0x5F, 0x60]);
        assert_eq!(encoded("ΔΦΓΛΩΠΨΣΘΞ"), [0x10, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A]);
    }

    #[test]
    fn characters_that_are_not_in_gsm() {
        for character in "`çáíóú\t“”\u{1B}\u{0}\u{FF}жΑ😀".chars() {
            let text = format!("é{character}");
            let mut out = vec![9];
            assert_eq!(encode(&text, &mut out), Err(Unencodable { character, at: 2 }));
            assert_eq!(out, [9]);
            assert_eq!(septets(&text), None);
            assert_eq!(sequence(character), None);
        }
    }

    #[test]
    fn every_character_is_its_sequence() {
        let mut out = Vec::new();
        for character in '\0'..=char::MAX {
            out.clear();
            let encoded = encode(character.encode_utf8(&mut [0; 4]), &mut out).is_ok();
            let sequence = sequence(character);
            assert_eq!(sequence.is_some(), encoded, "{character:?}");
            assert_eq!(sequence.unwrap_or_default()[..], out[..], "{character:?}");
        }
    }

    #[test]
    fn long_texts_are_encoded_and_refused_at_the_right_place() {
        for before in 0..70 {
            let plain = "a".repeat(before);
            let text = format!("{plain}é€{plain}");
            let expected = [plain.as_bytes(), b"\x05\x1Be", plain.as_bytes()].concat();
            assert_eq!(encoded(&text), expected);
            assert_eq!(septets(&text), Some(expected.len()));
            let error = Unencodable { character: 'ж', at: text.len() };
            assert_eq!(encode(&format!("{text}жж{plain}"), &mut Vec::new()), Err(error));
        }
    }

    #[test]
    fn octets_that_nobody_should_send() {
        assert_eq!(decode(b"\x1Ba"), "a", "no such extension");
        assert_eq!(decode(b"\x1B\rx"), "\rx", "reserved");
        assert_eq!(decode(b"\x1B\x1Ba"), " a", "escape to a further table");
        assert_eq!(decode(b"a\x1B"), "a ", "escape at the end");
        assert_eq!(decode(b"\x80a\xFF\x1B\x9B"), "\u{FFFD}a\u{FFFD}\u{FFFD}");
    }

    // N-2
    #[test]
    fn a_cut_leaves_escape_pairs_whole() {
        assert_eq!(whole_pairs(b"ab\x1Be", 4), 4);
        assert_eq!(whole_pairs(b"ab\x1Be", 3), 2);
        assert_eq!(whole_pairs(b"ab\x1Be", 2), 2);
        assert_eq!(whole_pairs(b"a\x1B\x1Be", 3), 3, "the second escape completes the first");
        assert_eq!(whole_pairs(b"\x1B\x1B\x1Be", 3), 2);
        assert_eq!(whole_pairs(b"ab\x1B", 3), 3, "nothing is cut");
    }

    proptest! {
        #[test]
        fn a_text_is_the_sequences_of_its_characters(
            characters in prop::collection::vec(
                prop_oneof![
                    8 => prop::sample::select(&DEFAULT[..]),
                    4 => prop::sample::select(&EXTENSION[..]).prop_map(|(_, character)| character),
                    4 => prop::char::range('a', 'z'),
                ],
                0..100,
            ),
            other in prop::option::weighted(0.3, (0..100_usize, any::<char>())),
        ) {
            let mut characters = characters;
            if let Some((at, other)) = other {
                characters.insert(at.min(characters.len()), other);
            }
            let text: String = characters.iter().collect();
            let missing = text.char_indices().find(|(_, character)| sequence(*character).is_none());
            let expected = match missing {
                Some((at, character)) => Err(Unencodable { character, at }),
                None => Ok(()),
            };
            let mut out = vec![9];
            prop_assert_eq!(encode(&text, &mut out), expected);
            let written = if missing.is_some() { "" } else { &text };
            let sequences = written.chars().filter_map(sequence).flatten();
            prop_assert_eq!(out, [9].into_iter().chain(sequences).collect::<Vec<u8>>());
            prop_assert_eq!(septets(&text), missing.is_none().then(|| text.chars().filter_map(sequence).flatten().count()));
        }

        #[test]
        fn decoded_text_encodes_to_text_that_reads_the_same(octets in prop::collection::vec(0_u8..128, 0..200)) {
            let text = decode(&octets);
            prop_assert_eq!(decode(&encoded(&text)), text);
        }
    }
}
