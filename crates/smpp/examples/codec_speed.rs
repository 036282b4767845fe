//! Prints what decoding and encoding a submit_sm of 160 octets costs, in nanoseconds.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use smpp::{
    Address, Bind, Body, CString, CommandStatus, Event, MessageResp, Pdu, Session, Settings, ShortMessage,
    frame,
};

const ROUNDS: usize = 20_000;
const BATCH: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut wire = BytesMut::new();
    for sequence in 1..=BATCH {
        Pdu { status: CommandStatus::OK, sequence: u32::try_from(sequence)?, body: submit() }
            .encode(&mut wire)?;
    }
    let mut buffer = BytesMut::new();

    let mut decoding = Duration::ZERO;
    for _ in 0..ROUNDS {
        buffer.extend_from_slice(&wire);
        let start = Instant::now();
        while let Some(frame) = frame::next(&mut buffer, 16 * 1024)? {
            black_box(Pdu::decode(frame)?);
        }
        decoding += start.elapsed();
    }
    print("decode", decoding);

    let pdu = Pdu { status: CommandStatus::OK, sequence: 1, body: submit() };
    let start = Instant::now();
    for _ in 0..ROUNDS {
        buffer.clear();
        for _ in 0..BATCH {
            black_box(&pdu).encode(&mut buffer)?;
        }
    }
    print("encode", start.elapsed());
    print("session, both ends, submit_sm and its answer", session_rounds());
    Ok(())
}

fn session_rounds() -> Duration {
    let now = Instant::now();
    let settings = Settings { window_in: BATCH, window_out: BATCH, ..Settings::default() };
    let mut client: Session<usize> = Session::client(now, settings.clone(), Bind::default());
    let mut server: Session<usize> = Session::server(now, settings);
    server.receive(now, client.output());
    server.answer_bind(now, CommandStatus::OK, b"speed");
    client.receive(now, server.output());
    let start = Instant::now();
    for _ in 0..ROUNDS {
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
    start.elapsed()
}

fn print(what: &str, elapsed: Duration) {
    println!("{what}: {:.1} ns", elapsed.as_nanos() as f64 / (ROUNDS * BATCH) as f64);
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
