//! The session as a pure state machine: bytes, requests and `now` in; bytes, events and a deadline out.
//!
//! The owner of a [`Session`] reads octets into a buffer and calls [`Session::receive`], takes events by
//! [`Session::poll`], writes what is in [`Session::output`], and calls [`Session::tick`] when
//! [`Session::deadline`] has come. Time is whatever `now` says, so that a lost response or a silent
//! peer is a test in virtual time.

mod bind;
mod congestion;
mod event;
mod receive;
mod settings;
mod state;
mod timer;
mod unbind;
mod version;
mod window;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use self::receive::EnquiryMeter;
use self::timer::{Timer, Timers};
use self::unbind::Leaving;
use self::window::Window;
use crate::{AlertNotification, Bind, Body, CommandId, CommandStatus, Pdu};

pub use event::{CloseReason, Event, Oddities};
pub use settings::{PDU_OCTETS_CEILING, PDU_OCTETS_UNBOUND_MAX, Settings, TIMEOUT_MAX};
pub use state::{Role, State, permits};

/// One SMPP session, of either role. `T` is what the owner attaches to each of its requests; it comes
/// back exactly once: with the outcome, as expired, or from [`Session::drain_pending`].
///
/// Every `now` must be no earlier than the one before.
pub struct Session<T> {
    role: Role,
    settings: Settings,
    state: State,
    /// What to write.
    output: BytesMut,
    events: VecDeque<Event<T>>,
    /// Our requests in flight, except enquire_link, bind and unbind.
    window: Window<T>,
    timers: Timers,
    /// The sequence number that was used last.
    sequence: u32,
    /// Requests of the peer that were not answered yet.
    unanswered: usize,
    binding: bind::Binding,
    congestion: congestion::Congestion,
    /// The version that both ends speak.
    version: u8,
    /// Our last enquire_link, if it has no answer.
    enquiry: Option<u32>,
    enquiry_meter: EnquiryMeter,
    leaving: Option<Leaving>,
    oddities: Oddities,
}

impl<T> Session<T> {
    /// A session with a peer that has just connected and shall bind.
    #[must_use]
    pub fn server(now: Instant, settings: Settings) -> Self {
        let mut session = Self::new(Role::Server, now, settings);
        session.timers.start(Timer::SessionInit, now, session.settings.session_init_timeout);
        session
    }

    /// A session on a connection that was just made; the bind is the first thing in its output.
    #[must_use]
    pub fn client(now: Instant, settings: Settings, bind: Bind) -> Self {
        let mut session = Self::new(Role::Client, now, settings);
        session.ask_to_bind(now, bind);
        session
    }

    /// A session on a connection that a message centre has made to us, to send an outbind: with
    /// [`Event::Outbind`] it is time to [`Session::bind`]. One that takes too long is closed.
    #[must_use]
    pub fn awaiting_outbind(now: Instant, settings: Settings) -> Self {
        let mut session = Self::new(Role::Client, now, settings);
        session.await_outbind(now);
        session
    }

    fn new(role: Role, now: Instant, settings: Settings) -> Self {
        Self {
            role,
            version: settings.interface_version,
            settings,
            state: State::Open,
            output: BytesMut::new(),
            events: VecDeque::new(),
            window: Window::new(),
            timers: Timers::default(),
            sequence: 0,
            unanswered: 0,
            binding: bind::Binding::default(),
            congestion: congestion::Congestion::default(),
            enquiry: None,
            enquiry_meter: EnquiryMeter::new(now),
            leaving: None,
            oddities: Oddities::default(),
        }
    }

    /// The next thing that happened, until `None`.
    pub fn poll(&mut self) -> Option<Event<T>> {
        self.events.pop_front()
    }

