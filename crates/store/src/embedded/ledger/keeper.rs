//! Keeping the keys of a file up to date while records are added to it.

use std::path::Path;

use rusqlite::Connection;

use super::error::LedgerError;
use super::key_file::{KeyFile, Owner, Unusable, key};
use super::name::Name;
use super::staging::Staged;
use super::table::{Keyed, visit_keys};
use super::young::{Register, Young};

/// How many keys are kept in memory before they are written, 7 MiB: those of 128 Ki records without a reference.
const YOUNG_KEYS_MAX: usize = 7 << 17;

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
        register.want(name);
        let usable = KeyFile::open_to_write(path, owner).and_then(|file| file.verify().map(|()| file));
        let is_new = usable.is_err();
        let file = match usable {
            Ok(file) => file,
            Err(why) => {
                match why {
                    Unusable::Missing => {}
                    Unusable::Outdated(_) => {
                        tracing::info!(file = %path.display(), %why, "keys of the ledger are made again");
                    }
                    why => tracing::warn!(file = %path.display(), %why, "keys of the ledger are made again"),
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
        visit_keys(connection, from, &mut |serial, keyed| {
            let is_full = self.register.with_young(self.name, |young| {
                push(young, self.owner, serial, &keyed);
                young.len() >= YOUNG_KEYS_MAX
            });
            if is_full { self.write((serial + 1).min(low), false) } else { Ok(()) }
        })
    }

    /// Adds the keys of records that are in the table and were not before.
    pub(super) fn add(&mut self, records: &[&Staged]) {
        self.register.with_young(self.name, |young| {
            for staged in records.iter().filter(|staged| !staged.is_kept()) {
                push(young, self.owner, staged.serial, &Keyed::of(staged));
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

fn push(young: &mut Young, owner: Owner, serial: u64, keyed: &Keyed<'_>) {
    // A file never spans as many serials as would not fit.
    let delta = u32::try_from(serial.saturating_sub(owner.first_serial)).unwrap_or(u32::MAX);
    young.push(key(owner.digest(keyed.id).hash(), delta));
    let links = keyed.links.map(|link| owner.digest(link));
    let references = Some(keyed.reference).filter(|reference| !reference.is_empty());
    for value in keyed.numbers.into_iter().chain(references) {
        let value = owner.digest(value);
        young.push(key(value.hash(), delta));
        for link in links {
            young.push(key(value.hash_with(link), delta));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sms::LinkName;

    use super::super::key_file::Sought;
    use super::super::table::Schema;
    use super::*;

    const NAME: Name = Name { first_serial: 1, day: 1 };
    /// Some more than fit into memory.
    const ROWS: u32 = YOUNG_KEYS_MAX as u32 / 7 + 1000;

    fn table() -> (Connection, Owner) {
        let connection = Connection::open_in_memory().unwrap();
        let owner = Schema::create(&connection, 7).unwrap().owner(NAME).unwrap();
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
            INSERT INTO message SELECT i, CAST(i AS BLOB), 0, 'bank', 'telco', 0, 0, '1234', 0, 0, i || '', 1, 0, 0, 0, \
            NULL, NULL, '', 0, NULL, NULL FROM n";
        connection.execute(rows, [ROWS]).unwrap();
        (connection, owner)
    }

    /// How many records are found that 1234 sent, in the file and young: of all links, and of either of theirs.
    fn found(path: &Path, owner: Owner, register: &Register) -> (usize, usize) {
        let file = KeyFile::open(path, owner).unwrap();
        let count = |link: Option<&str>| {
            let link = link.map(LinkName::from);
            let hash = owner.hash(Sought { value: b"1234", link: link.as_ref() });
            let mut descent = file.descend(hash, u32::MAX).unwrap();
            let old = std::iter::from_fn(|| descent.next().unwrap()).count();
            let known = register.look(NAME, hash, u32::MAX);
            (old, known.and_then(|known| known.young).map_or(0, |young| young.len()))
        };
        assert_eq!([count(Some("bank")), count(Some("telco"))], [count(None); 2]);
        assert_eq!(count(Some("stranger")), (0, 0));
        count(None)
    }

    #[test]
    fn keys_that_are_many_are_written_and_the_rest_is_read_again() {
        let (connection, owner) = table();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.keys");
        let register = Register::default();
        let open = |low| Keeper::open(&connection, NAME, &path, owner, register.clone(), low).unwrap();
        let keeper = open(u64::MAX);
        assert_eq!(keeper.file.low(), u64::from(ROWS) - 1000 + 1);
        assert_eq!(found(&path, owner, &register), (ROWS as usize - 1000, 1000));
        drop(keeper);
        let mut keeper = open(u64::MAX);
        assert_eq!(found(&path, owner, &register), (ROWS as usize - 1000, 1000), "the same after a start");
        keeper.settle(u64::from(ROWS) + 1, true).unwrap();
        assert_eq!(found(&path, owner, &register), (ROWS as usize, 0));
        assert!(keeper.file.is_complete());
    }

    #[test]
    fn what_is_still_to_be_written_is_read_again() {
        let (connection, owner) = table();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.keys");
        let open = || Keeper::open(&connection, NAME, &path, owner, Register::default(), 500).unwrap();
        assert_eq!(open().file.low(), 500, "a record with serial 500 may come yet");
    }
}
