//! Connections on which nothing happens, by either version of HTTP.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::*;

/// How long a connection lasts on which this is all that is ever said.
async fn lasts(said: &[u8]) -> Duration {
    let desk = Desk::open();
    let mut stream = desk.connect().await;
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

#[tokio::test(start_paused = true)]
async fn the_last_who_waits_on_a_connection_has_its_answer() {
    let desk = Desk::open();
    let mut stream = desk.connect().await;
    let login = basic("poll:hunter55");
    let request = format!("GET /v1/inbox?wait_s=47 HTTP/1.1\r\nhost: x\r\nauthorization: {login}\r\n\r\n");
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(600) {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"{\"items\":[]}") {
            assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "after {:?}", since.elapsed());
        }
    }
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "it had its ten minutes");
}
