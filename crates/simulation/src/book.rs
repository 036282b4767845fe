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
    /// What ESMEs wanted of them afterwards.
    pub(crate) demands: Vec<Demand>,
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
    /// From when until when nothing may have become durable.
    pub(crate) standstills: Vec<(Time, Time)>,
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
    /// The serial of the first message to the same destination.
    pub(crate) thread: usize,
    /// Its service_type.
    pub(crate) service: &'static str,
    /// It takes the place of those that wait and are like it: replace_if_present_flag.
    pub(crate) supersedes: bool,
    /// How urgent it is.
    pub(crate) priority: u8,
    pub(crate) terms: Terms,
    pub(crate) asked_at: Time,
    pub(crate) answered_at: Option<Time>,
    pub(crate) fate: Fate,
}

impl Submission {
    /// Whether one can stand for the other (SMPP 3.4 section 5.2.18).
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.esme, self.thread, self.service) == (other.esme, other.thread, other.service)
    }
}

/// What a submission or a replacement says beside the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) segments: u8,
    /// What is asked for: registered_delivery.
    pub(crate) registered: u8,
    /// How long it is valid, in milliseconds, if that is said.
    pub(crate) validity_ms: Option<u64>,
    /// How much later than at once it is to leave, in milliseconds.
    pub(crate) delay_ms: Option<u64>,
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

/// What an ESME wants of a message after it was taken over.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// Who wants it: mostly the owner of the message.
    pub(crate) esme: usize,
    /// The session that said so.
    pub(crate) session: u64,
    /// The message.
    pub(crate) serial: usize,
    pub(crate) what: What,
    pub(crate) asked_at: Time,
    pub(crate) reply: Option<Reply>,
    /// When its session ended without a reply.
    pub(crate) lost_at: Option<Time>,
}

impl Demand {
    /// Whether it cancelled or replaced something for sure.
    pub(crate) fn has_taken_back(&self) -> bool {
        !matches!(self.what, What::Query) && self.reply.is_some_and(|reply| reply.status == 0)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Query,
    /// cancel_sm with the id.
    Cancel,
    /// cancel_sm of all that are like the message.
    CancelLike,
    /// replace_sm; the editions of a message are counted, what was submitted is 0.
    Replace {
        edition: u8,
        terms: Terms,
    },
}

/// The answer to a demand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) at: Time,
    pub(crate) status: u32,
    /// The state that was asked for, and whether it says when the message ended.
    pub(crate) state: Option<(u8, bool)>,
}

/// A segment that reached an SMSC.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) serial: usize,
    /// From 1.
    pub(crate) segment: u8,
    /// Which text it has.
    pub(crate) edition: u8,
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
