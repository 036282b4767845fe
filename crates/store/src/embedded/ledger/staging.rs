//! Records that still change, before they are written.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;
use sms::{Address, Attached, Direction, LinkName, MessageId, State, Timestamp};

use super::super::body::Body;
use super::super::fact::{Change, Fact, NOTICE_PART, Verdict};
use super::super::journal::Place;
use super::super::links::SharedNames;
use super::row::{History, steps_of};
use crate::{Cause, Event, Record, Subject, Watchers};

/// The most records that are held back.
const STAGED_MAX: usize = 65_536;
/// How many messages are taken in before what has its end is written: so many stay in the cache of a core.
const TAKEN_IN_MAX: usize = 16_384;
/// The most histories whose memory is kept for the next.
const SPARE_MAX: usize = 32_768;
/// The most changes that are gathered of records that are not held back.
const LATE_MAX: usize = 16_384;
/// How long a record is held back, by the time of the journal, in milliseconds.
const STAGED_MS: u64 = 15_000;
/// How long one is held back that only waits for its owner to be told.
const FINAL_MS: u64 = 2_000;

/// A record that is held back.
#[derive(Clone, Debug)]
pub(in super::super) struct Staged {
    pub(in super::super) serial: u64,
    pub(super) id: MessageId,
    pub(super) direction: Direction,
    pub(super) origin: LinkName,
    pub(super) target: LinkName,
    pub(super) source: Address,
    pub(super) destination: Address,
    pub(super) segments: u8,
    pub(super) accepted_at: Timestamp,
    pub(super) times: Times,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) attached: Option<Arc<Attached>>,
    pub(super) news: News,
    /// Where its first fact stands.
    first: Place,
    pub(super) staged_at: Timestamp,
    wants: sms::ReceiptRequest,
    is_told: bool,
    /// It has been written as it is.
    is_written: bool,
    /// It has been written, maybe as it was before.
    is_kept: bool,
}

/// What happened to a message: all of it, or since it was written.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) history: History,
    pub(super) verdict: Option<(Verdict, Timestamp)>,
    pub(super) redirected: Option<LinkName>,
    /// How many segments it has now and when it may be sent, if the journal said it anew.
    pub(super) anew: Option<(u8, Times)>,
    /// What is attached to it now, if the journal said it anew.
    pub(super) attached: Option<Arc<Attached>>,
    /// Where the last of it stands in the journal.
    pub(super) place: Place,
    notice_link: LinkName,
}

/// Between which times a message may be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
}

impl Times {
    fn of(body: &Body<'_>) -> Self {
        Self { not_before: body.not_before, expires_at: body.expires_at }
    }
}

/// What the journal says of a message that is no longer held back.
#[derive(Debug)]
pub(super) struct Late {
    place: Place,
    at: Timestamp,
    saying: Saying,
}

#[derive(Debug)]
enum Saying {
    Changed { part: u8, change: Change },
    Final(Verdict),
    Carried { segments: u8, times: Times, attached: Option<Arc<Attached>> },
}

impl News {
    /// No news of a message with this history up to `place`, whose owner is `origin`.
    pub(super) fn since(place: Place, history: History, origin: LinkName) -> Self {
        Self {
            history,
            verdict: None,
            redirected: None,
            anew: None,
            attached: None,
            place,
            notice_link: origin,
        }
    }

    /// Adds what stands behind all that is known; what does not is known already.
    pub(super) fn add_late(&mut self, late: Vec<Late>, names: &Names) {
        let known = self.place;
        for Late { place, at, saying } in late.into_iter().filter(|late| late.place > known) {
            self.place = place;
            match saying {
                Saying::Changed { part, change } => self.add(part, change, at, names),
                Saying::Final(verdict) => self.end(verdict, at),
                Saying::Carried { segments, times, attached } => {
                    self.anew = Some((segments, times));
                    self.attached = attached.or(self.attached.take());
                }
            }
        }
    }

