//! How a message stands in the journal.

use std::ops::Range;
use std::sync::Arc;

use arrayvec::ArrayVec;
use bytes::Bytes;
use sms::{
    Address, Attached, Direction, LinkName, Message, MessageId, Parts, Priority, ReceiptRequest, Timestamp,
};

use super::codec::{Malformed, Reader, put_address, put_instant, put_short, put_u16, put_u32, put_u64};

const MOBILE_ORIGINATED: u8 = 1;
const ON_SUCCESS: u8 = 2;
const ON_FAILURE: u8 = 4;
const HAS_REPLY: u8 = 8;
const TRACKED: u8 = 16;
const HAS_MORE: u8 = 32;
const IS_ATTACHED: u8 = 64;

/// A message with where it goes, links as numbers of the journal's table of links.
///
/// ```text
/// body = length u32, CRC-32 of the octets u32, octets
/// octets = serial u64, target u16, alternatives (count u8, u16 each), id 16, accepted_at u64,
///          not_before u64, expires_at u64 (0 is none), origin u16, flags u8, priority u8,
///          protocol_id u8, data_coding u8, esm_class u8, service_type (length u8, octets),
///          source, destination (ton u8, npi u8, length u8, octets), [in_reply_to 16],
///          [member u8, other receipts u8], [attached], tlvs (length u32, octets), count of parts u8,
///          parts (length u32, octets)
/// attached = told u16 (the origin if that is told), reference (length u8, octets),
///            attributes (length u32, octets)
/// ```
///
/// What stands in brackets is there if the flags say so. A body of an older version of the journal never says so of
/// what that did not have. It is invalid if it is shorter than it says, if the CRC is wrong or if something is left over. The
/// CRC is its own, besides that of the group it stands in, because bodies are read back one by one.
pub(super) fn put_body(out: &mut Vec<u8>, route: &Route, message: &Message) {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX_OCTETS]);
    put_u64(out, route.serial);
    put_u16(out, route.target);
    out.push(route.alternatives.len() as u8);
    route.alternatives.iter().for_each(|&link| put_u16(out, link));
    put_head(out, route, message);
    put_u32(out, message.tlvs.len() as u32);
    out.extend_from_slice(&message.tlvs);
    out.push(message.parts.len() as u8);
    for part in &message.parts {
        put_u32(out, part.len() as u32);
        out.extend_from_slice(part);
    }
    let octets = &out[start + PREFIX_OCTETS..];
    let (length, crc) = (octets.len() as u32, crc32fast::hash(octets));
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// Length and CRC before a body.
pub(super) const PREFIX_OCTETS: usize = 8;

/// The longest body that can have been written, in octets.
pub(super) const BODY_OCTETS_MAX: u32 = 64 << 20;

/// Which way a message goes, links as numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) serial: u64,
    pub(super) origin: u16,
    /// The link that is told what becomes of it: its origin, mostly.
    pub(super) told: u16,
    pub(super) target: u16,
    /// At most 255.
    pub(super) alternatives: Vec<u16>,
}

fn put_head(out: &mut Vec<u8>, route: &Route, message: &Message) {
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.extend_from_slice(message.id.octets());
    put_u64(out, message.accepted_at.0);
    put_instant(out, message.not_before);
    put_instant(out, message.expires_at);
    put_u16(out, route.origin);
    out.push(
        flag(message.direction == Direction::Mo, MOBILE_ORIGINATED)
            | flag(message.receipt.on_success, ON_SUCCESS)
            | flag(message.receipt.on_failure, ON_FAILURE)
            | flag(message.receipt.tracked, TRACKED)
            | flag(message.in_reply_to.is_some(), HAS_REPLY)
            | flag(has_more(message), HAS_MORE)
            | flag(message.attached.is_some(), IS_ATTACHED),
    );
    out.extend_from_slice(&[message.priority.0, message.protocol_id, message.data_coding, message.esm_class]);
    put_short(out, &message.service_type);
    put_address(out, &message.source);
    put_address(out, &message.destination);
    if let Some(id) = message.in_reply_to {
        out.extend_from_slice(id.octets());
    }
    if has_more(message) {
        out.extend_from_slice(&[message.member, message.receipt.others]);
    }
    if let Some(attached) = &message.attached {
        put_u16(out, route.told);
        put_short(out, &attached.reference);
        put_u32(out, attached.attributes.len() as u32);
        out.extend_from_slice(&attached.attributes);
    }
}

