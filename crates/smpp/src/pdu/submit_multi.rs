//! submit_multi: one message for many destinations (SMPP 3.4 section 4.5).

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::error::EncodeError;
use super::list::List;
use super::response::{leading_octet, leading_string};
use super::short_message::{HEAD_OCTETS_MAX, Head, sm_length};
use super::{Address, ShortMessage};
use crate::wire::{Fault, Reader, Writer, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// A submit_multi.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubmitMulti {
    /// What each destination gets; the destination in it is not used, and left empty.
    pub message: ShortMessage,
    /// Who receives.
    pub destinations: Destinations,
}

impl SubmitMulti {
    pub(super) fn decode(body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let service_type = reader.c_string("service_type", CommandStatus::INVSERTYP)?;
        let source = Address::decode_source(&mut reader)?;
        let count = reader.octet("number_of_dests")?;
        if count == 0 {
            return Err(Fault { status: CommandStatus::INVNUMDESTS, what: "number_of_dests" });
        }
        let destinations = Destinations(List::decode(count, &body, &mut reader, Destination::read)?);
        let head = Head::next_from_esm_class(&mut reader, service_type, source, Address::default());
        let message = head.ok_or_else(|| reader.fault())?.of(body);
        Ok(Self { message, destinations })
    }

    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let sm_length = sm_length(&self.message.short_message)?;
        put_c_string(out, &self.message.service_type);
        self.message.source.encode(out);
        self.destinations.0.encode(out);
        Writer::<HEAD_OCTETS_MAX>::append(out, |head| self.message.put_from_esm_class(head, sm_length));
        self.message.encode_text(out);
        Ok(())
    }

    pub(super) fn octets_estimate(&self) -> usize {
        self.message.octets_estimate() + self.destinations.0.octets()
    }
}

/// The destinations of a submit_multi: 1 to 254, from 5.0 on 255.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Destinations(List);

impl Destinations {
    /// These destinations, in one allocation; `None` if they are more than 255.
    #[must_use]
    pub fn of(destinations: &[Destination]) -> Option<Self> {
        List::of(destinations, Destination::put).map(Self)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none; the wire has always one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Destination> + '_ {
        self.0.iter(Destination::read)
    }
}

impl fmt::Debug for Destinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One destination of a submit_multi (3.4 section 4.5.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// A mobile.
    Address(Address),
    /// The name of a list that the message centre keeps.
    DistributionList(CString<20>),
}

impl Destination {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        match reader.octet("dest_flag")? {
            ADDRESS => Address::decode_destination(reader).map(Self::Address),
            DISTRIBUTION_LIST => {
                reader.c_string("dl_name", CommandStatus::INVDLNAME).map(Self::DistributionList)
            }
            _ => Err(Fault { status: CommandStatus::INVDESTFLAG, what: "dest_flag" }),
        }
    }

    fn put(&self, out: &mut BytesMut) {
        match self {
            Self::Address(address) => {
                out.extend_from_slice(&[ADDRESS]);
                address.encode(out);
            }
            Self::DistributionList(name) => {
                out.extend_from_slice(&[DISTRIBUTION_LIST]);
                put_c_string(out, name);
            }
        }
    }
}

/// The answer to submit_multi (3.4 section 4.5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubmitMultiResp {
    /// The id that the message centre gave the message, one for all destinations.
    pub message_id: CString<64>,
    /// The destinations that were not accepted.
    pub failed: FailedDestinations,
    /// TLVs.
    pub tlvs: Tlvs,
}

impl SubmitMultiResp {
    pub(super) fn decode(body: Bytes) -> Self {
        let (message_id, mut rest) = leading_string(body);
        let count = leading_octet(&mut rest);
        let (failed, rest) = List::decode_leniently(count, rest, FailedDestination::read);
        let tlvs = Tlvs::from_wire(rest).unwrap_or_default();
        Self { message_id, failed: FailedDestinations(failed), tlvs }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.message_id.is_empty() && self.failed.is_empty() && self.tlvs.is_empty()
    }

    /// no_unsuccess is there even if it is 0.
    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.message_id);
        self.failed.0.encode(out);
        out.extend_from_slice(self.tlvs.as_wire());
    }

    pub(super) fn octets_estimate(&self) -> usize {
        65 + self.failed.0.octets() + self.tlvs.as_wire().len()
    }
}

/// The destinations that were not accepted, up to 255.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FailedDestinations(List);

impl FailedDestinations {
    /// These destinations, in one allocation; `None` if they are more than 255.
    #[must_use]
    pub fn of(failed: &[FailedDestination]) -> Option<Self> {
        List::of(failed, FailedDestination::put).map(Self)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether all were accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = FailedDestination> + '_ {
        self.0.iter(FailedDestination::read)
    }
}

impl fmt::Debug for FailedDestinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A destination that was not accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDestination {
    /// Which one.
    pub address: Address,
    /// Why.
    pub status: CommandStatus,
}

impl FailedDestination {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(Self {
            address: Address::decode_destination(reader)?,
            status: CommandStatus(reader.number("error_status_code")?),
        })
    }

    fn put(&self, out: &mut BytesMut) {
        self.address.encode(out);
        out.extend_from_slice(&self.status.0.to_be_bytes());
    }
}

/// dest_flag of an SME address.
const ADDRESS: u8 = 1;
/// dest_flag of a distribution list.
const DISTRIBUTION_LIST: u8 = 2;