    /// Sends a request about messages, a deliver_sm or data_sm of a server, any but a deliver_sm of a client,
    /// and returns its sequence number.
    ///
    /// To a peer below 3.4 it goes without TLVs, a message_payload as short_message. What the version of the
    /// peer has no words for is not sent; its outcome is an [`Event::Response`] with a generic_nack:
    /// ESME_RINVMSGLEN for a short_message of more than 254 octets (5.0: 255) or a payload of more than that
    /// below 3.4, ESME_RINVNUMDESTS for more than 254 destinations (5.0: 255), ESME_RINVCMDID for data_sm
    /// below 3.4 and broadcasts below 5.0.
    ///
    /// # Errors
    /// Not now: the session is not bound for it or the window is full. The tag is given back.
    pub fn request(&mut self, now: Instant, mut body: Body, tag: T) -> Result<u32, T> {
        let command_id = body.command_id();
        if !command_id.is_operation()
            || !permits(self.state, self.role.peer(), command_id)
            || self.room() == 0
        {
            return Err(tag);
        }
        let sequence = self.next_sequence();
        let sent = version::adapt(&mut body, self.version).and_then(|()| {
            let is_sent = self.put(CommandStatus::OK, sequence, body);
            if is_sent { Ok(()) } else { Err(CommandStatus::INVMSGLEN) }
        });
        match sent {
            Ok(()) => {
                let answer = command_id.response();
                self.window.insert(now, self.settings.response_timeout, sequence, answer, tag);
                self.transacted(now);
            }
            Err(status) => {
                self.events.push_back(Event::Response { tag, status, body: Body::GenericNack });
            }
        }
        Ok(sequence)
    }

    /// Server: tells the ESME that a mobile is reachable again; `false` if it is not bound to receive or
    /// its version, below 3.4, does not have that.
    pub fn alert(&mut self, now: Instant, alert: AlertNotification) -> bool {
        let mut body = Body::AlertNotification(alert);
        if !permits(self.state, self.role.peer(), CommandId::ALERT_NOTIFICATION)
            || version::adapt(&mut body, self.version).is_err()
        {
            return false;
        }
        let sequence = self.next_sequence();
        self.transacted(now);
        self.put(CommandStatus::OK, sequence, body)
    }

    /// Answers a [`Event::Request`]. To be called once for each, in any order, with the response that
    /// belongs to the request ([`Body::refusal`] makes an empty one). After the end of the session it
    /// does nothing.
    ///
    /// Statuses that only SMPP 5.0 has are said in the words of the peer's version.
    pub fn respond(&mut self, now: Instant, sequence: u32, status: CommandStatus, mut body: Body) {
        if self.state == State::Closed {
            return;
        }
        // Of a response no version lacks anything but TLVs.
        let _ = version::adapt(&mut body, self.version);
        self.put_response(status.for_version(self.version), sequence, body);
        self.unanswered = self.unanswered.saturating_sub(1);
        self.transacted(now);
        self.part_further(now);
    }

    /// How many requests fit into the window now; zero if the session is not bound for our direction.
    #[must_use]
    pub fn room(&self) -> usize {
        let ours = match self.role {
            Role::Server => CommandId::DELIVER_SM,
            Role::Client => CommandId::SUBMIT_SM,
        };
        if permits(self.state, self.role.peer(), ours) {
            self.settings.window_out.saturating_sub(self.window.len())
        } else {
            0
        }
    }

    /// Sets how many requests of the peer may wait for our answer, from now on.
    pub fn set_window_in(&mut self, requests: usize) {
        self.settings.window_in = requests;
    }

    /// Sets how many of our requests may wait for the peer's answer, from now on.
    pub fn set_window_out(&mut self, requests: usize) {
        self.settings.window_out = requests;
    }

    /// Does what is due by `now`; after the end of the session that is nothing.
    pub fn tick(&mut self, now: Instant) {
        if self.state == State::Closed {
            return;
        }
        let remembered = self.settings.window_out.saturating_mul(LATE_WINDOWS);
        while let Some((sequence, tag)) = self.window.expire(now, remembered) {
            self.events.push_back(Event::Expired { tag, sequence });
        }
        self.part_further(now);
        while let Some(timer) = self.timers.fire(now) {
            self.fired(now, timer);
        }
    }

