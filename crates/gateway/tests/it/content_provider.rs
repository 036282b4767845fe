//! A handset writes to a short code, a content provider is called, and its answer goes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::any;
use simulator::{Application, ApplicationConfig, Call, Smsc};
use sms::State;
use tokio::sync::mpsc;

use crate::harness::{ANI, SOON, TestGateway, Texts, application, centre, route, smsc};

/// Everything that handsets send to 1234 goes to the application; all else leaves by `other`.
async fn gateway_for(telco: &Smsc, other: &Smsc, games: String, more: String) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        smsc("other", other.address(), ""),
        games,
        more,
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        route("to = [\"other\"]"),
    ])
    .await
}

async fn answered(method: &str) {
    let (telco, other) = (centre().await, centre().await);
    let provider = Application::start(ApplicationConfig::default()).await.unwrap();
    let games = application("games", &provider.url(), &format!("method = \"{method}\""));
    let _gateway = gateway_for(&telco, &other, games, String::new()).await;
    let handset = telco.handset(ANI);

    handset.send("1234", "GAME JOIN").await.unwrap();

    let call = provider.next_call(SOON).await.unwrap();
    assert_eq!((&call.from[..], &call.to[..], &call.text[..]), (ANI, "1234", "GAME JOIN"));
    let answer = handset.next_message(SOON).await.unwrap();
    assert_eq!(
        (&answer.from[..], &answer.text[..]),
        ("1234", "Welcome to the game. Send GAME STOP to leave.")
    );
    assert_eq!(other.stats().submits, 0, "the answer leaves by the SMSC that brought the question");
}

#[tokio::test]
async fn the_answer_to_a_post_reaches_the_handset() {
    answered("POST").await;
}

#[tokio::test]
async fn the_answer_to_a_get_reaches_the_handset() {
    answered("GET").await;
}

#[tokio::test]
async fn a_route_for_its_answers_sends_them_elsewhere() {
    let (telco, other) = (centre().await, centre().await);
    let provider = Application::start(ApplicationConfig::default()).await.unwrap();
    let elsewhere = route("from = { link = \"games\" }\nto = [\"other\"]");
    let _gateway = gateway_for(&telco, &other, application("games", &provider.url(), ""), elsewhere).await;

    telco.handset(ANI).send("1234", "hello").await.unwrap();

    assert_eq!(other.texts_when(1).await, ["You wrote: hello"]);
    assert_eq!(telco.stats().submits, 0);
}

#[tokio::test]
async fn a_provider_that_fails_is_called_again_with_the_same_id() {
    let (telco, other) = (centre().await, centre().await);
    let (url, mut calls) = failing_twice().await;
    let gateway = gateway_for(&telco, &other, application("games", &url, ""), String::new()).await;
    let handset = telco.handset(ANI);

    handset.send("1234", "GAME JOIN").await.unwrap();

    assert_eq!(handset.next_message(SOON).await.unwrap().text, "at last");
    let mut ids = Vec::new();
    while let Ok(body) = calls.try_recv() {
        let fields = form_urlencoded::parse(body.as_bytes()).into_owned();
        ids.extend(fields.filter(|(name, _)| name == "id").map(|(_, id)| id));
    }
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    gateway.settled().await;
    assert_eq!(telco.texts(), ["at last"]);
}

#[tokio::test]
async fn an_empty_answer_is_no_reply() {
    let (telco, other) = (centre().await, centre().await);
    let only_games = |call: &Call| call.text.starts_with("GAME").then(|| "welcome".to_owned());
    let config = ApplicationConfig { answer: Some(Arc::new(only_games)), ..ApplicationConfig::default() };
    let provider = Application::start(config).await.unwrap();
    let gateway = gateway_for(&telco, &other, application("games", &provider.url(), ""), String::new()).await;
    let handset = telco.handset(ANI);

    handset.send("1234", "quiet please").await.unwrap();
    let quiet = provider.next_call(SOON).await.unwrap();
    handset.send("1234", "GAME JOIN").await.unwrap();

    assert_eq!(handset.next_message(SOON).await.unwrap().text, "welcome");
    gateway.settled().await;
    assert_eq!(gateway.record(&quiet.id).await.state, State::Delivered);
    assert_eq!(telco.texts(), ["welcome"]);
}

/// A provider that answers 500 to the first two calls, with the bodies of all calls.
async fn failing_twice() -> (String, mpsc::UnboundedReceiver<String>) {
    let (bodies, calls) = mpsc::unbounded_channel();
    let count = Arc::new(AtomicU32::new(0));
    let answer = move |body: String| async move {
        bodies.send(body).unwrap();
        if count.fetch_add(1, Ordering::Relaxed) < 2 {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        "at last".into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mo", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
    (url, calls)
}
