//! Going through a journal file in little memory.

use std::io;

use super::super::disk::ReadDisk;
use super::super::journal::{GROUP_HEADER_OCTETS, Group, HEADER_OCTETS, Place, group_octets, read_group};

/// How much is read at a time, in octets.
const CHUNK_OCTETS: usize = 1 << 20;

/// Visits the groups of a file of `octets` octets, each with the place of its first fact; false if they
/// are not all valid, or if `visit` says so of one of them.
pub(super) fn each_group(
    disk: &mut impl ReadDisk,
    number: u32,
    octets: u64,
    visit: &mut impl FnMut(Place, &Group<'_>) -> bool,
) -> io::Result<bool> {
    let mut buffer = Vec::new();
    let mut offset = HEADER_OCTETS as u64;
    while offset < octets {
        fill(disk, number, offset, CHUNK_OCTETS, &mut buffer)?;
        if let Some(octets) = group_octets(&buffer).filter(|&octets| octets > buffer.len()) {
            fill(disk, number, offset, octets, &mut buffer)?;
        }
        let mut at = 0;
        while let Some(group) = buffer.get(at..).and_then(|rest| read_group(rest, number)) {
            let start = offset + (at + GROUP_HEADER_OCTETS) as u64;
            if !visit(Place { file: number, offset: start as u32 }, &group) {
                return Ok(false);
            }
            at += GROUP_HEADER_OCTETS + group.facts.len();
        }
        if at == 0 {
            return Ok(false);
        }
        offset += at as u64;
    }
    Ok(true)
}

fn fill(
    disk: &mut impl ReadDisk,
    number: u32,
    offset: u64,
    count: usize,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    buffer.resize(count, 0);
    let read = disk.read_at(number, offset, buffer)?;
    buffer.truncate(read);
    Ok(())
}
