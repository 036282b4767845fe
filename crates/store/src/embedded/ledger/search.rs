//! A search for records, newest first, a number of them at a time.

use std::ops::Range;

use rusqlite::{Connection, Statement, ToSql};
use sms::{Direction, LinkName};

use super::error::LedgerError;
use super::key_file::Sought;
use super::lookup::find;
use super::name::Name;
use super::row::{has_attached, has_moved, record_of, select, sql_octets};
use super::shelf::{Opened, Shelf};
use crate::{Page, Query, Record};

/// How many records are looked at in one turn: some milliseconds' worth.
pub(super) const RECORDS_PER_TURN: usize = 2048;
/// If so many of the records in a row or more are candidates, all of them are read: a look-up by the serial costs
/// as much as some rows in a row.
const DENSE_ONE_IN: u64 = 4;

/// A search on its way down.
#[derive(Debug)]
pub(super) struct Search {
    query: Query,
    /// Records with this serial and more have been looked at; `None` before the first turn.
    below: Option<u64>,
    /// This file and newer ones have been looked through.
    beneath: Option<Name>,
    records: Vec<Record>,
}

impl Search {
    pub(super) fn new(query: Query) -> Self {
        Self { query, below: None, beneath: None, records: Vec::new() }
    }

    /// What was found.
    pub(super) fn page(mut self) -> Page {
        let is_more = self.records.len() > self.limit();
        self.records.truncate(self.limit());
        let next = self.records.last().map(|record| record.id).filter(|_| is_more);
        Page { records: self.records, next }
    }

    fn limit(&self) -> usize {
        self.query.limit.clamp(1, Query::LIMIT_MAX)
    }

    /// How many records are to be found yet: one more than the page has tells that there is a next.
    fn rest(&self) -> usize {
        (self.limit() + 1).saturating_sub(self.records.len())
    }

    /// Looks at [`RECORDS_PER_TURN`] records at most, in one file; whether the page is complete.
    pub(super) fn read_on(&mut self, shelf: &mut Shelf) -> Result<bool, LedgerError> {
        let below = match (self.below, self.query.cursor) {
            (Some(below), _) => below,
            (None, None) => i64::MAX as u64,
            (None, Some(cursor)) => match find(shelf, cursor)? {
                Some((serial, _)) => serial,
                None => return Ok(true),
            },
        };
        let names = shelf.names()?;
        let Some(name) = names.into_iter().find(|name| self.has_to_read(*name, below)) else {
            return Ok(true);
        };
        let rest = match shelf.file(name)? {
            Some(file) => self.read_in(file, below)?,
            None => None,
        };
        // Below the file there may be another, which has been looked at in no part yet.
        self.below = Some(rest.map_or(below, |rest| rest.max(name.first_serial)));
        if rest.is_none() {
            self.beneath = Some(name);
        }
        Ok(self.rest() == 0)
    }

    fn has_to_read(&self, name: Name, below: u64) -> bool {
        name.first_serial < below
            && self.beneath.is_none_or(|beneath| name < beneath)
            && name.may_hold(self.query.from, self.query.until)
    }

    /// Reads on in a file; returns the serial to go on below, `None` at the end of the file.
    fn read_in(&mut self, file: &mut Opened, below: u64) -> Result<Option<u64>, LedgerError> {
        match self.candidates(file, below)? {
            Some(serials) => {
                self.read_those(&file.connection, &serials)?;
                Ok(serials.last().copied().filter(|_| serials.len() >= RECORDS_PER_TURN))
            }
            None => self.read_all(&file.connection, below),
        }
    }

