//! The REST interface: `/secure/…`.

use serde_json::{Value, json};

use super::{shop, shop_with};
use crate::harness::Texts;

fn json_of(answer: (u16, String)) -> (u16, Value) {
    (answer.0, serde_json::from_str(&answer.1).unwrap())
}

// JS-30: 4.6: 200 `{"data": "Success \"<uuid>"}` - "the closing quote is missing"; errors `{"message": "Error \"..."}`
#[tokio::test]
async fn a_message_is_sent_by_rest() {
    let (telco, gateway, customer) = shop().await;
    let body = r#"{"to": 628111, "from": "1234", "hex_content": "6869", "coding": 0, "dlr_level": 2}"#;
    let (status, said) = json_of(customer.rest("POST", "/secure/send", body).await);
    let data = said["data"].as_str().unwrap();
    assert!(status == 200 && data.starts_with("Success \"") && !data.ends_with('"'), "{said}");
    gateway.record(&data["Success \"".len()..].replace('-', "")).await;
    assert_eq!(telco.texts_when(1).await, ["hi"]);

    let refused = json_of(customer.rest("POST", "/secure/send", r#"{"to": "4670", "content": "x"}"#).await);
    assert_eq!(refused, (412, json!({ "message": "Error \"No route found" })));
}

// JS-35: 4.6: "Bad JSON, bad schedule or bad batch credentials give 412; missing token 401."
#[tokio::test]
async fn what_is_wrong_with_a_call_has_its_status() {
    let (_telco, _gateway, customer) = shop().await;
    for path in ["/secure/send", "/secure/sendbatch"] {
        assert_eq!(customer.rest("POST", path, "{").await.0, 412, "{path}");
        assert_eq!(customer.post(path, "application/json", "{}").await.0, 401, "{path}");
    }
    let schedule = r#"{"messages": [], "batch_config": {"schedule_at": "tomorrow"}}"#;
    assert_eq!(customer.rest("POST", "/secure/sendbatch", schedule).await.0, 412);
    let request = customer.client.post(customer.base.join("/secure/sendbatch").unwrap());
    let answer = super::answer(request.basic_auth("shop", Some("wrong")).body("{}")).await;
    assert_eq!(answer.0, 412);
}

// JS-31: 4.6: `{"data":{"batchId":"..","messageCount":3}}`; "A message lacking `to` or content is silently skipped."
#[tokio::test]
async fn a_batch_is_counted_and_sent() {
    let (telco, _gateway, customer) = shop_with("sources = [\"1234\"]").await;
    let batch = r#"{"globals": {"from": "1234"}, "messages": [
        {"to": ["628111", "628222"], "content": "one"}, {"to": "628333", "content": "two"},
        {"to": "628444"}, {"content": "nobody"}, {"to": "628555", "content": "no", "from": "other"}]}"#;
    let (status, said) = json_of(customer.rest("POST", "/secure/sendbatch", batch).await);
    assert_eq!((status, &said["data"]["messageCount"]), (200, &json!(4)));
    assert_eq!(said["data"]["batchId"].as_str().unwrap().len(), 36);
    assert!(said["data"].get("scheduled").is_none());
    let mut texts = telco.texts_when(3).await;
    texts.sort();
    assert_eq!(texts, ["one", "one", "two"]);
}

// JS-32: 4.6: `[,"scheduled":"86400s"]`
#[tokio::test]
async fn a_batch_waits_until_it_is_due() {
    let (telco, gateway, customer) = shop().await;
    let batch =
        r#"{"messages": [{"to": "628111", "content": "x"}], "batch_config": {"schedule_at": "86400s"}}"#;
    let (_, said) = json_of(customer.rest("POST", "/secure/sendbatch", batch).await);
    assert_eq!(said["data"]["scheduled"], "86400s");
    assert_eq!((gateway.status().await.live_messages, telco.submits().len()), (1, 0));
}

// JS-34: 4.6: GET `/secure/balance`, `/secure/rate`: `{"data": {...}}`
#[tokio::test]
async fn balance_and_rate_are_wrapped() {
    let (_telco, _gateway, customer) = shop().await;
    let balance = json_of(customer.rest("GET", "/secure/balance", "").await);
    assert_eq!(balance, (200, json!({ "data": { "balance": "ND", "sms_count": "ND" } })));
    let rate = json!({ "data": { "submit_sm_count": 1, "unit_rate": 0.0 } });
    let by_body = json_of(customer.rest("GET", "/secure/rate", r#"{"to": "62811"}"#).await);
    assert_eq!(by_body, (200, rate.clone()));
    assert_eq!(json_of(customer.rest("GET", "/secure/rate?to=62811", "").await), (200, rate));
}
