//! What a bound session does, whichever side we are: batches in to intake, batches out of the outlet.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use smpp::{Body, CommandId, CommandStatus, session};
use sms::{MessageId, Priority};
use store::{Cause, Entry, Lease, Outcome, RemoteReceipt, Settlement};

use super::late::{Attempt, GivenUp};
use super::steps::{Running, Step, Steps};
use super::translate;
use crate::clock;
use crate::directory::Origin;
use crate::dispatch::Outlet;
use crate::intake::Intake;
use crate::refusal::Refusal;
use crate::submission::Submission;

/// A session that holds leases while it waits for their responses.
pub(super) type Session = session::Session<Sent>;

/// What is attached to a request that we sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) lease: Lease,
    pub(super) at: Instant,
}

/// What differs between an ESME that bound to us and an SMSC that we bound to.
pub(super) trait Side: Send {
    /// What a request of the peer brings, or the status to refuse it with.
    fn incoming(&self, body: Body) -> Result<Incoming, CommandStatus>;

    /// Our answer to a request that was taken over.
    fn taken_over(&self, request: CommandId, id: Option<MessageId>) -> Body;

    /// The request that carries an item to a peer that speaks `version`.
    fn outgoing(&self, lease: &Lease, version: u8) -> Body;

    /// What a response says of an item.
    fn judge(&self, lease: &Lease, status: CommandStatus, body: &Body) -> Judgement;

    /// What is to be done when nobody knows whether the peer took an item over.
    fn unknown(&self, lease: &Lease, cause: Cause) -> Outcome;

    /// What a response that came too late says of an item; `None` if that changes nothing.
    fn late(&self, attempt: &Attempt, status: CommandStatus, body: &Body) -> Option<Outcome>;

    /// How congested we are, from 0 to 100, while so many requests of the peer are unanswered (W-6).
    fn congestion(&self, unanswered: usize) -> u8;
}

/// A request that is under way, which comes to its answer by itself.
pub(super) type Operation = Running<Answer>;

/// What an operation came to.
pub(super) struct Answer {
    pub(super) status: CommandStatus,
    pub(super) body: Body,
    /// How many messages were taken over by it.
    pub(super) messages: u64,
}

/// A request that waits for its answer.
#[derive(Clone, Copy)]
struct Asked {
    sequence: u32,
    command_id: CommandId,
}

/// What a request brings.
pub(super) enum Incoming {
    Message(Box<Submission>),
    Receipt(RemoteReceipt),
    /// Anything else that takes its time, after what came before it was handed on.
    Operation(Operation),
    /// One that looks among what came before it, and must not see what comes after.
    Look(Operation),
    /// One of which the records have to be asked before it is known; it keeps its place among what comes.
    Prepared(Running<Operation>),
    /// Something that is answered OK and otherwise ignored.
    Nothing,
}

/// What a response says.
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    /// The peer says that it is too much.
    pub(super) throttled: bool,
    /// What is to be taken over in the same moment: what stands in place of an item that this peer cannot be
    /// told, or what its owner is told of it.
    pub(super) brought: Option<Entry>,
}

/// Something to do to the session.
pub(super) enum Work {
    /// A batch is durable, or is not.
    Kept(Kept),
    /// An operation came to its end.
    Answered(u32, Box<Answer>),
    /// Items to send.
    Leases(Vec<Lease>),
}

/// The end of a batch that was given to intake.
pub(super) struct Kept {
    answers: Vec<(Asked, Option<MessageId>)>,
    result: Result<(), Refusal>,
    since: Instant,
}

/// The traffic of one bound session.
pub(super) struct Relay<S> {
    side: S,
    intake: Intake,
    outlet: Arc<Outlet>,
    origin: Origin,
    messages: Vec<(Asked, Entry)>,
    /// Messages that do not wait for others to be kept.
    urgent: Vec<(Asked, Entry)>,
    receipts: Vec<(Asked, RemoteReceipt)>,
    settled: Vec<Settlement>,
    steps: Steps<Work>,
    taking: Taking,
    given_up: GivenUp,
}

/// How far a session is with what it asks the store for.
#[derive(Default)]
enum Taking {
    #[default]
    Nothing,
    Asked(Pin<Box<dyn Future<Output = Vec<Lease>> + Send>>),
    /// Lent, and not sent yet.
    Taken(Vec<Lease>),
}

impl<S: Side> Relay<S> {
    pub(super) fn new(side: S, intake: Intake, outlet: Arc<Outlet>, origin: Origin) -> Self {
        Self {
            side,
            intake,
            outlet,
            origin,
            messages: Vec::new(),
            urgent: Vec::new(),
            receipts: Vec::new(),
            settled: Vec::new(),
            steps: Steps::default(),
            taking: Taking::Nothing,
            given_up: GivenUp::default(),
        }
    }

