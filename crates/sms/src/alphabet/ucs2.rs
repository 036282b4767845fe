//! UCS-2 as it is used: UTF-16 in big-endian order, surrogate pairs included.

use super::unencodable::REPLACEMENT;

const BYTE_ORDER_MARK: [u8; 2] = [0xFE, 0xFF];

/// Appends `text` to `out`, two octets per unit; a character above U+FFFF is two units.
pub fn encode(text: &str, out: &mut Vec<u8>) {
    out.reserve(2 * text.len());
    for unit in text.encode_utf16() {
        out.extend_from_slice(&unit.to_be_bytes());
    }
}

/// How many units `text` takes.
#[must_use]
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The text of `octets`, without a leading byte order mark; a lone surrogate is shown as U+FFFD.
///
/// # Errors
/// The octets are not pairs.
pub fn decode(octets: &[u8]) -> Result<String, OddLength> {
    if octets.len().is_multiple_of(2) { Ok(decode_lossy(octets)) } else { Err(OddLength) }
}

/// As [`decode`], with U+FFFD for an octet left over at the end.
#[must_use]
pub fn decode_lossy(octets: &[u8]) -> String {
    let octets = octets.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(octets);
    let mut text = String::with_capacity(octets.len());
    text.extend(characters(octets));
    if !octets.len().is_multiple_of(2) {
        text.push(REPLACEMENT);
    }
    text
}

/// The characters of the whole pairs in `octets`, U+FFFD for a lone surrogate.
pub(crate) fn characters(octets: &[u8]) -> impl Iterator<Item = char> + Clone {
    let (units, _) = octets.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|&unit| u16::from_be_bytes(unit)))
        .map(|character| character.unwrap_or(REPLACEMENT))
}

/// A UCS-2 body that is not made of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a UCS-2 body has an even number of octets")]
pub struct OddLength;

#[cfg(test)]
mod tests {
    use super::*;

    // C-3
    #[test]
    fn big_endian_with_surrogates() {
        let mut out = Vec::new();
        encode("ж😀", &mut out);
        assert_eq!(out, [0x04, 0x36, 0xD8, 0x3D, 0xDE, 0x00]);
        assert_eq!(units("ж😀"), 3);
        assert_eq!(decode(&out), Ok("ж😀".to_owned()));
    }

    // C-3
    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(decode(&[0xFE, 0xFF, 0, b'a']), Ok("a".to_owned()));
        assert_eq!(decode(&[0, b'a', 0xFE, 0xFF]), Ok("a\u{FEFF}".to_owned()));
    }

    // C-3
    #[test]
    fn an_odd_length_is_reported() {
        assert_eq!(decode(&[0, b'a', 0]), Err(OddLength));
        assert_eq!(decode_lossy(&[0, b'a', 0]), "a\u{FFFD}");
        assert_eq!(decode(&[0]), Err(OddLength));
        assert_eq!(decode(&[]), Ok(String::new()));
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        let high_then_letter = [0xD8, 0x3D, 0, b'a'];
        let low_alone = [0xDE, 0x00];
        assert_eq!(decode(&high_then_letter), Ok("\u{FFFD}a".to_owned()));
        assert_eq!(decode(&low_alone), Ok("\u{FFFD}".to_owned()));
        assert_eq!(decode(&[0xD8, 0x3D]), Ok("\u{FFFD}".to_owned()));
    }
}
