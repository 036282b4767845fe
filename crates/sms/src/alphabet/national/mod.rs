//! National language tables, 23.038 annex A: GSM 7-bit text of which the header names the tables.
//!
//! A *locking shift* table stands in the place of the default table, a *single shift* table in that of the
//! extension table, whose codes follow an escape. The text is one septet per octet, as in [`gsm`].

mod frame;
mod indic;
mod language;
mod latin;
mod table;
mod urdu;

use arrayvec::ArrayVec;

pub use self::language::Language;
use super::gsm;
use super::unencodable::{REPLACEMENT, Unencodable};
use crate::udh::element::Element;

/// The tables that the septets of a text are read by. The default is the GSM alphabet itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tables {
    /// Whose table stands in the place of the default table; one that has none leaves it there.
    pub locking: Option<Language>,
    /// Whose table stands in the place of the extension table.
    pub single: Option<Language>,
}

impl Tables {
    /// The GSM alphabet itself.
    pub const DEFAULT: Self = Self { locking: None, single: None };

    /// The ways to say something with the tables of one language, the simplest header first.
    pub(crate) fn of_language(language: Language) -> impl Iterator<Item = Self> {
        let single = Self { locking: None, single: Some(language) };
        let locking = Self { locking: Some(language), single: None };
        let both = Self { locking: Some(language), single: Some(language) };
        let ways: &[Self] = if language.locking().is_some() { &[single, locking, both] } else { &[single] };
        ArrayVec::<Self, 3>::from_iter(ways.iter().copied()).into_iter()
    }

    /// Takes over what an element of a header says of them: a number that nobody knows brings the table of
    /// the GSM alphabet back.
    pub(crate) fn hear(&mut self, element: Element<'_>) {
        match (element.id, element.data) {
            (Element::SINGLE_SHIFT, &[number]) => self.single = Language::of_number(number),
            (Element::LOCKING_SHIFT, &[number]) => self.locking = Language::of_number(number),
            _ => {}
        }
    }

    /// The elements of a header that name them, with their ids and lengths.
    #[must_use]
    pub fn elements(self) -> ArrayVec<u8, 6> {
        let element = |id, language: Language| [id, 1, language.number()];
        let single = self.single.map(|language| element(Element::SINGLE_SHIFT, language));
        let locking = self.locking.map(|language| element(Element::LOCKING_SHIFT, language));
        single.into_iter().chain(locking).flatten().collect()
    }

