//! Values that have a limit of their own.

use serde::{Deserialize, Deserializer, de};
use smpp::session::PDU_OCTETS_CEILING;

/// A text that fits into a field of SMPP with `MAX` octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> std::ops::Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        at_most::<MAX, D>(deserializer).map(Self)
    }
}

/// Reads a text that fits into a field of SMPP with `MAX` octets.
pub(super) fn at_most<'de, const MAX: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() <= MAX && !text.contains('\0') {
        Ok(text)
    } else {
        Err(de::Error::custom(format!("SMPP has room for {MAX} octets here, this takes {}", text.len())))
    }
}

/// How long a PDU of a peer that is bound may be, in octets: 1,024 to [`smpp::session::PDU_OCTETS_CEILING`] (F-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PduOctets(usize);

impl PduOctets {
    /// As long as it can be (F-3).
    pub(super) const fn largest() -> Self {
        Self(PDU_OCTETS_CEILING)
    }

    /// In octets.
    #[must_use]
    pub const fn octets(self) -> usize {
        self.0
    }
}

impl Default for PduOctets {
    fn default() -> Self {
        Self(PDU_OCTETS_MAX)
    }
}

impl<'de> Deserialize<'de> for PduOctets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let octets = usize::deserialize(deserializer)?;
        if (PDU_OCTETS_MIN..=PDU_OCTETS_CEILING).contains(&octets) {
            Ok(Self(octets))
        } else {
            let range = format_args!("{PDU_OCTETS_MIN} to {PDU_OCTETS_CEILING}");
            Err(de::Error::custom(format!("a PDU may have {range} octets, not {octets}")))
        }
    }
}

/// How many octets of requests' bodies may be in memory at a time: [`BodiesOctets::MIN`] and more (ABU-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodiesOctets(usize);

impl BodiesOctets {
    /// The least that is of use: callers who are not known yet then have room for two of the longest bodies.
    pub const MIN: usize = 16 << 20;

    /// In octets.
    #[must_use]
    pub const fn octets(self) -> usize {
        self.0
    }
}

impl Default for BodiesOctets {
    fn default() -> Self {
        Self(BODIES_OCTETS_MAX)
    }
}

impl<'de> Deserialize<'de> for BodiesOctets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let octets = usize::deserialize(deserializer)?;
        if octets >= Self::MIN {
            Ok(Self(octets))
        } else {
            Err(de::Error::custom(format!("bodies need {} octets at least, not {octets}", Self::MIN)))
        }
    }
}

/// Enough for any submit_sm without a payload, and for what a bind or an enquire_link takes.
const PDU_OCTETS_MIN: usize = 1024;
const PDU_OCTETS_MAX: usize = 16 * 1024;
const BODIES_OCTETS_MAX: usize = 64 << 20;
