//! Values that have a limit of their own.

use serde::{Deserialize, Deserializer, de};

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
