//! The journal: groups of facts in append-only files.

use std::collections::VecDeque;
use std::io;

use sms::Timestamp;

use super::disk::Disk;

/// A place in the journal; places are ordered as the journal was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of the file.
    pub(super) file: u32,
    /// Octets from its start.
    pub(super) offset: u32,
}

impl Place {
    /// So many octets further on in the file.
    pub(super) const fn behind(self, octets: u32) -> Self {
        Self { file: self.file, offset: self.offset + octets }
    }

    pub(super) const fn to_u64(self) -> u64 {
        (self.file as u64) << 32 | self.offset as u64
    }

    pub(super) const fn from_u64(value: u64) -> Self {
        Self { file: (value >> 32) as u32, offset: value as u32 }
    }
}

/// The octets before the first group of a file.
pub(super) const HEADER_OCTETS: usize = 32;
/// The octets before the facts of a group.
pub(super) const GROUP_HEADER_OCTETS: usize = 24;
/// The longest group, in octets of facts.
pub(super) const GROUP_OCTETS_MAX: u32 = 256 << 20;
/// How long a file may be before nothing more is written to it; offsets have 32 bits.
const FILE_OCTETS_MAX: u64 = 3 << 30;
const _: () = assert!(FILE_OCTETS_MAX + (GROUP_OCTETS_MAX as u64) * 2 < u32::MAX as u64);

const MAGIC: &[u8; 8] = b"ESTAFETJ";
const VERSION: u32 = 4;
/// Before each group, to find the next one after a damaged one.
pub(super) const GROUP_MAGIC: [u8; 4] = [0xE5, b'g', b'r', 0xAF];
/// What is kept of the write buffer between two commits, in octets.
const BUFFER_KEPT_OCTETS: usize = 4 << 20;

/// What one file holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileInfo {
    pub(super) number: u32,
    /// Its length in octets.
    pub(super) octets: u64,
}

/// A group that waits to be written.
#[derive(Clone, Copy, Debug)]
struct Pending {
    octets: usize,
    /// Whether it may be refused when there is no room.
    is_refusable: bool,
}

/// A group that was dropped because there was no room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    /// Where it would have stood.
    pub(super) offset: u32,
    pub(super) octets: u32,
}

/// The writing end of the journal.
///
/// ```text
/// file   = header, groups
/// header = "ESTAFETJ", version u32, number u32, length of the file before it u64 (0 if none), 0 u32,
///          CRC-32 of all that u32
/// group  = E5 67 72 AF, length u32, CRC-32 u32, synced u32, at u64, facts (length octets)
/// ```
///
/// The CRC of a group covers the number of its file and all of the group but magic and CRC. `synced` is how
/// much of the file had been synced when the group was written, `at` the time in milliseconds since
/// 1970. A group is kept or lost as a whole. Each file starts with a group that names all links.
///
/// A file is written only after the one before it has been synced, so only the last can be torn. In
/// the last, what follows the last valid group is torn if no later group says that it had been
/// synced; it is cut. Anything else that is invalid is damage, and the journal is not opened.
///
/// A file may be written over one that is over: what that held follows, until the file is over itself and
/// is cut. Its groups are not valid any more, as their CRCs cover another number.
///
/// The version in the header covers the file, its groups, the facts in them and the bodies in those. It
/// goes up with whatever a program of the version before would not read as it is meant, a new kind of
/// fact included. A program reads every version from 1 on and writes its own alone: if the last file is of
/// an older one, it begins a new file at start. A version that it does not know it refuses, and changes
/// nothing. For each version a directory in `tests/fixture` stays for good, and is opened by a test.
pub(super) struct Journal {
    files: VecDeque<FileInfo>,
    number: u32,
    written: u64,
    synced: u64,
    /// How long the file is: behind what was written stands what an older one held.
    room: u64,
    buffer: Vec<u8>,
    pending: VecDeque<Pending>,
    group_start: usize,
    pub(super) syncs_total: u64,
    pub(super) written_octets_total: u64,
}

impl Journal {
    /// Goes on behind what was recovered; the last of `files` is the one to write to.
    pub(super) fn resume(files: VecDeque<FileInfo>) -> Self {
        let (number, written) = files.back().map_or((0, 0), |file| (file.number, file.octets));
        Self {
            files,
            number,
            written,
            synced: 0,
            room: written,
            buffer: Vec::new(),
            pending: VecDeque::new(),
            group_start: 0,
            syncs_total: 0,
            written_octets_total: 0,
        }
    }

