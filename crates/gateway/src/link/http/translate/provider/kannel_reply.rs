//! An answer as Kannel reads it.

use std::borrow::Cow;
use std::time::Duration;

use http::header::HeaderMap;
use sms::alphabet::gsm;
use sms::{Address, Alphabet, LinkName, MessageClass, Priority, UserDataHeader};

use super::super::octets_of_hex;
use super::answer_text::{cut, decoded, essence, spoken};
use super::page;
use super::unreadable::UnreadableReply;
use crate::attributes::Callback;
use crate::charset::{self, Charset};
use crate::config::{AnswerRules, KannelReply};
use crate::link::http::call::Heard;
use crate::link::http::kannel::{
    Coding, Look, Overrides, TOLD, Wishes, callback_of_words, cut_text, data_coding, octets_of, tlvs_of,
    wishes_of_xml,
};
use crate::presentation::Presentation;
use crate::reply::{Rare, Reply};
use crate::submission::Content;

/// The reply in an answer, or what is said in place of one that is empty or cannot be read.
pub(super) fn reply(
    rules: &AnswerRules,
    kannel: &KannelReply,
    heard: &Heard,
    body: &[u8],
) -> Result<Option<Reply>, UnreadableReply> {
    if kannel.messages_max == Some(0) {
        return Ok(None);
    }
    let instead = |text: &Option<String>| text.clone().map(|text| own(plain(text, rules, kannel), kannel));
    match said(rules, kannel, heard, body) {
        Ok(None) => Ok(instead(&kannel.empty_text)),
        Err(error) => instead(&kannel.unreadable_text).map(Some).ok_or(error),
        replied => replied,
    }
}

