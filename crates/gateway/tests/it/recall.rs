//! Messages that wait are taken back or given another text by HTTP.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sms::State;

use crate::harness::{ANI, Caller, SOON, TestGateway, account, centre, route, smsc};

async fn gateway(telco: &simulator::Smsc) -> TestGateway {
    let accounts = account("bank", "") + &account("shop", "");
    TestGateway::with([smsc("telco", telco.address(), ""), accounts, route("to = [\"telco\"]")]).await
}

/// A message that is due in a while.
async fn later(caller: &Caller, wait: Duration) -> String {
    let at = jiff::Timestamp::try_from(SystemTime::now() + wait).unwrap().to_string();
    caller.post(json!({ "to": ANI, "from": "BANK", "text": "first", "not_before": at })).await.id()
}

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap()
}

// O-5
#[tokio::test]
async fn what_waits_is_taken_back_once() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let (bank, shop) = (gateway.caller("bank"), gateway.caller("shop"));
    let id = later(&bank, Duration::from_secs(3600)).await;

    let strange = shop.delete(&id).await;
    assert_eq!((strange.status, code(&strange.body)), (404, "unknown_message"));
    let answer = bank.delete(&id).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "id": id, "state": "deleted" })));
    assert_eq!(gateway.record(&id).await.state, State::Deleted);
    let again = bank.delete(&id).await;
    assert_eq!((again.status, code(&again.body)), (409, "not_waiting"));
    assert_eq!(telco.stats().submits, 0);
}

// O-5 O-6
#[tokio::test]
async fn what_was_sent_is_not_taken_back() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let bank = gateway.caller("bank");
    let id = bank.post(json!({ "to": ANI, "from": "BANK", "text": "first" })).await.id();
    gateway.record_when(&id, |record| record.state == State::Delivered).await;

    for answer in [bank.delete(&id).await, bank.patch(&id, json!({ "text": "second" })).await] {
        assert_eq!((answer.status, code(&answer.body)), (409, "not_waiting"));
    }
    for answer in [bank.delete("0").await, bank.patch("0", json!({ "text": "second" })).await] {
        assert_eq!((answer.status, code(&answer.body)), (404, "unknown_message"));
    }
}

// O-6
#[tokio::test]
async fn what_waits_says_another_text() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let (bank, handset) = (gateway.caller("bank"), telco.handset(ANI));
    let id = later(&bank, Duration::from_secs(3)).await;

    let strange = gateway.caller("shop").patch(&id, json!({ "text": "stolen" })).await;
    assert_eq!(strange.status, 404);
    let bad = bank.patch(&id, json!({ "to": "1", "text": "x" })).await;
    assert_eq!((bad.status, code(&bad.body)), (400, "bad_json"));
    let long = "да".repeat(60);
    let answer = bank.patch(&id, json!({ "text": long })).await;
    assert_eq!(
        (answer.status, &answer.body["id"], &answer.body["segments"]),
        (200, &id.as_str().into(), &2.into())
    );

    assert_eq!(handset.next_message(SOON).await.unwrap().text, long);
    let record = gateway.record_when(&id, |record| record.state == State::Delivered).await;
    assert_eq!(record.segments, 2);
}
