//! The thread that answers questions about what is written.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, ToSql, named_params};
use sms::MessageId;

use super::error::LedgerError;
use super::name::day_of;
use super::question::{Desk, Question};
use super::row::{SERIAL_COLUMN, has_attached, record_of, select, sql_octets};
use super::shelf::{Opened, Shelf};
use crate::{Page, Query, Record, StoreError};

/// How long files are kept open when nobody asks.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers questions until the desk is closed.
pub(super) fn run(mut shelf: Shelf, desk: &Desk) {
    let mut is_open = true;
    while is_open {
        let questions;
        (questions, is_open) = desk.wait(PATIENCE);
        if questions.is_empty() {
            shelf.clear();
        }
        for question in questions {
            match question {
                Question::Find { id, answer } => {
                    let found = find(&mut shelf, id).map(|found| found.map(|(_, record)| record));
                    drop(answer.send(found.map_err(failed)));
                }
                Question::Serial { id, answer } => {
                    let found = find(&mut shelf, id).map(|found| {
                        found.filter(|(_, record)| !record.state.is_final()).map(|(serial, _)| serial)
                    });
                    drop(answer.send(found.map_err(failed)));
                }
                Question::Serials { wanted, mut found, answer } => {
                    let looked = wanted.into_iter().try_for_each(|id| {
                        found.extend(find(&mut shelf, id)?.map(|(serial, _)| (id, serial)));
                        Ok(())
                    });
                    drop(answer.send(looked.map(|()| found).map_err(failed)));
                }
                Question::Search { query, answer } => {
                    drop(answer.send(search(&mut shelf, &query).map_err(failed)));
                }
            }
        }
    }
}

fn failed(error: LedgerError) -> StoreError {
    StoreError::Failed(error.to_string())
}

/// The message with this id, and its serial.
fn find(shelf: &mut Shelf, id: MessageId) -> Result<Option<(u64, Record)>, LedgerError> {
    // It is written on the day in its id or on the next.
    let day = day_of(id.accepted_at());
    for name in shelf.names()?.into_iter().filter(|name| name.day.abs_diff(day) <= 1) {
        let Some(file) = shelf.file(name)? else { continue };
        let found = find_in(file, id)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn find_in(file: &mut Opened, id: MessageId) -> Result<Option<(u64, Record)>, LedgerError> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(SERIAL_COLUMN)? as u64, record_of(row)?));
    let select = select(&file.connection)?;
    let by = |connection: &Connection, condition: &str, serial: u64| {
        let sql = format!("{select} WHERE id = ?1 AND {condition}");
        let mut statement = connection.prepare_cached(&sql)?;
        statement.query_row((id.octets(), serial as i64), read).optional()
    };
    let mut found = None;
    let is_sure = file.descend(id.octets(), u64::MAX, &mut |connection, serial| {
        found = by(connection, "serial = ?2", serial)?;
        Ok(found.is_none())
    })?;
    if !is_sure {
        found = by(&file.connection, "serial >= ?2", 0)?;
    }
    Ok(found)
}

fn search(shelf: &mut Shelf, query: &Query) -> Result<Page, LedgerError> {
    let limit = query.limit.clamp(1, Query::LIMIT_MAX);
    let below = match query.cursor {
        None => i64::MAX as u64,
        Some(id) => match find(shelf, id)? {
            Some((serial, _)) => serial,
            None => return Ok(Page::default()),
        },
    };
    let mut records = Vec::new();
    for name in shelf.names()? {
        if records.len() > limit || name.first_serial >= below || !name.may_hold(query.from, query.until) {
            continue;
        }
        let Some(file) = shelf.file(name)? else { continue };
        records.extend(search_in(file, query, below, limit + 1 - records.len())?);
    }
    let is_more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().map(|record| record.id).filter(|_| is_more);
    Ok(Page { records, next })
}

/// The records of a file that match and have a serial below `below`, newest first, `limit` at most.
fn search_in(file: &mut Opened, query: &Query, below: u64, limit: usize) -> Result<Vec<Record>, LedgerError> {
    let mut records = Vec::new();
    if let Some(value) = query.reference.as_ref().or(query.number.as_ref()) {
        let sql = format!("{} WHERE serial = ?1", select(&file.connection)?);
        let is_sure = file.descend(value, below, &mut |connection, serial| {
            let mut statement = connection.prepare_cached(&sql)?;
            let record = statement.query_row([serial as i64], record_of).optional()?;
            records.extend(record.filter(|record| query.matches(record)));
            Ok(records.len() < limit)
        })?;
        if is_sure {
            return Ok(records);
        }
        records.clear();
    }
    search_table(&file.connection, query, below, limit, &mut |record| {
        records.push(record);
        Ok::<(), LedgerError>(())
    })?;
    Ok(records)
}

/// What a record must be besides having the number or the reference that is looked for, as [`Query::matches`] says.
const CONDITION: &str = "serial < :below AND (:link IS NULL OR origin = :link OR target = :link) \
     AND (:from IS NULL OR accepted_at >= :from) AND (:until IS NULL OR accepted_at < :until)";

const NUMBER: &str = "(:number IS NULL OR source = :number OR destination = :number)";

/// Visits the records of a table that match and have a serial below `below`, newest first, `limit` at most.
pub(super) fn search_table<E: From<rusqlite::Error>>(
    connection: &Connection,
    query: &Query,
    below: u64,
    limit: usize,
    visit: &mut impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let order = "ORDER BY serial DESC LIMIT :limit";
    let by = |column| {
        format!("SELECT * FROM (SELECT serial FROM message WHERE {column} = :number AND {CONDITION} {order})")
    };
    let select = select(connection)?;
    let sql = match (&query.number, &query.reference) {
        (_, Some(_)) if !has_attached(connection)? => return Ok(()),
        (_, Some(_)) => format!("{select} WHERE reference = :reference AND {NUMBER} AND {CONDITION} {order}"),
        (None, None) => format!("{select} WHERE {CONDITION} {order}"),
        (Some(_), None) => {
            format!("{select} WHERE serial IN ({} UNION {}) {order}", by("source"), by("destination"))
        }
    };
    let link = query.link.as_ref().map(sms::LinkName::as_str);
    let (from, until) = (query.from.map(|at| at.0 as i64), query.until.map(|at| at.0 as i64));
    let (below, limit) = (below as i64, limit as i64);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut values: Vec<(&str, &dyn ToSql)> = named_params! {
        ":below": below, ":link": link, ":from": from, ":until": until, ":limit": limit,
    }
    .to_vec();
    let (number, reference) =
        (query.number.as_deref().map(sql_octets), query.reference.as_deref().map(sql_octets));
    if number.is_some() || reference.is_some() {
        values.push((":number", &number));
    }
    if reference.is_some() {
        values.push((":reference", &reference));
    }
    for record in statement.query_map(values.as_slice(), record_of)? {
        visit(record?)?;
    }
    Ok(())
}
