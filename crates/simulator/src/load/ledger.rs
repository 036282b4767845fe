//! The books of a load: what was sent, answered and receipted, over all its sessions.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use smpp::CommandStatus;
use sms::State;

use super::report::{Fate, LoadProgress, LoadReport, WITHOUT_RECEIPT_MAX};
use crate::{Histogram, Serial};

/// What a session adds at the end of a round.
#[derive(Default)]
pub(super) struct Round {
    pub(super) answers: Vec<Answer>,
    pub(super) receipts: Vec<Told>,
    pub(super) messages_in: u64,
}

/// What became of a submission.
pub(super) struct Answer {
    pub(super) serial: Serial,
    pub(super) sent_at: Instant,
    pub(super) outcome: Outcome,
}

/// How a submission ended.
pub(super) enum Outcome {
    /// With the id that it was given.
    Accepted(Box<[u8]>),
    Refused(CommandStatus),
    Unknown,
}

/// A receipt.
pub(super) struct Told {
    pub(super) message_id: Box<[u8]>,
    pub(super) state: Option<State>,
}

/// What is known of an id.
struct Known {
    /// `None` if its receipt came before its answer.
    sent_at: Option<Instant>,
    has_receipt: bool,
}

/// The books.
pub(super) struct Ledger {
    first_serial: u64,
    messages: u64,
    asks_receipts: bool,
    resubmits: bool,
    started_at: Instant,
    last_answer_at: Instant,
    last_news_at: Instant,
    next: u64,
    again: VecDeque<Serial>,
    known: HashMap<Box<[u8]>, Known, foldhash::fast::RandomState>,
    early: u64,
    settled: u64,
    progress: LoadProgress,
    states: HashMap<State, u64>,
    response: Histogram,
    receipt: Histogram,
    report: LoadReport,
}

impl Ledger {
    pub(super) fn new(now: Instant, load: &super::Load) -> Self {
        let messages = load.messages.min(super::MESSAGES_MAX);
        // Growing a table of this size takes long enough to be seen in the latencies.
        let room = if load.receipts { usize::try_from(messages).unwrap_or(0).min(ROOM_MAX) } else { 0 };
        Self {
            first_serial: load.first_serial,
            messages,
            asks_receipts: load.receipts,
            resubmits: load.resubmit_unknown,
            started_at: now,
            last_answer_at: now,
            last_news_at: now,
            next: 0,
            again: VecDeque::new(),
            known: HashMap::with_capacity_and_hasher(room, foldhash::fast::RandomState::default()),
            early: 0,
            settled: 0,
            progress: LoadProgress::default(),
            states: HashMap::new(),
            response: Histogram::default(),
            receipt: Histogram::default(),
            report: LoadReport::new(load.first_serial, usize::try_from(messages).unwrap_or(0)),
        }
    }

    /// The next messages to submit, at most `count`.
    pub(super) fn assign(&mut self, count: usize) -> Vec<Serial> {
        let mut assigned: Vec<Serial> = self.again.drain(..count.min(self.again.len())).collect();
        let fresh = ((count - assigned.len()) as u64).min(self.messages - self.next);
        let from = self.first_serial + self.next;
        assigned.extend((from..from + fresh).map(|number| Serial { number, again: false }));
        self.next += fresh;
        self.progress.submitted += assigned.len() as u64;
        self.report.resubmitted += assigned.iter().filter(|serial| serial.again).count() as u64;
        assigned
    }

    /// A message was assigned and not sent after all.
    pub(super) fn put_back(&mut self, serial: Serial) {
        self.progress.submitted -= 1;
        self.report.resubmitted -= u64::from(serial.again);
        self.again.push_back(serial);
    }

    /// Enters what a session brings; whether there is more to submit than before.
    pub(super) fn enter(&mut self, now: Instant, round: &mut Round) -> bool {
        let waiting = self.again.len();
        for answer in round.answers.drain(..) {
            self.answered(now, answer);
        }
        for told in round.receipts.drain(..) {
            self.told(now, told);
        }
        self.report.messages_in += std::mem::take(&mut round.messages_in);
        self.again.len() > waiting
    }

    pub(super) fn bound(&mut self) {
        self.report.binds += 1;
        self.progress.sessions += 1;
    }

    pub(super) fn unbound(&mut self) {
        self.progress.sessions -= 1;
    }

    pub(super) fn failed(&mut self, why: String) {
        self.report.failures += 1;
        self.report.last_failure = Some(why);
    }

    /// Whether every message has its last answer.
    pub(super) fn is_answered(&self) -> bool {
        self.settled >= self.messages
    }

    /// Whether nothing more is to come.
    pub(super) fn is_complete(&self) -> bool {
        self.is_answered() && (!self.asks_receipts || self.progress.receipts >= self.progress.accepted)
    }

    /// Whether there is something to submit.
    pub(super) fn has_more(&self) -> bool {
        self.next < self.messages || !self.again.is_empty()
    }

