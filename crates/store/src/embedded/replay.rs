//! What the journal says, fact by fact.

use std::collections::HashMap;
use std::time::Duration;

use sms::Timestamp;

use super::body::Body;
use super::codec::Reader;
use super::disk::ReadDisk;
use super::fact::{Carried, Change, Fact, read_fact, tlvs_place};
use super::groups::Groups;
use super::index::{Index, Newcomer};
use super::journal::{FileInfo, GROUP_HEADER_OCTETS, GROUP_MAGIC, Group, Place, read_group};
use super::links::Links;
use super::options::OpenError;
use super::summary::{Listener, Summary};

/// What follows from the journal so far.
pub(super) struct Replay {
    pub(super) index: Index,
    pub(super) links: Links,
    serials: Serials,
    pub(super) next_serial: u64,
    fault: Option<&'static str>,
    /// Something is missing: what follows is checked, but nothing follows from it.
    pub(super) is_damaged: bool,
}

impl Replay {
    pub(super) fn new(receipt_timeout: Duration, notice_timeout: Duration) -> Self {
        Self {
            index: Index::new(receipt_timeout, notice_timeout),
            links: Links::default(),
            serials: Serials::default(),
            next_serial: 1,
            fault: None,
            is_damaged: false,
        }
    }

    /// Replays what a summary says in place of its file.
    pub(super) fn summary(&mut self, summary: &Summary, number: u32) -> Result<(), OpenError> {
        summary.tell(self);
        match self.fault.take() {
            Some(what) => Err(OpenError::Damaged { file: number, offset: 0, what }),
            None => Ok(()),
        }
    }

    /// Replays one file; returns where its valid groups end.
    pub(super) fn file(
        &mut self,
        disk: &mut impl ReadDisk,
        file: FileInfo,
        is_last: bool,
        complain: &mut impl FnMut(OpenError) -> Result<(), OpenError>,
    ) -> Result<u64, OpenError> {
        let FileInfo { number, octets } = file;
        let io = || OpenError::io(format!("journal file {number:010}.log"));
        let mut groups = Groups::new(disk, number, octets);
        while let Some((place, group)) = groups.next().map_err(io())? {
            self.checked_group(&group, place, complain)?;
        }
        let end = groups.end();
        if end == octets {
            return Ok(end);
        }
        let octets = load(disk, number, octets).map_err(io())?;
        Ok(self.rest(&octets, end as usize, number, is_last, complain)? as u64)
    }

    /// Replays what there is from `at` on, where no valid group starts; returns where valid groups end.
    fn rest(
        &mut self,
        octets: &[u8],
        mut at: usize,
        number: u32,
        is_last: bool,
        complain: &mut impl FnMut(OpenError) -> Result<(), OpenError>,
    ) -> Result<usize, OpenError> {
        while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(group) = read_group(rest, number) {
                let place = Place { file: number, offset: (at + GROUP_HEADER_OCTETS) as u32 };
                self.checked_group(&group, place, complain)?;
                at += group.facts.len() + GROUP_HEADER_OCTETS;
                continue;
            }
            if is_last && !is_synced(octets, at, number) {
                return Ok(at);
            }
            let what = "a group of records is invalid";
            complain(OpenError::Damaged { file: number, offset: at as u64, what })?;
            self.is_damaged = true;
            at = next_group(octets, at + 1, number).map_or(octets.len(), |(next, _)| next);
        }
        Ok(at)
    }

    /// Replays a group whose first fact stands at `start`.
    fn checked_group(
        &mut self,
        group: &Group<'_>,
        start: Place,
        complain: &mut impl FnMut(OpenError) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        if let Err(what) = self.group(group, start) {
            let offset = u64::from(start.offset) - GROUP_HEADER_OCTETS as u64;
            complain(OpenError::Damaged { file: start.file, offset, what })?;
            self.is_damaged = true;
        }
        Ok(())
    }

    fn group(&mut self, group: &Group<'_>, start: Place) -> Result<(), &'static str> {
        let mut reader = Reader::new(group.facts);
        while !reader.is_empty() {
            let place = Place { offset: start.offset + reader.offset() as u32, ..start };
            let fact = read_fact(&mut reader).map_err(|_| "a record is malformed")?;
            if self.is_damaged {
                continue;
            }
            self.fact(fact, place, group.at);
            if let Some(fault) = self.fault.take() {
                return Err(fault);
            }
        }
        Ok(())
    }

    fn enter(&mut self, serial: u64, slot: Option<u32>) {
        self.next_serial = self.next_serial.max(serial + 1);
        match slot {
            Some(slot) => self.serials.insert(serial, slot),
            None => self.fault = Some("more segments are under way than can be counted"),
        }
    }

    fn changed(&mut self, serial: u64, part: u8, change: &Change, place: Place, at: Timestamp) {
        if let Change::Sent { link, remote_id } | Change::Amended { link, remote_id } = change {
            let key = self.index.remote.key(remote_id);
            for early in self.index.early.take(*link, key) {
                self.index.census.leave_early(early.file);
            }
        }
        let Some(first) = self.serials.find(&self.index, serial) else { return };
        let is_notice = part == super::fact::NOTICE_PART;
        let slot = if is_notice { Some(first) } else { self.index.ring(first).nth(usize::from(part)) };
        let matches = |&slot: &u32| {
            self.index.slab.get(slot).is_some_and(|slot| slot.has(super::slots::NOTICE) == is_notice)
        };
        let Some(slot) = slot.filter(matches) else { return };
        self.index.apply(slot, change, place, at);
    }
}