    fn end(&mut self, verdict: Verdict, at: Timestamp) {
        self.verdict = Some((verdict, at));
        self.history.push(at, 0, &Event::Final { state: verdict.sighted.state });
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
            Change::Moved { to, cause, .. } => {
                if let Some(cause) = cause {
                    self.history.push(at, part, &Event::Failed { cause });
                }
                let to = names.name(to);
                self.redirected = Some(to.clone());
                Event::Redirected { to }
            }
            Change::Redirect { to } => {
                let to = names.name(to);
                self.redirected = Some(to.clone());
                Event::Redirected { to }
            }
            Change::Failed { cause, .. } => Event::Failed { cause },
            Change::Unknown { cause, .. } => Event::OutcomeUnknown { cause },
            Change::Receipt { sighted, .. } => Event::Receipt { state: sighted.state, error: sighted.error },
            Change::Lapsed { state: State::Deleted } => {
                Event::Failed { cause: Cause::Other("cancelled".into()) }
            }
            Change::Lapsed { .. } => Event::Failed { cause: Cause::Timeout },
        };
        self.history.push(at, part, &event);
    }

    fn add_notice(&mut self, change: Change, at: Timestamp, names: &Names) {
        let event = match change {
            Change::Attempted { link } => {
                self.notice_link = names.name(link);
                return;
            }
            Change::Done { .. } => Event::OwnerTold { link: self.notice_link.clone() },
            Change::Failed { cause, .. } => Event::OwnerNotTold { cause },
            Change::Retry { cause, at: retry_at } => {
                return self.history.push_untold(at, cause, Some(retry_at));
            }
            Change::Unknown { cause, retry_at } => return self.history.push_untold(at, cause, retry_at),
            Change::Moved { to, cause, .. } => {
                if let Some(cause) = cause {
                    self.history.push(at, 0, &Event::OwnerNotTold { cause });
                }
                Event::Redirected { to: names.name(to) }
            }
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
            // Copies: other threads count their references to the shared ones all the time.
            let new = shared.iter().skip(self.known.len()).map(|name| LinkName::from(name.as_str()));
            self.known.extend(new);
        }
    }
}

/// The records of the last seconds, by serial, and what was said of older ones.
#[derive(Debug)]
pub(in super::super) struct Staging {
    records: VecDeque<Option<Staged>>,
    /// The serial of the first of `records`.
    base: u64,
    /// There are rows of all that were held back with a serial below this.
    kept_below: u64,
    /// Records before a gap in the serials that is too wide to be bridged; they are written next.
    stranded: Vec<Staged>,
    /// How many records came since something was written.
    taken_in: usize,
    /// Histories of records that were written, to be used again.
    spare: Vec<History>,
    late: BTreeMap<u64, Vec<Late>>,
    late_count: usize,
    /// Attempts under way to tell owners of messages that are no longer held back, by serial: as many as are lent.
    tellings: HashMap<u64, Late, RandomState>,
    names: Names,
    /// Who is told of what is added to records.
    watchers: Arc<Watchers>,
}

impl Staging {
    pub(in super::super) fn new(shared: SharedNames, watchers: Arc<Watchers>) -> Self {
        let mut names = Names { known: Vec::new(), shared };
        names.refresh();
        Self {
            records: VecDeque::new(),
            base: 0,
            kept_below: 0,
            stranded: Vec::new(),
            taken_in: 0,
            spare: Vec::new(),
            late: BTreeMap::new(),
            late_count: 0,
            tellings: HashMap::default(),
            names,
            watchers,
        }
    }

    /// Whether so much is held back that it must be written.
    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= STAGED_MAX
            || self.taken_in >= TAKEN_IN_MAX
            || self.late_count >= LATE_MAX
            || !self.stranded.is_empty()
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Takes out what was said of messages that are no longer held back, by serial.
    pub(super) fn take_late(&mut self) -> BTreeMap<u64, Vec<Late>> {
        self.late_count = 0;
        std::mem::take(&mut self.late)
    }

    /// Takes in what the journal says at `place`.
    pub(in super::super) fn add(&mut self, fact: Fact<'_>, place: Place, at: Timestamp) {
        match fact {
            Fact::Accepted(body) => self.accept(body, place, at),
            Fact::Link { .. } => self.names.refresh(),
            Fact::Changed { serial, part, change } => {
                self.say(serial, Late { place, at, saying: Saying::Changed { part, change } });
            }
            Fact::Final { serial, verdict } => {
                self.say(serial, Late { place, at, saying: Saying::Final(verdict) })
            }
            // What was only carried forward says nothing new of itself.
            Fact::Carried(_, carried) if !carried.may_be_anew() => {}
            Fact::Carried(body, _) => {
                let attached = body.attached(|number| Some(self.names.name(number))).unwrap_or_default();
                let saying = Saying::Carried { segments: body.count, times: Times::of(&body), attached };
                self.say(body.serial, Late { place, at, saying });
            }
            Fact::Early { .. } | Fact::Serial(_) | Fact::Tlvs { .. } => {}
        }
    }

