//! What the peer says, and what is answered at once.

use std::time::Instant;

use bytes::BytesMut;

use super::timer::Timer;
use super::{
    CloseReason, ENQUIRY_PERIOD, Event, PDU_OCTETS_CEILING, PDU_OCTETS_UNBOUND_MAX, Role, Session, State,
    permits, version,
};
use crate::pdu::BindMode;
use crate::{BindResp, Body, CommandId, CommandStatus, Frame, Pdu, VERSION_5_0, frame};

impl<T> Session<T> {
    /// Takes whole PDUs off the front of `buffer` and leaves the rest, which is the beginning of one.
    ///
    /// Everything that needs no owner is answered at once: enquire_link, what is malformed, not known,
    /// not permitted in this state, or beyond the window. What stands behind a bind is left for after its
    /// verdict ([`Session::awaits_verdict`]). When framing is lost the session closes, and `buffer` is cleared.
    pub fn receive(&mut self, now: Instant, buffer: &mut BytesMut) {
        let mut heard = false;
        while self.state != State::Closed && !self.awaits_verdict() {
            match frame::next(buffer, self.pdu_octets_max()) {
                Ok(Some(frame)) => {
                    heard = true;
                    self.take(now, frame);
                }
                Ok(None) => break,
                Err(error) => {
                    self.put(CommandStatus::INVCMDLEN, 0, Body::GenericNack);
                    self.close(CloseReason::Framing(error));
                }
            }
        }
        if self.state == State::Closed {
            buffer.clear();
            return;
        }
        if heard && self.state.is_bound() {
            // Whoever speaks is alive, even if it answers our enquire_link under a number of its own, or never.
            self.timers.stop(Timer::EnquireLinkResponse);
            self.timers.start(Timer::EnquireLink, now, self.settings.enquire_link_interval);
        }
        self.watch_partial_pdu(now, heard, !buffer.is_empty() && !self.awaits_verdict());
    }

    /// Answers a request with nothing but a status, in the response that belongs to it.
    pub(super) fn refuse(&mut self, command_id: CommandId, sequence: u32, status: CommandStatus) {
        self.put_response(status, sequence, Body::refusal(command_id));
    }

    fn pdu_octets_max(&self) -> usize {
        match (self.role, self.state) {
            (Role::Server, State::Open) => PDU_OCTETS_UNBOUND_MAX,
            (Role::Client, State::Open) if self.binding.awaits_outbind() => PDU_OCTETS_UNBOUND_MAX,
            _ => self.settings.pdu_octets_max.min(PDU_OCTETS_CEILING),
        }
    }

    /// Times the PDU at the front of the buffer from its first octet.
    fn watch_partial_pdu(&mut self, now: Instant, is_new: bool, is_partial: bool) {
        if !is_partial {
            self.timers.stop(Timer::PduRead);
        } else if is_new || !self.timers.runs(Timer::PduRead) {
            self.timers.start(Timer::PduRead, now, self.settings.pdu_read_timeout);
        }
    }

    fn take(&mut self, now: Instant, frame: Frame) {
        if frame.command_id.is_response() {
            self.take_response(now, frame);
        } else {
            self.take_request(now, frame);
        }
    }

    fn take_request(&mut self, now: Instant, frame: Frame) {
        let Frame { command_id, sequence, .. } = frame;
        match command_id {
            CommandId::ENQUIRE_LINK => self.take_enquiry(now, sequence),
            _ if !self.knows(command_id) => {
                self.oddities.unknown_commands += 1;
                self.put(CommandStatus::INVCMDID, sequence, Body::GenericNack);
            }
            _ if permits(self.state, self.role, command_id) => self.take_permitted(now, frame),
            _ => self.refuse_in_this_state(command_id, sequence),
        }
    }

    /// Whether the version that is spoken has this request, in some state and some direction.
    fn knows(&self, command_id: CommandId) -> bool {
        match command_id {
            CommandId::UNBIND | CommandId::OUTBIND | CommandId::ALERT_NOTIFICATION => true,
            broadcast if broadcast.is_broadcast() => self.version >= VERSION_5_0,
            other => other.is_operation() || BindMode::from_command_id(other).is_some(),
        }
    }

    fn take_permitted(&mut self, now: Instant, frame: Frame) {
        match frame.command_id {
            CommandId::UNBIND => self.take_unbind(now, frame.sequence),
            CommandId::OUTBIND => self.take_outbind(frame),
            CommandId::ALERT_NOTIFICATION => self.take_alert(now, frame),
            other => match BindMode::from_command_id(other) {
                Some(mode) => self.take_bind(mode, frame),
                None => self.take_operation(now, frame),
            },
        }
    }

    /// A mobile is back. The standard has no answer, not even for one that is malformed.
    fn take_alert(&mut self, now: Instant, frame: Frame) {
        self.transacted(now);
        match Pdu::decode(frame) {
            Ok(Pdu { body: Body::AlertNotification(alert), .. }) => {
                self.events.push_back(Event::Alert { alert });
            }
            _ => self.oddities.malformed += 1,
        }
    }

