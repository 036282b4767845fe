//! The file of keys beside a file of the ledger: which records have an id or a number, and which of a link a number.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use sms::LinkName;

use super::super::codec::{Malformed, Reader, put_u32, put_u64};
use super::descent::Descent;

const MAGIC: &[u8; 8] = b"ESTAFETK";
/// The version that is written.
const VERSION: u32 = 2;
/// A version that is read as well: it has no keys of values with links.
const WITHOUT_LINKS: u32 = 1;
const HEADER_OCTETS: usize = 32;
const RUN_MAGIC: [u8; 4] = [0xE5, b'r', b'u', b'n'];
const RUN_HEADER_OCTETS: usize = 24;
/// How many keys a block has, unless it is the last of its run.
const BLOCK_KEYS: u32 = 512;
const KEY_OCTETS: usize = 8;
const BLOCK_OCTETS: u64 = (BLOCK_KEYS as u64) * (KEY_OCTETS as u64) + 4;
/// The flag of a run behind which no record has keys that are not in the file.
const COMPLETE: u32 = 1;

/// A key: the hash of what a record has above its serial, counted from the first of the file.
pub(super) type Key = u64;

/// Puts a hash and a serial together; the order of keys is the order of hashes, then of serials.
pub(super) const fn key(hash: u32, delta: u32) -> Key {
    (hash as u64) << 32 | delta as u64
}

/// The serial in a key, counted from the first of the file.
pub(super) const fn delta_of(key: Key) -> u32 {
    key as u32
}

/// What leads to records: an id, a number or a reference that they have, and perhaps a link as well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    pub(super) value: &'a [u8],
    pub(super) link: Option<&'a LinkName>,
}

/// What a file of keys belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The number that the file of the ledger was given when it was made.
    pub(super) seed: u32,
    /// The least serial that it can have.
    pub(super) first_serial: u64,
}

impl Owner {
    /// The hash of what is sought. It is part of the format, and hard to foresee without the seed.
    pub(super) fn hash(self, sought: Sought<'_>) -> u32 {
        let value = self.digest(sought.value);
        sought.link.map_or(value.hash(), |link| value.hash_with(self.digest(link.as_str().as_bytes())))
    }

    /// What the hashes of a value or a link are made of.
    pub(super) fn digest(self, octets: &[u8]) -> Digest {
        let mut state = fold(u64::from(self.seed) ^ (octets.len() as u64) << 32);
        for chunk in octets.chunks(8) {
            let mut lane = [0; 8];
            lane.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            state = fold(state ^ u64::from_le_bytes(lane));
        }
        Digest(state)
    }

    fn crc(self, offset: u64, octets: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&offset.to_le_bytes());
        hasher.update(octets);
        hasher.finalize()
    }
}

/// What hashes are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest(u64);

impl Digest {
    /// The hash of the value alone.
    pub(super) const fn hash(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The hash of the value with a link.
    pub(super) const fn hash_with(self, link: Self) -> u32 {
        Self(fold(self.0 ^ link.0.rotate_left(32))).hash()
    }
}

const fn fold(value: u64) -> u64 {
    let product = (value ^ 0x2D35_8DCC_AA6C_78A5) as u128 * 0x9E37_79B9_7F4A_7C15;
    product as u64 ^ (product >> 64) as u64
}

/// Why a file of keys is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// There is none.
    #[error("the file is missing")]
    Missing,
    /// It is not of a version that is known here.
    #[error("format version {0}, which is not known")]
    Version(u32),
    /// It is of a version that is read and not gone on with.
    #[error("format version {0}, which has no keys of links")]
    Outdated(u32),
    /// It belongs to another file of the ledger.
    #[error("it belongs to another file of the ledger")]
    Foreign,
    /// Octets are not what was written, at this offset.
    #[error("damaged at offset {0}")]
    Damaged(u64),
    /// Records may have been added after the last run.
    #[error("it is not complete")]
    Incomplete,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Io(error) }
    }
}

/// A sorted part of the keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Where its first block stands.
    start: u64,
    count: u32,
}

impl Run {
    pub(super) fn blocks(self) -> u32 {
        self.count.div_ceil(BLOCK_KEYS)
    }

    fn octets(self) -> u64 {
        u64::from(self.count) * KEY_OCTETS as u64 + u64::from(self.blocks()) * 4
    }
}

