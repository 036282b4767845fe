//! The relay's one thread: wait, read all that came, sync, write all that is to be said.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use smpp::{CommandId, CommandStatus};

use crate::Counts;
use crate::connect::NEXT_SEQUENCE;
use crate::frame::Frame;
use crate::journal::{Journal, Kind};
use crate::origin::{Origin, Pending, Remote, RemoteId, id};
use crate::outbox::{Outbox, Owed};
use crate::peer::Peer;
use crate::poll::{self, Ready};
use crate::receipt::Receipt;

/// All connections and what is known of the messages under way.
pub(crate) struct Hub {
    listener: TcpListener,
    stop: UnixStream,
    window: usize,
    /// Places are not given twice, so that a receipt cannot find somebody else in one.
    sessions: Vec<Option<Session>>,
    upstreams: Vec<Upstream>,
    messages: Messages,
}

/// An ESME.
struct Session {
    peer: Peer,
    is_bound: bool,
    is_leaving: bool,
}

/// A session with the message centre.
struct Upstream {
    peer: Peer,
    pending: Pending,
}

/// What is known and kept of messages.
struct Messages {
    remote: Remote,
    journal: Option<Journal>,
    counts: Counts,
}

impl Hub {
    pub(crate) fn new(
        listener: TcpListener,
        stop: UnixStream,
        upstreams: Vec<TcpStream>,
        journal: Option<Journal>,
        window: usize,
    ) -> Self {
        let upstream = |stream| Upstream {
            peer: Peer::new(stream, Outbox::new(window, NEXT_SEQUENCE)),
            pending: Pending::default(),
        };
        Self {
            listener,
            stop,
            window,
            sessions: Vec::new(),
            upstreams: upstreams.into_iter().map(upstream).collect(),
            messages: Messages { remote: Remote::default(), journal, counts: Counts::default() },
        }
    }

    /// Relays until it is told to stop.
    ///
    /// # Errors
    /// The message centre is lost, or the journal cannot be written.
    pub(crate) fn run(mut self) -> io::Result<Counts> {
        loop {
            let ready = self.wait()?;
            if ready.stop {
                return Ok(self.messages.counts());
            }
            self.read(&ready)?;
            self.redeem();
            self.messages.commit()?;
            self.write()?;
            if ready.accept {
                self.accept();
            }
        }
    }

    fn wait(&self) -> io::Result<Ready> {
        let upstreams = self.upstreams.iter().map(|upstream| &upstream.peer);
        let sessions = self.sessions.iter().map(|place| place.as_ref().map(|session| &session.peer));
        poll::wait(self.stop.as_fd(), self.listener.as_fd(), upstreams, sessions)
    }

    fn read(&mut self, ready: &Ready) -> io::Result<()> {
        for (place, _) in ready.upstreams.iter().enumerate().filter(|(_, ready)| **ready) {
            self.read_upstream(place)?;
        }
        for (place, _) in ready.sessions.iter().enumerate().filter(|(_, ready)| **ready) {
            if self.read_session(place).is_err() {
                self.leave(place);
            }
        }
        Ok(())
    }

    fn read_upstream(&mut self, place: usize) -> io::Result<()> {
        let Self { sessions, upstreams, messages, .. } = self;
        let Some(upstream) = upstreams.get_mut(place) else { return Ok(()) };
        let mut input = upstream.peer.read()?;
        while let Some(frame) = input.next()? {
            upstream.handle(&frame, place, sessions, messages)?;
        }
        upstream.peer.put_back(input);
        Ok(())
    }

    fn read_session(&mut self, place: usize) -> io::Result<()> {
        let Self { sessions, upstreams, messages, .. } = self;
        let upstream = place.checked_rem(upstreams.len()).and_then(|at| upstreams.get_mut(at));
        let (Some(Some(session)), Some(upstream)) = (sessions.get_mut(place), upstream) else {
            return Ok(());
        };
        let mut input = session.peer.read()?;
        while let Some(frame) = input.next()? {
            session.handle(&frame, place, upstream, messages);
        }
        session.peer.put_back(input);
        Ok(())
    }

