//! A record as it is kept.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use sms::{Address, Attached, Direction, LinkName, MessageId, Npi, State, Timestamp, Ton};

use super::super::codec::{
    Malformed, Reader, put_cause, put_instant, put_remote_id, put_short, put_u16, put_u32, put_u64,
};
use crate::{Cause, Event, Record, Step};

/// Whether a file has the table `attached`.
pub(super) fn has_attached(connection: &Connection) -> rusqlite::Result<bool> {
    has_table(connection, "attached")
}

/// Whether a file has the table `moved`, and keeps it.
pub(super) fn has_moved(connection: &Connection) -> rusqlite::Result<bool> {
    has_table(connection, "moved")
}

fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = ?1)";
    connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))
}

/// Whether the table of a file has the columns of the times between which a message may be sent.
pub(super) fn has_times(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('message') WHERE name = 'expires_at')";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// The start of a statement that reads records: from what, and the columns in the order of [`record_of`], the serial
/// behind them. A file that has been made before there was a table `attached`, or the columns of the times, has nothing
/// of that.
pub(super) fn select(connection: &Connection) -> rusqlite::Result<String> {
    let times = if has_times(connection)? { "not_before, expires_at" } else { "NULL, NULL" };
    Ok(if has_attached(connection)? {
        format!(
            "SELECT {COLUMNS}, {times}, reference, told, attributes, serial FROM message \
             LEFT JOIN attached USING (serial)"
        )
    } else {
        format!("SELECT {COLUMNS}, {times}, NULL, NULL, NULL, serial FROM message")
    })
}

/// The column of [`select`] that has the history.
pub(super) const HISTORY_COLUMN: usize = 16;
/// The column of [`select`] that has the serial.
pub(super) const SERIAL_COLUMN: usize = 22;

const COLUMNS: &str = "id, direction, origin, target, source_ton, source_npi, source, \
     destination_ton, destination_npi, destination, segments, state, error, accepted_at, final_at, \
     in_reply_to, history";

/// What happened to a message, encoded.
///
/// ```text
/// history = steps        step = at u64, segment u16, kind u8, then by kind
///   1 accepted           2 attempted link           3 sent present u8, [remote id]
///   4 retried at u64, cause    5 redirected link    6 outcome unknown cause    7 failed cause
///   8 receipt state u8, error u32    9 final state u8    10 owner told link    11 owner not told cause
///   12 owner retried at u64 or 0, attempts u16, cause
/// link = length u8, name
/// ```
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    octets: Vec<u8>,
    steps: usize,
    last: usize,
    /// So many octets are as they were when somebody looked last.
    kept: usize,
}

/// How long the history of most messages becomes, in octets.
const HISTORY_OCTETS: usize = 160;

impl History {
    /// An empty history with room for what happens to most messages.
    pub(super) fn with_room() -> Self {
        Self { octets: Vec::with_capacity(HISTORY_OCTETS), ..Self::default() }
    }

    /// An empty history in the memory of this one; `None` if that is long.
    pub(super) fn emptied(mut self) -> Option<Self> {
        self.octets.clear();
        (self.octets.capacity() <= 2 * HISTORY_OCTETS)
            .then_some(Self { octets: self.octets, ..Self::default() })
    }