/// The file of keys, open.
///
/// ```text
/// file   = header, runs
/// header = "ESTAFETK", version u32, seed u32, first serial u64, 0 u32, CRC-32 u32
/// run    = E5 "run", count of keys u32, low u64, flags u32 (1: complete), CRC-32 u32, blocks
/// block  = 512 keys (in the last of a run the rest), CRC-32 u32
/// key    = serial - first serial u32, hash u32: as an u64 the hash is above
/// ```
///
/// The keys of a run ascend. Each CRC covers the seed, the offset u64 of what it stands in, and all of
/// that before the CRC. A record has a key for its id, one for each value that it is searched by (source,
/// destination, reference), and from version 2 on one for each of these values with each of its two links, so that
/// what others have does not stand between the records of a link. Two records may have the same hash, so what a
/// key leads to is compared; and the target of a record may have become another, see the table `moved`. Every record
/// with a serial below `low` has its keys in that run or before it, and after a complete one every record has.
///
/// All of it follows from the table of the file of the ledger, so it is never synced: what is missing,
/// torn, damaged or of another version is made again.
#[derive(Debug)]
pub(super) struct KeyFile {
    owner: Owner,
    version: u32,
    file: File,
    runs: Vec<Run>,
    end: u64,
    low: u64,
    is_complete: bool,
}

impl KeyFile {
    /// Opens the file to read it, as far as it is whole.
    pub(super) fn open(path: &Path, owner: Owner) -> Result<Self, Unusable> {
        Self::read(File::open(path)?, owner)
    }

    /// Opens the file to go on behind its last whole run.
    pub(super) fn open_to_write(path: &Path, owner: Owner) -> Result<Self, Unusable> {
        let file = Self::read(OpenOptions::new().read(true).write(true).open(path)?, owner)?;
        if file.version != VERSION {
            return Err(Unusable::Outdated(file.version));
        }
        file.file.set_len(file.end)?;
        Ok(file)
    }

    /// Makes an empty file, in the place of one that may be there.
    pub(super) fn create(path: &Path, owner: Owner) -> Result<Self, Unusable> {
        let temporary = path.with_extension("keys.new");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&temporary)?;
        let mut header = MAGIC.to_vec();
        put_u32(&mut header, VERSION);
        put_u32(&mut header, owner.seed);
        put_u64(&mut header, owner.first_serial);
        put_u32(&mut header, 0);
        let crc = owner.crc(0, &header);
        put_u32(&mut header, crc);
        file.write_all_at(&header, 0)?;
        fs::rename(temporary, path)?;
        let end = header.len() as u64;
        Ok(Self { owner, version: VERSION, file, runs: Vec::new(), end, low: 0, is_complete: false })
    }

    fn read(file: File, owner: Owner) -> Result<Self, Unusable> {
        let mut header = [0; HEADER_OCTETS];
        file.read_exact_at(&mut header, 0).map_err(|_| Unusable::Damaged(0))?;
        let version = check_header(&header, owner)?;
        let end = HEADER_OCTETS as u64;
        let mut file = Self { owner, version, file, runs: Vec::new(), end, low: 0, is_complete: false };
        file.refresh()?;
        Ok(file)
    }

    /// Takes in runs that were added meanwhile.
    pub(super) fn refresh(&mut self) -> Result<(), Unusable> {
        let length = self.file.metadata()?.len();
        while self.end + RUN_HEADER_OCTETS as u64 <= length {
            let mut header = [0; RUN_HEADER_OCTETS];
            self.file.read_exact_at(&mut header, self.end)?;
            let Ok((count, low, flags)) = read_run_header(&header, self.owner, self.end) else { break };
            let run = Run { start: self.end + RUN_HEADER_OCTETS as u64, count };
            if run.start + run.octets() > length {
                break;
            }
            self.end = run.start + run.octets();
            self.runs.push(run);
            self.low = self.low.max(low);
            self.is_complete = flags & COMPLETE != 0;
        }
        Ok(())
    }

    /// Whether records have keys for what is sought of a link.
    pub(super) const fn has_links(&self) -> bool {
        self.version != WITHOUT_LINKS
    }

    /// Every record with a serial below this has its keys in the file.
    pub(super) const fn low(&self) -> u64 {
        self.low
    }

    /// Whether every record has its keys in the file.
    pub(super) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Adds a run of keys that ascend, after which the keys of all records below `low` are in the file.
    pub(super) fn append(&mut self, keys: &[Key], low: u64, is_complete: bool) -> Result<(), Unusable> {
        let blocks = keys.len().div_ceil(BLOCK_KEYS as usize);
        let mut octets = Vec::with_capacity(RUN_HEADER_OCTETS + keys.len() * KEY_OCTETS + blocks * 4);
        octets.extend_from_slice(&RUN_MAGIC);
        put_u32(&mut octets, keys.len() as u32);
        put_u64(&mut octets, low);
        put_u32(&mut octets, if is_complete { COMPLETE } else { 0 });
        let crc = self.owner.crc(self.end, &octets);
        put_u32(&mut octets, crc);
        for block in keys.chunks(BLOCK_KEYS as usize) {
            let start = octets.len();
            octets.extend(block.iter().flat_map(|key| key.to_le_bytes()));
            let crc = self.owner.crc(self.end + start as u64, octets.get(start..).unwrap_or_default());
            put_u32(&mut octets, crc);
        }
        self.file.write_all_at(&octets, self.end)?;
        self.refresh()
    }

    /// Reads every block; an error if one is damaged or out of order, or something follows the last run.
    pub(super) fn verify(&self) -> Result<(), Unusable> {
        for &run in &self.runs {
            let mut before = 0;
            for number in 0..run.blocks() {
                for key in self.block(run, number)? {
                    if key < before {
                        return Err(Unusable::Damaged(run.start));
                    }
                    before = key;
                }
            }
        }
        if self.file.metadata()?.len() == self.end { Ok(()) } else { Err(Unusable::Damaged(self.end)) }
    }

    /// Visits the serials of records that may have this hash, from below `below` down; all serials are
    /// counted from the first of the file.
    pub(super) fn descend(&self, hash: u32, below: u32) -> Result<Descent<'_>, Unusable> {
        Descent::begin(self, &self.runs, hash, below)
    }

    /// The keys of a block of a run.
    pub(super) fn block(&self, run: Run, number: u32) -> Result<Vec<Key>, Unusable> {
        let count = (run.count - number * BLOCK_KEYS).min(BLOCK_KEYS) as usize;
        let offset = run.start + u64::from(number) * BLOCK_OCTETS;
        let mut octets = vec![0; count * KEY_OCTETS + 4];
        self.file.read_exact_at(&mut octets, offset)?;
        match octets.split_last_chunk::<4>() {
            Some((keys, crc)) if u32::from_le_bytes(*crc) == self.owner.crc(offset, keys) => {
                Ok(keys.as_chunks::<KEY_OCTETS>().0.iter().map(|key| u64::from_le_bytes(*key)).collect())
            }
            _ => Err(Unusable::Damaged(offset)),
        }
    }
}

