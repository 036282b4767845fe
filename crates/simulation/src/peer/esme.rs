//! A simulated ESME: it submits, takes what is delivered in its own way, goes and comes back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use driver::{Handler, Limits};
use gateway::{Network as _, Stream};
use smpp::{Bind, BindMode, Body, CString, CommandStatus, Event, Session, ShortMessage};
use tokio_util::sync::CancellationToken;

use super::manners::Manners;
use super::schedule::Schedule;
use super::wording::{self, Delivered, Wish};
use super::{Surroundings, settings};
use crate::book::{Fate, Submission, Told};
use crate::dice::Dice;
use crate::network::{Affliction, Host, Power};
use crate::now;

/// One ESME with all its sessions. Clones share it.
#[derive(Clone)]
pub(crate) struct Esme(Arc<Client>);

struct Client {
    number: usize,
    name: String,
    address: SocketAddr,
    gateway: SocketAddr,
    manners: Manners,
    around: Surroundings,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// What is to be submitted.
    schedule: Schedule<()>,
    sessions: u64,
}

impl Esme {
    pub(crate) fn new(
        number: usize,
        [address, gateway]: [SocketAddr; 2],
        manners: Manners,
        around: Surroundings,
    ) -> Self {
        let dice = Dice::new(around.seed, "esme", number as u64);
        let state = Mutex::new(State { dice, schedule: Schedule::new(), sessions: 0 });
        let name = format!("esme-{number}");
        Self(Arc::new(Client { number, name, address, gateway, manners, around, state }))
    }

    /// Submits a message at this time, or as soon as it can.
    pub(crate) fn submit_at(&self, at: Instant) {
        self.0.state().schedule.add(at, ());
    }

    /// Whether everything is submitted.
    pub(crate) fn is_done(&self) -> bool {
        self.0.state().schedule.is_empty()
    }

    /// Keeps a session bound for ever.
    pub(crate) async fn keep_bound(self, mode: BindMode) {
        let client = self.0;
        loop {
            let power = Power::new();
            let host = client.around.network.host(client.address, power.clone());
            if let Some(stream) = client.connect(&host).await {
                client.serve(stream, mode, &power).await;
            }
            let wait = client.state().dice.millis(50..3_000);
            tokio::time::sleep(wait).await;
        }
    }
}

impl Client {
    async fn connect(&self, host: &Host) -> Option<Box<dyn Stream>> {
        let address = self.gateway.to_string();
        tokio::time::timeout(CONNECT_TIMEOUT, host.connect(&address)).await.ok()?.ok()
    }

    async fn serve(self: &Arc<Self>, stream: Box<dyn Stream>, mode: BindMode, power: &Power) {
        let mut agent = Agent::new(Arc::clone(self), mode);
        let session = Session::client(now(), settings(self.around.patience), self.bind(mode));
        let (leave, affliction) = self.leave_after();
        let stop = CancellationToken::new();
        let driving = driver::drive(stream, session, &mut agent, &stop, Limits::default());
        tokio::select! {
            biased;
            ended = driving => {
                self.around.trace.note(&self.name, format_args!("session over: {}", ended.cause));
            }
            () = tokio::time::sleep(leave) => {
                self.around.trace.note(&self.name, format_args!("is gone: {affliction:?}"));
                self.around.network.afflict(power, affliction);
            }
        }
        let at = self.around.time();
        self.around.book.with(|pages| pages.losses.push((self.number, at)));
    }

    fn bind(&self, mode: BindMode) -> Bind {
        Bind {
            mode,
            system_id: CString::clipped(self.name.as_bytes()),
            password: CString::clipped(PASSWORD.as_bytes()),
            interface_version: smpp::VERSION_3_4,
            ..Bind::default()
        }
    }

    /// When a new session will be gone, and how.
    fn leave_after(&self) -> (Duration, Affliction) {
        let manners = self.around.manners(self.manners);
        let dice = &mut self.state().dice;
        let leave = if dice.hits(manners.leave) { dice.millis(100..60_000) } else { FOR_EVER };
        (leave, dice.pick([Affliction::Cut, Affliction::Hole]))
    }

