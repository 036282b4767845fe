//! A message as Kannel tells it to a `get-url`, and the answer as Kannel reads it.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::header::HeaderMap;
use sms::{Address, Alphabet, DataCoding, Joined, MessageClass, Priority, UserDataHeader};

use super::super::octets_of_hex;
use super::UnreadableReply;
use super::facts::Facts;
use super::reply::{cut, decoded, essence, spoken};
use crate::config::AnswerRules;
use crate::link::http::call::Heard;
use crate::link::http::charset::{Charset, Missing};
use crate::link::http::kannel::escape::{Pattern, Said, Values};
use crate::presentation::Presentation;
use crate::reply::Reply;
use crate::submission::Content;

/// The URL for a message. A text goes in UTF-8 if it came in GSM and in UTF-16BE if it came in UCS-2, as Kannel has
/// it; or in the character set that is asked for, as with its `mo-recode`.
pub(super) fn url(pattern: &Pattern, facts: &Facts<'_>, charset: Option<Charset>) -> String {
    let message = facts.message();
    let told = facts.told();
    let is_ucs2 = DataCoding(message.data_coding).alphabet() == Alphabet::Ucs2;
    let (said, coding, name) = match (&told.text, charset) {
        (Some(text), Some(charset)) => (said(text, charset), 0, charset.name()),
        (Some(text), None) if is_ucs2 => (said(text, Charset::UTF_16BE), 2, "UTF-16BE"),
        (Some(text), None) => (said(text, Charset::UTF_8), 0, "UTF-8"),
        (None, _) => (Said::octets(&Joined::of(message).octets()), 1, "8-BIT"),
    };
    pattern.fill(&Values {
        handset: message.source.text().into(),
        service_number: message.destination.text().into(),
        said,
        at: Some(message.accepted_at),
        smsc: message.origin.as_str(),
        id: message.shown_id().to_string().into(),
        billing: String::from_utf8_lossy(&message.service_type),
        coding: Some(coding),
        charset: name,
        class: DataCoding(message.data_coding).class().map(|class| class as u8),
        data_coding: Some(message.data_coding),
        priority: Some(message.priority.0),
        udh: told.udh.as_deref().and_then(octets_of_hex).unwrap_or_default().into(),
        ..Values::default()
    })
}

fn said(text: &str, charset: Charset) -> Said {
    Said::text(text, |text| charset.encode(text, Missing::Mark).into_owned())
}

/// The reply in an answer: plain text, the text of a page without its tags, or octets.
pub(super) fn reply(
    rules: &AnswerRules,
    heard: &Heard,
    body: &[u8],
    with_headers: bool,
) -> Result<Option<Reply>, UnreadableReply> {
    let headers = if with_headers { Some(&heard.headers) } else { None };
    let content = match essence(heard).to_ascii_lowercase().as_str() {
        "application/octet-stream" if body.is_empty() => None,
        "application/octet-stream" => Some(Content::Encoded { data_coding: 4, octets: body.to_vec().into() }),
        "" | "text/plain" => plain(&decoded(rules, heard, body)?, rules),
        "text/html" | "text/vnd.wap.wml" => plain(without_tags(&decoded(rules, heard, body)?).trim(), rules),
        _ => return Err(UnreadableReply::Type),
    };
    let Some(content) = content else { return Ok(None) };
    let reply = Reply::of(content);
    match headers {
        Some(headers) => wishes(reply, headers).map(Some).ok_or(UnreadableReply::Header),
        None => Ok(Some(reply)),
    }
}

fn plain(text: &str, rules: &AnswerRules) -> Option<Content> {
    spoken(text).map(|text| Content::Text { text: cut(text, rules), presentation: Presentation::default() })
}

/// What stands between the tags of a page.
fn without_tags(page: &str) -> Cow<'_, str> {
    let mut rest = page;
    let mut text = String::new();
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    match quick_xml::escape::unescape(&text) {
        Ok(unescaped) => Cow::Owned(unescaped.into_owned()),
        Err(_) => Cow::Owned(text),
    }
}

