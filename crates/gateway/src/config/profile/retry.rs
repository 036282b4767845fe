//! Which statuses of an SMSC mean that a segment is tried again, when and how often.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// What to do after certain statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRule {
    /// The statuses.
    pub status: Statuses,
    /// Seconds until the next attempt; `None`: 1, 2, 4 … 300.
    pub after_s: Option<u32>,
    /// How often a segment is tried in all; `None` is until its validity ends, 1 is never again.
    pub attempts: Option<u16>,
}

/// One status, or all from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses {
    first: u32,
    last: u32,
}

impl Statuses {
    /// Whether `status` is among them.
    #[must_use]
    pub const fn contains(self, status: u32) -> bool {
        self.first <= status && status <= self.last
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StatusesVisitor)
    }
}

struct StatusesVisitor;

impl Visitor<'_> for StatusesVisitor {
    type Value = Statuses;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status like 0x58, or a range like \"0x400-0x4FF\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Statuses, E> {
        let status =
            u32::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))?;
        Ok(Statuses { first: status, last: status })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Statuses, E> {
        range(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

fn range(text: &str) -> Option<Statuses> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok();
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some(Statuses { first, last })
}
