//! How addresses are rewritten at the border.

use serde::{Deserialize, Deserializer, de};

/// One rule: which addresses it is for, and what becomes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressRule {
    /// The form that an address must have; `None` is any.
    pub form: Option<AddressForm>,
    /// What an address must start with, and loses.
    #[serde(deserialize_with = "part_of_address")]
    pub strip: String,
    /// What it gets in front instead.
    #[serde(deserialize_with = "part_of_address")]
    pub add: String,
    /// The type of number that it gets.
    pub ton: Option<u8>,
    /// The numbering plan that it gets.
    pub npi: Option<u8>,
}

/// What an address looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressForm {
    /// A number with its country code: behind a plus, or of type 1.
    International,
    /// Another number of seven digits or more.
    National,
    /// Another number.
    ShortCode,
    /// A name: of type 5, or with anything but digits.
    Alphanumeric,
}

fn part_of_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() <= PART_OCTETS_MAX && !text.contains('\0') {
        Ok(text)
    } else {
        Err(de::Error::custom(format!("an address has at most {PART_OCTETS_MAX} octets")))
    }
}

/// SMPP 3.4 section 5.2.8: an address has 20 octets.
const PART_OCTETS_MAX: usize = 20;
