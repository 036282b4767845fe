//! What the peers of the gateway did and saw: the only thing that is judged in the end.

use std::sync::{Arc, Mutex, PoisonError};

use sms::State;

/// Milliseconds since 1970 by the clock of the world.
pub(crate) type Time = u64;

/// The book of a world. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Pages>>);

/// Everything that is written down, each in order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pages {
    /// What ESMEs submitted; its index is the serial of a message.
    pub(crate) submissions: Vec<Submission>,
    /// What reached an SMSC.
    pub(crate) arrivals: Vec<Arrival>,
    /// The receipts that an SMSC brought.
    pub(crate) receipts: Vec<Receipt>,
    /// The receipts that reached an ESME.
    pub(crate) told: Vec<Told>,
    /// What handsets sent; its index is the serial of a part of an MO.
    pub(crate) offers: Vec<Offer>,
    /// When the gateway ended without a word, each with since when nothing may have become durable.
    pub(crate) crashes: Vec<(Time, Time)>,
    /// When a session of an ESME ended, and whose it was.
    pub(crate) losses: Vec<(usize, Time)>,
    /// What is wrong already.
    pub(crate) wrong: Vec<String>,
}

/// A message that an ESME submitted.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) esme: usize,
    /// The session that submitted it.
    pub(crate) session: u64,
    /// How urgent it is.
    pub(crate) priority: u8,
    pub(crate) segments: u8,
    /// What it asks for: registered_delivery.
    pub(crate) registered: u8,
    /// How long it is valid, in milliseconds, if it says so.
    pub(crate) validity_ms: Option<u64>,
    /// Whether it is to leave later than at once.
    pub(crate) is_delayed: bool,
    pub(crate) fate: Fate,
}

/// What an ESME was told of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing: it may have been taken over.
    Open,
    /// OK, with this id.
    Accepted(String),
    /// A reason why not.
    Refused(u32),
}

/// A segment that reached an SMSC.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) serial: usize,
    /// From 1.
    pub(crate) segment: u8,
    pub(crate) smsc: usize,
    pub(crate) at: Time,
    /// The id that it was given, if it was taken.
    pub(crate) id: Option<String>,
    /// When it was answered.
    pub(crate) answered_at: Option<Time>,
}

/// A receipt that an SMSC has for the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    /// The arrival that it is about.
    pub(crate) arrival: usize,
    pub(crate) state: State,
    /// When the gateway first answered it with OK.
    pub(crate) taken_at: Option<Time>,
}

/// A receipt that reached an ESME.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) esme: usize,
    /// The id of the message.
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) at: Time,
    /// When it was answered with OK.
    pub(crate) answered_at: Option<Time>,
}

/// A message of a handset, or a part of a long one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    /// When the gateway first answered it with OK.
    pub(crate) taken_at: Option<Time>,
    /// How often it reached an ESME that answered it with OK.
    pub(crate) arrived: usize,
}

impl Pages {
    /// Whether a session of this ESME ended in this time.
    pub(crate) fn was_lost(&self, esme: usize, from: Time, until: Time) -> bool {
        self.losses.iter().any(|(whose, at)| *whose == esme && (from..=until).contains(at))
    }
}

impl Book {
    /// Reads or writes.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Pages) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes down something that must not be.
    pub(crate) fn wrong(&self, what: String) {
        self.with(|pages| pages.wrong.push(what));
    }
}
