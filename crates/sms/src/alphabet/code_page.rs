//! The alphabets of other regions that SMPP lists: read, never written.

use encoding_rs::{EUC_JP, EUC_KR, ISO_2022_JP, ISO_8859_5, ISO_8859_8, SHIFT_JIS};

use crate::data_coding::Encoding;

/// The text of `octets`, or `None` if the encoding is none of these alphabets. What means nothing is shown
/// as U+FFFD.
///
/// JIS is read as Shift JIS, extended kanji as EUC-JP and KS C 5601 as EUC-KR, which are how networks write
/// them: the standards number characters, and SMPP does not say in which octets the numbers stand.
#[must_use]
pub fn decode(encoding: Encoding, octets: &[u8]) -> Option<String> {
    let code_page = match encoding {
        Encoding::Jis => SHIFT_JIS,
        Encoding::Cyrillic => ISO_8859_5,
        Encoding::Hebrew => ISO_8859_8,
        Encoding::Iso2022Jp => ISO_2022_JP,
        Encoding::ExtendedKanji => EUC_JP,
        Encoding::Korean => EUC_KR,
        _ => return None,
    };
    let (text, _) = code_page.decode_without_bom_handling(octets);
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    // C-2
    #[test]
    fn one_text_in_each() {
        let vectors: [(Encoding, &[u8], &str); 6] = [
            (Encoding::Jis, b"\x93\xfa\x96\x7b", "日本"),
            (Encoding::Cyrillic, b"\xbf\xe0\xd8\xd2\xd5\xe2 1", "Привет 1"),
            (Encoding::Hebrew, b"\xf9\xec\xe5\xed", "שלום"),
            (Encoding::Iso2022Jp, b"\x1b$BF|K\\\x1b(B", "日本"),
            (Encoding::ExtendedKanji, b"\xc6\xfc\xcb\xdc \x8f\xb0\xa1", "日本 丂"),
            (Encoding::Korean, b"\xc7\xd1\xb1\xdb", "한글"),
        ];
        for (encoding, octets, text) in vectors {
            assert_eq!(decode(encoding, octets).as_deref(), Some(text), "{encoding:?}");
        }
    }

    // C-2
    #[test]
    fn others_are_not_read_and_broken_ones_replaced() {
        for encoding in [Encoding::Default, Encoding::Octets, Encoding::Pictograms, Encoding::ReservedB] {
            assert_eq!(decode(encoding, b"x"), None, "{encoding:?}");
        }
        assert_eq!(decode(Encoding::Korean, b"\xc7").as_deref(), Some("\u{FFFD}"));
    }
}
