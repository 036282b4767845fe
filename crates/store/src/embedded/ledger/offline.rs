//! Reading the files of a ledger that no process has open, without changing anything.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use sms::Timestamp;

use super::super::journal::Place;
use super::feeder::read_place;
use super::key_file::KeyFile;
use super::name::{Name, list};
use super::search::search_table;
use super::table::Schema;
use crate::{Query, Record};

/// What a file of the ledger holds.
#[derive(Debug)]
pub(in super::super) struct Content {
    pub(in super::super) rows: u64,
    /// When the first and the last of its messages were accepted.
    pub(in super::super) accepted: Option<(Timestamp, Timestamp)>,
}

/// The files of the ledger, oldest first; none if there is no ledger.
pub(in super::super) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(names(directory)?.into_iter().map(|name| name.path(directory)).collect())
}

fn names(directory: &Path) -> io::Result<Vec<Name>> {
    match list(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        names => names,
    }
}

/// How long a file is in octets, with what was written to it and not yet moved to its place.
pub(in super::super) fn octets_of(file: &Path) -> io::Result<u64> {
    Ok(fs::metadata(file)?.len() + log_octets(file)?)
}

/// Up to where the ledger has read the journal; `None` if it does not say. An error if that is damaged.
pub(in super::super) fn place(directory: &Path) -> io::Result<Option<Place>> {
    let octets = match fs::read(directory.join("place")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        octets => octets?,
    };
    read_place(&octets).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// What a file holds.
pub(in super::super) fn content(file: &Path) -> rusqlite::Result<Content> {
    let sql = "SELECT count(*), min(accepted_at), max(accepted_at) FROM message";
    open(file)?.query_row(sql, [], |row| {
        let instant = |at: Option<i64>| at.map(|at| Timestamp(at as u64));
        let accepted = instant(row.get(1)?).zip(instant(row.get(2)?));
        Ok(Content { rows: row.get::<_, i64>(0)? as u64, accepted })
    })
}

/// What is wrong with a file, as SQLite says it; nothing if all is well.
pub(in super::super) fn check(file: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = open(file)?;
    if let Err(error) = Schema::of(&connection) {
        return Ok(vec![error.to_string()]);
    }
    let mut statement = connection.prepare("PRAGMA quick_check")?;
    let said = statement.query_map([], |row| row.get::<_, String>(0))?;
    said.filter(|said| said.as_ref().is_ok_and(|said| said != "ok") || said.is_err()).collect()
}

/// What is wrong with the file of keys beside a file: nothing is lost by it, it is made again when
/// somebody looks for something. `None` if all is well, or if the file has none by its version.
pub(in super::super) fn check_keys(file: &Path) -> Option<String> {
    let name = Name::parse(file.file_name()?.to_str()?)?;
    let owner = Schema::of(&open(file).ok()?).ok()??.owner(name)?;
    let checked = KeyFile::open(&file.with_extension("keys"), owner).and_then(|keys| keys.verify());
    checked.err().map(|why| why.to_string())
}

/// Visits the records that match `query`, newest first, without regard to its limit and cursor.
pub(in super::super) fn records<E: From<rusqlite::Error> + From<io::Error>>(
    directory: &Path,
    query: &Query,
    visit: &mut impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    const ALL: u64 = i64::MAX as u64;
    for name in names(directory)?.into_iter().rev() {
        if name.may_hold(query.from, query.until) {
            search_table(&open(&name.path(directory))?, query, 0..ALL, ALL as usize, visit)?;
        }
    }
    Ok(())
}

/// Opens a file so that neither it nor its directory changes.
///
/// A file whose process was killed has a log beside it, whose contents count. SQLite reads that only as
/// a connection that may write, but then, being told to have the file for itself, keeps its index of the
/// log in memory, and moves nothing when it closes.
fn open(file: &Path) -> rusqlite::Result<Connection> {
    let is_clean = log_octets(file).is_ok_and(|octets| octets == 0);
    let flags = if is_clean {
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    let name = if is_clean { immutable_uri(file) } else { file.to_owned() };
    let connection = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn log_octets(file: &Path) -> io::Result<u64> {
    let mut log = file.to_owned().into_os_string();
    log.push("-wal");
    match fs::metadata(log) {
        Ok(log) => Ok(log.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// The name of a file that nobody changes, as SQLite wants to be told.
fn immutable_uri(file: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for &octet in file.as_os_str().as_bytes() {
        match octet {
            b'/' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(octet))
            }
            _ => uri.push_str(&format!("%{octet:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    PathBuf::from(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_becomes_a_uri() {
        let uri = immutable_uri(Path::new("/data dir/ä?#1.sqlite"));
        assert_eq!(uri.to_str(), Some("file:/data%20dir/%C3%A4%3F%231.sqlite?immutable=1"));
    }
}