    fn take_operation(&mut self, now: Instant, frame: Frame) {
        self.transacted(now);
        let Frame { command_id, sequence, .. } = frame;
        if self.unanswered >= self.settings.window_in {
            self.oddities.throttled += 1;
            self.refuse(command_id, sequence, CommandStatus::THROTTLED);
            return;
        }
        match self.decode_request(frame) {
            Ok(body) => {
                self.unanswered += 1;
                self.events.push_back(Event::Request { sequence, body });
            }
            Err(status) => {
                self.oddities.malformed += 1;
                self.refuse(command_id, sequence, status);
            }
        }
    }

    /// The request, as far as the version that is spoken has it. A message centre is not held to the limits
    /// of its version: refusing what it delivers would only make it come again.
    fn decode_request(&self, frame: Frame) -> Result<Body, CommandStatus> {
        let body = Pdu::decode(frame).map_err(|error| error.status)?.body;
        if self.role == Role::Server && self.version < VERSION_5_0 {
            version::check(&body)?;
        }
        Ok(body)
    }

    fn refuse_in_this_state(&mut self, command_id: CommandId, sequence: u32) {
        self.oddities.wrong_state += 1;
        let is_bind = BindMode::from_command_id(command_id).is_some();
        let status = if is_bind && self.role == Role::Server {
            CommandStatus::ALYBND
        } else if command_id.is_operation() && self.may_be_crossed() {
            CommandStatus::THROTTLED
        } else {
            CommandStatus::INVBNDSTS
        };
        self.refuse(command_id, sequence, status);
    }

    /// Answers always, until there are too many: that peer is not asking, it is flooding.
    fn take_enquiry(&mut self, now: Instant, sequence: u32) {
        self.put_response(CommandStatus::OK, sequence, Body::EnquireLinkResp);
        if self.enquiry_meter.count(now) > self.settings.enquire_links_per_second_max {
            self.close(CloseReason::EnquireLinkFlood);
        }
    }

    fn take_response(&mut self, now: Instant, frame: Frame) {
        let Frame { command_id, sequence, .. } = frame;
        let bind_mode = BindMode::from_response_id(command_id);
        if command_id == CommandId::GENERIC_NACK {
            self.take_nack(now, frame);
        } else if command_id == CommandId::ENQUIRE_LINK_RESP && self.enquiry == Some(sequence) {
            self.hear_congestion_behind_header(&frame);
            self.enquiry_answered();
        } else if command_id == CommandId::UNBIND_RESP && self.answers_unbind(sequence) {
            self.parted();
        } else if bind_mode.is_some() && self.answers_bind(sequence, bind_mode) {
            let status = frame.status;
            if let Ok(Pdu { body: Body::BindResp(response), .. }) = Pdu::decode(frame) {
                self.take_bind_answer(now, status, response);
            }
        } else {
            self.take_outcome(now, frame.status, frame);
        }
    }

    /// The peer could make nothing of what we sent. A status of zero, seen in the field, is no OK.
    fn take_nack(&mut self, now: Instant, frame: Frame) {
        let status = if frame.status.is_ok() { CommandStatus::INVCMDID } else { frame.status };
        let sequence = frame.sequence;
        if self.enquiry == Some(sequence) {
            self.enquiry_answered();
        } else if self.answers_unbind(sequence) {
            self.parted();
        } else if self.answers_bind(sequence, None) {
            self.take_bind_answer(now, status, BindResp::new(BindMode::default()));
        } else {
            self.take_outcome(now, status, frame);
        }
    }

    /// The outcome of a message that we sent, in time or late; what matches nothing is counted.
    fn take_outcome(&mut self, now: Instant, status: CommandStatus, frame: Frame) {
        let Frame { command_id, sequence, .. } = frame;
        if let Some(tag) = self.window.answered(sequence, command_id) {
            let body = self.decode_response(frame);
            self.events.push_back(Event::Response { tag, status, body });
            self.transacted(now);
            self.part_further(now);
        } else if self.window.answered_late(sequence, command_id) {
            let body = self.decode_response(frame);
            self.events.push_back(Event::Late { sequence, status, body });
            self.transacted(now);
        } else {
            self.oddities.unmatched_responses += 1;
        }
    }

    /// The body of a response; the outcome counts even if the body cannot be read.
    fn decode_response(&mut self, frame: Frame) -> Body {
        let command_id = frame.command_id;
        if matches!(
            command_id,
            CommandId::CANCEL_SM_RESP | CommandId::REPLACE_SM_RESP | CommandId::CANCEL_BROADCAST_SM_RESP
        ) {
            self.hear_congestion_behind_header(&frame);
        }
        match Pdu::decode(frame) {
            Ok(pdu) => {
                self.hear_congestion(&pdu);
                pdu.body
            }
            Err(_) => {
                self.oddities.malformed += 1;
                Body::Unknown { command_id, body: bytes::Bytes::new() }
            }
        }
    }

    fn enquiry_answered(&mut self) {
        self.enquiry = None;
        self.timers.stop(Timer::EnquireLinkResponse);
    }
}

/// Counts the enquire_links of a peer within a period.
#[derive(Debug)]
pub(super) struct EnquiryMeter {
    since: Instant,
    count: u32,
}

impl EnquiryMeter {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    /// One more; returns how many there were in this period.
    fn count(&mut self, now: Instant) -> u32 {
        if now.saturating_duration_since(self.since) >= ENQUIRY_PERIOD {
            *self = Self::new(now);
        }
        self.count = self.count.saturating_add(1);
        self.count
    }
}
