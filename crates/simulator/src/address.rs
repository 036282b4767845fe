//! Addresses as people write them.

use smpp::Address;

/// The address that is meant by a number, a short code or a name; `None` if it has more than 20 octets
/// or a NUL.
///
/// A number of seven digits or more, with or without `+`, is international (TON 1, NPI 1, without the
/// `+`); a shorter one is a short code (TON 0, NPI 1); everything else is a name (TON 5, NPI 0).
#[must_use]
pub fn address(text: &str) -> Option<Address> {
    let digits = without_plus(text.as_bytes());
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    match (is_number, digits.len() < text.len() || digits.len() >= NUMBER_DIGITS_MIN) {
        (true, true) => Address::new(1, 1, digits),
        (true, false) => Address::new(0, 1, digits),
        (false, _) => Address::new(5, 0, text.as_bytes()),
    }
}

/// A number as handsets compare it: without the `+`.
pub(crate) fn without_plus(number: &[u8]) -> &[u8] {
    number.strip_prefix(b"+").unwrap_or(number)
}

/// Fewer digits are a short code.
const NUMBER_DIGITS_MIN: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_short_codes_and_names() {
        assert_eq!(address("+62812345678"), Address::new(1, 1, b"62812345678"));
        assert_eq!(address("62812345678"), Address::new(1, 1, b"62812345678"));
        assert_eq!(address("+46"), Address::new(1, 1, b"46"));
        assert_eq!(address("1234"), Address::new(0, 1, b"1234"));
        assert_eq!(address("BANK"), Address::new(5, 0, b"BANK"));
        assert_eq!(address("123456789012345678901"), None);
    }
}
