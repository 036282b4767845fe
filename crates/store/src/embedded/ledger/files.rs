//! The files of the ledger: one per day, or more if a day has many records.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sms::Timestamp;

use super::LedgerError;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// The serial of the first message of a data directory.
const FIRST_SERIAL: u64 = 1;
/// The most files that are kept open.
const OPEN_FILES_MAX: usize = 3;
/// What SQLite may keep of each open file in memory, in KiB.
const CACHE_KIB: i32 = 48 << 10;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS message (
        serial INTEGER PRIMARY KEY, id BLOB NOT NULL, direction INTEGER NOT NULL, origin TEXT NOT NULL,
        target TEXT NOT NULL, source_ton INTEGER NOT NULL, source_npi INTEGER NOT NULL, source NOT NULL,
        destination_ton INTEGER NOT NULL, destination_npi INTEGER NOT NULL, destination NOT NULL,
        segments INTEGER NOT NULL, state INTEGER NOT NULL, error INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
        final_at INTEGER, in_reply_to BLOB, history BLOB NOT NULL, place INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS message_id ON message (id);
    CREATE INDEX IF NOT EXISTS message_source ON message (source);
    CREATE INDEX IF NOT EXISTS message_destination ON message (destination);
    PRAGMA user_version = 1;
";
/// The version of the schema, as a file says it.
pub(super) const SCHEMA_VERSION: i64 = 1;

/// A file: the day when its first record was accepted, and the least serial that it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) first_serial: u64,
    /// Days since 1970.
    pub(super) day: u64,
}

impl Name {
    /// `2026-11-23-000000000017.sqlite`: date and serial.
    fn parse(name: &str) -> Option<Self> {
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

/// Opens a file to read it; it must exist.
pub(super) fn open_to_read(directory: &Path, name: Name) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(name.path(directory), flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The files of the ledger, as its feeder has them open.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    names: Vec<Name>,
    open: BTreeMap<Name, Connection>,
    records_max: u64,
}

impl Files {
    pub(super) fn open(directory: &Path, records_max: u64) -> Result<Self, LedgerError> {
        let names = list(directory)?;
        Ok(Self { directory: directory.to_owned(), names, open: BTreeMap::new(), records_max })
    }

    /// The file for a message that is accepted at `at`: the newest, or a new one if that is from another day or long.
    pub(super) fn file_for(&mut self, serial: u64, at: Timestamp) -> Option<Name> {
        let day = day_of(at);
        if let Some(newest) = self.names.last()
            && (serial < newest.first_serial
                || (day <= newest.day && serial < newest.first_serial + self.records_max))
        {
            return self.file_of(serial);
        }
        // The first record that is written need not be the first that was accepted, and the very first
        // file has no other before it that could take those.
        let first_serial = if self.names.is_empty() { FIRST_SERIAL } else { serial };
        let name = Name { first_serial, day: day.max(self.names.last().map_or(0, |name| name.day)) };
        self.names.push(name);
        Some(name)
    }

    /// The file that has this message, unless it has been removed.
    pub(super) fn file_of(&self, serial: u64) -> Option<Name> {
        let behind = self.names.partition_point(|name| name.first_serial <= serial);
        self.names.get(behind.checked_sub(1)?).copied()
    }

    /// The connection to a file.
    pub(super) fn connection(&mut self, name: Name) -> Result<&mut Connection, LedgerError> {
        let oldest = self.open.first_key_value().map(|(name, _)| *name);
        if !self.open.contains_key(&name) {
            if let Some(oldest) = oldest.filter(|_| self.open.len() >= OPEN_FILES_MAX) {
                checkpoint(self.open.get(&oldest))?;
                self.open.remove(&oldest);
            }
            let connection = Connection::open(name.path(&self.directory))?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
            connection.execute_batch(SCHEMA)?;
            connection.set_prepared_statement_cache_capacity(16);
            self.open.insert(name, connection);
        }
        self.open.get_mut(&name).ok_or(LedgerError::Journal)
    }

    /// Makes everything durable that was committed; false if a reader was in the way.
    pub(super) fn checkpoint(&mut self) -> Result<bool, LedgerError> {
        let mut is_complete = true;
        for connection in self.open.values() {
            is_complete &= checkpoint(Some(connection))?;
        }
        fs::File::open(&self.directory)?.sync_all()?;
        Ok(is_complete)
    }

    /// Removes files whose records are all older than `retention`.
    pub(super) fn retain(&mut self, now: Timestamp, retention: Duration) -> Result<(), LedgerError> {
        let oldest_kept = day_of(now).saturating_sub(retention.as_secs() / 86_400 + 1);
        while let Some(&oldest) = self.names.first()
            && oldest.day < oldest_kept
            && self.names.len() > 1
        {
            self.open.remove(&oldest);
            let path = oldest.path(&self.directory);
            for suffix in ["-wal", "-shm", ""] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                match fs::remove_file(&name) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
            tracing::info!(file = %path.display(), "removed a file of the ledger: its retention is over");
            self.names.remove(0);
        }
        Ok(())
    }
}

fn checkpoint(connection: Option<&Connection>) -> Result<bool, LedgerError> {
    let Some(connection) = connection else { return Ok(true) };
    let numbers =
        |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (busy, logged, moved) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], numbers)?;
    Ok(busy == 0 && logged == moved)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_say_day_and_serial() {
        let name = Name { first_serial: 17, day: 20_780 };
        let path = name.path(Path::new("/l"));
        assert_eq!(path.to_str(), Some("/l/2026-11-23-000000000017.sqlite"));
        assert_eq!(Name::parse("2026-11-23-000000000017.sqlite"), Some(name));
        assert_eq!(Name::parse("2026-11-23-000000000017.sqlite-wal"), None);
    }

    #[test]
    fn a_message_that_is_written_before_older_ones_leaves_room_for_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = Files::open(directory.path(), 100).unwrap();
        let first = files.file_for(3, Timestamp(DAY_MS));
        assert_eq!(files.file_for(1, Timestamp(DAY_MS)), first);
        assert!(first.is_some());
    }

    #[test]
    fn a_new_day_or_too_many_records_begin_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = Files::open(directory.path(), 100).unwrap();
        let day = |day: u64| Timestamp(day * DAY_MS);
        let first = files.file_for(1, day(10)).unwrap();
        assert_eq!(files.file_for(100, day(10)), Some(first));
        assert_eq!(files.file_for(101, day(10)).unwrap().first_serial, 101);
        assert_eq!(files.file_for(102, day(11)).unwrap(), Name { first_serial: 102, day: 11 });
        assert_eq!(files.file_for(103, day(9)).unwrap().day, 11, "the clock went back");
        assert_eq!(files.file_of(50), Some(first));
        files.retain(day(100), Duration::from_secs(7 * 86_400)).unwrap();
        assert_eq!(files.file_of(50), None);
        assert!(files.file_of(102).is_some(), "the newest stays");
    }
}
