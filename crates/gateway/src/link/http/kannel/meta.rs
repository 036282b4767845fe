//! `meta-data`, as Kannel writes it: `?group?name=value&name=value?group?…`, each part URL-encoded.

use bytes::Bytes;
use smpp::Tlvs;
use sms::{Address, Npi, Ton};

use super::super::octets;
use super::request;
use crate::config::{NamedTlv, TlvKind};
use crate::escape_codes::MetaGroup;

/// What the group `smpp` of a request says in place of what would be said of it.
#[derive(Default)]
pub(in super::super) struct Overrides {
    data_coding: Option<u8>,
    source: (Option<u8>, Option<u8>),
    destination: (Option<u8>, Option<u8>),
}

impl Overrides {
    pub(in super::super) fn of(text: &str) -> Self {
        let number = |name: &str| u8::try_from(request::number(value(text, "smpp", name)?.as_bytes())?).ok();
        Self {
            data_coding: number("data_coding"),
            source: (number("source_addr_ton"), number("source_addr_npi")),
            destination: (number("dest_addr_ton"), number("dest_addr_npi")),
        }
    }

    /// What a text is to be in of which nothing else is said.
    pub(in super::super) fn data_coding(&self) -> Option<u8> {
        self.data_coding
    }

    pub(in super::super) fn source(&self, address: Address) -> Address {
        typed(address, self.source)
    }

    pub(in super::super) fn destination(&self, address: Address) -> Address {
        typed(address, self.destination)
    }
}

fn typed(address: Address, (ton, npi): (Option<u8>, Option<u8>)) -> Address {
    Address { ton: ton.map_or(address.ton, Ton), npi: npi.map_or(address.npi, Npi), ..address }
}

/// The TLVs of the group `smpp` that have one of these names; a value that is not as it should be is left out.
pub(in super::super) fn tlvs(text: &str, known: &[NamedTlv]) -> Bytes {
    let mut tlvs = Tlvs::new();
    for named in known {
        if let Some(octets) = octets_of(text, named) {
            // A value is shorter than a request, and so than a TLV may be.
            let _ = tlvs.push(named.tag.0, &octets);
        }
    }
    tlvs.as_wire().clone()
}

fn octets_of(text: &str, named: &NamedTlv) -> Option<Vec<u8>> {
    let groups = of(text);
    let mut values = groups.iter().filter(|group| group.name == "smpp").flat_map(|group| &group.values);
    let (_, value) = values.find(|(name, _)| *name == named.name)?;
    let most = named.length.map_or(usize::MAX, usize::from);
    match named.kind {
        TlvKind::OctetString => Some(value.iter().copied().take(most).collect()),
        TlvKind::NulTerminated => {
            let body = value.iter().copied().filter(|octet| *octet != 0).take(most.saturating_sub(1));
            Some(body.chain([0]).collect())
        }
        TlvKind::Integer => {
            let number: u64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
            let octets = number.to_be_bytes();
            let (unused, used) = octets.split_at(octets.len().checked_sub(most.min(octets.len()))?);
            unused.iter().all(|octet| *octet == 0).then(|| used.to_vec())
        }
    }
}

/// The group `smpp` of a message that came with these TLVs: those that have a name.
pub(in super::super) fn told<'a>(tlvs: &Bytes, known: &'a [NamedTlv]) -> MetaGroup<'a> {
    let tlvs = Tlvs::from_wire(tlvs.clone()).unwrap_or_default();
    let values = known.iter().filter_map(|named| {
        let octets = tlvs.bytes(named.tag.0)?;
        Some((named.name.as_str(), shown(&octets, named.kind)?.into()))
    });
    MetaGroup { name: "smpp", values: values.collect() }
}