/// A reply as the headers of the answer want it; `None` if that is not possible. Where it goes and by what SMSC is not
/// theirs to say: it answers a handset.
fn wishes(mut reply: Reply, headers: &HeaderMap) -> Option<Reply> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |name: &str| value(name).map(|text| text.parse::<u8>().ok());
    let minutes = |name: &str| value(name).map(|text| text.parse::<u64>().ok());
    if let Some(from) = value("x-kannel-from") {
        reply.source = Some(Address::guess(from.as_bytes())?);
    }
    if let Some(priority) = number("x-kannel-priority") {
        reply.priority = Priority(priority.filter(|priority| *priority <= Priority::URGENT.0)?);
    }
    if let Some(pid) = number("x-kannel-pid") {
        reply.protocol_id = pid?;
    }
    if let Some(validity) = minutes("x-kannel-validity") {
        reply.validity = Some(Duration::from_secs(validity?.checked_mul(60).filter(|seconds| *seconds > 0)?));
    }
    if let Some(deferred) = minutes("x-kannel-deferred") {
        reply.delay = Some(Duration::from_secs(deferred?.checked_mul(60)?));
    }
    let coding = number("x-kannel-coding")
        .map_or(Some(None), |coding| coding.filter(|coding| *coding <= 2).map(Some))?;
    let class =
        number("x-kannel-mclass").map_or(Some(None), |class| class.filter(|class| *class <= 3).map(Some))?;
    let udh = value("x-kannel-udh").map_or(Some(Vec::new()), header_octets)?;
    encode(reply, coding, class, &udh)
}

/// The octets of a user data header in hexadecimal, percent-encoded or not.
fn header_octets(text: &str) -> Option<Vec<u8>> {
    let octets = octets_of_hex(&text.replace('%', ""))?;
    UserDataHeader::parse(&octets).is_ok_and(|(_, rest)| rest.is_empty()).then_some(octets)
}

