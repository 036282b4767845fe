//! Looking up one message by its id.

use rusqlite::{Connection, OptionalExtension};
use sms::MessageId;

use super::error::LedgerError;
use super::key_file::Sought;
use super::name::day_of;
use super::row::{SERIAL_COLUMN, record_of, select};
use super::shelf::{Opened, Shelf};
use crate::Record;

/// The message with this id, and its serial.
pub(super) fn find(shelf: &mut Shelf, id: MessageId) -> Result<Option<(u64, Record)>, LedgerError> {
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
    let is_sure =
        file.descend(Sought { value: id.octets(), link: None }, u64::MAX, &mut |connection, serial| {
            found = by(connection, "serial = ?2", serial)?;
            Ok(found.is_none())
        })?;
    if !is_sure {
        found = by(&file.connection, "serial >= ?2", 0)?;
    }
    Ok(found)
}
