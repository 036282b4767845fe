//! Where what nobody took in time waits for somebody to look at it.

use std::time::Duration;

use sms::LinkName;

/// What waits for a link until its time is up goes here, instead of being over: see
/// [`Store::shelve`](crate::Store::shelve).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// The link that it waits for from then on. Nobody takes from that by itself.
    pub link: LinkName,
    /// How long it waits there, to the second.
    pub time: Duration,
}
