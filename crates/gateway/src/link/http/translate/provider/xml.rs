//! A text in the XML of an answer.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::unreadable::UnreadableReply;
use crate::charset::Charset;

/// The text of the first element at this path from the outermost, or of its attribute; `None` if there is no such
/// one. Prefixes of names do not count; nothing is fetched, and entities other than those of XML are errors.
///
/// The character set is the one that is `named`, that of the declaration, or `otherwise`.
pub(super) fn find(
    body: &[u8],
    named: Option<Charset>,
    otherwise: Charset,
    path: &[String],
    attribute: Option<&str>,
) -> Result<Option<String>, UnreadableReply> {
    let charset = named.or_else(|| declared(body)).unwrap_or(otherwise);
    let text = charset.decode(body).ok_or(UnreadableReply::Alphabet)?;
    let mut reader = Reader::from_str(&text);
    let mut walk = Walk { path, attribute, depth: 0, on_path: 0, text: None };
    loop {
        match reader.read_event().map_err(|_| UnreadableReply::Xml)? {
            Event::Eof if walk.depth == 0 => return Ok(None),
            Event::Eof => return Err(UnreadableReply::Xml),
            event => {
                if let Some(found) = walk.step(&event)? {
                    return Ok(Some(found));
                }
            }
        }
    }
}

/// What the declaration of a document names.
fn declared(body: &[u8]) -> Option<Charset> {
    let Ok(Event::Decl(declaration)) = Reader::from_reader(body).read_event() else { return None };
    let name = declaration.encoding()?.ok()?;
    Charset::named(std::str::from_utf8(&name).ok()?)
}

/// A way through a document.
struct Walk<'p> {
    path: &'p [String],
    attribute: Option<&'p str>,
    /// Elements that are open.
    depth: usize,
    /// How many of them, from the outermost, are on the path.
    on_path: usize,
    /// What the element that is looked for has said so far.
    text: Option<String>,
}

impl Walk<'_> {
    /// Goes on; the text once it is there.
    fn step(&mut self, event: &Event<'_>) -> Result<Option<String>, UnreadableReply> {
        match event {
            Event::Start(start) => self.enter(start),
            Event::Empty(start) => match self.enter(start)? {
                Some(found) => Ok(Some(found)),
                None => Ok(self.leave()),
            },
            Event::End(_) => Ok(self.leave()),
            Event::Text(text) => self.say(&text.decode().map_err(|_| UnreadableReply::Xml)?),
            Event::CData(data) => self.say(&data.decode().map_err(|_| UnreadableReply::Xml)?),
            Event::GeneralRef(reference) => self.say(&referred(reference)?),
            _ => Ok(None),
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<Option<String>, UnreadableReply> {
        let is_next = self.on_path == self.depth
            && self.path.get(self.depth).is_some_and(|name| name.as_bytes() == start.local_name().as_ref());
        self.depth += 1;
        self.on_path += usize::from(is_next);
        if !is_next || self.on_path < self.path.len() {
            return Ok(None);
        }
        let Some(name) = self.attribute else {
            self.text = Some(String::new());
            return Ok(None);
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| UnreadableReply::Xml)?;
            if attribute.key.local_name().as_ref() == name.as_bytes() {
                let value = attribute.unescape_value().map_err(|_| UnreadableReply::Xml)?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    fn leave(&mut self) -> Option<String> {
        let was_target = self.depth == self.path.len() && self.on_path == self.depth;
        self.depth = self.depth.saturating_sub(1);
        self.on_path = self.on_path.min(self.depth);
        if was_target { self.text.take() } else { None }
    }

    fn say(&mut self, more: &str) -> Result<Option<String>, UnreadableReply> {
        if let Some(text) = &mut self.text {
            text.push_str(more);
        }
        Ok(None)
    }
}

fn referred(reference: &BytesRef<'_>) -> Result<String, UnreadableReply> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| UnreadableReply::Xml)? {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|_| UnreadableReply::Xml)?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or(UnreadableReply::Xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, body: &[u8]) -> Result<Option<String>, UnreadableReply> {
        let (path, attribute) = path.split_once('@').map_or((path, None), |(path, name)| (path, Some(name)));
        let path: Vec<String> = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        find(body, None, Charset::UTF_8, &path, attribute)
    }

    #[test]
    fn the_first_element_at_the_path_counts() {
        let body = b"<?xml version='1.0'?><a><x><b>no</b></x><b k='v &lt;'>1 <i>&amp;</i> <![CDATA[<2>]]>&#233;</b><b>3</b><e/></a>";
        for (path, expected) in [
            ("/a/b", Some("1 & <2>\u{e9}")),
            ("/a/b@k", Some("v <")),
            ("/a/b@none", None),
            ("/a/b/i", Some("&")),
            ("/a/x/b", Some("no")),
            ("/a/e", Some("")),
            ("/a/c", None),
            ("/b", None),
        ] {
            assert_eq!(at(path, body).as_ref().map(Option::as_deref), Ok(expected), "{path}");
        }
        assert_eq!(
            at("/Envelope/Body/r", b"<s:Envelope xmlns:s='u'><s:Body><r>hi</r></s:Body></s:Envelope>"),
            Ok(Some("hi".to_owned()))
        );
    }

    #[test]
    fn the_declaration_names_the_character_set() {
        let body = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>";
        assert_eq!(at("/a", body), Ok(Some("café".to_owned())));
        assert_eq!(at("/a", b"<a>caf\xe9</a>"), Err(UnreadableReply::Alphabet));
    }

    #[test]
    fn what_is_no_xml_and_entities_of_its_own_are_errors() {
        for body in [
            "<a><b>",
            "<a><b>x</c></a>",
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a><b>&e;</b></a>",
            "<a><b>&#xFFFFFFF;</b></a>",
        ] {
            assert_eq!(at("/a/b", body.as_bytes()), Err(UnreadableReply::Xml), "{body}");
        }
    }
}
