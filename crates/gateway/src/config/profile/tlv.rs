//! Which TLVs pass the border: vendors' tags collide (T-1).

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use smpp::TlvTag;

/// What becomes of the TLVs of one direction. By default all pass, those that nobody knows included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlvRules {
    /// These do not pass. None of them is one that nothing can do without.
    #[serde(deserialize_with = "dropped")]
    pub drop: Vec<Tag>,
    /// Only these pass.
    pub pass: Option<Vec<Tag>>,
    /// These are put in, in place of what was there under the same tag.
    pub add: Vec<AddedTlv>,
}

impl TlvRules {
    /// Whether everything passes as it is.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A tag: by the standard's name or by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(pub TlvTag);

impl Tag {
    /// Whether a message is lost without it: it is the body, or says which part of a message this is.
    #[must_use]
    pub fn is_indispensable(self) -> bool {
        let Self(tag) = self;
        INDISPENSABLE.contains(&tag)
    }
}

/// A TLV with its value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawTlv")]
pub struct AddedTlv {
    /// Its tag.
    pub tag: TlvTag,
    /// Its value.
    pub value: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTlv {
    tag: Tag,
    text: Option<String>,
    hex: Option<String>,
}

impl TryFrom<RawTlv> for AddedTlv {
    type Error = &'static str;

    fn try_from(raw: RawTlv) -> Result<Self, Self::Error> {
        if raw.tag.is_indispensable() {
            return Err("the body, and what says which part of a message it is, cannot be added");
        }
        let value = match (raw.text, raw.hex) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(hex)) => octets(&hex).ok_or("hex is pairs of hexadecimal digits")?,
            _ => return Err("a TLV that is added has a value: either text or hex"),
        };
        if value.len() > VALUE_OCTETS_MAX {
            return Err("a TLV that is added has at most 1024 octets");
        }
        Ok(Self { tag: raw.tag.0, value })
    }
}

fn octets(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let octet = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    if rest.is_empty() { pairs.iter().map(octet).collect() } else { None }
}

/// The tags of `drop`.
fn dropped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tag>, D::Error> {
    let tags = Vec::<Droppable>::deserialize(deserializer)?;
    Ok(tags.into_iter().map(|Droppable(tag)| tag).collect())
}

struct Droppable(Tag);

impl<'de> Deserialize<'de> for Droppable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = Tag::deserialize(deserializer)?;
        if tag.is_indispensable() {
            return Err(de::Error::custom(
                "the body, and what says which part of a message it is, cannot be dropped",
            ));
        }
        Ok(Self(tag))
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagVisitor)
    }
}

struct TagVisitor;

impl Visitor<'_> for TagVisitor {
    type Value = Tag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag like 0x1400 or \"dest_addr_subunit\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Tag, E> {
        let tag = u16::try_from(number);
        tag.map(|tag| Tag(TlvTag(tag))).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Tag, E> {
        let tag = match text.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16).ok().map(TlvTag),
            None => TlvTag::named(text),
        };
        tag.map(Tag).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// The longest value of the standard, that of billing_identification.
const VALUE_OCTETS_MAX: usize = 1024;
const INDISPENSABLE: [TlvTag; 4] = [
    TlvTag::MESSAGE_PAYLOAD,
    TlvTag::SAR_MSG_REF_NUM,
    TlvTag::SAR_TOTAL_SEGMENTS,
    TlvTag::SAR_SEGMENT_SEQNUM,
];
