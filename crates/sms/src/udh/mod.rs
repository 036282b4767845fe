//! The user data header: what stands before the text of a part, 23.040 section 9.2.3.24.

pub(crate) mod element;

use arrayvec::ArrayVec;

use crate::alphabet::national::Tables;
use element::split_element;

pub use element::{Element, Elements};

/// A user data header whose lengths have been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserDataHeader<'a> {
    elements: &'a [u8],
}

impl<'a> UserDataHeader<'a> {
    /// Parts a body into its header and what follows.
    ///
    /// # Errors
    /// The body is empty, the header is longer than the body, or an element runs over the header's end.
    pub fn parse(body: &'a [u8]) -> Result<(Self, &'a [u8]), BrokenHeader> {
        let (&length, rest) = body.split_first().ok_or(BrokenHeader)?;
        let (elements, rest) = rest.split_at_checked(usize::from(length)).ok_or(BrokenHeader)?;
        Ok((Self::of_elements(elements)?, rest))
    }

    /// The header with these encoded elements: all of it but the length octet.
    ///
    /// # Errors
    /// They are more than 255 octets, or the last runs over their end.
    pub fn of_elements(elements: &'a [u8]) -> Result<Self, BrokenHeader> {
        let mut rest = elements;
        while let Some((_, after)) = split_element(rest) {
            rest = after;
        }
        let whole = rest.is_empty() && elements.len() <= usize::from(u8::MAX);
        if whole { Ok(Self { elements }) } else { Err(BrokenHeader) }
    }

    /// How many octets of a body it takes, its length octet included.
    #[must_use]
    pub const fn octets(&self) -> usize {
        1 + self.elements.len()
    }

    /// The elements in their order, those that nobody knows included.
    #[must_use]
    pub const fn elements(&self) -> Elements<'a> {
        Elements { rest: self.elements }
    }

    /// The elements that are wanted, as they are encoded, without the length octet.
    #[must_use]
    pub fn encoded(&self, is_wanted: impl Fn(Element<'_>) -> bool) -> Vec<u8> {
        let mut octets = Vec::with_capacity(self.elements.len());
        for Element { id, data } in self.elements().filter(|&element| is_wanted(element)) {
            // As it was in a header of the same length, the number is not cut.
            octets.extend([id, data.len() as u8]);
            octets.extend_from_slice(data);
        }
        octets
    }

    /// Which part of which message this is; of several that say so, the last.
    ///
    /// An element that makes no sense (of no parts, part zero, a part beyond the last) does not count.
    #[must_use]
    pub fn concatenation(&self) -> Option<Concatenation> {
        self.elements().filter_map(Concatenation::of).last()
    }

    /// The ports that it names; of several, the last.
    #[must_use]
    pub fn ports(&self) -> Option<Ports> {
        self.elements().filter_map(Ports::of).last()
    }

    /// The national tables that GSM 7-bit text behind it is read by; of several that say so, the last.
    #[must_use]
    pub fn tables(&self) -> Tables {
        let mut tables = Tables::DEFAULT;
        self.elements().for_each(|element| tables.hear(element));
        tables
    }

    /// What waits for the subscriber elsewhere: a header may say it of several kinds.
    pub fn waiting(&self) -> impl Iterator<Item = Waiting> + use<'a> {
        self.elements().filter_map(Waiting::of)
    }
}

/// The header does not fit into the body, or an element does not fit into the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the user data header is broken")]
pub struct BrokenHeader;

/// The reference that the parts of one message share; references of different sizes are different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// Of 8 bits: element 00.
    Short(u8),
    /// Of 16 bits: element 08.
    Long(u16),
}

/// Which part of which message, 23.040 sections 9.2.3.24.1 and 9.2.3.24.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concatenation {
    /// What the parts share.
    pub reference: Reference,
    /// How many parts there are: 1 to 255.
    pub total: u8,
    /// Which of them this is: 1 to `total`.
    pub number: u8,
}

impl Concatenation {
    /// The element with its id and length: five octets for a short reference, six for a long one.
    #[must_use]
    pub fn encode(&self) -> ArrayVec<u8, 6> {
        let mut octets = ArrayVec::new();
        match self.reference {
            Reference::Short(reference) => {
                octets.extend([Element::CONCATENATION_8, 3, reference, self.total, self.number]);
            }
            Reference::Long(reference) => {
                let [high, low] = reference.to_be_bytes();
                octets.extend([Element::CONCATENATION_16, 4, high, low, self.total, self.number]);
            }
        }
        octets
    }

