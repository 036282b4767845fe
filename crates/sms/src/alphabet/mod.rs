//! Alphabets: which one a body is in, and text to octets and back.
//!
//! The octets are those of an SMPP short_message: one GSM 7-bit character per octet (unpacked), UCS-2
//! in big-endian pairs.

pub mod ascii;
pub mod code_page;
mod decode;
pub mod gsm;
pub(crate) mod iso_2022_jp;
pub mod latin1;
pub(crate) mod multibyte;
pub mod national;
pub mod packed;
pub mod ucs2;
mod unencodable;

pub use decode::{decode, decode_by};
pub use unencodable::Unencodable;

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
    /// Data, or text in an alphabet that is not written here.
    Octets,
}

impl Alphabet {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data_coding::DataCoding;

    #[test]
    fn the_plain_data_coding_means_its_alphabet() {
        use Alphabet::{Ascii, Gsm7, Latin1, Octets, Ucs2};
        for alphabet in [Gsm7, Ascii, Latin1, Octets, Ucs2] {
            assert_eq!(DataCoding(alphabet.data_coding()).alphabet(), alphabet);
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
            let octets = DataCoding(data_coding).alphabet() == Alphabet::Octets;
            let is_code_page = [5, 6, 7, 10, 13, 14].contains(&data_coding);
            prop_assert_eq!(decode(data_coding, &body).is_none(), octets && !is_code_page);
        }
    }
}