    /// Makes the next file durable and goes on there. What was written before must have been synced.
    pub(super) fn begin_file(&mut self, disk: &mut impl Disk) -> io::Result<()> {
        self.cut_room(disk)?;
        let number = self.number + 1;
        let header = header(number, self.written);
        self.room = disk.create(number, &header)?;
        disk.sync(number)?;
        disk.sync_directory()?;
        (self.number, self.written, self.synced) = (number, header.len() as u64, header.len() as u64);
        self.files.push_back(FileInfo { number, octets: self.written });
        Ok(())
    }

    /// Starts a group; facts are then put to [`Journal::facts`].
    pub(super) fn begin(&mut self) {
        self.group_start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; GROUP_HEADER_OCTETS]);
    }

    /// Where the facts of the group go.
    pub(super) fn facts(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Where the next octet will stand.
    pub(super) fn place(&self) -> Place {
        Place { file: self.number, offset: (self.written + self.buffer.len() as u64) as u32 }
    }

    /// What waits to be written from `place` on; `None` if that has been written.
    pub(super) fn unwritten(&self, place: Place) -> Option<&[u8]> {
        let at = u64::from(place.offset).checked_sub(self.written).filter(|_| place.file == self.number)?;
        self.buffer.get(usize::try_from(at).ok()?..)
    }

    /// Ends the group; an empty one is dropped. Returns how many octets it takes.
    pub(super) fn end(&mut self, at: Timestamp, is_refusable: bool) -> usize {
        let octets = self.buffer.len() - self.group_start;
        if octets == GROUP_HEADER_OCTETS {
            self.buffer.truncate(self.group_start);
            return 0;
        }
        if let Some(group) = self.buffer.get_mut(self.group_start..) {
            seal(group, self.number, self.synced as u32, at);
        }
        self.pending.push_back(Pending { octets, is_refusable });
        octets
    }

    /// Whether groups wait to be written.
    pub(super) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether something was written that has not been synced.
    pub(super) fn is_unsynced(&self) -> bool {
        self.synced < self.written
    }

    /// Writes all groups that wait. After an error all of them still wait and the file is as before.
    pub(super) fn write(&mut self, disk: &mut impl Disk) -> io::Result<()> {
        let octets = self.buffer.len() as u64;
        if self.written + octets > FILE_OCTETS_MAX + u64::from(GROUP_OCTETS_MAX) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Err(error) = disk.write_at(self.number, self.written, &self.buffer) {
            disk.truncate(self.number, self.written)?;
            self.room = self.written;
            return Err(error);
        }
        self.written += octets;
        self.room = self.room.max(self.written);
        self.written_octets_total += octets;
        if let Some(file) = self.files.back_mut() {
            file.octets = self.written;
        }
        self.pending.clear();
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT_OCTETS);
        Ok(())
    }

    /// Gives up the group that was begun.
    pub(super) fn abort(&mut self) {
        self.buffer.truncate(self.group_start);
    }

    /// Drops the groups that may be refused. What stands behind one of them moves forward by its octets.
    pub(super) fn refuse(&mut self) -> Vec<Refused> {
        let (mut kept, mut at, mut refused) = (Vec::new(), 0, Vec::new());
        let mut offset = self.written as u32;
        self.pending.retain(|group| {
            let octets = self.buffer.get(at..at + group.octets).unwrap_or_default();
            at += group.octets;
            if group.is_refusable {
                refused.push(Refused { offset, octets: group.octets as u32 });
            } else {
                kept.extend_from_slice(octets);
            }
            offset += group.octets as u32;
            !group.is_refusable
        });
        self.buffer = kept;
        refused
    }

    /// Makes durable what was written.
    pub(super) fn sync(&mut self, disk: &mut impl Disk) -> io::Result<()> {
        disk.sync(self.number)?;
        self.synced = self.written;
        self.syncs_total += 1;
        Ok(())
    }

    /// Up to where the journal is durable.
    pub(super) fn durable(&self) -> Place {
        Place { file: self.number, offset: self.synced as u32 }
    }

    /// Up to where the journal has been written.
    pub(super) fn written(&self) -> Place {
        Place { file: self.number, offset: self.written as u32 }
    }

    /// The length of the file that is written to, in octets.
    pub(super) fn current_octets(&self) -> u64 {
        self.written
    }

    /// Whether what is written next makes the file longer.
    pub(super) const fn is_growing(&self) -> bool {
        self.room <= self.written
    }

    /// All files, oldest first.
    pub(super) fn files(&self) -> &VecDeque<FileInfo> {
        &self.files
    }

    /// Takes the oldest file away, unless it is the one that is written to; one that will be begun may be written
    /// over it.
    pub(super) fn remove_first(&mut self, disk: &mut impl Disk) -> io::Result<()> {
        if self.files.len() > 1
            && let Some(file) = self.files.front()
        {
            disk.retire(file.number)?;
            self.files.pop_front();
            disk.sync_directory()?;
        }
        Ok(())
    }

    /// Cuts off what an older file held behind what was written.
    pub(super) fn cut_room(&mut self, disk: &mut impl Disk) -> io::Result<()> {
        if self.room > self.written {
            disk.truncate(self.number, self.written)?;
            disk.sync(self.number)?;
            self.room = self.written;
        }
        Ok(())
    }
}

