//! TLVs: what follows the mandatory fields of a PDU (SMPP 3.4 section 3.2.4).

mod form;
mod tag;
mod value;

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::CommandStatus;
use crate::wire::Fault;

pub use tag::TlvTag;

/// The TLVs of a PDU, in their order, as they stand on the wire.
///
/// Their structure is checked once, when they are decoded; their values are not. What was received is
/// sent on bit for bit. Values must not be taken for valid: the typed getters return `None` for a TLV
/// of the wrong length as for one that is absent.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Tlvs(Bytes);

impl Tlvs {
    /// No TLVs; allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// These TLVs, in one allocation.
    ///
    /// # Errors
    /// A value is longer than 65,535 octets.
    pub fn of(tlvs: &[(TlvTag, &[u8])]) -> Result<Self, TlvTooLong> {
        let octets = tlvs.iter().map(|(_, value)| TLV_HEADER_OCTETS + value.len()).sum();
        let mut wire = Vec::with_capacity(octets);
        for &(tag, value) in tlvs {
            let length = u16::try_from(value.len()).map_err(|_| TlvTooLong { tag })?;
            put(&mut wire, tag, length, value);
        }
        Ok(Self(wire.into()))
    }

    /// The TLVs that `octets` are, or `None` if octets are left over or missing at the end.
    #[must_use]
    pub fn from_wire(octets: Bytes) -> Option<Self> {
        Self::are_whole(&octets).then_some(Self(octets))
    }

    /// The octets as they stand on the wire.
    #[must_use]
    pub fn as_wire(&self) -> &Bytes {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every TLV with its value, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.0 }
    }

    /// The value of the first TLV with this tag.
    #[must_use]
    pub fn get(&self, tag: TlvTag) -> Option<&[u8]> {
        self.iter().find_map(|(found, value)| (found == tag).then_some(value))
    }

    /// The value of the first TLV with this tag as a slice of the PDU, not copied.
    #[must_use]
    pub fn bytes(&self, tag: TlvTag) -> Option<Bytes> {
        self.get(tag).map(|value| self.0.slice_ref(value))
    }

    /// Appends a TLV.
    ///
    /// # Errors
    /// The value is longer than 65,535 octets; nothing was appended.
    pub fn push(&mut self, tag: TlvTag, value: &[u8]) -> Result<(), TlvTooLong> {
        let length = u16::try_from(value.len()).map_err(|_| TlvTooLong { tag })?;
        self.append(tag, length, value);
        Ok(())
    }

    /// Appends a TLV of one octet.
    pub fn push_u8(&mut self, tag: TlvTag, value: u8) {
        self.append(tag, 1, &[value]);
    }

    /// Appends a TLV of two octets, the higher first.
    pub fn push_u16(&mut self, tag: TlvTag, value: u16) {
        self.append(tag, 2, &value.to_be_bytes());
    }

    /// These without the ones that are named, in their order.
    #[must_use]
    pub fn without(&self, is_named: impl Fn(TlvTag) -> bool) -> Self {
        let mut wire = Vec::with_capacity(self.0.len());
        for (tag, value) in self.iter().filter(|(tag, _)| !is_named(*tag)) {
            // A value that was in TLVs has a length that fits.
            put(&mut wire, tag, value.len() as u16, value);
        }
        Self(wire.into())
    }

    /// Appends all of these.
    pub(crate) fn append_all(&mut self, others: &Self) {
        for (tag, value) in others {
            // A value that was in TLVs has a length that fits.
            let _ = self.push(tag, value);
        }
    }

    /// Whether no octets are left over or missing at the end.
    #[inline]
    pub(crate) fn are_whole(octets: &[u8]) -> bool {
        let mut rest = Iter { rest: octets };
        while rest.next().is_some() {}
        rest.rest.is_empty()
    }

    /// The TLVs that these octets are, which [`Tlvs::are_whole`] has judged.
    pub(crate) fn whole(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The TLVs at the end of a request's body.
    pub(crate) fn decode(octets: Bytes) -> Result<Self, Fault> {
        Self::from_wire(octets).ok_or(Fault { status: CommandStatus::INVOPTPARSTREAM, what: "TLVs" })
    }

    fn append(&mut self, tag: TlvTag, length: u16, value: &[u8]) {
        let octets = std::mem::take(&mut self.0);
        let mut octets = octets.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        octets.reserve(TLV_HEADER_OCTETS + value.len());
        put(&mut octets, tag, length, value);
        self.0 = octets.freeze();
    }
}

