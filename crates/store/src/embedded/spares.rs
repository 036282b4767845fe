//! Files for the journal to write over: its own that are over, and, where there is none, one that is made beside the
//! traffic.
//!
//! Writing over octets that are there spares the disk what a file takes that grows: its length and its
//! place would have to be synced with the octets, each time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// The most files of the journal that are kept; one more may have been made meanwhile.
const FILES_MAX: usize = 8;
/// The most that they hold together, in octets.
const OCTETS_MAX: u64 = 512 << 20;
const SUFFIX: &str = "spare";
/// One that is not whole yet.
const UNFINISHED: &str = "unfinished";
/// The name of one that was made, which no file of the journal has.
const MADE: &str = "made";
/// How much of a file is made at a time, in octets: what else the disk has to do waits no longer than for that.
const PIECE_OCTETS: u64 = 1 << 20;
/// What is written at a time. The kernel keeps in one what came in one: whatever is written over a part of it later would
/// count, and be looked through, as all of it.
const PAGE: [u8; 4096] = [0; 4096];

/// The files that are kept in a directory, which have no number.
#[derive(Debug)]
pub(super) struct Spares {
    directory: PathBuf,
    kept: Vec<(PathBuf, u64)>,
    making: Option<Making>,
}

/// One that is being made.
#[derive(Debug)]
struct Making {
    octets: u64,
    progress: Arc<MakingProgress>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct MakingProgress {
    is_made: AtomicBool,
    is_given_up: AtomicBool,
}

impl Spares {
    /// Finds those that are in the directory, and removes what was not finished.
    pub(super) fn find(directory: &Path) -> io::Result<Self> {
        let mut kept = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            match entry.path().extension() {
                Some(suffix) if suffix == SUFFIX => kept.push((entry.path(), entry.metadata()?.len())),
                Some(suffix) if suffix == UNFINISHED => fs::remove_file(entry.path())?,
                _ => {}
            }
        }
        Ok(Self { directory: directory.to_owned(), kept, making: None })
    }

    /// Keeps the file, or removes it if there are enough, or if it is shorter than `octets_min`: it would soon have to
    /// grow.
    pub(super) fn keep(&mut self, path: &Path, octets_min: u64) -> io::Result<()> {
        let octets = fs::metadata(path)?.len();
        if octets < octets_min || self.kept.len() >= FILES_MAX || self.octets() + octets > OCTETS_MAX {
            return fs::remove_file(path);
        }
        let spare = path.with_extension(SUFFIX);
        fs::rename(path, &spare)?;
        self.kept.push((spare, octets));
        Ok(())
    }

    /// Begins to make one of so many octets, unless one is being made; there must be none. It is there when it is
    /// durable.
    pub(super) fn make(&mut self, octets: u64) {
        self.receive();
        if self.making.as_ref().is_none_or(Making::has_ended) {
            self.making = Making::begin(&self.directory, octets)
                .inspect_err(
                    |error| tracing::warn!(%error, "no file can be made for the journal ahead of time"),
                )
                .ok();
        }
    }

    /// Keeps the one that was made, if it is there.
    fn receive(&mut self) {
        if let Some(made) = self.making.take_if(|making| making.is_made()) {
            self.kept.push((made_path(&self.directory, SUFFIX), made.octets));
        }
    }

    /// Makes one of them the file at `path`, which begins with `header`; `None` if there is none. The
    /// header is durable before the file has that name.
    pub(super) fn reuse(&mut self, path: &Path, header: &[u8]) -> io::Result<Option<File>> {
        self.receive();
        while let Some((spare, _)) = self.kept.pop() {
            let file = match OpenOptions::new().read(true).write(true).open(&spare) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            file.write_all_at(header, 0)?;
            file.sync_data()?;
            fs::rename(spare, path)?;
            return Ok(Some(file));
        }
        Ok(None)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && !self.making.as_ref().is_some_and(Making::is_made)
    }

    /// How much they hold, in octets.
    pub(super) fn octets(&self) -> u64 {
        self.kept.iter().map(|(_, octets)| octets).sum()
    }
}

impl Making {
    fn begin(directory: &Path, octets: u64) -> io::Result<Self> {
        let progress = Arc::new(MakingProgress::default());
        let (directory, seen) = (directory.to_owned(), Arc::clone(&progress));
        let thread = thread::Builder::new().name("spare".into()).spawn(move || {
            if let Err(error) = seen.make(&directory, octets) {
                tracing::warn!(%error, "no file could be made for the journal ahead of time");
            }
        })?;
        Ok(Self { octets, progress, thread: Some(thread) })
    }

    fn is_made(&self) -> bool {
        self.progress.is_made.load(Ordering::Acquire)
    }

    fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.progress.is_given_up.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl MakingProgress {
    fn make(&self, directory: &Path, octets: u64) -> io::Result<()> {
        let unfinished = made_path(directory, UNFINISHED);
        let written = self.write(&unfinished, octets);
        if !matches!(written, Ok(true)) {
            fs::remove_file(&unfinished)?;
            return written.map(drop);
        }
        fs::rename(&unfinished, made_path(directory, SUFFIX))?;
        self.is_made.store(true, Ordering::Release);
        Ok(())
    }

    /// Writes the file piece by piece, with as long a rest after each as it took, since others wait for the same disk;
    /// false if that was given up.
    fn write(&self, path: &Path, octets: u64) -> io::Result<bool> {
        let mut file = File::create(path)?;
        let mut left = octets;
        while left > 0 && !self.is_given_up.load(Ordering::Relaxed) {
            let since = Instant::now();
            let piece = left.min(PIECE_OCTETS);
            write_zeros(&mut file, piece)?;
            file.sync_data()?;
            left -= piece;
            thread::park_timeout(since.elapsed());
        }
        Ok(left == 0)
    }
}

fn write_zeros(file: &mut File, octets: u64) -> io::Result<()> {
    let mut left = usize::try_from(octets).map_err(io::Error::other)?;
    while left > 0 {
        let page = PAGE.get(..left).unwrap_or(&PAGE);
        file.write_all(page)?;
        left -= page.len();
    }
    Ok(())
}

fn made_path(directory: &Path, suffix: &str) -> PathBuf {
    directory.join(MADE).with_extension(suffix)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_used_again_with_what_it_holds() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("1.log"), b"old header, old records").unwrap();
        let mut spares = Spares::find(directory.path()).unwrap();
        assert!(spares.reuse(&path("2.log"), b"new").unwrap().is_none());
        spares.keep(&path("1.log"), 23).unwrap();
        assert!(!path("1.log").exists());

        let mut spares = Spares::find(directory.path()).unwrap();
        assert_eq!(spares.octets(), 23);
        assert!(spares.reuse(&path("2.log"), b"new").unwrap().is_some());
        assert_eq!(fs::read(path("2.log")).unwrap(), b"new header, old records");
        assert_eq!(spares.octets(), 0);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn no_more_than_some_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let mut spares = Spares::find(directory.path()).unwrap();
        for number in 0..=FILES_MAX {
            let path = directory.path().join(format!("{number}.log"));
            fs::write(&path, b"x").unwrap();
            spares.keep(&path, 0).unwrap();
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), FILES_MAX);
    }

    #[test]
    fn one_that_would_soon_have_to_grow_is_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let mut spares = Spares::find(directory.path()).unwrap();
        fs::write(directory.path().join("1.log"), b"short").unwrap();
        spares.keep(&directory.path().join("1.log"), 6).unwrap();
        assert!(spares.is_empty());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_there_is_none_one_is_made() {
        const OCTETS: u64 = 3 * PIECE_OCTETS / 2 + 1;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("1.log");
        let mut spares = Spares::find(directory.path()).unwrap();
        assert!(spares.reuse(&path, b"header").unwrap().is_none());
        spares.make(OCTETS);
        while spares.is_empty() {
            thread::yield_now();
        }
        let file = spares.reuse(&path, b"header").unwrap().unwrap();
        assert_eq!(file.metadata().unwrap().len(), OCTETS);
        let octets = fs::read(&path).unwrap();
        assert!(octets.starts_with(b"header") && octets.iter().skip(6).all(|&octet| octet == 0));
        assert!(spares.is_empty());
    }

    #[test]
    fn what_was_not_finished_does_not_stay() {
        let directory = tempfile::tempdir().unwrap();
        let mut spares = Spares::find(directory.path()).unwrap();
        spares.make(u64::MAX);
        drop(spares);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "given up");

        fs::write(made_path(directory.path(), UNFINISHED), b"half").unwrap();
        assert!(Spares::find(directory.path()).unwrap().is_empty());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "killed");
    }

    #[test]
    fn another_is_made_when_one_could_not_be() {
        let directory = tempfile::tempdir().unwrap();
        let in_the_way = made_path(directory.path(), UNFINISHED);
        let mut spares = Spares::find(directory.path()).unwrap();
        fs::create_dir(&in_the_way).unwrap();
        spares.make(1);
        while !spares.making.as_ref().unwrap().has_ended() {
            thread::yield_now();
        }
        assert!(spares.is_empty());
        fs::remove_dir(&in_the_way).unwrap();
        spares.make(1);
        while spares.is_empty() {
            thread::yield_now();
        }
    }
}
