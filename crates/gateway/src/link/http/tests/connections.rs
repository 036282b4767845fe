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

/// What is answered to this, up to the end of the connection.
async fn answered(said: &str) -> String {
    let mut stream = Desk::open().connect().await;
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    String::from_utf8(heard).unwrap()
}

// RFC 9112, 3.2
#[tokio::test]
async fn a_request_says_once_for_which_host_it_is() {
    for (version, hosts, status) in [
        ("1.1", "host: x\r\n", "200 OK"),
        ("1.1", "Host: [::1]:8080\r\n", "200 OK"),
        ("1.1", "host:\r\n", "200 OK"),
        ("1.1", "", "400 Bad Request"),
        ("1.1", "host: x\r\nHost: x\r\n", "400 Bad Request"),
        ("1.1", "host: a b\r\n", "400 Bad Request"),
        ("1.0", "", "200 OK"),
        ("1.0", "host: x\r\nhost: y\r\n", "400 Bad Request"),
    ] {
        let answer =
            answered(&format!("GET /healthz HTTP/{version}\r\nconnection: close\r\n{hosts}\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/{version} {status}\r\n")), "{version} {hosts:?}: {answer}");
        assert_eq!(answer.contains("\"code\":\"bad_host\""), status.starts_with("400"), "{answer}");
    }
}

// RFC 9110, 10.1.1
#[tokio::test]
async fn who_asks_before_it_sends_too_much_is_spared_it() {
    let head = |octets: usize, more: &str| {
        let login = basic("bank:hunter22");
        format!(
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {login}\r\n\
             content-type: application/json\r\ncontent-length: {octets}\r\nexpect: 100-continue\r\n{more}\r\n"
        )
    };
    for coding in ["", "content-encoding: gzip\r\n"] {
        let answer = answered(&head(40_000_000, coding)).await;
        assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    }
    let body = r#"{"to": "628111000111", "text": "hello"}"#;
    let answer = answered(&(head(body.len(), "") + body)).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n"), "{answer}");
}