/// Whether it has what few messages have.
fn has_more(message: &Message) -> bool {
    message.member != 0 || message.receipt.others != 0
}

/// Whether a message can be kept as it is.
pub(super) fn fits(message: &Message) -> bool {
    (1..=255).contains(&message.parts.len())
        && message.attached.as_ref().is_none_or(|attached| attached.fits())
        && octets_of(message) < BODY_OCTETS_MAX as usize
}

/// How many octets a message takes in the journal, at most.
pub(super) fn octets_of(message: &Message) -> usize {
    let parts: usize = message.parts.iter().map(|part| part.len() + 4).sum();
    let attached = message
        .attached
        .as_ref()
        .map_or(0, |attached| 7 + attached.reference.len() + attached.attributes.len());
    256 + attached + message.tlvs.len() + parts
}

/// A body as it stands in the journal, checked and not yet copied.
#[derive(Clone)]
pub(super) struct Body<'a> {
    pub(super) serial: u64,
    pub(super) target: u16,
    pub(super) alternatives: Vec<u16>,
    pub(super) id: MessageId,
    pub(super) accepted_at: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) origin: u16,
    /// The link that is told what becomes of it.
    pub(super) told: u16,
    flags: u8,
    pub(super) priority: u8,
    protocol_id: u8,
    data_coding: u8,
    esm_class: u8,
    service_type: ArrayVec<u8, 5>,
    pub(super) source: Address,
    pub(super) destination: Address,
    pub(super) in_reply_to: Option<MessageId>,
    member: u8,
    other_receipts: u8,
    pub(super) reference: &'a [u8],
    pub(super) attributes: &'a [u8],
    pub(super) count: u8,
    tlvs: Range<usize>,
    parts: Range<usize>,
    octets: &'a [u8],
}

