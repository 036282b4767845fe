//! Writing the summary of a journal file.

use std::collections::{HashMap, HashSet};
use std::io;

use foldhash::fast::RandomState;
use sms::{ReceiptRequest, State, Timestamp};

use super::super::body::Body;
use super::super::codec::{Malformed, Reader, put_u16, put_u32, put_u64};
use super::super::disk::ReadDisk;
use super::super::fact::{Change, Fact, NOTICE_PART, read_fact};
use super::super::groups::Groups;
use super::super::journal::{Group, Place};
use super::super::slots::priority_bits;
use super::{
    ACCEPTED, AT, CARRIED, FACT, GONE, HAS_EXPIRES_AT, HAS_LINKS, HAS_NOT_BEFORE, HAS_SERIAL, HEADER_OCTETS,
    MAGIC, ON_FAILURE, ON_SUCCESS, VERSION, ends_of,
};

/// The summary of a journal file that nothing is written to any more; an error if it cannot be read or is
/// damaged.
pub(in super::super) fn summarise(disk: &mut impl ReadDisk, number: u32) -> io::Result<Vec<u8>> {
    let octets = disk.length(number)?;
    let ends = ends_of(disk, number, octets)?;
    let mut lives = Lives::default();
    each_group(disk, number, octets, |_, group| lives.group(group))?;
    let mut writer = Writer::new(lives);
    each_group(disk, number, octets, |place, group| writer.group(place, group))?;
    Ok(writer.finish(number, octets, ends))
}

