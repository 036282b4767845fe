//! Join: the parts of a long message into what its sender wrote.

use bytes::{BufMut, Bytes, BytesMut};

use crate::alphabet::multibyte::Multibyte;
use crate::alphabet::national::Tables;
use crate::alphabet::{Alphabet, decode_by, iso_2022_jp};
use crate::data_coding::DataCoding;
use crate::message::Message;
use crate::reassembly::concatenation;
use crate::udh::{Element, UserDataHeader};

/// A long message put together from its parts, as far as they are there. Its `Debug` form hides the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Joined {
    elements: Vec<u8>,
    missing: Vec<u8>,
    runs: Vec<Run>,
}

/// Parts that follow each other and are read alike.
#[derive(Clone, PartialEq, Eq)]
struct Run {
    data_coding: u8,
    /// The language tables that the header names, as encoded.
    language: Vec<u8>,
    octets: Vec<u8>,
    /// The number that the next part of the run has.
    next: u16,
}

impl Joined {
    /// Puts a message together; its parts stand in their order.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let part = |octets| (message.data_coding, message.esm_class, octets);
        Self::of_parts(message.parts.iter().map(|octets| part(&octets[..])))
    }

    /// Puts parts together that stand in their order, each with its data_coding and esm_class.
    #[must_use]
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = (u8, u8, &'a [u8])>) -> Self {
        let mut joined = Self { elements: Vec::new(), missing: Vec::new(), runs: Vec::new() };
        let (mut next, mut total, mut is_first) = (1_u16, 0_u16, true);
        for (data_coding, esm_class, octets) in parts {
            let (header, body) = split(esm_class, octets);
            let place = concatenation(esm_class, octets);
            let number = place.map_or(next, |place| u16::from(place.number));
            joined.missing.extend((next..number).filter_map(|missing| u8::try_from(missing).ok()));
            if is_first && let Some(header) = header {
                joined.elements = header.encoded(|element| !is_concatenation(element));
            }
            joined.append(data_coding, header, body, number);
            total = place.map_or(total, |place| u16::from(place.total));
            next = number.saturating_add(1);
            is_first = false;
        }
        joined.missing.extend((next..=total).filter_map(|missing| u8::try_from(missing).ok()));
        joined
    }

    /// The information elements of the first part that is there, as encoded, but for what says which
    /// part it is.
    #[must_use]
    pub fn elements(&self) -> &[u8] {
        &self.elements
    }

    /// The numbers of the parts that are not there.
    #[must_use]
    pub fn missing(&self) -> &[u8] {
        &self.missing
    }

    /// The text, or `None` if any part is octets.
    ///
    /// What parts that follow each other have split, an escape or a surrogate pair, is whole in it.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.runs.iter().map(Run::text).collect()
    }

    /// The octets of all parts without their headers.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        self.runs.iter().flat_map(|run| &run.octets).copied().collect()
    }

    /// The data_coding and the body of one segment that has all, with its header if there are elements;
    /// text whose parts are read in different ways is in UCS-2.
    #[must_use]
    pub fn single(&self) -> (u8, Bytes) {
        let data_coding = self.runs.first().map_or(0, |run| run.data_coding);
        let is_alike = self.runs.windows(2).all(|pair| match pair {
            [one, other] => one.data_coding == other.data_coding && one.language == other.language,
            _ => true,
        });
        match self.text().filter(|_| !is_alike) {
            None => (data_coding, with_header(&self.elements, &self.octets())),
            Some(text) => {
                let mut octets = Vec::with_capacity(text.len() * 2);
                crate::alphabet::ucs2::encode(&text, &mut octets);
                let elements = UserDataHeader::of_elements(&self.elements)
                    .map(|header| header.encoded(|element| !element.names_table()))
                    .unwrap_or_default();
                (Alphabet::Ucs2.data_coding(), with_header(&elements, &octets))
            }
        }
    }

    fn append(&mut self, data_coding: u8, header: Option<UserDataHeader<'_>>, body: &[u8], number: u16) {
        let language =
            header.map(|header| header.encoded(|element| element.names_table())).unwrap_or_default();
        let next = number.saturating_add(1);
        match self.runs.last_mut() {
            Some(run) if run.next == number && run.data_coding == data_coding && run.language == language => {
                match Multibyte::of(DataCoding(data_coding)) {
                    Some(Multibyte::Iso2022Jp) => iso_2022_jp::append(&mut run.octets, body),
                    _ => run.octets.extend_from_slice(body),
                }
                run.next = next;
            }
            _ => self.runs.push(Run { data_coding, language, octets: body.to_vec(), next }),
        }
    }
}

impl std::fmt::Debug for Joined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joined").field("missing", &self.missing).finish_non_exhaustive()
    }
}

impl Run {
    fn text(&self) -> Option<String> {
        let tables = UserDataHeader::of_elements(&self.language);
        let tables = tables.map_or(Tables::DEFAULT, |header| header.tables());
        decode_by(tables, self.data_coding, &self.octets)
    }
}

/// The header of a part, and what follows it; a broken header is left in the body (U-1).
fn split(esm_class: u8, octets: &[u8]) -> (Option<UserDataHeader<'_>>, &[u8]) {
    if esm_class & Message::UDHI == 0 {
        return (None, octets);
    }
    UserDataHeader::parse(octets).map_or((None, octets), |(header, body)| (Some(header), body))
}

fn is_concatenation(element: Element<'_>) -> bool {
    matches!(element.id, Element::CONCATENATION_8 | Element::CONCATENATION_16)
}

