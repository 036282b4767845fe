//! Addresses (SMPP 3.4 sections 5.2.5 to 5.2.9).

use std::fmt;

use bytes::BytesMut;

use crate::wire::{Fault, Reader, Writer, put_c_string};
use crate::{CString, CommandStatus};

/// An address of up to 20 octets: that of nearly every PDU.
pub type Address = AddressUpTo<20>;
/// An address of up to 64 octets, as data_sm and alert_notification carry it.
pub type LongAddress = AddressUpTo<64>;

/// An address of at most `N` octets.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct AddressUpTo<const N: usize> {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
    /// The digits or the name.
    pub value: CString<N>,
}

impl<const N: usize> AddressUpTo<N> {
    /// An address with these octets, or `None` if they are more than `N` or hold a NUL.
    #[must_use]
    pub fn new(ton: u8, npi: u8, value: &[u8]) -> Option<Self> {
        Some(Self { ton, npi, value: CString::new(value)? })
    }

    pub(super) fn decode(
        reader: &mut Reader<'_>,
        what: &'static str,
        too_long: CommandStatus,
    ) -> Result<Self, Fault> {
        Self::next(reader, what, too_long).ok_or_else(|| reader.fault())
    }

    pub(super) fn decode_source(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::next_source(reader).ok_or_else(|| reader.fault())
    }

    pub(super) fn decode_destination(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::next_destination(reader).ok_or_else(|| reader.fault())
    }

    #[inline(always)]
    pub(super) fn next_source(reader: &mut Reader<'_>) -> Option<Self> {
        Self::next(reader, "source address", CommandStatus::INVSRCADR)
    }

    #[inline(always)]
    pub(super) fn next_destination(reader: &mut Reader<'_>) -> Option<Self> {
        Self::next(reader, "destination address", CommandStatus::INVDSTADR)
    }

    #[inline(always)]
    fn next(reader: &mut Reader<'_>, what: &'static str, too_long: CommandStatus) -> Option<Self> {
        let (ton, npi) = (reader.next_octet(what)?, reader.next_octet(what)?);
        Some(Self { ton, npi, value: reader.next_c_string(what, too_long)? })
    }

    #[inline(always)]
    pub(super) fn put<const R: usize>(&self, head: &mut Writer<'_, R>) {
        head.put([self.ton, self.npi]);
        head.put_c_string(&self.value);
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(&[self.ton, self.npi]);
        put_c_string(out, &self.value);
    }
}

impl<const N: usize> fmt::Debug for AddressUpTo<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.ton, self.npi, self.value)
    }
}
