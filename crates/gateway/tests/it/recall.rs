//! Messages that wait are taken back or given another text by HTTP.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sms::State;

use crate::harness::{ANI, Caller, SOON, TestGateway, account, centre, route, smsc};
use crate::taking_back::octets_when;

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
    let detail = again.body["detail"].as_str().unwrap();
    assert!(detail.contains("taken back already"), "{detail}");
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

// O-6
#[tokio::test]
async fn another_text_leaves_all_else_as_it_is() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let (bank, due) = (gateway.caller("bank"), SystemTime::now() + Duration::from_secs(3));
    let at = jiff::Timestamp::try_from(due).unwrap().to_string();
    let hand_in = async |more: Value| {
        let mut message = json!({ "to": ANI, "from": "BANK", "text": "first", "not_before": at });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bank.post(message).await.id()
    };
    for (more, changes) in [
        (json!({ "ports": { "destination": 2948 } }), json!({ "text": "ports" })),
        (json!({ "waiting": { "kind": "voice", "count": 3 } }), json!({ "text": "waiting" })),
        (json!({ "flash": true }), json!({ "text": "flash" })),
        (json!({ "flash": true }), json!({ "text": "kept", "flash": false })),
    ] {
        let id = hand_in(more).await;
        assert_eq!(bank.patch(&id, changes).await.status, 200);
    }
    let octets = hand_in(json!({ "text": null, "binary": "00", "udh": "0605040b8423f0" })).await;
    let refused = bank.patch(&octets, json!({ "text": "x" })).await;
    assert_eq!((refused.status, code(&refused.body)), (409, "does_not_fit"));
    let waiting = hand_in(json!({ "waiting": { "kind": "voice", "count": 3 } })).await;
    let refused = bank.patch(&waiting, json!({ "text": "x", "flash": true })).await;
    assert_eq!((refused.status, &refused.body["field"]), (409, &json!("flash")));
    for id in [&octets, &waiting] {
        assert_eq!(bank.delete(id).await.status, 200);
    }

    let mut sent = octets_when(&telco, 4).await;
    sent.sort_by_key(|(.., octets)| octets.last().copied());
    let expected: [(u8, u8, &[u8]); 4] = [
        (0x40, 0xD8, b"\x04\x01\x02\x80\x03waiting"),
        (0x00, 0xF0, b"flash"),
        (0x40, 0x00, b"\x06\x05\x04\x0b\x84\x00\x00ports"),
        (0x00, 0x00, b"kept"),
    ];
    for (esm_class, data_coding, octets) in expected {
        assert!(sent.contains(&(esm_class, data_coding, octets.to_vec())), "{sent:?}");
    }
}

// O-6
#[tokio::test]
async fn the_record_says_when_a_message_may_be_sent_and_that_it_has_another_text() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let bank = gateway.caller("bank");
    let at = "2036-01-01T00:00:00.000Z";
    let far = bank.post(json!({ "to": ANI, "from": "BANK", "text": "first", "not_before": at })).await;
    assert_eq!((far.status, &far.body["field"]), (422, &json!("not_before")));

    let now = SystemTime::now();
    let due = jiff::Timestamp::try_from(now + Duration::from_secs(7200)).unwrap();
    let due = due.round(jiff::Unit::Second).unwrap();
    let end = due + jiff::SignedDuration::from_secs(60);
    let message = json!({
        "to": ANI, "from": "BANK", "text": "first", "not_before": due.to_string(), "validity_s": 60,
    });
    let id = bank.post(message).await.id();
    let record = bank.record(&id).await.body;
    let shown = |at: jiff::Timestamp| json!(format!("{at:.3}"));
    assert_eq!((&record["not_before"], &record["expires_at"]), (&shown(due), &shown(end)));

    assert_eq!(bank.patch(&id, json!({ "text": "second" })).await.status, 200);
    let record = bank.record(&id).await.body;
    let events: Vec<&str> =
        record["history"].as_array().unwrap().iter().map(|step| step["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["accepted", "replaced"]);
    assert!(!record.to_string().contains("second"), "never the text");
    assert_eq!((&record["not_before"], &record["expires_at"]), (&shown(due), &shown(end)));

    let usual = bank.post(json!({ "to": ANI, "from": "BANK", "text": "now" })).await.id();
    gateway.record_when(&usual, |record| record.state == State::Delivered).await;
    let record = bank.record(&usual).await.body;
    assert!(record.get("not_before").is_none() && record["expires_at"].is_string(), "{record}");
}
