//! A content provider is called.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use simulator::{Application, ApplicationConfig, Every};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_secs(10);

/// Status and body of the answer to a request.
async fn ask(application: &Application, head: &str, body: &str) -> (u16, String) {
    let request = format!(
        "{head} HTTP/1.1\r\nhost: provider\r\nconnection: close\r\nx-estafet-attempt: 1\r\n\
         content-type: {}\r\ncontent-length: {}\r\n\r\n{body}",
        if body.starts_with(['{', '[']) { "application/json" } else { "application/x-www-form-urlencoded" },
        body.len()
    );
    let mut stream = TcpStream::connect(application.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(SOON, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn post(application: &Application, body: &str) -> (u16, String) {
    ask(application, "POST /mo", body).await
}

#[tokio::test]
async fn it_answers_by_keyword_and_repeats_the_rest() {
    let application = Application::start(ApplicationConfig::default()).await.unwrap();
    let (status, text) = post(&application, "id=7&from=%2B6281111&to=1234&text=game+join").await;
    assert_eq!((status, text.starts_with("Welcome to the game")), (200, true));
    assert_eq!(
        ask(&application, "GET /any?id=8&from=6281111&to=1234&text=hej+p%C3%A5", "").await,
        (200, "You wrote: hej på".to_owned())
    );
    let call = application.next_call(SOON).await.unwrap();
    assert_eq!((call.id.as_str(), call.from.as_str(), call.text.as_str()), ("7", "+6281111", "game join"));
    assert_eq!(call.headers["x-estafet-attempt"], "1");
    assert_eq!(application.next_call(SOON).await.unwrap().id, "8");
    assert_eq!(application.next_call(Duration::ZERO).await, None);
    assert_eq!((application.calls().len(), application.call_count()), (2, 2));
}

#[tokio::test]
async fn it_fails_as_told_and_keeps_the_newest_calls() {
    let config =
        ApplicationConfig { fail: Every::nth(2), fail_status: 503, calls_max: 1, ..Default::default() };
    let application = Application::start(config).await.unwrap();
    assert_eq!(post(&application, "id=1&text=a").await.0, 200);
    assert_eq!(post(&application, "id=2&text=a").await.0, 503);
    assert_eq!(application.next_call(SOON).await.unwrap().id, "2");
    tokio::time::timeout(SOON, application.stop()).await.unwrap();
}

#[tokio::test]
async fn it_answers_in_code_or_not_at_all() {
    let answer = |call: &simulator::Call| (call.to == "1234").then(|| format!("{} asked", call.from));
    let config = ApplicationConfig { answer: Some(Arc::new(answer)), ..Default::default() };
    let application = Application::start(config).await.unwrap();
    assert_eq!(post(&application, "from=6281111&to=1234").await, (200, "6281111 asked".to_owned()));
    assert_eq!(post(&application, "from=6281111&to=9").await, (204, String::new()));
}

#[tokio::test]
async fn it_is_told_receipts_one_by_one_or_many_at_a_time() {
    let application = Application::start(ApplicationConfig::default()).await.unwrap();
    let silent = (204, String::new());
    assert_eq!(post(&application, r#"{"event":"receipt","id":"7","segments":2}"#).await, silent);
    let many = r#"[{"event":"receipt","id":"8"},{"event":"receipt","id":"9"}]"#;
    assert_eq!(post(&application, many).await, silent);
    let ids: Vec<String> = application.calls().into_iter().map(|call| call.id).collect();
    assert_eq!(ids, ["7", "8", "9"]);
    assert_eq!(application.calls()[0].fields["segments"], "2");
    assert_eq!(post(&application, "[7]").await.0, 400);
}
