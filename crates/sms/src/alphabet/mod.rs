//! Alphabets: which one a body is in, and text to octets and back.
//!
//! The octets are those of an SMPP short_message: one GSM 7-bit character per octet (unpacked), UCS-2
//! in big-endian pairs.

pub mod ascii;
pub mod gsm;
pub mod latin1;
pub mod packed;
pub mod ucs2;

/// What a character becomes in a text when its octets mean nothing.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The alphabet of a body, as far as it matters for reading and splitting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// The GSM 7-bit default alphabet with its extension table, 23.038 section 6.2.1.
    Gsm7,
    /// IA5, that is ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// UCS-2 with surrogates, that is UTF-16 in big-endian order.
    Ucs2,
    /// Data, or text in an alphabet that is not read here.
    Octets,
}

impl Alphabet {
    /// The alphabet that a data_coding declares, by the whole octet (SMPP 3.4 section 5.2.19, 23.038
    /// section 4).
    ///
    /// Compressed text, reserved values and alphabets that are not read here are [`Alphabet::Octets`].
    #[must_use]
    pub const fn of_data_coding(data_coding: u8) -> Self {
        match data_coding {
            0x00 => Self::Gsm7,
            0x01 => Self::Ascii,
            0x03 => Self::Latin1,
            0x08 => Self::Ucs2,
            // The general groups of 23.038 with a class or with automatic deletion, not compressed.
            0x10..=0x1F | 0x40..=0x5F => match (data_coding >> 2) & 0b11 {
                0 => Self::Gsm7,
                2 => Self::Ucs2,
                _ => Self::Octets,
            },
            // Message waiting: discard and store.
            0xC0..=0xDF => Self::Gsm7,
            // Message waiting: store, UCS-2.
            0xE0..=0xEF => Self::Ucs2,
            // Data coding and message class.
            0xF0..=0xFF if data_coding & 0b100 == 0 => Self::Gsm7,
            _ => Self::Octets,
        }
    }

    /// The plain data_coding for a body in this alphabet, without a class.
    #[must_use]
    pub const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm7 => 0,
            Self::Ascii => 1,
            Self::Latin1 => 3,
            Self::Octets => 4,
            Self::Ucs2 => 8,
        }
    }

    /// The alphabet that carries all of `text` in the fewest segments: GSM 7-bit if every character is
    /// in it, otherwise UCS-2.
    #[must_use]
    pub fn best_for(text: &str) -> Self {
        match gsm::septets(text) {
            Some(_) => Self::Gsm7,
            None => Self::Ucs2,
        }
    }

    /// Appends `text` in this alphabet to `out`.
    ///
    /// # Errors
    /// The first character that the alphabet does not have; `out` is as it was. [`Alphabet::Octets`]
    /// has none.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        match self {
            Self::Gsm7 => gsm::encode(text, out),
            Self::Ascii => ascii::encode(text, out),
            Self::Latin1 => latin1::encode(text, out),
            Self::Ucs2 => {
                ucs2::encode(text, out);
                Ok(())
            }
            Self::Octets => match text.chars().next() {
                Some(character) => Err(Unencodable { character, at: 0 }),
                None => Ok(()),
            },
        }
    }
}

/// The text of a body without its user data header, or `None` if it is octets.
///
/// Never fails on text: what means nothing is shown as U+FFFD, and so is the last octet of a UCS-2
/// body of odd length.
#[must_use]
pub fn decode(data_coding: u8, body: &[u8]) -> Option<String> {
    Some(match Alphabet::of_data_coding(data_coding) {
        Alphabet::Gsm7 => gsm::decode(body),
        Alphabet::Ascii => ascii::decode(body),
        Alphabet::Latin1 => latin1::decode(body),
        Alphabet::Ucs2 => ucs2::decode_lossy(body),
        Alphabet::Octets => return None,
    })
}