    /// A history that was kept.
    pub(super) fn from_octets(octets: &[u8]) -> Result<Self, Malformed> {
        let (mut reader, mut steps, mut last) = (Reader::new(octets), 0, 0);
        while !reader.is_empty() {
            last = reader.offset();
            read_step(&mut reader)?;
            steps += 1;
        }
        Ok(Self { octets: octets.to_vec(), steps, last, kept: octets.len() })
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Takes all that is there as seen.
    pub(super) fn mark(&mut self) {
        self.kept = self.octets.len();
    }

    /// How many octets at its start were seen, and are still so.
    pub(super) const fn kept(&self) -> usize {
        self.kept
    }

    /// Adds that the owner could not be told; what was known of that takes its place.
    pub(super) fn push_untold(&mut self, at: Timestamp, cause: Cause, retry_at: Option<Timestamp>) {
        let last = self.octets.get(self.last..).unwrap_or_default();
        let attempts = match read_step(&mut Reader::new(last)) {
            Ok(Step { event: Event::OwnerRetried { attempts, .. }, .. }) => {
                self.pop();
                attempts
            }
            _ => 0,
        };
        let attempts = attempts.saturating_add(1);
        self.push(at, 0, &Event::OwnerRetried { cause, attempts, at: retry_at });
    }

    /// Adds a step; when there are too many it takes the place of the last.
    pub(super) fn push(&mut self, at: Timestamp, segment: u8, event: &Event) {
        let is_final = matches!(event, Event::Final { .. });
        let room = if is_final { Record::STEPS_MAX } else { Record::STEPS_MAX - 1 };
        if self.steps >= room {
            self.pop();
        }
        self.last = self.octets.len();
        self.steps += 1;
        put_u64(&mut self.octets, at.0);
        put_u16(&mut self.octets, u16::from(segment));
        put_event(&mut self.octets, event);
    }

    fn pop(&mut self) {
        self.octets.truncate(self.last);
        self.kept = self.kept.min(self.last);
        self.steps -= 1;
    }

    /// Takes back that the segment was attempted, if that came last.
    pub(super) fn take_back(&mut self, segment: u8) {
        let last = self.octets.get(self.last..).unwrap_or_default();
        let is_its = read_step(&mut Reader::new(last)).is_ok_and(|step| {
            step.segment == u16::from(segment) && matches!(step.event, Event::Attempted { .. })
        });
        if is_its {
            *self = Self::from_octets(self.octets.get(..self.last).unwrap_or_default()).unwrap_or_default();
        }
    }
}

fn put_event(out: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Accepted => out.push(1),
        Event::Attempted { link } => put_named(out, 2, link),
        Event::Sent { remote_id } => {
            out.extend_from_slice(&[3, u8::from(remote_id.is_some())]);
            if let Some(id) = remote_id {
                put_remote_id(out, id);
            }
        }
        Event::Retried { cause, at } => {
            out.push(4);
            put_u64(out, at.0);
            put_cause(out, cause);
        }
        Event::Redirected { to } => put_named(out, 5, to),
        Event::OutcomeUnknown { cause } => {
            out.push(6);
            put_cause(out, cause);
        }
        Event::Failed { cause } => {
            out.push(7);
            put_cause(out, cause);
        }
        Event::Receipt { state, error } => {
            out.extend_from_slice(&[8, *state as u8]);
            put_u32(out, *error);
        }
        Event::Final { state } => out.extend_from_slice(&[9, *state as u8]),
        Event::OwnerTold { link } => put_named(out, 10, link),
        Event::OwnerNotTold { cause } => {
            out.push(11);
            put_cause(out, cause);
        }
        Event::OwnerRetried { cause, attempts, at } => {
            out.push(12);
            put_instant(out, *at);
            put_u16(out, *attempts);
            put_cause(out, cause);
        }
    }
}

fn put_named(out: &mut Vec<u8>, kind: u8, link: &LinkName) {
    out.push(kind);
    put_short(out, link.as_str().as_bytes());
}

fn read_step(reader: &mut Reader<'_>) -> Result<Step, Malformed> {
    let (at, segment) = (reader.timestamp()?, reader.u16()?);
    let event = match reader.u8()? {
        1 => Event::Accepted,
        2 => Event::Attempted { link: LinkName::from(reader.text()?) },
        3 => Event::Sent { remote_id: if reader.u8()? == 0 { None } else { Some(reader.remote_id()?) } },
        4 => {
            let at = reader.timestamp()?;
            Event::Retried { cause: reader.cause()?, at }
        }
        5 => Event::Redirected { to: LinkName::from(reader.text()?) },
        6 => Event::OutcomeUnknown { cause: reader.cause()? },
        7 => Event::Failed { cause: reader.cause()? },
        8 => Event::Receipt { state: reader.state()?, error: reader.u32()? },
        9 => Event::Final { state: reader.state()? },
        10 => Event::OwnerTold { link: LinkName::from(reader.text()?) },
        11 => Event::OwnerNotTold { cause: reader.cause()? },
        12 => {
            let (at, attempts) = (reader.instant()?, reader.u16()?);
            Event::OwnerRetried { cause: reader.cause()?, attempts, at }
        }
        _ => return Err(Malformed),
    };
    Ok(Step { at, segment, event })
}

/// An address or a reference as SQL: text where it is text, so that people can read and compare it.
pub(super) fn sql_octets(value: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match std::str::from_utf8(value) {
        Ok(_) => ValueRef::Text(value),
        Err(_) => ValueRef::Blob(value),
    })
}

