//! Addresses: numbers, short codes and names.

use std::fmt;

use arrayvec::ArrayVec;

/// The longest address that any operation carries: data_sm, SMPP 3.4 section 4.7.1.
pub const ADDRESS_OCTETS_MAX: usize = 64;

/// Type of number, SMPP 3.4 section 5.2.5. Values that the standard does not name are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ton(pub u8);

impl Ton {
    /// Not known.
    pub const UNKNOWN: Self = Self(0);
    /// With country code, without a leading plus.
    pub const INTERNATIONAL: Self = Self(1);
    /// Without country code.
    pub const NATIONAL: Self = Self(2);
    /// Specific to the network: short codes of some operators.
    pub const NETWORK: Self = Self(3);
    /// A name of up to eleven GSM characters.
    pub const ALPHANUMERIC: Self = Self(5);
}

/// Numbering plan indicator, SMPP 3.4 section 5.2.6. Values that the standard does not name are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Npi(pub u8);

impl Npi {
    /// Not known.
    pub const UNKNOWN: Self = Self(0);
    /// Telephone numbers.
    pub const E164: Self = Self(1);
}

/// Who sends or who receives: a number, a short code or a name, with the type that came with it.
///
/// The value is octets, not text: peers send names in alphabets that they do not declare, and what
/// came in leaves unchanged.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// Type of number.
    pub ton: Ton,
    /// Numbering plan.
    pub npi: Npi,
    /// The digits or the name, without the terminating NUL.
    pub value: ArrayVec<u8, ADDRESS_OCTETS_MAX>,
}

impl Address {
    /// An address with these octets, or `None` if they are more than [`ADDRESS_OCTETS_MAX`].
    #[must_use]
    pub fn new(ton: Ton, npi: Npi, value: &[u8]) -> Option<Self> {
        Some(Self { ton, npi, value: ArrayVec::try_from(value).ok()? })
    }

    /// The address that people mean by these characters, or `None` if there is no such address.
    ///
    /// Digits behind a plus or 00, and other numbers of seven digits and more, are a number as
    /// [`Address::number`] reads it; fewer digits are a short code if nothing stands between them. One to
    /// eleven other printable ASCII characters that are not all blank are a name.
    #[must_use]
    pub fn guess(text: &[u8]) -> Option<Self> {
        if let Some(written) = Written::of(text) {
            let is_number = written.has_plus
                || written.digits.len() >= NUMBER_DIGITS_MIN
                || written.digits.len() == text.len();
            if is_number {
                return written.address();
            }
        }
        let is_all_digits = text.iter().all(u8::is_ascii_digit);
        let is_name = !is_all_digits
            && (1..=NAME_OCTETS_MAX).contains(&text.len())
            && text.iter().any(u8::is_ascii_graphic)
            && text.iter().all(|octet| octet.is_ascii_graphic() || *octet == b' ');
        if is_name { Self::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, text) } else { None }
    }

    /// The number that people mean by these characters, or `None` if there is no such number.
    ///
    /// Blanks, dashes, dots, slashes and parentheses between the 1 to 20 digits do not count, nor do those blanks,
    /// dashes and marks of direction in UTF-8 that other programs copy with a number. What stands behind a plus or 00, or has seven digits and more, is an international number, kept without either;
    /// but a number of that length with a 0 in front is one of a country that nobody names (type unknown).
    /// Fewer digits are a short code. A 0 in parentheses behind a country code is not taken: some dial it,
    /// and some do not.
    #[must_use]
    pub fn number(text: &[u8]) -> Option<Self> {
        Written::of(text)?.address()
    }

    /// The first character of a text that cannot stand in a number, if there is one.
    #[must_use]
    pub fn stranger_in_number(text: &str) -> Option<char> {
        let text = text.trim_ascii().trim_matches(is_odd_separator);
        text.strip_prefix('+').unwrap_or(text).chars().find(|&character| !is_part(character))
    }

    /// The value for people: octets that are not ASCII are shown as `\xNN`.
    #[must_use]
    pub fn text(&self) -> String {
        match std::str::from_utf8(&self.value) {
            Ok(text) if text.is_ascii() => text.to_owned(),
            _ => self.value.escape_ascii().to_string(),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.ton.0, self.npi.0, self.text())
    }
}

/// A number as people write it.
struct Written {
    has_plus: bool,
    digits: ArrayVec<u8, NUMBER_DIGITS_MAX>,
}

impl Written {
    fn of(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text.trim_ascii()).ok()?.trim_matches(is_odd_separator);
        let rest = text.strip_prefix('+').unwrap_or(text);
        let has_plus = rest.len() < text.len();
        // (0) behind a country code: who calls from abroad leaves it out, who reads the digits does not.
        if !rest.chars().all(is_part) || rest.contains("(0)") {
            return None;
        }
        let mut digits = ArrayVec::new();
        for digit in rest.bytes().filter(u8::is_ascii_digit) {
            digits.try_push(digit).ok()?;
        }
        (!digits.is_empty()).then_some(Self { has_plus, digits })
    }

    fn address(&self) -> Option<Address> {
        let is_code = !self.has_plus && self.digits.len() < NUMBER_DIGITS_MIN;
        let abroad = self.digits.strip_prefix(b"00").filter(|rest| rest.len() >= NUMBER_DIGITS_MIN);
        match abroad {
            Some(rest) if !self.has_plus => Address::new(Ton::INTERNATIONAL, Npi::E164, rest),
            _ if is_code || !self.has_plus && self.digits.starts_with(b"0") => {
                Address::new(Ton::UNKNOWN, Npi::E164, &self.digits)
            }
            _ => Address::new(Ton::INTERNATIONAL, Npi::E164, &self.digits),
        }
    }
}