/// A character that the alphabet does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the character U+{:04X} at octet {at} is not in the alphabet", u32::from(*.character))]
pub struct Unencodable {
    /// The character.
    pub character: char,
    /// Where it starts in the text: the offset in octets of UTF-8.
    pub at: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every data_coding by its own rule of 23.038 and SMPP 3.4, written bit by bit.
    fn by_the_bits(octet: u8) -> Alphabet {
        let bits = [7, 6, 5, 4, 3, 2].map(|bit| octet >> bit & 1);
        match (octet, bits) {
            (0, _) => Alphabet::Gsm7,
            (1, _) => Alphabet::Ascii,
            (3, _) => Alphabet::Latin1,
            (8, _) => Alphabet::Ucs2,
            (_, [0, 0, 0, 1, 0, 0] | [0, 1, 0, _, 0, 0]) => Alphabet::Gsm7,
            (_, [0, 0, 0, 1, 1, 0] | [0, 1, 0, _, 1, 0]) => Alphabet::Ucs2,
            (_, [1, 1, 0, _, _, _] | [1, 1, 1, 1, _, 0]) => Alphabet::Gsm7,
            (_, [1, 1, 1, 0, _, _]) => Alphabet::Ucs2,
            _ => Alphabet::Octets,
        }
    }

    // C-1, C-2, C-4
    #[test]
    fn the_whole_octet_decides() {
        for octet in 0..=255 {
            assert_eq!(Alphabet::of_data_coding(octet), by_the_bits(octet), "{octet:#04X}");
        }
    }

    // C-1, C-2, C-4, I-1, I-4
    #[test]
    fn values_met_in_the_field() {
        use Alphabet::{Gsm7, Octets, Ucs2};
        let known = [
            (0x02, Octets),
            (0x04, Octets),
            (0x05, Octets),
            (0x0E, Octets),
            (0x10, Gsm7),
            (0x14, Octets),
            (0x18, Ucs2),
            (0x20, Octets),
            (0x38, Octets),
            (0x88, Octets),
            (0xC8, Gsm7),
            (0xD8, Gsm7),
            (0xE8, Ucs2),
            (0xF0, Gsm7),
            (0xF4, Octets),
            (0xF5, Octets),
        ];
        for (octet, alphabet) in known {
            assert_eq!(Alphabet::of_data_coding(octet), alphabet, "{octet:#04X}");
        }
    }

    #[test]
    fn the_plain_data_coding_means_its_alphabet() {
        use Alphabet::{Ascii, Gsm7, Latin1, Octets, Ucs2};
        for alphabet in [Gsm7, Ascii, Latin1, Octets, Ucs2] {
            assert_eq!(Alphabet::of_data_coding(alphabet.data_coding()), alphabet);
        }
    }

    #[test]
    fn the_best_alphabet_is_the_smallest_that_has_all() {
        assert_eq!(Alphabet::best_for(""), Alphabet::Gsm7);
        assert_eq!(Alphabet::best_for("Halo {dunia} €"), Alphabet::Gsm7);
        assert_eq!(Alphabet::best_for("`"), Alphabet::Ucs2);
        assert_eq!(Alphabet::best_for("ç"), Alphabet::Ucs2);
        assert_eq!(Alphabet::best_for("привет"), Alphabet::Ucs2);
    }

    #[test]
    fn octets_are_no_text() {
        let mut out = vec![1];
        let error = Unencodable { character: 'a', at: 0 };
        assert_eq!(Alphabet::Octets.encode("a", &mut out), Err(error));
        assert_eq!(out, [1]);
        assert_eq!(decode(0x04, b"a"), None);
        assert_eq!(error.to_string(), "the character U+0061 at octet 0 is not in the alphabet");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in any::<String>()) {
            prop_assume!(!text.starts_with('\u{FEFF}'));
            let alphabet = Alphabet::best_for(&text);
            let mut octets = Vec::new();
            prop_assert_eq!(alphabet.encode(&text, &mut octets), Ok(()));
            prop_assert_eq!(decode(alphabet.data_coding(), &octets), Some(text));
        }

        #[test]
        fn any_octets_are_read(data_coding: u8, body in any::<Vec<u8>>()) {
            let octets = Alphabet::of_data_coding(data_coding) == Alphabet::Octets;
            prop_assert_eq!(decode(data_coding, &body).is_none(), octets);
        }
    }
}
