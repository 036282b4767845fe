//! A message as a content provider is told it, and the provider's answer as a message.

mod facts;
mod jasmin;
mod kannel;
mod reply;
mod request;
mod xml;

use std::time::Duration;

use arrayvec::ArrayVec;
use bytes::Bytes;
use sms::{Address, Direction, Message, Priority, ReceiptRequest, Timestamp};

use crate::submission::{Content, Submission};

pub(crate) use reply::UnreadableReply;
pub(in super::super) use reply::read;
pub(in super::super) use request::call;

/// What a content provider answers, to be sent to the handset.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) content: Content,
    /// Whether the content begins with a user data header.
    pub(crate) has_udh: bool,
    /// From where, if not from the number that the handset wrote to.
    pub(crate) source: Option<Address>,
    pub(crate) protocol_id: u8,
    pub(crate) priority: Priority,
    pub(crate) validity: Option<Duration>,
    pub(crate) delay: Option<Duration>,
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::of(Content::Text(text))
    }
}

impl Reply {
    fn of(content: Content) -> Self {
        Self {
            content,
            has_udh: false,
            source: None,
            protocol_id: 0,
            priority: Priority::BULK,
            validity: None,
            delay: None,
        }
    }
}

/// The message that answers `message`: from where that went, to where it came from, by the way it came.
pub(crate) fn reply_submission(message: &Message, reply: Reply, now: Timestamp) -> Submission {
    let not_before = reply.delay.map(|delay| now.plus(delay.min(DELAY_MAX)));
    Submission {
        id: None,
        direction: Direction::Mt,
        source: reply.source.unwrap_or_else(|| message.destination.clone()),
        destination: message.source.clone(),
        service_type: ArrayVec::new(),
        protocol_id: reply.protocol_id,
        esm_class: if reply.has_udh { Message::UDHI } else { 0 },
        priority: reply.priority,
        receipt: ReceiptRequest::TRACKED,
        not_before,
        expires_at: reply.validity.map(|validity| not_before.unwrap_or(now).plus(validity.min(VALIDITY_MAX))),
        in_reply_to: Some(message.shown_id()),
        tlvs: Bytes::new(),
        content: reply.content,
        back_to: Some(message.origin.clone()),
    }
}

/// As long as for messages of the API.
const DELAY_MAX: Duration = Duration::from_secs(30 * 86_400);
const VALIDITY_MAX: Duration = Duration::from_secs(7 * 86_400);

/// A message from a handset.
#[cfg(test)]
pub(in crate::link::http) fn sample(data_coding: u8, esm_class: u8, parts: &[&'static [u8]]) -> Message {
    use sms::{Address, MessageId, Parts, Timestamp};

    let number = |digits: &[u8]| Address::guess(digits).unwrap_or_default();
    Message {
        id: MessageId::from_octets([0xAB; 16]),
        member: 0,
        direction: Direction::Mo,
        origin: "telco-a".into(),
        source: number(b"6281234567890"),
        destination: number(b"1234"),
        service_type: ArrayVec::new(),
        protocol_id: 0,
        data_coding,
        esm_class,
        priority: Priority::BULK,
        receipt: ReceiptRequest::NONE,
        accepted_at: Timestamp(1_767_225_600_000),
        not_before: None,
        expires_at: None,
        in_reply_to: None,
        tlvs: Bytes::new(),
        parts: parts.iter().map(|part| Bytes::from_static(part)).collect::<Parts>(),
    }
}

/// What the keys of an application mean.
#[cfg(test)]
fn rules(options: &str) -> crate::config::ProviderRules {
    rules_at("http://127.0.0.1:1/mo", options)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
fn rules_at(url: &str, options: &str) -> crate::config::ProviderRules {
    let text = format!("name = \"games\"\nurl = \"{url}\"\n{options}");
    let config: crate::config::ApplicationConfig = toml::from_str(&text).unwrap();
    config.rules().map_err(|problem| problem.what).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_goes_back_the_way_the_message_came() {
        let message = sample(0, 0, &[b"GAME"]);
        let submission = reply_submission(&message, "ya".to_owned().into(), Timestamp(0));
        assert_eq!(submission.direction, Direction::Mt);
        assert_eq!(submission.source, message.destination);
        assert_eq!(submission.destination, message.source);
        assert_eq!(submission.in_reply_to, Some(message.id));
        assert_eq!(submission.back_to, Some(message.origin));
        assert_eq!(submission.receipt, ReceiptRequest::TRACKED);
    }
}
