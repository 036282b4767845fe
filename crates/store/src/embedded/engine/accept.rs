//! Taking messages over.

use sms::Timestamp;

use super::super::body::{Route, fits, put_body};
use super::super::cache::Kept;
use super::super::disk::Disk;
use super::super::fact::accepted_kind;
use super::super::index::Newcomer;
use super::commit::Reply;
use super::{Answer, Engine};
use crate::{Entry, StoreError};

impl<D: Disk> Engine<D> {
    /// Takes a batch over as one group of the journal.
    pub(super) fn accept(&mut self, batch: Vec<Entry>, answer: Answer<()>, now: Timestamp) {
        if let Some(error) = self.failure() {
            let _ = answer.send(Err(error));
            return;
        }
        if self.is_full {
            let _ = answer.send(Err(StoreError::Full));
            return;
        }
        let Some(routes) = self.routes(&batch) else {
            let _ =
                answer.send(Err(StoreError::Failed(String::from("a message or a link that cannot be kept"))));
            return;
        };
        self.journal.begin();
        let known = (self.refusable.len(), self.fresh.len());
        for (entry, route) in batch.iter().zip(routes) {
            if self.enter(entry, route, now).is_none() {
                self.undo_accepted(known.0);
                self.fresh.truncate(known.1);
                self.journal.abort();
                let _ = answer.send(Err(StoreError::Overloaded));
                return;
            }
        }
        self.journal.end(now, true);
        self.replies.push(Reply::Accepted { answer, messages: batch.len() });
    }

    /// The ways of messages by numbers, with all of their links declared; `None` if one of them cannot be kept.
    pub(super) fn routes<'a>(&mut self, batch: impl IntoIterator<Item = &'a Entry>) -> Option<Vec<Route>> {
        let routes: Option<Vec<Route>> = batch.into_iter().map(|entry| self.route(entry)).collect();
        self.declare_links();
        routes
    }

    fn route(&mut self, entry: &Entry) -> Option<Route> {
        let message = &entry.message;
        if !fits(message) {
            return None;
        }
        let alternatives = entry.alternatives.iter().take(255);
        let origin = self.link(&message.origin)?;
        let told = message.attached.as_ref().and_then(|attached| attached.told.as_ref());
        Some(Route {
            serial: 0,
            origin,
            told: told.map_or(Some(origin), |told| self.link(told))?,
            target: self.link(&entry.target)?,
            alternatives: alternatives.map(|name| self.link(name)).collect::<Option<_>>()?,
        })
    }

    /// Puts a message into the group that was begun, and into memory.
    pub(super) fn enter(&mut self, entry: &Entry, mut route: Route, now: Timestamp) -> Option<()> {
        let message = &entry.message;
        route.serial = self.next_serial;
        let place = self.journal.place();
        let new = Newcomer {
            serial: route.serial,
            place,
            told: route.told,
            target: route.target,
            priority: message.priority.0,
            count: message.parts.len() as u8,
            wants_success: message.receipt.on_success,
            wants_failure: message.receipt.on_failure,
            not_before: message.not_before,
            expires_at: message.expires_at,
        };
        let first = self.index.insert(&new, now)?;
        self.next_serial += 1;
        let out = self.journal.facts();
        out.push(accepted_kind(false));
        put_body(out, &route, message);
        let alternatives = self.alternatives_of(&route.alternatives);
        self.cache.insert(route.serial, Kept { message: entry.message.clone(), alternatives });
        if new.count == 1 {
            self.fresh.extend(self.ticket(first));
        } else {
            let Self { index, fresh, .. } = self;
            let ticket = |slot| {
                index.slab.get(slot).map(|found| super::Ticket { slot, generation: found.generation() })
            };
            fresh.extend(index.ring(first).filter_map(ticket));
        }
        self.refusable.push(first);
        Some(())
    }

    /// Forgets messages that were taken in and not written, from the `from`th of them on.
    pub(super) fn undo_accepted(&mut self, from: usize) {
        for first in self.refusable.split_off(from.min(self.refusable.len())) {
            if let Some(slot) = self.index.slab.get(first) {
                self.cache.remove(slot.serial());
            }
            self.index.forget(first);
        }
    }
}
