//! What became of what was lent.

use sms::{State, Timestamp};

use super::super::body::Route;
use super::super::disk::Disk;
use super::super::fact::Change;
use super::super::slots::{NOTICE, Phase};
use super::Engine;
use crate::{Cause, Entry, Outcome, Part, Settlement};

impl<D: Disk> Engine<D> {
    /// Takes outcomes over, with the answers that came with them, as one group of the journal.
    pub(super) fn settle(&mut self, batch: Vec<Settlement>, now: Timestamp) {
        if self.poisoned.is_some() {
            batch.into_iter().for_each(|settlement| {
                settlement.lease.end();
            });
            return;
        }
        // A group must not begin before the links are declared that it names.
        let answers: Vec<Option<Route>> = if batch.iter().any(names_links) {
            batch.iter().map(|settlement| self.declare_named(settlement)).collect()
        } else {
            Vec::new()
        };
        self.declare_links();
        let mut answers = answers.into_iter();
        self.journal.begin();
        for Settlement { lease, outcome, answer } in batch {
            let part = lease.end();
            if self.is_lent(part) {
                self.settle_one(part.slot, outcome, now);
            }
            if let (Some(entry), Some(route)) = (&answer, answers.next().flatten()) {
                self.enter_answer(entry, route, now);
            }
        }
        self.journal.end(now, false);
    }

    /// Gives the links that an outcome and its answer name their numbers, and says the way of the answer.
    fn declare_named(&mut self, settlement: &Settlement) -> Option<Route> {
        if let Outcome::Redirect { to } | Outcome::Move { to, .. } = &settlement.outcome {
            self.link(to);
        }
        self.answer_route(settlement.answer.as_ref())
    }

    fn answer_route(&mut self, answer: Option<&Entry>) -> Option<Route> {
        let route = self.routes(std::iter::once(answer?)).and_then(|mut routes| routes.pop());
        if route.is_none() {
            tracing::error!("an answer cannot be kept: too many links or segments");
        }
        route
    }

    fn enter_answer(&mut self, entry: &Entry, route: Route, now: Timestamp) {
        let known = self.refusable.len();
        if self.enter(entry, route, now).is_none() {
            tracing::error!(id = %entry.message.id, "an answer cannot be kept: too many segments are under way");
        }
        self.refusable.truncate(known);
        self.accepted_total += 1;
    }

    fn is_lent(&self, part: Part) -> bool {
        self.index.slab.get(part.slot).is_some_and(|slot| {
            slot.generation() == part.generation && matches!(slot.phase(), Phase::Lent | Phase::Evacuated)
        })
    }

    pub(super) fn change_of(&mut self, number: u32, outcome: Outcome) -> Option<Change> {
        let slot = *self.index.slab.get(number)?;
        Some(match outcome {
            Outcome::Sent { remote_id } if slot.has(NOTICE) => {
                Change::Done { state: State::Delivered, remote_id: Some(remote_id) }
            }
            Outcome::Sent { remote_id } => Change::Sent { link: slot.target, remote_id },
            Outcome::Done { state, remote_id } => Change::Done { state: as_final(state), remote_id },
            Outcome::Retry { at, cause } => Change::Retry { at, cause },
            Outcome::Deferred { .. } => Change::Returned,
            Outcome::Failed { state, cause } => Change::Failed { state: as_final(state), cause },
            Outcome::Unknown { retry_at, cause } => Change::Unknown { retry_at, cause },
            Outcome::Redirect { to } => {
                self.link(&to).map_or_else(too_many_links, |to| Change::Redirect { to })
            }
            Outcome::Move { to, until, cause } => {
                self.link(&to).map_or_else(too_many_links, |to| Change::Moved { to, until, cause })
            }
        })
    }

    fn settle_one(&mut self, number: u32, outcome: Outcome, now: Timestamp) {
        if let Outcome::Deferred { at } = outcome {
            return self.defer(number, at, now);
        }
        let Some(change) = self.change_of(number, outcome) else { return };
        self.change(number, &change, now);
        if let Change::Sent { link, remote_id } = &change {
            let key = self.index.remote.key(remote_id);
            self.apply_early(number, *link, key, now);
        }
    }

    /// A lease comes back untried. That it shall wait is not written: a restart ends the wait.
    fn defer(&mut self, number: u32, at: Timestamp, now: Timestamp) {
        let Some(&slot) = self.index.slab.get(number) else { return };
        if slot.phase() == Phase::Lent {
            self.note(number, &Change::Returned, now);
        }
        self.index.delay(number, at, now);
        if let Some(ticket) = self.ticket(number) {
            self.enqueue(ticket, false, Some(at));
        }
    }

    /// A lease was dropped.
    pub(super) fn give_back(&mut self, part: Part, now: Timestamp) {
        if !self.is_lent(part) || self.poisoned.is_some() {
            return;
        }
        let Some(slot) = self.index.slab.get(part.slot) else { return };
        if slot.phase() == Phase::Lent {
            self.journal.begin();
            self.change(part.slot, &Change::Returned, now);
            self.journal.end(now, false);
        } else {
            self.index.give_back(part.slot, now);
            if let Some(ticket) = self.ticket(part.slot) {
                self.enqueue(ticket, false, None);
            }
        }
    }
}

fn names_links(settlement: &Settlement) -> bool {
    settlement.answer.is_some()
        || matches!(settlement.outcome, Outcome::Redirect { .. } | Outcome::Move { .. })
}

fn too_many_links() -> Change {
    Change::Failed { state: State::Rejected, cause: Cause::Other("too many links".into()) }
}

/// A final state: whoever says that it is over cannot mean that it is under way.
fn as_final(state: State) -> State {
    if state.is_final() { state } else { State::Unknown }
}
