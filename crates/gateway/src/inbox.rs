//! The inbox of an account that fetches what goes to it: items are lent for a while, and again until they are
//! acknowledged.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::metrics::gauge::Gauge;
use sms::{MessageId, State};
use store::{Cause, Item, Lease, Outcome, Settlement, StoreError};
use tokio_util::sync::CancellationToken;

use crate::clock::{self, Clock};
use crate::dispatch::Outlet;
use crate::presence::Presence;

/// What is told to an account: the receipt of its message, or a message for it.
///
/// It has the same name whenever it is told, in a call and in the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EventId {
    Receipt(MessageId),
    Message(MessageId),
}

/// What an account has been lent from its inbox. What nobody was lent yet waits in the store.
#[derive(Default)]
pub(crate) struct Inbox {
    lent: Mutex<Lent>,
    /// One at a time looks for items among all that wait in the store.
    search: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Lent {
    loans: HashMap<EventId, Loan>,
    /// What all of them take, in octets.
    octets: usize,
    /// How many more may still come for those who fetch.
    reserved: usize,
    is_closed: bool,
}

struct Loan {
    lease: Lease,
    octets: usize,
    until: Instant,
}

/// Room for items that somebody is about to be lent.
pub(crate) struct Room<'a> {
    inbox: &'a Inbox,
    pub(crate) items: usize,
}

impl Inbox {
    /// Ends loans in time until it is stopped, then all of them.
    pub(crate) async fn keep(self: Arc<Self>, keeper: Keeper) {
        let _presence = keeper.presence.enter();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                biased;
                () = keeper.stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            keeper.take_back(self.overdue(clock::now()), &Cause::Timeout);
            keeper.lent.set(i64::try_from(self.lent().loans.len()).unwrap_or(i64::MAX));
        }
        keeper.take_back(self.close(), &Cause::Restart);
        keeper.lent.set(0);
    }

    /// Room for up to `want` items; `None` if so much is lent already that some must be acknowledged first.
    pub(crate) fn room(&self, want: usize) -> Option<Room<'_>> {
        let mut lent = self.lent();
        let free = LENT_MAX.saturating_sub(lent.loans.len() + lent.reserved);
        let items = want.min(free);
        if items == 0 || lent.octets >= LENT_OCTETS_MAX {
            return None;
        }
        lent.reserved += items;
        Some(Room { inbox: self, items })
    }

    /// Lends an item that is shown in so many octets; false if the inbox is no more, and the item has gone back.
    pub(crate) fn lend(&self, lease: Lease, octets: usize, until: Instant) -> bool {
        let mut lent = self.lent();
        if lent.is_closed {
            return false;
        }
        lent.octets += octets;
        lent.loans.insert(EventId::of(&lease), Loan { lease, octets, until });
        true
    }

    /// Settles the items with these names as taken, durably, whether they are lent or wait; returns the names
    /// that no item has.
    pub(crate) async fn acknowledge(
        &self,
        outlet: &Outlet,
        mut ids: HashSet<EventId>,
    ) -> Result<HashSet<EventId>, StoreError> {
        outlet.settle(taken(self.take_out(&mut ids)));
        if !ids.is_empty() {
            let _turn = self.search.lock().await;
            let named: Vec<MessageId> = ids.iter().map(EventId::message).collect();
            let mut found = outlet.store().evacuate_of(outlet.link(), &named).await?;
            found.retain(|lease| ids.contains(&EventId::of(lease)));
            let acknowledged: HashSet<EventId> = found.iter().map(EventId::of).collect();
            ids.retain(|id| !acknowledged.contains(id));
            outlet.settle(taken(found));
            // Somebody may have fetched them meanwhile.
            outlet.settle(taken(self.take_out(&mut ids)));
        }
        // Also for what was acknowledged a moment ago and is asked again.
        outlet.store().sync().await?;
        Ok(ids)
    }

    /// Takes the items with these names, and their names out of `ids`.
    fn take_out(&self, ids: &mut HashSet<EventId>) -> Vec<Lease> {
        let mut lent = self.lent();
        let known: Vec<EventId> = ids.extract_if(|id| lent.loans.contains_key(id)).collect();
        let taken: Vec<Loan> = known.iter().filter_map(|id| lent.loans.remove(id)).collect();
        lent.octets -= taken.iter().map(|loan| loan.octets).sum::<usize>();
        taken.into_iter().map(|loan| loan.lease).collect()
    }

    fn overdue(&self, now: Instant) -> Vec<Lease> {
        let mut lent = self.lent();
        let over: Vec<Loan> =
            lent.loans.extract_if(|_, loan| loan.until <= now).map(|(_, loan)| loan).collect();
        lent.octets -= over.iter().map(|loan| loan.octets).sum::<usize>();
        over.into_iter().map(|loan| loan.lease).collect()
    }

    fn close(&self) -> Vec<Lease> {
        let mut lent = self.lent();
        lent.is_closed = true;
        lent.octets = 0;
        lent.loans.drain().map(|(_, loan)| loan.lease).collect()
    }

    fn lent(&self) -> MutexGuard<'_, Lent> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.inbox.lent().reserved -= self.items;
    }
}

