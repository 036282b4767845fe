//! An answer as Kannel reads it.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::header::HeaderMap;
use sms::{Address, Alphabet, DataCoding, LinkName, MessageClass, Priority, UserDataHeader};

use super::super::octets_of_hex;
use super::answer_text::{cut, decoded, essence, spoken};
use super::unreadable::UnreadableReply;
use crate::attributes::Callback;
use crate::config::{AnswerRules, KannelReply};
use crate::link::http::call::Heard;
use crate::link::http::kannel::{TOLD, Wishes, callback_of_words, cut_text, wishes_of_xml};
use crate::presentation::Presentation;
use crate::reply::Reply;
use crate::submission::Content;

/// The reply in an answer: plain text, the text of a page without its tags, octets, or a document.
pub(super) fn reply(
    rules: &AnswerRules,
    kannel: &KannelReply,
    heard: &Heard,
    body: &[u8],
) -> Result<Option<Reply>, UnreadableReply> {
    if kannel.messages_max == Some(0) {
        return Ok(None);
    }
    let mut wishes = if kannel.with_headers { of_headers(&heard.headers) } else { Wishes::default() };
    let text = |text: &str| spoken(text).map(|text| plain(text, rules, kannel));
    let content = match essence(heard).to_ascii_lowercase().as_str() {
        "application/octet-stream" if body.is_empty() => None,
        "application/octet-stream" => Some(Content::Encoded { data_coding: 4, octets: body.to_vec().into() }),
        "" | "text/plain" => text(&decoded(rules, heard, body)?),
        "text/html" | "text/vnd.wap.wml" => text(without_tags(&decoded(rules, heard, body)?).trim()),
        "text/xml" => {
            let said = wishes_of_xml(body).ok_or(UnreadableReply::Xml)?;
            let content = text(&said.text);
            if kannel.with_headers {
                wishes = said;
            }
            content
        }
        _ => return Err(UnreadableReply::Type),
    };
    let Some(content) = content else { return Ok(None) };
    let wishes = Wishes {
        dlr_url: wishes.dlr_url.or_else(|| kannel.dlr_url.clone()),
        dlr_mask: wishes.dlr_mask.or_else(|| kannel.dlr_mask.map(|mask| mask.to_string())),
        ..wishes
    };
    let reply = Reply { source: kannel.faked_sender.clone(), ..Reply::of(content) };
    granted(reply, &wishes).map(Some).ok_or(UnreadableReply::Header)
}

