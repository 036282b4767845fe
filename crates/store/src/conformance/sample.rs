//! Messages to try a store with.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sms::{Address, Direction, LinkName, Message, MessageId, Npi, Priority, ReceiptRequest, Timestamp, Ton};

use crate::{Entry, RemoteId, RemoteIdForm};

/// Now, by the clock of the system.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}

/// The id of the message with this number, accepted now.
#[must_use]
pub fn id(number: u64) -> MessageId {
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&((now().0 / 1000) as u32).to_be_bytes());
    octets[8..].copy_from_slice(&number.to_be_bytes());
    MessageId::from_octets(octets)
}

/// A message of one segment from account `bank` whose owner wants to know of everything.
#[must_use]
pub fn message(number: u64) -> Message {
    let address =
        |value: &str| Address::new(Ton::INTERNATIONAL, Npi::E164, value.as_bytes()).unwrap_or_default();
    Message {
        id: id(number),
        member: 0,
        direction: Direction::Mt,
        origin: LinkName::from("bank"),
        source: address("1234"),
        destination: address(&format!("62811{number:07}")),
        service_type: arrayvec::ArrayVec::new(),
        protocol_id: 0,
        data_coding: 0,
        esm_class: 0,
        priority: Priority::BULK,
        receipt: ReceiptRequest::FINAL,
        accepted_at: now(),
        not_before: None,
        expires_at: None,
        in_reply_to: None,
        attached: None,
        tlvs: Bytes::new(),
        parts: std::iter::once(Bytes::from(format!("message {number}"))).collect(),
    }
}

/// The message with this number, changed, on its way to link `telco-a`.
#[must_use]
pub fn entry(number: u64, change: impl FnOnce(&mut Message)) -> Entry {
    let mut message = message(number);
    change(&mut message);
    Entry { message: Arc::new(message), target: LinkName::from("telco-a"), alternatives: Vec::new() }
}

/// Messages with the numbers from 0 on.
#[must_use]
pub fn entries(count: u64) -> Vec<Entry> {
    (0..count).map(|number| entry(number, |_| {})).collect()
}

/// An id that is compared as text.
#[must_use]
pub fn remote_id(id: &str) -> RemoteId {
    RemoteId::new(id.as_bytes(), RemoteIdForm::Text)
}