/// Visits all groups of a file; an error if one of them is not valid or makes no sense to `visit`.
fn each_group(
    disk: &mut impl ReadDisk,
    number: u32,
    octets: u64,
    mut visit: impl FnMut(Place, &Group<'_>) -> Result<(), Malformed>,
) -> io::Result<()> {
    let damaged = |offset: u64| {
        let what = format!("journal file {number:010}.log is damaged at offset {offset}");
        io::Error::new(io::ErrorKind::InvalidData, what)
    };
    let mut groups = Groups::new(disk, number, octets);
    while let Some((place, group)) = groups.next()? {
        visit(place, &group).map_err(|Malformed| damaged(u64::from(place.offset)))?;
    }
    if groups.end() == octets { Ok(()) } else { Err(damaged(groups.end())) }
}

/// What became, within one file, of the messages that were taken over there.
#[derive(Default)]
struct Lives {
    /// How messages ended.
    ended: HashMap<u64, State, RandomState>,
    /// Those whose owner was told, or will not be.
    told: HashSet<u64, RandomState>,
}

impl Lives {
    fn group(&mut self, group: &Group<'_>) -> Result<(), Malformed> {
        let mut reader = Reader::new(group.facts);
        while !reader.is_empty() {
            match read_fact(&mut reader)? {
                Fact::Final { serial, verdict } => drop(self.ended.insert(serial, verdict.sighted.state)),
                Fact::Changed { serial, part: NOTICE_PART, change } if is_end_of_notice(&change) => {
                    self.told.insert(serial);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether nothing of a message that was taken over here is under way at the end of the file.
    fn is_over(&self, serial: u64, receipt: ReceiptRequest) -> bool {
        self.ended.get(&serial).is_some_and(|&state| !receipt.wants(state) || self.told.contains(&serial))
    }
}

/// Whether the owner of a message need not be told any more.
fn is_end_of_notice(change: &Change) -> bool {
    matches!(
        change,
        Change::Sent { .. } | Change::Done { .. } | Change::Failed { .. } | Change::Lapsed { .. }
    )
}

struct Writer {
    lives: Lives,
    /// Messages of which nothing is written.
    over: HashSet<u64, RandomState>,
    gone: u32,
    out: Vec<u8>,
    at: Option<Timestamp>,
    serial: u64,
    links: (u16, u16),
}

impl Writer {
    fn new(lives: Lives) -> Self {
        Self {
            lives,
            over: HashSet::default(),
            gone: 0,
            out: vec![0; HEADER_OCTETS],
            at: None,
            serial: 0,
            links: (0, 0),
        }
    }

    fn group(&mut self, place: Place, group: &Group<'_>) -> Result<(), Malformed> {
        let mut reader = Reader::new(group.facts);
        while !reader.is_empty() {
            let start = reader.offset();
            let fact = read_fact(&mut reader)?;
            if !self.leaves_out(&fact, reader.clone()) {
                let octets = group.facts.get(start..reader.offset()).ok_or(Malformed)?;
                self.put_at(group.at);
                self.put(&fact, place.offset + start as u32, octets);
            }
        }
        Ok(())
    }

    /// Whether nothing follows from a fact for who knows the whole file; `rest` is what follows it in its group.
    fn leaves_out(&mut self, fact: &Fact<'_>, mut rest: Reader<'_>) -> bool {
        match fact {
            Fact::Final { .. } => true,
            Fact::Accepted(body) | Fact::Carried(body, _) => {
                let is_born = matches!(fact, Fact::Accepted(_));
                if is_born && self.lives.is_over(body.serial, body.receipt()) {
                    self.over.insert(body.serial);
                }
                let is_over = self.over.contains(&body.serial);
                self.gone += u32::from(is_over);
                is_over
            }
            Fact::Tlvs { serial } => self.over.contains(serial),
            Fact::Changed { serial, part, .. } if self.over.contains(serial) => {
                // A receipt right behind the response that names its id was there before it: that it waits
                // no longer must be known.
                let claims = |next: Fact<'_>| matches!(next, Fact::Changed { serial: its, part: at, change: Change::Receipt { .. } } if its == *serial && at == *part);
                !read_fact(&mut rest).is_ok_and(claims)
            }
            _ => false,
        }
    }

    fn put(&mut self, fact: &Fact<'_>, offset: u32, octets: &[u8]) {
        match fact {
            Fact::Accepted(body) => self.put_message(ACCEPTED, body, offset),
            Fact::Carried(body, _) => {
                let tail = 1 + body.octets_in_journal();
                self.put_message(CARRIED, body, offset);
                put_u32(&mut self.out, tail as u32);
                self.out.extend_from_slice(octets.get(tail..).unwrap_or_default());
            }
            _ => {
                self.out.push(FACT);
                put_u32(&mut self.out, offset);
                self.out.extend_from_slice(octets);
            }
        }
    }

    fn put_at(&mut self, at: Timestamp) {
        if self.at != Some(at) {
            self.at = Some(at);
            self.out.push(AT);
            put_u64(&mut self.out, at.0);
        }
    }

    fn put_message(&mut self, kind: u8, body: &Body<'_>, offset: u32) {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let (links, receipt) = ((body.told, body.target), body.receipt());
        let flags = priority_bits(body.priority)
            | flag(receipt.on_success, ON_SUCCESS)
            | flag(receipt.on_failure, ON_FAILURE)
            | flag(body.serial != self.serial + 1, HAS_SERIAL)
            | flag(links != self.links, HAS_LINKS)
            | flag(body.not_before.is_some(), HAS_NOT_BEFORE)
            | flag(body.expires_at.is_some(), HAS_EXPIRES_AT);
        let out = &mut self.out;
        out.extend_from_slice(&[kind, flags, body.count]);
        put_u32(out, offset);
        if flags & HAS_SERIAL != 0 {
            put_u64(out, body.serial);
        }
        if flags & HAS_LINKS != 0 {
            put_u16(out, links.0);
            put_u16(out, links.1);
        }
        body.not_before.into_iter().chain(body.expires_at).for_each(|at| put_u64(out, at.0));
        (self.serial, self.links) = (body.serial, links);
    }

    fn finish(mut self, number: u32, octets: u64, ends: u32) -> Vec<u8> {
        self.out.push(GONE);
        put_u32(&mut self.out, self.gone);
        let records = crc32fast::hash(&self.out[HEADER_OCTETS..]);
        let mut header = Vec::with_capacity(HEADER_OCTETS);
        header.extend_from_slice(MAGIC);
        put_u32(&mut header, VERSION);
        put_u32(&mut header, number);
        put_u64(&mut header, octets);
        put_u32(&mut header, ends);
        put_u32(&mut header, records);
        let crc = crc32fast::hash(&header);
        put_u32(&mut header, crc);
        self.out[..HEADER_OCTETS].copy_from_slice(&header);
        self.out
    }
}
