//! One session of a message centre.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use driver::Handler;
use smpp::{Bind, BindMode, Body, CommandStatus, Event, Session};
use tokio_util::sync::CancellationToken;

use super::centre::{self, Centre};
use super::exchange::{AccountId, Delivery, Recipient, Seat};
use super::outbound::Outbound;
use super::reception::{Cut, Reception};

/// The state machine of a session.
pub(super) struct Attendant {
    centre: Arc<Centre>,
    /// Cuts the connection.
    cut: CancellationToken,
    is_cut: bool,
    number: u64,
    account: Option<AccountId>,
    seat: Option<Seat>,
    reception: Reception,
    outbound: Outbound,
}

/// Something to do to the session.
pub(super) enum Work {
    /// Deliveries to make.
    Deliver(Vec<Delivery>),
    /// Answers whose time has come.
    Answer,
}

impl Attendant {
    pub(super) fn new(centre: Arc<Centre>, cut: CancellationToken) -> Self {
        Self {
            cut,
            is_cut: false,
            number: centre.exchange.number(),
            account: None,
            seat: None,
            reception: Reception::new(centre.clone()),
            outbound: Outbound::new(centre.clone()),
            centre,
        }
    }

    /// The session is over: what it sent and was not answered is delivered again.
    pub(super) fn end(mut self, pending: Vec<Delivery>) {
        self.hand_on(centre::now());
        let (given_up, unsettled): (Vec<_>, Vec<_>) = pending.into_iter().partition(Delivery::is_given_up);
        self.centre.exchange.settled(given_up.len());
        self.centre.exchange.leave(self.seat.take(), unsettled);
        if self.account.is_some() {
            self.centre.counters.sessions.fetch_sub(1, Ordering::Relaxed);
        }
        self.centre.changed.notify_waiters();
    }

    fn judge(&mut self, now: Instant, session: &mut Session<Delivery>, bind: &Bind) {
        let mut status = self.centre.judge(bind);
        let account = if status.is_ok() { self.centre.exchange.account(&bind.system_id) } else { None };
        if account.is_some() {
            self.outbound.counts.binds += 1;
            self.centre.counters.sessions.fetch_add(1, Ordering::Relaxed);
        } else {
            status = CommandStatus::BINDFAIL;
            self.outbound.counts.binds_refused += 1;
        }
        self.account = account;
        session.answer_bind(now, status, self.centre.config.system_id.as_bytes());
    }

    fn request(&mut self, now: Instant, session: &mut Session<Delivery>, sequence: u32, body: Body) {
        if self.is_cut {
            return;
        }
        let Body::SubmitSm(message) = body else {
            session.respond(now, sequence, CommandStatus::INVCMDID, Body::refusal(body.command_id()));
            return;
        };
        let owner = match self.account {
            Some(account) => Recipient::Account { account, submitter: self.number },
            None => Recipient::Anyone,
        };
        if let Err(Cut) = self.reception.submit(now, session, (sequence, message), owner, &mut self.outbound)
        {
            self.is_cut = true;
            self.cut.cancel();
        }
    }

    fn hand_on(&mut self, now: Instant) {
        self.reception.hand_on(now);
        self.outbound.hand_on(now);
    }
}

impl Handler for Attendant {
    type Tag = Delivery;
    type Work = Work;

    fn event(&mut self, now: Instant, session: &mut Session<Delivery>, event: Event<Delivery>) {
        match event {
            Event::BindRequest { bind } => self.judge(now, session, &bind),
            Event::Bound { mode, .. } => {
                let receives = mode != BindMode::Transmitter;
                let account = self.account.filter(|_| receives);
                self.seat = account.map(|account| self.centre.exchange.sit(account, self.number));
            }
            Event::Request { sequence, body } => self.request(now, session, sequence, body),
            Event::Response { tag, status, .. } => self.outbound.answered(now, tag, status),
            Event::Expired { tag, .. } => self.outbound.expired(now, tag),
            Event::Alert { .. }
            | Event::BindRefused { .. }
            | Event::Late { .. }
            | Event::Outbind { .. }
            | Event::Unbinding
            | Event::Closed { .. } => {}
        }
    }

    fn flush(&mut self, now: Instant, _session: &mut Session<Delivery>) {
        self.hand_on(now);
    }

    async fn next(&mut self, room: usize) -> Work {
        let answers_at = self.reception.answers_at();
        let answering = async {
            match answers_at {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => pending().await,
            }
        };
        let delivering = async {
            match &self.seat {
                Some(seat) if room > 0 => self.centre.exchange.take(seat, room).await,
                _ => pending().await,
            }
        };
        tokio::select! {
            () = answering => Work::Answer,
            batch = delivering => Work::Deliver(batch),
        }
    }

    fn apply(&mut self, now: Instant, session: &mut Session<Delivery>, work: Work) {
        match work {
            Work::Answer => self.reception.answer(now, session),
            Work::Deliver(batch) => {
                for delivery in batch {
                    self.outbound.deliver(now, session, delivery);
                }
            }
        }
    }
}