impl<'a> Body<'a> {
    /// Reads what [`put_body`] wrote and checks its CRC.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let (length, crc) = (reader.u32()?, reader.u32()?);
        let octets = reader.octets(length as usize)?;
        if crc32fast::hash(octets) != crc {
            return Err(Malformed);
        }
        Self::read_octets(octets)
    }

    /// The same without checking the CRC, for octets whose group has been checked.
    pub(super) fn read_checked(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let (length, _) = (reader.u32()?, reader.u32()?);
        Self::read_octets(reader.octets(length as usize)?)
    }

    fn read_octets(octets: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(octets);
        let mut body = Self::read_head(&mut reader, octets)?;
        let tlvs = reader.u32()? as usize;
        body.tlvs = reader.offset()..reader.offset() + tlvs;
        reader.octets(tlvs)?;
        body.count = reader.u8()?;
        body.parts = reader.offset()..octets.len();
        for _ in 0..body.count {
            let length = reader.u32()? as usize;
            reader.octets(length)?;
        }
        if body.count == 0 || !reader.is_empty() { Err(Malformed) } else { Ok(body) }
    }

    fn read_head(reader: &mut Reader<'a>, octets: &'a [u8]) -> Result<Self, Malformed> {
        let (serial, target) = (reader.u64()?, reader.u16()?);
        let count = reader.u8()?;
        let alternatives = (0..count).map(|_| reader.u16()).collect::<Result<_, _>>()?;
        let id = reader.id()?;
        let (accepted_at, not_before, expires_at) =
            (reader.timestamp()?, reader.instant()?, reader.instant()?);
        let (origin, flags, priority) = (reader.u16()?, reader.u8()?, reader.u8()?);
        let (protocol_id, data_coding, esm_class) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let mut body = Self {
            serial,
            target,
            alternatives,
            id,
            accepted_at,
            not_before,
            expires_at,
            origin,
            told: origin,
            flags,
            priority,
            protocol_id,
            data_coding,
            esm_class,
            service_type: ArrayVec::try_from(reader.short()?).map_err(|_| Malformed)?,
            source: reader.address()?,
            destination: reader.address()?,
            in_reply_to: if flags & HAS_REPLY == 0 { None } else { Some(reader.id()?) },
            member: if flags & HAS_MORE == 0 { 0 } else { reader.u8()? },
            other_receipts: if flags & HAS_MORE == 0 { 0 } else { reader.u8()? },
            reference: &[],
            attributes: &[],
            count: 0,
            tlvs: 0..0,
            parts: 0..0,
            octets,
        };
        if body.is_attached() {
            (body.told, body.reference) = (reader.u16()?, reader.short()?);
            let length = reader.u32()? as usize;
            body.attributes = reader.octets(length)?;
        }
        Ok(body)
    }

    /// How many octets it takes in the journal.
    pub(super) fn octets_in_journal(&self) -> usize {
        PREFIX_OCTETS + self.octets.len()
    }

    pub(super) fn direction(&self) -> Direction {
        if self.flags & MOBILE_ORIGINATED == 0 { Direction::Mt } else { Direction::Mo }
    }

    pub(super) fn receipt(&self) -> ReceiptRequest {
        ReceiptRequest {
            on_success: self.flags & ON_SUCCESS != 0,
            on_failure: self.flags & ON_FAILURE != 0,
            tracked: self.flags & TRACKED != 0,
            others: self.other_receipts,
        }
    }

    /// Whether its owner attached something to it.
    pub(super) fn is_attached(&self) -> bool {
        self.flags & IS_ATTACHED != 0
    }

    /// What its owner attached to it, in memory of its own; `name` knows the links.
    pub(super) fn attached(
        &self,
        name: impl Fn(u16) -> Option<LinkName>,
    ) -> Result<Option<Arc<Attached>>, Malformed> {
        if !self.is_attached() {
            return Ok(None);
        }
        let is_other = self.told != self.origin;
        Ok(Some(Arc::new(Attached {
            reference: Bytes::copy_from_slice(self.reference),
            told: is_other.then(|| name(self.told).ok_or(Malformed)).transpose()?,
            attributes: Bytes::copy_from_slice(self.attributes),
        })))
    }

    /// The message itself, in memory of its own; `name` knows the links.
    pub(super) fn message(&self, name: impl Fn(u16) -> Option<LinkName>) -> Result<Message, Malformed> {
        let octets = Bytes::copy_from_slice(self.octets.get(self.parts.clone()).ok_or(Malformed)?);
        let mut reader = Reader::new(&octets);
        let mut parts = Parts::new();
        for _ in 0..self.count {
            let length = reader.u32()? as usize;
            let start = reader.offset();
            reader.octets(length)?;
            parts.push(octets.slice(start..start + length));
        }
        Ok(Message {
            id: self.id,
            member: self.member,
            direction: self.direction(),
            origin: name(self.origin).ok_or(Malformed)?,
            source: self.source.clone(),
            destination: self.destination.clone(),
            service_type: self.service_type.clone(),
            protocol_id: self.protocol_id,
            data_coding: self.data_coding,
            esm_class: self.esm_class,
            priority: Priority(self.priority),
            receipt: self.receipt(),
            accepted_at: self.accepted_at,
            not_before: self.not_before,
            expires_at: self.expires_at,
            in_reply_to: self.in_reply_to,
            attached: self.attached(name)?,
            tlvs: Bytes::copy_from_slice(self.octets.get(self.tlvs.clone()).ok_or(Malformed)?),
            parts,
        })
    }
}
