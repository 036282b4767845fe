//! What is told to a `dlr-url`, and to the URLs of a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use serde_json::json;
use simulator::{Every, Fates, Faults, Smsc, SmscConfig};
use smpp::CommandStatus;
use sms::State;

use super::{Customer, id, shop, shop_with};
use crate::harness::{Listeners, Provider, TestGateway, Told, account, centre_with, route, smsc};

const CALLED: &str = "jasmin = { dlr = true, allow_private_address = true }";

async fn shop_at(config: SmscConfig) -> (Smsc, TestGateway, Customer) {
    let telco = centre_with(config).await;
    let listeners = Listeners { http: "jasmin = true".to_owned(), ..Listeners::default() };
    let links = [smsc("telco", telco.address(), ""), account("shop", CALLED), route("to = [\"telco\"]")];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    (telco, gateway, customer)
}

async fn receiver() -> Provider {
    Provider::start(|_: &Told| "ACK/Jasmin").await
}

async fn send(customer: &Customer, receiver: &Provider, more: &str) -> String {
    let url: String = form_urlencoded::byte_serialize(receiver.url.as_bytes()).collect();
    let query = format!("to=628111&from=1234&content=hello&dlr-url={url}&{more}");
    id(&customer.get("/send", &query).await)
}

/// An id as Jasmin writes it.
fn dashed(id: &str) -> String {
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}

// JS-23: 4.4: `id`, `message_status`, `level`, `connector` at level 1: "`level` is the event's level"; "Level 1 status is `ESME_*`"
#[tokio::test]
async fn level_1_is_told_what_the_smsc_answered() {
    let (_telco, gateway, customer) = shop_at(SmscConfig::default()).await;
    let mut receiver = receiver().await;
    let id = send(&customer, &receiver, "dlr-level=1").await;
    let told = receiver.next().await;
    assert_eq!(told.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(told.headers["accept"], "text/plain");
    let body = format!("id={}&level=1&message_status=ESME_ROK&connector=telco", dashed(&id));
    assert_eq!(told.body, body);
    gateway.settled().await;
    assert_eq!(receiver.others(), 0);
}

// JS-24: 4.4: "level 2 is DELIVRD/EXPIRED/…"; `id_smsc`, `sub`, `dlvrd`, `subdate`, `donedate`, `err`, `text`
#[tokio::test]
async fn level_2_is_told_the_receipt_with_all_its_fields() {
    let (_telco, gateway, customer) =
        shop_at(SmscConfig { first_id: Some(4711), ..SmscConfig::default() }).await;
    let mut receiver = receiver().await;
    let id = send(&customer, &receiver, "dlr-level=2&dlr-method=GET").await;
    let told = receiver.next().await;
    assert_eq!((told.method.as_str(), told.body.as_str()), ("GET", ""));
    let date = |name: &str| told.query_field(name).unwrap();
    let expected = format!(
        "id={}&level=2&message_status=DELIVRD&connector=telco&id_smsc={}&sub=001&dlvrd=001&subdate={}&donedate={}&err=000&text=hello",
        dashed(&id),
        date("id_smsc"),
        date("subdate"),
        date("donedate")
    );
    assert_eq!(told.query, expected);
    assert!(date("id_smsc").contains("4711") && date("subdate").len() == 10 && date("donedate").len() == 10);
    gateway.settled().await;
    assert_eq!(receiver.others(), 0);
}

// JS-8: 4.1: `dlr-level` 3 is both
#[tokio::test]
async fn level_3_is_told_both() {
    let fates = Fates { by_suffix: vec![("111".to_owned(), State::Undeliverable)], ..Fates::default() };
    let (_telco, gateway, customer) = shop_at(SmscConfig { fates, ..SmscConfig::default() }).await;
    let mut receiver = receiver().await;
    send(&customer, &receiver, "dlr-level=3").await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let call = receiver.next().await;
        told.push((call.field("level").unwrap(), call.field("message_status").unwrap()));
    }
    told.sort();
    let expected =
        [("1", "ESME_ROK"), ("2", "UNDELIV")].map(|(level, status)| (level.to_owned(), status.to_owned()));
    assert_eq!(told, expected);
    gateway.settled().await;
    assert_eq!(receiver.others(), 0);
}

