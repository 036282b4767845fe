//! One session of a load.

use std::future::pending;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::BytesMut;
use driver::{Handler, Limits};
use smpp::{Address, Body, CommandStatus, Event, MessageResp, Session, ShortMessage};
use tokio_util::sync::CancellationToken;

use super::books::Books;
use super::ledger::{Answer, Outcome, Round, Told};
use super::pace::Pace;
use super::{BODY_OCTETS_MAX, Load};
use crate::Serial;
use crate::cut::Cuttable;
use crate::esme;

/// A submission that waits for its answer.
pub(super) struct Sent {
    serial: Serial,
    at: Instant,
}

/// Binds, submits what is assigned to it, and binds again if it is told to.
pub(super) struct Worker {
    load: Arc<Load>,
    books: Arc<Books>,
    source: Address,
    pace: Pace,
}

impl Worker {
    pub(super) fn new(now: Instant, load: Arc<Load>, books: Arc<Books>, source: Address) -> Self {
        let pace = Pace::new(now, load.rate, load.sessions);
        Self { load, books, source, pace }
    }

    /// Works until stopped or, unless it is to reconnect, until its connection ends.
    pub(super) async fn run(mut self, stop: CancellationToken, cut: CancellationToken) {
        loop {
            self.connect(&stop, &cut).await;
            if !self.load.reconnect || stop.is_cancelled() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(self.load.reconnect_after) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn connect(&mut self, stop: &CancellationToken, cut: &CancellationToken) {
        let connected = tokio::select! {
            connected = self.load.esme.connect() => connected,
            () = stop.cancelled() => return,
        };
        let stream = match connected {
            Ok(stream) => Cuttable::new(stream, cut.clone()),
            Err(error) => return self.books.lock().failed(error.to_string()),
        };
        let mut submitter = Submitter {
            worker: self,
            round: Round::default(),
            is_bound: false,
            page: BytesMut::with_capacity(PAGE_OCTETS),
        };
        let session = submitter.worker.load.esme.session();
        let ended = driver::drive(stream, session, &mut submitter, stop, Limits::default()).await;
        submitter.end(ended, stop.is_cancelled());
    }
}

/// The state machine of a session.
struct Submitter<'a> {
    worker: &'a mut Worker,
    round: Round,
    is_bound: bool,
    /// Bodies, many in one allocation.
    page: BytesMut,
}

impl Submitter<'_> {
    fn end(mut self, ended: driver::Ended<Sent>, is_stopped: bool) {
        for Sent { serial, at } in ended.pending {
            self.round.answers.push(Answer { serial, sent_at: at, outcome: Outcome::Unknown });
        }
        self.hand_on(tokio::time::Instant::now().into_std());
        let mut ledger = self.worker.books.lock();
        if self.is_bound {
            ledger.unbound();
        }
        if !is_stopped {
            ledger.failed(ended.cause.to_string());
        }
    }

    fn hand_on(&mut self, now: Instant) {
        let round = &mut self.round;
        if !round.answers.is_empty() || !round.receipts.is_empty() || round.messages_in > 0 {
            self.worker.books.enter(now, round);
        }
    }

    fn answered(&mut self, sent: Sent, status: CommandStatus, body: Body) {
        let outcome = match body {
            Body::SubmitSmResp(MessageResp { message_id, .. }) if status.is_ok() => {
                Outcome::Accepted(message_id.as_slice().into())
            }
            _ => Outcome::Refused(status),
        };
        self.round.answers.push(Answer { serial: sent.serial, sent_at: sent.at, outcome });
    }

    fn delivered(&mut self, now: Instant, session: &mut Session<Sent>, sequence: u32, body: Body) {
        let response = Body::refusal(body.command_id());
        let status = match body {
            Body::DeliverSm(pdu) if esme::is_receipt(&pdu) => {
                let esme::Outcome { message_id, state } = esme::Outcome::read(&pdu);
                self.round.receipts.push(Told { message_id: message_id.into(), state });
                CommandStatus::OK
            }
            Body::DeliverSm(_) => {
                self.round.messages_in += 1;
                CommandStatus::OK
            }
            _ => CommandStatus::INVCMDID,
        };
        session.respond(now, sequence, status, response);
    }

    /// The next messages, at most `room`, or `None` while there are none.
    fn assigned(&mut self, now: Instant, room: usize) -> Option<Vec<Serial>> {
        let worker = &mut *self.worker;
        let mut ledger = worker.books.lock();
        ledger.has_more().then(|| ledger.assign(worker.pace.take(now, room)))
    }

    fn message(&mut self, serial: Serial) -> ShortMessage {
        let load = &self.worker.load;
        self.page.reserve(PAGE_OCTETS_MIN);
        let octets = load.body_octets.min(BODY_OCTETS_MAX);
        if load.stamped {
            serial.write_stamped(octets, SystemTime::now(), &mut self.page);
        } else {
            serial.write(octets, &mut self.page);
        }
        ShortMessage {
            source: self.worker.source.clone(),
            destination: load.destination(serial),
            registered_delivery: u8::from(load.receipts),
            priority_flag: load.priority,
            short_message: self.page.split().freeze(),
            ..ShortMessage::default()
        }
    }
}

impl Handler for Submitter<'_> {
    type Tag = Sent;
    type Work = Vec<Serial>;

    fn event(&mut self, now: Instant, session: &mut Session<Sent>, event: Event<Sent>) {
        match event {
            Event::Bound { .. } => {
                self.is_bound = true;
                self.worker.books.lock().bound();
            }
            Event::Request { sequence, body } => self.delivered(now, session, sequence, body),
            Event::Response { tag, status, body } => self.answered(tag, status, body),
            Event::Expired { tag: Sent { serial, at }, .. } => {
                self.round.answers.push(Answer { serial, sent_at: at, outcome: Outcome::Unknown });
            }
            Event::Alert { .. }
            | Event::BindRequest { .. }
            | Event::BindRefused { .. }
            | Event::Late { .. }
            | Event::Outbind { .. }
            | Event::Unbinding
            | Event::Closed { .. } => {}
        }
    }

    fn flush(&mut self, now: Instant, _session: &mut Session<Sent>) {
        self.hand_on(now);
    }

    async fn next(&mut self, room: usize) -> Vec<Serial> {
        if room == 0 {
            return pending().await;
        }
        let books = self.worker.books.clone();
        loop {
            let due_at = self.worker.pace.due_at();
            let now = tokio::time::Instant::now().into_std();
            if due_at > now {
                tokio::time::sleep_until(due_at.into()).await;
                continue;
            }
            let more = books.more();
            if let Some(assigned) = self.assigned(now, room) {
                return assigned;
            }
            more.await;
        }
    }

    fn apply(&mut self, now: Instant, session: &mut Session<Sent>, assigned: Vec<Serial>) {
        for serial in assigned {
            let message = self.message(serial);
            if session.request(now, Body::SubmitSm(message), Sent { serial, at: now }).is_err() {
                self.worker.books.put_back(serial);
            }
        }
    }
}

/// Some hundred bodies.
const PAGE_OCTETS: usize = 32 * 1024;
/// Room for the longest body; the page is allocated anew when less is left.
const PAGE_OCTETS_MIN: usize = 512;
