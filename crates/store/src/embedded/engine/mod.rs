//! The engine: commands and the time in; facts to the journal, answers out.
//!
//! One thread owns it. In each turn it handles the commands that have come ([`Engine::handle`]), lends what waited
//! before ([`Engine::serve_ahead`]), makes what they said durable ([`Engine::commit`]), and lends what is due since
//! ([`Engine::serve`]). It reads no clock.

mod accept;
mod browse;
mod commit;
mod housekeeping;
mod recall;
mod receipts;
mod settle;
mod start;
mod take;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod in_process_tests;
#[cfg(test)]
mod recall_tests;
#[cfg(test)]
pub(super) mod rig;
#[cfg(test)]
mod time_tests;
#[cfg(test)]
mod tlvs_tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sms::{LinkName, Timestamp};
use tokio::sync::oneshot;

use super::bodies::Bodies;
use super::body::Route;
use super::cache::{Cache, Kept};
use super::codec::Reader;
use super::disk::Disk;
use super::fact::{Change, NOTICE_PART, put_change, put_final};
use super::index::{Ended, Index};
use super::journal::{Journal, Place};
use super::links::Links;
use super::options::Options;
use super::progress::Progress;
use super::queue::LinkQueue;
use super::slots::{NOTICE, Phase, Slot, Ticket};
use super::summary::Orders;
use crate::lease::Home;
use crate::{
    Entry, Glimpse, Item, Lease, Outcome, Part, RemoteReceipt, Settlement, Shelf, Sighting, Status,
    StoreError,
};
pub(super) use browse::{Scan, Scanned, Seek};
use commit::Reply;
use housekeeping::Housekeeping;
pub(super) use recall::Purpose;
use recall::Recalls;
use take::Waiter;

pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the engine is told to do.
pub(super) enum Command {
    Accept { batch: Vec<Entry>, octets: usize, answer: Answer<()> },
    Take { link: LinkName, max: usize, answer: Answer<Vec<Lease>> },
    Evacuate { link: LinkName, max: usize, answer: Answer<Vec<Lease>> },
    Scan { scan: Scan, answer: Answer<Scanned> },
    Seek { seek: Seek, answer: Answer<Scanned> },
    Show { links: Vec<LinkName>, parts: Vec<Part>, answer: Answer<Vec<Glimpse>> },
    EvacuateThose { link: LinkName, parts: Vec<Part>, answer: Answer<Vec<Lease>> },
    Shelve { link: LinkName, shelf: Option<Shelf> },
    Settle(Vec<Settlement>),
    GiveBack(Part),
    Receipts { batch: Vec<RemoteReceipt>, answer: Answer<Vec<Sighting>> },
    Amend { part: Part, item: Item, link: LinkName, outcome: Box<Outcome> },
    Recall { serials: Vec<u64>, purpose: Box<Purpose> },
    Sync(Answer<()>),
}

impl Command {
    /// Answers that messages were not taken over. Of the others nobody hears.
    pub(super) fn refuse(self, error: StoreError) {
        if let Self::Accept { answer, .. } = self {
            drop(answer.send(Err(error)));
        }
    }
}

/// The state machine.
pub(super) struct Engine<D> {
    disk: D,
    options: Options,
    journal: Journal,
    index: Index,
    links: Links,
    /// How many links the current journal file names.
    declared: usize,
    outlets: Vec<Outlet>,
    /// Links whose takers may have something to take.
    ready: Vec<u16>,
    /// When something is due next for each link whose takers wait for that.
    alarms: BTreeSet<(Timestamp, u16)>,
    cache: Cache,
    bodies: Bodies,
    alternatives: HashMap<Box<[u16]>, Arc<[LinkName]>>,
    /// What may be lent once it is durable.
    fresh: Vec<Ticket>,
    replies: Vec<Reply>,
    /// So many of `replies`, from the first on, are about what has been written: it is done, though not durable.
    written_replies: usize,
    refusable: Vec<u32>,
    next_serial: u64,
    accepted_total: u64,
    home: Option<Arc<dyn Home>>,
    poisoned: Option<String>,
    /// Nothing is accepted until there is room.
    is_full: bool,
    /// There was no room for what waits to be written.
    is_stalled: bool,
    unsynced_since: Option<Timestamp>,
    housekeeping: Housekeeping,
    recalls: Recalls,
    progress: Arc<Progress>,
    /// The journal files that have a summary, or will.
    summarised: BTreeSet<u32>,
    orders: Arc<Orders>,
}

/// The way out to one link.
#[derive(Debug, Default)]
struct Outlet {
    queue: LinkQueue,
    waiters: VecDeque<Waiter>,
    is_ready: bool,
    /// Its time among the alarms of the engine.
    alarm: Option<Timestamp>,
    holds_unknown: bool,
    is_in_process: bool,
    /// Where what waits here goes when its time is up, and for how long.
    shelf: Option<(u16, Duration)>,
}