fn plain(text: String, rules: &AnswerRules, kannel: &KannelReply) -> Content {
    let text = [kannel.header.as_str(), &text, &kannel.footer].concat();
    let text = kannel.messages_max.map_or_else(|| text.clone(), |most| cut_text(&text, most));
    Content::Text { text: cut(text, rules), presentation: Presentation::default() }
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

/// What the headers of an answer ask for.
fn of_headers(headers: &HeaderMap) -> Wishes {
    let value = |name: &str| {
        let value = headers.get(format!("x-kannel-{name}")).and_then(|value| value.to_str().ok())?;
        Some(value.trim().to_owned())
    };
    Wishes {
        text: String::new(),
        from: value("from"),
        to: value("to"),
        smsc: value("smsc"),
        udh: value("udh"),
        pid: value("pid"),
        coding: value("coding"),
        class: value("mclass"),
        validity: value("validity"),
        deferred: value("deferred"),
        priority: value("priority"),
        dlr_url: value("dlr-url"),
        dlr_mask: value("dlr-mask"),
    }
}

/// A reply as it is asked for; `None` if that is not possible. To whom it may go, and by which SMSC, is not decided
/// here.
fn granted(mut reply: Reply, wishes: &Wishes) -> Option<Reply> {
    let number = |value: &Option<String>| value.as_deref().map(|text| text.parse::<u8>().ok());
    let minutes = |value: &Option<String>| value.as_deref().map(|text| text.parse::<u64>().ok());
    if let Some(from) = &wishes.from {
        reply.source = Some(Address::guess(from.as_bytes())?);
    }
    if let Some(to) = &wishes.to {
        let address = Address::guess(to.as_bytes())?;
        let digits = address.value.strip_prefix(b"+").unwrap_or(&address.value);
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        reply.destination = Some(Box::new(address));
    }
    reply.smsc = wishes.smsc.as_deref().map(LinkName::from);
    reply.reports = reports(wishes)?;
    if let Some(priority) = number(&wishes.priority) {
        reply.priority = Priority(priority.filter(|priority| *priority <= Priority::URGENT.0)?);
    }
    if let Some(pid) = number(&wishes.pid) {
        reply.protocol_id = pid?;
    }
    if let Some(validity) = minutes(&wishes.validity) {
        reply.validity = Some(Duration::from_secs(validity?.checked_mul(60).filter(|seconds| *seconds > 0)?));
    }
    if let Some(deferred) = minutes(&wishes.deferred) {
        reply.delay = Some(Duration::from_secs(deferred?.checked_mul(60)?));
    }
    let up_to = |value: &Option<String>, most: u8| {
        number(value).map_or(Some(None), |number| number.filter(|number| *number <= most).map(Some))
    };
    let coding = up_to(&wishes.coding, 2)?;
    let class = up_to(&wishes.class, 3)?;
    let udh = wishes.udh.as_deref().map_or(Some(Vec::new()), header_octets)?;
    encode(reply, coding, class, &udh)
}

/// The reports that are wanted, if there are any; `None` if they are not possible.
fn reports(wishes: &Wishes) -> Option<Option<Box<Callback>>> {
    let (Some(url), Some(mask)) = (&wishes.dlr_url, &wishes.dlr_mask) else { return Some(None) };
    let callback = callback_of_words(url, mask)?;
    Some(Some(Box::new(callback)).filter(|callback| callback.events.has_any(TOLD)))
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

    use super::super::rules_at;
    use super::*;
    use crate::config::ReplyFrom;

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
        let ReplyFrom::Kannel(kannel) = &rules.answer.reply else { panic!("not of Kannel") };
        reply(&rules.answer, kannel, &heard, body)
    }

    fn text(reply: Result<Option<Reply>, UnreadableReply>) -> Option<String> {
        match reply.unwrap()?.content {
            Content::Text { text, .. } => Some(text),
            Content::Encoded { .. } => None,
        }
    }

    // KN-39
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

    // KN-41
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

    // KN-49
    #[test]
    fn an_answer_says_whom_to_tell_what_becomes_of_it() {
        let wanted = |options: &str, headers: &[(&'static str, &'static str)]| {
            let reply = replied(&format!("account = \"a\"\n{options}"), "text/plain", headers, b"hi");
            reply.map(|reply| reply.unwrap().reports.map(|callback| (callback.url, callback.events.0)))
        };
        let by = |url: &str, mask| Ok(Some((url.to_owned(), mask)));
        let (url, mask) = (("x-kannel-dlr-url", "http://h/?%d"), ("x-kannel-dlr-mask", "31"));
        let heeded = "accept_x_kannel_headers = true\n";
        assert_eq!(wanted("", &[url, mask]), Ok(None));
        assert_eq!(wanted(heeded, &[url, mask]), by("http://h/?%d", 31));
        assert_eq!(wanted(heeded, &[url]), Ok(None), "nothing is to be told");
        assert_eq!(wanted(heeded, &[url, ("x-kannel-dlr-mask", "0")]), Ok(None));
        let own = format!("{heeded}dlr_url = \"http://own/\"\ndlr_mask = 3");
        assert_eq!(wanted(&own, &[]), by("http://own/", 3));
        assert_eq!(wanted(&own, &[url]), by("http://h/?%d", 3));
        for wrong in [("x-kannel-dlr-mask", "99"), ("x-kannel-dlr-url", "ftp://h/"), ("x-kannel-dlr-url", "")]
        {
            assert_eq!(wanted(&own, &[wrong]), Err(UnreadableReply::Header), "{wrong:?}");
        }
    }

    // KN-49
    #[test]
    fn replies_of_a_service_have_its_sender_if_they_name_none() {
        let sender = |more: &[(&'static str, &'static str)]| {
            let options = "faked_sender = \"GAMES\"\naccept_x_kannel_headers = true";
            replied(options, "text/plain", more, b"hi").unwrap().unwrap().source.unwrap()
        };
        assert_eq!(sender(&[]).text(), "GAMES");
        assert_eq!(sender(&[("x-kannel-from", "777")]).text(), "777");
    }

    const DOCUMENT: &[u8] = b"<?xml version=\"1.0\"?><message><submit><da><number>628999</number></da>\
        <oa><number>777</number></oa><ud>a &amp; b</ud><dcs><mclass>0</mclass></dcs><smsc>telco-b</smsc>\
        <vp><delay>60</delay></vp></submit></message>";

    // KN-40
    #[test]
    fn a_document_says_what_headers_say_and_counts_like_them() {
        let plain = replied("", "text/xml", &[], DOCUMENT).unwrap().unwrap();
        assert!(plain.source.is_none() && plain.destination.is_none() && plain.smsc.is_none());
        assert_eq!(text(Ok(Some(plain))).as_deref(), Some("a & b"));
        let reply = replied("accept_x_kannel_headers = true", "text/xml", &[], DOCUMENT).unwrap().unwrap();
        assert_eq!(reply.source.as_ref().unwrap().text(), "777");
        assert_eq!(reply.destination.as_ref().unwrap().text(), "628999");
        assert_eq!(reply.smsc.as_ref().unwrap().as_str(), "telco-b");
        assert_eq!(reply.validity, Some(Duration::from_secs(3600)));
        for body in [&b"<message"[..], b"<message>&x;</message>"] {
            assert!(matches!(replied("", "text/xml", &[], body), Err(UnreadableReply::Xml)));
        }
        assert!(replied("", "text/xml", &[], b"<message><submit/></message>").unwrap().is_none());
    }

    // KN-43, KN-44
    #[test]
    fn a_reply_has_a_head_and_a_foot_and_its_length_has_a_limit() {
        let options = "header = \"H:\"\nfooter = \":F\"";
        assert_eq!(text(replied(options, "text/plain", &[], b"hi")).as_deref(), Some("H:hi:F"));
        assert_eq!(text(replied("max_messages = 0", "text/plain", &[], b"hi")), None);
        let long = "x".repeat(400);
        for (most, length) in [(1, 160), (2, 306), (3, 400)] {
            let options = format!("max_messages = {most}");
            let text = text(replied(&options, "text/plain", &[], long.as_bytes())).unwrap();
            assert_eq!(text.len(), length, "{most}");
        }
    }

    // KN-42
    #[test]
    fn a_reply_goes_to_one_number() {
        for (to, is_one) in [("628999", true), ("+628999", true), ("628 999", false), ("BANK", false)] {
            let reply =
                replied("accept_x_kannel_headers = true", "text/plain", &[("x-kannel-to", to)], b"hi");
            assert_eq!(reply.is_ok(), is_one, "{to}");
        }
    }
}
