//! One session of an ESME.

use std::sync::Arc;
use std::time::Instant;

use driver::Handler;
use smpp::{BindMode, Body, CommandStatus, Event, Session, ShortMessage};

use super::super::manners::Manners;
use super::super::schedule::Schedule;
use super::super::wording::{self, Delivered};
use super::Client;
use crate::book::{Demand, Fate, Reply, Told};
use crate::now;

/// One session.
pub(super) struct Agent {
    client: Arc<Client>,
    /// Which of all sessions of all ESMEs it is.
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

/// What is attached to a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// To take over the message with this serial.
    Submission(usize),
    /// The demand with this index in the book.
    Demand(usize),
}

pub(super) enum Work {
    Answer,
    Ask,
}

impl Agent {
    pub(super) fn new(client: Arc<Client>, mode: BindMode) -> Self {
        let number = {
            let mut state = client.state();
            state.sessions += 1;
            (client.number as u64) << 32 | state.sessions
        };
        Self { client, number, submits: mode != BindMode::Receiver, answers: Schedule::new() }
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
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
    fn answer(&mut self, now: Instant, session: &mut Session<Asked>) {
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

    /// Asks what is due to be asked.
    fn ask(&mut self, now: Instant, session: &mut Session<Asked>) {
        let due = self.client.state().schedule.take(now, session.room(), |_| true);
        for intent in due {
            let Some((body, asked)) = self.client.request(intent, self.number) else { continue };
            let trace = &self.client.around.trace;
            trace.note(&self.client.name, format_args!("says {body:?} by session {}", self.number));
            let _ = session.request(now, body, asked);
        }
    }

    fn replied(&self, serial: usize, status: CommandStatus, body: &Body) {
        let fate = match body {
            Body::SubmitSmResp(response) if status == CommandStatus::OK => {
                Fate::Accepted(response.message_id.to_string())
            }
            _ => Fate::Refused(status.0),
        };
        let around = &self.client.around;
        around.trace.note(&self.client.name, format_args!("{serial} is {fate:?}"));
        if matches!(fate, Fate::Accepted(_)) {
            self.client.think_again(serial);
        }
        let at = around.time();
        around.book.with(|pages| {
            if let Some(submission) = pages.submissions.get_mut(serial) {
                (submission.fate, submission.answered_at) = (fate, Some(at));
            }
        });
    }

    fn fulfilled(&self, index: usize, status: CommandStatus, body: &Body) {
        let state = match body {
            Body::QuerySmResp(response) => Some((response.message_state, !response.final_date.is_empty())),
            _ => None,
        };
        let around = &self.client.around;
        let reply = Reply { at: around.time(), status: status.0, state };
        let demand = around.book.with(|pages| {
            let demand = pages.demands.get_mut(index)?;
            demand.reply = Some(reply);
            Some(demand.clone())
        });
        let Some(Demand { serial, what, .. }) = demand else { return };
        around.trace.note(&self.client.name, format_args!("{what:?} of {serial}: {status} {state:?}"));
        self.client.think_again(serial);
    }
}

impl Handler for Agent {
    type Tag = Asked;
    type Work = Work;

    fn event(&mut self, _now: Instant, _session: &mut Session<Asked>, event: Event<Asked>) {
        match event {
            Event::Request { sequence, body: Body::DeliverSm(pdu) } => self.delivered(sequence, &pdu),
            Event::Response { tag: Asked::Submission(serial), status, body } => {
                self.replied(serial, status, &body);
            }
            Event::Response { tag: Asked::Demand(index), status, body } => {
                self.fulfilled(index, status, &body);
            }
            _ => {}
        }
    }

    fn flush(&mut self, _now: Instant, _session: &mut Session<Asked>) {}

    async fn next(&mut self, room: usize) -> Work {
        let ask_at =
            if self.submits && room > 0 { self.client.state().schedule.first(|_| true) } else { None };
        let answer_at = self.answers.first(|_| true);
        match ask_at.into_iter().chain(answer_at).min() {
            Some(at) => tokio::time::sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
        if answer_at.is_some_and(|at| at <= now()) { Work::Answer } else { Work::Ask }
    }

    fn apply(&mut self, now: Instant, session: &mut Session<Asked>, work: Work) {
        match work {
            Work::Answer => self.answer(now, session),
            Work::Ask => self.ask(now, session),
        }
    }
}
