//! The files of the ledger as those who look something up have them open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::LedgerError;
use super::key_file::{KeyFile, Owner, Sought, Unusable};
use super::name::{Name, list};
use super::row::has_moved;
use super::table::Schema;
use super::young::{Known, Register};

/// The most files that are kept open.
const OPEN_FILES_MAX: usize = 8;
/// What SQLite may keep of each open file in memory, in KiB.
const CACHE_KIB: i32 = 1 << 10;

/// Files that were looked at lately, the latest at the end.
#[derive(Debug)]
pub(super) struct Shelf {
    directory: PathBuf,
    register: Register,
    open: Vec<Opened>,
}

/// A file that is open to be read.
#[derive(Debug)]
pub(super) struct Opened {
    name: Name,
    pub(super) connection: Connection,
    /// What its file of keys belongs to; none if it has indexes of its own.
    owner: Option<Owner>,
    /// Its file of keys, and how often any had been replaced when it was opened.
    keys: Option<(KeyFile, u64)>,
    keys_path: PathBuf,
    register: Register,
}

impl Shelf {
    pub(super) fn new(directory: &Path, register: Register) -> Self {
        Self { directory: directory.to_owned(), register, open: Vec::new() }
    }

    /// The files that there are, newest first. What has been removed is let go of.
    pub(super) fn names(&mut self) -> Result<Vec<Name>, LedgerError> {
        let mut names = list(&self.directory)?;
        self.open.retain(|opened| names.binary_search(&opened.name).is_ok());
        names.reverse();
        Ok(names)
    }

    /// Lets go of all files.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    /// The file with this name; `None` if it has no table yet.
    pub(super) fn file(&mut self, name: Name) -> Result<Option<&mut Opened>, LedgerError> {
        let at = self.open.iter().position(|opened| opened.name == name);
        let opened = match at.map(|at| self.open.remove(at)) {
            Some(opened) => Some(opened),
            None => Opened::open(&self.directory, name, self.register.clone())?,
        };
        let Some(opened) = opened else { return Ok(None) };
        if self.open.len() >= OPEN_FILES_MAX {
            self.open.remove(0);
        }
        self.open.push(opened);
        Ok(self.open.last_mut())
    }
}

impl Opened {
    fn open(directory: &Path, name: Name, register: Register) -> Result<Option<Self>, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(name.path(directory), flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let Some(schema) = Schema::of(&connection)? else { return Ok(None) };
        let (owner, keys_path) = (schema.owner(name), name.keys_path(directory));
        Ok(Some(Self { name, connection, owner, keys: None, keys_path, register }))
    }

    /// Visits the serials below `below` of records that may have what is sought, newest first, until `visit` says
    /// that it has enough; of a link, those that it has had since they were written: what went to it later is in
    /// `moved`. False if there are no keys of use: nothing can be said then.
    pub(super) fn descend(
        &mut self,
        sought: Sought<'_>,
        below: u64,
        visit: &mut impl FnMut(&Connection, u64) -> Result<bool, LedgerError>,
    ) -> Result<bool, LedgerError> {
        let Some(owner) = self.owner else { return Ok(false) };
        let below = u32::try_from(below.saturating_sub(owner.first_serial)).unwrap_or(u32::MAX);
        match self.descend_keys(owner, sought, below, visit) {
            Err(LedgerError::Keys(why)) => {
                tracing::debug!(file = %self.keys_path.display(), %why, "keys of the ledger are of no use");
                self.register.want(self.name);
                self.keys = None;
                Ok(false)
            }
            done => done,
        }
    }

    fn descend_keys(
        &mut self,
        owner: Owner,
        sought: Sought<'_>,
        below: u32,
        visit: &mut impl FnMut(&Connection, u64) -> Result<bool, LedgerError>,
    ) -> Result<bool, LedgerError> {
        let hash = owner.hash(sought);
        // What leaves the young keys is in the file before: so they are asked first.
        let Some(Known { young, replaced }) = self.register.look(self.name, hash, below) else {
            return Ok(false);
        };
        self.keys.take_if(|(_, then)| *then != replaced);
        let keys = match &mut self.keys {
            Some((keys, _)) => keys,
            none => &mut none.insert((KeyFile::open(&self.keys_path, owner)?, replaced)).0,
        };
        keys.refresh()?;
        if young.is_none() && !keys.is_complete() {
            return Err(Unusable::Incomplete.into());
        }
        if sought.link.is_some() && !(keys.has_links() && has_moved(&self.connection)?) {
            self.register.renew(self.name);
            return self.descend_keys(owner, Sought { link: None, ..sought }, below, visit);
        }
        let mut young = young.unwrap_or_default();
        let mut descent = keys.descend(hash, below)?;
        let mut old = descent.next()?;
        while let Some(delta) = old.max(young.last().copied()) {
            young.pop_if(|young| *young == delta);
            if old == Some(delta) {
                old = descent.next()?;
            }
            if !visit(&self.connection, owner.first_serial + u64::from(delta))? {
                break;
            }
        }
        Ok(true)
    }
}
