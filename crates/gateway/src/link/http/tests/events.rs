//! What happens to messages, told while it happens.

use std::time::Duration;

use axum::body::Bytes;
use axum::response::Response;
use http_body_util::Empty;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sms::{Address, State, Timestamp};
use store::{Event, Step, Subject, Watch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::*;

const ID: &str = "000102030405060708090a0b0c0d0e0f";

async fn follow(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::get(path).header("authorization", basic("bank:hunter22"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: SocketAddr = "192.0.2.7:40000".parse().unwrap();
    let router = TowerToHyperService::new(desk.router.clone());
    let request = request.body(Body::empty()).unwrap();
    super::super::connection::answer(&router, peer, request).await.unwrap()
}

/// So much of what is told as has this many events.
async fn told(response: &mut Response, events: usize) -> String {
    let mut text = String::new();
    while text.matches("\n\n").count() < events {
        let frame = response.body_mut().frame().await.unwrap().unwrap();
        text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
    }
    text
}

fn tell(desk: &Desk, id: &str, at: u64, event: Event) {
    tell_of(desk, subject(id), at, event);
}

fn tell_of(desk: &Desk, subject: Subject, at: u64, event: Event) {
    desk.notes.watchers.tell(subject, &[Step { at: Timestamp(at), segment: 0, event }]);
}

fn subject(id: &str) -> Subject {
    Subject {
        id: id.parse().unwrap(),
        origin: "bank".into(),
        target: "telco-a".into(),
        source: Address::guess(b"BANK").unwrap(),
        destination: Address::guess(b"628111000111").unwrap(),
        reference: Bytes::new(),
    }
}

#[tokio::test]
async fn who_follows_is_told_of_its_application_as_long_as_that_is_its_own() {
    let desk = Desk::open();
    let mut answer = follow(&desk, "/v1/events", &[]).await;
    told(&mut answer, 1).await;
    let mo = || Subject { origin: "telco-a".into(), target: "games".into(), ..subject(ID) };
    tell_of(&desk, mo(), 1, Event::Accepted);
    assert!(told(&mut answer, 1).await.starts_with("id: 1-1\n"));
    desk.reload(&CONFIG.replace("account = \"bank\"", "account = \"shop\""));
    tell_of(&desk, mo(), 2, Event::Accepted);
    tell(&desk, ID, 3, Event::Accepted);
    assert!(told(&mut answer, 1).await.starts_with("id: 3-2\n"), "what was its own is another's");
}

#[tokio::test]
async fn a_step_is_told_in_the_words_of_the_record() {
    let desk = Desk::open();
    let mut answer = follow(&desk, "/v1/events", &[("accept-encoding", "gzip")]).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!((header("content-encoding"), header("cache-control").as_deref()), (None, Some("no-cache")));
    assert_eq!(told(&mut answer, 1).await, ": from now on\n\n");
    tell(&desk, ID, 1_767_225_600_007, Event::Attempted { link: "telco-a".into() });
    let expected = format!(
        "id: 1767225600007-1\nevent: attempted\ndata: {{\"id\":\"{ID}\",\
         \"at\":\"2026-01-01T00:00:00.007Z\",\"segment\":0,\"event\":\"attempted\",\"link\":\"telco-a\"}}\n\n"
    );
    assert_eq!(told(&mut answer, 1).await, expected);
    drop(answer);
    assert!(!desk.notes.watchers.is_any(), "nobody is left");
}

#[tokio::test]
async fn one_message_can_be_followed_alone() {
    let desk = Desk::open();
    let mut answer = follow(&desk, &format!("/v1/events?message={ID}"), &[]).await;
    tell(&desk, &"ab".repeat(16), 1, Event::Accepted);
    tell(&desk, ID, 2, Event::Accepted);
    let told = told(&mut answer, 2).await;
    assert!(told.contains("id: 2-1\n") && !told.contains("abab"), "{told}");
    for (query, code) in [
        ("message=7", "bad_value"),
        ("colour=7", "bad_query"),
        ("event=ended", "bad_value"),
        ("state=", "bad_value"),
        ("for_s=0", "bad_value"),
        ("for_s=3601", "bad_value"),
        ("for_s=soon", "bad_query"),
    ] {
        let answer = desk.get(&format!("/v1/events?{query}"), Some("bank:hunter22")).await;
        assert_eq!(answer.problem().1, code);
    }
}

#[tokio::test]
async fn what_is_followed_can_be_chosen() {
    let desk = Desk::open();
    let delivered = Event::Final { state: State::Delivered };
    let ordered = Subject { reference: Bytes::from_static(b"order 7"), ..subject(ID) };
    for (query, expected) in [
        ("client_reference=order%207", vec!["1-1", "2-2", "3-3"]),
        ("client_reference=order", vec![]),
        ("number=%2B62%20811-1000-111", vec!["1-1", "2-2", "3-3", "4-4"]),
        ("number=BANK&event=accepted", vec!["1-1", "4-2"]),
        ("event=attempted,final", vec!["2-1", "3-2"]),
        ("state=delivered,expired&client_reference=order+7", vec!["3-1"]),
        ("state=expired", vec![]),
        ("number=628111", vec![]),
    ] {
        let mut answer = follow(&desk, &format!("/v1/events?{query}"), &[]).await;
        told(&mut answer, 1).await;
        tell_of(&desk, ordered.clone(), 1, Event::Accepted);
        tell_of(&desk, ordered.clone(), 2, Event::Attempted { link: "telco-a".into() });
        tell_of(&desk, ordered.clone(), 3, delivered.clone());
        tell(&desk, &"ab".repeat(16), 4, Event::Accepted);
        let heard = if expected.is_empty() { String::new() } else { told(&mut answer, expected.len()).await };
        let ids: Vec<&str> = heard.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
        assert_eq!(ids, expected, "{query}");
        let more = tokio::time::timeout(Duration::ZERO, answer.body_mut().frame()).await;
        assert!(more.is_err(), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_follow_for_a_time_is_told_until_then() {
    let desk = Desk::open();
    let since = Instant::now();
    let mut answer = follow(&desk, "/v1/events?for_s=60", &[]).await;
    told(&mut answer, 1).await;
    tell(&desk, ID, 7, Event::Accepted);
    assert!(told(&mut answer, 1).await.starts_with("id: 7-1\n"));
    while let Some(frame) = answer.body_mut().frame().await {
        assert_eq!(frame.unwrap().into_data().unwrap(), ":\n\n");
    }
    assert_eq!(since.elapsed(), Duration::from_secs(60));
    assert!(!desk.notes.watchers.is_any(), "its place is free again");
}

#[tokio::test]
async fn who_is_slow_learns_how_much_was_missed_and_who_comes_again_since_when() {
    let desk = Desk::open();
    let mut answer = follow(&desk, "/v1/events", &[]).await;
    (0..Watch::BACKLOG_MAX as u64 + 7).for_each(|at| tell(&desk, ID, at, Event::Accepted));
    let heard = told(&mut answer, 3).await;
    assert!(heard.contains("event: lagged\ndata: {\"missed\":7}\n\nid: 7-1\n"), "{heard}");
    let mut again = follow(&desk, "/v1/events", &[("last-event-id", "1767225600007-5")]).await;
    let heard = told(&mut again, 1).await;
    assert_eq!(heard, "event: lagged\ndata: {\"since\":\"2026-01-01T00:00:00.007Z\"}\n\n");
}

#[tokio::test]
async fn no_more_follow_than_may() {
    let desk = Desk::open();
    let mut followers = Vec::new();
    for _ in 0..10 {
        followers.push(follow(&desk, "/v1/events", &[]).await);
        assert_eq!(followers.last().unwrap().status(), 200);
    }
    assert_eq!(
        desk.get("/v1/events", Some("bank:hunter22")).await.problem(),
        problem(429, "too_many_listeners")
    );
    followers.pop();
    assert_eq!(follow(&desk, "/v1/events", &[]).await.status(), 200, "a place is free again");
}

/// A connection of HTTP/1.1 on which somebody follows.
async fn connection(desk: &Desk) -> TcpStream {
    let mut stream = desk.connect().await;
    let login = basic("bank:hunter22");
    let request = format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: {login}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    stream
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn who_follows_stays_as_long_as_something_flows() {
    let desk = Desk::open();
    let mut stream = connection(&desk).await;
    let since = Instant::now();
    let mut heard = [0; 4096];
    while since.elapsed() < Duration::from_secs(3600) {
        assert_ne!(stream.read(&mut heard).await.unwrap(), 0, "after {:?}", since.elapsed());
    }
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn by_http_2_as_well() {
    let desk = Desk::open();
    let stream = TokioIo::new(desk.connect().await);
    let (mut sender, connection) = handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://x/v1/events").header("authorization", basic("bank:hunter22"));
    let mut answer = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(3600) {
        let frame = answer.body_mut().frame().await;
        frame.unwrap_or_else(|| panic!("it ended after {:?}", since.elapsed())).unwrap();
    }
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn who_follows_and_does_not_read_is_hung_up_on() {
    let desk = Desk::open();
    let stream = connection(&desk).await;
    let since = Instant::now();
    while desk.notes.watchers.is_any() {
        (0..200).for_each(|at| tell(&desk, ID, at, Event::Accepted));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(since.elapsed() < Duration::from_secs(3600), "it holds its place for ever");
    }
    assert!(since.elapsed() > Duration::from_secs(60));
    drop(stream);
}