    fn say(&mut self, serial: u64, late: Late) {
        let index = serial.checked_sub(self.base).map(|index| index as usize);
        let Some(staged) = index.and_then(|index| self.records.get_mut(index)).and_then(Option::as_mut)
        else {
            return self.say_late(serial, late);
        };
        staged.news.place = late.place;
        staged.is_written = false;
        staged.news.history.mark();
        match late.saying {
            Saying::Final(verdict) => staged.news.end(verdict, late.at),
            Saying::Carried { segments, times, attached } => {
                (staged.segments, staged.times) = (segments, times);
                staged.attached = attached.or(staged.attached.take());
            }
            Saying::Changed { part, change } => {
                staged.is_told |=
                    part == NOTICE_PART && matches!(change, Change::Done { .. } | Change::Failed { .. });
                staged.news.add(part, change, late.at, &self.names);
            }
        }
        if self.watchers.is_any() {
            staged.tell(&self.watchers);
        }
    }

    /// Adds to what is said of a message that is no longer held back. An attempt to tell its owner is nothing to write
    /// before it is known what came of it, and nothing at all if it was given back.
    fn say_late(&mut self, serial: u64, late: Late) {
        let begun = match &late.saying {
            Saying::Changed { part: NOTICE_PART, change: Change::Attempted { .. } } => {
                self.tellings.insert(serial, late);
                return;
            }
            Saying::Changed { part: NOTICE_PART, change } => {
                let begun = self.tellings.remove(&serial);
                if matches!(change, Change::Returned) {
                    return;
                }
                begun
            }
            _ => None,
        };
        let said = self.late.entry(serial).or_default();
        let known = said.len();
        said.extend(begun.into_iter().chain([late]));
        self.late_count += said.len() - known;
    }

    fn accept(&mut self, body: Body<'_>, place: Place, at: Timestamp) {
        if body.serial > self.base + (self.records.len() + STAGED_MAX) as u64 {
            self.stranded.extend(self.records.drain(..).flatten());
        }
        if self.records.is_empty() {
            self.base = body.serial;
        }
        let Some(index) = body.serial.checked_sub(self.base).map(|index| index as usize) else { return };
        while self.records.len() <= index {
            self.records.push_back(None);
        }
        let origin = self.names.name(body.origin);
        self.taken_in += 1;
        let history = self.spare.pop().unwrap_or_else(History::with_room);
        let mut news = News::since(place, history, origin.clone());
        news.history.push(at, 0, &Event::Accepted);
        let staged = Staged {
            serial: body.serial,
            id: body.id,
            direction: body.direction(),
            origin,
            target: self.names.name(body.target),
            attached: body.attached(|number| Some(self.names.name(number))).unwrap_or_default(),
            wants: body.receipt(),
            times: Times::of(&body),
            source: body.source,
            destination: body.destination,
            segments: body.count,
            accepted_at: body.accepted_at,
            in_reply_to: body.in_reply_to,
            news,
            first: place,
            staged_at: at,
            is_told: false,
            is_written: false,
            is_kept: false,
        };
        if self.watchers.is_any() {
            staged.tell(&self.watchers);
        }
        if let Some(seat) = self.records.get_mut(index) {
            *seat = Some(staged);
        }
    }

    /// All records that are held back, in order of acceptance.
    #[cfg(feature = "simulation")]
    pub(in super::super) fn records(&self) -> Vec<Record> {
        self.records.iter().flatten().map(Staged::record).collect()
    }

    /// Goes on with the names of another process.
    #[cfg(feature = "simulation")]
    pub(in super::super) fn rename(&mut self, shared: SharedNames) {
        self.names = Names { known: Vec::new(), shared };
        self.names.refresh();
    }

    /// The record with this id, if it is held back.
    pub(in super::super) fn find(&self, id: MessageId) -> Option<&Staged> {
        self.stranded.iter().chain(self.records.iter().flatten()).find(|staged| staged.id == id)
    }

