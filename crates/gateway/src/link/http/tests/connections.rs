//! Connections on which nothing happens, by either version of HTTP.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::server::Reception;
use super::*;

/// How long a connection lasts on which this is all that is ever said.
async fn lasts(said: &[u8]) -> Duration {
    let desk = Desk::open();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let reception = Reception::new(desk.router.clone(), CancellationToken::new());
    tokio::spawn(async move { reception.serve(listener, None).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let since = Instant::now();
    stream.write_all(said).await.unwrap();
    let mut heard = Vec::new();
    // A connection that is cut off may end in a reset.
    let _ = stream.read_to_end(&mut heard).await;
    since.elapsed()
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_half_a_head_is_hung_up_on() {
    for said in ["", "PRI * HTTP/2.0\r\n", "PO", "GET /healthz HTTP/1.1\r\nHost: x\r\n"] {
        let lasted = lasts(said.as_bytes()).await;
        assert!((25..=65).contains(&lasted.as_secs()), "{said:?}: {lasted:?}");
    }
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn a_connection_of_http_2_without_requests_ends() {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    // HEADERS without END_HEADERS: the rest of the head never comes.
    const HALF_A_HEAD: &[u8] = &[0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82];
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for said in
        [&preface[..], &[&preface[..], SETTINGS].concat(), &[&preface[..], SETTINGS, HALF_A_HEAD].concat()]
    {
        let lasted = lasts(said).await;
        assert!((25..=65).contains(&lasted.as_secs()), "{said:?}: {lasted:?}");
    }
}
