//! A simulated SMSC: it takes submissions, each in its own way, and brings receipts and messages.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use driver::{Handler, Limits};
use gateway::{Network as _, Stream};
use smpp::{BindMode, Body, CString, CommandStatus, Event, MessageResp, Session, ShortMessage};
use sms::State as MessageState;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::manners::Manners;
use super::schedule::Schedule;
use super::wording::{self, ReceiptForm, Submitted};
use super::{Surroundings, settings};
use crate::book::{Arrival, Offer, Receipt};
use crate::dice::Dice;
use crate::network::Power;
use crate::now;

/// One SMSC with all its sessions. Clones share it.
#[derive(Clone)]
pub(crate) struct Smsc(Arc<Centre>);

struct Centre {
    number: usize,
    name: String,
    address: SocketAddr,
    manners: Manners,
    around: Surroundings,
    state: Mutex<State>,
    /// There is more to deliver, or it can go elsewhere.
    changed: Notify,
}

struct State {
    dice: Dice,
    /// What is to be delivered.
    schedule: Schedule<Delivery>,
    /// Deliveries that wait for their answer.
    on_the_way: usize,
    /// Sessions that receive.
    receiving: BTreeSet<u64>,
    sessions: u64,
    ids: u64,
}

/// Something to deliver.
#[derive(Clone)]
struct Delivery {
    cargo: Cargo,
    pdu: ShortMessage,
    /// The session that it is for, while that is there.
    session: Option<u64>,
    /// It will be delivered once more.
    is_twice: bool,
}

#[derive(Clone, Copy)]
enum Cargo {
    /// The receipt with this index in the book.
    Receipt(usize),
    /// The message with this index.
    Offer(usize),
}

impl Smsc {
    pub(crate) fn new(number: usize, address: SocketAddr, manners: Manners, around: Surroundings) -> Self {
        let state = State {
            dice: Dice::new(around.seed, "smsc", number as u64),
            schedule: Schedule::new(),
            on_the_way: 0,
            receiving: BTreeSet::new(),
            sessions: 0,
            ids: 0,
        };
        let name = format!("telco-{number}");
        let (state, changed) = (Mutex::new(state), Notify::new());
        Self(Arc::new(Centre { number, name, address, manners, around, state, changed }))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Takes connections for ever.
    pub(crate) async fn run(self) -> std::io::Result<()> {
        let centre = self.0;
        let host = centre.around.network.host(centre.address, Power::new());
        let listener = host.listen(centre.address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            let attendant = Attendant::new(Arc::clone(&centre));
            tokio::spawn(attendant.serve(stream));
        }
    }

    /// A handset sends a message at this time; the parts of a long one come in any order.
    pub(crate) fn offer_at(&self, at: Instant) {
        let first = self.0.around.book.with(|pages| pages.offers.len());
        let mut dice = Dice::new(self.0.around.seed, "handset", first as u64);
        let total = if dice.hits(LONG) { dice.pick([2, 3, 4]) } else { 1 };
        for number in 1..=total {
            let serial = self.0.around.book.with(|pages| {
                pages.offers.push(Offer::default());
                pages.offers.len() - 1
            });
            let pdu = wording::mobile_originated(first, number, total);
            let at = if number == 1 { at } else { at + dice.millis(0..10_000) };
            self.0.post(at, Delivery { cargo: Cargo::Offer(serial), pdu, session: None, is_twice: false });
        }
    }

    /// Whether everything is delivered.
    pub(crate) fn is_done(&self) -> bool {
        let state = self.0.state();
        state.schedule.is_empty() && state.on_the_way == 0
    }
}

impl Centre {
    fn post(&self, at: Instant, delivery: Delivery) {
        self.state().schedule.add(at, delivery);
        self.changed.notify_waiters();
    }

    /// Takes out what this session may deliver now.
    fn take(&self, session: u64, room: usize) -> Vec<Delivery> {
        let state = &mut *self.state();
        let receiving = &state.receiving;
        let taken = state.schedule.take(now(), room, |delivery| delivery.is_for(session, receiving));
        state.on_the_way += taken.len();
        taken
    }

    /// When this session may deliver something.
    fn next_due(&self, session: u64) -> Option<Instant> {
        let state = self.state();
        state.schedule.first(|delivery| delivery.is_for(session, &state.receiving))
    }