    /// Says the OKs that are owed and can be said.
    fn redeem(&mut self) {
        let Self { sessions, upstreams, .. } = self;
        for upstream in &mut *upstreams {
            while let Some(Owed { place, sequence, number }) = upstream.peer.outbox.redeem() {
                if let Some(Some(session)) = sessions.get_mut(place) {
                    let id: &[&[u8]] = &[&id(number), b"\0"];
                    session.peer.outbox.respond(CommandId::SUBMIT_SM, CommandStatus::OK, sequence, id);
                }
            }
        }
        for session in sessions.iter_mut().flatten() {
            while let Some(Owed { place, sequence, .. }) = session.peer.outbox.redeem() {
                if let Some(upstream) = upstreams.get_mut(place) {
                    let outbox = &mut upstream.peer.outbox;
                    outbox.respond(CommandId::DELIVER_SM, CommandStatus::OK, sequence, &[b"\0"]);
                }
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        for upstream in &mut self.upstreams {
            upstream.peer.write()?;
        }
        for place in &mut self.sessions {
            let Some(session) = place else { continue };
            let wrote = session.peer.write();
            if wrote.is_err() || (session.is_leaving && !session.peer.has_output()) {
                *place = None;
            }
        }
        Ok(())
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let is_ready = stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true));
            if is_ready.is_ok() && self.sessions.len() < SESSIONS_MAX {
                let peer = Peer::new(stream, Outbox::new(self.window, 1));
                self.sessions.push(Some(Session { peer, is_bound: false, is_leaving: false }));
            }
        }
    }

    fn leave(&mut self, place: usize) {
        if let Some(session) = self.sessions.get_mut(place) {
            *session = None;
        }
    }
}

impl Session {
    fn handle(&mut self, frame: &Frame<'_>, place: usize, upstream: &mut Upstream, messages: &mut Messages) {
        let outbox = &mut self.peer.outbox;
        let sequence = frame.sequence;
        match frame.command {
            CommandId::SUBMIT_SM if !self.is_bound => {
                outbox.respond(frame.command, CommandStatus::INVBNDSTS, sequence, &[]);
            }
            CommandId::SUBMIT_SM if upstream.peer.outbox.is_full() => {
                outbox.respond(frame.command, CommandStatus::MSGQFUL, sequence, &[]);
            }
            CommandId::SUBMIT_SM => {
                let number = messages.accept(frame.body);
                upstream.submit(frame.body, Origin { session: place, number });
                upstream.peer.outbox.owe(Owed { place, sequence, number });
            }
            CommandId::DELIVER_SM_RESP => {
                messages.counts.refused += u64::from(!frame.status.is_ok());
                outbox.answered();
            }
            CommandId::BIND_TRANSCEIVER | CommandId::BIND_TRANSMITTER | CommandId::BIND_RECEIVER => {
                self.is_bound = true;
                outbox.respond(frame.command, CommandStatus::OK, sequence, &[SYSTEM_ID]);
            }
            CommandId::UNBIND => {
                self.is_leaving = true;
                outbox.respond(frame.command, CommandStatus::OK, sequence, &[]);
            }
            _ => answer_other(outbox, frame),
        }
    }
}

impl Upstream {
    fn submit(&mut self, body: &[u8], origin: Origin) {
        let sequence = self.peer.outbox.request(CommandId::SUBMIT_SM, &[body]);
        self.pending.push(sequence, origin);
    }

