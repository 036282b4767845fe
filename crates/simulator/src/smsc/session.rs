//! One session of a message centre: what it answers, what it delivers.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use driver::Handler;
use sms::State;
use smpp::{Body, BindMode, CommandStatus, Event, MessageResp, Session, ShortMessage};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Faults;
use super::centre::{Centre, wall_clock};
use super::exchange::{AccountId, Cargo, Delivery, Recipient, Seat};
use super::receipt::{Pen, Receipt};
use super::record::Counts;

/// Something to do to the session.
pub(super) enum Work {
    /// Deliveries to make.
    Deliver(Vec<Delivery>),
    /// Answers whose time has come.
    Answer,
}

/// The state machine of one session.
pub(super) struct Attendant {
    centre: Arc<Centre>,
    /// Cuts the connection.
    cut: CancellationToken,
    is_cut: bool,
    faults: watch::Receiver<Faults>,
    plan: Faults,
    number: u64,
    account: Option<AccountId>,
    seat: Option<Seat>,
    /// Submissions that are never answered.
    silenced: usize,
    late: BTreeMap<(Instant, u32), MessageResp>,
    taken: Vec<Taken>,
    due: Vec<(Instant, Delivery)>,
    again: Vec<(Instant, Delivery)>,
    settled: usize,
    counts: Counts,
    pen: Pen,
}

/// A submission that was taken, for those who remember.
struct Taken {
    number: u32,
    state: State,
    message: ShortMessage,
}

impl Attendant {
    pub(super) fn new(centre: Arc<Centre>, cut: CancellationToken) -> Self {
        let mut faults = centre.faults.subscribe();
        let plan = *faults.borrow_and_update();
        Self {
            number: centre.exchange.number(),
            centre,
            cut,
            is_cut: false,
            faults,
            plan,
            account: None,
            seat: None,
            silenced: 0,
            late: BTreeMap::new(),
            taken: Vec::new(),
            due: Vec::new(),
            again: Vec::new(),
            settled: 0,
            counts: Counts::default(),
            pen: Pen::new(),
        }
    }

    /// The session is over; what it sent and was not answered is delivered again.
    pub(super) fn end(mut self, pending: Vec<Delivery>) {
        self.hand_on(super::centre::now());
        let (given_up, unsettled): (Vec<_>, Vec<_>) = pending.into_iter().partition(Delivery::is_given_up);
        self.centre.exchange.settled(given_up.len());
        self.centre.exchange.leave(self.seat.take(), unsettled);
        if self.account.is_some() {
            self.centre.counters.unbound();
        }
        self.centre.changed.notify_waiters();
    }

    fn bind(&mut self, now: Instant, session: &mut Session<Delivery>, bind: &smpp::Bind) {
        let mut status = self.centre.judge(bind);
        if status.is_ok() {
            self.account = self.centre.exchange.account(&bind.system_id);
            status = if self.account.is_some() { status } else { CommandStatus::BINDFAIL };
        }
        if status.is_ok() {
            self.counts.binds += 1;
            self.centre.counters.bound();
        } else {
            self.counts.binds_refused += 1;
        }
        session.answer_bind(now, status, self.centre.config.system_id.as_bytes());
    }

    fn submit(&mut self, now: Instant, session: &mut Session<Delivery>, sequence: u32, message: ShortMessage) {
        if self.is_cut {
            return;
        }
        if self.faults.has_changed().unwrap_or(false) {
            self.plan = *self.faults.borrow_and_update();
        }
        self.counts.submits += 1;
        let count = self.centre.count_submit();
        if self.plan.drop.hits(count) {
            self.counts.cut += 1;
            self.is_cut = true;
            self.cut.cancel();
            return;
        }
        match self.refusal(now, count, &message) {
            Some(status) => {
                let counter = match status {
                    CommandStatus::THROTTLED => &mut self.counts.throttled,
                    _ => &mut self.counts.refused,
                };
                *counter += 1;
                session.respond(now, sequence, status, Body::SubmitSmResp(MessageResp::default()));
            }
            None => self.take(now, session, sequence, count, message),
        }
    }

    /// The status to refuse a submission with, if it is to be refused.
    fn refusal(&self, now: Instant, count: u64, message: &ShortMessage) -> Option<CommandStatus> {
        if self.plan.throttle.hits(count) || !self.centre.admits(now) {
            return Some(CommandStatus::THROTTLED);
        }
        if let Some((every, status)) = self.plan.status
            && every.hits(count)
        {
            return Some(status);
        }
        if message.destination.value.is_empty() {
            return Some(CommandStatus::INVDSTADR);
        }
        let is_full = || self.centre.exchange.waiting() >= self.centre.config.deliveries_max;
        (message.registered_delivery != 0 && is_full()).then_some(CommandStatus::MSGQFUL)
    }

