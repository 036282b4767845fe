//! The character sets that others speak over HTTP.

use std::borrow::Cow;

use encoding_rs::{
    EncoderResult, Encoding, ISO_8859_15, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
    X_USER_DEFINED,
};
use serde::{Deserialize, Deserializer, de};

use crate::code_page::CodePage;

/// A character set by its name of the WHATWG, or by another that partners use; ISO-8859-1 and ASCII as ISO has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charset(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The WHATWG takes it for windows-1252, which has letters where this has controls.
    Latin1,
    /// The WHATWG takes it for windows-1252, too.
    Ascii,
    CodePage(&'static CodePage),
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
    pub(crate) const ASCII: Self = Self(Kind::Ascii);
    pub(crate) const UTF_8: Self = Self(Kind::Named(UTF_8));
    pub(crate) const UTF_16BE: Self = Self(Kind::Named(UTF_16BE));

    pub(crate) const fn of(encoding: &'static Encoding) -> Self {
        Self(Kind::Named(encoding))
    }

    /// The character set with this name, in any case; `None` if nobody knows it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        // What iconv takes behind two slashes is for the other side.
        let name = name.split("//").next().unwrap_or_default().trim();
        let is_one_of = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        let is_named = |(names, charset): &(&[&str], Self)| is_one_of(names).then_some(*charset);
        let known = || Encoding::for_label(name.as_bytes()).map(Self::of);
        let code_page = || CodePage::named(name).map(|page| Self(Kind::CodePage(page)));
        let charset = NAMES.iter().find_map(is_named).or_else(known).or_else(code_page);
        // What the WHATWG knows for browsers alone.
        charset.filter(|charset| ![Self::of(REPLACEMENT), Self::of(X_USER_DEFINED)].contains(charset))
    }

    /// Its name as headers have it.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Kind::Latin1 => "ISO-8859-1",
            Kind::Ascii => "US-ASCII",
            Kind::CodePage(page) => page.name,
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
            Kind::Latin1 => encode_each(text, missing, |character| u8::try_from(character).ok()),
            Kind::Ascii => {
                encode_each(text, missing, |character| u8::try_from(character).ok().filter(u8::is_ascii))
            }
            Kind::CodePage(page) => encode_each(text, missing, |character| page.octet(character)),
        }
    }

    /// Whether octets of ASCII in it are these characters.
    pub(crate) fn is_ascii_compatible(self) -> bool {
        match self.0 {
            Kind::Named(encoding) => encoding.is_ascii_compatible(),
            Kind::Latin1 | Kind::Ascii | Kind::CodePage(_) => true,
        }
    }

    /// Whether there are octets for every character of a text.
    pub(crate) fn has_all_of(self, text: &str) -> bool {
        self.decode(&self.encode(text, Missing::Mark)).is_some_and(|read| read == text)
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
            Kind::Ascii => text_called_ascii(octets),
            Kind::CodePage(page) => page.decode(octets).map(Cow::Owned),
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
            .ok_or_else(|| de::Error::custom(format!("\"{name}\" is no character set that is known")))
    }
}

/// Who calls a text ASCII that has more letters means one of these.
fn text_called_ascii(octets: &[u8]) -> Option<Cow<'_, str>> {
    let is_utf8 = std::str::from_utf8(octets).ok().map(Cow::Borrowed);
    is_utf8.or_else(|| WINDOWS_1252.decode_without_bom_handling_and_without_replacement(octets))
}

/// A text in octets of one character each.
fn encode_each(text: &str, missing: Missing, octet: impl Fn(char) -> Option<u8>) -> Cow<'static, [u8]> {
    let mut octets = Vec::with_capacity(text.len());
    for character in text.chars() {
        match octet(character) {
            Some(octet) => octets.push(octet),
            None => missing.put(character, &mut octets),
        }
    }
    Cow::Owned(octets)
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
    name_in_content_type(value).as_deref().and_then(Charset::named)
}

/// What a Content-Type calls its character set, if it does.
pub(crate) fn name_in_content_type(value: &str) -> Option<String> {
    let parameter = |part: &str| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    };
    value.split(';').skip(1).find_map(parameter).filter(|name| !name.is_empty())
}

/// Names that the WHATWG does not have, or has for something else: what has no order of octets in its name is in that of
/// networks if it is ISO's, and else as the WHATWG and the C library have it.
const NAMES: [(&[&str], Charset); 7] = [
    (
        &[
            "iso-8859-1",
            "iso8859-1",
            "iso_8859-1",
            "iso88591",
            "8859_1",
            "latin1",
            "latin-1",
            "l1",
            "cp819",
            "ibm819",
            "iso-ir-100",
            "csisolatin1",
            "iso_8859-1:1987",
        ],
        Charset::LATIN_1,
    ),
    (
        &["us-ascii", "ascii", "ansi_x3.4-1968", "iso-ir-6", "iso646-us", "us", "cp367", "ibm367", "csascii"],
        Charset::ASCII,
    ),
    (&["ucs-2be", "utf16be", "utf-16-be", "unicodebig", "iso-10646-ucs-2"], Charset::UTF_16BE),
    (&["ucs-2le", "ucs2", "utf16", "utf16le", "utf-16-le", "unicodelittle"], Charset::of(UTF_16LE)),
    (&["cp932", "ibm932", "ibm-943", "ibm943"], Charset::of(SHIFT_JIS)),
    (&["latin9", "latin-9", "8859_15"], Charset::of(ISO_8859_15)),
    (&["utf_8"], Charset::UTF_8),
];

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
            ("cp932", "日", b"\x93\xFA"),
            ("cp850", "é¥", b"\x82\xBE"),
            ("IBM437", "éα", b"\x82\xE0"),
            ("cp866", "да", b"\xA4\xA0"),
            ("cp1251", "да", b"\xE4\xE0"),
            ("UCS-2BE", "é", b"\x00\xE9"),
            ("UTF16BE", "é", b"\x00\xE9"),
            ("ISO-10646-UCS-2", "é", b"\x00\xE9"),
            ("UCS-2", "é", b"\xE9\x00"),
            ("UCS-2LE", "é", b"\xE9\x00"),
            ("us-ascii", "a~", b"a~"),
            ("UTF-8//TRANSLIT", "é", b"\xC3\xA9"),
            ("latin9", "€", b"\xA4"),
        ] {
            let charset = Charset::named(name).unwrap();
            assert_eq!(charset.encode(text, Missing::Mark), octets, "{name}");
            assert_eq!(charset.decode(octets).as_deref(), Some(text), "{name}");
        }
        for name in ["klingon", "", "x-user-defined", "iso-2022-kr", "UTF-7", "UTF-32"] {
            assert_eq!(Charset::named(name), None, "{name}");
        }
    }

    #[test]
    fn what_a_character_set_does_not_have_is_marked_or_named() {
        for name in ["iso-8859-1", "windows-1252", "us-ascii", "cp850"] {
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
        assert_eq!(Charset::ASCII.decode("é".as_bytes()).as_deref(), Some("é"), "what was meant");
        assert_eq!(Charset::ASCII.decode(b"\xe9").as_deref(), Some("é"), "what was meant");
        assert_eq!(Charset::named("cp857").unwrap().decode(b"\xd5\xe7"), None);
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
