//! The answer of a content provider, and the reply in it.

use std::borrow::Cow;

use super::answer_text::{charset_of, cut, decoded, essence, spoken};
use super::unreadable::UnreadableReply;
use super::{kannel_reply, page, xml};
use crate::charset::{self, Charset};
use crate::config::{AnswerRules, ReplyFrom};
use crate::link::http::call::{Answer, Heard};
use crate::reply::Reply;

/// What an answer means by the rules of a content provider.
pub(in super::super::super) fn read(rules: &AnswerRules, heard: &Heard) -> Answer {
    let refused = rules.refused.as_ref().filter(|sign| sign.allows_status(heard.status));
    let takes = rules.success.has_status(heard.status);
    if refused.is_none() && !takes {
        return refusal(rules, heard);
    }
    if rules.looks_at_body() {
        let body = heard.body.as_deref().ok().and_then(|body| charset_of(rules, heard).decode(body));
        let body = body.unwrap_or_default();
        if refused.is_some_and(|sign| sign.has_body(&body)) {
            return Answer::Unlike { is_final: true };
        }
        if takes && !rules.success.has_body(&body) {
            return Answer::Unlike { is_final: false };
        }
    } else if refused.is_some() {
        return Answer::Unlike { is_final: true };
    }
    if takes { Answer::Taken(reply(rules, heard)) } else { refusal(rules, heard) }
}

/// What a status means that does not take it. For Jasmin none is for good.
fn refusal(rules: &AnswerRules, heard: &Heard) -> Answer {
    let answer = heard.refusal();
    let is_of_jasmin = matches!(rules.reply, ReplyFrom::Jasmin);
    if is_of_jasmin && !answer.is_for_now() { Answer::Unlike { is_final: false } } else { answer }
}

/// What a content provider replies; `None` if it does not want to say anything.
fn reply(rules: &AnswerRules, heard: &Heard) -> Result<Option<Reply>, UnreadableReply> {
    if matches!(rules.reply, ReplyFrom::None | ReplyFrom::Jasmin) {
        return Ok(None);
    }
    let body = heard.body.as_deref().map_err(|&unreadable| unreadable)?;
    if let ReplyFrom::Kannel(kannel) = &rules.reply {
        return kannel_reply::reply(rules, kannel, heard, body);
    }
    let text = text(rules, heard, body)?;
    Ok(text.as_deref().and_then(spoken).map(|text| cut(text, rules).into()))
}

fn text<'a>(
    rules: &AnswerRules,
    heard: &'a Heard,
    body: &'a [u8],
) -> Result<Option<Cow<'a, str>>, UnreadableReply> {
    match &rules.reply {
        ReplyFrom::Header(name) => {
            let value = heard.headers.get(name).map(|value| value.as_bytes());
            value.map(|value| rules.charset.decode(value).ok_or(UnreadableReply::Alphabet)).transpose()
        }
        _ if body.is_empty() => Ok(None),
        ReplyFrom::Body => decoded(rules, heard, body).map(Some),
        ReplyFrom::Json(pointer) => at_pointer(&decoded(rules, heard, body)?, pointer),
        ReplyFrom::Xml { elements, attribute } => {
            let named = heard.content_type().and_then(charset::of_content_type);
            Ok(xml::find(body, named, rules.charset, elements, attribute.as_deref())?.map(Cow::Owned))
        }
        ReplyFrom::Auto | ReplyFrom::Kannel(_) | ReplyFrom::Jasmin | ReplyFrom::None => {
            by_type(rules, heard, body)
        }
    }
}

/// Text, plain or as the page that many servers call it unless they are told otherwise, or an object of JSON.
fn by_type<'a>(
    rules: &AnswerRules,
    heard: &Heard,
    body: &'a [u8],
) -> Result<Option<Cow<'a, str>>, UnreadableReply> {
    let essence = essence(heard);
    if essence.is_empty() || essence.eq_ignore_ascii_case("text/plain") {
        return decoded(rules, heard, body).map(Some);
    }
    if essence.eq_ignore_ascii_case("text/html") {
        return decoded(rules, heard, body).map(|page| Some(Cow::Owned(page::text_or_page(&page))));
    }
    if essence.eq_ignore_ascii_case("application/json") {
        return by_object(heard, body);
    }
    Err(UnreadableReply::Type)
}

