//! The reception of a session: what is submitted, and what it is answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smpp::{Body, CommandStatus, MessageResp, Session, ShortMessage, TlvTag};
use sms::State;
use tokio::sync::watch;

use super::Faults;
use super::centre::{Centre, wall_clock};
use super::exchange::{Delivery, Recipient};
use super::outbound::Outbound;
use super::receipt::Receipt;
use super::record::Counts;

/// Takes submissions, and makes the faults that it is told to.
pub(super) struct Reception {
    centre: Arc<Centre>,
    faults: watch::Receiver<Faults>,
    plan: Faults,
    /// Submissions that are never answered.
    silenced: usize,
    late: BTreeMap<(Instant, u32), MessageResp>,
    taken: Vec<Taken>,
    due: Vec<(Instant, Delivery)>,
}

/// A submission that was taken, for those who remember.
struct Taken {
    number: u32,
    state: State,
    message: ShortMessage,
}

/// A submission that is being taken.
struct Submission {
    sequence: u32,
    /// Its place among all, from 1.
    count: u64,
    message: ShortMessage,
}

/// The connection is to be cut.
pub(super) struct Cut;

impl Reception {
    pub(super) fn new(centre: Arc<Centre>) -> Self {
        let mut faults = centre.faults.subscribe();
        let plan = *faults.borrow_and_update();
        Self { centre, faults, plan, silenced: 0, late: BTreeMap::new(), taken: Vec::new(), due: Vec::new() }
    }

    /// Takes or refuses a submission. Receipts go to `owner`.
    pub(super) fn submit(
        &mut self,
        now: Instant,
        session: &mut Session<Delivery>,
        (sequence, message): (u32, ShortMessage),
        owner: Recipient,
        outbound: &mut Outbound,
    ) -> Result<(), Cut> {
        if self.faults.has_changed().unwrap_or(false) {
            self.plan = *self.faults.borrow_and_update();
        }
        let counts = &mut outbound.counts;
        counts.submits += 1;
        let count = self.centre.count_submit();
        if self.plan.drop.hits(count) {
            counts.cut += 1;
            return Err(Cut);
        }
        let submission = Submission { sequence, count, message };
        match self.refusal(now, &submission) {
            Some(status) => {
                refuse(now, session, sequence, status, counts);
            }
            None => self.take(now, session, submission, owner, outbound),
        }
        Ok(())
    }

    /// When the next answer is to be given.
    pub(super) fn answers_at(&self) -> Option<Instant> {
        self.late.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Gives the answers whose time has come.
    pub(super) fn answer(&mut self, now: Instant, session: &mut Session<Delivery>) {
        while let Some(entry) = self.late.first_entry() {
            let &(at, sequence) = entry.key();
            if at > now {
                return;
            }
            session.respond(now, sequence, CommandStatus::OK, Body::SubmitSmResp(entry.remove()));
        }
    }

    /// Hands on what the round brought: to the log, to the handsets, to the exchange.
    pub(super) fn hand_on(&mut self, now: Instant) {
        if !self.taken.is_empty() {
            let form = self.centre.config.id_form;
            if self.centre.record.is_on() {
                self.centre
                    .record
                    .add(self.taken.iter().map(|it| (form.in_response(it.number), &it.message)));
            }
            if self.centre.handsets.are_there() {
                let reached =
                    self.taken.iter().filter(|it| matches!(it.state, State::Delivered | State::Accepted));
                self.centre.handsets.deliver(reached.map(|it| &it.message));
            }
            self.taken.clear();
        }
        if !self.due.is_empty() {
            self.centre.exchange.post(now, &mut self.due);
        }
    }

    /// The status to refuse a submission with, if it is to be refused.
    fn refusal(&self, now: Instant, submission: &Submission) -> Option<CommandStatus> {
        if self.plan.throttle.hits(submission.count) || !self.centre.admits(now) {
            return Some(CommandStatus::THROTTLED);
        }
        if let Some((every, status)) = self.plan.status
            && every.hits(submission.count)
        {
            return Some(status);
        }
        if submission.message.destination.value.is_empty() {
            return Some(CommandStatus::INVDSTADR);
        }
        let asks = submission.message.registered_delivery != 0;
        let is_full =
            asks && self.centre.exchange.waiting() + self.due.len() >= self.centre.config.deliveries_max;
        is_full.then_some(CommandStatus::MSGQFUL)
    }

    fn take(
        &mut self,
        now: Instant,
        session: &mut Session<Delivery>,
        submission: Submission,
        owner: Recipient,
        outbound: &mut Outbound,
    ) {
        let Submission { sequence, count, message } = submission;
        outbound.counts.accepted += 1;
        let number = self.centre.next_number();
        let state = self.centre.config.fates.of(number, &message.destination.value);
        let mut answer_at = now + self.plan.answer_delay;
        if !self.plan.receipt_lost.hits(count) && Receipt::is_wanted(message.registered_delivery, state) {
            let receipt = Receipt::of(number, &message, state, wall_clock());
            let times = if self.plan.receipt_twice.hits(count) { 2 } else { 1 };
            for _ in 1..times {
                self.due.push((answer_at + self.receipt_delay(), Delivery::receipt(owner, receipt.clone())));
            }
            let delivery = Delivery::receipt(owner, receipt);
            if !self.plan.receipt_first.hits(count) {
                self.due.push((answer_at + self.receipt_delay(), delivery));
            } else if session.room() > 0 {
                outbound.deliver_unposted(now, session, delivery);
            } else {
                // Another session brings it, or this one when it can: with a head start.
                self.due.push((now, delivery));
                answer_at += HEAD_START;
            }
        }
        if self.plan.silent.hits(count) {
            outbound.counts.unanswered += 1;
            self.silence(session);
        } else {
            self.accept(now, session, sequence, number, answer_at);
        }
        if self.centre.remembers() {
            self.taken.push(Taken { number, state, message });
        }
    }

    fn accept(
        &mut self,
        now: Instant,
        session: &mut Session<Delivery>,
        sequence: u32,
        number: u32,
        at: Instant,
    ) {
        let mut response = MessageResp::new(self.centre.config.id_form.in_response(number));
        if let Some(level) = self.plan.congestion.filter(|_| session.peer_version() >= smpp::VERSION_5_0) {
            response.tlvs.push_u8(TlvTag::CONGESTION_STATE, level);
        }
        if at <= now {
            session.respond(now, sequence, CommandStatus::OK, Body::SubmitSmResp(response));
        } else {
            self.late.insert((at, sequence), response);
        }
    }

    /// Gives the place in the window back that a request without an answer takes for ever.
    fn silence(&mut self, session: &mut Session<Delivery>) {
        self.silenced += 1;
        session.set_window_in(self.centre.config.window.saturating_add(self.silenced));
    }

    fn receipt_delay(&self) -> Duration {
        let config = &self.centre.config;
        let (min, max) = (config.receipt_delay_min, config.receipt_delay_max);
        if min < max { rand::random_range(min..=max) } else { min }
    }
}

fn refuse(
    now: Instant,
    session: &mut Session<Delivery>,
    sequence: u32,
    status: CommandStatus,
    counts: &mut Counts,
) {
    match status {
        CommandStatus::THROTTLED => counts.throttled += 1,
        _ => counts.refused += 1,
    }
    session.respond(now, sequence, status, Body::SubmitSmResp(MessageResp::default()));
}

/// How much earlier than the answer a receipt leaves that another session brings.
const HEAD_START: Duration = Duration::from_millis(50);
