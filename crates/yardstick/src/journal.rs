//! The file that a durable relay writes everything to.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// An append-only file, synced once per batch.
///
/// A record is its length (4 octets, big-endian, without itself and the checksum), the CRC-32 of what
/// follows, its kind (1 octet), the number of its message (8 octets) and what there is to say.
pub(crate) struct Journal {
    file: File,
    batch: Vec<u8>,
    syncs: u64,
    octets: u64,
}

/// What a record is about.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A message was accepted; the body of its submit_sm follows.
    Accepted = 1,
    /// The message centre took it; its remote id follows.
    Sent = 2,
    /// The message centre refused it; the status follows.
    Refused = 3,
    /// Its receipt came; the body of the deliver_sm follows.
    Receipt = 4,
}

impl Journal {
    /// Makes the file, or empties it.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        file.sync_all()?;
        Ok(Self { file, batch: Vec::new(), syncs: 0, octets: 0 })
    }

    /// Adds a record to the batch.
    pub(crate) fn append(&mut self, kind: Kind, number: u64, content: &[u8]) {
        let start = self.batch.len();
        // Nothing is longer than a PDU.
        let length = u32::try_from(RECORD_HEAD_OCTETS + content.len()).unwrap_or(u32::MAX);
        self.batch.extend_from_slice(&length.to_be_bytes());
        self.batch.extend_from_slice(&[0; 4]);
        self.batch.push(kind as u8);
        self.batch.extend_from_slice(&number.to_be_bytes());
        self.batch.extend_from_slice(content);
        let checksum = crc32fast::hash(self.batch.get(start + 8..).unwrap_or_default());
        if let Some(place) = self.batch.get_mut(start + 4..start + 8) {
            place.copy_from_slice(&checksum.to_be_bytes());
        }
    }

    /// Returns when the batch would survive a power cut. After an error nothing may be said OK to.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.batch)?;
        self.file.sync_data()?;
        self.syncs += 1;
        self.octets += self.batch.len() as u64;
        self.batch.clear();
        Ok(())
    }

    /// Times that it was synced.
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs
    }

    /// Octets written.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }
}

/// Kind and number.
const RECORD_HEAD_OCTETS: usize = 9;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_batch_is_in_the_file_when_it_is_committed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(Kind::Accepted, 7, b"hello");
        journal.append(Kind::Sent, 7, b"");
        assert!(std::fs::read(&path).unwrap().is_empty());
        journal.commit().unwrap();
        journal.commit().unwrap();
        let octets = std::fs::read(&path).unwrap();
        assert_eq!((octets.len(), journal.octets(), journal.syncs()), (2 * 17 + 5, 39, 1));
        let (first, second) = octets.split_at(22);
        assert_eq!(first[..4], [0, 0, 0, 14]);
        assert_eq!(first[4..8], crc32fast::hash(&first[8..]).to_be_bytes());
        assert_eq!(first[8..], *b"\x01\0\0\0\0\0\0\0\x07hello");
        assert_eq!(second[8], Kind::Sent as u8);
    }
}