/// What may stand in a number behind its plus.
fn is_part(character: char) -> bool {
    character.is_ascii_digit() || SEPARATORS.contains(character) || is_odd_separator(character)
}

/// Blanks, dashes and marks of direction that no keyboard has. What ends a line separates numbers.
fn is_odd_separator(character: char) -> bool {
    matches!(
        character,
        '\u{A0}' | '\u{AD}' | '\u{1680}' | '\u{2000}'..='\u{2015}' | '\u{202A}'..='\u{202F}' | '\u{205F}'
            | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{2212}' | '\u{3000}' | '\u{FE63}' | '\u{FEFF}' | '\u{FF0D}'
    )
}

/// What people put between the digits of a number.
const SEPARATORS: &str = " -./()";
/// Shorter numbers without a plus are short codes.
const NUMBER_DIGITS_MIN: usize = 7;
/// The longest number of submit_sm: SMPP 3.4 section 5.2.9.
const NUMBER_DIGITS_MAX: usize = 20;
/// The longest name that the air interface carries: 23.040 section 9.1.2.5.
const NAME_OCTETS_MAX: usize = 11;

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str) -> Option<(u8, u8, String)> {
        Address::guess(text.as_bytes()).map(|address| (address.ton.0, address.npi.0, address.text()))
    }

    #[test]
    fn numbers_codes_and_names_are_told_apart() {
        assert_eq!(guessed("+6281234567890"), Some((1, 1, "6281234567890".to_owned())));
        assert_eq!(guessed("6281234567890"), Some((1, 1, "6281234567890".to_owned())));
        assert_eq!(guessed("+12345"), Some((1, 1, "12345".to_owned())));
        assert_eq!(guessed("123456"), Some((0, 1, "123456".to_owned())));
        assert_eq!(guessed("1234567"), Some((1, 1, "1234567".to_owned())));
        assert_eq!(guessed("BANK 24"), Some((5, 0, "BANK 24".to_owned())));
        assert_eq!(guessed("+"), Some((5, 0, "+".to_owned())));
        assert_eq!((guessed(" "), guessed("   ")), (None, None));
    }

    //
    #[test]
    fn numbers_are_taken_as_people_write_them() {
        let number = |text: &str| {
            Address::number(text.as_bytes()).map(|address| (address.ton.0, address.npi.0, address.text()))
        };
        let abroad = Some((1, 1, "62811000111".to_owned()));
        for text in [
            "+62811000111",
            "62811000111",
            "0062811000111",
            "+62 811-000-111",
            " 62 811 000 111 ",
            "00 62 811 000 111",
            "+62 (811) 000.111",
            "62/811/000111",
            "+62\u{a0}811\u{202f}000\u{2011}111",
            "\u{202a}+62 811 000 111\u{202c}",
            "\u{feff}62\u{2009}811\u{2013}000\u{2212}111 \r\n",
        ] {
            assert_eq!(number(text), abroad, "{text}");
            assert_eq!(guessed(text), abroad, "{text}");
        }
        let at_home = Some((0, 1, "0811000111".to_owned()));
        assert_eq!((number("0811-000-111"), guessed("(0811) 000 111")), (at_home.clone(), at_home));
        assert_eq!(number("12 34"), Some((0, 1, "1234".to_owned())));
        assert_eq!(number("00123"), Some((0, 1, "00123".to_owned())));
        for text in [
            "",
            "+",
            " - ",
            "+62 (0) 811 000",
            "62811x",
            "++62811000111",
            "62+811000111",
            "+628110001112223334445",
            "62811000111\n62811000112",
            "62\u{2028}811",
            "\u{ff16}\u{ff12}811000111",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
        for (text, stranger) in [
            ("+62 811 x 000", Some('x')),
            ("62+811", Some('+')),
            ("62811000111\n62811000112", Some('\n')),
            ("\u{ff16}2811000111", Some('\u{ff16}')),
            ("+62\u{a0}811", None),
            ("+", None),
        ] {
            assert_eq!(Address::stranger_in_number(text), stranger, "{text}");
        }
    }

    #[test]
    fn a_few_digits_in_groups_are_a_name() {
        assert_eq!(guessed("24-7"), Some((5, 0, "24-7".to_owned())));
        assert_eq!(guessed("7/11"), Some((5, 0, "7/11".to_owned())));
    }

    //
    #[test]
    fn what_no_operator_carries_is_no_address() {
        assert!(guessed("12345678901234567890").is_some());
        for text in ["", "123456789012345678901", "+123456789012345678901", "twelve chars", "café", "a\nb"] {
            assert_eq!(guessed(text), None, "{text}");
        }
    }
}