    pub(super) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// The peer wants something carried.
    pub(super) fn request(&mut self, now: Instant, session: &mut Session, sequence: u32, body: Body) {
        let asked = Asked { sequence, command_id: body.command_id() };
        match self.side.incoming(body) {
            Ok(Incoming::Message(submission)) => match self.intake.admit(&self.origin, *submission) {
                Ok(entry) if entry.message.priority >= Priority::URGENT => {
                    self.urgent.push((asked, entry));
                }
                Ok(entry) => self.messages.push((asked, entry)),
                Err(refusal) => self.refuse(now, session, asked, translate::status(&refusal)),
            },
            Ok(Incoming::Receipt(receipt)) => self.receipts.push((asked, receipt)),
            Ok(Incoming::Operation(operation)) => {
                self.flush();
                self.steps.add(Step::new(answered(sequence, operation)));
            }
            Ok(Incoming::Look(operation)) => {
                self.flush();
                self.steps.add(Step::looking(answered(sequence, operation)));
            }
            Ok(Incoming::Prepared(preparation)) => {
                self.flush();
                self.steps.prepare(async move { Step::new(answered(sequence, preparation.await)) });
            }
            Ok(Incoming::Nothing) => self.confirm(now, session, asked, None),
            Err(status) => self.refuse(now, session, asked, status),
        }
    }

    /// The peer answered one of our requests.
    pub(super) fn response(&mut self, now: Instant, sent: Sent, status: CommandStatus, body: &Body) {
        let judgement = self.side.judge(&sent.lease, status, body);
        if judgement.throttled {
            self.outlet.throttled();
        }
        if self.settled.is_empty() {
            // One observation per round: the first of a batch waited longest.
            self.outlet.metrics().answered_in(now.saturating_duration_since(sent.at));
        }
        let Judgement { outcome, brought, .. } = judgement;
        self.settled.push(Settlement { lease: sent.lease, outcome, answer: brought });
    }

    /// The peer did not answer in time.
    pub(super) fn expired(&mut self, sent: Sent, sequence: u32) {
        self.given_up.add(sequence, Attempt::of(&sent.lease));
        let outcome = self.side.unknown(&sent.lease, Cause::Timeout);
        self.settle(sent.lease, outcome);
    }

    /// The peer answered after all.
    pub(super) fn late(&mut self, sequence: u32, status: CommandStatus, body: &Body) {
        let Some(attempt) = self.given_up.answered(sequence) else { return };
        if let Some(outcome) = self.side.late(&attempt, status, body) {
            self.outlet.store().amend(attempt.part, attempt.item, self.outlet.link(), outcome);
        }
    }

    /// Hands on what the round brought, in batches.
    pub(super) fn flush(&mut self) {
        for lane in [&mut self.urgent, &mut self.messages] {
            if lane.is_empty() {
                continue;
            }
            let messages = take_keeping_room(lane);
            self.steps.add(Step::new(keep_messages(self.intake.clone(), messages)));
        }
        if !self.receipts.is_empty() {
            let receipts = take_keeping_room(&mut self.receipts);
            self.steps.add(Step::new(keep_receipts(self.intake.clone(), receipts)));
        }
        self.outlet.settle(take_keeping_room(&mut self.settled));
    }

    /// Waits for a batch to be durable or for items to send; at most `room` of them.
    pub(super) async fn next(&mut self, room: usize) -> Work {
        if room == 0 {
            self.let_go();
        } else if matches!(self.taking, Taking::Nothing) {
            let outlet = self.outlet.clone();
            self.taking = Taking::Asked(Box::pin(async move { outlet.take(room).await }));
        }
        std::future::poll_fn(|context| self.poll_work(context)).await
    }

    /// Asks for nothing more to send, for now or for good: what the store would give us, others can send.
    pub(super) fn let_go(&mut self) {
        self.taking = Taking::Nothing;
    }

    /// Does what came of [`Relay::next`].
    pub(super) fn apply(&mut self, now: Instant, session: &mut Session, work: Work) {
        match work {
            Work::Kept(kept) => self.answer(now, session, kept),
            Work::Answered(sequence, answer) => self.end(now, session, sequence, *answer),
            Work::Leases(leases) => self.send(now, session, leases),
        }
        self.flush();
    }

    /// The connection is gone: whether these were taken over is not known.
    pub(super) fn lost(&mut self, pending: impl IntoIterator<Item = Sent>) {
        for sent in pending {
            let outcome = self.side.unknown(&sent.lease, Cause::ConnectionLost);
            self.settle(sent.lease, outcome);
        }
        self.flush();
    }

