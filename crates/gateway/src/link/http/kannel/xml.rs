//! A request in XML: `/message/submit` and what stands in it.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::request::{self, Request};
use crate::charset::Charset;

/// What a document says; nothing, if it is none.
pub(super) fn request(body: &[u8]) -> Request {
    let said = values(body).unwrap_or_default();
    let all = |path: &str| {
        said.iter().filter(|(at, _)| at == path).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    let text = |path: &str| all(path).first().map(|value| value.trim().as_bytes().to_vec());
    let number = |path: &str| request::number(all(path).first()?.as_bytes());
    let receivers = all("da/number").join(" ");
    Request {
        username: text("from/username").or_else(|| text("from/user")),
        password: text("from/password").or_else(|| text("from/pass")),
        to: (!receivers.is_empty()).then(|| receivers.into_bytes()),
        from: text("oa/number"),
        text: text("ud").unwrap_or_default(),
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

    #[test]
    fn what_is_no_document_says_nothing() {
        for document in ["", "junk", "<message><submit><to>1</submit>", "<message>&evil;</message>"] {
            let said = request(document.as_bytes());
            assert!(said.to.is_none() && said.username.is_none(), "{document}");
        }
    }
}
