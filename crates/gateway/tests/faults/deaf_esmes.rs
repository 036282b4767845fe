//! FLT-9: ESMEs that do not read, or hardly.

use std::time::Duration;

use bytes::BytesMut;
use simulator::{EsmeConfig, Load, address};
use smpp::{Body, CommandStatus, Pdu, ShortMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use crate::checker::History;
use crate::harness::{ANI, PASSWORD, SOON, account, centre, route, smsc, until};
use crate::program::Program;
use crate::wire::Line;

// INV-1, INV-11, M-2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_9_sixty_esmes_that_do_not_read() {
    run(60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes thousands of descriptors"]
async fn flt_9_three_thousand_esmes_that_do_not_read() {
    run(3000).await;
}

async fn run(count: usize) {
    let telco = centre().await;
    let program = Program::start_with(
        "",
        "enquire_link_s = 1",
        [
            smsc("telco", telco.address(), "window = 100"),
            account("bank", ""),
            account("deaf", &format!("max_binds = {count}\nrate = 50")),
            route("to = [\"telco\"]"),
        ],
    );
    program.ready().await;
    let (octets, descriptors) = (program.resident_octets(), program.descriptors());

    let mut deaf = JoinSet::new();
    for number in 0..count {
        let stream = Line::bind(program.smpp_address(), "deaf").await.into_stream();
        match number % 3 {
            0 => deaf.spawn(flood(stream)),
            1 => deaf.spawn(drip(stream)),
            _ => deaf.spawn(neither_read_nor_write(stream)),
        };
    }
    let esme = EsmeConfig { window: 50, ..EsmeConfig::at(program.smpp_address(), "bank", PASSWORD) };
    let report = Load { messages: 3000, body_octets: 60, ..Load::new(esme) }.run().await.unwrap();
    assert_eq!((report.accepted, report.without_receipt), (3000, 0), "{report:?}");
    assert!(report.response.p99 < Duration::from_secs(2), "{report:?}");

    let all_cut = async { while deaf.join_next().await.is_some() {} };
    let peak = program.resident_octets();
    timeout(SOON, all_cut).await.expect("every one is cut");

    if let (Some(before), Some(peak)) = (octets, peak) {
        let grown = peak.saturating_sub(before);
        assert!(grown < GROWTH_MAX + count as u64 * GROWTH_EACH_MAX, "{grown} octets more");
    }
    until("the descriptors are back", async || program.descriptors() <= descriptors.map(|count| count + 8))
        .await;
    let records = program.records_when_idle("bank").await;
    History::new(report, &telco, records).check();
}

/// Submits and never reads, until it is cut.
async fn flood(mut stream: TcpStream) {
    let message = ShortMessage {
        source: address("DEAF").unwrap(),
        destination: address(ANI).unwrap(),
        short_message: "hello".into(),
        ..ShortMessage::default()
    };
    let mut octets = BytesMut::new();
    for sequence in 2..1002 {
        let submit = Pdu { status: CommandStatus::OK, sequence, body: Body::SubmitSm(message.clone()) };
        submit.encode(&mut octets).unwrap();
    }
    while stream.write_all(&octets).await.is_ok() {}
}

/// Reads an octet at a time and answers nothing, until it is cut.
async fn drip(mut stream: TcpStream) {
    let mut ticks = interval(Duration::from_millis(100));
    while matches!(stream.read(&mut [0]).await, Ok(1)) {
        ticks.tick().await;
    }
}

/// Waits until it is cut.
async fn neither_read_nor_write(stream: TcpStream) {
    // Whether it was cut shows without reading what came before.
    while !stream.ready(tokio::io::Interest::READABLE).await.is_ok_and(|ready| ready.is_read_closed()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the store, the allocator and the load may take beside.
const GROWTH_MAX: u64 = 128 << 20;
/// Two buffers of 64 KiB, the windows, the task.
const GROWTH_EACH_MAX: u64 = 256 << 10;