    /// What an element says, unless it is another one or makes no sense.
    #[must_use]
    pub fn of(element: Element<'_>) -> Option<Self> {
        let (reference, total, number) = match (element.id, element.data) {
            (Element::CONCATENATION_8, &[reference, total, number]) => {
                (Reference::Short(reference), total, number)
            }
            (Element::CONCATENATION_16, &[high, low, total, number]) => {
                (Reference::Long(u16::from_be_bytes([high, low])), total, number)
            }
            _ => return None,
        };
        (1..=total).contains(&number).then_some(Self { reference, total, number })
    }
}

/// The application ports of a message, 23.040 sections 9.2.3.24.3 and 9.2.3.24.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Which application shall receive it.
    pub destination: u16,
    /// Which application sends it.
    pub source: u16,
}

impl Ports {
    /// The element for ports of 16 bits, with its id and length.
    #[must_use]
    pub const fn encode(&self) -> [u8; 6] {
        let [destination_high, destination_low] = self.destination.to_be_bytes();
        let [source_high, source_low] = self.source.to_be_bytes();
        [Element::PORTS_16, 4, destination_high, destination_low, source_high, source_low]
    }

    /// What an element says, unless it is another one.
    #[must_use]
    pub fn of(element: Element<'_>) -> Option<Self> {
        match (element.id, element.data) {
            (Element::PORTS_8, &[destination, source]) => {
                Some(Self { destination: destination.into(), source: source.into() })
            }
            (Element::PORTS_16, &[d, e, s, t]) => {
                Some(Self { destination: u16::from_be_bytes([d, e]), source: u16::from_be_bytes([s, t]) })
            }
            _ => None,
        }
    }
}

/// Messages that wait for the subscriber elsewhere, such as in a mailbox: 23.040 section 9.2.3.24.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whether the short message that says so is kept as well.
    pub is_kept: bool,
    /// What waits: 0 voice, 1 fax, 2 e-mail, 3 other, 7 video; the seven low bits as they came.
    pub kind: u8,
    /// How many wait; 0 takes the sign away.
    pub count: u8,
}

impl Waiting {
    /// Voice messages.
    pub const VOICE: u8 = 0;
    /// Fax messages.
    pub const FAX: u8 = 1;
    /// E-mails.
    pub const EMAIL: u8 = 2;
    /// Something else.
    pub const OTHER: u8 = 3;
    /// Video messages.
    pub const VIDEO: u8 = 7;

    /// The element with its id and length. Bit 7 of the kind is ignored.
    #[must_use]
    pub const fn encode(self) -> [u8; 4] {
        let keep = if self.is_kept { KEEP } else { 0 };
        [Element::WAITING, 2, keep | self.kind & !KEEP, self.count]
    }

    /// What an element says, unless it is another one.
    #[must_use]
    pub fn of(element: Element<'_>) -> Option<Self> {
        match (element.id, element.data) {
            (Element::WAITING, &[kind, count]) => {
                Some(Self { is_kept: kind & KEEP != 0, kind: kind & !KEEP, count })
            }
            _ => None,
        }
    }
}