    fn take(
        &mut self,
        now: Instant,
        session: &mut Session<Delivery>,
        sequence: u32,
        count: u64,
        message: ShortMessage,
    ) {
        self.counts.accepted += 1;
        let number = self.centre.next_number();
        let state = self.centre.config.fates.of(number, &message.destination.value);
        let mut answer_at = now + self.plan.answer_delay;
        let lost = self.plan.receipt_lost.hits(count);
        if !lost && Receipt::is_wanted(message.registered_delivery, state) {
            let receipt = Receipt::of(number, &message, state, wall_clock());
            if self.plan.receipt_twice.hits(count) {
                self.due.push((answer_at + self.receipt_delay(), self.delivery(receipt.clone())));
            }
            if !self.plan.receipt_first.hits(count) {
                self.due.push((answer_at + self.receipt_delay(), self.delivery(receipt)));
            } else if !self.send_first(now, session, receipt) {
                answer_at += HEAD_START;
            }
        }
        self.answer(now, session, sequence, count, (number, answer_at));
        if self.centre.remembers() {
            self.taken.push(Taken { number, state, message });
        }
    }

    /// Sends a receipt before the answer. If this session cannot, another will, with a head start.
    fn send_first(&mut self, now: Instant, session: &mut Session<Delivery>, receipt: Receipt) -> bool {
        let delivery = self.delivery(receipt);
        if session.room() == 0 {
            self.due.push((now, delivery));
            return false;
        }
        self.centre.exchange.post(now, &mut Vec::new());
        self.deliver(now, session, delivery);
        true
    }

    fn answer(
        &mut self,
        now: Instant,
        session: &mut Session<Delivery>,
        sequence: u32,
        count: u64,
        (number, at): (u32, Instant),
    ) {
        if self.plan.silent.hits(count) {
            self.counts.unanswered += 1;
            self.silenced += 1;
            // Its place in the window is free again, or the session would end up without any.
            session.set_window_in(self.centre.config.window + self.silenced);
            return;
        }
        let response = MessageResp::new(self.centre.config.id_form.in_response(number));
        if at <= now {
            session.respond(now, sequence, CommandStatus::OK, Body::SubmitSmResp(response));
        } else {
            self.late.insert((at, sequence), response);
        }
    }

    fn answer_late(&mut self, now: Instant, session: &mut Session<Delivery>) {
        while let Some(entry) = self.late.first_entry() {
            let &(at, sequence) = entry.key();
            if at > now {
                return;
            }
            session.respond(now, sequence, CommandStatus::OK, Body::SubmitSmResp(entry.remove()));
        }
    }

    fn receipt_delay(&self) -> Duration {
        let config = &self.centre.config;
        let (min, max) = (config.receipt_delay_min, config.receipt_delay_max);
        if min < max { rand::random_range(min..=max) } else { min }
    }

    fn delivery(&self, receipt: Receipt) -> Delivery {
        let to = match self.account {
            Some(account) => Recipient::Account { account, submitter: self.number },
            None => Recipient::Anyone,
        };
        Delivery { to, attempts: 0, cargo: Cargo::Receipt(receipt) }
    }

    fn deliver(&mut self, now: Instant, session: &mut Session<Delivery>, delivery: Delivery) {
        if delivery.is_given_up() {
            self.settled += 1;
            return;
        }
        let pdu = match &delivery.cargo {
            Cargo::Receipt(receipt) => {
                self.counts.receipts_sent += 1;
                self.pen.write(receipt, self.centre.config.id_form, wall_clock())
            }
            Cargo::Message(offer) => {
                self.counts.messages_sent += 1;
                offer.pdu.clone()
            }
        };
        if let Err(delivery) = session.request(now, Body::DeliverSm(pdu), delivery) {
            self.again.push((now, delivery));
        }
    }

    /// An ESME said what became of a delivery.
    fn delivered(&mut self, now: Instant, delivery: Delivery, status: CommandStatus) {
        let is_for_now = matches!(
            status,
            CommandStatus::SYSERR | CommandStatus::MSGQFUL | CommandStatus::THROTTLED | CommandStatus::X_T_APPN
        );
        if is_for_now && self.try_again(now, delivery) {
            return;
        }
        self.settled += 1;
    }
}
