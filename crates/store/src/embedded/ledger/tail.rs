//! Reading the journal while it is written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::disk::{file_path, numbers_in};
use super::super::journal::{GROUP_HEADER_OCTETS, Group, HEADER_OCTETS, Place, group_octets, read_group};
use super::error::LedgerError;

/// How much is read at a time, in octets: it stays in the cache of a core until it has been gone through.
const CHUNK_OCTETS: usize = 256 << 10;

/// A reader that goes through the journal from some place on.
pub(super) struct Tail {
    directory: PathBuf,
    place: Place,
    file: Option<(u32, File)>,
    buffer: Vec<u8>,
}

impl Tail {
    /// Starts at `place`, or at the oldest file if there is none such.
    pub(super) fn open(directory: &Path, place: Place, durable: Place) -> io::Result<Self> {
        let oldest = numbers_in(directory)?.first().copied().unwrap_or(1);
        let is_there = place.file >= oldest && place <= durable;
        let start = Place { file: oldest, offset: HEADER_OCTETS as u32 };
        let place = if is_there { place } else { start };
        Ok(Self { directory: directory.to_owned(), place, file: None, buffer: Vec::new() })
    }

    /// Everything before this has been read.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// Visits the next groups before `until`, each with where it starts; false if there are none.
    pub(super) fn read(
        &mut self,
        until: Place,
        visit: &mut impl FnMut(Place, &Group<'_>) -> Result<(), LedgerError>,
    ) -> Result<bool, LedgerError> {
        if self.place >= until {
            return Ok(false);
        }
        let number = self.place.file;
        let end = self.end_of(until)?;
        if self.place.offset >= end {
            if number >= until.file {
                return Ok(false);
            }
            self.place = Place { file: number + 1, offset: HEADER_OCTETS as u32 };
            return Ok(true);
        }
        self.fill(end, CHUNK_OCTETS)?;
        if let Some(octets) = group_octets(&self.buffer).filter(|&octets| octets > self.buffer.len()) {
            self.fill(end, octets)?;
        }
        let mut at = 0;
        while let Some(rest) = self.buffer.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(group) = read_group(rest, number) else { break };
            visit(Place { offset: self.place.offset + at as u32, ..self.place }, &group)?;
            at += GROUP_HEADER_OCTETS + group.facts.len();
        }
        if at == 0 {
            return Err(LedgerError::Journal);
        }
        self.place.offset += at as u32;
        Ok(true)
    }

    /// Where the part of the current file ends that may be read.
    fn end_of(&mut self, until: Place) -> io::Result<u32> {
        let number = self.place.file;
        if self.file.as_ref().is_none_or(|(open, _)| *open != number) {
            self.file = Some((number, File::open(file_path(&self.directory, number))?));
        }
        if number == until.file {
            return Ok(until.offset);
        }
        let length = self.file.as_ref().map(|(_, file)| file.metadata()).transpose()?;
        Ok(length.map_or(0, |length| length.len() as u32))
    }

    fn fill(&mut self, end: u32, octets: usize) -> io::Result<()> {
        let count = octets.min((end - self.place.offset) as usize);
        self.buffer.resize(count, 0);
        match &self.file {
            Some((_, file)) => file.read_exact_at(&mut self.buffer, u64::from(self.place.offset)),
            None => Ok(()),
        }
    }
}
