//! A disk in memory that fails as real ones do.

#![cfg_attr(not(feature = "simulation"), allow(unreachable_pub, reason = "public in the simulation alone"))]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rand::Rng;
use rand::rngs::StdRng;

use super::disk::{Disk, ReadDisk};

/// What the system says when a disk cannot be written to.
const EIO: i32 = 5;
/// What a disk writes as a whole.
const SECTOR_OCTETS: usize = 512;

/// Files in memory; clones share them. What was written can be read at once, but survives a power cut for sure only when
/// it has been synced.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u32, FileState>,
    summaries: BTreeMap<u32, Vec<u8>>,
    /// Removed, but not durably.
    removed: BTreeMap<u32, FileState>,
    /// What the files held that may be written over.
    spares: Vec<Vec<u8>>,
    /// How long spares are at most that are made; 0 if none are.
    spare_octets_max: u64,
    /// How many more changes there will be before the power goes.
    changes_left: Option<u64>,
    /// How many octets all files may have.
    capacity: Option<u64>,
    fails_write: bool,
    fails_sync: bool,
}

#[derive(Clone, Debug, Default)]
struct FileState {
    durable: Vec<u8>,
    now: Vec<u8>,
    is_born: bool,
}

impl MemoryDisk {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The power goes after so many changes; nothing can be changed from then on.
    pub fn cut_power_after(&self, changes: u64) {
        self.with(|state| state.changes_left = Some(changes));
    }

    /// Whether the power has gone.
    #[cfg(feature = "simulation")]
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.with(|state| state.changes_left == Some(0))
    }

    /// How many octets all files together may have; `None` is without limit.
    pub fn set_capacity(&self, capacity: Option<u64>) {
        self.with(|state| state.capacity = capacity);
    }

    /// From now on spares are made, at once, of so many octets at most.
    pub fn make_spares(&self, octets_max: u64) {
        self.with(|state| state.spare_octets_max = octets_max);
    }

    /// From now on every write fails in the middle (EIO).
    pub fn fail_writes(&self) {
        self.with(|state| state.fails_write = true);
    }

    /// Every sync fails from now on, and does nothing.
    pub fn fail_syncs(&self) {
        self.with(|state| state.fails_sync = true);
    }

    /// The disk is replaced by one that works, with all that can be read from this one.
    #[cfg(test)]
    pub(super) fn repair(&self) {
        self.with(|state| (state.fails_write, state.fails_sync) = (false, false));
    }

    /// How many octets all files have.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.with(|state| state.used())
    }

    /// The numbers of the files, ascending.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        self.with(|state| state.files.keys().copied().collect())
    }

    /// Puts a summary beside the file with this number.
    #[cfg(test)]
    pub(super) fn put_summary(&self, number: u32, octets: Vec<u8>) {
        self.with(|state| state.summaries.insert(number, octets));
    }

    /// The summaries that there are.
    #[cfg(test)]
    pub(super) fn summaries(&self) -> BTreeMap<u32, Vec<u8>> {
        self.with(|state| state.summaries.clone())
    }

    /// Changes the contents of a file, if there is such, as they are on the disk.
    #[cfg(test)]
    pub(super) fn damage(&self, number: u32, change: impl FnOnce(&mut Vec<u8>)) {
        self.with(|state| {
            if let Some(file) = state.files.get_mut(&number) {
                change(&mut file.now);
                file.durable = file.now.clone();
            }
        });
    }

    /// What the next process finds when only the process ended: all that was written. It works again.
    #[cfg(feature = "simulation")]
    #[must_use]
    pub fn after_exit(&self) -> Self {
        self.with(|state| {
            Self(Arc::new(Mutex::new(State {
                files: state.files.clone(),
                removed: state.removed.clone(),
                spare_octets_max: state.spare_octets_max,
                ..State::default()
            })))
        })
    }

    /// What is found after a power cut: what was synced, and anything of what was not. It works again.
    #[must_use]
    pub fn after_power_cut(&self, random: &mut StdRng) -> Self {
        self.with(|state| Self(Arc::new(Mutex::new(state.after_power_cut(random)))))
    }
}

impl State {
    fn after_power_cut(&self, random: &mut StdRng) -> Self {
        let mut files = BTreeMap::new();
        for (&number, file) in &self.files {
            if file.is_born || random.random() {
                files.insert(number, file.after_power_cut(random));
            }
        }
        for (&number, file) in &self.removed {
            if random.random() {
                files.entry(number).or_insert_with(|| file.after_power_cut(random));
            }
        }
        let (summaries, spare_octets_max) = (self.summaries.clone(), self.spare_octets_max);
        Self { files, summaries, spare_octets_max, ..Self::default() }
    }
}

impl FileState {
    /// Writes over what is there, and behind it.
    fn write<'a>(&mut self, offset: usize, octets: impl ExactSizeIterator<Item = &'a u8>) {
        assert!(offset <= self.now.len(), "the journal has no holes");
        let end = (offset + octets.len()).min(self.now.len());
        self.now.splice(offset..end, octets.copied());
    }

    fn after_power_cut(&self, random: &mut StdRng) -> Self {
        let Self { durable, now, .. } = self;
        let alike = |(durable, now): &(&u8, &u8)| durable == now;
        let same = durable.iter().zip(now).take_while(alike).count();
        let same_end = durable.iter().rev().zip(now.iter().rev()).take_while(alike).count();
        let is_longer = durable.len() != now.len();
        let end = if is_longer { now.len() } else { now.len() - same_end.min(now.len() - same) };
        let kept = random.random_range(same.min(end)..=end);
        let mut octets: Vec<u8> = now.iter().take(kept).copied().collect();
        let old = durable.get(kept..end.clamp(kept, durable.len().max(kept))).unwrap_or_default();
        match random.random_range(0..4) {
            0 => octets.resize(end, 0),
            1 => octets.extend((kept..end).map(|_| random.random::<u8>())),
            2 => octets.extend_from_slice(old),
            _ => octets.extend(interleaved(old, now.get(kept..end).unwrap_or_default(), random)),
        }
        if octets.len() == end {
            octets.extend_from_slice(now.get(end..).unwrap_or_default());
        }
        Self { durable: octets.clone(), now: octets, is_born: true }
    }
}

