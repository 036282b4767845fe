//! A message as a content provider is told it, and the provider's answer as a message.

mod answer_text;
mod facts;
mod form;
mod jasmin;
mod kannel;
mod kannel_reply;
mod page;
mod reply;
mod request;
mod unreadable;
mod xml;

pub(in super::super) use reply::read;
pub(in super::super) use request::call;
pub(crate) use unreadable::UnreadableReply;

/// A message from a handset.
#[cfg(test)]
pub(in crate::link::http) fn sample(data_coding: u8, esm_class: u8, parts: &[&'static [u8]]) -> sms::Message {
    use arrayvec::ArrayVec;
    use bytes::Bytes;
    use sms::{Address, Direction, MessageId, Parts, Priority, ReceiptRequest, Timestamp};

    let number = |digits: &[u8]| Address::guess(digits).unwrap_or_default();
    sms::Message {
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
        attached: None,
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
    let text = format!("name = \"games\"\nurl = \"{url}\"\nallow_private_address = true\n{options}");
    let config: crate::config::ApplicationConfig = toml::from_str(&text).unwrap();
    config.rules().map_err(|problem| problem.what).unwrap()
}
