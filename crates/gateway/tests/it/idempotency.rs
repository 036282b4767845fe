//! Requests that are repeated with their key.

use serde_json::{Value, json};
use simulator::Smsc;

use crate::harness::{ANI, Caller, TestGateway, account, centre, free_address, route, smsc, until};
use crate::kill::Program;

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

fn links(telco: &Smsc) -> [String; 4] {
    let route = route("match = { prefix = \"62\" }\nto = [\"telco\"]");
    [smsc("telco", telco.address(), ""), account("bank", ""), account("shop", ""), route]
}

fn message() -> Value {
    json!({ "to": ANI, "from": "BANK", "text": "hello" })
}

/// Accepted, and refused in three ways; each answer has something of its own.
fn mixed() -> Value {
    json!([
        { "to": "441234567890", "from": "BANK", "text": "no route" },
        { "to": ANI, "from": "BANK", "text": "“quoted”", "transliterate": true, "client_reference": "first" },
        { "to": ["nobody", "62 811-000-112"], "from": "BANK", "text": "x".repeat(400) },
        { "to": ANI, "from": "BANK", "text": "x", "priority": 1, "class": "otp" },
    ])
}

#[tokio::test]
async fn a_request_that_is_repeated_is_answered_as_before_and_sends_nothing() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let bank = gateway.caller("bank");
    for (key, request, submits) in [("1", message(), 1), ("2", mixed(), 1 + 1 + 3)] {
        let first = bank.post_once(key, &request).await;
        assert_eq!((first.status, first.is_replayed), (202, false), "{first:?}");
        for key in [key.to_owned(), format!("\"{key}\"")] {
            let again = bank.post_once(&key, &request).await;
            assert_eq!((again.status, again.is_replayed), (202, true), "{again:?}");
            assert_eq!(again.body, first.body);
        }
        gateway.settled().await;
        assert_eq!(bank.post_once(key, &request).await.body, first.body);
        assert_eq!(telco.stats().submits, submits);
    }
    let codes = bank.post_once("2", &mixed()).await.body;
    let code = |index: usize| codes[index]["problem"]["code"].as_str();
    let expected = [Some("no_route"), None, Some("bad_destination"), None, Some("bad_value")];
    assert_eq!([0, 1, 2, 3, 4].map(code), expected);
    assert_eq!((&codes[3]["segments"], &codes[1]["transliterated"][0]["was"]), (&json!(3), &json!("“")));
    let found = bank.search(&[("client_reference", "first")]).await.body;
    assert_eq!(found["messages"][0]["id"], codes[1]["id"]);
}

#[tokio::test]
async fn every_id_of_the_answer_is_that_of_a_message() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let bank = gateway.caller("bank");
    let request = json!({ "to": (0..300).map(|n| format!("62811{n:07}")).collect::<Vec<_>>(), "text": "x", "from": "B" });
    let first = bank.post_once(KEY, &request).await;
    let again = bank.post_once(KEY, &request).await;
    assert_eq!((first.status, &first.body), (202, &again.body));
    for answer in again.body.as_array().unwrap() {
        let record = bank.record(answer["id"].as_str().unwrap()).await;
        assert_eq!((record.status, &record.body["to"]), (200, &answer["to"]));
    }
}

#[tokio::test]
async fn a_key_is_for_one_content_of_one_account() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let (bank, shop) = (gateway.caller("bank"), gateway.caller("shop"));
    let id = bank.post_once(KEY, &message()).await.id();

    let other = json!({ "to": ANI, "from": "BANK", "text": "hello!" });
    let reused = bank.post_once(KEY, &other).await;
    assert_eq!((reused.status, &reused.body["code"]), (422, &"idempotency_key_reused".into()));
    assert!(!reused.is_replayed);
    let of_another = shop.post_once(KEY, &message()).await;
    assert!(!of_another.is_replayed);
    assert_ne!(of_another.id(), id);
    assert_ne!(bank.post_once("another", &message()).await.id(), id);
    assert_ne!(bank.post(message()).await.id(), bank.post(message()).await.id());

    gateway.settled().await;
    assert_eq!(telco.stats().submits, 5);
}

#[tokio::test]
async fn a_request_of_which_nothing_was_taken_over_leaves_its_key_free() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let bank = gateway.caller("bank");
    let nowhere = json!({ "to": "441234567890", "from": "BANK", "text": "hello" });
    for request in [nowhere.clone(), json!([nowhere])] {
        for _ in 0..2 {
            let refused = bank.post_once(KEY, &request).await;
            assert_eq!((refused.status, refused.is_replayed), (422, false));
        }
    }
    assert!(!bank.post_once(KEY, &message()).await.is_replayed);
}

#[tokio::test]
async fn a_key_that_cannot_be_one_names_the_header() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let bank = gateway.caller("bank");
    for key in ["", "\"\"", "\"open", "two words", &"x".repeat(65)] {
        let refused = bank.post_once(key, &message()).await;
        assert_eq!((refused.status, &refused.body["field"]), (400, &"Idempotency-Key".into()), "{key}");
        assert_eq!(refused.body["code"], "bad_idempotency_key");
    }
    assert_eq!(bank.post_once(&"x".repeat(64), &message()).await.status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_equal_requests_at_a_time_one_passes() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let callers: Vec<Caller> = (0..20).map(|_| gateway.caller("bank")).collect();
    let message = message();

    let answers = callers.iter().map(|caller| caller.post_once(KEY, &message));
    let answers = futures_util::future::join_all(answers).await;

    let (accepted, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 202);
    assert_eq!(accepted.iter().filter(|answer| !answer.is_replayed).count(), 1);
    assert!(accepted.iter().all(|answer| answer.id() == accepted[0].id()));
    for answer in busy {
        assert_eq!((answer.status, &answer.body["code"]), (409, &"idempotency_key_in_use".into()));
    }
    gateway.settled().await;
    assert_eq!(telco.stats().submits, 1);
}

#[tokio::test]
async fn keys_outlive_a_restart() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let first = gateway.caller("bank").post_once(KEY, &mixed()).await;
    gateway.settled().await;

    let gateway = gateway.stop().await.start(links(&telco)).await;

    let again = gateway.caller("bank").post_once(KEY, &mixed()).await;
    assert_eq!((again.status, again.is_replayed), (202, true));
    assert_eq!(again.body, first.body);
    assert_eq!(gateway.caller("bank").post_once(KEY, &message()).await.status, 422);
    gateway.settled().await;
    assert_eq!(telco.stats().submits, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_outlive_a_kill() {
    let telco = centre().await;
    let http = free_address();
    let config = format!("[http]\nlisten = \"{http}\"\n") + &links(&telco).concat();
    let mut program = Program::start(&config);
    let listens = async || tokio::net::TcpStream::connect(http).await.is_ok();
    for round in 0..3 {
        until("the program listens", listens).await;
        let (key, message) = (format!("round-{round}"), message());
        let first = Caller::new(http, "bank").post_once(&key, &message).await;
        assert!(!first.is_replayed);

        program.kill_and_start();
        until("the program listens again", listens).await;

        let again = Caller::new(http, "bank").post_once(&key, &message).await;
        assert!(again.is_replayed, "{again:?}");
        assert_eq!(again.id(), first.id());
    }
}
