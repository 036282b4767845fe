//! Reading messages back from the journal.

use std::io;

use bytes::Bytes;

use super::body::{BODY_OCTETS_MAX, Body, PREFIX_OCTETS};
use super::codec::{Malformed, Reader, TLVS_PREFIX_OCTETS};
use super::disk::ReadDisk;
use super::journal::Place;
use crate::RemoteId;

/// How much is read at a time when neighbours will follow, in octets.
const AHEAD_OCTETS: usize = 256 << 10;
/// How much is read for a single message, in octets.
const SINGLE_OCTETS: usize = 1 << 10;

/// Reads what stands at known places, with some of what stands behind it.
///
/// Nothing is read behind the `end` of what has been written: it would be kept in place of what comes there.
#[derive(Default)]
pub(super) struct Bodies {
    ahead: Window,
    single: Window,
}

/// Part of a file.
#[derive(Default)]
struct Window {
    start: Place,
    octets: Vec<u8>,
}

impl Bodies {
    /// The message whose fact starts at `place`; `ahead` if the next ones will be read soon.
    pub(super) fn read<'a>(
        &'a mut self,
        disk: &mut impl ReadDisk,
        place: Place,
        ahead: bool,
        end: Place,
    ) -> io::Result<Body<'a>> {
        let (window, least) =
            if ahead { (&mut self.ahead, AHEAD_OCTETS) } else { (&mut self.single, SINGLE_OCTETS) };
        let prefix = window.get(disk, place, 1 + PREFIX_OCTETS, least, end)?;
        let length = Reader::new(prefix.get(1..).unwrap_or_default()).u32().map_err(|_| damaged(place))?;
        if length > BODY_OCTETS_MAX {
            return Err(damaged(place));
        }
        let fact = window.get(disk, place, 1 + PREFIX_OCTETS + length as usize, least, end)?;
        let mut reader = Reader::new(fact.get(1..).unwrap_or_default());
        Body::read(&mut reader).map_err(|Malformed| damaged(place))
    }

    /// The remote id at `place`.
    pub(super) fn remote_id(
        &mut self,
        disk: &mut impl ReadDisk,
        place: Place,
        end: Place,
    ) -> io::Result<RemoteId> {
        let prefix = self.single.get(disk, place, 2, SINGLE_OCTETS, end)?;
        let length = prefix.get(1).copied().map_or(0, usize::from);
        let octets = self.single.get(disk, place, 2 + length, SINGLE_OCTETS, end)?;
        Reader::new(octets).remote_id().map_err(|Malformed| damaged(place))
    }

    /// The TLVs at `place`.
    pub(super) fn tlvs(&mut self, disk: &mut impl ReadDisk, place: Place, end: Place) -> io::Result<Bytes> {
        let prefix = self.single.get(disk, place, TLVS_PREFIX_OCTETS, SINGLE_OCTETS, end)?;
        let length = Reader::new(prefix).u16().map_err(|Malformed| damaged(place))?;
        let count = TLVS_PREFIX_OCTETS + usize::from(length);
        let octets = self.single.get(disk, place, count, SINGLE_OCTETS, end)?;
        Reader::new(octets).tlvs().map(Bytes::copy_from_slice).map_err(|Malformed| damaged(place))
    }
}

impl Window {
    /// `count` octets at `place`; if they must be read, at least `least` are, as far as the file goes.
    fn get(
        &mut self,
        disk: &mut impl ReadDisk,
        place: Place,
        count: usize,
        least: usize,
        end: Place,
    ) -> io::Result<&[u8]> {
        if !self.holds(place, count) {
            let written =
                if place.file == end.file { end.offset.saturating_sub(place.offset) } else { u32::MAX };
            self.octets.resize(count.max(least).min(written as usize), 0);
            self.start = place;
            let read = disk.read_at(place.file, u64::from(place.offset), &mut self.octets)?;
            self.octets.truncate(read);
        }
        let start = (place.offset - self.start.offset) as usize;
        self.octets.get(start..start + count).ok_or_else(|| damaged(place))
    }

    fn holds(&self, place: Place, count: usize) -> bool {
        let end = u64::from(self.start.offset) + self.octets.len() as u64;
        self.start.file == place.file
            && self.start.offset <= place.offset
            && u64::from(place.offset) + count as u64 <= end
    }
}

fn damaged(place: Place) -> io::Error {
    let what = format!("journal file {:010}.log is damaged at offset {}", place.file, place.offset);
    io::Error::new(io::ErrorKind::InvalidData, what)
}