/// Sectors of what was there and of what was written, as a disk may order them.
fn interleaved(old: &[u8], now: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut octets = Vec::with_capacity(now.len());
    for (at, sector) in now.chunks(SECTOR_OCTETS).enumerate() {
        let before = old.get(at * SECTOR_OCTETS..).unwrap_or_default();
        let is_new = random.random::<bool>();
        octets.extend(if is_new { sector.iter() } else { before.iter() }.take(sector.len()));
        octets.resize(octets.len().max(at * SECTOR_OCTETS + sector.len()), 0);
    }
    octets
}

impl State {
    fn used(&self) -> u64 {
        let spares = self.spares.iter().map(|spare| spare.len() as u64);
        self.files.values().map(|file| file.now.len() as u64).chain(spares).sum()
    }

    /// How many more octets there is room for.
    fn room(&self) -> u64 {
        self.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(self.used()))
    }

    /// Counts a change; an error if the power is gone.
    fn change(&mut self) -> io::Result<()> {
        match &mut self.changes_left {
            Some(0) => Err(io::Error::other("no power")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn file(&mut self, number: u32) -> io::Result<&mut FileState> {
        self.files.get_mut(&number).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl ReadDisk for MemoryDisk {
    fn list(&mut self) -> io::Result<Vec<u32>> {
        Ok(self.numbers())
    }

    fn length(&mut self, number: u32) -> io::Result<u64> {
        self.with(|state| state.file(number).map(|file| file.now.len() as u64))
    }

    fn read_at(&mut self, number: u32, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|state| {
            let file = state.file(number)?;
            let rest = file.now.get(offset as usize..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            Ok(count)
        })
    }

    fn read_summary(&mut self, number: u32) -> io::Result<Vec<u8>> {
        self.with(|state| state.summaries.get(&number).cloned().ok_or(io::ErrorKind::NotFound.into()))
    }
}

impl Disk for MemoryDisk {
    fn create(&mut self, number: u32, header: &[u8]) -> io::Result<u64> {
        self.with(|state| {
            state.change()?;
            if state.fails_write {
                return Err(io::Error::from_raw_os_error(EIO));
            }
            let file = match state.spares.pop() {
                Some(mut now) => {
                    now.splice(..header.len(), header.iter().copied());
                    FileState { durable: now.clone(), now, is_born: false }
                }
                None if state.room() < header.len() as u64 => return Err(io::ErrorKind::StorageFull.into()),
                None => FileState { now: header.to_vec(), ..FileState::default() },
            };
            let octets = file.now.len() as u64;
            state.files.insert(number, file);
            Ok(octets)
        })
    }

    fn write_at(&mut self, number: u32, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.with(|state| {
            let room = usize::try_from(state.room()).unwrap_or(usize::MAX);
            let power = state.change();
            let is_broken = state.fails_write;
            let file = state.file(number)?;
            if is_broken {
                file.write(offset as usize, octets.iter().take(octets.len() / 2));
                return Err(io::Error::from_raw_os_error(EIO));
            }
            let fitting = (file.now.len() - offset as usize).saturating_add(room).min(octets.len());
            file.write(offset as usize, octets.iter().take(fitting));
            power?;
            if fitting < octets.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn truncate(&mut self, number: u32, length: u64) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            state.file(number)?.now.truncate(length as usize);
            Ok(())
        })
    }

    fn sync(&mut self, number: u32) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            if state.fails_sync {
                return Err(io::Error::other("the disk is broken"));
            }
            let file = state.file(number)?;
            file.durable = file.now.clone();
            Ok(())
        })
    }

    fn remove(&mut self, number: u32) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            let file = state.files.remove(&number).ok_or(io::ErrorKind::NotFound)?;
            state.summaries.remove(&number);
            state.removed.insert(number, file);
            Ok(())
        })
    }

    fn retire(&mut self, number: u32) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            let file = state.files.remove(&number).ok_or(io::ErrorKind::NotFound)?;
            state.summaries.remove(&number);
            state.spares.push(file.now.clone());
            state.removed.insert(number, file);
            Ok(())
        })
    }

    fn has_spare(&self) -> bool {
        self.with(|state| !state.spares.is_empty())
    }

    fn make_spare(&mut self, octets: u64) {
        self.with(|state| {
            let octets = octets.min(state.spare_octets_max);
            if octets > 0 && state.changes_left != Some(0) && state.room() >= octets {
                state.spares.push(vec![0; octets as usize]);
            }
        });
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            state.removed.clear();
            state.files.values_mut().for_each(|file| file.is_born = true);
            Ok(())
        })
    }

    fn free_octets(&mut self) -> io::Result<u64> {
        Ok(self.with(|state| state.room()))
    }
}
