//! Records that still change, before they are written.

use std::collections::{BTreeMap, VecDeque};

use sms::{Address, Direction, LinkName, MessageId, State, Timestamp};

use super::super::body::Body;
use super::super::fact::{Change, Fact, NOTICE_PART, Verdict};
use super::super::journal::Place;
use super::super::links::SharedNames;
use super::row::{History, steps_of};
use crate::{Cause, Event, Record};

/// The most records that are held back.
pub(super) const STAGED_MAX: usize = 65_536;
/// The most records with changes that came after they had been written.
pub(super) const LATE_MAX: usize = 16_384;
/// How long a record is held back, by the time of the journal, in milliseconds.
const STAGED_MS: u64 = 15_000;
/// How long one is held back that only waits for its owner to be told.
const FINAL_MS: u64 = 2_000;

/// A record that is held back.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    pub(super) serial: u64,
    pub(super) id: MessageId,
    pub(super) direction: Direction,
    pub(super) origin: LinkName,
    pub(super) target: LinkName,
    pub(super) source: Address,
    pub(super) destination: Address,
    pub(super) segments: u8,
    pub(super) accepted_at: Timestamp,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) news: News,
    /// Where its first fact stands.
    first: Place,
    staged_at: Timestamp,
    wants: sms::ReceiptRequest,
    is_told: bool,
    /// It has been written as it is.
    is_written: bool,
}

/// What happened to a message: all of it, or since it was written.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) history: History,
    pub(super) verdict: Option<(Verdict, Timestamp)>,
    pub(super) redirected: Option<LinkName>,
    /// Where the last of it stands; what stands before that is known already.
    pub(super) place: Place,
    notice_link: Option<LinkName>,
}

impl News {
    fn new(place: Place) -> Self {
        Self { history: History::default(), verdict: None, redirected: None, place, notice_link: None }
    }

    fn add(&mut self, part: u8, change: Change, at: Timestamp, names: &Names) {
        if part == NOTICE_PART {
            return self.add_notice(change, at, names);
        }
        let event = match change {
            Change::Attempted { link } => Event::Attempted { link: names.name(link) },
            Change::Returned => return self.history.take_back(part),
            Change::Sent { remote_id, .. } | Change::Amended { remote_id, .. } => {
                Event::Sent { remote_id: Some(remote_id) }
            }
            Change::Done { remote_id, .. } => Event::Sent { remote_id },
            Change::Retry { at, cause } => Event::Retried { cause, at },
            Change::Redirect { to } => {
                let to = names.name(to);
                self.redirected = Some(to.clone());
                Event::Redirected { to }
            }
            Change::Failed { cause, .. } => Event::Failed { cause },
            Change::Unknown { cause, .. } => Event::OutcomeUnknown { cause },
            Change::Receipt(sighted) => Event::Receipt { state: sighted.state, error: sighted.error },
            Change::Lapsed { .. } => Event::Failed { cause: Cause::Timeout },
        };
        self.history.push(at, part, &event);
    }

    fn add_notice(&mut self, change: Change, at: Timestamp, names: &Names) {
        let event = match change {
            Change::Attempted { link } => {
                self.notice_link = Some(names.name(link));
                return;
            }
            Change::Done { .. } => match self.notice_link.take() {
                Some(link) => Event::OwnerTold { link },
                None => return,
            },
            Change::Failed { cause, .. } => Event::OwnerNotTold { cause },
            _ => return,
        };
        self.history.push(at, 0, &event);
    }
}

/// The names of links by number, refreshed when a new one appears.
#[derive(Debug)]
pub(super) struct Names {
    known: Vec<LinkName>,
    shared: SharedNames,
}

impl Names {
    fn name(&self, number: u16) -> LinkName {
        self.known.get(usize::from(number)).cloned().unwrap_or_else(|| LinkName::from("?"))
    }

    fn refresh(&mut self) {
        if let Ok(shared) = self.shared.read() {
            self.known.extend(shared.iter().skip(self.known.len()).cloned());
        }
    }
}

/// The records of the last seconds, by serial, and what was said of older ones.
#[derive(Debug)]
pub(super) struct Staging {
    records: VecDeque<Option<Staged>>,
    /// The serial of the first of `records`.
    base: u64,
    pub(super) late: BTreeMap<u64, News>,
    names: Names,
}