/// What keeps an inbox.
pub(crate) struct Keeper {
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) clock: Clock,
    /// How many items are lent.
    pub(crate) lent: Gauge,
    pub(crate) stop: CancellationToken,
}

impl Keeper {
    /// Items go back to their places; that they were shown stays in their records.
    fn take_back(&self, leases: Vec<Lease>, cause: &Cause) {
        let at = self.clock.wall();
        let again = |lease| {
            let outcome = Outcome::Retry { at, cause: cause.clone() };
            Settlement { lease, outcome, answer: None }
        };
        self.outlet.settle(leases.into_iter().map(again).collect());
    }
}

fn taken(leases: Vec<Lease>) -> Vec<Settlement> {
    leases.into_iter().map(taken_over).collect()
}

/// That an account has an item.
pub(crate) fn taken_over(lease: Lease) -> Settlement {
    let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
    Settlement { lease, outcome, answer: None }
}

impl EventId {
    /// What is told of an item.
    pub(crate) fn of(lease: &Lease) -> Self {
        let id = lease.message().id;
        match lease.item() {
            Item::Notice(_) => Self::Receipt(id),
            Item::Segment(_) => Self::Message(id),
        }
    }

    fn message(&self) -> MessageId {
        match self {
            Self::Receipt(id) | Self::Message(id) => *id,
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receipt(id) => write!(f, "{RECEIPT}{id}"),
            Self::Message(id) => write!(f, "{MESSAGE}{id}"),
        }
    }
}

/// A text that names no event.
#[derive(Debug)]
pub(crate) struct NoEventId;

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(text: &str) -> Result<Self, NoEventId> {
        let named = |prefix: &str| text.strip_prefix(prefix).and_then(|id| id.parse().ok());
        let receipt = named(RECEIPT).map(Self::Receipt);
        receipt.or_else(|| named(MESSAGE).map(Self::Message)).ok_or(NoEventId)
    }
}

const RECEIPT: &str = "receipt_";
const MESSAGE: &str = "message_";
/// The most items of an account that are lent at a time, or may be to those who wait for some.
pub(crate) const LENT_MAX: usize = 10_000;
/// With so many octets lent no more are lent; each that fetches at that moment may go beyond by its page.
const LENT_OCTETS_MAX: usize = 16 << 20;
/// How exactly loans end.
const TICK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn no_more_is_lent_than_there_is_room_for() {
        let inbox = Inbox::default();
        let rooms: Vec<Room<'_>> = (0..LENT_MAX / 1000).filter_map(|_| inbox.room(1000)).collect();
        assert_eq!(rooms.iter().map(|room| room.items).sum::<usize>(), LENT_MAX);
        assert!(inbox.room(1).is_none());
        drop(rooms);
        assert_eq!(inbox.room(1).unwrap().items, 1);
        inbox.lent().octets = LENT_OCTETS_MAX;
        assert!(inbox.room(1).is_none());
    }
}
