//! Summaries of journal files: what the index keeps of them, to be read at start in their place.

mod read;
mod summariser;
mod write;

use std::io;

use super::disk::ReadDisk;
pub(super) use read::{Listener, Summary};
pub(super) use summariser::{Orders, Summariser};
pub(super) use write::summarise;

const MAGIC: &[u8; 8] = b"ESTAFETS";
/// The version of what is written, which goes up with every change here and with every version of the
/// journal: a summary of another version is not looked at, and written again.
const VERSION: u32 = 4;
/// The octets before the records.
const HEADER_OCTETS: usize = 36;
/// How much of both ends of a journal file a summary knows it by, in octets.
const ENDS_OCTETS: u64 = 4096;

const AT: u8 = 1;
const ACCEPTED: u8 = 2;
const CARRIED: u8 = 3;
const FACT: u8 = 4;
const GONE: u8 = 5;

/// Bits 0 and 1 of the flags of a message: the priority, above 3 no different.
const PRIORITY: u8 = 3;
const ON_SUCCESS: u8 = 4;
const ON_FAILURE: u8 = 8;
/// The serial is not the one after the last.
const HAS_SERIAL: u8 = 16;
/// The links are not those of the last.
const HAS_LINKS: u8 = 32;
const HAS_NOT_BEFORE: u8 = 64;
const HAS_EXPIRES_AT: u8 = 128;

/// What tells journal files of the same number and length apart: a CRC-32 of both their ends.
///
/// A journal file never changes once the next has been begun; this recognises one from elsewhere.
fn ends_of(disk: &mut impl ReadDisk, number: u32, octets: u64) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; ENDS_OCTETS as usize];
    for offset in [0, octets.saturating_sub(ENDS_OCTETS)] {
        let read = disk.read_at(number, offset, &mut buffer)?;
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests;
