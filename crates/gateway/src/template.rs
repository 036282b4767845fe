//! Texts with placeholders: `{from}`, `{text}` … in the body, the URL and the headers of a call.

use std::borrow::Cow;
use std::fmt::{self, Write};

use form_urlencoded::byte_serialize;

use crate::charset::{Charset, Missing};

/// What a content provider can be told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Our id of the transaction.
    Id,
    /// The handset.
    From,
    /// The number or short code that it wrote to.
    To,
    /// The text.
    Text,
    /// The first word of the text, in upper case and without look-alikes.
    Keyword,
    /// The text behind its first word.
    Rest,
    /// Octets that are no text, in hexadecimal.
    Binary,
    /// The data_coding of these octets.
    DataCoding,
    /// The user data header, in hexadecimal.
    Udh,
    /// `true` if parts of a long message never came.
    Incomplete,
    /// The numbers of these parts.
    Missing,
    /// `true` if the SMSC brought the message again.
    Duplicate,
    /// When we took it over, RFC 3339.
    ReceivedAt,
    /// The same in seconds since 1970.
    ReceivedAtUnix,
    /// The same as `YYYYMMDDhhmmss`, in UTC.
    ReceivedAtDigits,
    /// The link that brought it.
    Smsc,
    /// Which call for this message it is, from 1.
    Attempt,
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Box<[Piece]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Field(Field),
}

/// How values are written into a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As part of a URL, in octets of this character set.
    Url(Charset),
    /// Inside the quotes of a JSON string.
    Json,
    /// As text or inside the quotes of an attribute.
    Xml,
    /// Inside a header: without what ends it.
    Header,
}

/// A placeholder that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing that {{{0}}} stands for; it may be one of {names}", names = Names)]
pub(crate) struct UnknownField(String);

impl Field {
    const ALL: [(&'static str, Self); 17] = [
        ("id", Self::Id),
        ("from", Self::From),
        ("to", Self::To),
        ("text", Self::Text),
        ("keyword", Self::Keyword),
        ("rest", Self::Rest),
        ("binary", Self::Binary),
        ("data_coding", Self::DataCoding),
        ("udh", Self::Udh),
        ("incomplete", Self::Incomplete),
        ("missing", Self::Missing),
        ("duplicate", Self::Duplicate),
        ("received_at", Self::ReceivedAt),
        ("received_at_unix", Self::ReceivedAtUnix),
        ("received_at_digits", Self::ReceivedAtDigits),
        ("smsc", Self::Smsc),
        ("attempt", Self::Attempt),
    ];

    /// The field with this name.
    pub(crate) fn named(name: &str) -> Result<Self, UnknownField> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, field)| *field).ok_or_else(|| UnknownField(name.to_owned()))
    }
}

impl Template {
    /// Reads a text. A brace that no name and closing brace follow is a brace.
    pub(crate) fn new(text: &str) -> Result<Self, UnknownField> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            literal.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let end = name_end(behind);
            if end > 0 && behind[end..].starts_with('}') {
                let field = Field::named(&behind[..end])?;
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Field(field));
                rest = &behind[end + 1..];
            } else {
                literal.push('{');
                rest = behind;
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces.into()))
    }

    /// The name behind a brace that no closing brace follows, if there is one: where braces stand for nothing else.
    pub(crate) fn unclosed(text: &str) -> Option<&str> {
        text.split('{').skip(1).find_map(|behind| {
            let name = &behind[..name_end(behind)];
            (!name.is_empty() && !behind[name.len()..].starts_with('}')).then_some(name)
        })
    }

    /// Whether anything in it changes from call to call.
    pub(crate) fn has_fields(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Field(_)))
    }

    /// What stands before the first placeholder.
    pub(crate) fn start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }

    /// The text with values in place of its placeholders; what is not there leaves nothing.
    pub(crate) fn fill<'v>(&self, escape: Escape, value: impl Fn(Field) -> Option<Cow<'v, str>>) -> String {
        let mut filled = String::with_capacity(FILLED_OCTETS);
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => filled.push_str(text),
                Piece::Field(field) => {
                    if let Some(value) = value(*field) {
                        escape.put(&value, &mut filled);
                    }
                }
            }
        }
        filled
    }
}