    /// The next serials of records that may have the number or the reference and be of the links, newest first, as
    /// the keys of the file say; `None` if neither is looked for or the keys are of no use.
    ///
    /// Of a link there are keys of its own: what others have with this number is not seen, and takes no time that
    /// would tell of it.
    fn candidates(&self, file: &mut Opened, below: u64) -> Result<Option<Vec<u64>>, LedgerError> {
        let Some(value) = self.query.reference.as_ref().or(self.query.number.as_ref()) else {
            return Ok(None);
        };
        let Some(links) = &self.query.links else {
            return next_serials(file, Sought { value, link: None }, below);
        };
        let mut serials = Vec::new();
        for link in links {
            let Some(its) = next_serials(file, Sought { value, link: Some(link) }, below)? else {
                return Ok(None);
            };
            serials.extend(its);
            serials.extend(next_moved(&file.connection, link, below)?);
            // What is among the newest of all is among the newest of each.
            serials.sort_unstable_by(|one, other| other.cmp(one));
            serials.dedup();
            serials.truncate(RECORDS_PER_TURN);
        }
        Ok(Some(serials))
    }

    /// Takes those of these records that match.
    fn read_those(&mut self, connection: &Connection, serials: &[u64]) -> Result<(), LedgerError> {
        let (Some(&newest), Some(&oldest)) = (serials.first(), serials.last()) else { return Ok(()) };
        if newest - oldest < serials.len() as u64 * DENSE_ONE_IN {
            let (query, rest, records) = (&self.query, self.rest(), &mut self.records);
            return search_rows(connection, query, oldest..newest + 1, rest, &mut |record| {
                records.push(record);
                Ok(())
            });
        }
        let Some(condition) = condition(&self.query, connection)? else { return Ok(()) };
        let sql = format!("{} WHERE serial = :serial AND {condition}", select(connection)?);
        let mut statement = connection.prepare_cached(&sql)?;
        bind(&mut statement, &self.query)?;
        for &serial in serials {
            if self.rest() == 0 {
                break;
            }
            bind_one(&mut statement, ":serial", &(serial as i64))?;
            if let Some(row) = statement.raw_query().next()? {
                self.records.push(record_of(row)?);
            }
        }
        Ok(())
    }

    /// Takes the records that match of the next of all; returns the serial to go on below.
    fn read_all(&mut self, connection: &Connection, below: u64) -> Result<Option<u64>, LedgerError> {
        let mut newest = connection.prepare_cached("SELECT max(serial) FROM message WHERE serial < ?1")?;
        let Some(newest) = newest.query_row([below as i64], |row| row.get::<_, Option<i64>>(0))? else {
            return Ok(None);
        };
        let first = (newest as u64).saturating_sub(RECORDS_PER_TURN as u64 - 1);
        let (query, rest, records) = (&self.query, self.rest(), &mut self.records);
        search_table(connection, query, first..below, rest, &mut |record| {
            records.push(record);
            Ok::<(), LedgerError>(())
        })?;
        Ok(Some(first))
    }
}

/// The next serials that the keys of a file lead to, newest first; `None` if they are of no use.
fn next_serials(file: &mut Opened, sought: Sought<'_>, below: u64) -> Result<Option<Vec<u64>>, LedgerError> {
    let mut serials = Vec::new();
    let is_sure = file.descend(sought, below, &mut |_, serial| {
        serials.push(serial);
        Ok(serials.len() < RECORDS_PER_TURN)
    })?;
    Ok(is_sure.then_some(serials))
}

/// The next serials of records that went to the link after they had been written, newest first.
fn next_moved(connection: &Connection, link: &LinkName, below: u64) -> rusqlite::Result<Vec<u64>> {
    if !has_moved(connection)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT serial FROM moved WHERE target = ?1 AND serial < ?2 ORDER BY serial DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let values = (link.as_str(), below as i64, RECORDS_PER_TURN as i64);
    let serials = statement.query_map(values, |row| Ok(row.get::<_, i64>(0)? as u64))?;
    serials.collect()
}

/// What a record must be besides having the number or the reference that is looked for, and being of a link.
const OTHERWISE: &str = "(:from IS NULL OR accepted_at >= :from) AND (:until IS NULL OR accepted_at < :until) \
     AND (:answered IS NULL OR in_reply_to = :answered) \
     AND (:states IS NULL OR :states >> state & 1) AND (:direction IS NULL OR direction = :direction)";
const ORDER: &str = "ORDER BY serial DESC LIMIT :limit";
const SERIALS: &str = "serial >= :first AND serial < :below";
const NUMBER: &str = "(:number IS NULL OR source = :number OR destination = :number)";

