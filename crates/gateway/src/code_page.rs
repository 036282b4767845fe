//! The code pages of DOS, which programs as old as Kannel still write.

use oem_cp::code_table::{DECODING_TABLE_CP_MAP, ENCODING_TABLE_CP_MAP};
use oem_cp::encode_char_checked;

/// A code page by its number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodePage {
    number: u16,
    /// Its name as IANA has it.
    pub(super) name: &'static str,
}

impl CodePage {
    /// The code page that is called by its number, with or without `cp` or `IBM` before it.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        let starts =
            |prefix: &&str| name.get(..prefix.len()).is_some_and(|is| is.eq_ignore_ascii_case(prefix));
        let digits = ["cp", "ibm"].iter().find(|prefix| starts(prefix)).map_or(name, |is| &name[is.len()..]);
        // A number of Rust may have a plus.
        let number: u16 =
            digits.starts_with(|first: char| first.is_ascii_digit()).then(|| digits.parse().ok())??;
        ALL.iter().find(|page| page.number == number)
    }

    pub(super) fn decode(&self, octets: &[u8]) -> Option<String> {
        DECODING_TABLE_CP_MAP.get(&self.number)?.decode_string_checked(octets)
    }

    /// The octet of a character that it has.
    pub(super) fn octet(&self, character: char) -> Option<u8> {
        encode_char_checked(character, ENCODING_TABLE_CP_MAP.get(&self.number)?)
    }
}

const fn page(number: u16, name: &'static str) -> CodePage {
    CodePage { number, name }
}

/// Those that the C library knows, too, but for 866, which the WHATWG has.
static ALL: [CodePage; 15] = [
    page(437, "IBM437"),
    page(737, "CP737"),
    page(775, "IBM775"),
    page(850, "IBM850"),
    page(852, "IBM852"),
    page(855, "IBM855"),
    page(857, "IBM857"),
    page(858, "IBM00858"),
    page(860, "IBM860"),
    page(861, "IBM861"),
    page(862, "IBM862"),
    page(863, "IBM863"),
    page(864, "IBM864"),
    page(865, "IBM865"),
    page(869, "IBM869"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_code_page_has_its_tables() {
        for page in &ALL {
            for octet in 0..=u8::MAX {
                let Some(text) = page.decode(&[octet]) else { continue };
                assert_eq!(page.octet(text.chars().next().unwrap()), Some(octet), "{}", page.name);
            }
            assert_eq!(page.octet('日'), None);
        }
    }

    #[test]
    fn a_code_page_is_called_by_its_number() {
        for name in ["cp850", "CP850", "850", "IBM850", "ibm850"] {
            assert_eq!(CodePage::named(name).map(|page| page.name), Some("IBM850"), "{name}");
        }
        for name in ["cp", "cp851", "xcp850", "cp 850", "€850", "cp+850"] {
            assert_eq!(CodePage::named(name), None, "{name}");
        }
    }
}