/// JSON is in UTF-8 unless it says otherwise, whatever texts are in that say nothing.
fn by_object<'a>(heard: &Heard, body: &[u8]) -> Result<Option<Cow<'a, str>>, UnreadableReply> {
    let charset = heard.content_type().and_then(charset::of_content_type).unwrap_or(Charset::UTF_8);
    // RFC 8259 section 8.1: nobody should send a mark of the order of octets, and who reads may pass it over.
    let json = charset.decode(body).ok_or(UnreadableReply::Alphabet)?;
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&json).map_err(|_| UnreadableReply::Json)?;
    match object.remove("reply") {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) => Ok(Some(Cow::Owned(text))),
        Some(_) => Err(UnreadableReply::Json),
    }
}

fn at_pointer(body: &str, pointer: &str) -> Result<Option<Cow<'static, str>>, UnreadableReply> {
    let json: serde_json::Value = serde_json::from_str(body).map_err(|_| UnreadableReply::Pointer)?;
    match json.pointer(pointer) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) => Ok(Some(Cow::Owned(text.clone()))),
        Some(serde_json::Value::Number(number)) => Ok(Some(Cow::Owned(number.to_string()))),
        Some(_) => Err(UnreadableReply::Pointer),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

    use super::super::rules;
    use super::*;
    use crate::submission::Content;

    fn heard(status: u16, content_type: Option<&'static str>, body: &[u8]) -> Heard {
        let mut headers = HeaderMap::new();
        headers.extend(content_type.map(|value| (CONTENT_TYPE, HeaderValue::from_static(value))));
        headers.insert("x-reply", HeaderValue::from_static("by header"));
        Heard { status, headers, body: Ok(body.to_vec()), retry_after: None }
    }

    fn read_by(
        options: &str,
        content_type: Option<&'static str>,
        body: &[u8],
    ) -> Result<Option<String>, UnreadableReply> {
        let Answer::Taken(reply) = read(&rules(options).answer, &heard(200, content_type, body)) else {
            panic!("not taken")
        };
        reply.map(|reply| {
            reply.map(|reply| match reply.content {
                Content::Text { text, .. } => text,
                Content::Encoded { .. } => panic!("octets"),
            })
        })
    }

    fn reply(content_type: Option<&'static str>, body: &[u8]) -> Result<Option<String>, UnreadableReply> {
        read_by("", content_type, body)
    }

    fn said(text: &str) -> Result<Option<String>, UnreadableReply> {
        Ok(Some(text.to_owned()))
    }

    #[test]
    fn a_reply_is_a_text_or_an_object() {
        let text = said;
        assert_eq!(reply(None, b"Anda menang\r\n"), text("Anda menang"));
        assert_eq!(reply(Some("text/plain; charset=utf-8"), "é\n\n".as_bytes()), text("é\n"));
        assert_eq!(reply(Some("Application/JSON"), br#"{"reply":"ya","balance":5}"#), text("ya"));
        let marked = "\u{FEFF}{\"reply\":\"ya\"}";
        assert_eq!(reply(Some("application/json"), marked.as_bytes()), text("ya"));
        assert_eq!(
            reply(Some("text/html; charset=UTF-8"), "Selamat é\nya\n".as_bytes()),
            text("Selamat é\nya")
        );
        assert_eq!(reply(Some("Text/HTML"), b"<p>Tom &amp; <b>Jerry</b></p>"), text("Tom & Jerry"));
        let silent: [(_, &[u8]); 7] = [
            (None, b""),
            (Some("text/html"), b"<html></html>"),
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
        assert_eq!(reply(Some("image/gif"), b"GIF89a"), Err(UnreadableReply::Type));
        assert_eq!(reply(None, b"\xff\xfe"), Err(UnreadableReply::Alphabet));
        for body in [r#"{"reply":5}"#, "[", "\"ya\"", r#"["ya"]"#] {
            assert_eq!(
                reply(Some("application/json"), body.as_bytes()),
                Err(UnreadableReply::Json),
                "{body}"
            );
        }
    }

    #[test]
    fn a_reply_is_where_the_configuration_says() {
        let json = br#"{"data": {"texts": ["hi", 5, null, []]}}"#;
        for (at, expected) in [
            ("0", said("hi")),
            ("1", said("5")),
            ("2", Ok(None)),
            ("9", Ok(None)),
            ("3", Err(UnreadableReply::Pointer)),
        ] {
            let options = format!("reply = {{ json = \"/data/texts/{at}\" }}");
            assert_eq!(read_by(&options, Some("text/html"), json), expected, "{at}");
        }
        assert_eq!(read_by("reply = { header = \"X-Reply\" }", None, b"OK"), said("by header"));
        assert_eq!(read_by("reply = { header = \"X-None\" }", None, b"OK"), Ok(None));
        assert_eq!(read_by("reply = \"none\"", None, b"OK"), Ok(None));
        assert_eq!(read_by("reply = \"body\"", Some("text/html"), b"<b>hi</b>\n"), said("<b>hi</b>"));
        let xml = "reply = { xml = \"/mo/reply\" }";
        assert_eq!(read_by(xml, Some("text/xml"), b"<mo><reply>a &amp; b</reply></mo>"), said("a & b"));
        assert_eq!(read_by(xml, Some("text/xml"), b"<mo><reply>"), Err(UnreadableReply::Xml));
    }

    #[test]
    fn an_answer_says_its_character_set_or_has_that_of_the_call() {
        assert_eq!(reply(Some("text/plain; charset=ISO-8859-1"), b"caf\xe9"), said("café"));
        assert_eq!(read_by("charset = \"latin1\"", None, b"caf\xe9"), said("café"));
        assert_eq!(
            read_by("charset = \"latin1\"", Some("text/plain; charset=utf-8"), "é".as_bytes()),
            said("é")
        );
    }

    #[test]
    fn an_object_says_its_character_set_or_is_in_utf_8() {
        let latin = b"{\"reply\":\"caf\xe9\"}";
        assert_eq!(reply(Some("application/json; charset=ISO-8859-1"), latin), said("café"));
        let wide: Vec<u8> = "{\"reply\":\"да\"}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(reply(Some("application/json; charset=utf-16be"), &wide), said("да"));
        assert_eq!(reply(Some("application/json"), latin), Err(UnreadableReply::Alphabet));
        let utf8 = "{\"reply\":\"café\"}".as_bytes();
        assert_eq!(read_by("charset = \"latin1\"", Some("application/json"), utf8), said("café"));
    }

    #[test]
    fn a_reply_that_is_too_long_is_cut_between_characters() {
        assert_eq!(read_by("reply_characters_max = 3", None, "äöüß".as_bytes()), said("äöü"));
        assert_eq!(read_by("reply_characters_max = 4", None, "äöüß".as_bytes()), said("äöüß"));
    }

    fn judged(options: &str, status: u16, body: &str) -> &'static str {
        match read(&rules(options).answer, &heard(status, None, body.as_bytes())) {
            Answer::Taken(_) => "taken",
            Answer::Refused { .. } => "status",
            Answer::Unlike { is_final: false } => "again",
            Answer::Unlike { is_final: true } => "never",
            Answer::NotAsked(_) | Answer::Lost(_) | Answer::Unread(_) => "lost",
        }
    }

    // JS-28
    #[test]
    fn the_configuration_says_what_success_is() {
        for (options, status, body, expected) in [
            ("", 204, "", "taken"),
            ("", 302, "", "status"),
            ("success = { status = [200, 302] }", 302, "", "taken"),
            ("success = { status = [200] }", 202, "", "status"),
            ("success = { body_contains = \"OK\" }", 200, "0 OK", "taken"),
            ("success = { body_contains = \"OK\" }", 200, "99 busy", "again"),
            ("success = { body_contains = \"OK\" }", 500, "OK", "status"),
            ("success = { status = [200], body_matches = '^(10|11):' }", 200, "11: queued", "taken"),
            ("success = { status = [200], body_matches = '^(10|11):' }", 200, "1: 11:", "again"),
            ("refused = { body_matches = '^99' }", 200, "99 no such service", "never"),
            ("refused = { body_matches = '^99' }", 200, "hello", "taken"),
            ("refused = { body_matches = '^99' }", 503, "99", "never"),
            ("refused = { status = [500] }", 500, "", "never"),
            ("format = \"jasmin\"", 302, " ACK/Jasmin\n", "taken"),
            ("format = \"jasmin\"", 200, "ACK/Jasmin!", "again"),
            ("format = \"jasmin\"", 200, "ack/jasmin", "again"),
            ("format = \"jasmin\"", 404, "ACK/Jasmin", "again"),
            ("format = \"jasmin\"", 410, "", "again"),
            ("format = \"jasmin\"", 503, "ACK/Jasmin", "status"),
            ("format = \"kannel\"", 202, "", "taken"),
            ("format = \"kannel\"", 201, "", "status"),
        ] {
            assert_eq!(judged(options, status, body), expected, "{options} {status} {body}");
        }
    }
}
