//! Going through a journal file from its start, in little memory.

use std::io;

use super::disk::ReadDisk;
use super::journal::{GROUP_HEADER_OCTETS, Group, HEADER_OCTETS, Place, group_octets, read_group};

/// How much is read at a time, in octets.
const CHUNK_OCTETS: usize = 1 << 20;

/// The groups of a journal file, up to the first that is not valid.
pub(super) struct Groups<'a, D> {
    disk: &'a mut D,
    number: u32,
    /// The length of the file.
    octets: u64,
    /// A part of the file, and where it starts.
    buffer: Vec<u8>,
    start: u64,
    /// How much of the part has been given.
    at: usize,
}

impl<'a, D: ReadDisk> Groups<'a, D> {
    /// Those of the file with this number, which has `octets` octets.
    pub(super) fn new(disk: &'a mut D, number: u32, octets: u64) -> Self {
        Self { disk, number, octets, buffer: Vec::new(), start: HEADER_OCTETS as u64, at: 0 }
    }

    /// The next group, and the place of its first fact; `None` at the end of what is valid.
    pub(super) fn next(&mut self) -> io::Result<Option<(Place, Group<'_>)>> {
        self.fill()?;
        let Some(group) = self.buffer.get(self.at..).and_then(|rest| read_group(rest, self.number)) else {
            return Ok(None);
        };
        let offset = self.start + (self.at + GROUP_HEADER_OCTETS) as u64;
        self.at += GROUP_HEADER_OCTETS + group.facts.len();
        Ok(Some((Place { file: self.number, offset: offset as u32 }, group)))
    }

    /// Where the groups end that were given, in octets; at the end that of the file, if all of it is valid.
    pub(super) fn end(&self) -> u64 {
        (self.start + self.at as u64).min(self.octets)
    }

    /// Sees to it that the next group is in memory as a whole.
    fn fill(&mut self) -> io::Result<()> {
        // The second time the length of the group is known.
        for _ in 0..2 {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let needed = group_octets(rest).unwrap_or(GROUP_HEADER_OCTETS);
            if rest.len() >= needed {
                return Ok(());
            }
            self.start += self.at as u64;
            self.at = 0;
            let left = usize::try_from(self.octets.saturating_sub(self.start)).unwrap_or(usize::MAX);
            self.buffer.resize(needed.max(CHUNK_OCTETS).min(left), 0);
            let read = self.disk.read_at(self.number, self.start, &mut self.buffer)?;
            self.buffer.truncate(read);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::engine::rig::{Rig, options};
    use super::super::options::Options;
    use super::*;
    use crate::conformance::sample::entry;

    /// A file with groups around the size that is read at a time.
    fn file() -> Rig {
        let mut rig = Rig::new(Options { segment_octets: 64 << 20, ..options() });
        for number in 0..40 {
            let octets = [10, 1000, CHUNK_OCTETS - 200, 3 * CHUNK_OCTETS][number as usize % 4];
            rig.accept(vec![entry(number, |message| message.parts = vec![vec![7; octets].into()].into())])
                .unwrap();
        }
        rig
    }

    #[test]
    fn every_group_is_given_once_and_whole() {
        let rig = file();
        let mut disk = rig.disk.clone();
        let octets = disk.length(1).unwrap();
        let mut groups = Groups::new(&mut disk, 1, octets);
        let (mut facts, mut end) = (0, HEADER_OCTETS as u64);
        while let Some((place, group)) = groups.next().unwrap() {
            assert_eq!(u64::from(place.offset), end + GROUP_HEADER_OCTETS as u64);
            end = u64::from(place.offset) + group.facts.len() as u64;
            facts += usize::from(group.facts.len() > 100);
        }
        assert_eq!((facts, end, groups.end()), (40, octets, octets));
    }

    #[test]
    fn it_ends_before_what_is_not_valid() {
        let rig = file();
        rig.disk.damage(1, |octets| octets[3 * CHUNK_OCTETS] ^= 1);
        let mut disk = rig.disk.clone();
        let octets = disk.length(1).unwrap();
        let mut groups = Groups::new(&mut disk, 1, octets);
        while groups.next().unwrap().is_some() {}
        assert!(groups.end() < 3 * CHUNK_OCTETS as u64);
        assert!(groups.next().unwrap().is_none(), "and goes no further");
    }
}
