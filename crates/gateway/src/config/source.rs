//! The source addresses that an account may use.

use serde::Deserialize;
use sms::{Address, Npi, Ton};

/// A source address: a number as people write it, a short code or a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Source {
    written: String,
    address: Address,
}

impl Source {
    /// As it stands in the file.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The address that is meant.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Whether a message with these octets as its source is from it: SMPP brings numbers as their owners write them.
    #[must_use]
    pub fn is(&self, value: &[u8]) -> bool {
        *value == self.address.value[..] || *value == *self.written.as_bytes()
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let address = Address::guess(written.as_bytes()).or_else(|| foreign_name(&written));
        match address {
            Some(address) => Ok(Self { written, address }),
            None => Err(format!(
                "\"{written}\" is no source: a number, a short code or a name of up to 11 characters"
            )),
        }
    }
}

/// A name with letters beyond ASCII, as SMPP and the interfaces of other gateways bring it.
fn foreign_name(written: &str) -> Option<Address> {
    let is_name = !written.is_ascii()
        && written.chars().count() <= NAME_CHARACTERS_MAX
        && !written.contains(char::is_control)
        && written.contains(char::is_alphabetic);
    Address::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, written.as_bytes()).filter(|_| is_name)
}

/// 23.040 section 9.1.2.5.
const NAME_CHARACTERS_MAX: usize = 11;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_source_is_meant_by_every_spelling() {
        for written in ["+628111222333", "628111222333", "+62 811-1222-333", "00628111222333"] {
            let source = Source::try_from(written.to_owned()).unwrap();
            assert_eq!(source.address(), &Address::guess(b"628111222333").unwrap(), "{written}");
            assert!(source.is(b"628111222333") && source.is(written.as_bytes()), "{written}");
            assert!(!source.is(b"628111222334") && !source.is(b""), "{written}");
        }
        for name in ["BANK", "Bänk"] {
            assert!(Source::try_from(name.to_owned()).unwrap().is(name.as_bytes()), "{name}");
        }
        for none in ["", " ", "ThisIsTooLongName", "Långtbanknamn", "123456789012345678901"] {
            assert!(Source::try_from(none.to_owned()).is_err(), "{none}");
        }
    }
}