/// The same, of one of the links as well.
fn otherwise(query: &Query) -> String {
    let Some(links) = &query.links else { return OTHERWISE.to_owned() };
    let links: Vec<String> = (0..links.len()).map(link_parameter).collect();
    let links = links.join(", ");
    format!("{OTHERWISE} AND (origin IN ({links}) OR target IN ({links}))")
}

fn link_parameter(number: usize) -> String {
    format!(":link{number}")
}

/// What a record must be, whatever its serial; `None` if no record of the file can be that.
fn condition(query: &Query, connection: &Connection) -> rusqlite::Result<Option<String>> {
    let condition = format!("{} AND {NUMBER}", otherwise(query));
    Ok(match query.reference {
        Some(_) if !has_attached(connection)? => None,
        Some(_) => Some(format!("reference = :reference AND {condition}")),
        None => Some(condition),
    })
}

/// Visits the records of a table that match and have one of these serials, newest first, `limit` at most.
pub(super) fn search_table<E: From<rusqlite::Error>>(
    connection: &Connection,
    query: &Query,
    serials: Range<u64>,
    limit: usize,
    visit: &mut impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    // Files of version 1 have an index for each of the two.
    if query.number.is_some() && query.reference.is_none() {
        let otherwise = otherwise(query);
        let by = |column| {
            format!(
                "SELECT * FROM (SELECT serial FROM message \
                 WHERE {column} = :number AND {SERIALS} AND {otherwise} {ORDER})"
            )
        };
        let condition = format!("serial IN ({} UNION {})", by("source"), by("destination"));
        return visit_rows(connection, query, &condition, (serials, limit), visit);
    }
    search_rows(connection, query, serials, limit, visit)
}

/// The same, by looking at all of these records.
fn search_rows<E: From<rusqlite::Error>>(
    connection: &Connection,
    query: &Query,
    serials: Range<u64>,
    limit: usize,
    visit: &mut impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let Some(condition) = condition(query, connection)? else { return Ok(()) };
    visit_rows(connection, query, &format!("{SERIALS} AND {condition}"), (serials, limit), visit)
}

fn visit_rows<E: From<rusqlite::Error>>(
    connection: &Connection,
    query: &Query,
    condition: &str,
    (serials, limit): (Range<u64>, usize),
    visit: &mut impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let sql = format!("{} WHERE {condition} {ORDER}", select(connection)?);
    let mut statement = connection.prepare_cached(&sql)?;
    bind(&mut statement, query)?;
    bind_one(&mut statement, ":first", &(serials.start as i64))?;
    bind_one(&mut statement, ":below", &(serials.end as i64))?;
    bind_one(&mut statement, ":limit", &(limit as i64))?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        visit(record_of(row)?)?;
    }
    Ok(())
}

/// Gives the parameters of [`condition`] their values.
fn bind(statement: &mut Statement<'_>, query: &Query) -> rusqlite::Result<()> {
    for (number, link) in query.links.iter().flatten().enumerate() {
        bind_one(statement, &link_parameter(number), &link.as_str())?;
    }
    bind_one(statement, ":from", &query.from.map(|at| at.0 as i64))?;
    bind_one(statement, ":until", &query.until.map(|at| at.0 as i64))?;
    let answered = query.in_reply_to.as_ref().map(|id| id.octets().as_slice());
    bind_one(statement, ":answered", &answered)?;
    let states =
        query.states.as_ref().map(|states| states.iter().fold(0_i64, |all, &one| all | 1 << one as u8));
    bind_one(statement, ":states", &states)?;
    bind_one(statement, ":direction", &query.direction.map(|direction| direction == Direction::Mo))?;
    bind_one(statement, ":number", &query.number.as_deref().map(sql_octets))?;
    bind_one(statement, ":reference", &query.reference.as_deref().map(sql_octets))
}

/// Gives a parameter its value, if the statement has it.
fn bind_one(statement: &mut Statement<'_>, name: &str, value: &dyn ToSql) -> rusqlite::Result<()> {
    match statement.parameter_index(name)? {
        Some(index) => statement.raw_bind_parameter(index, value),
        None => Ok(()),
    }
}
