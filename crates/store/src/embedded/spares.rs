//! Journal files that are over, kept to be written over.
//!
//! Writing over octets that are there spares the disk what a file takes that grows: its length and its
//! place would have to be synced with the octets, each time.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The most files that are kept.
const FILES_MAX: usize = 8;
/// The most that they hold together, in octets.
const OCTETS_MAX: u64 = 512 << 20;
const SUFFIX: &str = "spare";

/// The files that are kept in a directory, which have no number.
#[derive(Debug)]
pub(super) struct Spares(Vec<(PathBuf, u64)>);

impl Spares {
    /// Finds those that are in the directory.
    pub(super) fn find(directory: &Path) -> io::Result<Self> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|suffix| suffix == SUFFIX) {
                found.push((entry.path(), entry.metadata()?.len()));
            }
        }
        Ok(Self(found))
    }

    /// Keeps the file, or removes it if there are enough.
    pub(super) fn keep(&mut self, path: &Path) -> io::Result<()> {
        let octets = fs::metadata(path)?.len();
        if self.0.len() >= FILES_MAX || self.octets() + octets > OCTETS_MAX {
            return fs::remove_file(path);
        }
        let spare = path.with_extension(SUFFIX);
        fs::rename(path, &spare)?;
        self.0.push((spare, octets));
        Ok(())
    }

    /// Makes one of them the file at `path`, which begins with `header`; `None` if there is none. The
    /// header is durable before the file has that name.
    pub(super) fn reuse(&mut self, path: &Path, header: &[u8]) -> io::Result<Option<File>> {
        while let Some((spare, _)) = self.0.pop() {
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

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How much they hold, in octets.
    pub(super) fn octets(&self) -> u64 {
        self.0.iter().map(|(_, octets)| octets).sum()
    }
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
        spares.keep(&path("1.log")).unwrap();
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
            spares.keep(&path).unwrap();
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), FILES_MAX);
    }
}
