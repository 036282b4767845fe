//! Prints what decoding and encoding a submit_sm of 160 octets costs, beside the `rusmpp` crate in the same
//! run, and what the session adds.
//!
//! The two take turns, and the medians of the turns are compared: the machine may be busy. A turn is what a
//! relay does with one read: each PDU is decoded, and encoded into a buffer that is used again.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rusmpp::tokio_codec::CommandCodec;
use smpp::{
    Address, Bind, Body, CString, CommandStatus, Event, MessageResp, Pdu, Session, Settings, ShortMessage,
    frame,
};
use tokio_util::codec::{Decoder, Encoder};

/// How often each takes its turn.
const TURNS: usize = 2_000;
/// How many PDUs there are in one read.
const BATCH: usize = 100;
/// How many times as fast as the other we want to be.
const GOAL: f64 = 4.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut wire = BytesMut::new();
    for sequence in 1..=BATCH {
        Pdu { status: CommandStatus::OK, sequence: u32::try_from(sequence)?, body: submit() }
            .encode(&mut wire)?;
    }
    println!("submit_sm of 160 octets, ns          smpp   rusmpp  ratio");
    compare("decode", || our_decoding(&wire), || their_decoding(&wire))?;
    compare("encode", || our_encoding(&wire), || their_encoding(&wire))?;
    let ratio = compare("decode and encode", || our_relaying(&wire), || their_relaying(&wire))?;
    println!("goal {GOAL}: {}", if ratio >= GOAL { "met" } else { "missed" });
    println!("session, both ends, submit_sm and its answer: {:.0} ns", session_turns());
    Ok(())
}

type Turn = Result<Duration, Box<dyn Error>>;

/// Lets both take their turns and returns how many times as fast we are.
fn compare(what: &str, ours: impl Fn() -> Turn, theirs: impl Fn() -> Turn) -> Result<f64, Box<dyn Error>> {
    let mut turns = (Vec::with_capacity(TURNS), Vec::with_capacity(TURNS));
    for _ in 0..TURNS {
        turns.0.push(ours()?);
        turns.1.push(theirs()?);
    }
    let (ours, theirs) = (median(turns.0), median(turns.1));
    println!("{what:<32} {ours:>8.1} {theirs:>8.1} {:>6.1}", theirs / ours);
    Ok(theirs / ours)
}

/// In nanoseconds per PDU.
fn median(mut turns: Vec<Duration>) -> f64 {
    turns.sort_unstable();
    turns[turns.len() / 2].as_nanos() as f64 / BATCH as f64
}

fn our_decoding(wire: &BytesMut) -> Turn {
    let mut buffer = wire.clone();
    let start = Instant::now();
    while let Some(frame) = frame::next(&mut buffer, 16 * 1024)? {
        black_box(&Pdu::decode(frame)?);
    }
    Ok(start.elapsed())
}

fn their_decoding(wire: &BytesMut) -> Turn {
    let mut codec = CommandCodec::new();
    let mut buffer = wire.clone();
    let start = Instant::now();
    while let Some(command) = codec.decode(&mut buffer).map_err(|error| error.to_string())? {
        black_box(&command);
    }
    Ok(start.elapsed())
}

fn our_encoding(wire: &BytesMut) -> Turn {
    let frame = frame::next(&mut wire.clone(), 16 * 1024)?.ok_or("no frame")?;
    let pdu = Pdu::decode(frame)?;
    let mut out = BytesMut::with_capacity(2 * wire.len());
    let start = Instant::now();
    for _ in 0..BATCH {
        black_box(&pdu).encode(black_box(&mut out))?;
    }
    Ok(start.elapsed())
}

fn their_encoding(wire: &BytesMut) -> Turn {
    let mut codec = CommandCodec::new();
    let command = codec.decode(&mut wire.clone()).map_err(|error| error.to_string())?.ok_or("no command")?;
    let mut out = BytesMut::with_capacity(2 * wire.len());
    let start = Instant::now();
    for _ in 0..BATCH {
        codec.encode(black_box(&command), black_box(&mut out)).map_err(|error| error.to_string())?;
    }
    Ok(start.elapsed())
}

fn our_relaying(wire: &BytesMut) -> Turn {
    let mut buffer = wire.clone();
    let mut out = BytesMut::with_capacity(2 * wire.len());
    let start = Instant::now();
    while let Some(frame) = frame::next(&mut buffer, 16 * 1024)? {
        Pdu::decode(frame)?.encode(&mut out)?;
    }
    let elapsed = start.elapsed();
    assert_eq!(out, wire);
    Ok(elapsed)
}

fn their_relaying(wire: &BytesMut) -> Turn {
    let mut codec = CommandCodec::new();
    let mut buffer = wire.clone();
    let mut out = BytesMut::with_capacity(2 * wire.len());
    let start = Instant::now();
    while let Some(command) = codec.decode(&mut buffer).map_err(|error| error.to_string())? {
        codec.encode(&command, &mut out).map_err(|error| error.to_string())?;
    }
    let elapsed = start.elapsed();
    assert_eq!(out.len(), wire.len());
    Ok(elapsed)
}

/// What the session makes of it, in nanoseconds per message.
fn session_turns() -> f64 {
    let now = Instant::now();
    let settings = Settings { window_in: BATCH, window_out: BATCH, ..Settings::default() };
    let mut client: Session<usize> = Session::client(now, settings.clone(), Bind::default());
    let mut server: Session<usize> = Session::server(now, settings);
    server.receive(now, client.output());
    server.answer_bind(now, CommandStatus::OK, b"speed");
    client.receive(now, server.output());
    let start = Instant::now();
    for _ in 0..TURNS {
        let request = submit();
        for tag in 0..BATCH {
            black_box(client.request(now, request.clone(), tag)).ok();
        }
        server.receive(now, client.output());
        while let Some(event) = server.poll() {
            if let Event::Request { sequence, .. } = event {
                let response = MessageResp::new(CString::clipped(b"0123456789abcdef0123456789abcdef"));
                server.respond(now, sequence, CommandStatus::OK, Body::SubmitSmResp(response));
            }
        }
        client.receive(now, server.output());
        while let Some(event) = client.poll() {
            black_box(event);
        }
    }
    start.elapsed().as_nanos() as f64 / (TURNS * BATCH) as f64
}

fn submit() -> Body {
    Body::SubmitSm(ShortMessage {
        source: Address { ton: 5, npi: 0, value: CString::clipped(b"BANK") },
        destination: Address { ton: 1, npi: 1, value: CString::clipped(b"628123456789") },
        registered_delivery: 1,
        short_message: Bytes::from_static(&[b'x'; 160]),
        ..ShortMessage::default()
    })
}
