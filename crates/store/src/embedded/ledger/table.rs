//! The table of a file of the ledger: its schema, and the statements that write to it.

use rusqlite::{Connection, OptionalExtension, Statement, params};
use sms::{Attached, LinkName};

use super::super::journal::Place;
use super::breath::Breath;
use super::error::LedgerError;
use super::key_file::Owner;
use super::name::Name;
use super::row::{
    HISTORY_COLUMN, History, has_attached, has_moved, has_times, octets_of, record_of, select, sql_octets,
    steps_of,
};
use super::staging::{News, Staged};
use crate::{Step, Subject};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS message (
        serial INTEGER PRIMARY KEY, id BLOB NOT NULL, direction INTEGER NOT NULL, origin TEXT NOT NULL,
        target TEXT NOT NULL, source_ton INTEGER NOT NULL, source_npi INTEGER NOT NULL, source NOT NULL,
        destination_ton INTEGER NOT NULL, destination_npi INTEGER NOT NULL, destination NOT NULL,
        segments INTEGER NOT NULL, state INTEGER NOT NULL, error INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
        final_at INTEGER, in_reply_to BLOB, history BLOB NOT NULL, place INTEGER NOT NULL,
        not_before INTEGER, expires_at INTEGER
    );
";
/// What owners attached to their messages, with the serials of those: most messages have nothing here.
const ATTACHED: &str = "
    CREATE TABLE IF NOT EXISTS attached (
        serial INTEGER PRIMARY KEY, reference NOT NULL, told TEXT, attributes BLOB NOT NULL
    );
";
/// To which link records went that are written already, each time that one went to another: a file of keys leads to
/// the links that they had when they were written, and this to those that they have got since. It is filled by what
/// changes the row, so that no program can forget it. The NOT EXISTS stands for OR IGNORE, which would be as that
/// program's statement has it.
const MOVED: &str = "
    SAVEPOINT moved;
    CREATE TABLE IF NOT EXISTS moved (
        target TEXT NOT NULL, serial INTEGER NOT NULL, PRIMARY KEY (target, serial)
    ) WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS moves AFTER UPDATE OF target ON message WHEN new.target <> old.target BEGIN
        INSERT INTO moved SELECT new.target, new.serial WHERE NOT EXISTS
            (SELECT 1 FROM moved WHERE target = new.target AND serial = new.serial);
    END;
    RELEASE moved;
";
/// What [`SCHEMA`] has that was not there at first.
const TIMES: &str = "
    SAVEPOINT times;
    ALTER TABLE message ADD COLUMN not_before INTEGER; ALTER TABLE message ADD COLUMN expires_at INTEGER;
    RELEASE times;
";
/// What is attached when a message is said anew counts, but not if that was read before what the row is of.
const ATTACH: &str = "INSERT INTO attached (serial, reference, told, attributes) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (serial) DO UPDATE SET attributes = excluded.attributes \
     WHERE ?5 = (SELECT place FROM message WHERE message.serial = excluded.serial)";
/// What an INSERT gives values for, in the order of [`bind`]. A statement that fails ends the transaction
/// anyway: told so, SQLite does not copy pages in order to take back the statement alone.
const INSERT: &str = "INSERT OR FAIL INTO message (serial, id, direction, origin, target, source_ton, source_npi, source, \
     destination_ton, destination_npi, destination, segments, state, error, accepted_at, final_at, in_reply_to, \
     history, place, not_before, expires_at) VALUES ";
const ROW: &str = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UNLESS_KNOWN: &str = " ON CONFLICT (serial) DO UPDATE SET target = excluded.target, \
     segments = excluded.segments, state = excluded.state, error = excluded.error, final_at = excluded.final_at, history = excluded.history, \
     place = excluded.place, not_before = excluded.not_before, expires_at = excluded.expires_at \
     WHERE place < excluded.place";
/// How many rows are written by one statement.
const ROWS_PER_STATEMENT: usize = 16;

/// How a file finds records by id and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Version 1: by indexes of SQLite.
    Indexed,
    /// Version 2: by a file of keys beside it, which has this seed.
    Keyed { seed: u32 },
}

impl Schema {
    /// The version of what is written, as a file says it in `user_version`.
    pub(super) const VERSION: i64 = 2;

    /// The schema of a file; `None` if it has none yet.
    pub(super) fn of(connection: &Connection) -> Result<Option<Self>, LedgerError> {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        match number("user_version")? {
            0 => Ok(None),
            1 => Ok(Some(Self::Indexed)),
            Self::VERSION => Ok(Some(Self::Keyed { seed: number("application_id")? as i32 as u32 })),
            other => Err(LedgerError::Version(other)),
        }
    }

    /// Gives the schema of now to a new file; its application_id is the seed of its keys.
    pub(super) fn create(connection: &Connection, seed: u32) -> Result<Self, LedgerError> {
        let version = Self::VERSION;
        connection.execute_batch(&format!(
            "BEGIN; {SCHEMA} {ATTACHED} {MOVED} PRAGMA application_id = {}; PRAGMA user_version = {version}; COMMIT",
            seed as i32
        ))?;
        Ok(Self::Keyed { seed })
    }

