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
    /// Digits behind a plus, or seven and more without one, are an international number of at most 20
    /// digits (kept without the plus); fewer digits are a short code; one to eleven other printable
    /// ASCII characters are a name.
    #[must_use]
    pub fn guess(text: &[u8]) -> Option<Self> {
        let plain = text.strip_prefix(b"+");
        let digits = plain.unwrap_or(text);
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            let is_code = plain.is_none() && digits.len() < INTERNATIONAL_DIGITS_MIN;
            let ton = if is_code { Ton::UNKNOWN } else { Ton::INTERNATIONAL };
            return Self::new(ton, Npi::E164, digits).filter(|_| digits.len() <= NUMBER_DIGITS_MAX);
        }
        let is_name = (1..=NAME_OCTETS_MAX).contains(&text.len())
            && text.iter().all(|octet| octet.is_ascii_graphic() || *octet == b' ');
        if is_name { Self::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, text) } else { None }
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

/// Shorter numbers without a plus are short codes.
const INTERNATIONAL_DIGITS_MIN: usize = 7;
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