    /// When [`Session::tick`] has something to do at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.state == State::Closed {
            return None;
        }
        match (self.timers.deadline(), self.window.deadline()) {
            (Some(timer), Some(response)) => Some(timer.min(response)),
            (timer, response) => timer.or(response),
        }
    }

    /// What is to be written; the caller takes off the front what it has written.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Gives back the memory that a burst has taken and nothing needs now. What is in flight, to be
    /// written or to be polled stays.
    pub fn rest(&mut self) {
        if self.output.is_empty() {
            self.output = BytesMut::new();
        }
        self.events.shrink_to_fit();
        self.window.rest();
    }

    /// Where the session stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Which end we are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// How many of our requests wait for their answer.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.window.len()
    }

    /// How many requests of the peer wait for our answer.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// The version that is spoken, known from the bind on: the lower of the peer's and ours, 0x33 for
    /// anything below 3.4. Below 3.4, message ids must be at most 8 hexadecimal digits.
    #[must_use]
    pub fn peer_version(&self) -> u8 {
        self.version
    }

    /// How often the peer did what it should not.
    #[must_use]
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Takes the requests whose outcome is not known, oldest first: for when the connection is gone.
    pub fn drain_pending(&mut self) -> impl Iterator<Item = T> + use<T> {
        self.window.drain().into_iter()
    }

    fn fired(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::SessionInit => self.close(CloseReason::SessionInitTimeout),
            Timer::BindResponse => self.close(CloseReason::BindTimeout),
            Timer::EnquireLink => self.enquire(now),
            Timer::EnquireLinkResponse => self.close(CloseReason::EnquireLinkTimeout),
            Timer::Inactivity => self.part(now, CloseReason::Inactivity),
            Timer::PduRead => self.close(CloseReason::PduReadTimeout),
            Timer::Drain => self.drain_is_over(now),
            Timer::UnbindResponse => self.close(CloseReason::UnbindTimeout),
        }
    }

    fn enquire(&mut self, now: Instant) {
        if self.timers.runs(Timer::EnquireLinkResponse) {
            return;
        }
        let sequence = self.next_sequence();
        self.enquiry = Some(sequence);
        self.put(CommandStatus::OK, sequence, Body::EnquireLink);
        self.timers.start(Timer::EnquireLinkResponse, now, self.settings.enquire_link_timeout);
    }

    /// A message or its answer passed: the session is not idle.
    fn transacted(&mut self, now: Instant) {
        if self.state.is_bound()
            && let Some(timeout) = self.settings.inactivity_timeout
        {
            self.timers.start(Timer::Inactivity, now, timeout);
        }
    }

    /// Appends a PDU to the output; `false` if it cannot be encoded.
    fn put(&mut self, status: CommandStatus, sequence: u32, body: Body) -> bool {
        Pdu { status, sequence, body }.encode(&mut self.output).is_ok()
    }

    /// 1 to 0x7FFFFFFF and around again, without the numbers that are in flight.
    fn next_sequence(&mut self) -> u32 {
        loop {
            self.sequence = if self.sequence >= SEQUENCE_MAX { 1 } else { self.sequence + 1 };
            if !self.window.contains(self.sequence) && self.enquiry != Some(self.sequence) {
                return self.sequence;
            }
        }
    }

    fn close(&mut self, reason: CloseReason) {
        if self.state != State::Closed {
            self.state = State::Closed;
            self.timers.stop_all();
            self.events.push_back(Event::Closed { reason });
        }
    }
}

/// The highest sequence number that a request may have (SMPP 3.4 section 5.1.4).
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;
/// How many windows of expired requests are remembered, in case that their answer comes late.
const LATE_WINDOWS: usize = 4;
/// Within which the enquire_links of a peer are counted.
const ENQUIRY_PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ShortMessage;

    #[test]
    fn a_session_that_rests_takes_no_memory_for_bursts() {
        let now = Instant::now();
        let settings = Settings { window_out: 100, ..Settings::default() };
        let mut session: Session<u8> = Session::client(now, settings, Bind::default());
        session.state = State::BoundTrx;
        for tag in 0..100 {
            session.request(now, Body::SubmitSm(ShortMessage::default()), tag).unwrap();
        }
        session.rest();
        assert_eq!((session.in_flight(), session.output.len() > 100 * 16), (100, true));
        session.output.clear();
        for sequence in 2..=101 {
            session.window.answered(sequence, CommandId::SUBMIT_SM_RESP).unwrap();
        }
        session.rest();
        assert_eq!((session.output.capacity(), session.events.capacity()), (0, 0));
        assert_eq!(session.window.capacity(), 0);
        assert_eq!(session.request(now, Body::SubmitSm(ShortMessage::default()), 7), Ok(102));
    }

    #[test]
    fn sequence_numbers_wrap_and_skip_those_in_flight() {
        // F-8
        let now = Instant::now();
        let mut session: Session<u8> = Session::client(now, Settings::default(), Bind::default());
        session.state = State::BoundTrx;
        session.sequence = 1;
        let request =
            |session: &mut Session<u8>| session.request(now, Body::SubmitSm(ShortMessage::default()), 0);
        assert_eq!(request(&mut session), Ok(2));
        session.sequence = SEQUENCE_MAX - 1;
        session.enquiry = Some(1);
        assert_eq!(request(&mut session), Ok(SEQUENCE_MAX));
        assert_eq!(request(&mut session), Ok(3));
    }
}
