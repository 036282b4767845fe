//! Binding, of either role.

use std::time::Instant;

use super::timer::Timer;
use super::{CloseReason, Event, Role, Session, State, version};
use crate::{
    Bind, BindMode, BindResp, Body, CString, CommandStatus, Frame, Outbind, Pdu, TlvTag, VERSION_3_4,
};

/// How far the bind has come.
#[derive(Debug, Default)]
pub(super) struct Binding {
    /// Server: the bind that waits for the verdict. Client: ours that waits for its answer.
    waiting: Option<Waiting>,
    /// Server: how many failed.
    failures: u32,
    /// Client: the peer is to speak first.
    awaits_outbind: bool,
}

impl Binding {
    pub(super) fn awaits_outbind(&self) -> bool {
        self.awaits_outbind
    }
}

#[derive(Debug)]
struct Waiting {
    sequence: u32,
    mode: BindMode,
    offered_version: u8,
    system_id: CString<15>,
}

impl<T> Session<T> {
    /// Server: the verdict on a [`Event::BindRequest`]. OK binds the session, and `system_id`, who we
    /// are, is cut to 15 octets; everything else refuses, and the last of
    /// [`Settings::bind_attempts_max`](super::Settings) refusals closes it. Without a bind that waits
    /// it does nothing.
    pub fn answer_bind(&mut self, now: Instant, status: CommandStatus, system_id: &[u8]) {
        if self.state != State::Open {
            return;
        }
        let Some(waiting) = self.binding.waiting.take() else { return };
        if !status.is_ok() {
            self.refuse_bind(waiting.mode, waiting.sequence, status);
            return;
        }
        let mut response = BindResp::new(waiting.mode);
        response.system_id = CString::clipped(system_id);
        if waiting.offered_version.min(self.settings.interface_version) >= VERSION_3_4 {
            response.tlvs.push_u8(TlvTag::SC_INTERFACE_VERSION, self.settings.interface_version);
        }
        self.put(CommandStatus::OK, waiting.sequence, Body::BindResp(response));
        self.bound(now, waiting.mode, waiting.offered_version, waiting.system_id);
    }

    /// Server: whether a bind waits for its verdict. Until then nothing more of the peer is taken, so that those who
    /// submit right behind their bind are served in order.
    #[must_use]
    pub fn awaits_verdict(&self) -> bool {
        self.role == Role::Server && self.binding.waiting.is_some()
    }

    /// Server that has made the connection: asks the ESME at its other end to bind, within
    /// [`Settings::session_init_timeout`](super::Settings). There is no answer but the bind. Does nothing
    /// once the session is bound.
    pub fn outbind(&mut self, outbind: Outbind) {
        if self.role == Role::Server && self.state == State::Open {
            let sequence = self.next_sequence();
            self.put(CommandStatus::OK, sequence, Body::Outbind(outbind));
        }
    }

    /// Client that was made by [`Session::awaiting_outbind`]: binds, in answer to [`Event::Outbind`]. Does
    /// nothing if it has bound before.
    pub fn bind(&mut self, now: Instant, bind: Bind) {
        if std::mem::take(&mut self.binding.awaits_outbind) && self.state == State::Open {
            self.timers.stop(Timer::SessionInit);
            self.ask_to_bind(now, bind);
        }
    }

    /// Client: nothing is to be said before the peer has asked for a bind.
    pub(super) fn await_outbind(&mut self, now: Instant) {
        self.binding.awaits_outbind = true;
        self.timers.start(Timer::SessionInit, now, self.settings.session_init_timeout);
    }

    /// Client: the peer asks for a bind. If ours is on its way already there is nothing to do.
    pub(super) fn take_outbind(&mut self, frame: Frame) {
        match Pdu::decode(frame) {
            Ok(Pdu { body: Body::Outbind(outbind), .. }) => {
                if self.binding.awaits_outbind {
                    self.events.push_back(Event::Outbind { outbind });
                }
            }
            _ => self.oddities.malformed += 1,
        }
    }

    /// Server: a peer asks to bind.
    pub(super) fn take_bind(&mut self, mode: BindMode, frame: Frame) {
        let sequence = frame.sequence;
        match Pdu::decode(frame) {
            Ok(Pdu { body: Body::Bind(bind), .. })
                if bind.password.len() <= self.settings.password_octets_max =>
            {
                self.binding.waiting = Some(Waiting {
                    sequence,
                    mode,
                    offered_version: bind.interface_version,
                    system_id: bind.system_id.clone(),
                });
                self.events.push_back(Event::BindRequest { bind });
            }
            Ok(_) => self.refuse_bind(mode, sequence, CommandStatus::INVPASWD),
            Err(error) => {
                self.oddities.malformed += 1;
                self.refuse_bind(mode, sequence, error.status);
            }
        }
    }

    /// Client: sends the bind.
    pub(super) fn ask_to_bind(&mut self, now: Instant, bind: Bind) {
        let sequence = self.next_sequence();
        self.binding.waiting = Some(Waiting {
            sequence,
            mode: bind.mode,
            offered_version: bind.interface_version,
            system_id: CString::EMPTY,
        });
        self.put(CommandStatus::OK, sequence, Body::Bind(bind));
        self.timers.start(Timer::BindResponse, now, self.settings.bind_timeout);
    }

    /// Client: whether this answers our bind; a generic_nack, without a `mode`, may.
    pub(super) fn answers_bind(&self, sequence: u32, mode: Option<BindMode>) -> bool {
        let matches =
            |waiting: &Waiting| waiting.sequence == sequence && mode.is_none_or(|mode| mode == waiting.mode);
        self.role == Role::Client && self.binding.waiting.as_ref().is_some_and(matches)
    }

    /// Client: the message centre says yes or no.
    pub(super) fn take_bind_answer(&mut self, now: Instant, status: CommandStatus, response: BindResp) {
        let Some(waiting) = self.binding.waiting.take() else { return };
        self.timers.stop(Timer::BindResponse);
        if status.is_ok() {
            let theirs = response.tlvs.sc_interface_version().unwrap_or(self.settings.unstated_version);
            let version = theirs.min(waiting.offered_version);
            self.bound(now, waiting.mode, version, response.system_id);
        } else {
            self.bind_refused(status);
        }
    }

    pub(super) fn bind_refused(&mut self, status: CommandStatus) {
        self.events.push_back(Event::BindRefused { status });
        self.close(CloseReason::BindRefused(status));
    }

    fn bound(&mut self, now: Instant, mode: BindMode, offered_version: u8, system_id: CString<15>) {
        self.version = version::spoken(offered_version, self.settings.interface_version);
        self.state = State::bound(mode);
        self.timers.stop(Timer::SessionInit);
        self.timers.start(Timer::EnquireLink, now, self.settings.enquire_link_interval);
        self.transacted(now);
        self.events.push_back(Event::Bound { mode, system_id });
    }

    fn refuse_bind(&mut self, mode: BindMode, sequence: u32, status: CommandStatus) {
        self.refuse(mode.command_id(), sequence, status.for_version(VERSION_3_4));
        self.binding.failures += 1;
        if self.binding.failures >= self.settings.bind_attempts_max {
            self.close(CloseReason::TooManyBinds);
        }
    }
}
