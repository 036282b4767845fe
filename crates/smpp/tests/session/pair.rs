//! Two sessions joined by a simulated wire.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use smpp::{BindMode, Body, CString, CommandId, CommandStatus, Event, MessageResp, Session, Settings, frame};

use crate::lone::bind;

/// A server and a client, the wires between them, and what they were told. The server's owner binds
/// everybody and accepts everything; so does the client's.
pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) server: Session<u32>,
    pub(crate) client: Session<u32>,
    pub(crate) to_server: Wire,
    pub(crate) to_client: Wire,
    pub(crate) server_events: Vec<Event<u32>>,
    pub(crate) client_events: Vec<Event<u32>>,
}

/// One direction: what is on its way and what has arrived. Its knobs are delay, piece size and loss.
pub(crate) struct Wire {
    pub(crate) delay: Duration,
    pub(crate) piece_octets: usize,
    /// PDUs with this command_id vanish.
    pub(crate) loses: Option<CommandId>,
    /// Nothing arrives any more.
    pub(crate) is_cut: bool,
    in_transit: VecDeque<(Instant, Vec<u8>)>,
    arrived: BytesMut,
}

impl Wire {
    fn new() -> Self {
        Self {
            delay: Duration::from_millis(5),
            piece_octets: 1,
            loses: None,
            is_cut: false,
            in_transit: VecDeque::new(),
            arrived: BytesMut::new(),
        }
    }

    /// Takes what a session has written.
    fn carry(&mut self, now: Instant, output: &mut BytesMut) {
        let mut kept = Vec::new();
        while let Some(length) = output.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize)
        {
            let pdu = output.split_to(length);
            let frame = frame::next(&mut pdu.clone(), usize::MAX).unwrap().unwrap();
            if self.loses != Some(frame.command_id) {
                kept.extend_from_slice(&pdu);
            }
        }
        if !self.is_cut {
            self.in_transit
                .extend(kept.chunks(self.piece_octets).map(|piece| (now + self.delay, piece.to_vec())));
        }
    }

    /// Brings one piece that is due to the session; whether there was one.
    fn bring(&mut self, now: Instant, session: &mut Session<u32>) -> bool {
        let Some((due, piece)) = self.in_transit.front() else { return false };
        if *due > now {
            return false;
        }
        self.arrived.extend_from_slice(piece);
        self.in_transit.pop_front();
        session.receive(now, &mut self.arrived);
        true
    }

    fn deadline(&self) -> Option<Instant> {
        self.in_transit.front().map(|(due, _)| *due)
    }
}

impl Pair {
    /// A pair that is about to bind as transceiver.
    pub(crate) fn new(settings: Settings) -> Self {
        let now = Instant::now();
        Self {
            now,
            server: Session::server(now, settings.clone()),
            client: Session::client(now, settings, bind(BindMode::Transceiver)),
            to_server: Wire::new(),
            to_client: Wire::new(),
            server_events: vec![],
            client_events: vec![],
        }
    }

    /// A pair that is bound, with nothing left to see.
    pub(crate) fn bound(settings: Settings) -> Self {
        let mut pair = Self::new(settings);
        pair.pass(Duration::from_millis(100));
        assert!(pair.server.state().is_bound() && pair.client.state().is_bound());
        pair.server_events.clear();
        pair.client_events.clear();
        pair
    }

    /// Lets this much time pass, from one thing that is due to the next.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.work();
            let deadlines = [
                self.server.deadline(),
                self.client.deadline(),
                self.to_server.deadline(),
                self.to_client.deadline(),
            ];
            match deadlines.into_iter().flatten().min() {
                Some(next) if next <= end => self.now = self.now.max(next),
                _ => break,
            }
            self.server.tick(self.now);
            self.client.tick(self.now);
        }
        self.now = end;
    }

    /// Everything that can be done without time passing.
    fn work(&mut self) {
        loop {
            self.to_client.carry(self.now, self.server.output());
            self.to_server.carry(self.now, self.client.output());
            let brought = self.to_server.bring(self.now, &mut self.server);
            let brought = self.to_client.bring(self.now, &mut self.client) || brought;
            let told = tell(self.now, &mut self.server, &mut self.server_events);
            let told = tell(self.now, &mut self.client, &mut self.client_events) || told;
            if !brought && !told {
                break;
            }
        }
    }
}

fn tell(now: Instant, session: &mut Session<u32>, events: &mut Vec<Event<u32>>) -> bool {
    let mut told = false;
    while let Some(event) = session.poll() {
        told = true;
        match &event {
            Event::BindRequest { .. } => session.answer_bind(now, CommandStatus::OK, b"estafet"),
            Event::Request { sequence, body: Body::SubmitSm(_) } => {
                let response = MessageResp::new(CString::clipped(sequence.to_string().as_bytes()));
                session.respond(now, *sequence, CommandStatus::OK, Body::SubmitSmResp(response));
            }
            Event::Request { sequence, body } => {
                session.respond(now, *sequence, CommandStatus::OK, Body::refusal(body.command_id()));
            }
            _ => {}
        }
        events.push(event);
    }
    told
}