fn with_header(elements: &[u8], octets: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(1 + elements.len() + octets.len());
    if !elements.is_empty() {
        body.put_u8(elements.len() as u8);
        body.put_slice(elements);
    }
    body.put_slice(octets);
    body.freeze()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::split_text;
    use crate::udh::Reference;

    fn joined(data_coding: u8, parts: &[&[u8]]) -> Joined {
        Joined::of_parts(parts.iter().map(|&octets| (data_coding, Message::UDHI, octets)))
    }

    // N-2, N-3
    #[test]
    fn what_a_handset_has_split_is_whole_again() {
        let escape = joined(0, &[b"\x05\x00\x03\x07\x02\x01a\x1b", b"\x05\x00\x03\x07\x02\x02\x65b"]);
        assert_eq!(escape.text().as_deref(), Some("a€b"));
        let first = b"\x05\x00\x03\x07\x02\x01\x00a\xd8\x3d";
        let pair = joined(8, &[first, b"\x05\x00\x03\x07\x02\x02\xde\x00"]);
        assert_eq!(pair.text().as_deref(), Some("a😀"));
        assert_eq!((pair.missing(), pair.elements()), (&[][..], &[][..]));
    }

    // N-3
    #[test]
    fn the_parts_that_are_not_there_are_named() {
        let gap = joined(0, &[b"\x05\x00\x03\x07\x05\x02b\x1b", b"\x05\x00\x03\x07\x05\x04\x65"]);
        assert_eq!(gap.missing(), [1, 3, 5]);
        assert_eq!(gap.text().as_deref(), Some("b e"), "an escape does not reach over what is missing");
    }

    // G-1
    #[test]
    fn the_tables_of_each_part_read_it() {
        let hindi = b"\x0B\x00\x03\x07\x02\x01\x25\x01\x06\x24\x01\x06\x2F\x42\x1B";
        let alike = joined(0, &[hindi, b"\x0B\x00\x03\x07\x02\x02\x25\x01\x06\x24\x01\x06\x19"]);
        assert_eq!(alike.text().as_deref(), Some("नम।"), "an escape reaches over the cut");
        let (data_coding, body) = alike.single();
        assert_eq!((data_coding, &body[..]), (0, &b"\x06\x25\x01\x06\x24\x01\x06\x2F\x42\x1B\x19"[..]));
        let mixed = joined(0, &[hindi, b"\x05\x00\x03\x07\x02\x02a"]);
        assert_eq!(mixed.text().as_deref(), Some("नम a"));
        assert_eq!(mixed.single().0, 8);
    }

    // U-1
    #[test]
    fn other_elements_are_those_of_the_first_part() {
        let ports = [5, 4, 0x0B, 0x84, 0x23, 0xF0];
        let first = [&[11, 0, 3, 7, 2, 1], &ports[..], b"\x00"].concat();
        let data = joined(4, &[&first, b"\x05\x00\x03\x07\x02\x02\xff"]);
        assert_eq!((data.text(), data.octets()), (None, vec![0, 0xFF]));
        assert_eq!(data.elements(), ports);
        let (data_coding, body) = data.single();
        assert_eq!((data_coding, &body[..]), (4, &[&[6][..], &ports, b"\x00\xff"].concat()[..]));
    }

    #[test]
    fn parts_that_are_read_differently_are_ucs2_together() {
        let parts: [(u8, u8, &[u8]); 2] = [
            (0, Message::UDHI, b"\x05\x00\x03\x07\x02\x01a"),
            (8, Message::UDHI, b"\x05\x00\x03\x07\x02\x02\x04\x16"),
        ];
        let mixed = Joined::of_parts(parts);
        assert_eq!(mixed.text().as_deref(), Some("aЖ"));
        assert_eq!(mixed.single(), (8, Bytes::from_static(b"\x00a\x04\x16")));
    }

    #[test]
    fn a_single_message_is_joined_to_itself() {
        let plain = Joined::of_parts([(0, 0, &b"Halo"[..])]);
        assert_eq!(
            (plain.text().as_deref(), plain.single()),
            (Some("Halo"), (0, Bytes::from_static(b"Halo")))
        );
        let broken = Joined::of_parts([(4, Message::UDHI, &b"\x09ab"[..])]);
        assert_eq!(broken.octets(), b"\x09ab");
    }

    proptest! {
        // N-1, N-2
        #[test]
        fn what_is_split_is_joined(text in "[a-z€ж😀]{0,500}", reference: u8) {
            let alphabet = Alphabet::best_for(&text);
            let parts = split_text(&text, alphabet, Reference::Short(reference)).unwrap();
            let udhi = if parts.len() > 1 { Message::UDHI } else { 0 };
            let parts = parts.iter().map(|octets| (alphabet.data_coding(), udhi, &octets[..]));
            let joined = Joined::of_parts(parts);
            prop_assert_eq!(joined.text(), Some(text));
            prop_assert!(joined.missing().is_empty() && joined.elements().is_empty());
        }

        // U-1
        #[test]
        fn any_octets_are_joined(parts in proptest::collection::vec(any::<(u8, u8, Vec<u8>)>(), 0..5)) {
            let joined = Joined::of_parts(parts.iter().map(|(coding, class, octets)| (*coding, *class, &octets[..])));
            let _ = (joined.text(), joined.single());
            prop_assert!(joined.octets().len() <= parts.iter().map(|(_, _, octets)| octets.len()).sum());
        }
    }
}