impl Staging {
    pub(super) fn new(shared: SharedNames) -> Self {
        let mut names = Names { known: Vec::new(), shared };
        names.refresh();
        Self { records: VecDeque::new(), base: 0, late: BTreeMap::new(), names }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Takes in what the journal says at `place`.
    pub(super) fn add(&mut self, fact: Fact<'_>, place: Place, at: Timestamp) {
        match fact {
            Fact::Accepted(body) => self.accept(&body, place, at),
            Fact::Link { .. } => self.names.refresh(),
            Fact::Changed { serial, part, change } => {
                let names = &self.names;
                let (news, told) = news_of(&mut self.records, self.base, &mut self.late, serial, place);
                let is_told = part == NOTICE_PART && matches!(change, Change::Done { .. } | Change::Failed { .. });
                news.add(part, change, at, names);
                if let Some(told) = told.filter(|_| is_told) {
                    *told = true;
                }
            }
            Fact::Final { serial, verdict } => {
                let (news, _) = news_of(&mut self.records, self.base, &mut self.late, serial, place);
                news.verdict = Some((verdict, at));
                news.history.push(at, 0, &Event::Final { state: verdict.sighted.state });
            }
            Fact::Carried(..) | Fact::Early { .. } | Fact::Serial(_) => {}
        }
    }

    fn accept(&mut self, body: &Body<'_>, place: Place, at: Timestamp) {
        if self.records.is_empty() {
            self.base = body.serial;
        }
        let Some(index) = body.serial.checked_sub(self.base).map(|index| index as usize) else { return };
        if index > self.records.len() + STAGED_MAX {
            return;
        }
        while self.records.len() <= index {
            self.records.push_back(None);
        }
        let mut news = News::new(place);
        news.history.push(at, 0, &Event::Accepted);
        let staged = Staged {
            serial: body.serial,
            id: body.id,
            direction: body.direction(),
            origin: self.names.name(body.origin),
            target: self.names.name(body.target),
            source: body.source.clone(),
            destination: body.destination.clone(),
            segments: body.count,
            accepted_at: body.accepted_at,
            in_reply_to: body.in_reply_to,
            news,
            first: place,
            staged_at: at,
            wants: body.receipt(),
            is_told: false,
            is_written: false,
        };
        if let Some(seat) = self.records.get_mut(index) {
            *seat = Some(staged);
        }
    }

    /// The record with this id, if it is held back.
    pub(super) fn find(&self, id: MessageId) -> Option<Record> {
        self.records.iter().flatten().find(|staged| staged.id == id).map(Staged::record)
    }

    /// Everything before this has been written, once what [`Staging::due`] gives has been.
    pub(super) fn first_place(&self) -> Option<Place> {
        self.records.iter().flatten().next().map(|staged| staged.first)
    }

    /// Visits the records that are to be written now, `all` or those that will hardly change any more.
    /// The latter are not held back any longer.
    pub(super) fn due<E>(
        &mut self,
        all: bool,
        now: Timestamp,
        write: &mut impl FnMut(&Staged) -> Result<(), E>,
    ) -> Result<(), E> {
        let excess = self.records.len().saturating_sub(STAGED_MAX / 2);
        for (index, seat) in self.records.iter_mut().enumerate() {
            let Some(staged) = seat else { continue };
            let is_old = index < excess && self.base > 0 || staged.is_old(now);
            if (all || is_old) && !staged.is_written {
                write(staged)?;
                staged.is_written = true;
            }
            if is_old {
                *seat = None;
            }
        }
        while let Some(None) = self.records.front() {
            self.records.pop_front();
            self.base += 1;
        }
        Ok(())
    }
}

/// Where news of this message are gathered, and the mark that its owner was told.
fn news_of<'a>(
    records: &'a mut VecDeque<Option<Staged>>,
    base: u64,
    late: &'a mut BTreeMap<u64, News>,
    serial: u64,
    place: Place,
) -> (&'a mut News, Option<&'a mut bool>) {
    let index = serial.checked_sub(base).map(|index| index as usize);
    match index.and_then(|index| records.get_mut(index)).and_then(Option::as_mut) {
        Some(staged) => {
            staged.news.place = place;
            staged.is_written = false;
            (&mut staged.news, Some(&mut staged.is_told))
        }
        None => {
            let news = late.entry(serial).or_insert_with(|| News::new(place));
            news.place = place;
            (news, None)
        }
    }
}

impl Staged {
    fn is_old(&self, now: Timestamp) -> bool {
        let age = now.0.saturating_sub(self.staged_at.0);
        match self.news.verdict {
            None => age >= STAGED_MS,
            Some((verdict, at)) => {
                let is_owed = self.wants.wants(verdict.sighted.state) && !self.is_told;
                !is_owed || now.0.saturating_sub(at.0) >= FINAL_MS
            }
        }
    }

    pub(super) fn target(&self) -> &LinkName {
        self.news.redirected.as_ref().unwrap_or(&self.target)
    }

    fn record(&self) -> Record {
        let verdict = self.news.verdict;
        Record {
            id: self.id,
            direction: self.direction,
            origin: self.origin.clone(),
            target: self.target().clone(),
            source: self.source.clone(),
            destination: self.destination.clone(),
            segments: u16::from(self.segments),
            state: verdict.map_or(State::Enroute, |(verdict, _)| verdict.sighted.state),
            error: verdict.map_or(0, |(verdict, _)| verdict.sighted.error),
            accepted_at: self.accepted_at,
            final_at: verdict.map(|(_, at)| at),
            in_reply_to: self.in_reply_to,
            history: steps_of(self.news.history.octets()),
        }
    }
}
