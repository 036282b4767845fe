//! Parting, whoever asks for it.

use std::time::Instant;

use super::timer::Timer;
use super::{CloseReason, Event, Session, State};
use crate::{Body, CommandId, CommandStatus};

/// How far the parting has come.
#[derive(Debug)]
pub(super) struct Leaving {
    reason: CloseReason,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// We want to part: what is in flight, either way, comes to its end first.
    Draining,
    /// Our unbind waits for its answer.
    Asked { sequence: u32 },
    /// The peer wants to part: what it sent before is answered first.
    Answering { sequence: u32 },
    /// The peer has its answer, and may still answer our requests before it hangs up.
    Lingering,
}

impl<T> Session<T> {
    /// Parts gracefully: no new requests in our direction, those of the peer are answered
    /// ESME_RTHROTTLED to the end; when what is in flight has ended, or after
    /// [`Settings::unbind_timeout`](super::Settings), unbind is sent, and with its answer the session is
    /// closed. A session that is not bound is closed at once.
    pub fn unbind(&mut self, now: Instant) {
        self.part(now, CloseReason::Unbound);
    }

    pub(super) fn part(&mut self, now: Instant, reason: CloseReason) {
        match self.state {
            State::Open => self.close(reason),
            State::BoundTx | State::BoundRx | State::BoundTrx => {
                self.begin_parting(now, reason, Step::Draining);
                self.part_further(now);
            }
            State::Unbinding | State::Closed => {}
        }
    }

    /// The peer asks to part; it may have crossed our own asking.
    pub(super) fn take_unbind(&mut self, now: Instant, sequence: u32) {
        match self.leaving.as_ref().map(|leaving| leaving.step) {
            Some(Step::Answering { .. } | Step::Lingering) => {
                self.refuse(CommandId::UNBIND, sequence, CommandStatus::INVBNDSTS);
            }
            Some(Step::Draining | Step::Asked { .. }) | None => {
                self.begin_parting(now, CloseReason::PeerUnbound, Step::Answering { sequence });
                self.events.push_back(Event::Unbinding);
                self.part_further(now);
            }
        }
    }

    /// Whether this answers our unbind.
    pub(super) fn answers_unbind(&self, sequence: u32) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| leaving.step == Step::Asked { sequence })
    }

    /// The peer has answered our unbind.
    pub(super) fn parted(&mut self) {
        if let Some(leaving) = &self.leaving {
            self.close(leaving.reason);
        }
    }

    /// Whether we want to part and the peer may not know: what it asks for may have crossed our unbind, until it
    /// answers that.
    pub(super) fn may_be_crossed(&self) -> bool {
        let step = self.leaving.as_ref().map(|leaving| leaving.step);
        matches!(step, Some(Step::Draining | Step::Asked { .. }))
    }

    /// Takes the next step if nothing is left to wait for.
    pub(super) fn part_further(&mut self, now: Instant) {
        let Some(leaving) = &self.leaving else { return };
        match leaving.step {
            Step::Draining if self.unanswered == 0 && self.window.is_empty() => self.ask_to_part(now),
            Step::Answering { sequence } if self.unanswered == 0 => self.answer_unbind(sequence),
            Step::Lingering if self.window.is_empty() => self.parted(),
            _ => {}
        }
    }

    /// What was in flight had its time.
    pub(super) fn drain_is_over(&mut self, now: Instant) {
        let Some(leaving) = &self.leaving else { return };
        match leaving.step {
            Step::Draining => self.ask_to_part(now),
            Step::Asked { .. } => {}
            Step::Answering { sequence } => {
                self.answer_unbind(sequence);
                self.parted();
            }
            Step::Lingering => self.parted(),
        }
    }

    fn begin_parting(&mut self, now: Instant, reason: CloseReason, step: Step) {
        if self.state == State::Closed {
            return;
        }
        self.state = State::Unbinding;
        self.leaving = Some(Leaving { reason, step });
        for timer in
            [Timer::EnquireLink, Timer::EnquireLinkResponse, Timer::Inactivity, Timer::UnbindResponse]
        {
            self.timers.stop(timer);
        }
        if !self.timers.runs(Timer::Drain) {
            self.timers.start(Timer::Drain, now, self.settings.unbind_timeout);
        }
    }

    fn ask_to_part(&mut self, now: Instant) {
        let sequence = self.next_sequence();
        self.set_step(Step::Asked { sequence });
        self.put(CommandStatus::OK, sequence, Body::Unbind);
        self.timers.stop(Timer::Drain);
        self.timers.start(Timer::UnbindResponse, now, self.settings.unbind_timeout);
    }

    fn answer_unbind(&mut self, sequence: u32) {
        self.put_response(CommandStatus::OK, sequence, Body::UnbindResp);
        self.set_step(Step::Lingering);
        if self.window.is_empty() {
            self.parted();
        }
    }

    fn set_step(&mut self, step: Step) {
        if let Some(leaving) = &mut self.leaving {
            leaving.step = step;
        }
    }
}