    /// Adds the tables `attached` and `moved` and the columns of the times to a file that was made before there were
    /// any. Who does not know them is not disturbed by them, so that the version stays.
    pub(super) fn complete(connection: &Connection) -> rusqlite::Result<()> {
        if !has_attached(connection)? {
            connection.execute_batch(ATTACHED)?;
        }
        if !has_moved(connection)? {
            connection.execute_batch(MOVED)?;
        }
        if has_times(connection)? { Ok(()) } else { connection.execute_batch(TIMES) }
    }

    /// What the file of keys of the file belongs to, if it has one.
    pub(super) fn owner(self, name: Name) -> Option<Owner> {
        match self {
            Self::Indexed => None,
            Self::Keyed { seed } => Some(Owner { seed, first_serial: name.first_serial }),
        }
    }
}

/// Writes records. Those of which there may be a row are those with a serial up to `last`, and those that
/// are kept: their rows are brought up to date.
pub(super) fn insert(
    connection: &Connection,
    records: &[&Staged],
    last: u64,
    breath: &mut Breath,
) -> Result<(), LedgerError> {
    let is_new = |staged: &&Staged| staged.serial > last && !staged.is_kept();
    let (new, old): (Vec<&Staged>, Vec<&Staged>) = records.iter().partition(|staged| is_new(staged));
    let batches = new.chunks_exact(ROWS_PER_STATEMENT);
    let rest = batches.remainder();
    if batches.len() > 0 {
        let rows = [ROW; ROWS_PER_STATEMENT].join(", ");
        let mut statement = connection.prepare_cached(&format!("{INSERT}{rows}"))?;
        for batch in batches {
            let mut at = 0;
            batch.iter().try_for_each(|staged| bind(&mut statement, &mut at, staged))?;
            statement.raw_execute()?;
            breath.count(ROWS_PER_STATEMENT);
        }
    }
    insert_one_by_one(connection, &format!("{INSERT}{ROW}"), rest, breath)?;
    insert_one_by_one(connection, &format!("{INSERT}{ROW}{UNLESS_KNOWN}"), &old, breath)?;
    let mut attached = records.iter().filter_map(|staged| Some((staged, staged.attached.as_ref()?)));
    attached.try_for_each(|(staged, attached)| {
        Ok(attach(connection, staged.serial, attached, staged.news.place)?)
    })
}

fn insert_one_by_one(
    connection: &Connection,
    sql: &str,
    records: &[&Staged],
    breath: &mut Breath,
) -> Result<(), LedgerError> {
    if records.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(sql)?;
    for staged in records {
        bind(&mut statement, &mut 0, staged)?;
        statement.raw_execute()?;
        breath.count(1);
    }
    Ok(())
}

/// Writes what is attached to the message whose row has been written, as of this place in the journal.
fn attach(connection: &Connection, serial: u64, attached: &Attached, place: Place) -> rusqlite::Result<()> {
    connection.prepare_cached(ATTACH)?.execute(params![
        serial as i64,
        sql_octets(&attached.reference),
        attached.told.as_ref().map(LinkName::as_str),
        &attached.attributes[..],
        place.to_u64() as i64,
    ])?;
    Ok(())
}

/// Gives the values of a row to the parameters behind `at`.
fn bind(statement: &mut Statement<'_>, at: &mut usize, staged: &Staged) -> rusqlite::Result<()> {
    let (state, error, final_at) = outcome(&staged.news);
    let mut put = |value: &dyn rusqlite::ToSql| {
        *at += 1;
        statement.raw_bind_parameter(*at, value)
    };
    put(&(staged.serial as i64))?;
    put(&staged.id.octets().as_slice())?;
    put(&u8::from(staged.direction == sms::Direction::Mo))?;
    put(&staged.origin.as_str())?;
    put(&staged.target().as_str())?;
    put(&staged.source.ton.0)?;
    put(&staged.source.npi.0)?;
    put(&sql_octets(&staged.source.value))?;
    put(&staged.destination.ton.0)?;
    put(&staged.destination.npi.0)?;
    put(&sql_octets(&staged.destination.value))?;
    put(&staged.segments)?;
    put(&state)?;
    put(&error)?;
    put(&(staged.accepted_at.0 as i64))?;
    put(&final_at)?;
    put(&staged.in_reply_to.as_ref().map(|id| id.octets().as_slice()))?;
    put(&staged.news.history.octets())?;
    put(&(staged.news.place.to_u64() as i64))?;
    put(&staged.times.not_before.map(|at| at.0 as i64))?;
    put(&staged.times.expires_at.map(|at| at.0 as i64))
}

fn outcome(news: &News) -> (u8, u32, Option<i64>) {
    match news.verdict {
        Some((verdict, at)) => (verdict.sighted.state as u8, verdict.sighted.error, Some(at.0 as i64)),
        None => (sms::State::Enroute as u8, 0, None),
    }
}

