//! `custom_tlvs`: an object such as `{"0x1401:Int2": 7}`, or lists `[tag, length, type, value]`.

use bytes::Bytes;
use serde_json::Value;
use smpp::{TlvTag, Tlvs};

use super::super::translate::octets_of_hex;
use super::answer::Failure;
use super::arguments::{Arguments, CUSTOM_TLVS};

/// The TLVs that a message shall have, as they go with it.
pub(super) fn of(said: &Arguments) -> Result<Bytes, Failure> {
    let text = said.get(CUSTOM_TLVS).unwrap_or_default();
    if text.trim_ascii().is_empty() {
        return Ok(Bytes::new());
    }
    let tlvs = serde_json::from_slice(text).ok().and_then(|value: Value| read(&value));
    let shown = || String::from_utf8_lossy(text).into_owned();
    tlvs.map(|tlvs| tlvs.as_wire().clone()).ok_or_else(|| {
        Failure::argument(format!("Argument [{CUSTOM_TLVS}] has an invalid value: [{}].", shown()))
    })
}

fn read(value: &Value) -> Option<Tlvs> {
    let mut tlvs = Tlvs::new();
    match value {
        Value::Object(named) => {
            for (name, value) in named {
                let (tag, kind) =
                    name.split_once(':').map_or((&name[..], None), |(tag, kind)| (tag, Some(kind)));
                push(&mut tlvs, tag_of(tag)?, kind, value)?;
            }
        }
        Value::Array(listed) => {
            for tlv in listed {
                let [tag, _length, kind, value] = tlv.as_array().map(Vec::as_slice)? else { return None };
                let tag = match tag {
                    Value::String(text) => tag_of(text)?,
                    number => number.as_u64().and_then(|number| u16::try_from(number).ok())?,
                };
                push(&mut tlvs, tag, kind.as_str(), value)?;
            }
        }
        _ => return None,
    }
    Some(tlvs)
}

fn tag_of(text: &str) -> Option<u16> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn push(tlvs: &mut Tlvs, tag: u16, kind: Option<&str>, value: &Value) -> Option<()> {
    let octets = octets(kind.unwrap_or("OctetString"), value)?;
    let fits = VENDORS.contains(&tag)
        && octets.len() <= VALUE_OCTETS_MAX
        && tlvs.as_wire().len() + octets.len() <= ALL_OCTETS_MAX;
    fits.then(|| tlvs.push(TlvTag(tag), &octets).ok()).flatten()
}

/// A number in as many octets as its type says; text as it is, or what stands behind `0x` in hexadecimal digits.
fn octets(kind: &str, value: &Value) -> Option<Vec<u8>> {
    let width = match kind {
        "Int1" => 1,
        "Int2" => 2,
        "Int4" => 4,
        "Int8" => 8,
        "OctetString" | "COctetString" => {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            let mut octets = match text.strip_prefix("0x") {
                Some(digits) if kind == "OctetString" => octets_of_hex(digits)?,
                _ => text.into_bytes(),
            };
            if kind == "COctetString" {
                octets.push(0);
            }
            return Some(octets);
        }
        _ => return None,
    };
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    let octets = number.to_be_bytes();
    let (unused, used) = octets.split_at(octets.len() - width);
    unused.iter().all(|octet| *octet == 0).then(|| used.to_vec())
}

/// SMPP 3.4 section 5.3.2: the tags that SMSC vendors may use.
const VENDORS: std::ops::RangeInclusive<u16> = 0x1400..=0x3FFF;
const VALUE_OCTETS_MAX: usize = 255;
const ALL_OCTETS_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn wire(text: &str) -> Option<Vec<u8>> {
        let mut said = Arguments::default();
        said.set(CUSTOM_TLVS, text);
        of(&said).ok().map(|tlvs| tlvs.to_vec())
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(wire(""), Some(vec![]));
        assert_eq!(wire("[]"), Some(vec![]));
        assert_eq!(wire(r#"{"0x1401:Int2": 7}"#).unwrap(), [0x14, 1, 0, 2, 0, 7]);
        assert_eq!(wire(r#"{"0x1401": "ab"}"#).unwrap(), b"\x14\x01\x00\x02ab");
        assert_eq!(wire(r#"[[5121, null, "COctetString", "ab"]]"#).unwrap(), b"\x14\x01\x00\x03ab\0");
        assert_eq!(wire(r#"[["0x3fff", 1, "Int1", "9"]]"#).unwrap(), [0x3F, 0xFF, 0, 1, 9]);
        assert_eq!(wire(r#"{"0x1401:OctetString": "0x00ff"}"#).unwrap(), [0x14, 1, 0, 2, 0, 0xFF]);
    }

    #[test]
    fn what_is_no_tlv_of_a_vendor_is_refused() {
        let long = format!(r#"{{"0x1401": "{}"}}"#, "x".repeat(256));
        for wrong in [
            "7",
            "{",
            r#"{"0x0204": "x"}"#,
            r#"{"0x4000": "x"}"#,
            r#"{"0x1401:Int1": 256}"#,
            r#"{"0x1401:Float": 1}"#,
            r#"{"0x1401": {}}"#,
            r#"[[5121, "x"]]"#,
            &long,
        ] {
            assert_eq!(wire(wrong), None, "{wrong}");
        }
    }
}
