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
