//! Reading a summary in place of its journal file.

use std::io;

use sms::Timestamp;

use super::super::codec::{Malformed, Reader};
use super::super::disk::ReadDisk;
use super::super::fact::{Carried, Fact, read_carried, read_fact};
use super::super::index::Newcomer;
use super::super::journal::Place;
use super::{
    ACCEPTED, AT, CARRIED, FACT, GONE, HAS_EXPIRES_AT, HAS_LINKS, HAS_NOT_BEFORE, HAS_SERIAL, HEADER_OCTETS,
    MAGIC, ON_FAILURE, ON_SUCCESS, PRIORITY, VERSION, ends_of,
};

/// What one journal file says, as far as the index keeps it.
///
/// ```text
/// summary = header, records
/// header  = "ESTAFETS", version u32, number of the file u32, its length u64, CRC-32 of its ends u32,
///           CRC-32 of the records u32, CRC-32 of all that u32
/// record  = kind u8, then by kind
///   1 at        at u64                          when the following was written
///   2 accepted  flags u8, count u8, offset u32, [serial u64], [told u16, target u16],
///               [not_before u64], [expires_at u64]
///   3 carried   the same, then how far into the fact its tally stands u32, tally, segments
///   4 fact      offset u32, the fact as it stands in the file
///   5 gone      count u32                       messages that were taken over and were over within the file
/// ```
///
/// `offset` is where the fact starts in the file. What is missing in a message is that of the message
/// before it, the serial one more. Messages that are gone are left out with all that is said of them.
///
/// It is a copy: everything in it stands in the journal file, which alone is the truth. One that is
/// missing, torn, damaged, of another version or of another file is not looked at.
pub(in super::super) struct Summary {
    number: u32,
    octets: Vec<u8>,
}

/// Who is told what a journal file says, in its order, and when each thing was written.
pub(in super::super) trait Listener {
    fn accepted(&mut self, new: &Newcomer, at: Timestamp);
    fn carried(&mut self, new: &Newcomer, carried: &Carried, at: Timestamp);
    fn fact(&mut self, fact: Fact<'_>, place: Place, at: Timestamp);
    /// So many messages were taken over in the file, and were over within it.
    fn gone(&mut self, file: u32, messages: u32);
}

/// Somebody who does not listen.
struct Nobody;

impl Listener for Nobody {
    fn accepted(&mut self, _: &Newcomer, _: Timestamp) {}
    fn carried(&mut self, _: &Newcomer, _: &Carried, _: Timestamp) {}
    fn fact(&mut self, _: Fact<'_>, _: Place, _: Timestamp) {}
    fn gone(&mut self, _: u32, _: u32) {}
}

impl Summary {
    /// The summary of a journal file of this length, if there is one that is whole and belongs to it.
    /// Fails only if the journal file cannot be read.
    pub(in super::super) fn load(
        disk: &mut impl ReadDisk,
        number: u32,
        length: u64,
    ) -> io::Result<Option<Self>> {
        let octets = match disk.read_summary(number) {
            Ok(octets) => octets,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                tracing::warn!(file = number, %error, "a summary cannot be read; its journal file is");
                return Ok(None);
            }
        };
        let ends = ends_of(disk, number, length)?;
        let is_its_own = is_good(&octets, number, length, ends).unwrap_or(false);
        let summary = Some(Self { number, octets }).filter(|summary| is_its_own && summary.is_sensible());
        if summary.is_none() {
            tracing::warn!(file = number, "a summary is not that of its journal file, which is read instead");
        }
        Ok(summary)
    }

    /// Tells all that the file says.
    pub(in super::super) fn tell(&self, listener: &mut impl Listener) {
        // Whether all of it can be read was looked at before.
        let _ = self.try_tell(listener);
    }

    fn is_sensible(&self) -> bool {
        self.try_tell(&mut Nobody).is_ok()
    }

    fn try_tell(&self, listener: &mut impl Listener) -> Result<(), Malformed> {
        let mut reader = Reader::new(self.octets.get(HEADER_OCTETS..).ok_or(Malformed)?);
        let (mut at, mut last) = (Timestamp(0), Last::default());
        while !reader.is_empty() {
            match reader.u8()? {
                AT => at = reader.timestamp()?,
                ACCEPTED => listener.accepted(&last.message(self.number, &mut reader)?, at),
                CARRIED => {
                    let new = last.message(self.number, &mut reader)?;
                    listener.carried(&new, &carried(&mut reader, new.count)?, at);
                }
                FACT => {
                    let place = Place { file: self.number, offset: reader.u32()? };
                    listener.fact(read_fact(&mut reader)?, place, at);
                }
                GONE => listener.gone(self.number, reader.u32()?),
                _ => return Err(Malformed),
            }
        }
        Ok(())
    }
}

fn carried(reader: &mut Reader<'_>, count: u8) -> Result<Carried, Malformed> {
    let tail = reader.u32()? as usize;
    let start = reader.offset();
    let mut carried = read_carried(reader, start, count)?;
    let ids = carried.segments.iter_mut().flat_map(|segment| &mut segment.ids);
    ids.for_each(|(.., place)| *place += tail);
    Ok(carried)
}

fn is_good(octets: &[u8], number: u32, length: u64, ends: u32) -> Result<bool, Malformed> {
    let (header, records) = octets.split_at_checked(HEADER_OCTETS).ok_or(Malformed)?;
    let mut reader = Reader::new(header);
    let is_ours = reader.octets(MAGIC.len())? == MAGIC
        && (reader.u32()?, reader.u32()?, reader.u64()?, reader.u32()?) == (VERSION, number, length, ends);
    let crc = reader.u32()?;
    let named = header.get(..reader.offset()).ok_or(Malformed)?;
    Ok(is_ours && reader.u32()? == crc32fast::hash(named) && crc == crc32fast::hash(records))
}

/// What the message before said.
#[derive(Default)]
struct Last {
    serial: u64,
    links: (u16, u16),
}

impl Last {
    fn message(&mut self, file: u32, reader: &mut Reader<'_>) -> Result<Newcomer, Malformed> {
        let (flags, count, offset) = (reader.u8()?, reader.u8()?, reader.u32()?);
        let has = |flag: u8| flags & flag != 0;
        self.serial = if has(HAS_SERIAL) { reader.u64()? } else { self.serial + 1 };
        if has(HAS_LINKS) {
            self.links = (reader.u16()?, reader.u16()?);
        }
        Ok(Newcomer {
            serial: self.serial,
            place: Place { file, offset },
            told: self.links.0,
            target: self.links.1,
            priority: flags & PRIORITY,
            count,
            wants_success: has(ON_SUCCESS),
            wants_failure: has(ON_FAILURE),
            not_before: if has(HAS_NOT_BEFORE) { Some(reader.timestamp()?) } else { None },
            expires_at: if has(HAS_EXPIRES_AT) { Some(reader.timestamp()?) } else { None },
        })
    }
}
