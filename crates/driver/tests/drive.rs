//! Two driven sessions, or one and a peer that misbehaves, over a pipe in stopped time.
#![allow(clippy::unwrap_used)]

use std::io;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use driver::{Cause, Ended, Handler, Limits, drive};
use smpp::{
    Bind, BindMode, Body, CString, CloseReason, CommandId, CommandStatus, Event, MessageResp, Pdu, Session,
    Settings, ShortMessage, State, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What an owner is told, for the test to look at.
#[derive(Debug, PartialEq)]
enum Told {
    Bound,
    Answered(u32),
    Expired(u32),
    Accepted,
    Held,
}

/// Binds everybody, accepts everything that comes, at the end of the round, and sends what it is asked to.
struct Owner {
    asked: mpsc::UnboundedReceiver<u32>,
    told: mpsc::UnboundedSender<Told>,
    unanswered: Vec<(u32, Body)>,
    largest_batch: usize,
}

impl Handler for Owner {
    type Tag = u32;
    type Work = u32;

    fn event(&mut self, now: Instant, session: &mut Session<u32>, event: Event<u32>) {
        let told = match event {
            Event::BindRequest { .. } => return session.answer_bind(now, CommandStatus::OK, b"estafet"),
            Event::Request { sequence, body } => return self.unanswered.push((sequence, body)),
            Event::Bound { .. } => Told::Bound,
            Event::Response { tag, .. } => Told::Answered(tag),
            Event::Expired { tag, .. } => Told::Expired(tag),
            _ => return,
        };
        let _ = self.told.send(told);
    }

    fn flush(&mut self, now: Instant, session: &mut Session<u32>) {
        self.largest_batch = self.largest_batch.max(self.unanswered.len());
        for (sequence, body) in self.unanswered.drain(..) {
            let response = match body {
                Body::SubmitSm(_) => Body::SubmitSmResp(MessageResp::new(CString::clipped(b"1"))),
                other => Body::refusal(other.command_id()),
            };
            session.respond(now, sequence, CommandStatus::OK, response);
            let _ = self.told.send(Told::Accepted);
        }
    }

    async fn next(&mut self, room: usize) -> u32 {
        if room == 0 {
            return std::future::pending().await;
        }
        match self.asked.recv().await {
            Some(tag) => tag,
            None => std::future::pending().await,
        }
    }

    fn hold(&mut self) {
        let _ = self.told.send(Told::Held);
    }

    fn apply(&mut self, now: Instant, session: &mut Session<u32>, tag: u32) {
        session.request(now, message(session.role()), tag).unwrap();
    }
}

/// A driven session as the test sees it.
struct Driven {
    ask: mpsc::UnboundedSender<u32>,
    told: mpsc::UnboundedReceiver<Told>,
    stop: CancellationToken,
    ended: JoinHandle<(Ended<u32>, usize)>,
}

impl Driven {
    fn new(stream: DuplexStream, session: Session<u32>, limits: Limits) -> Self {
        let (ask, asked) = mpsc::unbounded_channel();
        let (tell, told) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let token = stop.clone();
        let ended = tokio::spawn(async move {
            let mut owner = Owner { asked, told: tell, unanswered: vec![], largest_batch: 0 };
            let ended = drive(stream, session, &mut owner, &token, limits).await;
            (ended, owner.largest_batch)
        });
        Self { ask, told, stop, ended }
    }

    fn server(stream: DuplexStream) -> Self {
        Self::new(stream, Session::server(now(), settings()), Limits::default())
    }

    fn client(stream: DuplexStream) -> Self {
        Self::new(stream, Session::client(now(), settings(), bind()), Limits::default())
    }

    async fn hears(&mut self, expected: Told) {
        assert_eq!(self.told.recv().await, Some(expected));
    }

    async fn end(self) -> Ended<u32> {
        self.ended.await.unwrap().0
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn settings() -> Settings {
    Settings { window_out: 50, unstated_version: 0x34, ..Settings::default() }
}

fn bind() -> Bind {
    Bind {
        mode: BindMode::Transceiver,
        system_id: CString::clipped(b"bank"),
        interface_version: 0x34,
        ..Bind::default()
    }
}

fn message(role: smpp::Role) -> Body {
    match role {
        smpp::Role::Server => Body::DeliverSm(ShortMessage::default()),
        smpp::Role::Client => Body::SubmitSm(ShortMessage::default()),
    }
}

fn wire(sequence: u32, body: Body) -> BytesMut {
    let mut octets = BytesMut::new();
    Pdu { status: CommandStatus::OK, sequence, body }.encode(&mut octets).unwrap();
    octets
}

/// The next PDU that a peer gets to read.
async fn hear(peer: &mut DuplexStream, buffer: &mut BytesMut) -> Pdu {
    loop {
        if let Some(frame) = frame::next(buffer, 16 * 1024).unwrap() {
            return Pdu::decode(frame).unwrap();
        }
        assert_ne!(peer.read_buf(buffer).await.unwrap(), 0, "the stream ended");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_pass_both_ways() {
    // F-1: the pipe holds seven octets, so every PDU comes in pieces
    let (here, there) = duplex(7);
    let (mut server, mut client) = (Driven::server(here), Driven::client(there));
    server.hears(Told::Bound).await;
    client.hears(Told::Bound).await;
    for tag in 0..3 {
        client.ask.send(tag).unwrap();
        server.hears(Told::Accepted).await;
        client.hears(Told::Answered(tag)).await;
        server.ask.send(tag).unwrap();
        client.hears(Told::Accepted).await;
        server.hears(Told::Answered(tag)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_behind_a_bind_is_served_after_it() {
    let (here, mut peer) = duplex(64 * 1024);
    let mut server = Driven::server(here);
    let mut octets = wire(1, Body::Bind(bind()));
    octets.extend_from_slice(&wire(2, message(smpp::Role::Client)));
    octets.extend_from_slice(&wire(3, message(smpp::Role::Client)));
    peer.write_all(&octets).await.unwrap();
    for told in [Told::Bound, Told::Accepted, Told::Accepted] {
        server.hears(told).await;
    }
    let mut buffer = BytesMut::new();
    for sequence in 1..=3 {
        let answer = hear(&mut peer, &mut buffer).await;
        assert_eq!((answer.status, answer.sequence), (CommandStatus::OK, sequence));
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_read_brings_is_one_batch_and_one_write() {
    let (here, mut peer) = duplex(64 * 1024);
    let mut server = Driven::server(here);
    let mut buffer = BytesMut::new();
    peer.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    hear(&mut peer, &mut buffer).await;
    server.hears(Told::Bound).await;
    let batch: Vec<u8> =
        (2..52).flat_map(|sequence| wire(sequence, message(smpp::Role::Client)).to_vec()).collect();
    peer.write_all(&batch).await.unwrap();
    // One read brings all the answers that one write wrote.
    buffer.reserve(4096);
    peer.read_buf(&mut buffer).await.unwrap();
    let mut answers = 0;
    while frame::next(&mut buffer, 256).unwrap().is_some() {
        answers += 1;
    }
    assert_eq!((answers, buffer.len()), (50, 0));
    drop(peer);
    let (ended, largest_batch) = server.ended.await.unwrap();
    assert!(matches!(ended.cause, Cause::PeerGone));
    assert_eq!(largest_batch, 50);
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_what_is_in_flight_and_unbinds() {
    // S-6, S-7
    let (here, mut peer) = duplex(64 * 1024);
    let mut server = Driven::server(here);
    let mut buffer = BytesMut::new();
    peer.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    hear(&mut peer, &mut buffer).await;
    server.hears(Told::Bound).await;
    server.ask.send(7).unwrap();
    let request = hear(&mut peer, &mut buffer).await;
    assert_eq!(request.body.command_id(), CommandId::DELIVER_SM);
    server.stop.cancel();
    server.ask.send(8).unwrap();
    tokio::task::yield_now().await;
    peer.write_all(&wire(request.sequence, Body::refusal(CommandId::DELIVER_SM))).await.unwrap();
    server.hears(Told::Answered(7)).await;
    let unbind = hear(&mut peer, &mut buffer).await;
    assert_eq!(unbind.body, Body::Unbind);
    peer.write_all(&wire(unbind.sequence, Body::UnbindResp)).await.unwrap();
    assert_eq!(peer.read_buf(&mut buffer).await.unwrap(), 0);
    let ended = server.end().await;
    assert!(matches!(ended.cause, Cause::Session(CloseReason::Unbound)));
    assert!(ended.pending.is_empty());
}

#[tokio::test(start_paused = true)]
async fn stopping_one_end_ends_both() {
    let (here, there) = duplex(1024);
    let (mut server, mut client) = (Driven::server(here), Driven::client(there));
    server.hears(Told::Bound).await;
    client.hears(Told::Bound).await;
    client.stop.cancel();
    assert!(matches!(client.end().await.cause, Cause::Session(CloseReason::Unbound)));
    assert!(matches!(server.end().await.cause, Cause::Session(CloseReason::PeerUnbound)));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_cut() {
    // M-5, FLT-9
    let (here, mut peer) = duplex(1024);
    let settings = Settings { window_out: 1000, response_timeout: Duration::ZERO, ..settings() };
    let session = Session::server(now(), settings);
    let limits =
        Limits { unwritten_octets_max: 2048, write_timeout: Duration::from_secs(5), ..Limits::default() };
    let mut server = Driven::new(here, session, limits);
    peer.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    server.hears(Told::Bound).await;
    for tag in 0..500 {
        server.ask.send(tag).unwrap();
    }
    server.hears(Told::Held).await;
    let start = tokio::time::Instant::now();
    let ended = server.end().await;
    assert!(matches!(ended.cause, Cause::WriteTimeout));
    assert_eq!(start.elapsed().as_secs(), 5);
    // No more work was taken than fits into the pipe and the limit.
    assert!((40..120).contains(&ended.pending.len()), "{}", ended.pending.len());
    assert_eq!(ended.pending[..3], [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_is_not_cut() {
    // M-5
    let (here, mut peer) = duplex(64);
    let session = Session::server(now(), Settings { response_timeout: Duration::ZERO, ..settings() });
    let limits = Limits { write_timeout: Duration::from_secs(5), ..Limits::default() };
    let mut server = Driven::new(here, session, limits);
    let mut buffer = BytesMut::new();
    peer.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    hear(&mut peer, &mut buffer).await;
    server.hears(Told::Bound).await;
    for tag in 0..6 {
        server.ask.send(tag).unwrap();
    }
    let mut heard = 0;
    while heard < 6 {
        tokio::time::advance(Duration::from_secs(4)).await;
        let mut piece = [0; 32];
        let octets = peer.read(&mut piece).await.unwrap();
        assert_ne!(octets, 0);
        buffer.extend_from_slice(&piece[..octets]);
        while frame::next(&mut buffer, 256).unwrap().is_some() {
            heard += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_vanishes_leaves_what_is_pending() {
    // S-6
    let (here, mut peer) = duplex(64 * 1024);
    let mut server = Driven::server(here);
    let mut buffer = BytesMut::new();
    peer.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    hear(&mut peer, &mut buffer).await;
    server.hears(Told::Bound).await;
    let mut sequences = vec![];
    for tag in [11, 12, 13] {
        server.ask.send(tag).unwrap();
        sequences.push(hear(&mut peer, &mut buffer).await.sequence);
    }
    peer.write_all(&wire(sequences[1], Body::refusal(CommandId::DELIVER_SM))).await.unwrap();
    drop(peer);
    server.hears(Told::Answered(12)).await;
    let ended = server.end().await;
    assert!(matches!(ended.cause, Cause::PeerGone));
    assert_eq!(ended.pending, [11, 13]);
}

#[tokio::test(start_paused = true)]
async fn deadlines_of_the_session_are_kept() {
    // M-1, M-3
    let (here, mut peer) = duplex(64 * 1024);
    let start = tokio::time::Instant::now();
    let ended = Driven::server(here).end().await;
    assert!(matches!(ended.cause, Cause::Session(CloseReason::SessionInitTimeout)));
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(peer.read_buf(&mut BytesMut::new()).await.unwrap(), 0);

    let (here, there) = duplex(64 * 1024);
    let mut server = Driven::server(here);
    let mut client = there;
    client.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    server.hears(Told::Bound).await;
    server.ask.send(1).unwrap();
    let start = tokio::time::Instant::now();
    let mut sequence = 2;
    while start.elapsed() < Duration::from_secs(61) {
        tokio::time::advance(Duration::from_secs(10)).await;
        client.write_all(&wire(sequence, Body::EnquireLink)).await.unwrap();
        sequence += 1;
    }
    server.hears(Told::Expired(1)).await;
}

#[tokio::test(start_paused = true)]
async fn last_words_reach_the_peer() {
    //
    let (here, mut peer) = duplex(64 * 1024);
    let server = Driven::server(here);
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut buffer = BytesMut::new();
    let nack = hear(&mut peer, &mut buffer).await;
    assert_eq!((nack.body, nack.status, nack.sequence), (Body::GenericNack, CommandStatus::INVCMDLEN, 0));
    assert_eq!(peer.read_buf(&mut buffer).await.unwrap(), 0);
    assert!(matches!(server.end().await.cause, Cause::Session(CloseReason::Framing(_))));
}

/// A stream that fails.
struct Broken;

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl tokio::io::AsyncWrite for Broken {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        octets: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::task::Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_says_how() {
    let (_ask, asked) = mpsc::unbounded_channel();
    let (told, _) = mpsc::unbounded_channel();
    let mut owner = Owner { asked, told, unanswered: vec![], largest_batch: 0 };
    let session = Session::client(now(), settings(), bind());
    assert_eq!(session.state(), State::Open);
    let ended = drive(Broken, session, &mut owner, &CancellationToken::new(), Limits::default()).await;
    assert!(matches!(ended.cause, Cause::Broken(error) if error.kind() == io::ErrorKind::ConnectionReset));
}

#[tokio::test(start_paused = true)]
async fn answers_of_a_peer_that_hung_up_count() {
    // W-5
    let (here, mut peer) = duplex(64 * 1024);
    let mut server = Driven::server(here);
    let mut buffer = BytesMut::new();
    peer.write_all(&wire(1, Body::Bind(bind()))).await.unwrap();
    hear(&mut peer, &mut buffer).await;
    server.hears(Told::Bound).await;
    server.ask.send(1).unwrap();
    let request = hear(&mut peer, &mut buffer).await;
    // By the time that the answer is seen there is something to write, which fails.
    server.ask.send(2).unwrap();
    peer.write_all(&wire(request.sequence, Body::refusal(CommandId::DELIVER_SM))).await.unwrap();
    drop(peer);
    server.hears(Told::Answered(1)).await;
    assert_eq!(server.end().await.pending, [2]);
}