impl<D: Disk> Engine<D> {
    /// Says where leases that are dropped go.
    pub(super) fn set_home(&mut self, home: Arc<dyn Home>) {
        self.home = Some(home);
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Where it orders summaries of journal files.
    pub(super) fn orders(&self) -> Arc<Orders> {
        Arc::clone(&self.orders)
    }

    pub(super) fn shared_names(&self) -> super::links::SharedNames {
        self.links.shared()
    }

    /// Does what one command says; answers that must wait for the disk are given by [`Engine::commit`].
    pub(super) fn handle(&mut self, command: Command, now: Timestamp) {
        match command {
            Command::Accept { batch, answer, .. } => self.accept(batch, answer, now),
            Command::Take { link, max, answer } => self.take(&link, max, answer),
            Command::Evacuate { link, max, answer } => self.evacuate(&link, max, answer, now),
            Command::Scan { scan, answer } => self.scan(&scan, answer),
            Command::Seek { seek, answer } => self.seek_those(&seek, answer),
            Command::Show { links, parts, answer } => self.show_those(&links, &parts, answer),
            Command::EvacuateThose { link, parts, answer } => {
                self.evacuate_those(&link, &parts, answer, now);
            }
            Command::Shelve { link, shelf } => self.shelve(&link, shelf),
            Command::Settle(batch) => self.settle(batch, now),
            Command::GiveBack(part) => self.give_back(part, now),
            Command::Receipts { batch, answer } => self.receipts(&batch, answer, now),
            Command::Amend { part, item, link, outcome } => self.amend(part, item, &link, *outcome, now),
            Command::Recall { serials, purpose } => self.recall(serials, *purpose, now),
            Command::Sync(answer) => self.replies.push(Reply::Synced(answer)),
        }
    }

    /// Brings what was said of how things stand up to date, with all links that there ever were by their numbers.
    /// It is said often, so that it costs as much as has changed.
    pub(super) fn update(&mut self, status: &mut Status) {
        let mut waiting = std::mem::take(&mut status.waiting);
        let news = self.links.names().iter().skip(waiting.len());
        waiting.extend(news.map(|name| (name.clone(), 0)));
        self.index.tell_waiting(|link, count| {
            if let Some((_, told)) = waiting.get_mut(usize::from(link)) {
                *told = count;
            }
        });
        *status = self.totals(waiting);
    }

    fn totals(&self, waiting: Vec<(LinkName, u64)>) -> Status {
        Status {
            poisoned: self.poisoned.clone(),
            pressure: 0,
            waiting,
            awaiting_receipt: self.index.awaiting_receipt,
            unmatched_receipts: self.index.early.len() as u64,
            live_messages: self.index.live_messages,
            accepted_total: self.accepted_total,
            possible_duplicates_total: self.index.possible_duplicates,
            syncs_total: self.journal.syncs_total,
            written_octets_total: self.journal.written_octets_total,
        }
    }

    fn failure(&self) -> Option<StoreError> {
        self.poisoned.clone().map(StoreError::Failed)
    }

    /// The number of a link, with a way out to it.
    fn link(&mut self, name: &LinkName) -> Option<u16> {
        let number = self.links.number(name)?;
        while self.outlets.len() <= usize::from(number) {
            let name = self.links.name(self.outlets.len() as u16);
            let is_among = |links: &[LinkName]| name.is_some_and(|name| links.contains(name));
            let holds_unknown = is_among(&self.options.hold_unknown);
            let is_in_process = is_among(&self.options.in_process);
            self.outlets.push(Outlet { holds_unknown, is_in_process, ..Outlet::default() });
        }
        Some(number)
    }

    fn mark_ready(&mut self, link: u16) {
        if let Some(outlet) = self.outlets.get_mut(usize::from(link))
            && !outlet.is_ready
        {
            outlet.is_ready = true;
            self.ready.push(link);
        }
    }

    /// Lets a change happen to a slot: in the journal, in memory and in the queues. A group has been begun.
    fn change(&mut self, number: u32, change: &Change, now: Timestamp) {
        let Some(&slot) = self.index.slab.get(number) else { return };
        match self.note(number, change, now) {
            Some(Ended { verdict, notice }) => {
                put_final(self.journal.facts(), slot.serial(), &verdict);
                match notice.and_then(|first| self.ticket(first)) {
                    Some(ticket) => self.fresh.push(ticket),
                    None => self.cache.remove(slot.serial()),
                }
            }
            None => self.requeue(number, change),
        }
        let is_gone = |slot: &Slot| slot.phase() == Phase::Free;
        if slot.has(NOTICE) && self.index.slab.get(number).is_some_and(is_gone) {
            self.cache.remove(slot.serial());
        }
    }

    /// Lets a change happen to a slot in the journal and in memory alone. A group has been begun.
    fn note(&mut self, number: u32, change: &Change, now: Timestamp) -> Option<Ended> {
        let slot = *self.index.slab.get(number)?;
        let part = if slot.has(NOTICE) { NOTICE_PART } else { slot.part() };
        let place = self.journal.place();
        put_change(self.journal.facts(), slot.serial(), part, change);
        self.index.apply(number, change, place, now)
    }

    /// Puts a slot where its phase says after a change.
    fn requeue(&mut self, number: u32, change: &Change) {
        let exact = match change {
            Change::Retry { at, .. } | Change::Unknown { retry_at: Some(at), .. } => Some(*at),
            Change::Returned | Change::Redirect { .. } | Change::Moved { .. } => None,
            _ => return,
        };
        if let Some(ticket) = self.ticket(number) {
            self.enqueue(ticket, false, exact);
        }
    }

    /// Queues a slot by its phase.
    fn enqueue(&mut self, ticket: Ticket, fresh: bool, exact: Option<Timestamp>) {
        let Some(&slot) = self.index.slab.get(ticket.slot) else { return };
        let Some(outlet) = self.outlets.get_mut(usize::from(slot.target)) else { return };
        match slot.phase() {
            Phase::Waiting => {
                outlet.queue.push(&self.index.slab, ticket, fresh);
                self.mark_ready(slot.target);
            }
            Phase::Delayed => {
                let due = Timestamp(u64::from(slot.due) * 1000);
                outlet.queue.push_delayed(exact.unwrap_or(due), ticket);
                self.set_alarm(slot.target);
            }
            _ => {}
        }
    }

    fn ticket(&self, slot: u32) -> Option<Ticket> {
        self.index.slab.get(slot).map(|found| Ticket { slot, generation: found.generation() })
    }

    /// The message in a slot, from memory or from the journal; poisons the store if it cannot be read.
    fn kept(&mut self, number: u32) -> Option<Kept> {
        let slot = *self.index.slab.get(number)?;
        if let Some(kept) = self.cache.get(slot.serial()) {
            return Some(kept.clone());
        }
        match self.read_kept(self.index.place_of(&slot), !slot.has(NOTICE)) {
            Ok(kept) => {
                self.cache.insert(slot.serial(), kept.clone());
                Some(kept)
            }
            Err(error) => {
                self.poison(&error);
                None
            }
        }
    }

    fn read_kept(&mut self, place: Place, ahead: bool) -> std::io::Result<Kept> {
        let missing = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let body = self.bodies.read(&mut self.disk, place, ahead, self.journal.written())?;
        let name = |number| self.links.name(number).cloned();
        let message = Arc::new(body.message(name).map_err(|_| missing())?);
        let numbers = body.alternatives;
        Ok(Kept { message, alternatives: self.alternatives_of(&numbers) })
    }

    /// TLVs of a receipt, from the journal if there are any; poisons the store if they cannot be read.
    fn tlvs_at(&mut self, place: Option<Place>) -> Bytes {
        let Some(place) = place else { return Bytes::new() };
        let unwritten = self.journal.unwritten(place).and_then(|octets| Reader::new(octets).tlvs().ok());
        if let Some(tlvs) = unwritten {
            return Bytes::copy_from_slice(tlvs);
        }
        let read = self.bodies.tlvs(&mut self.disk, place, self.journal.written());
        read.unwrap_or_else(|error| {
            self.poison(&error);
            Bytes::new()
        })
    }

    /// How a message that is under way goes, to say it again in the journal.
    fn route_of(&mut self, slot: &Slot, kept: &Kept) -> Option<Route> {
        Some(Route {
            serial: slot.serial(),
            origin: self.links.number(&kept.message.origin)?,
            told: slot.told,
            target: slot.target,
            alternatives: kept.alternatives.iter().filter_map(|name| self.links.number(name)).collect(),
        })
    }

    /// The names of these links; the same list is kept once.
    fn alternatives_of(&mut self, numbers: &[u16]) -> Arc<[LinkName]> {
        const LISTS_MAX: usize = 4096;
        if let Some(names) = self.alternatives.get(numbers) {
            return Arc::clone(names);
        }
        let names: Arc<[LinkName]> =
            numbers.iter().filter_map(|&number| self.links.name(number).cloned()).collect();
        if self.alternatives.len() < LISTS_MAX {
            self.alternatives.insert(numbers.into(), Arc::clone(&names));
        }
        names
    }
}