fn put(wire: &mut impl BufMut, tag: TlvTag, length: u16, value: &[u8]) {
    wire.put_u16(tag.0);
    wire.put_u16(length);
    wire.put_slice(value);
}

/// The TLVs of a PDU one by one.
#[derive(Clone)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (TlvTag, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag_high, tag_low, high, low], rest) = self.rest.split_first_chunk::<TLV_HEADER_OCTETS>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        self.rest = rest;
        Some((TlvTag(u16::from_be_bytes([tag_high, tag_low])), value))
    }
}

impl<'a> IntoIterator for &'a Tlvs {
    type Item = (TlvTag, &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The value is longer than the 65,535 octets that a TLV can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of {tag} is longer than 65535 octets")]
pub struct TlvTooLong {
    /// The tag of the TLV.
    pub tag: TlvTag,
}

/// Shows tags, small numbers and lengths; never a value that may be a text.
impl fmt::Debug for Tlvs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (tag, value) in self {
            if value.len() <= DEBUG_OCTETS_MAX && tag != TlvTag::MESSAGE_PAYLOAD {
                map.entry(&tag, &format_args!("{value:02x?}"));
            } else {
                map.entry(&tag, &format_args!("{} octets", value.len()));
            }
        }
        map.finish()
    }
}

/// Tag and length, in octets.
const TLV_HEADER_OCTETS: usize = 4;
/// Longer values are shown by their length alone: all numbers fit.
const DEBUG_OCTETS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_pushed_is_found_and_stays_in_order() {
        let mut tlvs = Tlvs::new();
        tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"0000012345\0").unwrap();
        tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        let shared = tlvs.clone();
        tlvs.push(TlvTag::NETWORK_ERROR_CODE, &[3, 0, 8]).unwrap();
        tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 0x0102);
        assert_eq!(tlvs.receipted_message_id(), Some(&b"0000012345"[..]));
        assert_eq!(tlvs.message_state(), Some(2));
        assert_eq!(tlvs.network_error_code(), Some((3, 8)));
        assert_eq!(tlvs.sar_msg_ref_num(), Some(0x0102));
        assert_eq!(shared.iter().count(), 2);
        assert_eq!(tlvs.iter().count(), 4);
        assert!(tlvs.push(TlvTag::MESSAGE_PAYLOAD, &[0; 65536]).is_err());
        assert_eq!(tlvs.iter().count(), 4);
        assert_eq!(Tlvs::of(&tlvs.iter().collect::<Vec<_>>()).unwrap(), tlvs);
        assert!(Tlvs::of(&[(TlvTag::MESSAGE_PAYLOAD, &[0; 65536])]).is_err());
    }

    #[test]
    fn what_is_named_is_left_out() {
        let wire = Bytes::from_static(&[0x14, 0, 0, 2, b'x', b'y', 0x02, 0x0E, 0, 1, 2, 0x14, 1, 0, 0]);
        let tlvs = Tlvs::from_wire(wire).unwrap();
        let others = tlvs.without(|tag| tag == TlvTag::SAR_TOTAL_SEGMENTS);
        assert_eq!(&others.as_wire()[..], [0x14, 0, 0, 2, b'x', b'y', 0x14, 1, 0, 0]);
        assert!(tlvs.without(|_| true).is_empty());
    }

    #[test]
    fn octets_left_over_or_missing_are_noticed() {
        // F-6, X-11
        for wrong in [&[0][..], &[0; 3], &[0x04, 0x24, 0, 5, 1, 2], &[0x04, 0x27, 0, 1, 2, 0]] {
            assert_eq!(Tlvs::from_wire(Bytes::copy_from_slice(wrong)), None);
        }
    }

    #[test]
    fn a_reference_of_one_octet_is_understood_and_sent_on_unchanged() {
        // T-1, V-7
        let wire = Bytes::from_static(&[0x02, 0x0C, 0, 1, 7, 0x14, 0x00, 0, 2, b'x', b'y']);
        let tlvs = Tlvs::from_wire(wire.clone()).unwrap();
        assert_eq!(tlvs.sar_msg_ref_num(), Some(7));
        assert_eq!(tlvs.get(TlvTag(0x1400)), Some(&b"xy"[..]));
        assert_eq!(tlvs.as_wire(), &wire);
    }

    #[test]
    fn debug_shows_no_text() {
        let mut tlvs = Tlvs::new();
        tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"1234").unwrap();
        tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        assert_eq!(format!("{tlvs:?}"), "{message_payload: 4 octets, message_state: [02]}");
    }
}
