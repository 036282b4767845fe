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

// RFC 9112, 6.1
#[tokio::test]
async fn a_transfer_coding_that_is_not_undone_is_refused() {
    for (lines, status) in [
        ("transfer-encoding: chunked\r\n", "202 Accepted"),
        ("Transfer-Encoding: Chunked \r\n", "202 Accepted"),
        ("transfer-encoding: gzip, chunked\r\n", "501 Not Implemented"),
        ("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", "501 Not Implemented"),
        ("transfer-encoding: identity, chunked\r\n", "501 Not Implemented"),
    ] {
        let (login, body) = (basic("bank:hunter22"), r#"{"to": "628111000111", "text": "hello"}"#);
        let answer = answered(&format!(
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {login}\r\n\
             content-type: application/json\r\n{lines}\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        ))
        .await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{lines}: {answer}");
        assert_eq!(
            answer.contains("\"code\":\"unknown_transfer_coding\""),
            status.starts_with("501"),
            "{answer}"
        );
    }
}

// RFC 9110, 9.3.7
#[tokio::test]
async fn options_say_which_methods_there_are() {
    for (method, target, allowed) in [
        ("HEAD", "/v1/send?to=62811&text=x", "GET,POST"),
        ("HEAD", "/v1/inbox", "GET"),
        ("PUT", "/v1/send", "GET,POST"),
        ("PUT", "/v1/messages", "GET,HEAD,POST"),
    ] {
        let answer =
            answered(&format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{answer}");
        assert!(answer.contains(&format!("allow: {allowed}\r\n")), "{method} {target}: {answer}");
    }
    for (target, allowed) in
        [("*", "GET, HEAD, POST, PATCH, DELETE, OPTIONS"), ("/v1/messages", "GET,HEAD,POST")]
    {
        let answer =
            answered(&format!("OPTIONS {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n"), "{answer}");
        assert!(answer.contains(&format!("allow: {allowed}\r\n")), "{answer}");
        assert!(!answer.contains("access-control"), "pages of other sites may not call: {answer}");
    }
    assert!(
        answered("OPTIONS /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 404")
    );
}

/// A request for a connection that may go on, with the first of so many octets.
fn begun(path: &str, more: &str, octets: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}content-length: {octets}\r\n\r\n{{"
    )
}

/// What is heard by who sends a large body to its end.
async fn answered_early(desk: &Desk, path: &str, more: &str) -> String {
    const LARGE: usize = 5_000_000;
    let mut stream = desk.connect().await;
    stream.write_all(begun(path, more, LARGE).as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; LARGE - 1]).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    heard
}

#[tokio::test]
async fn who_is_answered_early_may_send_all_the_same_and_keeps_the_answer() {
    let login = format!("authorization: {}\r\n", basic("bank:hunter22"));
    for (path, more, status) in [
        ("/v1/messages", login.as_str(), "413 Payload Too Large"),
        ("/v1/messages", "", "401 Unauthorized"),
        ("/v1/nothing", "", "404 Not Found"),
        ("/v1/events", "", "405 Method Not Allowed"),
    ] {
        let heard = answered_early(&Desk::open(), path, more).await;
        assert!(heard.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{heard}");
        assert!(heard.contains("connection: close\r\n") && heard.ends_with('}'), "{heard}");
    }
}

/// What is heard by who sends a short body, and then asks for something else.
async fn answered_both(desk: &Desk, more: &str) -> String {
    let mut stream = desk.connect().await;
    let both =
        begun("/v1/messages", more, 1) + "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(both.as_bytes()).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    heard
}

#[tokio::test]
async fn what_is_left_of_a_short_body_ends_no_connection() {
    let heard = answered_both(&Desk::open(), "").await;
    assert!(
        heard.starts_with("HTTP/1.1 401 Unauthorized\r\n") && heard.contains("HTTP/1.1 200 OK\r\n"),
        "{heard}"
    );
}

// RFC 6585, 4
#[tokio::test]
async fn who_is_not_heard_for_a_while_learns_how_long_although_it_still_sends() {
    let desk = Desk::open();
    let guesses = (0..12).map(|_| async {
        let mut stream = desk.connect().await;
        let guess = basic("shop:a guess");
        let request = format!(
            "GET /v1/inbox HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {guess}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    });
    futures_util::future::join_all(guesses).await;

    let login = format!("authorization: {}\r\n", basic("shop:hunter33"));
    let heard = answered_early(&desk, "/v1/messages", &login).await;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    assert!(head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{head}");
    assert!(body.contains("\"code\":\"too_many_failures\""), "{body}");
    assert_eq!(field("content-length"), Some(&body.len().to_string()[..]), "it is whole");
    assert!((1..=60).contains(&field("retry-after").unwrap().parse::<u32>().unwrap()), "{head}");
    assert_eq!(field("connection"), Some("close"), "what is left of the body is not read for ever");

    let both = answered_both(&desk, &login).await;
    assert!(both.starts_with("HTTP/1.1 429 ") && both.contains("HTTP/1.1 200 OK\r\n"), "{both}");
}

#[tokio::test]
async fn the_rate_is_looked_at_when_the_body_has_come_and_the_connection_goes_on() {
    let message = r#"{"to": "628111000111", "from": "SHOP", "text": "hello"}"#;
    let login = basic("shop:hunter33");
    let post = |more: &str, octets: usize| {
        let body = message.to_owned() + &" ".repeat(octets - message.len());
        format!(
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: {login}\r\n{more}\
             content-type: application/json\r\ncontent-length: {octets}\r\n\r\n{body}"
        )
    };
    let all = [post("", 1000), post("", 300_000), post("connection: close\r\n", 1000)].concat();
    let heard = answered(&all).await;
    let statuses: Vec<&str> = heard.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!((statuses[0], statuses[1], statuses.len()), ("202", "429", 3), "{heard}");
    let throttled = heard.split("HTTP/1.1 ").nth(2).unwrap();
    assert!(throttled.contains("retry-after: 1\r\n") && throttled.contains("\"code\":\"throttled\""));
    assert!(!throttled.contains("connection: close"), "{throttled}");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_go_on_sending_is_waited_for_a_moment_only() {
    let mut stream = Desk::open().connect().await;
    stream.write_all(begun("/v1/nothing", "", 5_000_000).as_bytes()).await.unwrap();
    let since = Instant::now();
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    assert!(heard.starts_with(b"HTTP/1.1 404"), "the answer comes at once");
    assert!((4..=6).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
}
