//! What an account is told at its callback: receipts, and messages that are routed to it.

use serde::Serialize;
use sms::{Message, MessageId};
use store::{Item, Lease, Notice};

use super::provider::split_header;
use super::record::{is_zero, state_name};
use super::{Rfc3339, as_text, hex};

/// One item as an object; `None` if it cannot be said in JSON, which does not happen.
pub(in super::super) fn callback(lease: &Lease) -> Option<Vec<u8>> {
    written(&event(lease), 1)
}

/// Items as an array, in their order.
pub(in super::super) fn callbacks(leases: &[Lease]) -> Option<Vec<u8>> {
    let events: Vec<EventView<'_>> = leases.iter().map(event).collect();
    written(&events, leases.len())
}

/// What happened; `event` says which it is.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventView<'a> {
    Receipt(ReceiptView),
    Message(MessageView<'a>),
}

/// The final state of a message that the account submitted, in the words of its record.
#[derive(Serialize)]
struct ReceiptView {
    #[serde(serialize_with = "as_text")]
    id: MessageId,
    from: String,
    to: String,
    segments: usize,
    segments_delivered: u16,
    state: &'static str,
    #[serde(skip_serializing_if = "is_zero")]
    error: u32,
    accepted_at: Rfc3339,
    done_at: Rfc3339,
}

/// A segment that is routed to the account, in the words of a content provider's call.
#[derive(Serialize)]
struct MessageView<'a> {
    #[serde(serialize_with = "as_text")]
    id: MessageId,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_coding: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    udh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<usize>,
    received_at: Rfc3339,
    smsc: &'a str,
}

fn event(lease: &Lease) -> EventView<'_> {
    match lease.item() {
        Item::Notice(notice) => EventView::Receipt(receipt(lease.message(), notice)),
        Item::Segment(index) => EventView::Message(message(lease.message(), index)),
    }
}

fn receipt(message: &Message, notice: Notice) -> ReceiptView {
    ReceiptView {
        id: message.shown_id(),
        from: message.source.text(),
        to: message.destination.text(),
        segments: message.parts.len(),
        segments_delivered: notice.delivered,
        state: state_name(notice.state),
        error: notice.error,
        accepted_at: Rfc3339(message.accepted_at),
        done_at: Rfc3339(notice.done_at),
    }
}

fn message(message: &Message, index: u16) -> MessageView<'_> {
    let part = message.parts.get(usize::from(index)).map(|part| &part[..]).unwrap_or_default();
    let (udh, body) = split_header(message, part);
    let text = sms::decode(message.data_coding, body).map(|text| text.to_string());
    let is_split = message.parts.len() > 1;
    MessageView {
        id: message.id,
        from: message.source.text(),
        to: message.destination.text(),
        binary: text.is_none().then(|| hex(body)),
        data_coding: text.is_none().then_some(message.data_coding),
        text,
        udh: (!udh.is_empty()).then(|| hex(udh)),
        segment: is_split.then(|| index.saturating_add(1)),
        segments: is_split.then_some(message.parts.len()),
        received_at: Rfc3339(message.accepted_at),
        smsc: message.origin.as_str(),
    }
}

fn written<T: Serialize>(view: &T, items: usize) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(items * ITEM_OCTETS);
    serde_json::to_writer(&mut body, view).ok()?;
    Some(body)
}

/// A receipt has fewer.
const ITEM_OCTETS: usize = 320;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};
    use sms::{State, Timestamp};

    use super::super::provider::sample;
    use super::*;

    const AT: u64 = 1_767_225_600_000;

    fn shown(view: EventView<'_>) -> Value {
        serde_json::from_slice(&written(&view, 1).unwrap()).unwrap()
    }

    #[test]
    fn a_receipt_speaks_the_words_of_the_record() {
        let message = sample(0, 0, &[b"one", b"two"]);
        let notice = |state, error| Notice { state, error, done_at: Timestamp(AT + 7), delivered: 1 };
        let failed = shown(EventView::Receipt(receipt(&message, notice(State::Undeliverable, 27))));
        let expected = json!({
            "event": "receipt", "id": "ab".repeat(16), "from": "6281234567890", "to": "1234",
            "segments": 2, "segments_delivered": 1, "state": "undeliverable", "error": 27,
            "accepted_at": "2026-01-01T00:00:00.000Z", "done_at": "2026-01-01T00:00:00.007Z",
        });
        assert_eq!(failed, expected);
        let delivered = shown(EventView::Receipt(receipt(&message, notice(State::Delivered, 0))));
        assert_eq!((delivered["state"].as_str(), delivered.get("error")), (Some("delivered"), None));
    }

    #[test]
    fn a_message_is_told_as_a_content_provider_is_told_it() {
        let expected = json!({
            "event": "message", "id": "ab".repeat(16), "from": "6281234567890", "to": "1234",
            "text": "GAME", "received_at": "2026-01-01T00:00:00.000Z", "smsc": "telco-a",
        });
        assert_eq!(shown(EventView::Message(message(&sample(0, 0, &[b"GAME"]), 0))), expected);
        let parts =
            sample(4, Message::UDHI, &[b"\x05\x00\x03\x07\x02\x01\x00", b"\x05\x00\x03\x07\x02\x02\xff"]);
        let second = shown(EventView::Message(message(&parts, 1)));
        assert_eq!((&second["binary"], &second["data_coding"]), (&json!("ff"), &json!(4)));
        assert_eq!((&second["udh"], &second["segment"]), (&json!("050003070202"), &json!(2)));
        assert_eq!((second.get("text"), &second["segments"]), (None, &json!(2)));
    }
}
