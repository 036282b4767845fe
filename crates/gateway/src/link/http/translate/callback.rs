//! What an account is told at its callback: receipts, and messages that are routed to it.

use std::collections::BTreeMap;

use serde::Serialize;
use sms::{Message, MessageId};
use store::{Cause, Item, Lease, Notice};
use utoipa::ToSchema;

use super::attributes::shown_url;
use super::content::{Told, came_again, id_of};
use super::record::{Text, is_zero, state_name};
use super::{Rfc3339, as_text, words};
use crate::attributes::{Attributes, Events};

/// One item as an object; `None` if there is nothing to say of it.
pub(in super::super) fn callback(lease: &Lease, reason: Option<&Cause>) -> Option<Vec<u8>> {
    written(&event_of(lease, reason)?, 1)
}

/// Items as an array, in their order, each with the reason that stands in its place; `None` if there is nothing to say
/// of any.
pub(in super::super) fn callbacks(leases: &[Lease], reasons: &[Option<Cause>]) -> Option<Vec<u8>> {
    let each = leases.iter().zip(reasons);
    let events: Vec<EventView<'_>> =
        each.filter_map(|(lease, reason)| event_of(lease, reason.as_ref())).collect();
    (!events.is_empty()).then(|| written(&events, leases.len())).flatten()
}

/// What happened; `event` says which it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum EventView<'a> {
    Receipt(ReceiptView),
    Message(MessageView<'a>),
    Report(ReportView),
}

/// The final state of a message that the account submitted, in the words of its record.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(super) struct ReceiptView {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
    id: MessageId,
    from: String,
    to: String,
    segments: usize,
    segments_delivered: u16,
    #[schema(value_type = words::StateName)]
    state: &'static str,
    #[serde(default, skip_serializing_if = "is_zero")]
    error: u32,
    /// The command_status that the SMSC refused it with, if it did.
    #[serde(default, skip_serializing_if = "is_zero")]
    command_status: u32,
    /// Why it failed, in the words of its record, unless an SMSC took it over and told what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[schema(value_type = words::Instant)]
    accepted_at: Rfc3339,
    #[schema(value_type = words::Instant)]
    done_at: Rfc3339,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    client_reference: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

/// A message that is routed to the account, in the words of a content provider's call.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct MessageView<'a> {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    incomplete: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<u8>,
    /// The SMSC brought it again: `id` is that of the first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    #[schema(value_type = words::Instant)]
    received_at: Rfc3339,
    smsc: &'a str,
}

/// What happened to a message on its way, for the URL that it names in the words of Kannel or Jasmin: it is
/// seen among dead letters alone.
#[derive(Serialize, ToSchema)]
#[schema(as = Report)]
pub(super) struct ReportView {
    /// The id of the report itself.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
    id: MessageId,
    /// The message that it is about; none if that was refused at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::MessageId>)]
    message: Option<Text<MessageId>>,
    from: String,
    to: String,
    #[schema(value_type = ReportedWord)]
    reported: &'static str,
    /// The command_status that the SMSC answered, if there is one.
    #[serde(default, skip_serializing_if = "is_zero")]
    command_status: u32,
    /// When it happened.
    #[schema(value_type = words::Instant)]
    at: Rfc3339,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    /// Who was to be told; without the password that may stand in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
}

words::word!(
    /// The words of [`reported_name`].
    ReportedWord,
    words::text()
        .description(Some("What the SMSC said of the message: it took it, it holds it, or it refused it."))
        .enum_values(Some(["accepted", "buffered", "rejected"]))
);

fn event_of<'l>(lease: &'l Lease, reason: Option<&Cause>) -> Option<EventView<'l>> {
    event(lease.item(), lease.message(), reason)
}

/// A message is told whole with its first segment.
pub(super) fn event<'m>(item: Item, of: &'m Message, reason: Option<&Cause>) -> Option<EventView<'m>> {
    match item {
        Item::Notice(notice) => Some(EventView::Receipt(receipt(of, notice, reason))),
        Item::Segment(0) => {
            Some(reported(of).map_or_else(|| EventView::Message(message(of)), EventView::Report))
        }
        Item::Segment(_) => None,
    }
}

fn receipt(message: &Message, notice: Notice, reason: Option<&Cause>) -> ReceiptView {
    let attributes = message.attached.as_deref().map(Attributes::readable).unwrap_or_default();
    ReceiptView {
        id: message.shown_id(),
        from: message.source.text(),
        to: message.destination.text(),
        segments: message.parts.len(),
        segments_delivered: notice.delivered,
        state: state_name(notice.state),
        error: notice.error,
        command_status: match reason {
            Some(Cause::Smpp(status)) => *status,
            _ => 0,
        },
        cause: reason.map(ToString::to_string),
        accepted_at: Rfc3339(message.accepted_at),
        done_at: Rfc3339(notice.done_at),
        client_reference: attributes.client_reference,
        tags: attributes.tags,
    }
}

/// What a message reports of another one, if that is what it is for. It goes from the receiver to the sender
/// of that.
fn reported(message: &Message) -> Option<ReportView> {
    let attributes = Attributes::readable(message.attached.as_deref()?);
    let report = attributes.report?;
    Some(ReportView {
        id: message.id,
        message: message.in_reply_to.map(Text),
        from: message.destination.text(),
        to: message.source.text(),
        reported: reported_name(report.event),
        command_status: report.status,
        at: Rfc3339(message.accepted_at),
        tags: attributes.tags,
        callback_url: attributes.callback.map(|callback| shown_url(callback.url)),
    })
}

