//! What is urgent overtakes what is not.

use std::time::Duration;

use serde_json::json;
use simulator::{Esme, Faults, SmscConfig, address};
use smpp::ShortMessage;

use crate::harness::{
    ANI, SOON, TestGateway, Texts, account, centre, centre_at, centre_with, free_address, route, smsc,
};

async fn submit_urgent(esme: &Esme, text: &'static str) {
    let message = ShortMessage {
        source: address("BANK").unwrap(),
        destination: address(ANI).unwrap(),
        priority_flag: 3,
        short_message: text.into(),
        ..ShortMessage::default()
    };
    esme.submit_pdu(message).await.unwrap();
}

#[tokio::test]
async fn an_urgent_message_leaves_before_a_backlog() {
    // B-3
    let address = free_address();
    let gateway = TestGateway::with([
        smsc("telco", address, "sessions = 2\nwindow = 5"),
        account("shop", ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let (shop, bank) = (gateway.bind("shop").await, gateway.bind("bank").await);
    for number in 0..50 {
        shop.submit(ANI, "SHOP", &format!("bulk {number}"), true).await.unwrap();
    }
    submit_urgent(&bank, "your code is 1234").await;

    let telco = centre_at(address).await;

    assert_eq!(telco.texts_when(51).await[0], "your code is 1234");
}

#[tokio::test]
async fn an_urgent_message_overtakes_bulk_that_is_under_way() {
    // B-3
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), "sessions = 2\nwindow = 5\nrate = 50"),
        account("shop", ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let (shop, bank) = (gateway.bind("shop").await, gateway.bind("bank").await);
    for number in 0..150 {
        shop.submit(ANI, "SHOP", &format!("bulk {number}"), true).await.unwrap();
    }
    let before = telco.texts_when(10).await.len();

    submit_urgent(&bank, "your code is 1234").await;

    let texts = telco.texts_when(151).await;
    let place = texts.iter().position(|text| text == "your code is 1234").unwrap();
    // Both windows and what left meanwhile may be before it.
    assert!((before..100).contains(&place), "at {place}");
    for _ in 0..150 {
        assert!(shop.next_receipt(SOON).await.is_some());
    }
}

#[tokio::test]
async fn an_urgent_message_is_the_next_behind_what_fills_the_windows() {
    // B-3
    let faults = Faults { answer_delay: Duration::from_millis(20), ..Faults::default() };
    let telco = centre_with(SmscConfig { faults, ..SmscConfig::default() }).await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), "sessions = 2\nwindow = 5"),
        account("shop", ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let (shop, bank) = (gateway.bind("shop").await, gateway.bind("bank").await);
    let bulk = (0..100).map(|number| {
        let shop = &shop;
        async move { shop.submit(ANI, "SHOP", &format!("bulk {number}"), false).await.unwrap() }
    });
    futures_util::future::join_all(bulk).await;

    submit_urgent(&bank, "your code is 1234").await;

    let before = telco.texts().len();
    let texts = telco.texts_when(101).await;
    let place = texts.iter().position(|text| text == "your code is 1234").unwrap();
    assert!(place <= before + 10, "at {place}, {before} were there when it was accepted");
}

#[tokio::test]
async fn a_one_time_password_by_http_leaves_before_a_backlog() {
    let address = free_address();
    let gateway = TestGateway::with([
        smsc("telco", address, ""),
        account("shop", ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let shop = gateway.bind("shop").await;
    for number in 0..20 {
        shop.submit(ANI, "SHOP", &format!("bulk {number}"), false).await.unwrap();
    }
    let code = json!({ "to": ANI, "from": "BANK", "text": "your code is 1234", "class": "otp" });
    gateway.caller("bank").post(code).await.id();
    let other = json!({ "to": ANI, "from": "BANK", "text": "no", "class": "vip" });
    let refused = gateway.caller("bank").post(other).await;
    assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("class")));

    let telco = centre_at(address).await;

    assert_eq!(telco.texts_when(21).await[0], "your code is 1234");
    assert_eq!(telco.submits()[0].message.priority_flag, 3);
}
