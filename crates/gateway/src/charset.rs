//! The character sets that others speak over HTTP.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Deserializer, de};

/// A character set by its name of the WHATWG, and ISO-8859-1 as ISO has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charset(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The WHATWG takes it for windows-1252, which has letters where this has controls.
    Latin1,
    Named(&'static Encoding),
}

/// What becomes of a character that a character set does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// A question mark.
    Mark,
    /// A reference by number, as XML and HTML have it.
    Reference,
}

impl Charset {
    pub(crate) const LATIN_1: Self = Self(Kind::Latin1);
    pub(crate) const UTF_8: Self = Self(Kind::Named(UTF_8));
    pub(crate) const UTF_16BE: Self = Self(Kind::Named(UTF_16BE));

    /// The character set with this name, in any case; `None` if nobody knows it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        if ["iso-8859-1", "iso8859-1", "latin1", "latin-1"]
            .iter()
            .any(|latin| name.eq_ignore_ascii_case(latin))
        {
            return Some(Self(Kind::Latin1));
        }
        Encoding::for_label(name.as_bytes()).map(|encoding| Self(Kind::Named(encoding)))
    }

    /// Its name as headers have it.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Kind::Latin1 => "ISO-8859-1",
            Kind::Named(encoding) => encoding.name(),
        }
    }

    /// The octets of a text.
    pub(crate) fn encode(self, text: &str, missing: Missing) -> Cow<'_, [u8]> {
        match self.0 {
            Kind::Named(encoding) if encoding == UTF_8 => Cow::Borrowed(text.as_bytes()),
            Kind::Named(encoding) if encoding == UTF_16BE => {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }
            Kind::Named(encoding) if encoding == UTF_16LE => {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            Kind::Named(encoding) => Cow::Owned(encode_with(encoding, text, missing)),
            Kind::Latin1 => {
                let mut octets = Vec::with_capacity(text.len());
                for character in text.chars() {
                    match u8::try_from(character) {
                        Ok(octet) => octets.push(octet),
                        Err(_) => missing.put(character, &mut octets),
                    }
                }
                Cow::Owned(octets)
            }
        }
    }

    /// The text that these octets are; `None` if they are none. Of UTF-16 a byte order mark says more than the name.
    pub(crate) fn decode(self, octets: &[u8]) -> Option<Cow<'_, str>> {
        let marked = Encoding::for_bom(octets).filter(|(encoding, _)| self.may_be(encoding));
        if let Some((encoding, mark)) = marked {
            return encoding.decode_without_bom_handling_and_without_replacement(octets.get(mark..)?);
        }
        match self.0 {
            Kind::Latin1 if octets.is_ascii() => std::str::from_utf8(octets).ok().map(Cow::Borrowed),
            Kind::Latin1 => Some(octets.iter().copied().map(char::from).collect()),
            Kind::Named(encoding) => encoding.decode_without_bom_handling_and_without_replacement(octets),
        }
    }
}

impl Charset {
    /// Whether a mark of `encoding` may stand in front of its octets.
    fn may_be(self, encoding: &'static Encoding) -> bool {
        let is_utf16 = |encoding| encoding == UTF_16BE || encoding == UTF_16LE;
        matches!(self.0, Kind::Named(own) if own == encoding || is_utf16(own) && is_utf16(encoding))
    }
}

impl Missing {
    fn put(self, character: char, octets: &mut Vec<u8>) {
        match self {
            Self::Mark => octets.push(b'?'),
            Self::Reference => octets.extend_from_slice(format!("&#{};", u32::from(character)).as_bytes()),
        }
    }
}

impl<'de> Deserialize<'de> for Charset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name)
            .filter(|charset| charset.0 != Kind::Named(encoding_rs::REPLACEMENT))
            .ok_or_else(|| de::Error::custom(format!("\"{name}\" is no character set that is known")))
    }
}

fn encode_with(encoding: &'static Encoding, text: &str, missing: Missing) -> Vec<u8> {
    let mut encoder = encoding.new_encoder();
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        octets.reserve(
            encoder.max_buffer_length_from_utf8_without_replacement(rest.len()).unwrap_or(rest.len()),
        );
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut octets, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::Unmappable(character) => missing.put(character, &mut octets),
            EncoderResult::InputEmpty => return octets,
            EncoderResult::OutputFull => {}
        }
    }
}

/// What the `charset` of a Content-Type names, if there is one and it is known.
pub(crate) fn of_content_type(value: &str) -> Option<Charset> {
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    };
    value.split(';').skip(1).find_map(parameter).as_deref().and_then(Charset::named)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_text_comes_back_from_every_character_set_that_has_it() {
        for (name, text, octets) in [
            ("UTF-8", "é€", &b"\xC3\xA9\xE2\x82\xAC"[..]),
            ("iso-8859-1", "éÿ", b"\xE9\xFF"),
            ("Latin1", "\u{80}", b"\x80"),
            ("windows-1252", "é€", b"\xE9\x80"),
            ("UTF-16BE", "é😀", b"\x00\xE9\xD8\x3D\xDE\x00"),
            ("utf-16le", "é", b"\xE9\x00"),
            ("koi8-r", "да", b"\xC4\xC1"),
            ("Shift_JIS", "日", b"\x93\xFA"),
        ] {
            let charset = Charset::named(name).unwrap();
            assert_eq!(charset.encode(text, Missing::Mark), octets, "{name}");
            assert_eq!(charset.decode(octets).as_deref(), Some(text), "{name}");
        }
        assert_eq!(Charset::named("klingon"), None);
    }

    #[test]
    fn what_a_character_set_does_not_have_is_marked_or_named() {
        for name in ["iso-8859-1", "windows-1252"] {
            let charset = Charset::named(name).unwrap();
            assert_eq!(&*charset.encode("aя😀b", Missing::Mark), b"a??b");
            assert_eq!(&*charset.encode("aяb", Missing::Reference), b"a&#1103;b");
        }
    }

    #[test]
    fn octets_of_another_character_set_are_no_text() {
        assert_eq!(Charset::UTF_8.decode(b"\xff\x00"), None);
        assert_eq!(Charset::UTF_8.decode(b"\xfe\xff\x04\x30"), None);
        assert_eq!(Charset::UTF_16BE.decode(b"\xff\xfe\x30\x04").as_deref(), Some("а"), "a mark says more");
        assert_eq!(Charset::UTF_8.decode(b"\xef\xbb\xbfa").as_deref(), Some("a"));
    }

    #[test]
    fn a_content_type_names_its_character_set() {
        let latin = Charset::named("iso-8859-1");
        assert_eq!(of_content_type("text/plain; charset=ISO-8859-1"), latin);
        assert_eq!(of_content_type("text/plain;x=y; Charset=\"latin1\""), latin);
        assert_eq!(of_content_type("text/plain; charset=klingon"), None);
        assert_eq!(of_content_type("text/plain"), None);
    }
}