impl Listener for Replay {
    fn fact(&mut self, fact: Fact<'_>, place: Place, at: Timestamp) {
        match fact {
            Fact::Link { number, name } => {
                if !self.links.declare(number, &name) {
                    self.fault = Some("a link has two numbers");
                }
            }
            Fact::Serial(serial) => self.next_serial = self.next_serial.max(serial),
            Fact::Accepted(body) => self.accepted(&newcomer(&body, place), at),
            Fact::Carried(body, carried) => self.carried(&newcomer(&body, place), &carried, at),
            Fact::Final { .. } => {}
            Fact::Early { link, remote_id, sighted, has_tlvs } => {
                let key = self.index.remote.key(&remote_id);
                self.index.early.insert(link, key, sighted, at, place, has_tlvs);
                self.index.census.enter_early(place.file);
            }
            Fact::Tlvs { serial } => {
                if let Some(first) = self.serials.find(&self.index, serial) {
                    self.index.keep_tlvs(first, Some(tlvs_place(place)));
                }
            }
            Fact::Changed { serial, part, change } => self.changed(serial, part, &change, place, at),
        }
    }

    fn accepted(&mut self, new: &Newcomer, at: Timestamp) {
        let slot = self.index.insert(new, at);
        self.enter(new.serial, slot);
    }

    fn carried(&mut self, new: &Newcomer, carried: &Carried, at: Timestamp) {
        if let Some(slot) = self.serials.find(&self.index, new.serial) {
            self.index.forget(slot);
        }
        let slot = self.index.insert_carried(new, carried, new.place, at);
        self.enter(new.serial, slot);
    }

    fn gone(&mut self, file: u32, messages: u32) {
        self.index.census.enter_gone(file, messages);
    }
}

fn load(disk: &mut impl ReadDisk, number: u32, length: u64) -> std::io::Result<Vec<u8>> {
    let mut octets = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let read = disk.read_at(number, 0, &mut octets)?;
    octets.truncate(read);
    Ok(octets)
}

/// Whether a group behind `at` says that the octets at `at` had been synced.
fn is_synced(octets: &[u8], at: usize, number: u32) -> bool {
    let mut from = at + 1;
    while let Some((start, group)) = next_group(octets, from, number) {
        if group.synced as usize > at {
            return true;
        }
        from = start + GROUP_HEADER_OCTETS + group.facts.len();
    }
    false
}

/// The first valid group that starts at `from` or behind it, and where.
fn next_group(octets: &[u8], mut from: usize, number: u32) -> Option<(usize, Group<'_>)> {
    loop {
        let rest = octets.get(from..)?;
        let start = from + rest.windows(GROUP_MAGIC.len()).position(|window| window == GROUP_MAGIC)?;
        if let Some(group) = octets.get(start..).and_then(|octets| read_group(octets, number)) {
            return Some((start, group));
        }
        from = start + 1;
    }
}

/// What the index keeps of a message.
fn newcomer(body: &Body<'_>, place: Place) -> Newcomer {
    let receipt = body.receipt();
    Newcomer {
        serial: body.serial,
        place,
        told: body.told,
        target: body.target,
        priority: body.priority,
        count: body.count,
        wants_success: receipt.on_success,
        wants_failure: receipt.on_failure,
        not_before: body.not_before,
        expires_at: body.expires_at,
    }
}

/// The first slots of messages by serial, in pages that never move.
#[derive(Debug, Default)]
struct Serials {
    pages: HashMap<u64, Box<[u32; PAGE_SERIALS]>, foldhash::fast::RandomState>,
}

/// Serials of a page: many follow each other without a gap.
const PAGE_SERIALS: usize = 256;
const NO_SLOT: u32 = u32::MAX;

impl Serials {
    fn insert(&mut self, serial: u64, slot: u32) {
        let (page, at) = seat(serial);
        let page = self.pages.entry(page).or_insert_with(|| Box::new([NO_SLOT; PAGE_SERIALS]));
        if let Some(seat) = page.get_mut(at) {
            *seat = slot;
        }
    }

    /// The first slot of the message, if it is still under way.
    fn find(&self, index: &Index, serial: u64) -> Option<u32> {
        let (page, at) = seat(serial);
        let slot = *self.pages.get(&page)?.get(at)?;
        let found = index.slab.get(slot)?;
        let is_live = found.phase() != super::slots::Phase::Free && found.serial() == serial;
        is_live.then_some(slot)
    }
}

const fn seat(serial: u64) -> (u64, usize) {
    (serial / PAGE_SERIALS as u64, (serial % PAGE_SERIALS as u64) as usize)
}
