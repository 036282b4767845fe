//! `meta-data`, as Kannel writes it: `?group?name=value&name=value?group?…`, each part URL-encoded.

use std::borrow::Cow;

use sms::{Address, Npi, Ton};

use super::super::octets;
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

/// Groups, names and values in their order.
pub(super) fn of(text: &str) -> Vec<(&str, &str, Cow<'_, str>)> {
    let mut values = Vec::new();
    let mut pieces = text.split('?').skip(1);
    while let (Some(group), Some(pairs)) = (pieces.next(), pieces.next()) {
        for pair in pairs.split('&') {
            if let Some((name, value)) = pair.split_once('=') {
                values.push((group, name, decoded(value)));
            }
        }
    }
    values
}

/// One value of a group.
pub(super) fn value<'m>(text: &'m str, group: &str, name: &str) -> Option<Cow<'m, str>> {
    of(text).into_iter().find(|(at, called, _)| *at == group && *called == name).map(|(_, _, value)| value)
}

fn decoded(value: &str) -> Cow<'_, str> {
    Cow::Owned(String::from_utf8_lossy(&octets::decoded(value.as_bytes())).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_names_with_values() {
        let text = "?smpp?a=1&b=x%26y?box?c=2";
        let read: Vec<_> =
            of(text).into_iter().map(|(group, name, value)| format!("{group}.{name}={value}")).collect();
        assert_eq!(read, ["smpp.a=1", "smpp.b=x&y", "box.c=2"]);
        assert_eq!(value(text, "smpp", "b").as_deref(), Some("x&y"));
        for nothing in ["", "?", "?smpp", "?smpp?", "smpp?a=1", "?smpp?a"] {
            assert_eq!(value(nothing, "smpp", "a"), None, "{nothing}");
        }
    }
}