    /// Appends `text` to `out`, one octet per septet; a character of the single shift table takes two.
    ///
    /// # Errors
    /// The first character that the tables do not have; `out` is as it was.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        if self == Self::DEFAULT {
            return gsm::encode(text, out);
        }
        let start = out.len();
        out.reserve(text.len());
        for (at, character) in text.char_indices() {
            if let Some(code) = self.plain_code(character) {
                out.push(code);
            } else if let Some(code) = self.extended_code(character) {
                out.extend_from_slice(&[gsm::ESCAPE, code]);
            } else {
                out.truncate(start);
                return Err(Unencodable { character, at });
            }
        }
        Ok(())
    }

    /// The text of `octets`, one septet each, as a handset shows it.
    ///
    /// A septet without a character is shown as a space; such a one behind an escape as that of the table
    /// that it would be read by without. A second escape after an escape, and an escape at the end, are
    /// shown as a space; an octet above 0x7F as U+FFFD.
    #[must_use]
    pub fn decode(self, octets: &[u8]) -> String {
        if self == Self::DEFAULT {
            return gsm::decode(octets);
        }
        self.characters(octets).map(|(character, _)| character).collect()
    }

    /// The characters of `octets`, each with how many of them it takes.
    pub(crate) fn characters(self, octets: &[u8]) -> impl Iterator<Item = (char, usize)> + Clone {
        let mut octets = octets.iter();
        std::iter::from_fn(move || {
            Some(match *octets.next()? {
                gsm::ESCAPE => match octets.next() {
                    Some(&octet) => (self.extended(octet), 2),
                    None => (' ', 1),
                },
                octet => (self.plain(octet), 1),
            })
        })
    }

    fn plain(self, octet: u8) -> char {
        match self.locking.and_then(Language::locking) {
            _ if !octet.is_ascii() => REPLACEMENT,
            Some(table) => table.character(octet).unwrap_or(' '),
            None => gsm::plain(octet),
        }
    }

    fn extended(self, octet: u8) -> char {
        let character = match self.single {
            Some(language) => language.single().character(octet),
            None => gsm::extension(octet),
        };
        character.unwrap_or_else(|| self.plain(octet))
    }

    fn plain_code(self, character: char) -> Option<u8> {
        match self.locking.and_then(Language::locking) {
            Some(table) => table.code(character),
            None => gsm::plain_code(character),
        }
    }

    fn extended_code(self, character: char) -> Option<u8> {
        match self.single {
            Some(language) => language.single().code(character),
            None => gsm::extension_code(character),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn tables() -> impl Iterator<Item = Tables> {
        let languages = || std::iter::once(None).chain(Language::ALL.map(Some));
        languages().flat_map(move |locking| languages().map(move |single| Tables { locking, single }))
    }

    fn encoded(tables: Tables, text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        tables.encode(text, &mut out).is_ok().then_some(out)
    }

    // G-1
    #[test]
    fn every_character_of_every_table_is_said_and_read() {
        for tables in tables() {
            for septet in (0..128).filter(|&septet| septet != gsm::ESCAPE) {
                for octets in [&[septet][..], &[gsm::ESCAPE, septet]] {
                    let text = tables.decode(octets);
                    assert_eq!(text.chars().count(), 1, "{tables:?} {octets:02x?}");
                    let again = encoded(tables, &text).map(|again| tables.decode(&again));
                    // An escape before a code that only the table without it has can leave it unsayable: a hole.
                    assert!(again == Some(text.clone()) || text == " ", "{tables:?} {octets:02x?} {text:?}");
                }
            }
        }
    }

    // G-1
    #[test]
    fn texts_of_each_language() {
        let single = |language| Tables { locking: None, single: Some(language) };
        let locking = |language| Tables { locking: Some(language), single: None };
        let both = |language| Tables { locking: Some(language), single: Some(language) };
        use Language::*;
        let vectors: [(Tables, &str, &[u8]); 16] = [
            (single(Turkish), "Işığı aç", b"I\x1Bs\x1Bi\x1Bg\x1Bi a\x1Bc"),
            (locking(Turkish), "İşte €5", b"\x40\x1Dte \x045"),
            (single(Spanish), "Qué día, ¿mañana?", b"Qu\x05 d\x1Bia, \x60ma\x7Dana?"),
            (locking(Portuguese), "Não há ação", b"N\x7Bo h\x0F a\x09\x7Bo"),
            (single(Portuguese), "São João", b"S\x1B\x7Bo Jo\x1B\x7Bo"),
            (locking(Bengali), "আমি", b"\x04\x42\x51"),
            (both(Gujarati), "ગુજરાતી ૧", b"\x17\x53\x1D\x44\x50\x27\x52 \x1B\x1D"),
            (both(Hindi), "नमस्ते, A।", b"\x2F\x42\x4C\x5F\x27\x59\x2C \x1BA\x1B\x19"),
            (locking(Kannada), "ಡಾ", b"\x24\x50"),
            (locking(Malayalam), "മലയാളം", b"\x42\x46\x43\x50\x47\x01"),
            (locking(Oriya), "ଓଡିଆ", b"\x13\x24\x51\x04"),
            (locking(Punjabi), "ਪੰਜਾਬੀ", b"\x3D\x7B\x1D\x50\x40\x52"),
            (locking(Tamil), "தமிழ்", b"\x27\x42\x51\x48\x5F"),
            (both(Telugu), "తెలుగు ౧", b"\x27\x58\x46\x53\x17\x53 \x1B\x1D"),
            (both(Urdu), "اردو ۱۔", b"\x00\x25\x1A\x53 \x1B\x1D\x1B\x3F"),
            (locking(Hindi), "a{€", b"a\x1B\x28\x1Be"),
        ];
        for (tables, text, octets) in vectors {
            assert_eq!(encoded(tables, text).as_deref(), Some(octets), "{text}");
            assert_eq!(tables.decode(octets), text);
        }
    }

    // G-1
    #[test]
    fn octets_that_mean_nothing() {
        let bengali = Tables { locking: Some(Language::Bengali), single: Some(Language::Bengali) };
        assert_eq!(bengali.decode(b"\x0C\x1B\x66\x1B\x1B\x1Ba\x1B"), " f a ");
        assert_eq!(bengali.decode(b"\x80\x1B\xFF"), "\u{FFFD}\u{FFFD}");
        let spanish = Tables { locking: Some(Language::Spanish), single: None };
        assert_eq!(spanish.decode(b"\x00\x1Be"), "@€", "Spanish has no locking shift table");
        let unknown = |number| {
            let mut tables = bengali;
            tables.hear(Element { id: Element::LOCKING_SHIFT, data: &[number] });
            tables.hear(Element { id: Element::SINGLE_SHIFT, data: &[number] });
            tables
        };
        assert_eq!(unknown(14), Tables::DEFAULT);
        assert_eq!(unknown(0), Tables::DEFAULT);
    }

    #[test]
    fn what_the_tables_do_not_have_is_named() {
        let turkish = Tables { locking: None, single: Some(Language::Turkish) };
        let mut out = vec![9];
        assert_eq!(turkish.encode("ığж", &mut out), Err(Unencodable { character: 'ж', at: 4 }));
        assert_eq!(turkish.encode("\0", &mut out), Err(Unencodable { character: '\0', at: 0 }));
        assert_eq!(out, [9]);
    }

    // G-1
    #[test]
    fn elements_name_the_tables() {
        let both = Tables { locking: Some(Language::Urdu), single: Some(Language::Turkish) };
        assert_eq!(both.elements()[..], [0x24, 1, 1, 0x25, 1, 13]);
        assert_eq!(Tables::DEFAULT.elements()[..], []);
        for language in Language::ALL {
            assert_eq!(Language::of_number(language.number()), Some(language));
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_read(octets: Vec<u8>, number in 0_usize..14 * 14) {
            let tables = tables().nth(number).unwrap();
            let octets_read: usize = tables.characters(&octets).map(|(_, octets)| octets).sum();
            prop_assert_eq!(octets_read, octets.len());
        }
    }
}
