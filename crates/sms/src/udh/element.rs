//! What a user data header consists of.

/// An information element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// What it is.
    pub id: u8,
    /// Its octets.
    pub data: &'a [u8],
}

impl Element<'_> {
    /// Concatenation with a reference of 8 bits.
    pub const CONCATENATION_8: u8 = 0x00;
    /// Messages wait for the subscriber elsewhere.
    pub const WAITING: u8 = 0x01;
    /// Ports of 8 bits.
    pub const PORTS_8: u8 = 0x04;
    /// Ports of 16 bits.
    pub const PORTS_16: u8 = 0x05;
    /// Concatenation with a reference of 16 bits.
    pub const CONCATENATION_16: u8 = 0x08;
    /// A national language's table in the place of the extension table (23.040 section 9.2.3.24.15).
    pub const SINGLE_SHIFT: u8 = 0x24;
    /// A national language's table in the place of the default table (23.040 section 9.2.3.24.16).
    pub const LOCKING_SHIFT: u8 = 0x25;

    /// Whether it names a national table.
    #[must_use]
    pub const fn names_table(&self) -> bool {
        matches!(self.id, Self::SINGLE_SHIFT | Self::LOCKING_SHIFT)
    }
}

/// The elements of a header.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = split_element(self.rest)?;
        self.rest = rest;
        Some(element)
    }
}

pub(super) fn split_element(octets: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&[id, length], rest) = octets.split_first_chunk()?;
    let (data, rest) = rest.split_at_checked(usize::from(length))?;
    Some((Element { id, data }, rest))
}