fn header(number: u32, before: u64) -> [u8; HEADER_OCTETS] {
    let mut header = [0; HEADER_OCTETS];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..16].copy_from_slice(&number.to_le_bytes());
    header[16..24].copy_from_slice(&before.to_le_bytes());
    let crc = crc32fast::hash(&header[..28]);
    header[28..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// What the header of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The length of the file before it.
    pub(super) before: u64,
    /// It was written by a version before that of now, so that nothing must be added to it.
    pub(super) is_old: bool,
}

/// Why the header of a file is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// It is damaged.
    Damaged,
    /// It was written by a version of the format that is not known here.
    Version(u32),
}

/// Checks the header of the file with this number.
pub(super) fn read_header(header: &[u8; HEADER_OCTETS], number: u32) -> Result<Header, BadHeader> {
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if &header[..8] != MAGIC || word(28) != crc32fast::hash(&header[..28]) || word(12) != number {
        return Err(BadHeader::Damaged);
    }
    match word(8) {
        version @ 1..=VERSION => {
            let before = u64::from(word(16)) | u64::from(word(20)) << 32;
            Ok(Header { before, is_old: version < VERSION })
        }
        other => Err(BadHeader::Version(other)),
    }
}

fn seal(group: &mut [u8], number: u32, synced: u32, at: Timestamp) {
    let length = (group.len() - GROUP_HEADER_OCTETS) as u32;
    group[..4].copy_from_slice(&GROUP_MAGIC);
    group[4..8].copy_from_slice(&length.to_le_bytes());
    group[12..16].copy_from_slice(&synced.to_le_bytes());
    group[16..24].copy_from_slice(&at.0.to_le_bytes());
    let crc = group_crc(number, &group[4..8], &group[12..]);
    group[8..12].copy_from_slice(&crc.to_le_bytes());
}

fn group_crc(number: u32, length: &[u8], rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(length);
    hasher.update(rest);
    hasher.finalize()
}

/// A valid group as it stands in a file.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    /// How much of the file had been synced when it was written.
    pub(super) synced: u32,
    /// When it was written.
    pub(super) at: Timestamp,
    /// Its facts.
    pub(super) facts: &'a [u8],
}

/// How long the group that starts with these octets says it is, with its header; `None` if this is no
/// group.
pub(super) fn group_octets(octets: &[u8]) -> Option<usize> {
    let header = octets.first_chunk::<GROUP_HEADER_OCTETS>()?;
    let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    (header[..4] == GROUP_MAGIC && length <= GROUP_OCTETS_MAX)
        .then_some(length as usize + GROUP_HEADER_OCTETS)
}

/// The group that `octets` of the file `number` start with, if there is a whole and valid one.
pub(super) fn read_group(octets: &[u8], number: u32) -> Option<Group<'_>> {
    let group = octets.get(..group_octets(octets)?)?;
    let (header, facts) = group.split_first_chunk::<GROUP_HEADER_OCTETS>()?;
    let crc = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
    if crc != group_crc(number, &group[4..8], &group[12..]) {
        return None;
    }
    let synced = u32::from_le_bytes([header[12], header[13], header[14], header[15]]);
    let (_, at) = header.split_last_chunk::<8>()?;
    Some(Group { synced, at: Timestamp(u64::from_le_bytes(*at)), facts })
}
