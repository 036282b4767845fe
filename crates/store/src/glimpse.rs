//! What waits, as it is seen without being lent.

use std::str::FromStr;
use std::sync::Arc;

use sms::{LinkName, Message};

use crate::{Item, Part};

/// Something that waits for a link, seen by [`Store::browse`](crate::Store::browse).
#[derive(Clone, Debug)]
pub struct Glimpse {
    /// Its place in the order.
    pub mark: Mark,
    /// The link that it waits for.
    pub link: LinkName,
    /// Its name, for [`Store::evacuate_those`](crate::Store::evacuate_those).
    pub part: Part,
    /// What it is.
    pub item: Item,
    /// The message that it belongs to.
    pub message: Arc<Message>,
}

/// A place in the order of acceptance, to go on from; good for as long as the data directory. Its text is
/// sixteen hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub(crate) u64);

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Mark {
    type Err = NoMark;

    fn from_str(text: &str) -> Result<Self, NoMark> {
        let is_one = text.len() == DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_one).map(Self).ok_or(NoMark)
    }
}

/// Why a text is no [`Mark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mark has sixteen hexadecimal digits")]
pub struct NoMark;

const DIGITS: usize = 16;
