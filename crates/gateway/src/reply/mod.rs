//! Replies to what handsets wrote.

mod claims;

use std::time::Duration;

use arrayvec::ArrayVec;
use bytes::Bytes;
use sms::{Address, Direction, LinkName, Message, Priority, ReceiptRequest, Timestamp};

use crate::attributes::Callback;
use crate::presentation::Presentation;
use crate::submission::{Content, REPLY_PATH, Submission};

pub(crate) use claims::{Answered, Claim, Manner, Replies};

/// What a handset is told in answer to what it wrote.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Reply {
    pub(crate) content: Content,
    /// Whether the content begins with a user data header.
    pub(crate) has_udh: bool,
    /// From where, if not from the number that the handset wrote to.
    pub(crate) source: Option<Address>,
    /// To where, if not to the handset that wrote: that is for those who may send there by themselves.
    pub(crate) destination: Option<Box<Address>>,
    /// The link that it shall leave by, if routes lead there.
    pub(crate) smsc: Option<LinkName>,
    pub(crate) protocol_id: u8,
    /// What few replies say.
    pub(crate) rare: Option<Box<Rare>>,
    pub(crate) priority: Priority,
    pub(crate) validity: Option<Duration>,
    pub(crate) delay: Option<Duration>,
    /// The URL that is told what becomes of it, if its provider has an account whose messages may name one.
    pub(crate) reports: Option<Box<Callback>>,
}

/// What few replies say of how they are sent.
#[derive(Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Rare {
    /// Whether the handset may answer by the way that it came.
    pub(crate) reply_path: bool,
    pub(crate) service_type: ArrayVec<u8, 5>,
    pub(crate) tlvs: Bytes,
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::of(Content::Text { text, presentation: Presentation::default() })
    }
}

impl Reply {
    pub(crate) fn of(content: Content) -> Self {
        Self {
            content,
            has_udh: false,
            source: None,
            destination: None,
            smsc: None,
            protocol_id: 0,
            rare: None,
            priority: Priority::BULK,
            validity: None,
            delay: None,
            reports: None,
        }
    }

    /// Whether it goes to another handset than the one that wrote.
    pub(crate) fn goes_elsewhere(&self, message: &Message) -> bool {
        self.destination.as_ref().is_some_and(|to| bare(to) != bare(&message.source))
    }

    /// The message that is sent to another handset in answer to `message`: by the routes of whoever sends it.
    pub(crate) fn elsewhere(mut self, message: &Message, now: Timestamp) -> Submission {
        let destination = self.destination.take();
        let submission = self.to(message, now);
        let destination = destination.map_or_else(|| submission.destination.clone(), |to| *to);
        Submission { destination, in_reply_to: None, back_to: None, ..submission }
    }

    /// The message that answers `message`: from where that went, to where it came from, by the way it came.
    pub(crate) fn to(self, message: &Message, now: Timestamp) -> Submission {
        let not_before = self.delay.map(|delay| now.plus(delay.min(DELAY_MAX)));
        let rare = self.rare.map(|rare| *rare).unwrap_or_default();
        Submission {
            id: None,
            direction: Direction::Mt,
            source: self.source.unwrap_or_else(|| message.destination.clone()),
            destination: message.source.clone(),
            service_type: rare.service_type,
            protocol_id: self.protocol_id,
            esm_class: if self.has_udh { Message::UDHI } else { 0 }
                | if rare.reply_path { REPLY_PATH } else { 0 },
            priority: self.priority,
            receipt: ReceiptRequest::TRACKED,
            not_before,
            expires_at: self
                .validity
                .map(|validity| not_before.unwrap_or(now).plus(validity.min(VALIDITY_MAX))),
            in_reply_to: Some(message.shown_id()),
            attached: None,
            tlvs: rare.tlvs,
            content: self.content,
            may_be_odd: false,
            back_to: Some(message.origin.clone()),
            wish: self.smsc,
        }
    }
}

/// A plus in front does not count.
pub(crate) fn bare(address: &Address) -> &[u8] {
    address.value.strip_prefix(b"+").unwrap_or(&address.value)
}

/// As long as for messages of the API.
const DELAY_MAX: Duration = Duration::from_secs(30 * 86_400);
const VALIDITY_MAX: Duration = Duration::from_secs(7 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_goes_back_the_way_the_message_came() {
        let message = store::conformance::sample::message(1);
        let submission = Reply::from("ya".to_owned()).to(&message, Timestamp(0));
        assert_eq!(submission.direction, Direction::Mt);
        assert_eq!(submission.source, message.destination);
        assert_eq!(submission.destination, message.source);
        assert_eq!(submission.in_reply_to, Some(message.id));
        assert_eq!(submission.back_to, Some(message.origin));
        assert_eq!(submission.receipt, ReceiptRequest::TRACKED);
    }
}