/// The word for one of the events that are reported.
const fn reported_name(event: Events) -> &'static str {
    if event.has(Events::REJECTED) {
        "rejected"
    } else if event.has(Events::ACCEPTED) {
        "accepted"
    } else {
        "buffered"
    }
}

fn message(message: &Message) -> MessageView<'_> {
    let told = Told::of(message);
    MessageView {
        id: id_of(message),
        from: message.source.text(),
        to: message.destination.text(),
        text: told.text,
        data_coding: told.binary.is_some().then_some(message.data_coding),
        binary: told.binary,
        udh: told.udh,
        incomplete: !told.missing.is_empty(),
        missing: told.missing,
        duplicate: came_again(message),
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
    use sms::{LinkName, State, Timestamp};

    use super::super::provider::sample;
    use super::*;
    use crate::attributes::{Callback, Form, Report};
    use crate::config::Method;

    const AT: u64 = 1_767_225_600_000;

    fn shown(view: EventView<'_>) -> Value {
        serde_json::from_slice(&written(&view, 1).unwrap()).unwrap()
    }

    #[test]
    fn a_receipt_speaks_the_words_of_the_record() {
        let message = sample(0, 0, &[b"one", b"two"]);
        let notice = |state, error| Notice { state, error, done_at: Timestamp(AT + 7), delivered: 1 };
        let failed = shown(EventView::Receipt(receipt(&message, notice(State::Undeliverable, 27), None)));
        let expected = json!({
            "event": "receipt", "id": "ab".repeat(16), "from": "6281234567890", "to": "1234",
            "segments": 2, "segments_delivered": 1, "state": "undeliverable", "error": 27,
            "accepted_at": "2026-01-01T00:00:00.000Z", "done_at": "2026-01-01T00:00:00.007Z",
        });
        assert_eq!(failed, expected);
        let delivered = shown(EventView::Receipt(receipt(&message, notice(State::Delivered, 0), None)));
        assert_eq!((delivered["state"].as_str(), delivered.get("error")), (Some("delivered"), None));
        let refused =
            |reason| shown(EventView::Receipt(receipt(&message, notice(State::Rejected, 0), Some(&reason))));
        let by_smsc = refused(Cause::Smpp(0x0B));
        assert_eq!(
            (&by_smsc["command_status"], &by_smsc["cause"]),
            (&json!(11), &json!("command_status 0x0000000B"))
        );
        let by_us = refused(Cause::Other("cancelled".into()));
        assert_eq!((by_us.get("command_status"), &by_us["cause"]), (None, &json!("cancelled")));
    }

    #[test]
    fn a_message_is_told_as_a_content_provider_is_told_it() {
        let expected = json!({
            "event": "message", "id": "ab".repeat(16), "from": "6281234567890", "to": "1234",
            "text": "GAME", "received_at": "2026-01-01T00:00:00.000Z", "smsc": "telco-a",
        });
        assert_eq!(shown(EventView::Message(message(&sample(0, 0, &[b"GAME"])))), expected);
    }

    // CMN-3
    #[test]
    fn what_comes_again_is_told_by_the_id_of_the_first() {
        let first = sample(0, 0, &[b"VOTE A"]);
        let mut again = first.clone();
        (again.id, again.member) = (first.id.member(1), 1);
        let [first, told] = [&first, &again].map(|message_| shown(EventView::Message(message(message_))));
        assert_eq!((&first["id"], first.get("duplicate")), (&told["id"], None));
        assert_eq!(told["duplicate"], json!(true));
        again.direction = sms::Direction::Mt;
        let receiver = shown(EventView::Message(message(&again)));
        assert_eq!(receiver["id"], json!(again.id.to_string()), "one of several receivers is no duplicate");
        assert_eq!(receiver.get("duplicate"), None);
    }

    #[test]
    fn a_report_of_a_message_on_its_way_says_what_it_is() {
        let callback = Callback {
            url: "http://here.example/dlr?%d".into(),
            events: Events::ACCEPTED,
            form: Form::Kannel,
            method: Method::Get,
        };
        let report = Some(Report { event: Events::REJECTED, status: 0x45 });
        let attributes = Attributes { callback: Some(callback), report, ..Attributes::default() };
        let mut about = sample(0, 0, &[b""]);
        about.attached = attributes.attached(&LinkName::from("bank"));
        about.in_reply_to = Some(MessageId::from_octets([7; 16]));
        let expected = json!({
            "event": "report", "id": "ab".repeat(16), "message": "07".repeat(16), "from": "1234",
            "to": "6281234567890", "reported": "rejected", "command_status": 0x45,
            "at": "2026-01-01T00:00:00.000Z", "callback_url": "http://here.example/dlr?%d",
        });
        assert_eq!(shown(event(Item::Segment(0), &about, None).unwrap()), expected);
        let names = [Events::ACCEPTED, Events::BUFFERED].map(reported_name);
        assert_eq!(names, ["accepted", "buffered"]);
    }

    // N-3
    #[test]
    fn a_long_message_is_told_whole_with_what_never_came() {
        let parts: [&[u8]; 2] = [b"\x05\x00\x03\x07\x03\x01\x00", b"\x05\x00\x03\x07\x03\x02\xff"];
        let told = shown(EventView::Message(message(&sample(4, Message::UDHI, &parts))));
        assert_eq!((&told["binary"], &told["data_coding"]), (&json!("00ff"), &json!(4)));
        assert_eq!((&told["incomplete"], &told["missing"]), (&json!(true), &json!([3])));
        assert_eq!((told.get("text"), told.get("udh")), (None, None));
    }
}
