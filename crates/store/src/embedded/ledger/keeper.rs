//! Keeping the keys of a file up to date while records are added to it.

use std::path::Path;

use rusqlite::Connection;

use super::LedgerError;
use super::files::Name;
use super::key_file::{KeyFile, Owner, Unusable, key};
use super::staging::Staged;
use super::table::visit_keys;
use super::young::{Register, Young};

/// How many keys are kept in memory before they are written: those of 128 Ki records, 3 MiB.
const YOUNG_KEYS_MAX: usize = 3 << 17;

/// The keys of a file to which records are added.
#[derive(Debug)]
pub(super) struct Keeper {
    name: Name,
    owner: Owner,
    file: KeyFile,
    register: Register,
}

impl Keeper {
    /// Opens the keys of a file, or makes them again if they are of no use, and brings them up to date
    /// with its table. All messages with a serial below `low` have been written.
    pub(super) fn open(
        connection: &Connection,
        name: Name,
        path: &Path,
        owner: Owner,
        register: Register,
        low: u64,
    ) -> Result<Self, LedgerError> {
        let usable = KeyFile::open_to_write(path, owner).and_then(|file| file.verify().map(|()| file));
        let is_new = usable.is_err();
        let file = match usable {
            Ok(file) => file,
            Err(why) => {
                if !matches!(why, Unusable::Missing) {
                    tracing::warn!(file = %path.display(), %why, "keys of the ledger are made again");
                }
                KeyFile::create(path, owner)?
            }
        };
        let mut keeper = Self { name, owner, file, register };
        keeper.catch_up(connection, low)?;
        keeper.register.mended(name, is_new);
        Ok(keeper)
    }

    fn catch_up(&mut self, connection: &Connection, low: u64) -> Result<(), LedgerError> {
        self.register.with_young(self.name, Young::clear);
        let from = self.file.low();
        visit_keys(connection, from, &mut |serial, values| {
            let is_full = self.register.with_young(self.name, |young| {
                push(young, self.owner, serial, values);
                young.len() >= YOUNG_KEYS_MAX
            });
            if is_full { self.write((serial + 1).min(low), false) } else { Ok(()) }
        })
    }

    /// Adds the keys of records that are in the table and were not before.
    pub(super) fn add(&mut self, records: &[&Staged]) {
        self.register.with_young(self.name, |young| {
            for staged in records.iter().filter(|staged| !staged.is_kept()) {
                let values = [&staged.id.octets()[..], &staged.source.value, &staged.destination.value];
                push(young, self.owner, staged.serial, values);
            }
        });
    }

    /// Writes the young keys if they are many or `is_ended`: if no records are added any more. All
    /// messages with a serial below `low` have been written.
    pub(super) fn settle(&mut self, low: u64, is_ended: bool) -> Result<(), LedgerError> {
        let count = self.register.with_young(self.name, |young| young.len());
        if count >= YOUNG_KEYS_MAX || (is_ended && (count > 0 || !self.file.is_complete())) {
            self.write(low, is_ended)?;
        }
        if is_ended {
            self.register.close(self.name);
        }
        Ok(())
    }

    fn write(&mut self, low: u64, is_ended: bool) -> Result<(), LedgerError> {
        let Self { file, register, name, .. } = self;
        register.with_young(*name, |young| {
            file.append(young.sorted(), low, is_ended)?;
            young.clear();
            Ok(())
        })
    }
}

fn push(young: &mut Young, owner: Owner, serial: u64, values: [&[u8]; 3]) {
    // A file never spans as many serials as would not fit.
    let delta = u32::try_from(serial.saturating_sub(owner.first_serial)).unwrap_or(u32::MAX);
    for octets in values {
        young.push(key(owner.hash(octets), delta));
    }
}