/// Lets `change` add to what is kept of a message; one that is not kept is ignored. Returns how much of its history
/// is as it was before, in octets.
pub(super) fn update(
    connection: &Connection,
    serial: u64,
    change: impl FnOnce(&mut News),
) -> Result<usize, LedgerError> {
    const READ: &str = "SELECT history, place, origin FROM message WHERE serial = ?1";
    const WRITE: &str = "UPDATE message SET history = ?2, place = ?3, \
         segments = coalesce(?4, segments), not_before = iif(?4 IS NULL, not_before, ?8), \
         expires_at = iif(?4 IS NULL, expires_at, ?9), state = iif(?6 IS NULL, state, ?5), error = iif(?6 IS NULL, error, ?7), final_at = coalesce(?6, final_at) \
         WHERE serial = ?1";
    // By itself, so that what fills `moved` costs those nothing that go nowhere.
    const MOVE: &str = "UPDATE message SET target = ?2 WHERE serial = ?1";
    let found = connection.prepare_cached(READ)?.query_row([serial as i64], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    });
    let (history, place, origin) = match found {
        Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(0),
        found => found?,
    };
    let history = History::from_octets(&history).unwrap_or_default();
    let mut news = News::since(Place::from_u64(place as u64), history, LinkName::from(origin));
    change(&mut news);
    let (state, error, final_at) = outcome(&news);
    connection.prepare_cached(WRITE)?.execute(params![
        serial as i64,
        news.history.octets(),
        news.place.to_u64() as i64,
        news.anew.map(|(segments, _)| segments),
        state,
        final_at,
        error,
        news.anew.and_then(|(_, times)| times.not_before).map(|at| at.0 as i64),
        news.anew.and_then(|(_, times)| times.expires_at).map(|at| at.0 as i64),
    ])?;
    if let Some(to) = &news.redirected {
        connection.prepare_cached(MOVE)?.execute(params![serial as i64, to.as_str()])?;
    }
    if let Some(attached) = &news.attached {
        attach(connection, serial, attached, news.place)?;
    }
    Ok(news.history.kept())
}

/// What was added to a record.
pub(super) struct Added {
    pub(super) subject: Subject,
    pub(super) steps: Vec<Step>,
}

/// What was added to what is kept of a message, if that was so long before.
pub(super) fn added_to(
    connection: &Connection,
    serial: u64,
    known: usize,
) -> Result<Option<Added>, LedgerError> {
    let mut statement = connection.prepare_cached(&format!("{} WHERE serial = ?1", select(connection)?))?;
    let found = statement.query_row([serial as i64], |row| {
        let history = octets_of(row.get_ref(HISTORY_COLUMN)?);
        let steps = steps_of(history.get(known..).unwrap_or_default());
        Ok(Added { subject: record_of(row)?.into(), steps })
    });
    Ok(found.optional()?)
}

/// The largest serial in a file, 0 if it is empty.
pub(super) fn last_serial(connection: &Connection) -> rusqlite::Result<u64> {
    let read = |row: &rusqlite::Row<'_>| row.get::<_, Option<i64>>(0);
    Ok(connection.query_row("SELECT max(serial) FROM message", [], read)?.unwrap_or(0) as u64)
}

/// What a file of keys has keys for, of one record.
#[derive(Debug)]
pub(super) struct Keyed<'a> {
    pub(super) id: &'a [u8],
    /// Source and destination.
    pub(super) numbers: [&'a [u8]; 2],
    /// Empty if it has none.
    pub(super) reference: &'a [u8],
    /// Origin and target.
    pub(super) links: [&'a [u8]; 2],
}

impl<'a> Keyed<'a> {
    pub(super) fn of(staged: &'a Staged) -> Self {
        Self {
            id: staged.id.octets(),
            numbers: [&staged.source.value, &staged.destination.value],
            reference: staged.attached.as_ref().map_or(&[], |attached| &attached.reference),
            links: [&staged.origin, staged.target()].map(|link| link.as_str().as_bytes()),
        }
    }
}

/// Visits the records from a serial on, oldest first, each with its serial.
pub(super) fn visit_keys<E: From<rusqlite::Error>>(
    connection: &Connection,
    from: u64,
    visit: &mut impl FnMut(u64, Keyed<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = "SELECT serial, id, source, destination, reference, origin, target \
         FROM message LEFT JOIN attached USING (serial) WHERE serial >= ?1 ORDER BY serial";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([from.min(i64::MAX as u64) as i64])?;
    while let Some(row) = rows.next()? {
        let octets = |column| row.get_ref(column).map(octets_of);
        let keyed = Keyed {
            id: octets(1)?,
            numbers: [octets(2)?, octets(3)?],
            reference: octets(4)?,
            links: [octets(5)?, octets(6)?],
        };
        visit(row.get::<_, i64>(0)? as u64, keyed)?;
    }
    Ok(())
}
