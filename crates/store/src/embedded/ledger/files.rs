//! The files of the ledger: one per day, or more if a day has many records.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use sms::Timestamp;

use super::breath::Breath;
use super::error::LedgerError;
use super::keeper::Keeper;
use super::key_file::Owner;
use super::name::{Name, day_of, list};
use super::staging::Staged;
use super::table::{Schema, insert, last_serial};
use super::young::Register;

/// The serial of the first message of a data directory.
const FIRST_SERIAL: u64 = 1;
/// The most files that are kept open.
const OPEN_FILES_MAX: usize = 3;
/// How long a page of a file is, in octets. Rows are appended, so long pages are written once.
const PAGE_OCTETS: i32 = 16 << 10;
/// What SQLite may keep of each open file in memory, in KiB.
const CACHE_KIB: i32 = 8 << 10;
/// How long the log of a file grows before its pages are moved to their place, in pages.
const LOG_PAGES: i32 = 4096;

/// A file of the ledger as its feeder has it open.
#[derive(Debug)]
struct OpenFile {
    connection: Connection,
    schema: Schema,
    /// The largest serial that it had when it was opened, 0 if it was empty.
    last_serial: u64,
}

/// The files of the ledger, as its feeder has them open.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    names: Vec<Name>,
    open: BTreeMap<Name, OpenFile>,
    keepers: BTreeMap<Name, Keeper>,
    register: Register,
    records_max: u64,
    /// If the newest file is of an older version: the last serial that it may have.
    frozen_at: Option<u64>,
    is_begun: bool,
}

impl Files {
    pub(super) fn open(directory: &Path, records_max: u64, register: Register) -> Result<Self, LedgerError> {
        register.clear();
        Ok(Self {
            directory: directory.to_owned(),
            names: list(directory)?,
            open: BTreeMap::new(),
            keepers: BTreeMap::new(),
            register,
            records_max,
            frozen_at: None,
            is_begun: false,
        })
    }

    /// Opens the newest file to go on with it, or, if it is of an older version, with a new one. To be
    /// called before anything is written; does nothing when it has succeeded before.
    pub(super) fn begin(&mut self) -> Result<(), LedgerError> {
        if !self.is_begun
            && let Some(&newest) = self.names.last()
        {
            let file = self.file(newest)?;
            if file.schema == Schema::Indexed {
                self.frozen_at = Some(file.last_serial);
            } else {
                self.register.want(newest);
            }
        }
        self.is_begun = true;
        Ok(())
    }

    /// The largest serial that has been written.
    pub(super) fn last_serial(&mut self) -> Result<u64, LedgerError> {
        match self.names.last() {
            Some(&newest) => Ok(last_serial(self.connection(newest)?)?.max(newest.first_serial - 1)),
            None => Ok(0),
        }
    }

    /// The file for a message that is accepted at `at`: the newest, or a new one if that is from another day or long.
    pub(super) fn file_for(&mut self, serial: u64, at: Timestamp) -> Option<Name> {
        let day = day_of(at);
        if let Some(newest) = self.names.last()
            && (serial < newest.first_serial || (day <= newest.day && serial < self.end_of(*newest)))
        {
            return self.file_of(serial);
        }
        // The first record that is written need not be the first that was accepted, and the very first
        // file has no other before it that could take those.
        let first_serial = if self.names.is_empty() { FIRST_SERIAL } else { serial };
        let name = Name { first_serial, day: day.max(self.names.last().map_or(0, |name| name.day)) };
        self.names.push(name);
        self.frozen_at = None;
        Some(name)
    }

    /// Messages with a serial from this on go to a newer file than the newest.
    fn end_of(&self, newest: Name) -> u64 {
        match self.frozen_at {
            Some(last) => last.max(newest.first_serial) + 1,
            None => newest.first_serial + self.records_max,
        }
    }

    /// The file that has this message, unless it has been removed.
    pub(super) fn file_of(&self, serial: u64) -> Option<Name> {
        let behind = self.names.partition_point(|name| name.first_serial <= serial);
        self.names.get(behind.checked_sub(1)?).copied()
    }

    /// The connection to a file.
    pub(super) fn connection(&mut self, name: Name) -> Result<&mut Connection, LedgerError> {
        Ok(&mut self.file(name)?.connection)
    }

    fn file(&mut self, name: Name) -> Result<&mut OpenFile, LedgerError> {
        if !self.open.contains_key(&name) {
            if self.open.len() >= OPEN_FILES_MAX
                && let Some((_, oldest)) = self.open.pop_first()
            {
                checkpoint(&oldest.connection)?;
            }
            let file = OpenFile::open(&name.path(&self.directory))?;
            self.open.insert(name, file);
        }
        self.open.get_mut(&name).ok_or(LedgerError::Journal)
    }

