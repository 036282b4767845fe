//! Content providers that are dead, slow or faulty (CMN-4).

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use simulator::Smsc;
use store::Event;

use crate::harness::{
    ANI, Provider, SOON, TestGateway, Texts, application, centre, free_address, route, smsc, until,
};

const PATIENCE: &str = "give_up_s = 2\ntimeout_s = 1\nfallback_text = \"Sorry, try again later\"";

async fn gateway_for(telco: &Smsc, url: &str, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        application("games", url, more),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
    ])
    .await
}

/// The handset is told, the SMSC is not kept waiting, and there is a number to raise an alarm by.
async fn falls_back(url: &str) {
    let telco = centre().await;
    let gateway = gateway_for(&telco, url, PATIENCE).await;
    let handset = telco.handset(ANI);
    let since = Instant::now();

    handset.send("1234", "GAME").await.unwrap();

    assert!(since.elapsed() < Duration::from_secs(1), "the SMSC waits for nobody");
    let told = handset.next_message(SOON).await.unwrap();
    assert_eq!((&told.from[..], &told.text[..]), ("1234", "Sorry, try again later"));
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    until("it is a dead letter", async || gateway.waiting("games/dead-letters").await == 1).await;
    assert_eq!(telco.texts().len(), 1);
    let metrics = gateway.caller("nobody").metrics().await;
    assert!(metrics.contains("estafet_given_up_total{link=\"games\"} 1"), "{metrics}");
    let question =
        gateway.gateway().store().search(store::Query { limit: 10, ..Default::default() }).await.unwrap();
    let question = question.records.iter().find(|record| record.in_reply_to.is_none()).unwrap();
    assert!(question.history.iter().any(|step| matches!(step.event, Event::Failed { .. })), "{question:?}");
}

// CMN-4
#[tokio::test]
async fn nobody_is_there() {
    falls_back(&format!("http://{}/mo", free_address())).await;
}

// CMN-4
#[tokio::test]
async fn it_does_not_answer_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mo", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            silent.push(stream);
        }
    });
    falls_back(&url).await;
}

// CMN-4
#[tokio::test]
async fn it_fails_again_and_again_with_the_same_id() {
    let mut provider = Provider::start(|_| StatusCode::INTERNAL_SERVER_ERROR).await;
    falls_back(&provider.url.clone()).await;
    let (first, second) = (provider.next().await, provider.next().await);
    assert_eq!(first.field("id"), second.field("id"));
    assert_eq!(
        (&first.headers["x-estafet-attempt"], &second.headers["x-estafet-attempt"]),
        (&"1".parse().unwrap(), &"2".parse().unwrap())
    );
}

// CMN-4, WH-2
#[tokio::test]
async fn it_wants_to_be_left_alone_for_longer_than_handsets_wait() {
    let mut provider =
        Provider::start(|_| (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "3600")])).await;
    let telco = centre().await;
    let gateway = gateway_for(&telco, &provider.url, PATIENCE).await;
    let handset = telco.handset(ANI);
    handset.send("1234", "GAME").await.unwrap();
    provider.next().await;
    handset.send("1234", "AGAIN").await.unwrap();
    for _ in 0..2 {
        let told = handset.next_message(SOON).await.unwrap();
        assert_eq!(&told.text[..], "Sorry, try again later");
    }
    until("both are dead letters", async || gateway.waiting("games/dead-letters").await == 2).await;
}

// CMN-4
#[tokio::test]
async fn it_refuses_for_good() {
    let mut provider = Provider::start(|_| StatusCode::NOT_FOUND).await;
    falls_back(&provider.url.clone()).await;
    provider.next().await;
    assert_eq!(provider.others(), 0);
}

// CMN-4
#[tokio::test]
async fn what_waits_for_one_that_is_away_is_not_called_for_one_by_one() {
    let telco = centre().await;
    let url = format!("http://{}/mo", free_address());
    let gateway = gateway_for(&telco, &url, PATIENCE).await;
    for number in 0..40 {
        telco.handset(&format!("62811100{number:03}")).send("1234", "GAME").await.unwrap();
    }
    let since = Instant::now();
    assert_eq!(telco.texts_when(40).await.len(), 40);
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    until("all are dead letters", async || gateway.waiting("games/dead-letters").await == 40).await;
}

// CMN-4
#[tokio::test]
async fn so_many_attempts_and_no_more() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| (StatusCode::OK, "ERR 99")).await;
    let more = "success = { body_contains = \"OK\" }\nattempts_max = 2";
    let gateway = gateway_for(&telco, &provider.url, more).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    until("it is a dead letter", async || gateway.waiting("games/dead-letters").await == 1).await;
    assert_eq!((provider.others(), telco.texts().len()), (2, 0), "nothing is said without a fallback_text");
}
