//! What stands in the place of the ledger: the records of all messages, folded from the journal in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sms::{LinkName, MessageId};

use super::super::codec::Reader;
use super::super::disk::ReadDisk;
use super::super::fact::{Fact, read_fact};
use super::super::journal::{GROUP_HEADER_OCTETS, Group, HEADER_OCTETS, Place, read_group};
use super::super::ledger::staging::{Staged, Staging};
use super::super::links::SharedNames;
use crate::{Page, Query, Record};

/// What became of every message, from what the journal made durable. Clones share it.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Fold>>);

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Fold {
    staging: Option<Staging>,
    /// The first segment of each message as it was accepted.
    texts: BTreeMap<MessageId, Vec<u8>>,
    /// Up to where the journal has been read.
    place: Place,
}

impl Recorder {
    /// The records of all messages, in order of acceptance.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.fold().staging.as_ref().map(Staging::records).unwrap_or_default()
    }

    /// The first segment of each message as it was accepted, by id.
    #[must_use]
    pub fn texts(&self) -> BTreeMap<MessageId, Vec<u8>> {
        self.fold().texts.clone()
    }

    /// The record of the message with this id.
    pub(in super::super) fn find(&self, id: MessageId) -> Option<Record> {
        self.fold().staging.as_ref()?.find(id).map(Staged::record)
    }

    /// The serial of the message with this id, unless that has its final state.
    pub(in super::super) fn serial(&self, id: MessageId) -> Option<u64> {
        self.fold().staging.as_ref()?.find(id)?.open_serial()
    }

    /// The serials of those of these messages that there is a record of.
    pub(in super::super) fn serials(&self, wanted: Vec<MessageId>) -> Vec<(MessageId, u64)> {
        let fold = self.fold();
        let serial = |id| Some((id, fold.staging.as_ref()?.find(id)?.serial));
        wanted.into_iter().filter_map(serial).collect()
    }

    /// The records that match, newest first.
    pub(in super::super) fn search(&self, query: &Query) -> Page {
        let mut found = self.records();
        found.reverse();
        if let Some(cursor) = query.cursor {
            let at = found.iter().position(|record| record.id == cursor);
            found.drain(..at.map_or(found.len(), |at| at + 1));
        }
        found.retain(|record| query.matches(record));
        let limit = query.limit.clamp(1, Query::LIMIT_MAX);
        let is_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(|record| record.id).filter(|_| is_more);
        Page { records: found, next }
    }

    /// Goes on with the names that a process has for its links.
    pub(super) fn open(&self, names: SharedNames) {
        let mut fold = self.fold();
        match &mut fold.staging {
            Some(staging) => staging.rename(names),
            none => *none = Some(Staging::new(names, Arc::default())),
        }
    }

    /// Reads on up to `until`; says up to where the journal is not needed any more.
    pub(super) fn catch_up(&self, disk: &mut impl ReadDisk, until: Place) -> Place {
        let fold = &mut *self.fold();
        if let Err(error) = fold.read(disk, until) {
            tracing::error!(%error, "the journal cannot be read back");
        }
        fold.place
    }

    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fold {
    fn read(&mut self, disk: &mut impl ReadDisk, until: Place) -> io::Result<()> {
        while self.place < until {
            let number = self.place.file.max(1);
            let start = self.place.offset.max(HEADER_OCTETS as u32);
            let length = if number == until.file { u64::from(until.offset) } else { disk.length(number)? };
            let mut octets = vec![0; (length as usize).saturating_sub(start as usize)];
            disk.read_at(number, u64::from(start), &mut octets)?;
            let mut at = 0;
            while let Some(group) = octets.get(at..).and_then(|rest| read_group(rest, number)) {
                self.add(&group, Place { file: number, offset: start + at as u32 })?;
                at += GROUP_HEADER_OCTETS + group.facts.len();
            }
            self.place = if number == until.file { until } else { Place { file: number + 1, offset: 0 } };
        }
        Ok(())
    }

    fn add(&mut self, group: &Group<'_>, place: Place) -> io::Result<()> {
        let Some(staging) = &mut self.staging else { return Ok(()) };
        let mut reader = Reader::new(group.facts);
        while !reader.is_empty() {
            let fact = read_fact(&mut reader).map_err(|_| io::ErrorKind::InvalidData)?;
            if let Fact::Accepted(body) = &fact {
                let message =
                    body.message(|_| Some(LinkName::from(""))).map_err(|_| io::ErrorKind::InvalidData)?;
                self.texts.extend(message.parts.first().map(|text| (body.id, text.to_vec())));
            }
            staging.add(fact, place, group.at);
        }
        Ok(())
    }
}