/// The bit of the kind that has the short message kept.
const KEEP: u8 = 0x80;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn concatenation(body: &[u8]) -> Option<Concatenation> {
        UserDataHeader::parse(body).unwrap().0.concatenation()
    }

    // N-1
    #[test]
    fn both_sizes_of_reference() {
        let (header, text) = UserDataHeader::parse(b"\x05\x00\x03\x2A\x02\x01Halo").unwrap();
        let expected = Concatenation { reference: Reference::Short(0x2A), total: 2, number: 1 };
        assert_eq!((header.concatenation(), header.octets(), text), (Some(expected), 6, &b"Halo"[..]));
        assert_eq!(expected.encode().as_slice(), [0, 3, 0x2A, 2, 1]);

        let expected = Concatenation { reference: Reference::Long(0x1234), total: 3, number: 3 };
        assert_eq!(concatenation(&[6, 8, 4, 0x12, 0x34, 3, 3]), Some(expected));
        assert_eq!(expected.encode().as_slice(), [8, 4, 0x12, 0x34, 3, 3]);
    }

    // N-3
    #[test]
    fn a_concatenation_without_sense_does_not_count() {
        assert_eq!(concatenation(&[5, 0, 3, 1, 2, 0]), None, "part 0");
        assert_eq!(concatenation(&[5, 0, 3, 1, 2, 3]), None, "part 3 of 2");
        assert_eq!(concatenation(&[5, 0, 3, 1, 0, 0]), None, "of no parts");
        assert_eq!(concatenation(&[4, 0, 2, 1, 2]), None, "too short");
    }

    // U-1
    #[test]
    fn the_last_of_several_wins_and_unknown_ones_are_skipped() {
        let body = [14, 0, 3, 1, 2, 1, 0x70, 1, 9, 8, 4, 0, 7, 2, 2];
        let last = Concatenation { reference: Reference::Long(7), total: 2, number: 2 };
        assert_eq!(concatenation(&body), Some(last));
        let (header, _) = UserDataHeader::parse(&body).unwrap();
        assert_eq!(header.elements().map(|element| element.id).collect::<Vec<_>>(), [0, 0x70, 8]);
    }

    // U-1
    #[test]
    fn a_broken_header_is_reported() {
        let broken: [&[u8]; 5] =
            [&[], &[1], &[5, 0, 3, 1, 2], &[5, 0, 4, 1, 2, 1, b'a'], &[6, 0, 3, 1, 2, 1, 0, b'a']];
        for body in broken {
            assert_eq!(UserDataHeader::parse(body), Err(BrokenHeader), "{body:?}");
        }
        let (empty, text) = UserDataHeader::parse(b"\0a").unwrap();
        assert_eq!((empty.elements().count(), text), (0, &b"a"[..]));
        assert_eq!(UserDataHeader::of_elements(&[0; 256]), Err(BrokenHeader));
    }

    // I-3
    #[test]
    fn ports_of_both_sizes() {
        let push = Ports { destination: 2948, source: 9200 };
        let body = [&[6_u8][..], &push.encode()].concat();
        assert_eq!(body, [0x06, 0x05, 0x04, 0x0B, 0x84, 0x23, 0xF0]);
        assert_eq!(UserDataHeader::parse(&body).unwrap().0.ports(), Some(push));
        let (short, _) = UserDataHeader::parse(&[4, 4, 2, 200, 100]).unwrap();
        assert_eq!(short.ports(), Some(Ports { destination: 200, source: 100 }));
        assert_eq!(short.concatenation(), None);
    }

    // I-1
    #[test]
    fn what_waits_is_said_of_each_kind() {
        let clear_all = [0x14, 0x01, 2, 0, 0, 0x01, 2, 1, 0, 0x01, 2, 2, 0, 0x01, 2, 3, 0, 0x01, 2, 7, 0];
        let (header, text) = UserDataHeader::parse(&clear_all).unwrap();
        let said: Vec<_> = header.waiting().collect();
        assert_eq!(said, [0, 1, 2, 3, 7].map(|kind| Waiting { is_kept: false, kind, count: 0 }));
        assert_eq!(said.iter().copied().flat_map(Waiting::encode).collect::<Vec<_>>(), clear_all[1..]);
        assert!(text.is_empty());

        let voice = Waiting { is_kept: true, kind: 0, count: 3 };
        assert_eq!(voice.encode(), [0x01, 2, 0x80, 3]);
        let (header, _) = UserDataHeader::parse(&[4, 0x01, 2, 0x80, 3]).unwrap();
        assert_eq!(header.waiting().collect::<Vec<_>>(), [voice]);
        let (too_short, _) = UserDataHeader::parse(&[3, 0x01, 1, 0x80]).unwrap();
        assert_eq!(too_short.waiting().count(), 0);
    }

    proptest! {
        #[test]
        fn any_octets_are_a_header_or_a_broken_one(body in any::<Vec<u8>>()) {
            if let Ok((header, rest)) = UserDataHeader::parse(&body) {
                let octets: usize = header.elements().map(|element| 2 + element.data.len()).sum();
                prop_assert_eq!(1 + octets, header.octets());
                prop_assert_eq!(header.octets() + rest.len(), body.len());
            }
        }
    }
}
