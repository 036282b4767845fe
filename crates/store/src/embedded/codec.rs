//! The octets of values that the journal and the ledger keep. Numbers are little-endian.

use std::sync::Arc;

use sms::{Address, Npi, State, Timestamp, Ton};

use crate::{Cause, RemoteId, RemoteIdForm};

/// The octets are not what was written: they were damaged, or written by a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed")]
pub(super) struct Malformed;

/// The longest text of a [`Cause::Other`] that is kept, in octets.
const CAUSE_OCTETS_MAX: usize = 255;

pub(super) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// One octet of length, then the octets; what is longer than 255 is cut.
pub(super) fn put_short(out: &mut Vec<u8>, octets: &[u8]) {
    let octets = octets.get(..255).unwrap_or(octets);
    out.push(octets.len() as u8);
    out.extend_from_slice(octets);
}

pub(super) fn put_address(out: &mut Vec<u8>, address: &Address) {
    out.push(address.ton.0);
    out.push(address.npi.0);
    put_short(out, &address.value);
}

pub(super) fn put_remote_id(out: &mut Vec<u8>, id: &RemoteId) {
    out.push(id.form as u8);
    put_short(out, &id.raw);
}

/// TLVs with their length u16 and CRC-32 u32: they are read back by themselves, as bodies are. At most
/// [`RemoteReceipt::TLVS_OCTETS_MAX`](crate::RemoteReceipt::TLVS_OCTETS_MAX).
pub(super) fn put_tlvs(out: &mut Vec<u8>, tlvs: &[u8]) {
    put_u16(out, tlvs.len() as u16);
    put_u32(out, crc32fast::hash(tlvs));
    out.extend_from_slice(tlvs);
}

/// Length and CRC before TLVs.
pub(super) const TLVS_PREFIX_OCTETS: usize = 6;

/// An instant that may be absent: 0 stands for `None`, which no message carries.
pub(super) fn put_instant(out: &mut Vec<u8>, at: Option<Timestamp>) {
    put_u64(out, at.map_or(0, |at| at.0));
}

pub(super) fn put_cause(out: &mut Vec<u8>, cause: &Cause) {
    match cause {
        Cause::Smpp(status) => {
            out.push(1);
            put_u32(out, *status);
        }
        Cause::Http(status) => {
            out.push(2);
            put_u16(out, *status);
        }
        Cause::Network(code) => {
            out.push(3);
            put_u32(out, *code);
        }
        Cause::Timeout => out.push(4),
        Cause::ConnectionLost => out.push(5),
        Cause::Restart => out.push(6),
        Cause::Other(text) => {
            out.push(7);
            put_short(out, &text.as_bytes()[..text.floor_char_boundary(CAUSE_OCTETS_MAX)]);
        }
    }
}

/// Reads values in the order in which they were put.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, total: octets.len() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many octets were read.
    pub(super) fn offset(&self) -> usize {
        self.total - self.rest.len()
    }

    pub(super) fn octets(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (octets, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(octets)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (octets, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*octets)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[octet]| octet)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn id(&mut self) -> Result<sms::MessageId, Malformed> {
        self.array().map(sms::MessageId::from_octets)
    }

    pub(super) fn short(&mut self) -> Result<&'a [u8], Malformed> {
        let count = self.u8()?;
        self.octets(usize::from(count))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.short()?).map_err(|_| Malformed)
    }

    pub(super) fn address(&mut self) -> Result<Address, Malformed> {
        let (ton, npi) = (Ton(self.u8()?), Npi(self.u8()?));
        Address::new(ton, npi, self.short()?).ok_or(Malformed)
    }

    pub(super) fn state(&mut self) -> Result<State, Malformed> {
        State::from_number(self.u8()?).ok_or(Malformed)
    }

    pub(super) fn timestamp(&mut self) -> Result<Timestamp, Malformed> {
        self.u64().map(Timestamp)
    }

    pub(super) fn instant(&mut self) -> Result<Option<Timestamp>, Malformed> {
        self.u64().map(|at| (at != 0).then_some(Timestamp(at)))
    }

    pub(super) fn remote_id(&mut self) -> Result<RemoteId, Malformed> {
        let form = match self.u8()? {
            0 => RemoteIdForm::Text,
            1 => RemoteIdForm::Decimal,
            2 => RemoteIdForm::Hexadecimal,
            _ => return Err(Malformed),
        };
        let raw = self.short()?;
        if raw.len() > RemoteId::OCTETS_MAX { Err(Malformed) } else { Ok(RemoteId::new(raw, form)) }
    }

    /// Reads what [`put_tlvs`] wrote and checks its CRC.
    pub(super) fn tlvs(&mut self) -> Result<&'a [u8], Malformed> {
        let (length, crc) = (self.u16()?, self.u32()?);
        let tlvs = self.octets(usize::from(length))?;
        if crc32fast::hash(tlvs) == crc { Ok(tlvs) } else { Err(Malformed) }
    }

    pub(super) fn cause(&mut self) -> Result<Cause, Malformed> {
        Ok(match self.u8()? {
            1 => Cause::Smpp(self.u32()?),
            2 => Cause::Http(self.u16()?),
            3 => Cause::Network(self.u32()?),
            4 => Cause::Timeout,
            5 => Cause::ConnectionLost,
            6 => Cause::Restart,
            7 => Cause::Other(Arc::from(self.text()?)),
            _ => return Err(Malformed),
        })
    }
}