    fn handle(
        &mut self,
        frame: &Frame<'_>,
        place: usize,
        sessions: &mut [Option<Session>],
        messages: &mut Messages,
    ) -> io::Result<()> {
        match frame.command {
            CommandId::SUBMIT_SM_RESP => {
                self.peer.outbox.answered();
                if let Some(origin) = self.pending.take(frame.sequence) {
                    messages.answered(origin, frame);
                }
            }
            CommandId::DELIVER_SM => {
                let from = (place, frame.sequence);
                if let Err(status) = messages.deliver(frame.body, from, sessions) {
                    self.peer.outbox.respond(frame.command, status, frame.sequence, &[b"\0"]);
                }
            }
            CommandId::UNBIND => return Err(io::ErrorKind::ConnectionAborted.into()),
            _ => answer_other(&mut self.peer.outbox, frame),
        }
        Ok(())
    }
}

impl Messages {
    /// Takes a message over and numbers it.
    fn accept(&mut self, body: &[u8]) -> u64 {
        self.counts.accepted += 1;
        let number = self.counts.accepted;
        self.append(Kind::Accepted, number, body);
        number
    }

    /// The message centre answered.
    fn answered(&mut self, origin: Origin, frame: &Frame<'_>) {
        if !frame.status.is_ok() {
            self.counts.refused += 1;
            self.append(Kind::Refused, origin.number, &frame.status.0.to_be_bytes());
            return;
        }
        self.counts.sent += 1;
        let remote_id = frame.body.split(|&octet| octet == 0).next().unwrap_or_default();
        self.append(Kind::Sent, origin.number, remote_id);
        self.remote.insert(RemoteId::from_slice(remote_id), origin);
    }

    /// Hands a receipt to whoever submitted; the OK is owed to the place and sequence number that it came
    /// from. If it cannot, says what to answer.
    fn deliver(
        &mut self,
        body: &[u8],
        (place, sequence): (usize, u32),
        sessions: &mut [Option<Session>],
    ) -> Result<(), CommandStatus> {
        let receipt = Receipt::read(body).ok_or(CommandStatus::X_P_APPN)?;
        let remote_id = receipt.remote_id().ok_or(CommandStatus::X_P_APPN)?;
        // The receipt may come before the answer, and its ESME may be away.
        let origin = *self.remote.get(remote_id).ok_or(CommandStatus::X_T_APPN)?;
        let session = sessions.get_mut(origin.session).and_then(Option::as_mut);
        let outbox = &mut session.ok_or(CommandStatus::X_T_APPN)?.peer.outbox;
        if outbox.is_full() {
            return Err(CommandStatus::MSGQFUL);
        }
        self.remote.remove(remote_id);
        self.counts.receipts += 1;
        self.append(Kind::Receipt, origin.number, body);
        receipt.rewritten(&id(origin.number), |parts| outbox.request(CommandId::DELIVER_SM, parts));
        outbox.owe(Owed { place, sequence, number: origin.number });
        Ok(())
    }

    fn append(&mut self, kind: Kind, number: u64, content: &[u8]) {
        if let Some(journal) = &mut self.journal {
            journal.append(kind, number, content);
        }
    }

    fn commit(&mut self) -> io::Result<()> {
        self.journal.as_mut().map_or(Ok(()), Journal::commit)
    }

    fn counts(&self) -> Counts {
        let journal = self.journal.as_ref();
        Counts {
            syncs: journal.map_or(0, Journal::syncs),
            journal_octets: journal.map_or(0, Journal::octets),
            ..self.counts
        }
    }
}

/// Answers what both sides may say.
fn answer_other(outbox: &mut Outbox, frame: &Frame<'_>) {
    match frame.command {
        CommandId::ENQUIRE_LINK => outbox.respond(frame.command, CommandStatus::OK, frame.sequence, &[]),
        other if other.is_response() => {}
        _ => outbox.respond(CommandId::GENERIC_NACK, CommandStatus::INVCMDID, frame.sequence, &[]),
    }
}

/// How many ESMEs may connect in the life of a relay; more are hung up on.
const SESSIONS_MAX: usize = 1024;
/// Who it says it is.
const SYSTEM_ID: &[u8] = b"yardstick\0";