    /// When an answer or a receipt came last.
    pub(super) fn last_news_at(&self) -> Instant {
        self.last_news_at
    }

    pub(super) fn progress(&self) -> LoadProgress {
        self.progress
    }

    /// Closes the books.
    pub(super) fn report(&mut self) -> LoadReport {
        let empty = LoadReport::new(self.first_serial, 0);
        let mut report = std::mem::replace(&mut self.report, empty);
        report.submitted = self.progress.submitted;
        report.accepted = self.progress.accepted;
        report.unknown = self.progress.unknown;
        report.unsettled = self.messages - self.settled;
        report.receipts = (0..=u8::MAX)
            .filter_map(State::from_number)
            .filter_map(|state| Some((state, *self.states.get(&state)?)))
            .collect();
        if self.asks_receipts {
            report.without_receipt = self.progress.accepted - self.progress.receipts;
            let missing =
                self.known.iter().filter(|(_, known)| known.sent_at.is_some() && !known.has_receipt);
            let ids = missing.map(|(id, _)| String::from_utf8_lossy(id).into_owned());
            report.ids_without_receipt = ids.take(WITHOUT_RECEIPT_MAX).collect();
        }
        let unmatched = self.known.values().filter(|known| known.sent_at.is_none()).count();
        report.receipts_unmatched += unmatched as u64;
        report.response = self.response.latency();
        report.receipt = self.receipt.latency();
        report.submitting = self.last_answer_at.saturating_duration_since(self.started_at);
        report.elapsed = self.last_news_at.saturating_duration_since(self.started_at);
        report
    }

    fn answered(&mut self, now: Instant, Answer { serial, sent_at, outcome }: Answer) {
        self.last_answer_at = self.last_answer_at.max(now);
        self.last_news_at = now;
        let fate = match outcome {
            Outcome::Accepted(id) => {
                self.response.record(now.saturating_duration_since(sent_at));
                self.accepted(now, sent_at, id);
                Fate::Accepted
            }
            Outcome::Refused(status) => {
                self.response.record(now.saturating_duration_since(sent_at));
                self.progress.refused += 1;
                let refused = &mut self.report.refused;
                let is_new = !refused.contains_key(&status) && refused.len() >= STATUSES_MAX;
                *refused.entry(if is_new { CommandStatus::UNKNOWNERR } else { status }).or_default() += 1;
                Fate::Refused
            }
            Outcome::Unknown => {
                self.progress.unknown += 1;
                Fate::Unknown
            }
        };
        if fate == Fate::Unknown && self.resubmits {
            self.again.push_back(Serial { again: true, ..serial });
        } else {
            self.settled += 1;
        }
        self.set_fate(serial, fate);
    }

    fn set_fate(&mut self, serial: Serial, fate: Fate) {
        if serial.again {
            self.report.fates_again.insert(serial.number, fate);
            return;
        }
        let at = usize::try_from(serial.number - self.first_serial).ok();
        if let Some(place) = at.and_then(|at| self.report.fates.get_mut(at)) {
            *place = fate;
        }
    }

    fn accepted(&mut self, now: Instant, sent_at: Instant, id: Box<[u8]>) {
        self.progress.accepted += 1;
        if !self.asks_receipts {
            return;
        }
        match self.known.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(Known { sent_at: Some(sent_at), has_receipt: false });
            }
            // Its receipt was faster.
            Entry::Occupied(mut entry) => {
                if entry.get().sent_at.is_none() {
                    entry.get_mut().sent_at = Some(sent_at);
                    self.early -= 1;
                    self.progress.receipts += 1;
                    self.receipt.record(now.saturating_duration_since(sent_at));
                }
            }
        }
    }

    fn told(&mut self, now: Instant, Told { message_id, state }: Told) {
        self.last_news_at = now;
        let state = state.unwrap_or(State::Unknown);
        if !state.is_final() {
            self.report.receipts_intermediate += 1;
            return;
        }
        match self.known.entry(message_id) {
            Entry::Occupied(mut entry) if !entry.get().has_receipt => {
                let known = entry.get_mut();
                known.has_receipt = true;
                self.progress.receipts += 1;
                if let Some(sent_at) = known.sent_at {
                    self.receipt.record(now.saturating_duration_since(sent_at));
                }
            }
            Entry::Occupied(_) => {
                self.report.receipts_twice += 1;
                return;
            }
            Entry::Vacant(entry) if self.early < EARLY_MAX => {
                entry.insert(Known { sent_at: None, has_receipt: true });
                self.early += 1;
            }
            Entry::Vacant(_) => {
                self.report.receipts_unmatched += 1;
                return;
            }
        }
        *self.states.entry(state).or_default() += 1;
    }
}

/// How many different statuses are told apart; the others count as ESME_RUNKNOWNERR.
const STATUSES_MAX: usize = 256;
/// For how many ids there is room from the start.
const ROOM_MAX: usize = 1 << 20;
/// How many receipts may come before their answers.
const EARLY_MAX: u64 = 100_000;