/// A text stays one, to be encoded for its SMSC, unless the headers want more than that.
fn encode(mut reply: Reply, coding: Option<u8>, class: Option<u8>, udh: &[u8]) -> Option<Reply> {
    let class = class.map(MessageClass::of);
    let (alphabet, body) = match (reply.content, coding) {
        (Content::Text { text, .. }, None) if udh.is_empty() => {
            let presentation = Presentation { class, ..Presentation::default() };
            reply.content = Content::Text { text, presentation };
            return Some(reply);
        }
        (Content::Encoded { octets, .. }, _) => (Alphabet::Octets, octets.to_vec()),
        (Content::Text { text, .. }, Some(1)) => (Alphabet::Octets, text.into_bytes()),
        (Content::Text { text, .. }, coding) => {
            let alphabet = if coding == Some(2) { Alphabet::Ucs2 } else { Alphabet::Gsm7 };
            let mut body = Vec::new();
            alphabet.encode(&text, &mut body).ok()?;
            (alphabet, body)
        }
    };
    let data_coding = match class {
        Some(class) => DataCoding::with_class(alphabet, class)?.0,
        None => alphabet.data_coding(),
    };
    reply.has_udh = !udh.is_empty();
    reply.content = Content::Encoded { data_coding, octets: [udh, &body].concat().into() };
    Some(reply)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use reqwest::header::{HeaderName, HeaderValue};
    use sms::Message;

    use super::super::{rules_at, sample};
    use super::*;

    fn url_of(options: &str, message: &Message) -> String {
        let url = "http://cp.example/sms?k=%k&a=%a&b=%b&p=%p&P=%P&t=%t&i=%i&c=%c&C=%C&m=%m&O=%O&u=%U";
        let rules = rules_at(url, &format!("format = \"kannel\"\n{options}"));
        super::super::call(&rules.request, message, 1).url.unwrap().query().unwrap().to_owned()
    }

    #[test]
    fn a_get_url_is_filled_as_kannel_fills_it() {
        assert_eq!(
            url_of("", &sample(0, 0, &[b"game  on"])),
            "k=game&a=game+on&b=game++on&p=6281234567890&P=1234&t=2026-01-01+00:00:00&i=telco-a&c=0&C=UTF-8&m=-1&O=00&u="
        );
        let ucs2 = url_of("", &sample(0x18, 0, &[b"\x04\x30\x00 \x00b"]));
        assert!(ucs2.starts_with("k=%040&a=%040+%00b&b=%040%00+%00b&"), "{ucs2}");
        assert!(ucs2.ends_with("c=2&C=UTF-16BE&m=0&O=24&u="), "{ucs2}");
        let recoded = url_of("charset = \"UTF-8\"", &sample(8, 0, &[b"\x04\x30"]));
        assert!(
            recoded.starts_with("k=%D0%B0&") && recoded.ends_with("c=0&C=UTF-8&m=-1&O=08&u="),
            "{recoded}"
        );
        let ported = url_of("", &sample(4, Message::UDHI, &[b"\x06\x05\x04\x0b\x84\x23\xf0\x00\xff"]));
        assert!(
            ported.contains("&b=%00%FF&") && ported.ends_with("c=1&C=8-BIT&m=-1&O=04&u=0605040B8423F0"),
            "{ported}"
        );
    }

    fn replied(
        options: &str,
        content_type: &'static str,
        more: &[(&'static str, &'static str)],
        body: &[u8],
    ) -> Result<Option<Reply>, UnreadableReply> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        headers.extend(
            more.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))),
        );
        let heard = Heard { status: 200, headers, body: Some(body.to_vec()), retry_after: None };
        let rules = rules_at("http://h/?%a", &format!("format = \"kannel\"\n{options}"));
        let with_headers = options.contains("true");
        reply(&rules.answer, &heard, body, with_headers)
    }

    fn text(reply: Result<Option<Reply>, UnreadableReply>) -> Option<String> {
        match reply.unwrap()?.content {
            Content::Text { text, .. } => Some(text),
            Content::Encoded { .. } => None,
        }
    }

    #[test]
    fn an_answer_is_read_by_its_type() {
        assert_eq!(text(replied("", "text/plain", &[], b"hi\n")).as_deref(), Some("hi"));
        assert_eq!(
            text(replied("", "text/html; charset=latin1", &[], b"<p>caf\xe9 &amp; <b>bar</b></p>"))
                .as_deref(),
            Some("café & bar")
        );
        assert_eq!(text(replied("", "text/plain", &[], b"")), None);
        assert!(matches!(replied("", "image/gif", &[], b"x"), Err(UnreadableReply::Type)));
        let Content::Encoded { data_coding, octets } =
            replied("", "application/octet-stream", &[], b"\x00\xff").unwrap().unwrap().content
        else {
            panic!("a text")
        };
        assert_eq!((data_coding, &octets[..]), (4, &b"\x00\xff"[..]));
    }

    #[test]
    fn headers_count_if_they_are_to() {
        let headers = [
            ("x-kannel-from", "GAMES"),
            ("x-kannel-mclass", "0"),
            ("x-kannel-validity", "60"),
            ("x-kannel-priority", "3"),
        ];
        let plain = replied("", "text/plain", &headers, b"hi").unwrap().unwrap();
        assert!(plain.source.is_none() && matches!(plain.content, Content::Text { .. }));
        let reply =
            replied("accept_x_kannel_headers = true", "text/plain", &headers, b"hi").unwrap().unwrap();
        assert_eq!(reply.source.unwrap().text(), "GAMES");
        assert_eq!((reply.validity, reply.priority), (Some(Duration::from_secs(3600)), Priority::URGENT));
        let Content::Text { presentation, .. } = reply.content else { panic!("octets") };
        assert_eq!(presentation.class, Some(MessageClass::Flash));
        for (name, value) in [("x-kannel-coding", "7"), ("x-kannel-udh", "0x"), ("x-kannel-validity", "soon")]
        {
            let reply = replied("accept_x_kannel_headers = true", "text/plain", &[(name, value)], b"hi");
            assert!(matches!(reply, Err(UnreadableReply::Header)), "{name}");
        }
        let headers = [("x-kannel-udh", "%06%05%04%0B%84%23%F0"), ("x-kannel-coding", "1")];
        let ported = replied("accept_x_kannel_headers = true", "application/octet-stream", &headers, b"\x01")
            .unwrap()
            .unwrap();
        let Content::Encoded { octets, .. } = ported.content else { panic!("a text") };
        assert!(ported.has_udh && octets[..] == *b"\x06\x05\x04\x0b\x84\x23\xf0\x01");
    }
}
