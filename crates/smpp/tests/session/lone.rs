//! A session against a peer that says whatever the test wants.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use smpp::{
    Address, Bind, BindMode, Body, CString, CommandId, CommandStatus, Event, Frame, MessageResp, Pdu,
    Session, Settings, ShortMessage, frame,
};

/// One session, its clock and the stream towards it.
pub(crate) struct Lone {
    pub(crate) now: Instant,
    pub(crate) session: Session<u32>,
    stream: BytesMut,
}

impl Lone {
    /// A server whose peer has connected.
    pub(crate) fn server(settings: Settings) -> Self {
        let now = Instant::now();
        Self { now, session: Session::server(now, settings), stream: BytesMut::new() }
    }

    /// A server whose peer is bound in this mode, with nothing left to see.
    pub(crate) fn bound_server(settings: Settings, mode: BindMode) -> Self {
        let mut lone = Self::server(settings);
        lone.say(1, Body::Bind(bind(mode)));
        lone.answer_bind(CommandStatus::OK);
        lone.answers();
        lone.events();
        lone
    }

    /// A client that has just connected, its bind in its output.
    pub(crate) fn client(settings: Settings, bind: Bind) -> Self {
        let now = Instant::now();
        Self { now, session: Session::client(now, settings, bind), stream: BytesMut::new() }
    }

    /// A client to which a message centre has connected.
    pub(crate) fn awaiting_outbind(settings: Settings) -> Self {
        let now = Instant::now();
        Self { now, session: Session::awaiting_outbind(now, settings), stream: BytesMut::new() }
    }

    /// A client that is bound in this mode to a message centre of version 3.4, with nothing left to see.
    pub(crate) fn bound_client(settings: Settings, mode: BindMode) -> Self {
        let settings = Settings { unstated_version: 0x34, ..settings };
        let mut lone = Self::client(settings, bind(mode));
        let sequence = lone.answers()[0].sequence;
        lone.reply(CommandStatus::OK, sequence, Body::refusal(mode.command_id()));
        lone.events();
        lone
    }

    /// The peer sends a request.
    pub(crate) fn say(&mut self, sequence: u32, body: Body) {
        self.reply(CommandStatus::OK, sequence, body);
    }

    /// The peer sends a response.
    pub(crate) fn reply(&mut self, status: CommandStatus, sequence: u32, body: Body) {
        let mut wire = BytesMut::new();
        Pdu { status, sequence, body }.encode(&mut wire).unwrap();
        self.say_octets(&wire);
    }

    /// The peer sends octets.
    pub(crate) fn say_octets(&mut self, octets: &[u8]) {
        self.stream.extend_from_slice(octets);
        self.session.receive(self.now, &mut self.stream);
    }

    /// Time passes, and what is due is done.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.tick(self.now);
    }

    pub(crate) fn answer_bind(&mut self, status: CommandStatus) {
        self.session.answer_bind(self.now, status, b"estafet");
    }

    /// Sends a message towards the peer.
    pub(crate) fn request(&mut self, tag: u32) -> Result<u32, u32> {
        let body = match self.session.role() {
            smpp::Role::Server => Body::DeliverSm(message("hi")),
            smpp::Role::Client => Body::SubmitSm(message("hi")),
        };
        self.session.request(self.now, body, tag)
    }

    /// Answers a request of the peer with OK.
    pub(crate) fn accept(&mut self, sequence: u32) {
        let response = MessageResp::new(CString::clipped(b"42"));
        self.session.respond(self.now, sequence, CommandStatus::OK, Body::SubmitSmResp(response));
    }

    /// What the session has written since the last look.
    pub(crate) fn answers(&mut self) -> Vec<Pdu> {
        let frames = std::iter::from_fn(|| frame::next(self.session.output(), 16 * 1024).unwrap());
        frames.map(|frame: Frame| Pdu::decode(frame).unwrap()).collect()
    }

    /// The same as operation, status and sequence number.
    pub(crate) fn answered(&mut self) -> Vec<(CommandId, CommandStatus, u32)> {
        self.answers().iter().map(|pdu| (pdu.body.command_id(), pdu.status, pdu.sequence)).collect()
    }

    /// What has happened since the last look.
    pub(crate) fn events(&mut self) -> Vec<Event<u32>> {
        std::iter::from_fn(|| self.session.poll()).collect()
    }
}

pub(crate) fn bind(mode: BindMode) -> Bind {
    Bind {
        mode,
        system_id: CString::clipped(b"bank"),
        password: CString::clipped(b"hunter22"),
        interface_version: 0x34,
        ..Bind::default()
    }
}

pub(crate) fn message(text: &'static str) -> ShortMessage {
    ShortMessage {
        source: Address::new(5, 0, b"BANK").unwrap(),
        destination: Address::new(1, 1, b"628123456789").unwrap(),
        short_message: Bytes::from_static(text.as_bytes()),
        ..ShortMessage::default()
    }
}

pub(crate) fn submit() -> Body {
    Body::SubmitSm(message("hello"))
}

/// A submit_sm_resp with this id.
pub(crate) fn submitted(id: &[u8]) -> Body {
    Body::SubmitSmResp(MessageResp::new(CString::new(id).unwrap()))
}
