//! How much of bodies is in memory at a time.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::*;

const MESSAGE: &str = r#"{"to": "628111000111", "text": "hello"}"#;

fn to(path: &str, body: Body) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    request.header("authorization", basic("bank:hunter22")).body(body).unwrap()
}

/// A body that begins with so many blanks and never ends.
fn endless(octets: usize) -> Body {
    let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b' '; octets]))]);
    Body::from_stream(begun.chain(stream::pending()))
}

/// A message in a body that does not say how long it is.
fn chunked() -> Body {
    Body::from_stream(stream::iter([Ok::<_, std::io::Error>(MESSAGE)]))
}

/// Lets these go on for so many seconds, in which none of them ends.
async fn hold<T>(slow: impl Future<Output = T>, seconds: u64) {
    assert!(tokio::time::timeout(Duration::from_secs(seconds), slow).await.is_err());
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn bodies_that_find_no_room_are_told_when_to_come_again() {
    let desk = Desk::open();
    // Sixteen of 4 MiB are all that there is.
    let slow = join_all((0..16).map(|_| desk.ask(to("/v1/messages", endless(100 << 10)))));
    tokio::pin!(slow);
    hold(slow.as_mut(), 1).await;

    for body in [Body::from(MESSAGE), chunked()] {
        let since = Instant::now();
        let answer = desk.ask(to("/v1/messages", body)).await;
        assert_eq!(answer.problem(), problem(503, "too_many_bodies"));
        assert_eq!((answer.header("retry-after"), since.elapsed().as_secs()), (Some("5"), 5));
    }
    assert_eq!(desk.get("/v1/messages", Some("bank:hunter22")).await.status, 200, "no body, no share");

    for answer in slow.await {
        assert_eq!(answer.problem(), problem(408, "body_timeout"));
    }
    assert_eq!(desk.ask(to("/v1/messages", MESSAGE.into())).await.status, 202);
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn who_waits_for_room_is_served_when_there_is_some() {
    let desk = Desk::open();
    let slow = join_all((0..16).map(|_| desk.ask(to("/v1/messages", endless(100 << 10)))));
    tokio::pin!(slow);
    hold(slow.as_mut(), 27).await;
    let late = desk.ask(to("/v1/messages", MESSAGE.into()));
    let (_, answer) = tokio::join!(slow, late);
    assert_eq!(answer.status, 202, "{}", answer.body);
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn short_bodies_that_do_not_say_how_long_they_are_take_little() {
    let desk = Desk::open();
    let slow = join_all((0..1000).map(|_| desk.ask(to("/v1/messages", endless(1)))));
    tokio::pin!(slow);
    hold(slow.as_mut(), 1).await;
    assert_eq!(desk.ask(to("/v1/messages", chunked())).await.status, 202);
}

// ABU-15
#[tokio::test]
async fn many_long_bodies_at_once_are_all_served() {
    let desk = Desk::open();
    let long = || format!("{}{MESSAGE}", " ".repeat(4_000_000));
    let answers = join_all((0..50).map(|_| desk.ask(to("/v1/messages", long().into())))).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn strangers_leave_half_of_the_room_to_those_who_are_known() {
    let desk = Desk::open();
    let form = |body: Body| {
        let request = Request::post("/v1/send").header("content-type", "application/x-www-form-urlencoded");
        request.body(body).unwrap()
    };
    let slow = join_all((0..512).map(|_| desk.ask(form(endless(1)))));
    tokio::pin!(slow);
    hold(slow.as_mut(), 1).await;
    let answer = desk.ask(form("account=bank&password=hunter22&to=628111000111&text=x".into())).await;
    assert_eq!(answer.problem(), problem(503, "too_many_bodies"));
    assert_eq!(desk.ask(to("/v1/messages", MESSAGE.into())).await.status, 202);
}