    /// Decides what the next message is like.
    fn wish(&self, session: u64) -> Wish {
        let dice = &mut self.state().dice;
        let validity_s = if dice.hits(0.5) { Some(dice.number(20..600)) } else { None };
        let delay_s = if dice.hits(0.1) { Some(dice.number(1..15)) } else { None };
        let segments = if dice.hits(0.2) { dice.number(2..4) as u8 } else { 1 };
        let priority = if dice.hits(0.2) { dice.pick([1, 2, 3]) } else { 0 };
        let registered = if dice.hits(0.8) { 1 } else { 0 };
        let submission = Submission {
            esme: self.number,
            session: (self.number as u64) << 32 | session,
            priority,
            segments,
            registered,
            validity_ms: validity_s.map(|seconds| seconds * 1000),
            is_delayed: delay_s.is_some(),
            fate: Fate::Open,
        };
        let serial = self.around.book.with(|pages| {
            pages.submissions.push(submission);
            pages.submissions.len() - 1
        });
        Wish { serial, priority, segments, registered, validity_s, delay_s }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One session. What is attached to a request is the serial of the message.
struct Agent {
    client: Arc<Client>,
    number: u64,
    submits: bool,
    answers: Schedule<Answer>,
}

/// An answer that is due one day.
struct Answer {
    sequence: u32,
    status: CommandStatus,
    /// What it answers.
    to: Origin,
}

#[derive(Clone, Copy)]
enum Origin {
    /// The receipt with this index in the book.
    Receipt(usize),
    /// The message of a handset with this serial.
    Message(usize),
}

enum Work {
    Answer,
    Submit,
}

impl Agent {
    fn new(client: Arc<Client>, mode: BindMode) -> Self {
        let number = {
            let mut state = client.state();
            state.sessions += 1;
            state.sessions
        };
        Self { client, number, submits: mode != BindMode::Receiver, answers: Schedule::new() }
    }

    fn delivered(&mut self, sequence: u32, pdu: &ShortMessage) {
        let client = Arc::clone(&self.client);
        let around = &client.around;
        let manners = Manners { fail_for_good: 0.0, ..around.manners(client.manners) };
        let reaction = manners.react(&mut client.state().dice, around.patience);
        let (esme, at) = (client.number, around.time());
        let to = match wording::delivered(pdu) {
            Some(Delivered::Receipt { id, state }) => {
                around.trace.note(&client.name, format_args!("is told {id}: {state:?}, {}", reaction.status));
                Origin::Receipt(around.book.with(|pages| {
                    pages.told.push(Told { esme, id, state, at, answered_at: None });
                    pages.told.len() - 1
                }))
            }
            Some(Delivered::Message { serial }) => {
                around.trace.note(&client.name, format_args!("gets MO {serial}, {}", reaction.status));
                Origin::Message(serial)
            }
            None => return around.book.wrong(format!("{} got nonsense", client.name)),
        };
        let status = reaction.status;
        if let Some(after) = reaction.answer_after {
            self.answers.add(now() + after, Answer { sequence, status, to });
        }
    }

    /// Says what is due to be said.
    fn answer(&mut self, now: Instant, session: &mut Session<usize>) {
        let around = &self.client.around;
        for Answer { sequence, status, to } in self.answers.take(now, usize::MAX, |_| true) {
            session.respond(now, sequence, status, Body::DeliverSmResp(smpp::MessageResp::default()));
            if status != CommandStatus::OK {
                continue;
            }
            let at = around.time();
            around.book.with(|pages| match to {
                Origin::Receipt(index) => {
                    pages.told.get_mut(index).into_iter().for_each(|told| told.answered_at = Some(at));
                }
                Origin::Message(serial) => {
                    pages.offers.get_mut(serial).into_iter().for_each(|offer| offer.arrived += 1);
                }
            });
        }
    }

    fn submit(&mut self, now: Instant, session: &mut Session<usize>) {
        let due = self.client.state().schedule.take(now, session.room(), |()| true);
        for () in due {
            let wish = self.client.wish(self.number);
            let serial = wish.serial;
            let trace = &self.client.around.trace;
            trace.note(&self.client.name, format_args!("submits {serial} by session {}", self.number));
            let _ = session.request(now, Body::SubmitSm(wording::submit_sm(&wish)), serial);
        }
    }

    fn answered(&self, serial: usize, status: CommandStatus, body: &Body) {
        let fate = match body {
            Body::SubmitSmResp(response) if status == CommandStatus::OK => {
                Fate::Accepted(response.message_id.to_string())
            }
            _ => Fate::Refused(status.0),
        };
        self.client.around.trace.note(&self.client.name, format_args!("{serial} is {fate:?}"));
        self.client.around.book.with(|pages| {
            if let Some(submission) = pages.submissions.get_mut(serial) {
                submission.fate = fate;
            }
        });
    }
}

impl Handler for Agent {
    type Tag = usize;
    type Work = Work;

    fn event(&mut self, _now: Instant, _session: &mut Session<usize>, event: Event<usize>) {
        match event {
            Event::Request { sequence, body: Body::DeliverSm(pdu) } => self.delivered(sequence, &pdu),
            Event::Response { tag, status, body } => self.answered(tag, status, &body),
            _ => {}
        }
    }

    fn flush(&mut self, _now: Instant, _session: &mut Session<usize>) {}

    async fn next(&mut self, room: usize) -> Work {
        let submit_at =
            if self.submits && room > 0 { self.client.state().schedule.first(|()| true) } else { None };
        let answer_at = self.answers.first(|_| true);
        match submit_at.into_iter().chain(answer_at).min() {
            Some(at) => tokio::time::sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
        if answer_at.is_some_and(|at| at <= now()) { Work::Answer } else { Work::Submit }
    }

    fn apply(&mut self, now: Instant, session: &mut Session<usize>, work: Work) {
        match work {
            Work::Answer => self.answer(now, session),
            Work::Submit => self.submit(now, session),
        }
    }
}

/// The password of every account.
pub(crate) const PASSWORD: &str = "simulate";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
