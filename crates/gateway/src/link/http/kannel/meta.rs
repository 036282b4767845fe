//! `meta-data`, as Kannel writes it: `?group?name=value&name=value?group?…`, each part URL-encoded.

use sms::{Address, Npi, Ton};

use super::super::octets;
use super::escape::MetaGroup;
use crate::submission::Content;

/// What the group `smpp` of a request says in place of what would be said of it.
#[derive(Default)]
pub(super) struct Overrides {
    data_coding: Option<u8>,
    source: (Option<u8>, Option<u8>),
    destination: (Option<u8>, Option<u8>),
}

impl Overrides {
    pub(super) fn of(text: &str) -> Self {
        let number = |name: &str| value(text, "smpp", name)?.trim().parse().ok();
        Self {
            data_coding: number("data_coding"),
            source: (number("source_addr_ton"), number("source_addr_npi")),
            destination: (number("dest_addr_ton"), number("dest_addr_npi")),
        }
    }

    /// A text is put into its own octets first: what they are called is said here.
    pub(super) fn content(&self, content: Content) -> Content {
        match (content, self.data_coding) {
            (Content::Encoded { octets, .. }, Some(data_coding)) => Content::Encoded { data_coding, octets },
            (content, _) => content,
        }
    }

    pub(super) fn source(&self, address: Address) -> Address {
        typed(address, self.source)
    }

    pub(super) fn destination(&self, address: Address) -> Address {
        typed(address, self.destination)
    }
}

fn typed(address: Address, (ton, npi): (Option<u8>, Option<u8>)) -> Address {
    Address { ton: ton.map_or(address.ton, Ton), npi: npi.map_or(address.npi, Npi), ..address }
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
    use super::*;

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