    /// A delivery was answered with OK.
    fn delivered(&self, mut delivery: Delivery) {
        let at = self.around.time();
        self.around.book.with(|pages| {
            let taken_at = match delivery.cargo {
                Cargo::Receipt(index) => pages.receipts.get_mut(index).map(|receipt| &mut receipt.taken_at),
                Cargo::Offer(index) => pages.offers.get_mut(index).map(|offer| &mut offer.taken_at),
            };
            if let Some(taken_at) = taken_at {
                taken_at.get_or_insert(at);
            }
        });
        self.state().on_the_way -= 1;
        if std::mem::take(&mut delivery.is_twice) {
            self.again(delivery);
        }
    }

    /// A delivery was refused, or nobody knows.
    fn not_delivered(&self, delivery: Delivery) {
        self.state().on_the_way -= 1;
        self.again(delivery);
    }

    fn again(&self, delivery: Delivery) {
        let wait = self.state().dice.millis(500..5_000);
        self.post(now() + wait, delivery);
    }

    fn next_id(&self) -> String {
        let mut state = self.state();
        state.ids += 1;
        format!("{:X}", (self.number as u64 + 1) << 32 | state.ids)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delivery {
    fn is_for(&self, session: u64, receiving: &BTreeSet<u64>) -> bool {
        self.session.is_none_or(|wanted| wanted == session || !receiving.contains(&wanted))
    }
}

/// One session.
struct Attendant {
    centre: Arc<Centre>,
    number: u64,
    receives: bool,
    answers: Schedule<Answer>,
}

/// An answer that is due one day.
struct Answer {
    sequence: u32,
    status: CommandStatus,
    id: String,
    arrival: Option<usize>,
}

enum Work {
    Answer,
    Deliver(Vec<Delivery>),
}

impl Attendant {
    fn new(centre: Arc<Centre>) -> Self {
        let number = {
            let mut state = centre.state();
            state.sessions += 1;
            state.sessions
        };
        Self { centre, number, receives: false, answers: Schedule::new() }
    }

    async fn serve(mut self, stream: Box<dyn Stream>) {
        let centre = Arc::clone(&self.centre);
        let session = Session::server(now(), settings(centre.around.patience));
        let leave = centre.leave_after();
        let stop = CancellationToken::new();
        let ended = {
            let mut driving = pin!(driver::drive(stream, session, &mut self, &stop, Limits::default()));
            tokio::select! {
                biased;
                ended = &mut driving => ended,
                () = tokio::time::sleep(leave.unwrap_or(FOR_EVER)) => {
                    stop.cancel();
                    driving.await
                }
            }
        };
        centre
            .around
            .trace
            .note(&centre.name, format_args!("session {} ended: {}", self.number, ended.cause));
        centre.state().receiving.remove(&self.number);
        centre.changed.notify_waiters();
        ended.pending.into_iter().for_each(|delivery| centre.not_delivered(delivery));
    }

    fn bound(&mut self, mode: BindMode) {
        self.receives = mode != BindMode::Transmitter;
        if self.receives {
            self.centre.state().receiving.insert(self.number);
        }
        self.centre.around.trace.note(&self.centre.name, format_args!("session {} bound", self.number));
    }

    /// A segment arrives.
    fn submitted(&mut self, sequence: u32, pdu: &ShortMessage) {
        let centre = Arc::clone(&self.centre);
        let around = &centre.around;
        let Some(Submitted { serial, edition, segment }) = wording::submitted(pdu) else {
            around.book.wrong(format!("{} got what nobody submitted", centre.name));
            return;
        };
        let manners = around.manners(centre.manners);
        let reaction = manners.react(&mut centre.state().dice, around.patience);
        let is_taken = reaction.status == CommandStatus::OK;
        let id = if is_taken { centre.next_id() } else { String::new() };
        let taken = is_taken.then(|| id.clone());
        let (smsc, at) = (centre.number, around.time());
        let arrival = around.book.with(|pages| {
            pages.arrivals.push(Arrival { serial, segment, edition, smsc, at, id: taken, answered_at: None });
            pages.arrivals.len() - 1
        });
        let what = format_args!(
            "session {} takes {serial}/{segment} edition {edition}: {} {id} after {:?}",
            self.number, reaction.status, reaction.answer_after
        );
        around.trace.note(&centre.name, what);
        let status = reaction.status;
        let answer = |arrival| Answer { sequence, status, id: id.clone(), arrival };
        if let Some(after) = reaction.answer_after {
            self.answers.add(now() + after, answer(Some(arrival)));
            if reaction.is_twice {
                self.answers.add(now() + after + centre.state().dice.millis(0..2_000), answer(None));
            }
        }
        if is_taken && pdu.registered_delivery & 3 == 1 {
            let answered = now() + reaction.answer_after.unwrap_or_default();
            centre.promise_receipt(arrival, &id, self.number, answered, &manners);
        }
    }
}

impl Centre {
    /// When a new session will end for no reason.
    fn leave_after(&self) -> Option<Duration> {
        let manners = self.around.manners(self.manners);
        let dice = &mut self.state().dice;
        dice.hits(manners.leave).then(|| dice.millis(100..60_000))
    }

    /// Decides how the message ends and when the gateway is told.
    fn promise_receipt(&self, arrival: usize, id: &str, session: u64, answered: Instant, manners: &Manners) {
        let mut state = self.state();
        let dice = &mut state.dice;
        if dice.hits(manners.receipt_never) {
            return;
        }
        let at = if dice.hits(manners.receipt_first) {
            now() + dice.millis(0..20)
        } else if dice.hits(manners.receipt_late) {
            answered + dice.millis(1_000..300_000)
        } else {
            answered + dice.millis(0..2_000)
        };
        let message_state =
            dice.pick([MessageState::Delivered, MessageState::Delivered, MessageState::Undeliverable]);
        let form = dice.pick([ReceiptForm::Text, ReceiptForm::Tlvs, ReceiptForm::Both]);
        let is_anywhere = dice.hits(manners.receipt_anywhere);
        let is_twice = dice.hits(manners.receipt_twice);
        let index = self.around.book.with(|pages| {
            pages.receipts.push(Receipt { arrival, state: message_state, taken_at: None });
            pages.receipts.len() - 1
        });
        let pdu = wording::receipt(id, message_state, form);
        let session = (!is_anywhere).then_some(session);
        drop(state);
        self.post(at, Delivery { cargo: Cargo::Receipt(index), pdu, session, is_twice });
    }
}

impl Handler for Attendant {
    type Tag = Delivery;
    type Work = Work;

    fn event(&mut self, now: Instant, session: &mut Session<Delivery>, event: Event<Delivery>) {
        match event {
            Event::BindRequest { .. } => {
                let manners = self.centre.around.manners(self.centre.manners);
                let is_refused = self.centre.state().dice.hits(manners.no_bind);
                let status = if is_refused { CommandStatus::BINDFAIL } else { CommandStatus::OK };
                session.answer_bind(now, status, b"simulated");
            }
            Event::Bound { mode, .. } => self.bound(mode),
            Event::Request { sequence, body: Body::SubmitSm(pdu) } => self.submitted(sequence, &pdu),
            Event::Response { tag, status, .. } if status == CommandStatus::OK => self.centre.delivered(tag),
            Event::Response { tag, .. } | Event::Expired { tag, .. } => self.centre.not_delivered(tag),
            _ => {}
        }
    }

    fn flush(&mut self, _now: Instant, _session: &mut Session<Delivery>) {}

    async fn next(&mut self, room: usize) -> Work {
        loop {
            let changed = self.centre.changed.notified();
            let delivers = self.receives && room > 0;
            if delivers {
                let deliveries = self.centre.take(self.number, room);
                if !deliveries.is_empty() {
                    return Work::Deliver(deliveries);
                }
            }
            let answer_at = self.answers.first(|_| true);
            let deliver_at = if delivers { self.centre.next_due(self.number) } else { None };
            let wake = answer_at.into_iter().chain(deliver_at).min();
            let alarm = async {
                match wake {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = alarm => {
                    if answer_at.is_some_and(|at| at <= now()) {
                        return Work::Answer;
                    }
                }
                () = changed => {}
            }
        }
    }

    fn apply(&mut self, now: Instant, session: &mut Session<Delivery>, work: Work) {
        match work {
            Work::Deliver(deliveries) => {
                for delivery in deliveries {
                    if let Err(delivery) =
                        session.request(now, Body::DeliverSm(delivery.pdu.clone()), delivery)
                    {
                        self.centre.not_delivered(delivery);
                    }
                }
            }
            Work::Answer => {
                let at = self.centre.around.time();
                for answer in self.answers.take(now, usize::MAX, |_| true) {
                    let id = CString::clipped(answer.id.as_bytes());
                    let body = Body::SubmitSmResp(MessageResp::new(id));
                    session.respond(now, answer.sequence, answer.status, body);
                    if let Some(arrival) = answer.arrival {
                        self.centre.around.book.with(|pages| {
                            pages.arrivals.get_mut(arrival).map(|arrival| arrival.answered_at = Some(at))
                        });
                    }
                }
            }
        }
    }
}

/// How many of the messages of handsets are long.
const LONG: f64 = 0.3;
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