/// A value as it is written; `None` if it is no such value.
fn shown(octets: &[u8], kind: TlvKind) -> Option<Vec<u8>> {
    match kind {
        TlvKind::OctetString => Some(octets.to_vec()),
        TlvKind::NulTerminated => Some(octets.iter().copied().take_while(|octet| *octet != 0).collect()),
        TlvKind::Integer => {
            let mut number = [0; 8];
            number.get_mut(8_usize.checked_sub(octets.len())?..)?.copy_from_slice(octets);
            Some(u64::from_be_bytes(number).to_string().into_bytes())
        }
    }
}

/// Groups with names and values, in their order.
pub(super) fn of(text: &str) -> Vec<MetaGroup<'_>> {
    let mut groups = Vec::new();
    let mut pieces = text.split('?').skip(1);
    while let (Some(name), Some(pairs)) = (pieces.next(), pieces.next()) {
        let pairs = pairs.split('&').filter_map(|pair| pair.split_once('='));
        let values = pairs.map(|(name, value)| (name, octets::decoded(value.as_bytes()).into())).collect();
        groups.push(MetaGroup { name, values });
    }
    groups
}

/// One value of a group.
fn value(text: &str, group: &str, name: &str) -> Option<String> {
    let groups = of(text);
    let mut values = groups.iter().filter(|known| known.name == group).flat_map(|known| &known.values);
    let (_, value) = values.find(|(known, _)| *known == name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // KN-35
    #[test]
    fn names_that_are_known_become_tlvs() {
        let named = |name: &str, kind: &str| -> NamedTlv {
            toml::from_str(&format!("name = \"{name}\"\ntag = 0x1400\n{kind}")).unwrap()
        };
        let text = "?smpp?id=110&text=a%26b&other=x?box?id=5";
        for (named, wire) in [
            (named("id", "type = \"integer\"\nlength = 2"), &b"\x14\x00\x00\x02\x00\x6e"[..]),
            (named("text", ""), b"\x14\x00\x00\x03a&b"),
            (named("text", "type = \"nulterminated\"\nlength = 3"), b"\x14\x00\x00\x03a&\0"),
            (named("text", "length = 1"), b"\x14\x00\x00\x01a"),
            (named("text", "type = \"integer\""), b""),
            (named("none", ""), b""),
        ] {
            assert_eq!(&tlvs(text, &[named])[..], wire);
        }
    }

    // KN-35
    #[test]
    fn tlvs_that_have_a_name_are_told() {
        let known: Vec<NamedTlv> = [
            ("op", "tag = 0x1401\ntype = \"integer\"\nlength = 2"),
            ("id", "tag = 0x1402\ntype = \"nulterminated\""),
            ("raw", "tag = 0x1403"),
            ("none", "tag = 0x1404"),
            ("huge", "tag = 0x1405\ntype = \"integer\""),
        ]
        .map(|(name, keys)| toml::from_str(&format!("name = \"{name}\"\n{keys}")).unwrap())
        .into();
        let tlvs = Bytes::from_static(
            b"\x14\x03\0\x02\xff&\x14\x01\0\x02\x01\x02\x14\x02\0\x03ab\0\x13\0\0\x01x\x14\x05\0\x09123456789",
        );
        let group = told(&tlvs, &known);
        let values: Vec<_> = group.values.iter().map(|(name, value)| (*name, &value[..])).collect();
        assert_eq!(values, [("op", &b"258"[..]), ("id", b"ab"), ("raw", b"\xff&")]);
        assert!(told(&Bytes::from_static(b"\x14"), &known).values.is_empty());
    }

    #[test]
    fn groups_hold_names_with_values() {
        let text = "?smpp?a=1&b=x%26y?box?c=2";
        let names: Vec<_> = of(text).iter().map(|group| (group.name, group.values.len())).collect();
        assert_eq!(names, [("smpp", 2), ("box", 1)]);
        assert_eq!(value(text, "smpp", "b").as_deref(), Some("x&y"));
        for nothing in ["", "?", "?smpp", "?smpp?", "smpp?a=1", "?smpp?a"] {
            assert_eq!(value(nothing, "smpp", "a"), None, "{nothing}");
        }
    }
}
