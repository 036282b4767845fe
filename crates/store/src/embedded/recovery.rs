//! Reading the journal back.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::disk::{Disk, ReadDisk};
use super::index::Index;
use super::journal::{BadHeader, FileInfo, HEADER_OCTETS, Header, read_header};
use super::links::Links;
use super::options::OpenError;
use super::replay::Replay;
use super::slots::FILES_MAX;
use super::summary::Summary;

/// What the journal says, and where it goes on.
pub(super) struct Recovered {
    pub(super) index: Index,
    pub(super) links: Links,
    pub(super) files: VecDeque<FileInfo>,
    /// The next serial to give.
    pub(super) next_serial: u64,
    /// The files that have a summary.
    pub(super) summarised: BTreeSet<u32>,
    /// The last file is of an older version: nothing must be added to it.
    pub(super) is_old: bool,
}

/// Reads all files, or their summaries, cuts a torn tail off the last, and removes a file whose birth was
/// cut short. Damage to a file that has a summary is not found here.
pub(super) fn recover(
    disk: &mut impl Disk,
    receipt_timeout: Duration,
    notice_timeout: Duration,
) -> Result<Recovered, OpenError> {
    let said = read_files(disk, Replay::new(receipt_timeout, notice_timeout), true, &mut Err)?;
    if let Some(number) = said.stillborn {
        disk.remove(number).and_then(|()| disk.sync_directory()).map_err(OpenError::io("journal"))?;
    }
    for file in &said.files {
        cut_tail(disk, file)?;
    }
    let files = said.files.iter().map(|file| FileInfo { number: file.number, octets: file.valid });
    Ok(Recovered {
        files: files.collect(),
        index: said.index,
        links: said.links,
        next_serial: said.next_serial,
        summarised: said.summarised,
        is_old: said.is_old,
    })
}

fn cut_tail(disk: &mut impl Disk, file: &FileRead) -> Result<(), OpenError> {
    let &FileRead { number, valid, octets } = file;
    if valid == octets {
        return Ok(());
    }
    tracing::info!(
        file = number,
        offset = valid,
        octets = octets - valid,
        "cut off what follows the last whole group of the journal"
    );
    disk.truncate(number, valid)
        .and_then(|()| disk.sync(number))
        .map_err(OpenError::io(format!("journal file {number:010}.log")))
}

/// What the journal says, as it was read.
pub(super) struct Said {
    /// What follows from all facts before the first damage.
    pub(super) index: Index,
    pub(super) links: Links,
    pub(super) files: Vec<FileRead>,
    /// A last file whose birth was cut short: it holds nothing.
    pub(super) stillborn: Option<u32>,
    next_serial: u64,
    summarised: BTreeSet<u32>,
    is_old: bool,
}

/// How far a file could be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileRead {
    pub(super) number: u32,
    /// Where its groups end, in octets. What follows in the last file is torn.
    pub(super) valid: u64,
    /// Its length in octets.
    pub(super) octets: u64,
}

/// Reads all files, no summaries, and changes none. Damage is told to `complain`; if that lets it pass,
/// reading goes on at the next valid group, to find what else is damaged.
pub(super) fn read(
    disk: &mut impl ReadDisk,
    receipt_timeout: Duration,
    notice_timeout: Duration,
    complain: &mut impl FnMut(OpenError) -> Result<(), OpenError>,
) -> Result<Said, OpenError> {
    read_files(disk, Replay::new(receipt_timeout, notice_timeout), false, complain)
}

fn read_files(
    disk: &mut impl ReadDisk,
    mut replay: Replay,
    by_summaries: bool,
    complain: &mut impl FnMut(OpenError) -> Result<(), OpenError>,
) -> Result<Said, OpenError> {
    let (numbers, stillborn) = born_files(disk)?;
    let mut files: Vec<FileRead> = Vec::new();
    let mut summarised = BTreeSet::new();
    let mut is_old = false;
    for (at, &number) in numbers.iter().enumerate() {
        let is_last = at + 1 == numbers.len();
        let io = || OpenError::io(format!("journal file {number:010}.log"));
        let octets = disk.length(number).map_err(io())?;
        let checked = check_header(disk, number, octets)?.and_then(|header| {
            is_old = header.is_old;
            check_sequence(number, header.before, files.last())
        });
        let is_known = !matches!(checked, Err(OpenError::Version { .. }));
        if let Err(error) = checked {
            complain(error)?;
            replay.is_damaged = true;
        }
        let summary =
            if by_summaries && !is_last { Summary::load(disk, number, octets).map_err(io())? } else { None };
        let mut valid = octets;
        if let Some(summary) = summary {
            replay.summary(&summary, number)?;
            summarised.insert(number);
        } else if is_known {
            valid = replay.file(disk, FileInfo { number, octets }, is_last, complain)?;
        }
        files.push(FileRead { number, valid, octets });
    }
    let Replay { index, links, next_serial, .. } = replay;
    Ok(Said { index, links, files, stillborn, next_serial, summarised, is_old })
}

/// The numbers of all files, and apart from them the last if its birth was cut short.
fn born_files(disk: &mut impl ReadDisk) -> Result<(Vec<u32>, Option<u32>), OpenError> {
    let mut numbers = disk.list().map_err(OpenError::io("journal"))?;
    if let Some(&file) = numbers.get(FILES_MAX) {
        return Err(OpenError::Damaged { file, offset: 0, what: "the journal has too many files" });
    }
    if let Some(&number) = numbers.last() {
        let octets = disk.length(number).map_err(OpenError::io(format!("journal file {number:010}.log")))?;
        if octets <= HEADER_OCTETS as u64
            && matches!(check_header(disk, number, octets)?, Err(OpenError::Damaged { .. }))
        {
            numbers.pop();
            return Ok((numbers, Some(number)));
        }
    }
    Ok((numbers, None))
}

/// Checks the header of a file of `octets` octets.
fn check_header(
    disk: &mut impl ReadDisk,
    number: u32,
    octets: u64,
) -> Result<Result<Header, OpenError>, OpenError> {
    let damaged = |what| OpenError::Damaged { file: number, offset: 0, what };
    let mut header = [0; HEADER_OCTETS];
    let read = disk.read_at(number, 0, &mut header);
    let read = read.map_err(OpenError::io(format!("journal file {number:010}.log")))?;
    if read < HEADER_OCTETS || octets < HEADER_OCTETS as u64 {
        return Ok(Err(damaged("no header")));
    }
    Ok(read_header(&header, number).map_err(|bad| match bad {
        BadHeader::Damaged => damaged("the header is invalid"),
        BadHeader::Version(version) => OpenError::Version { file: number, version },
    }))
}

fn check_sequence(number: u32, before: u64, last: Option<&FileRead>) -> Result<(), OpenError> {
    let Some(last) = last else { return Ok(()) };
    if last.number + 1 != number {
        return Err(OpenError::Damaged { file: last.number + 1, offset: 0, what: "the file is missing" });
    }
    if last.octets != before {
        return Err(OpenError::Damaged { file: last.number, offset: last.octets, what: "the file was cut" });
    }
    Ok(())
}