/// The version of the file.
fn check_header(header: &[u8; HEADER_OCTETS], owner: Owner) -> Result<u32, Unusable> {
    let (fields, crc) = header.split_at(HEADER_OCTETS - 4);
    let mut reader = Reader::new(fields);
    let damaged = |Malformed| Unusable::Damaged(0);
    if reader.octets(MAGIC.len()).map_err(damaged)? != MAGIC {
        return Err(Unusable::Damaged(0));
    }
    let version = reader.u32().map_err(damaged)?;
    if !(WITHOUT_LINKS..=VERSION).contains(&version) {
        return Err(Unusable::Version(version));
    }
    let its = Owner { seed: reader.u32().map_err(damaged)?, first_serial: reader.u64().map_err(damaged)? };
    if crc != its.crc(0, fields).to_le_bytes() {
        return Err(Unusable::Damaged(0));
    }
    if its == owner { Ok(version) } else { Err(Unusable::Foreign) }
}

/// The count of keys, `low` and the flags of a run.
fn read_run_header(
    header: &[u8; RUN_HEADER_OCTETS],
    owner: Owner,
    offset: u64,
) -> Result<(u32, u64, u32), Malformed> {
    let (fields, crc) = header.split_at(RUN_HEADER_OCTETS - 4);
    let mut reader = Reader::new(fields);
    if reader.octets(RUN_MAGIC.len())? != RUN_MAGIC || crc != owner.crc(offset, fields).to_le_bytes() {
        return Err(Malformed);
    }
    Ok((reader.u32()?, reader.u64()?, reader.u32()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::PathBuf;
    use tempfile::TempDir;

    const OWNER: Owner = Owner { seed: 7, first_serial: 1000 };

    fn place() -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.keys");
        (directory, path)
    }

    /// Three runs; each serial below 6000 has the hash `serial % 3`, those of run 2 are also in run 1.
    fn filled(path: &Path) -> KeyFile {
        let mut file = KeyFile::create(path, OWNER).unwrap();
        for (from, until) in [(0, 3000), (2000, 5000), (5000, 6000)] {
            let mut keys: Vec<Key> = (from..until).map(|serial| key(serial % 3, serial)).collect();
            keys.sort_unstable();
            file.append(&keys, u64::from(until), until == 6000).unwrap();
        }
        file
    }

    fn all(file: &KeyFile, hash: u32, below: u32) -> Result<Vec<u32>, Unusable> {
        let mut descent = file.descend(hash, below)?;
        std::iter::from_fn(|| descent.next().transpose()).collect()
    }

    #[test]
    fn keys_are_found_newest_first_and_once() {
        let (_directory, path) = place();
        filled(&path);
        let file = KeyFile::open(&path, OWNER).unwrap();
        file.verify().unwrap();
        assert_eq!((file.low(), file.is_complete()), (6000, true));
        for hash in 0..4 {
            let expected: Vec<u32> = (0..5500).rev().filter(|serial| serial % 3 == hash).collect();
            assert_eq!(all(&file, hash, 5500).unwrap(), expected, "hash {hash}");
        }
        assert!(all(&file, 1, 1).unwrap().is_empty());
    }

    #[test]
    fn a_torn_run_is_cut() {
        let (_directory, path) = place();
        let whole = filled(&path).end;
        for (cut, low) in [(1, 5000), (8_031, 5000), (8_050, 3000)] {
            OpenOptions::new().write(true).open(&path).unwrap().set_len(whole - cut).unwrap();
            let file = KeyFile::open(&path, OWNER).unwrap();
            assert!(file.verify().is_err() && !file.is_complete());
            let mut file = KeyFile::open_to_write(&path, OWNER).unwrap();
            file.verify().unwrap();
            assert_eq!(file.low(), low, "{cut} octets are missing");
            file.append(&[], 6000, true).unwrap();
            assert!(KeyFile::open(&path, OWNER).unwrap().is_complete());
            filled(&path);
        }
    }

    #[test]
    fn each_flipped_bit_is_found() {
        let (_directory, path) = place();
        filled(&path);
        let octets = fs::read(&path).unwrap();
        for at in (0..octets.len()).step_by(997).chain(0..HEADER_OCTETS) {
            let mut damaged = octets.clone();
            damaged[at] ^= 4;
            fs::write(&path, damaged).unwrap();
            let found = KeyFile::open(&path, OWNER).and_then(|file| file.verify());
            assert!(found.is_err(), "at {at}");
        }
    }

    #[test]
    fn what_belongs_elsewhere_is_refused() {
        let (_directory, path) = place();
        let open = |owner| KeyFile::open(&path, owner).map(|_| ());
        assert!(matches!(open(OWNER), Err(Unusable::Missing)));
        filled(&path);
        assert!(matches!(open(Owner { seed: 8, ..OWNER }), Err(Unusable::Foreign)));
        assert!(matches!(open(Owner { first_serial: 1, ..OWNER }), Err(Unusable::Foreign)));
        let mut octets = fs::read(&path).unwrap();
        octets[8] = 9;
        fs::write(&path, octets).unwrap();
        assert!(matches!(open(OWNER), Err(Unusable::Version(9))));
    }

    #[test]
    fn a_file_without_links_is_read_and_not_gone_on_with() {
        let (_directory, path) = place();
        assert!(filled(&path).has_links());
        let mut octets = fs::read(&path).unwrap();
        octets[8] = 1;
        let crc = OWNER.crc(0, &octets[..HEADER_OCTETS - 4]);
        octets[HEADER_OCTETS - 4..HEADER_OCTETS].copy_from_slice(&crc.to_le_bytes());
        fs::write(&path, octets).unwrap();
        let file = KeyFile::open(&path, OWNER).unwrap();
        file.verify().unwrap();
        assert!(!file.has_links() && file.is_complete());
        assert_eq!(all(&file, 1, 9).unwrap(), [7, 4, 1]);
        assert!(matches!(KeyFile::open_to_write(&path, OWNER), Err(Unusable::Outdated(1))));
    }

    #[test]
    fn the_hash_is_part_of_the_format() {
        let (bank, games) = (LinkName::from("bank"), LinkName::from("games"));
        fn of(owner: Owner, value: &[u8], link: Option<&LinkName>) -> u32 {
            owner.hash(Sought { value, link })
        }
        assert_ne!(of(OWNER, b"12345678", None), of(OWNER, b"12345678\0", None));
        assert_ne!(of(OWNER, b"1234", None), of(Owner { seed: 8, ..OWNER }, b"1234", None));
        let of_1234 = [None, Some(&bank), Some(&games)].map(|link| of(OWNER, b"1234", link));
        assert_eq!(of_1234, [0x9233_1A1B, 0x001C_A83E, 0xA34A_A737]);
        assert_ne!(of(OWNER, b"bank", Some(&games)), of(OWNER, b"games", Some(&bank)));
        for link in [None, Some(&bank)] {
            let hashes: std::collections::HashSet<u32> = (0..100_000_u32)
                .map(|number| of(OWNER, format!("62811{number:07}").as_bytes(), link))
                .collect();
            assert!(hashes.len() > 99_990, "{} of 100,000", hashes.len());
        }
    }
}
