//! The thread that answers questions about what is written.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, ToSql, named_params};
use sms::MessageId;

use super::files::{Name, day_of, list, open_to_read};
use super::row::{COLUMNS, record_of, sql_address};
use super::{Desk, LedgerError, Question};
use crate::{Page, Query, Record, StoreError};

/// How long to sleep when nobody asks.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Answers questions until the desk is closed.
pub(super) fn run(directory: &Path, desk: &Desk) {
    let mut is_open = true;
    while is_open {
        let questions;
        (questions, is_open) = desk.wait(PATIENCE);
        for question in questions {
            match question {
                Question::Find { id, answer } => drop(answer.send(find(directory, id).map_err(failed))),
                Question::Search { query, answer } => {
                    drop(answer.send(search(directory, &query).map_err(failed)))
                }
            }
        }
    }
}

fn failed(error: LedgerError) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn find(directory: &Path, id: MessageId) -> Result<Option<Record>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM message WHERE id = ?1");
    for name in files_of(directory, id)? {
        let connection = open_to_read(directory, name)?;
        let found = connection.query_row(&sql, [id.octets()], record_of).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The files that may have a message, newest first: it is written on the day in its id or on the next.
fn files_of(directory: &Path, id: MessageId) -> Result<Vec<Name>, LedgerError> {
    let day = day_of(id.accepted_at());
    let mut names = list(directory)?;
    names.retain(|name| name.day.abs_diff(day) <= 1);
    names.reverse();
    Ok(names)
}

fn search(directory: &Path, query: &Query) -> Result<Page, LedgerError> {
    let limit = query.limit.clamp(1, Query::LIMIT_MAX);
    let below = match query.cursor {
        None => i64::MAX as u64,
        Some(id) => match serial_of(directory, id)? {
            Some(serial) => serial,
            None => return Ok(Page::default()),
        },
    };
    let mut records = Vec::new();
    for name in list(directory)?.into_iter().rev() {
        if records.len() > limit || name.first_serial >= below || !name.may_hold(query.from, query.until) {
            continue;
        }
        let connection = open_to_read(directory, name)?;
        search_file(&connection, query, below, limit + 1 - records.len(), &mut |record| {
            records.push(record);
            Ok::<(), LedgerError>(())
        })?;
    }
    let is_more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().map(|record| record.id).filter(|_| is_more);
    Ok(Page { records, next })
}

fn serial_of(directory: &Path, id: MessageId) -> Result<Option<u64>, LedgerError> {
    for name in files_of(directory, id)? {
        let connection = open_to_read(directory, name)?;
        let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let sql = "SELECT serial FROM message WHERE id = ?1";
        if let Some(serial) = connection.query_row(sql, [id.octets()], read).optional()? {
            return Ok(Some(serial as u64));
        }
    }
    Ok(None)
}

/// What a record must be besides having the number that is looked for.
const CONDITION: &str = "serial < :below AND (:link IS NULL OR origin = :link OR target = :link) \
     AND (:from IS NULL OR accepted_at >= :from) AND (:until IS NULL OR accepted_at < :until)";

/// Visits the records of a file that match and have a serial below `below`, newest first, `limit` at most.
pub(super) fn search_file<E: From<rusqlite::Error>>(
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
    let sql = match query.number {
        None => format!("SELECT {COLUMNS} FROM message WHERE {CONDITION} {order}"),
        Some(_) => format!(
            "SELECT {COLUMNS} FROM message WHERE serial IN ({} UNION {}) {order}",
            by("source"),
            by("destination")
        ),
    };
    let link = query.link.as_ref().map(sms::LinkName::as_str);
    let (from, until) = (query.from.map(|at| at.0 as i64), query.until.map(|at| at.0 as i64));
    let (below, limit) = (below as i64, limit as i64);
    let mut statement = connection.prepare(&sql)?;
    let mut values: Vec<(&str, &dyn ToSql)> = named_params! {
        ":below": below, ":link": link, ":from": from, ":until": until, ":limit": limit,
    }
    .to_vec();
    let number = query.number.as_deref().map(sql_address);
    if let Some(number) = &number {
        values.push((":number", number));
    }
    for record in statement.query_map(values.as_slice(), record_of)? {
        visit(record?)?;
    }
    Ok(())
}