    /// Writes records to a file, and adds their keys.
    pub(super) fn insert(
        &mut self,
        name: Name,
        records: &[&Staged],
        breath: &mut Breath,
    ) -> Result<(), LedgerError> {
        let file = self.file(name)?;
        let (schema, last) = (file.schema, file.last_serial);
        let transaction = file.connection.transaction()?;
        insert(&transaction, records, last, breath)?;
        transaction.commit()?;
        if let Some(owner) = schema.owner(name) {
            self.keeper(name, owner, 0)?.add(records);
        }
        Ok(())
    }

    fn keeper(&mut self, name: Name, owner: Owner, low: u64) -> Result<&mut Keeper, LedgerError> {
        if !self.keepers.contains_key(&name) {
            let (path, register) = (name.keys_path(&self.directory), self.register.clone());
            let keeper = Keeper::open(&self.file(name)?.connection, name, &path, owner, register, low)?;
            self.keepers.insert(name, keeper);
        }
        self.keepers.get_mut(&name).ok_or(LedgerError::Journal)
    }

    /// Writes keys out that have become many, and lets go of the files to which nothing is added any
    /// more. All messages with a serial below `low` have been written.
    pub(super) fn settle_keys(&mut self, low: u64) -> Result<(), LedgerError> {
        let next = self.names.iter().zip(self.names.iter().skip(1));
        let ended: BTreeSet<Name> =
            next.filter(|(_, next)| next.first_serial <= low).map(|(name, _)| *name).collect();
        for (name, keeper) in &mut self.keepers {
            keeper.settle(low, ended.contains(name))?;
        }
        self.keepers.retain(|name, _| !ended.contains(name));
        Ok(())
    }

    /// Makes keys good that somebody found to be of no use. All messages with a serial below `low` have
    /// been written.
    pub(super) fn mend_keys(&mut self, low: u64) -> Result<(), LedgerError> {
        for name in self.register.wanted() {
            self.keepers.remove(&name);
            match self.names.contains(&name).then(|| self.file(name)).transpose()?.map(|file| file.schema) {
                Some(Schema::Keyed { seed }) => {
                    self.keeper(name, Owner { seed, first_serial: name.first_serial }, low)?;
                }
                _ => self.register.mended(name, false),
            }
        }
        self.settle_keys(low)
    }

    /// Makes everything durable that was committed; false if a reader was in the way.
    pub(super) fn checkpoint(&mut self) -> Result<bool, LedgerError> {
        let mut is_complete = true;
        for file in self.open.values() {
            is_complete &= checkpoint(&file.connection)?;
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
            self.keepers.remove(&oldest);
            self.register.close(oldest);
            let path = oldest.path(&self.directory);
            remove(&oldest.keys_path(&self.directory))?;
            for suffix in ["-wal", "-shm", ""] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                remove(Path::new(&name))?;
            }
            tracing::info!(file = %path.display(), "removed a file of the ledger: its retention is over");
            self.names.remove(0);
        }
        Ok(())
    }
}

impl OpenFile {
    fn open(path: &Path) -> Result<Self, LedgerError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let schema = match Schema::of(&connection)? {
            Some(schema) => schema,
            None => {
                connection.pragma_update(None, "page_size", PAGE_OCTETS)?;
                connection.pragma_update(None, "journal_mode", "WAL")?;
                Schema::create(&connection, RandomState::new().hash_one(path) as u32)?
            }
        };
        Schema::complete(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        connection.set_prepared_statement_cache_capacity(16);
        let last_serial = last_serial(&connection)?;
        Ok(Self { connection, schema, last_serial })
    }
}

fn checkpoint(connection: &Connection) -> Result<bool, LedgerError> {
    let numbers =
        |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (busy, logged, moved) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], numbers)?;
    Ok(busy == 0 && logged == moved)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::name::DAY_MS;
    use super::*;

    #[test]
    fn a_message_that_is_written_before_older_ones_leaves_room_for_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = Files::open(directory.path(), 100, Register::default()).unwrap();
        let first = files.file_for(3, Timestamp(DAY_MS));
        assert_eq!(files.file_for(1, Timestamp(DAY_MS)), first);
        assert!(first.is_some());
    }

    #[test]
    fn a_new_day_or_too_many_records_begin_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = Files::open(directory.path(), 100, Register::default()).unwrap();
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
