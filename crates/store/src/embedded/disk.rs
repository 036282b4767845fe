//! The files of the journal, behind traits, so that crashes can be played and readers cannot write.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::spares::Spares;

/// Where journal files are read. They are named by number.
pub(super) trait ReadDisk {
    /// The numbers of all files, ascending.
    fn list(&mut self) -> io::Result<Vec<u32>>;
    /// How long the file is, in octets.
    fn length(&mut self, number: u32) -> io::Result<u64>;
    /// Reads at `offset` until `buffer` is full or the file ends; returns how many octets were read.
    fn read_at(&mut self, number: u32, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// The summary of the file, as it was written; [`io::ErrorKind::NotFound`] if there is none.
    fn read_summary(&mut self, number: u32) -> io::Result<Vec<u8>>;
}

/// Where journal files live.
pub(super) trait Disk: ReadDisk + Send {
    /// Makes a file that begins with `header`, and returns its length in octets: written over a spare there is more,
    /// without meaning. It is not durable before [`Disk::sync`] and [`Disk::sync_directory`]; if it has
    /// been a spare, it has its header as soon as it is found. After an error there is no file.
    fn create(&mut self, number: u32, header: &[u8]) -> io::Result<u64>;
    /// Writes at `offset`. After an error any part of it may have been written.
    fn write_at(&mut self, number: u32, offset: u64, octets: &[u8]) -> io::Result<()>;
    /// Cuts the file.
    fn truncate(&mut self, number: u32, length: u64) -> io::Result<()>;
    /// Returns when the contents of the file would survive a power cut.
    fn sync(&mut self, number: u32) -> io::Result<()>;
    /// Removes a file and its summary. They may come back after a power cut before [`Disk::sync_directory`].
    fn remove(&mut self, number: u32) -> io::Result<()>;
    /// Takes a file and its summary out of the journal; the file becomes a spare. They may come back after a power
    /// cut before [`Disk::sync_directory`], which must come before [`Disk::create`].
    fn retire(&mut self, number: u32) -> io::Result<()>;
    /// Whether there is a file to write over, so that the next that is made need not grow.
    fn has_spare(&self) -> bool;
    /// Has a file of so many octets made to write over, without meaning. It is there some time later, or never.
    fn make_spare(&mut self, octets: u64);
    /// Returns when births and removals would survive a power cut.
    fn sync_directory(&mut self) -> io::Result<()>;
    /// How much room is left, spares included, in octets.
    fn free_octets(&mut self) -> io::Result<u64>;
}

/// The most files that are kept open for reading.
const OPEN_FILES_MAX: usize = 64;

/// A directory of the file system.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    handle: File,
    open: BTreeMap<u32, File>,
    spares: Spares,
    /// A file that is shorter is not worth writing over.
    spare_octets_min: u64,
}

impl Directory {
    /// Opens the directory, which is made if it is missing. A file that is shorter than `spare_octets_min` does not
    /// become a spare.
    pub(super) fn open(path: &Path, spare_octets_min: u64) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let handle = File::open(path)?;
        if let Some(parent) = path.parent() {
            File::open(parent)?.sync_all()?;
        }
        let spares = Spares::find(path)?;
        // A process that was killed may have retired a file and not made that durable.
        handle.sync_all()?;
        Ok(Self { path: path.to_owned(), handle, open: BTreeMap::new(), spares, spare_octets_min })
    }

    fn file(&mut self, number: u32) -> io::Result<&File> {
        if !self.open.contains_key(&number) {
            if self.open.len() >= OPEN_FILES_MAX {
                self.open.pop_first();
            }
            let file = OpenOptions::new().read(true).write(true).open(file_path(&self.path, number))?;
            self.open.insert(number, file);
        }
        self.open.get(&number).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn remove_summary(&self, number: u32) {
        // It may never have been written; one that stays all the same goes at the next start.
        let _ = fs::remove_file(summary_path(&self.path, number));
    }
}

