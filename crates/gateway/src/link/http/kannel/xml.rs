//! A request in XML: `/message/submit` and what stands in it.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::request::{self, Request};
use crate::charset::{Charset, Missing};

/// What a document says; nothing, if it is none.
pub(super) fn request(body: &[u8]) -> Request {
    let said = values(body).unwrap_or_default();
    let charset = declared(body).unwrap_or(Charset::UTF_8);
    let all = |path: &str| {
        said.iter().filter(|(at, _)| at == path).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    let text = |path: &str| all(path).first().map(|value| value.trim().as_bytes().to_vec());
    // An element without a number is out of every range; -1 is nothing here, too.
    let number = |path: &str| {
        let number = all(path).first()?.trim().parse().unwrap_or(i32::MIN);
        (number != -1).then_some(number)
    };
    let receivers = all("da/number").join(" ");
    Request {
        username: text("from/username").or_else(|| text("from/user")),
        password: text("from/password").or_else(|| text("from/pass")),
        to: (!receivers.is_empty()).then(|| receivers.into_bytes()),
        from: text("oa/number"),
        text: said_in(all("ud").first().unwrap_or(&"").trim(), number("dcs/coding"), charset),
        // The text of a document is characters, whatever it was encoded in.
        charset: Some(Charset::UTF_8.name().as_bytes().to_vec()),
        udh: text("udh").map(|udh| request::header_of_text(&udh)),
        smsc: text("to").or_else(|| text("smsc")),
        account: text("from/account"),
        binfo: text("from/binfo"),
        dlr_url: text("statusrequest/dlr-url"),
        dlr_mask: number("statusrequest/dlr-mask"),
        mclass: number("dcs/mclass"),
        pid: number("pid"),
        rpi: number("rpi"),
        alt_dcs: number("dcs/alt-dcs"),
        mwi: number("dcs/mwi"),
        coding: number("dcs/coding"),
        compress: number("dcs/compress"),
        validity: number("vp/delay"),
        deferred: number("timing/delay"),
        priority: number("priority"),
        meta: text("meta-data"),
    }
}

/// What stands in `ud`, URL-encoded: octets, or a text whose codes are in the character set of the document.
fn said_in(ud: &str, coding: Option<i32>, charset: Charset) -> Vec<u8> {
    let is_text = coding != Some(OCTETS) && charset.is_ascii_compatible() && charset.has_all_of(ud);
    let encoded = if is_text { charset.encode(ud, Missing::Mark) } else { ud.as_bytes().into() };
    let octets = request::decoded(&encoded);
    let text = if is_text { charset.decode(&octets).map(Cow::into_owned) } else { None };
    text.map_or(octets, String::into_bytes)
}

/// What an answer asks for, in the words that it has; `None` if it is no document.
pub(in super::super) fn wishes_of_xml(body: &[u8]) -> Option<Wishes> {
    let said = values(body)?;
    let value = |path: &str| {
        let value = said.iter().find(|(at, _)| at == path).map(|(_, value)| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let text = said.iter().find(|(at, _)| at == "ud").map(|(_, text)| text.clone());
    Some(Wishes {
        text: text.unwrap_or_default(),
        from: value("oa/number"),
        to: value("da/number"),
        smsc: value("to").or_else(|| value("smsc")),
        udh: value("udh"),
        pid: value("pid"),
        coding: value("dcs/coding"),
        class: value("dcs/mclass"),
        validity: value("vp/delay"),
        deferred: value("timing/delay"),
        priority: value("priority"),
        dlr_url: value("statusrequest/dlr-url"),
        dlr_mask: value("statusrequest/dlr-mask"),
        waiting: value("dcs/mwi"),
        compress: value("dcs/compress"),
        alt_dcs: value("dcs/alt-dcs"),
        rpi: value("rpi"),
        binfo: value("from/binfo"),
        meta: value("meta-data"),
    })
}

/// What an sms-service asks for its reply, beside the text if that stands there, too.
#[derive(Default)]
pub(in super::super) struct Wishes {
    pub(in super::super) text: String,
    pub(in super::super) from: Option<String>,
    pub(in super::super) to: Option<String>,
    pub(in super::super) smsc: Option<String>,
    pub(in super::super) udh: Option<String>,
    pub(in super::super) pid: Option<String>,
    pub(in super::super) coding: Option<String>,
    pub(in super::super) class: Option<String>,
    pub(in super::super) validity: Option<String>,
    pub(in super::super) deferred: Option<String>,
    pub(in super::super) priority: Option<String>,
    pub(in super::super) dlr_url: Option<String>,
    pub(in super::super) dlr_mask: Option<String>,
    pub(in super::super) waiting: Option<String>,
    pub(in super::super) compress: Option<String>,
    pub(in super::super) alt_dcs: Option<String>,
    pub(in super::super) rpi: Option<String>,
    pub(in super::super) binfo: Option<String>,
    pub(in super::super) meta: Option<String>,
}

/// The texts in `/message/submit` with their paths below it; `None` if that is no XML.
fn values(body: &[u8]) -> Option<Vec<(String, String)>> {
    let charset = declared(body).unwrap_or(Charset::UTF_8);
    let text = charset.decode(body)?;
    let mut reader = Reader::from_str(&text);
    let mut path: Vec<String> = Vec::new();
    let mut values: Vec<(String, String)> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                if path.len() > DEPTH_MAX {
                    return None;
                }
                values.extend(below(&path).map(|path| (path, String::new())));
            }
            Event::Empty(element) => {
                path.push(String::from_utf8_lossy(element.local_name().as_ref()).into_owned());
                values.extend(below(&path).map(|path| (path, String::new())));
                path.pop();
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => say(&path, &mut values, &text.decode().ok()?),
            Event::CData(data) => say(&path, &mut values, &data.decode().ok()?),
            Event::GeneralRef(reference) => say(&path, &mut values, &referred(&reference)?),
            Event::Eof => return path.is_empty().then_some(values),
            _ => {}
        }
    }
}

/// More of the text of the element that is open.
fn say(path: &[String], values: &mut [(String, String)], more: &str) {
    let Some(open) = below(path) else { return };
    if let Some((_, value)) = values.iter_mut().rev().find(|(path, _)| *path == open) {
        value.push_str(more);
    }
}

fn below(path: &[String]) -> Option<String> {
    match path {
        [message, submit, rest @ ..] if message == "message" && submit == "submit" && !rest.is_empty() => {
            Some(rest.join("/"))
        }
        _ => None,
    }
}

fn declared(body: &[u8]) -> Option<Charset> {
    let Ok(Event::Decl(declaration)) = Reader::from_reader(body).read_event() else { return None };
    let name = declaration.encoding()?.ok()?;
    Charset::named(std::str::from_utf8(&name).ok()?)
}

/// Nothing is fetched: entities other than those of XML are none.
fn referred(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.to_string());
    }
    resolve_predefined_entity(&reference.decode().ok()?).map(str::to_owned)
}