    /// The serials of those of these messages that are held back.
    pub(super) fn serials(&self, sought: &HashSet<MessageId>) -> impl Iterator<Item = (MessageId, u64)> {
        let held = self.stranded.iter().chain(self.records.iter().flatten());
        held.filter(|staged| sought.contains(&staged.id)).map(|staged| (staged.id, staged.serial))
    }

    /// Everything before this has been written, once what [`Staging::due`] gives has been.
    pub(super) fn first_place(&self) -> Option<Place> {
        self.stranded.iter().chain(self.records.iter().flatten()).next().map(|staged| staged.first)
    }

    /// Every message with a serial below this that was ever held back has been given to be written;
    /// `None` if there was none yet.
    pub(super) fn low(&self) -> Option<u64> {
        let stranded = self.stranded.first().map(|staged| staged.serial);
        stranded.or((self.base > 0).then_some(self.base.max(self.kept_below)))
    }

    /// Gives the records that are to be written now, `all` or those that will hardly change any more.
    /// The latter are not held back any longer.
    pub(super) fn due<E>(
        &mut self,
        all: bool,
        now: Timestamp,
        write: impl FnOnce(&[&Staged]) -> Result<(), E>,
    ) -> Result<(), E> {
        let excess = self.records.len().saturating_sub(STAGED_MAX / 2);
        let is_old = |index: usize, staged: &Staged| index < excess || staged.is_old(now);
        let held = self.records.iter().enumerate().filter_map(|(index, seat)| {
            seat.as_ref().filter(|staged| !staged.is_written && (all || is_old(index, staged)))
        });
        write(&self.stranded.iter().chain(held).collect::<Vec<_>>())?;
        self.stranded.clear();
        self.taken_in = 0;
        if all {
            self.kept_below = self.base + self.records.len() as u64;
        }
        for (index, seat) in self.records.iter_mut().enumerate() {
            let Some(staged) = seat else { continue };
            if is_old(index, staged) {
                let written = seat.take().map(|staged| staged.news.history.emptied());
                self.spare.extend(written.flatten().filter(|_| self.spare.len() < SPARE_MAX));
            } else if all {
                (staged.is_written, staged.is_kept) = (true, true);
            }
        }
        while let Some(None) = self.records.front() {
            self.records.pop_front();
            self.base += 1;
        }
        Ok(())
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

    /// Whether there is a row of it.
    pub(super) const fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub(super) fn target(&self) -> &LinkName {
        self.news.redirected.as_ref().unwrap_or(&self.target)
    }

    /// Tells those who follow it what is new in its history.
    fn tell(&self, watchers: &Watchers) {
        let history = &self.news.history;
        let added = steps_of(history.octets().get(history.kept()..).unwrap_or_default());
        let reference = self.attached.as_ref().map(|attached| attached.reference.clone());
        let subject = Subject {
            id: self.id,
            origin: self.origin.clone(),
            target: self.target().clone(),
            source: self.source.clone(),
            destination: self.destination.clone(),
            reference: reference.unwrap_or_default(),
        };
        watchers.tell(subject, &added);
    }

    /// Its serial while it has no final state.
    pub(in super::super) fn open_serial(&self) -> Option<u64> {
        self.news.verdict.is_none().then_some(self.serial)
    }

    pub(in super::super) fn record(&self) -> Record {
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
            not_before: self.times.not_before,
            expires_at: self.times.expires_at,
            final_at: verdict.map(|(_, at)| at),
            in_reply_to: self.in_reply_to,
            attached: self.attached.clone(),
            history: steps_of(self.news.history.octets()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::body::{Route, put_body};
    use super::super::super::codec::Reader;
    use super::super::super::fact::{Carried, CarriedSegment, Sighted};
    use super::*;
    use crate::conformance::sample;

    fn accept(staging: &mut Staging, serial: u64) {
        let route = Route { serial, origin: 0, told: 0, target: 0, alternatives: Vec::new() };
        let mut out = Vec::new();
        put_body(&mut out, &route, &sample::message(serial));
        let body = Body::read(&mut Reader::new(&out)).unwrap();
        staging.add(Fact::Accepted(body), Place { file: 1, offset: serial as u32 }, Timestamp(serial));
    }

    fn write_all(staging: &mut Staging) -> Vec<u64> {
        let mut written = Vec::new();
        let keep = |due: &[&Staged]| {
            written.extend(due.iter().map(|staged| staged.serial));
            Ok::<(), ()>(())
        };
        staging.due(true, Timestamp(0), keep).unwrap();
        written
    }

    #[test]
    fn a_gap_in_the_serials_loses_no_record() {
        let mut staging = Staging::new(SharedNames::default(), Arc::default());
        for serial in [5, 6, 9, 1_000_000, 1_000_001] {
            accept(&mut staging, serial);
        }
        assert!(staging.is_full(), "what is before the gap is written soon");
        assert_eq!(staging.first_place().unwrap().offset, 5);
        assert_eq!(write_all(&mut staging), [5, 6, 9, 1_000_000, 1_000_001]);
        assert!(write_all(&mut staging).is_empty(), "nothing is written twice");
        assert_eq!(staging.first_place().unwrap().offset, 1_000_000);
    }

    #[test]
    fn what_was_only_carried_forward_is_no_news() {
        let mut staging = Staging::new(SharedNames::default(), Arc::default());
        let route = Route { serial: 3, origin: 0, told: 0, target: 0, alternatives: Vec::new() };
        let mut out = Vec::new();
        put_body(&mut out, &route, &sample::message(3));
        let segment = CarriedSegment {
            phase: 0,
            flags: 0,
            target: 0,
            attempts: 0,
            deadline: 0,
            due: 0,
            ids: Vec::new(),
        };
        let sighted = Sighted { state: State::Delivered, error: 0, done_at: Timestamp(0) };
        let mut is_news = |open: u8, attempts: u16| {
            let segments = vec![CarriedSegment { attempts, ..segment.clone() }];
            let carried = Carried { verdict: Verdict { sighted, delivered: 0 }, open, segments };
            let body = Body::read(&mut Reader::new(&out)).unwrap();
            staging.add(Fact::Carried(body, carried), Place { file: 1, offset: 9 }, Timestamp(7));
            !staging.take_late().is_empty()
        };
        assert!(is_news(1, 0), "it may have been said anew");
        assert!(!is_news(1, 1), "it was tried");
        assert!(!is_news(0, 0), "only its owner is to be told");
    }

    #[test]
    fn an_attempt_to_tell_the_owner_is_written_with_what_came_of_it() {
        let shared = SharedNames::default();
        shared.write().unwrap().extend(["bank", "named"].map(LinkName::from));
        let mut staging = Staging::new(shared, Arc::default());
        let mut say = |offset, change| {
            let told = Fact::Changed { serial: 3, part: NOTICE_PART, change };
            staging.add(told, Place { file: 1, offset }, Timestamp(7));
            staging.take_late().remove(&3)
        };
        for offset in [10, 30] {
            assert!(say(offset, Change::Attempted { link: 1 }).is_none());
            assert!(say(offset + 10, Change::Returned).is_none(), "it was not tried");
        }
        assert!(say(50, Change::Attempted { link: 1 }).is_none());
        let late = say(60, Change::Done { state: State::Delivered, remote_id: None }).unwrap();
        let mut news = News::since(Place { file: 1, offset: 5 }, History::default(), LinkName::from("bank"));
        news.add_late(late, staging.names());
        let told = Event::OwnerTold { link: LinkName::from("named") };
        assert_eq!(
            steps_of(news.history.octets()).into_iter().map(|step| step.event).collect::<Vec<_>>(),
            [told]
        );
        assert_eq!(news.place.offset, 60);
        assert!(staging.tellings.is_empty());
    }

    #[test]
    fn what_comes_later_is_added_once() {
        let mut staging = Staging::new(SharedNames::default(), Arc::default());
        let lapsed =
            |serial| Fact::Changed { serial, part: 0, change: Change::Lapsed { state: State::Expired } };
        for offset in [10, 20, 30] {
            staging.add(lapsed(3), Place { file: 1, offset }, Timestamp(7));
        }
        let mut news = News::since(Place { file: 1, offset: 20 }, History::default(), LinkName::from("bank"));
        let late = staging.take_late().remove(&3).unwrap();
        news.add_late(late, staging.names());
        assert_eq!(steps_of(news.history.octets()).len(), 1, "two of three were known");
        assert_eq!(news.place.offset, 30);
    }
}