impl Escape {
    fn put(self, value: &str, filled: &mut String) {
        match self {
            // %20 is a blank everywhere, a plus in a query only.
            Self::Url(charset) => {
                for encoded in byte_serialize(&charset.encode(value, Missing::Mark)) {
                    filled.push_str(if encoded == "+" { "%20" } else { encoded });
                }
            }
            Self::Json => value.chars().for_each(|character| json(character, filled)),
            Self::Xml => value.chars().for_each(|character| xml(character, filled)),
            Self::Header => filled.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c })),
        }
    }
}

fn json(character: char, filled: &mut String) {
    match character {
        '"' | '\\' => filled.extend(['\\', character]),
        '\n' => filled.push_str("\\n"),
        '\r' => filled.push_str("\\r"),
        '\t' => filled.push_str("\\t"),
        // A string takes everything.
        '\0'..='\x1F' => drop(write!(filled, "\\u{:04x}", u32::from(character))),
        _ => filled.push(character),
    }
}

/// XML 1.0 section 2.2 has no room for most controls, not even by reference.
fn xml(character: char, filled: &mut String) {
    match character {
        '<' => filled.push_str("&lt;"),
        '>' => filled.push_str("&gt;"),
        '&' => filled.push_str("&amp;"),
        '"' => filled.push_str("&quot;"),
        '\'' => filled.push_str("&apos;"),
        // Written by number they survive the normalisation of line ends and attributes.
        '\t' | '\n' | '\r' => drop(write!(filled, "&#{};", u32::from(character))),
        '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => filled.push(char::REPLACEMENT_CHARACTER),
        _ => filled.push(character),
    }
}

/// Where the name of a placeholder ends.
fn name_end(behind: &str) -> usize {
    behind.find(|c: char| !matches!(c, 'a'..='z' | '_')).unwrap_or(behind.len())
}

struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Field::ALL.iter().map(|(name, _)| *name).collect();
        f.write_str(&names.join(", "))
    }
}

/// An ordinary text is in these octets.
const FILLED_OCTETS: usize = 256;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn filled(text: &str, escape: Escape, said: &str) -> String {
        let value = |field| match field {
            Field::From => Some(Cow::from("+628111")),
            Field::Text => Some(Cow::from(said)),
            _ => None,
        };
        Template::new(text).unwrap().fill(escape, value)
    }

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let template = r#"{"a": "{from}", "b": {"c": "{text}{udh}"}, "{": "{ text}"}"#;
        let expected = r#"{"a": "+628111", "b": {"c": "hi"}, "{": "{ text}"}"#;
        assert_eq!(filled(template, Escape::Json, "hi"), expected);
    }

    #[test]
    fn values_are_escaped_for_where_they_stand() {
        let said = "<a> & \"b\" 'c' \\ é\n\u{1}";
        let json = filled("\"{text}\"", Escape::Json, said);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), said);
        let xml = filled("<t>{text}</t>", Escape::Xml, said);
        assert_eq!(xml, "<t>&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos; \\ é&#10;\u{FFFD}</t>");
        let latin = Charset::named("iso-8859-1").unwrap();
        assert_eq!(filled("/{from}/{text}", Escape::Url(latin), "a b/é&я"), "/%2B628111/a%20b%2F%E9%26%3F");
        assert_eq!(filled("{text}", Escape::Header, "a\r\nX: b"), "a  X: b");
    }

    #[test]
    fn a_placeholder_that_nobody_knows_is_named() {
        let error = Template::new("{msisdn}").unwrap_err().to_string();
        assert!(
            error.starts_with("there is nothing that {msisdn} stands for; it may be one of id, from, to"),
            "{error}"
        );
    }

    #[test]
    fn a_placeholder_that_does_not_end_is_found() {
        for (text, name) in [
            ("https://h/?x={from", Some("from")),
            ("https://h/?x={from&y={to}", Some("from")),
            ("https://h/?x={to}&y={text /", Some("text")),
            ("https://h/?x={from}&y={\"a\":1}{}{", None),
        ] {
            assert_eq!(Template::unclosed(text), name, "{text}");
        }
    }

    #[test]
    fn what_stands_before_the_first_placeholder() {
        assert_eq!(Template::new("http://h/{to}").unwrap().start(), "http://h/");
        assert_eq!(Template::new("{to}").unwrap().start(), "");
        assert!(!Template::new("{}").unwrap().has_fields());
    }
}
