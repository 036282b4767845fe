//! A fixed answer to handsets, given by a link inside.

use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Deserializer, de};
use sms::Address;

use super::checked::fixed_text;
use super::name::Name;

/// One answer: every message that a route gives it is answered with the same text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerConfig {
    /// The name of the link.
    pub name: Name,
    /// What the handset is told.
    #[serde(deserialize_with = "fixed_text")]
    pub text: String,
    /// From where, if not from the number that the handset wrote to.
    #[serde(default, deserialize_with = "sender")]
    pub sender: Option<Address>,
    /// How often a handset is told it in a period.
    #[serde(default = "default_handset_max")]
    pub handset_max: NonZeroU32,
    /// Seconds of that period.
    #[serde(default = "default_handset_period_s")]
    pub handset_period_s: NonZeroU64,
}

fn sender<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = Address::guess(text.as_bytes());
    address.map(Some).ok_or_else(|| de::Error::custom(format!("\"{text}\" is no sender")))
}

const fn default_handset_max() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(2)
}

const fn default_handset_period_s() -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add(86_399)
}
