//! Sessions: whatever a peer sends in whatever pieces, what is answered is whole PDUs, every request that
//! was handed over has its answer, and what is over is over.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use smpp::{
    AlertNotification, Bind, BindMode, BindResp, Body, CommandStatus, DataSm, Event, Pdu, Session, Settings,
    ShortMessage, State, TlvTag, VERSION_5_0, frame,
};

/// A session survives the stream, says whole PDUs only, and keeps its counts.
///
/// The first octet says which end we are, which version we speak and whether the session is bound already,
/// the second in which pieces the stream comes and how much time passes between them; the rest is the
/// stream.
pub fn session(octets: &[u8]) {
    let [kind, pace, stream @ ..] = octets else { return };
    let mut world = World::new(*kind);
    let piece_octets = usize::from(pace & 0x0F) * 7 + 1;
    let pause = Duration::from_millis(u64::from(pace >> 4) * 400);
    let mut buffer = BytesMut::new();
    for piece in stream.chunks(piece_octets) {
        buffer.extend_from_slice(piece);
        world.session.receive(world.now, &mut buffer);
        world.tend();
        world.now += pause;
        world.session.tick(world.now);
        world.tend();
    }
    world.session.unbind(world.now);
    world.tend();
    world.now += Duration::from_secs(3600);
    world.session.tick(world.now);
    world.tend();
    world.now += Duration::from_secs(3600);
    world.session.tick(world.now);
    world.tend();
    world.end();
}

/// A session and its owner, who takes everything and asks for something now and then.
struct World {
    now: Instant,
    session: Session<u32>,
    /// The tags of requests without an outcome.
    open: Vec<u32>,
    next_tag: u32,
    is_closed: bool,
}

impl World {
    fn new(kind: u8) -> Self {
        let now = Instant::now();
        let interface_version = [0x34, VERSION_5_0][usize::from(kind >> 1 & 1)];
        let settings = Settings {
            interface_version,
            unstated_version: [0x33, 0x34][usize::from(kind >> 2 & 1)],
            inactivity_timeout: (kind & 8 != 0).then_some(Duration::from_secs(5)),
            ..Settings::default()
        };
        let mode = BindMode::Transceiver;
        let bind = Bind { mode, interface_version, ..Bind::default() };
        let session = match (kind & 1, kind >> 6) {
            (0, _) => Session::server(now, settings),
            (_, 0) => Session::awaiting_outbind(now, settings),
            _ => Session::client(now, settings, bind.clone()),
        };
        let mut world = Self { now, session, open: vec![], next_tag: 0, is_closed: false };
        if kind & 16 != 0 {
            let body = match kind & 1 {
                0 => Body::Bind(bind),
                _ => Body::BindResp(BindResp::new(mode)),
            };
            let mut wire = BytesMut::new();
            Pdu { status: CommandStatus::OK, sequence: 1, body }.encode(&mut wire).unwrap();
            world.session.receive(now, &mut wire);
        }
        if kind & 32 != 0 {
            world.session.set_congestion(Some(kind));
        }
        world.tend();
        world
    }

    /// Takes what has happened, answers it, and reads what was said.
    fn tend(&mut self) {
        while let Some(event) = self.session.poll() {
            assert!(!self.is_closed, "{event:?} after the end");
            self.take(event);
        }
        if self.session.room() > 0 {
            self.ask();
        }
        while let Some(frame) = frame::next(self.session.output(), usize::MAX).unwrap() {
            let pdu = Pdu::decode(frame).unwrap();
            assert!(pdu.body.command_id().name().is_some(), "we say what has a name");
        }
        assert!(self.session.output().is_empty());
        assert!(self.is_closed || self.session.unanswered() == 0);
    }

    fn take(&mut self, event: Event<u32>) {
        match event {
            Event::BindRequest { .. } => self.session.answer_bind(self.now, CommandStatus::OK, b"law"),
            Event::Outbind { .. } => self.session.bind(self.now, Bind::default()),
            Event::Request { sequence, body } => {
                let answer = Body::refusal(body.command_id());
                assert_ne!(answer, Body::GenericNack);
                self.session.respond(self.now, sequence, CommandStatus::INVDCS, answer);
            }
            Event::Response { tag, .. } | Event::Expired { tag, .. } => {
                let at = self.open.iter().position(|&open| open == tag).expect("one outcome each");
                self.open.swap_remove(at);
            }
            Event::Closed { .. } => self.is_closed = true,
            Event::Bound { .. }
            | Event::BindRefused { .. }
            | Event::Alert { .. }
            | Event::Late { .. }
            | Event::Unbinding => {}
        }
    }

    fn ask(&mut self) {
        let mut message = ShortMessage::default();
        message.tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"law").unwrap();
        let body = match (self.session.role(), self.next_tag % 2) {
            (_, 1) => Body::DataSm(DataSm::default()),
            (smpp::Role::Client, _) => Body::SubmitSm(message),
            (smpp::Role::Server, _) => Body::DeliverSm(message),
        };
        self.next_tag += 1;
        self.open.push(self.next_tag);
        self.session.request(self.now, body, self.next_tag).expect("there is room");
        self.session.alert(self.now, AlertNotification::default());
        while let Some(event) = self.session.poll() {
            self.take(event);
        }
    }

    /// All that was asked has come to an outcome or comes back now.
    fn end(mut self) {
        assert_eq!((self.session.state(), self.is_closed), (State::Closed, true));
        assert_eq!(self.session.deadline(), None);
        let mut pending: Vec<u32> = self.session.drain_pending().collect();
        pending.sort_unstable();
        self.open.sort_unstable();
        assert_eq!(pending, self.open);
    }
}
