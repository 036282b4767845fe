//! A message as a content provider is told it, and the provider's answer as a message.

use arrayvec::ArrayVec;
use bytes::Bytes;
use form_urlencoded::Serializer;
use serde::Deserialize;
use sms::{Direction, Message, Priority, ReceiptRequest};

use super::Rfc3339;
use super::content::Told;
use crate::presentation::Presentation;
use crate::submission::{Content, Submission};

/// The fields of a message, encoded as `application/x-www-form-urlencoded` in UTF-8.
///
/// `id` is the transaction: the same at every attempt. Octets that are no text go as hexadecimal
/// digits in `binary` with `data_coding`; a user data header goes as `udh`. A long message is told whole;
/// `incomplete` and `missing` are told when parts of it never came.
pub(in super::super) fn form(message: &Message) -> String {
    let told = Told::of(message);
    let mut form = Serializer::new(String::with_capacity(FORM_OCTETS));
    form.append_pair("id", std::str::from_utf8(&message.id.digits()).unwrap_or_default());
    form.append_pair("from", &message.source.text());
    form.append_pair("to", &message.destination.text());
    if let Some(text) = &told.text {
        form.append_pair("text", text);
    }
    if let Some(binary) = &told.binary {
        form.append_pair("binary", binary).append_pair("data_coding", &message.data_coding.to_string());
    }
    if let Some(udh) = &told.udh {
        form.append_pair("udh", udh);
    }
    if !told.missing.is_empty() {
        let missing: Vec<String> = told.missing.iter().map(u8::to_string).collect();
        form.append_pair("incomplete", "true").append_pair("missing", &missing.join(","));
    }
    form.append_pair("received_at", &Rfc3339(message.accepted_at).to_string());
    form.append_pair("smsc", message.origin.as_str());
    form.finish()
}

/// Why an answer holds no reply, although it is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableReply {
    #[error("it has more than 64 KiB")]
    TooLong,
    #[error("it is neither text/plain nor application/json")]
    Type,
    #[error("it is not UTF-8")]
    Alphabet,
    #[error("it is not an object with \"reply\": a text")]
    Json,
}