    fn poll_work(&mut self, context: &mut Context<'_>) -> Poll<Work> {
        if let Taking::Asked(taking) = &mut self.taking
            && let Poll::Ready(leases) = taking.as_mut().poll(context)
        {
            self.taking = Taking::Taken(leases);
        }
        // What is lent was lent after the answers that came before: a receipt does not overtake the answer to
        // what it is about.
        if let Poll::Ready(work) = self.steps.poll(context) {
            return Poll::Ready(work);
        }
        match std::mem::take(&mut self.taking) {
            Taking::Taken(leases) => Poll::Ready(Work::Leases(leases)),
            other => {
                self.taking = other;
                Poll::Pending
            }
        }
    }

    fn answer(&self, now: Instant, session: &mut Session, kept: Kept) {
        let metrics = self.outlet.metrics();
        metrics.accepted_in(now.saturating_duration_since(kept.since));
        match kept.result {
            Ok(()) => {
                for (asked, id) in kept.answers {
                    let counter = if id.is_some() { &metrics.received } else { &metrics.receipts };
                    counter.inc();
                    self.confirm(now, session, asked, id);
                }
            }
            Err(refusal) => {
                let status = translate::status(&refusal);
                for (asked, _) in kept.answers {
                    self.refuse(now, session, asked, status);
                }
            }
        }
    }

    fn end(&self, now: Instant, session: &mut Session, sequence: u32, answer: Answer) {
        let metrics = self.outlet.metrics();
        metrics.received.inc_by(answer.messages);
        if !answer.status.is_ok() {
            metrics.refused.inc();
        }
        self.respond(now, session, sequence, answer.status, answer.body);
    }

    fn confirm(&self, now: Instant, session: &mut Session, asked: Asked, id: Option<MessageId>) {
        let body = self.side.taken_over(asked.command_id, id);
        self.respond(now, session, asked.sequence, CommandStatus::OK, body);
    }

    fn refuse(&self, now: Instant, session: &mut Session, asked: Asked, status: CommandStatus) {
        self.outlet.metrics().refused.inc();
        self.respond(now, session, asked.sequence, status, Body::refusal(asked.command_id));
    }

    /// Answers; to a peer of 5.0 with how congested we are.
    fn respond(
        &self,
        now: Instant,
        session: &mut Session,
        sequence: u32,
        status: CommandStatus,
        mut body: Body,
    ) {
        if session.peer_version() >= smpp::VERSION_5_0 {
            translate::tell_congestion(&mut body, self.side.congestion(session.unanswered()));
        }
        session.respond(now, sequence, status, body);
    }

    fn send(&mut self, now: Instant, session: &mut Session, leases: Vec<Lease>) {
        for lease in leases {
            let body = self.side.outgoing(&lease, session.peer_version());
            // A lease that does not go out after all is dropped here, and so is lent again.
            drop(session.request(now, body, Sent { lease, at: now }));
        }
    }

    fn settle(&mut self, lease: Lease, outcome: Outcome) {
        self.settled.push(Settlement { lease, outcome, answer: None });
    }
}

/// Takes all out, and leaves room for as many: batches of a session are alike.
fn take_keeping_room<T>(batch: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(batch.len());
    std::mem::replace(batch, room)
}

async fn answered(sequence: u32, operation: Operation) -> Work {
    Work::Answered(sequence, Box::new(operation.await))
}

async fn keep_messages(intake: Intake, messages: Vec<(Asked, Entry)>) -> Work {
    let since = clock::now();
    let answers = messages.iter().map(|(asked, entry)| (*asked, Some(entry.message.id))).collect();
    let entries = messages.into_iter().map(|(_, entry)| entry).collect();
    Work::Kept(Kept { answers, result: intake.accept(entries).await, since })
}

async fn keep_receipts(intake: Intake, receipts: Vec<(Asked, RemoteReceipt)>) -> Work {
    let since = clock::now();
    let (asked, receipts): (Vec<Asked>, Vec<RemoteReceipt>) = receipts.into_iter().unzip();
    let answers = asked.into_iter().map(|asked| (asked, None)).collect();
    Work::Kept(Kept { answers, result: keep_and_tell(&intake, receipts).await, since })
}

/// Keeps receipts, and then what owners want to know of them although it is not the end.
async fn keep_and_tell(intake: &Intake, receipts: Vec<RemoteReceipt>) -> Result<(), Refusal> {
    let sightings = intake.receipts(receipts).await?;
    let told = sightings.into_iter().filter_map(|sighting| translate::notification(sighting, intake));
    let told: Vec<Entry> = told.collect();
    if told.is_empty() { Ok(()) } else { intake.accept(told).await }
}