/// The path of the file with this number.
pub(super) fn file_path(directory: &Path, number: u32) -> PathBuf {
    directory.join(format!("{number:010}.log"))
}

/// The path of the summary of the file with this number; `directory` is that of the journal.
pub(super) fn summary_path(directory: &Path, number: u32) -> PathBuf {
    directory.with_file_name("summary").join(format!("{number:010}.sum"))
}

impl ReadDisk for Directory {
    fn list(&mut self) -> io::Result<Vec<u32>> {
        numbers_in(&self.path)
    }

    fn length(&mut self, number: u32) -> io::Result<u64> {
        Ok(self.file(number)?.metadata()?.len())
    }

    fn read_at(&mut self, number: u32, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_up_to(self.file(number)?, offset, buffer)
    }

    fn read_summary(&mut self, number: u32) -> io::Result<Vec<u8>> {
        fs::read(summary_path(&self.path, number))
    }
}

impl Disk for Directory {
    fn create(&mut self, number: u32, header: &[u8]) -> io::Result<u64> {
        let path = file_path(&self.path, number);
        let file = match self.spares.reuse(&path, header)? {
            Some(file) => file,
            None => new_file(&path, header)?,
        };
        let octets = file.metadata()?.len();
        self.open.insert(number, file);
        Ok(octets)
    }

    fn write_at(&mut self, number: u32, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.file(number)?.write_all_at(octets, offset)
    }

    fn truncate(&mut self, number: u32, length: u64) -> io::Result<()> {
        self.file(number)?.set_len(length)
    }

    fn sync(&mut self, number: u32) -> io::Result<()> {
        self.file(number)?.sync_data()
    }

    fn remove(&mut self, number: u32) -> io::Result<()> {
        self.open.remove(&number);
        fs::remove_file(file_path(&self.path, number))?;
        self.remove_summary(number);
        Ok(())
    }

    fn retire(&mut self, number: u32) -> io::Result<()> {
        self.open.remove(&number);
        self.spares.keep(&file_path(&self.path, number), self.spare_octets_min)?;
        self.remove_summary(number);
        Ok(())
    }

    fn has_spare(&self) -> bool {
        !self.spares.is_empty()
    }

    fn make_spare(&mut self, octets: u64) {
        self.spares.make(octets);
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn free_octets(&mut self) -> io::Result<u64> {
        let room = rustix::fs::fstatvfs(&self.handle)?;
        Ok(room.f_bavail.saturating_mul(room.f_frsize).saturating_add(self.spares.octets()))
    }
}

fn new_file(path: &Path, header: &[u8]) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    if let Err(error) = file.write_all_at(header, 0) {
        fs::remove_file(path)?;
        return Err(error);
    }
    Ok(file)
}

/// A directory of the file system that is only read.
#[derive(Debug)]
pub(super) struct ReadDirectory(pub(super) PathBuf);

impl ReadDisk for ReadDirectory {
    fn list(&mut self) -> io::Result<Vec<u32>> {
        numbers_in(&self.0)
    }

    fn length(&mut self, number: u32) -> io::Result<u64> {
        Ok(fs::metadata(file_path(&self.0, number))?.len())
    }

    fn read_at(&mut self, number: u32, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_up_to(&File::open(file_path(&self.0, number))?, offset, buffer)
    }

    fn read_summary(&mut self, number: u32) -> io::Result<Vec<u8>> {
        fs::read(summary_path(&self.0, number))
    }
}

/// The numbers of the journal files in a directory, ascending.
pub(super) fn numbers_in(directory: &Path) -> io::Result<Vec<u32>> {
    numbers_with(directory, ".log")
}

/// The numbers of the files in a directory whose names are a number with this ending, ascending.
pub(super) fn numbers_with(directory: &Path, ending: &str) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(ending)).map(str::parse);
        if let Some(Ok(number)) = number {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn read_up_to(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
