//! Endpoints that hang up, and are there again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig, Smsc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::harness::{ANI, SOON, TestGateway, account, centre, free_address, route, smsc};

async fn shop_and(telco: &Smsc, url: &str, more: &str) -> TestGateway {
    let called = format!("callback_url = \"{url}\"\nallow_private_address = true\n{more}");
    let telco = smsc("telco", telco.address(), "");
    TestGateway::with([telco, account("shop", &called), route("to = [\"telco\"]")]).await
}

fn message() -> Value {
    json!({ "to": ANI, "from": "SHOP", "text": "hello" })
}

/// The next connection of the gateway's.
async fn connection(listener: &TcpListener) -> TcpStream {
    timeout(SOON, listener.accept()).await.expect("nobody connects").unwrap().0
}

/// The next call on a connection, whole: which attempt it is, and of which message it tells.
async fn call(stream: &mut TcpStream) -> (String, String) {
    let mut octets = Vec::new();
    loop {
        let read = timeout(SOON, stream.read_buf(&mut octets)).await.expect("nothing is said").unwrap();
        assert_ne!(read, 0, "the gateway hung up");
        let said = String::from_utf8_lossy(&octets);
        let Some((head, body)) = said.split_once("\r\n\r\n") else { continue };
        let Ok(told) = serde_json::from_str::<Value>(body) else { continue };
        let attempt = head.lines().find_map(|line| line.strip_prefix("x-estafet-attempt: ")).unwrap();
        return (attempt.to_owned(), told["id"].as_str().unwrap().to_owned());
    }
}

async fn take(stream: &mut TcpStream) -> (String, String) {
    let told = call(stream).await;
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    told
}

/// How many calls of the account's had this outcome.
async fn outcomes(gateway: &TestGateway, outcome: &str) -> String {
    let of = format!("estafet_deliveries_total{{link=\"shop\",outcome=\"{outcome}\"}} ");
    let metrics = gateway.caller("shop").metrics().await;
    metrics.lines().find_map(|line| line.strip_prefix(&of)).unwrap().to_owned()
}

#[tokio::test]
async fn an_endpoint_that_was_away_for_a_moment_is_told_soon() {
    const WINDOW: usize = 16;
    let telco = centre().await;
    let address = free_address();
    let listener = TcpListener::bind(address).await.unwrap();
    let window = format!("callback_window = {WINDOW}");
    let gateway = shop_and(&telco, &format!("http://{address}/"), &window).await;
    let accepted = gateway.caller("shop").post((0..2 * WINDOW).map(|_| message()).collect()).await.body;
    let id = |message: &Value| message["id"].as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = accepted.as_array().unwrap().iter().map(id).collect();
    let mut calls = Vec::new();
    while calls.len() < WINDOW {
        calls.push(connection(&listener).await);
    }
    join_all(calls.iter_mut().map(call)).await;

    drop((listener, calls));
    gateway.call_retried("shop").await;
    let since = Instant::now();
    let back = ApplicationConfig { listen: address, ..ApplicationConfig::default() };
    let back = Application::start(back).await.unwrap();

    gateway.settled().await;
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    let told: BTreeSet<String> = back.calls().into_iter().map(|call| call.id).collect();
    assert_eq!((told, back.call_count()), (ids, 2 * WINDOW as u64));
}

#[tokio::test]
async fn what_a_kept_connection_did_not_answer_is_told_again() {
    // DUR-7
    let telco = centre().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = shop_and(&telco, &format!("http://{}/", listener.local_addr().unwrap()), "").await;
    let shop = gateway.caller("shop");
    let mut ids = Vec::new();

    ids.push(shop.post(message()).await.id());
    let mut first = connection(&listener).await;
    assert_eq!(take(&mut first).await, ("1".to_owned(), ids[0].clone()));
    gateway.settled().await;
    // It is closed while nothing is asked: nobody has failed.
    first.shutdown().await.unwrap();
    assert_eq!(timeout(SOON, first.read(&mut [0])).await.unwrap().unwrap(), 0);

    ids.push(shop.post(message()).await.id());
    let mut second = connection(&listener).await;
    assert_eq!(take(&mut second).await, ("1".to_owned(), ids[1].clone()));
    gateway.settled().await;
    assert_eq!(
        (outcomes(&gateway, "sent").await, outcomes(&gateway, "unknown").await),
        ("2".into(), "0".into())
    );

    // It is closed in the place of an answer: perhaps the receipt was heard, and perhaps not.
    ids.push(shop.post(message()).await.id());
    assert_eq!(call(&mut second).await, ("1".to_owned(), ids[2].clone()));
    drop(second);
    let mut third = connection(&listener).await;
    assert_eq!(take(&mut third).await, ("2".to_owned(), ids[2].clone()));
    gateway.settled().await;
    let counted = ["sent", "retried", "failed", "unknown"].map(|outcome| outcomes(&gateway, outcome));
    assert_eq!(join_all(counted).await, ["3", "0", "0", "1"]);
}