/// The text that a content provider answers with; `None` if it does not want to say anything.
pub(in super::super) fn reply(
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Option<String>, UnreadableReply> {
    if body.is_empty() {
        return Ok(None);
    }
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if essence.is_empty() || essence.eq_ignore_ascii_case("text/plain") {
        let text = std::str::from_utf8(body).map_err(|_| UnreadableReply::Alphabet)?;
        return Ok(spoken(text));
    }
    if essence.eq_ignore_ascii_case("application/json") {
        let answer: Answer = serde_json::from_slice(body).map_err(|_| UnreadableReply::Json)?;
        return Ok(answer.reply.as_deref().and_then(spoken));
    }
    Err(UnreadableReply::Type)
}

/// The message that answers `message`: from where that went, to where it came from, by the way it came.
pub(in super::super) fn reply_submission(message: &Message, text: String) -> Submission {
    Submission {
        id: None,
        direction: Direction::Mt,
        source: message.destination.clone(),
        destination: message.source.clone(),
        service_type: ArrayVec::new(),
        protocol_id: 0,
        esm_class: 0,
        priority: Priority::BULK,
        receipt: ReceiptRequest::TRACKED,
        not_before: None,
        expires_at: None,
        in_reply_to: Some(message.id),
        tlvs: Bytes::new(),
        content: Content::Text { text, presentation: Presentation::default() },
        back_to: Some(message.origin.clone()),
    }
}

#[derive(Deserialize)]
struct Answer {
    reply: Option<String>,
}

/// Programs end a line, also when it is the only one.
fn spoken(text: &str) -> Option<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// The fields of an ordinary message are in these octets.
const FORM_OCTETS: usize = 512;

/// A message from a handset.
#[cfg(test)]
pub(super) fn sample(data_coding: u8, esm_class: u8, parts: &[&'static [u8]]) -> Message {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use super::*;

    fn fields(message: &Message) -> HashMap<String, String> {
        form_urlencoded::parse(form(message).as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_text_is_told_in_utf8() {
        let message = sample(8, 0, &[b"\x00G\x00A\x00M\x00E\x00 \xd8\x3d\xde\x00\x00&"]);
        let fields = fields(&message);
        let expected = [
            ("id", "abababababababababababababababab"),
            ("from", "6281234567890"),
            ("to", "1234"),
            ("text", "GAME 😀&"),
            ("received_at", "2026-01-01T00:00:00.000Z"),
            ("smsc", "telco-a"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(fields, HashMap::from(expected));
    }

    #[test]
    fn octets_are_told_in_hexadecimal() {
        let fields = fields(&sample(4, 0, &[b"\x00\xff"]));
        assert_eq!((fields["binary"].as_str(), fields["data_coding"].as_str()), ("00ff", "4"));
        assert!(!fields.contains_key("text"));
    }

    // U-1
    #[test]
    fn a_header_is_told_apart_from_the_text() {
        let ports = fields(&sample(0, Message::UDHI, &[b"\x06\x05\x04\x0b\x84\x23\xf0ab"]));
        assert_eq!((ports["udh"].as_str(), ports["text"].as_str()), ("0605040b8423f0", "ab"));
        let broken = fields(&sample(4, Message::UDHI, &[b"\x09ab"]));
        assert_eq!(broken["binary"], "096162");
        assert!(!broken.contains_key("udh"));
    }

    // N-3
    #[test]
    fn a_long_message_is_told_whole() {
        let parts: [&[u8]; 2] = [b"\x05\x00\x03\x07\x02\x01ab", b"\x05\x00\x03\x07\x02\x02cd"];
        let whole = fields(&sample(0, Message::UDHI, &parts));
        assert_eq!(whole["text"], "abcd");
        for name in ["udh", "incomplete", "missing"] {
            assert!(!whole.contains_key(name), "{name}");
        }
        let ported: [&[u8]; 2] =
            [b"\x0b\x00\x03\x07\x02\x01\x05\x04\x0b\x84\x23\xf0\x00", b"\x05\x00\x03\x07\x02\x02\xff"];
        let data = fields(&sample(4, Message::UDHI, &ported));
        assert_eq!((data["binary"].as_str(), data["udh"].as_str()), ("00ff", "0605040b8423f0"));
    }

    // N-3
    #[test]
    fn what_never_came_is_named() {
        let parts: [&[u8]; 2] = [b"\x05\x00\x03\x07\x05\x02ab", b"\x05\x00\x03\x07\x05\x04cd"];
        let gaps = fields(&sample(0, Message::UDHI, &parts));
        assert_eq!((gaps["text"].as_str(), gaps["incomplete"].as_str()), ("abcd", "true"));
        assert_eq!(gaps["missing"], "1,3,5");
        let one = fields(&sample(0, Message::UDHI, &parts[..1]));
        assert_eq!((one["text"].as_str(), one["missing"].as_str()), ("ab", "1,3,4,5"));
        let mut own = sample(0, Message::UDHI, &parts[..1]);
        own.direction = Direction::Mt;
        let own = fields(&own);
        assert_eq!((own["udh"].as_str(), own.get("incomplete")), ("050003070502", None), "an account's part");
    }

    #[test]
    fn a_reply_is_a_text_or_an_object() {
        let text = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(reply(None, b"Anda menang\r\n"), text("Anda menang"));
        assert_eq!(reply(Some("text/plain; charset=utf-8"), "é\n\n".as_bytes()), text("é\n"));
        assert_eq!(reply(Some("Application/JSON"), br#"{"reply":"ya","balance":5}"#), text("ya"));
        let silent: [(_, &[u8]); 6] = [
            (None, b""),
            (Some("text/html"), b""),
            (Some("text/plain"), b"\n"),
            (Some("application/json"), b"{}"),
            (Some("application/json"), br#"{"reply":null}"#),
            (Some("application/json"), br#"{"reply":""}"#),
        ];
        for (content_type, body) in silent {
            assert_eq!(reply(content_type, body), Ok(None), "{content_type:?}");
        }
    }

    #[test]
    fn what_is_no_reply_is_not_sent_to_a_handset() {
        assert_eq!(reply(Some("text/html"), b"<html>"), Err(UnreadableReply::Type));
        assert_eq!(reply(None, b"\xff\xfe"), Err(UnreadableReply::Alphabet));
        for body in [r#"{"reply":5}"#, "[", "\"ya\""] {
            assert_eq!(
                reply(Some("application/json"), body.as_bytes()),
                Err(UnreadableReply::Json),
                "{body}"
            );
        }
    }

    #[test]
    fn a_reply_goes_back_the_way_the_message_came() {
        let message = sample(0, 0, &[b"GAME"]);
        let submission = reply_submission(&message, "ya".to_owned());
        assert_eq!(submission.direction, Direction::Mt);
        assert_eq!(submission.source, message.destination);
        assert_eq!(submission.destination, message.source);
        assert_eq!(submission.in_reply_to, Some(message.id));
        assert_eq!(submission.back_to, Some(message.origin));
        assert_eq!(submission.receipt, ReceiptRequest::TRACKED);
    }
}