/// Plain text, the text of a page without its tags, octets, or a document.
fn said(
    rules: &AnswerRules,
    kannel: &KannelReply,
    heard: &Heard,
    body: &[u8],
) -> Result<Option<Reply>, UnreadableReply> {
    let mut wishes = if kannel.with_headers { of_headers(&heard.headers) } else { Wishes::default() };
    let text = |text: &str| spoken(text).map(|text| plain(text, rules, kannel));
    let content = match essence(heard).to_ascii_lowercase().as_str() {
        "application/octet-stream" if body.is_empty() => None,
        "application/octet-stream" => Some(Content::Encoded { data_coding: 4, octets: body.to_vec().into() }),
        "" | "text/plain" => text(&readable(rules, heard, body)?),
        "text/html" | "text/vnd.wap.wml" => text(&page::text(&readable(rules, heard, body)?)),
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
    let reply = granted(own(content, kannel), &wishes).ok_or(UnreadableReply::Header)?;
    Ok(Some(reply).map(|reply| with_meta(reply, wishes.meta.as_deref().unwrap_or_default(), kannel)))
}

fn own(content: Content, kannel: &KannelReply) -> Reply {
    Reply { source: kannel.faked_sender.clone(), ..Reply::of(content) }
}

/// What `meta-data` says of its group `smpp`.
fn with_meta(reply: Reply, meta: &str, kannel: &KannelReply) -> Reply {
    let overrides = Overrides::of(meta);
    let tlvs = tlvs_of(meta, &kannel.tlv);
    let rare = if tlvs.is_empty() {
        reply.rare
    } else {
        Some(Box::new(Rare { tlvs, ..reply.rare.map(|rare| *rare).unwrap_or_default() }))
    };
    Reply { rare, source: reply.source.map(|source| overrides.source(source)), ..reply }
}

fn plain(text: String, rules: &AnswerRules, kannel: &KannelReply) -> Content {
    let text = [kannel.header.as_str(), &text, &kannel.footer].concat();
    let text =
        kannel.messages_max.map_or_else(|| text.clone(), |most| cut_text(&text, most, &kannel.split_chars));
    Content::Text { text: cut(text, rules), presentation: Presentation::default() }
}

/// The text of an answer. What names no character set and is not in the usual one is in ISO-8859-1, the one that HTTP
/// means where none is named; one that nobody knows cannot be read.
fn readable<'a>(rules: &AnswerRules, heard: &Heard, body: &'a [u8]) -> Result<Cow<'a, str>, UnreadableReply> {
    let name = heard.content_type().and_then(charset::name_in_content_type);
    if name.as_deref().is_some_and(|name| Charset::named(name).is_none()) {
        return Err(UnreadableReply::Alphabet);
    }
    match decoded(rules, heard, body) {
        Err(error) if name.is_none() => Charset::LATIN_1.decode(body).ok_or(error),
        read => read,
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
        waiting: value("mwi"),
        compress: value("compress"),
        alt_dcs: value("alt-dcs"),
        rpi: value("rpi"),
        binfo: value("binfo"),
        meta: value("meta-data"),
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
    let is_set =
        |value: &Option<String>, most: u8| Some(up_to(value, most)?.is_some_and(|number| number > 0));
    let rare = Rare {
        reply_path: is_set(&wishes.rpi, 2)?,
        service_type: wishes.binfo.iter().flat_map(|text| text.bytes()).take(5).collect(),
        ..Rare::default()
    };
    reply.rare = (rare != Rare::default()).then(|| Box::new(rare));
    let look = Look {
        class: up_to(&wishes.class, 3)?,
        waiting: up_to(&wishes.waiting, 7)?,
        compressed: is_set(&wishes.compress, 1)?,
        alternative: is_set(&wishes.alt_dcs, 1)?,
    };
    let coding = up_to(&wishes.coding, 2)?;
    let udh = wishes.udh.as_deref().map_or(Some(Vec::new()), header_octets)?;
    let named = wishes.meta.as_deref().and_then(|meta| Overrides::of(meta).data_coding());
    encode(reply, coding, (look, named), &udh)
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

/// A text stays one, to be encoded for its SMSC, unless the headers want more than that. A `named` data_coding counts
/// where nothing else says what the text is in.
fn encode(
    mut reply: Reply,
    coding: Option<u8>,
    (look, named): (Look, Option<u8>),
    udh: &[u8],
) -> Option<Reply> {
    reply.has_udh = !udh.is_empty();
    let named = named.filter(|_| matches!(coding, None | Some(0)) && data_coding(Coding::Gsm, look) == 0);
    if let (Content::Text { text, .. }, Some(data_coding)) = (&reply.content, named) {
        let octets = [udh, &octets_of(data_coding, text)].concat().into();
        reply.content = Content::Encoded { data_coding, octets };
        return Some(reply);
    }
    let (coding, body) = match (reply.content, coding) {
        (Content::Text { text, .. }, None) if udh.is_empty() && look.is_classed_at_most() => {
            let presentation =
                Presentation { class: look.class.map(MessageClass::of), ..Presentation::default() };
            reply.content = Content::Text { text, presentation };
            return Some(reply);
        }
        (Content::Encoded { octets, .. }, _) => (Coding::Octets, octets.to_vec()),
        (Content::Text { text, .. }, Some(1)) => (Coding::Octets, text.into_bytes()),
        (Content::Text { text, .. }, coding) => encoded(&text, coding)?,
    };
    let data_coding = data_coding(coding, look);
    reply.content = Content::Encoded { data_coding, octets: [udh, &body].concat().into() };
    Some(reply)
}

/// The octets of a text that is asked for in GSM (0) or UCS-2 (2), or in the one that takes all of it.
fn encoded(text: &str, coding: Option<u8>) -> Option<(Coding, Vec<u8>)> {
    let is_ucs2 = coding.map_or_else(|| gsm::septets(text).is_none(), |coding| coding == 2);
    let (coding, alphabet) =
        if is_ucs2 { (Coding::Ucs2, Alphabet::Ucs2) } else { (Coding::Gsm, Alphabet::Gsm7) };
    let mut body = Vec::new();
    alphabet.encode(text, &mut body).ok()?;
    Some((coding, body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::header::{HeaderName, HeaderValue};

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
        let heard = Heard { status: 200, headers, body: Ok(body.to_vec()), retry_after: None };
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
        assert_eq!(text(replied("", "text/html", &[], b"<b>caf\xe9</b>")).as_deref(), Some("café"));
        assert_eq!(text(replied("", "text/plain", &[], "café".as_bytes())).as_deref(), Some("café"));
        assert_eq!(
            replied("", "text/plain; charset=utf-8", &[], b"caf\xe9").err(),
            Some(UnreadableReply::Alphabet)
        );
        assert_eq!(
            replied("", "text/plain; charset=klingon", &[], b"cafe").err(),
            Some(UnreadableReply::Alphabet)
        );
        assert_eq!(text(replied("", "text/plain; charset=cp850", &[], b"caf\x82")).as_deref(), Some("café"));
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
        let words = replied("max_messages = 1\nsplit_chars = \" \"", "text/plain", &[], &b"word ".repeat(40));
        assert_eq!(text(words), Some("word ".repeat(32)));
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

    // KN-41
    #[test]
    fn headers_say_what_parameters_of_sendsms_say() {
        let replied = |options: &str, headers: &[(&'static str, &'static str)], body: &[u8]| {
            let options = format!("accept_x_kannel_headers = true\n{options}");
            super::tests::replied(&options, "text/plain", headers, body).map(Option::unwrap)
        };
        let reply = replied("", &[("x-kannel-rpi", "1"), ("x-kannel-binfo", "PREMIUM")], b"hi").unwrap();
        let rare = reply.rare.unwrap();
        assert_eq!((rare.reply_path, &rare.service_type[..]), (true, &b"PREMI"[..]));
        for (headers, body, expected) in [
            (&[("x-kannel-mwi", "1")][..], "hi", (0xD9, &b"hi"[..])),
            (&[("x-kannel-mwi", "4"), ("x-kannel-mclass", "1")], "hi", (0xC0, b"hi")),
            (&[("x-kannel-compress", "1")], "hi", (0x20, b"hi")),
            (&[("x-kannel-alt-dcs", "1")], "hi", (0xF1, b"hi")),
            (&[("x-kannel-alt-dcs", "1"), ("x-kannel-mclass", "0")], "\u{414}", (0x18, b"\x04\x14")),
            (
                &[("x-kannel-coding", "0"), ("x-kannel-meta-data", "?smpp?data_coding=242")],
                "hi",
                (242, b"hi"),
            ),
            (&[("x-kannel-meta-data", "?smpp?data_coding=8")], "hi", (8, b"\0h\0i")),
            (
                &[
                    ("x-kannel-mclass", "0"),
                    ("x-kannel-coding", "0"),
                    ("x-kannel-meta-data", "?smpp?data_coding=8"),
                ],
                "hi",
                (0xF0, b"hi"),
            ),
        ] {
            let Content::Encoded { data_coding, octets } =
                replied("", headers, body.as_bytes()).unwrap().content
            else {
                panic!("{headers:?}: a text")
            };
            assert_eq!((data_coding, &octets[..]), expected, "{headers:?}");
        }
        for wrong in [("x-kannel-mwi", "8"), ("x-kannel-rpi", "3"), ("x-kannel-compress", "x")] {
            assert_eq!(replied("", &[wrong], b"hi").err(), Some(UnreadableReply::Header), "{wrong:?}");
        }
        let tlv = "tlv = [{ name = \"op\", tag = 0x1401, type = \"integer\", length = 1 }]";
        let reply = replied(tlv, &[("x-kannel-meta-data", "?smpp?op=7&other=1")], b"hi").unwrap();
        assert_eq!(reply.rare.unwrap().tlvs[..], *b"\x14\x01\x00\x01\x07");
    }

    // KN-39
    #[test]
    fn what_is_said_in_place_of_an_answer_is_said_by_the_configuration() {
        let options = "empty_text = \"nothing\"\nunreadable_text = \"sorry\"\nheader = \"H:\"";
        for (content_type, body, expected) in [
            ("text/plain", &b""[..], "H:nothing"),
            ("text/html", b"<br/>", "H:nothing"),
            ("image/gif", b"x", "H:sorry"),
            ("text/plain; charset=utf-8", b"\xff", "H:sorry"),
            ("text/plain", b"hi", "H:hi"),
        ] {
            assert_eq!(
                text(replied(options, content_type, &[], body)).as_deref(),
                Some(expected),
                "{body:?}"
            );
        }
        assert_eq!(text(replied(&format!("{options}\nmax_messages = 0"), "text/plain", &[], b"")), None);
    }
}