const DEPTH_MAX: usize = 8;
/// `coding` of octets.
const OCTETS: i32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_a_query_says() {
        let document = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><!-- x --><message><submit>\
            <da><number>628111</number><number>628222</number></da><oa><number>42</number></oa>\
            <ud>\n a &amp; <![CDATA[<b>]]> &#233; </ud><udh>050003070201</udh><smsc>telco</smsc>\
            <dcs><mclass>1</mclass><coding>0</coding></dcs><vp><delay>10</delay></vp>\
            <statusrequest><dlr-mask>3</dlr-mask><dlr-url>http://h/</dlr-url></statusrequest>\
            <from><username>bank</username><password>p</password><account>x</account></from>\
            </submit></message>";
        let said = request(document.as_bytes());
        assert_eq!(said.to.as_deref(), Some(&b"628111 628222"[..]));
        assert_eq!(said.text, "a & <b> é".as_bytes());
        assert_eq!(said.charset.as_deref(), Some(&b"UTF-8"[..]), "its text is characters");
        assert_eq!(
            (said.mclass, said.coding, said.validity, said.dlr_mask),
            (Some(1), Some(0), Some(10), Some(3))
        );
        assert_eq!(said.username.zip(said.password), Some((b"bank".to_vec(), b"p".to_vec())));
        assert_eq!(said.udh.as_deref(), Some(&b"\x05\0\x03\x07\x02\x01"[..]));
        assert_eq!(said.smsc.as_deref(), Some(&b"telco"[..]));
    }

    // KN-5: observed of Kannel 1.4.5
    #[test]
    fn the_text_of_a_document_is_url_encoded_in_its_character_set() {
        let text = |encoding: &str, inner: &str| {
            let document = format!(
                "<?xml version=\"1.0\" encoding=\"{encoding}\"?><message><submit>{inner}</submit></message>"
            );
            request(document.as_bytes()).text
        };
        for (encoding, ud, expected) in [
            ("UTF-8", "a+b%2Bc %C3%A4", "a b+c ä"),
            ("UTF-8", "100% sure %zz", "100% sure %zz"),
            ("UTF-8", "100%", "100"),
            ("ISO-8859-1", "%E4+%F6 %zz", "ä ö %zz"),
            ("ISO-8859-1", "a+&#x20AC;", "a €"),
            ("windows-1251", "%C4a", "Дa"),
            ("Shift_JIS", "%83A&#x65E5;", "ア日"),
        ] {
            let read = text(encoding, &format!("<ud>{ud}</ud>"));
            assert_eq!(String::from_utf8_lossy(&read), expected, "{encoding} {ud}");
        }
        let octets = text("ISO-8859-1", "<ud>%00%FF</ud><dcs><coding>1</coding></dcs>");
        assert_eq!(octets, b"\x00\xff");
    }

    // KN-13: observed of Kannel 1.4.5
    #[test]
    fn an_element_without_a_number_is_out_of_every_range() {
        let pid =
            |element: &str| request(format!("<message><submit>{element}</submit></message>").as_bytes()).pid;
        for wrong in ["<pid>x</pid>", "<pid>5x</pid>", "<pid></pid>", "<pid/>"] {
            assert_eq!(pid(wrong), Some(i32::MIN), "{wrong}");
        }
        assert_eq!([pid(""), pid("<pid>-1</pid>"), pid("<pid> 5 </pid>")], [None, None, Some(5)]);
    }

    #[test]
    fn what_is_no_document_says_nothing() {
        for document in ["", "junk", "<message><submit><to>1</submit>", "<message>&evil;</message>"] {
            let said = request(document.as_bytes());
            assert!(said.to.is_none() && said.username.is_none(), "{document}");
        }
    }
}