// JS-23: 4.4: "Level 1 status is `ESME_*`" also of what the SMSC refuses
#[tokio::test]
async fn what_the_smsc_refuses_is_told_with_its_status() {
    let faults = Faults { status: Some((Every::nth(1), CommandStatus::INVDSTADR)), ..Faults::default() };
    let (_telco, gateway, customer) = shop_at(SmscConfig { faults, ..SmscConfig::default() }).await;
    let mut receiver = receiver().await;
    send(&customer, &receiver, "dlr-level=1").await;
    assert_eq!(receiver.next().await.field("message_status").unwrap(), "ESME_RINVDSTADR");
    send(&customer, &receiver, "dlr-level=2").await;
    let told = receiver.next().await;
    assert_eq!(told.field("message_status").unwrap(), "REJECTD");
    assert_eq!(
        (told.field("id_smsc").unwrap(), told.field("dlvrd").unwrap()),
        ("ND".to_owned(), "000".to_owned())
    );
    gateway.settled().await;
    assert_eq!(receiver.others(), 0);
}

// JS-25, JS-26: 4.4: "Acknowledge rule: HTTP status below 400 and trimmed body exactly `ACK/Jasmin`."
#[tokio::test]
async fn only_its_acknowledgement_settles_a_callback() {
    let (_telco, gateway, customer) = shop_at(SmscConfig::default()).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let answer = move |_: &Told| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => (StatusCode::OK, "OK"),
        1 => (StatusCode::NOT_FOUND, "ACK/Jasmin"),
        _ => (StatusCode::FOUND, " ACK/Jasmin\n"),
    };
    let mut receiver = Provider::start(answer).await;
    send(&customer, &receiver, "dlr-level=2").await;
    for _ in 0..3 {
        assert_eq!(receiver.next().await.field("message_status").unwrap(), "DELIVRD");
    }
    gateway.settled().await;
    assert_eq!(receiver.others(), 0);
}

// JS-8: 4.1: "`dlr-url` … without it no callback is stored"
#[tokio::test]
async fn an_account_that_is_not_called_has_its_receipts_where_they_always_go() {
    let (_telco, gateway, customer) = shop_at(SmscConfig::default()).await;
    let answer = customer.get("/send", "to=628111&content=x&dlr=yes").await;
    gateway.record_when(&id(&answer), |record| record.state == State::Delivered).await;
}

// JS-8, JS-13: a URL that is not called has an invalid value
#[tokio::test]
async fn a_url_that_is_not_called_is_refused_if_it_would_be() {
    let (_telco, _gateway, customer) = shop_with("jasmin = { dlr = true, allow_ports = [8443] }").await;
    let long = format!("https://cp.example/{}", "a".repeat(2048));
    for url in ["http://cp.example/", "https://10.0.0.1/", "https://cp.example:25/", "https://", &long] {
        let query = format!("to=628111&content=x&dlr-level=2&dlr-url={url}");
        let refused = format!("Error \"Argument [dlr-url] has an invalid value: [{url}].\"");
        assert_eq!(customer.get("/send", &query).await, (400, refused), "{url}");
        for name in ["callback_url", "errback_url"] {
            let batch = json!({
                "messages": [{"to": ["628111"], "content": "x"}], "batch_config": { name: url },
            });
            let (status, said) = customer.rest("POST", "/secure/sendbatch", &batch.to_string()).await;
            assert!(status == 412 && said.contains(&format!("Argument [{name}]")), "{url}: {said}");
        }
    }
    id(&customer.get("/send", "to=628111&content=x&dlr-url=https://cp.invalid:8443/dlr").await);
    let (_telco, _gateway, customer) = shop().await;
    id(&customer.get("/send", "to=628111&content=x&dlr-url=http://10.0.0.1/").await);
}

// JS-33: 4.6: "Batch callbacks are GET with `batchId`, `to`, `status` (1/0), `statusText`"
#[tokio::test]
async fn a_batch_tells_of_each_of_its_messages() {
    let (_telco, gateway, customer) = shop_at(SmscConfig::default()).await;
    let mut receiver = Provider::start(|_: &Told| "anything").await;
    let batch = format!(
        r#"{{"messages": [{{"to": ["628111"], "content": "x"}}, {{"to": "62x", "content": "y"}}],
            "batch_config": {{"callback_url": "{0}?a=1", "errback_url": "{0}"}}}}"#,
        receiver.url
    );
    let (status, said) = customer.rest("POST", "/secure/sendbatch", &batch).await;
    assert_eq!(status, 200, "{said}");
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let batch_id = said["data"]["batchId"].as_str().unwrap();
    let mut told = Vec::new();
    for _ in 0..2 {
        let call = receiver.next().await;
        assert_eq!((call.method.as_str(), call.query_field("batchId").as_deref()), ("GET", Some(batch_id)));
        told.push(["status", "to", "statusText"].map(|name| call.query_field(name).unwrap()));
    }
    told.sort();
    assert_eq!(told[0], ["0", "62x", "HTTPAPI error: Error \"Argument [to] has an invalid value: [62x]."]);
    assert_eq!(told[1][..2], ["1", "628111"]);
    id(&(200, told[1][2].clone()));
    gateway.settled().await;
    assert_eq!(receiver.others(), 0);
}
