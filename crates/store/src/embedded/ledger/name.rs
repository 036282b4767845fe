//! The names of the files of the ledger, which say what may be in them.

use std::fs;
use std::path::{Path, PathBuf};

use sms::Timestamp;

/// Milliseconds of a day.
pub(super) const DAY_MS: u64 = 86_400_000;

/// A file: the day when its first record was accepted, and the least serial that it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) first_serial: u64,
    /// Days since 1970.
    pub(super) day: u64,
}

impl Name {
    /// `2026-11-23-000000000017.sqlite`: date and serial.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".sqlite")?;
        let (date, serial) = stem.rsplit_once('-')?;
        let date: jiff::civil::Date = date.parse().ok()?;
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
        Some(Self { first_serial: serial.parse().ok()?, day: u64::try_from(midnight).ok()? / 86_400 })
    }

    pub(super) fn path(self, directory: &Path) -> PathBuf {
        let second = i64::try_from(self.day * 86_400).unwrap_or(0);
        let date = jiff::Timestamp::from_second(second).unwrap_or_default().strftime("%Y-%m-%d");
        directory.join(format!("{date}-{:012}.sqlite", self.first_serial))
    }

    /// The file of keys beside the file.
    pub(super) fn keys_path(self, directory: &Path) -> PathBuf {
        self.path(directory).with_extension("keys")
    }

    /// Whether the file may hold records accepted in this time: they are written within a day.
    pub(super) fn may_hold(self, from: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        let starts_late = until.is_some_and(|until| self.day > until.0 / DAY_MS + 1);
        let ends_early = from.is_some_and(|from| self.day < from.0 / DAY_MS);
        !starts_late && !ends_early
    }
}

/// The day that an instant is in.
pub(super) const fn day_of(at: Timestamp) -> u64 {
    at.0 / DAY_MS
}

/// All files in the directory, oldest first.
pub(super) fn list(directory: &Path) -> std::io::Result<Vec<Name>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        names.extend(entry?.file_name().to_str().and_then(Name::parse));
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_day_and_serial() {
        let name = Name { first_serial: 17, day: 20_780 };
        let path = name.path(Path::new("/l"));
        assert_eq!(path.to_str(), Some("/l/2026-11-23-000000000017.sqlite"));
        assert_eq!(Name::parse("2026-11-23-000000000017.sqlite"), Some(name));
        assert_eq!(Name::parse("2026-11-23-000000000017.sqlite-wal"), None);
    }
}