/// The record in a row of [`select`].
pub(super) fn record_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Record> {
    let instant = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(|at| Timestamp(at as u64)));
    let name = |column| row.get::<_, String>(column).map(LinkName::from);
    let address = |column: usize| -> rusqlite::Result<Address> {
        let (ton, npi) = (Ton(row.get(column)?), Npi(row.get(column + 1)?));
        Ok(Address::new(ton, npi, octets_of(row.get_ref(column + 2)?)).unwrap_or_default())
    };
    let id = |octets: [u8; 16]| MessageId::from_octets(octets);
    Ok(Record {
        id: id(row.get(0)?),
        direction: if row.get::<_, u8>(1)? == 0 { Direction::Mt } else { Direction::Mo },
        origin: name(2)?,
        target: name(3)?,
        source: address(4)?,
        destination: address(7)?,
        segments: row.get(10)?,
        state: State::from_number(row.get(11)?).unwrap_or(State::Unknown),
        error: row.get(12)?,
        accepted_at: Timestamp(row.get::<_, i64>(13)? as u64),
        not_before: instant(17)?,
        expires_at: instant(18)?,
        final_at: instant(14)?,
        in_reply_to: row.get::<_, Option<[u8; 16]>>(15)?.map(id),
        attached: attached_of(row)?,
        history: steps_of(octets_of(row.get_ref(HISTORY_COLUMN)?)),
    })
}

fn attached_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Arc<Attached>>> {
    let reference = row.get_ref(19)?;
    if reference == ValueRef::Null {
        return Ok(None);
    }
    let octets = |value| Bytes::copy_from_slice(octets_of(value));
    Ok(Some(Arc::new(Attached {
        reference: octets(reference),
        told: row.get::<_, Option<String>>(20)?.map(LinkName::from),
        attributes: octets(row.get_ref(21)?),
    })))
}

/// The steps of a history, as far as they can be read.
pub(super) fn steps_of(octets: &[u8]) -> Vec<Step> {
    let mut reader = Reader::new(octets);
    std::iter::from_fn(|| if reader.is_empty() { None } else { read_step(&mut reader).ok() }).collect()
}

/// The octets of a value that is text or a blob.
pub(super) fn octets_of(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(octets) | ValueRef::Blob(octets) => octets,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_keeps_its_start_and_its_end() {
        let mut history = History::default();
        history.push(Timestamp(1), 0, &Event::Accepted);
        for at in 2..2000 {
            history.push(Timestamp(at), 1, &Event::OutcomeUnknown { cause: Cause::Timeout });
        }
        history.push(Timestamp(2000), 0, &Event::Final { state: State::Unknown });
        let steps = steps_of(history.octets());
        assert_eq!(steps.len(), Record::STEPS_MAX);
        assert_eq!(steps.first().map(|step| step.at), Some(Timestamp(1)));
        assert_eq!(steps.last().map(|step| step.at), Some(Timestamp(2000)));
        assert_eq!(steps.get(510).map(|step| step.at), Some(Timestamp(1999)));
    }

    #[test]
    fn how_often_the_owner_could_not_be_told_is_one_step() {
        let mut history = History::default();
        history.push(Timestamp(1), 0, &Event::Final { state: State::Delivered });
        history.mark();
        let seen = history.kept();
        for at in 2..1000 {
            history.push_untold(Timestamp(at), Cause::Http(500), Some(Timestamp(at + 1)));
        }
        history.mark();
        history.push_untold(Timestamp(1000), Cause::Timeout, None);
        assert_eq!(history.kept(), seen, "the last step is another one");
        let steps = steps_of(history.octets());
        let expected = Event::OwnerRetried { cause: Cause::Timeout, attempts: 999, at: None };
        assert_eq!(steps.len(), 2);
        assert_eq!(steps.last(), Some(&Step { at: Timestamp(1000), segment: 0, event: expected }));
        let kept = History::from_octets(history.octets()).map(|history| (history.steps, history.last));
        assert_eq!(kept, Ok((2, seen)));
    }

    #[test]
    fn an_attempt_that_was_none_is_taken_back() {
        let mut history = History::default();
        history.push(Timestamp(1), 0, &Event::Accepted);
        history.push(Timestamp(2), 3, &Event::Attempted { link: LinkName::from("a") });
        history.take_back(2);
        assert_eq!(steps_of(history.octets()).len(), 2, "another segment's");
        history.take_back(3);
        history.take_back(3);
        assert_eq!(
            steps_of(history.octets()),
            [Step { at: Timestamp(1), segment: 0, event: Event::Accepted }]
        );
    }
}
