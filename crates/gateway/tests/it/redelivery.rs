//! An SMSC that brings a message again (CMN-3).

use axum::http::StatusCode;
use serde_json::{Value, json};
use smpp::{Body, TlvTag, VERSION_3_4};

use crate::harness::{
    ANI, Caller, Provider, TestGateway, Texts, Wire, account, application, behind_played_smsc, centre,
    message, route, smsc, until,
};

async fn gateway_for(telco: &simulator::Smsc, provider: &Provider, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), more),
        application("games", &provider.url, ""),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
    ])
    .await
}

// CMN-3
#[tokio::test]
async fn what_comes_again_is_one_transaction_with_one_reply() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| "voted").await;
    let gateway = gateway_for(&telco, &provider, "duplicate_window_s = 60").await;
    let handset = telco.handset(ANI);

    handset.send("1234", "VOTE A").await.unwrap();
    let first = provider.next().await;
    handset.send("1234", "VOTE A").await.unwrap();
    let again = provider.next().await;
    handset.send("1234", "VOTE B").await.unwrap();
    let other = provider.next().await;

    assert_eq!((first.field("id"), first.field("duplicate")), (again.field("id"), None));
    assert_eq!(again.field("duplicate").as_deref(), Some("true"));
    assert!(other.field("id") != first.field("id") && other.field("duplicate").is_none());
    gateway.settled().await;
    assert_eq!(telco.texts(), ["voted", "voted"], "one for each transaction");
}

// CMN-3, CMN-5
#[tokio::test]
async fn what_comes_again_has_one_reply_though_it_may_have_several() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| "voted").await;
    let links = [
        smsc("telco", telco.address(), "duplicate_window_s = 60"),
        application("games", &provider.url, "account = \"bank\"\nreplies_max = 2"),
        account("bank", ""),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
    ];
    let gateway = TestGateway::with(links.clone()).await;
    let handset = telco.handset(ANI);
    for _ in 0..2 {
        handset.send("1234", "VOTE A").await.unwrap();
        provider.next().await;
        gateway.settled().await;
    }
    let gateway = gateway.stop().await.start(links).await;
    handset.send("1234", "VOTE A").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    gateway.settled().await;
    let later = json!({ "to": ANI, "trx_id": id, "text": "counted" });
    assert_eq!(gateway.caller("bank").post(later).await.status, 202);
    assert_eq!(telco.texts_when(2).await, ["voted", "counted"]);
}

// CMN-3
#[tokio::test]
async fn a_long_message_that_comes_again_is_one_transaction_too() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| ()).await;
    let gateway = gateway_for(&telco, &provider, "duplicate_window_s = 60").await;
    let handset = telco.handset(ANI);
    let segments = handset.segments("1234", &"VOTE A ".repeat(40)).unwrap();

    handset.send_segments(segments.clone()).await.unwrap();
    provider.next().await;
    handset.send_segments(segments).await.unwrap();

    gateway.settled().await;
    assert_eq!(provider.others(), 0, "parts of a message that is complete are nothing new");
}

const TO_BANK: &str = "match = { destination = \"1234\" }\nto = [\"bank\"]";

fn behind_callback(telco: &simulator::Smsc, provider: &Provider) -> [String; 3] {
    [
        smsc("telco", telco.address(), "duplicate_window_s = 60"),
        account("bank", &format!("callback_url = \"{}\"\nallow_private_address = true", provider.url)),
        route(TO_BANK),
    ]
}

fn told(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

// CMN-3
#[tokio::test]
async fn an_account_is_called_again_with_the_id_of_the_first_across_a_restart_too() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| StatusCode::NO_CONTENT).await;
    let links = behind_callback(&telco, &provider);
    let gateway = TestGateway::with(links.clone()).await;
    let handset = telco.handset(ANI);
    handset.send("1234", "VOTE A").await.unwrap();
    let first = provider.next().await;
    handset.send("1234", "VOTE A").await.unwrap();
    let again = provider.next().await;
    let _gateway = gateway.stop().await.start(links).await;
    handset.send("1234", "VOTE A").await.unwrap();
    let third = provider.next().await;

    let [first, again, third] = [first, again, third].map(|call| told(&call.body));
    assert_eq!(first.get("duplicate"), None);
    for again in [again, third] {
        assert_eq!((&again["id"], &again["duplicate"]), (&first["id"], &json!(true)));
    }
}

async fn items(caller: &Caller) -> Vec<Value> {
    let answer = caller.call("GET", "/v1/inbox?wait_s=30", None).await;
    answer.body["items"].as_array().unwrap().clone()
}

// CMN-3
#[tokio::test]
async fn what_comes_again_is_an_item_of_its_own_with_the_id_of_the_first() {
    let telco = centre().await;
    let links = [smsc("telco", telco.address(), ""), account("bank", "inbox = true"), route(TO_BANK)];
    let gateway = TestGateway::with(links).await;
    let (handset, bank) = (telco.handset(ANI), gateway.caller("bank"));
    let mut told = Vec::new();
    for _ in 0..2 {
        let mut segments = handset.segments("1234", "VOTE A").unwrap();
        segments[0].tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"m1\0").unwrap();
        handset.send_segments(segments).await.unwrap();
        told.extend(items(&bank).await);
    }

    let [first, again] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&first["id"], first.get("duplicate")), (&again["id"], None));
    assert_eq!(again["duplicate"], json!(true));
    assert_ne!(first["ack_id"], again["ack_id"]);
    let ids = json!({ "ids": [first["ack_id"], again["ack_id"]] });
    let done = bank.call("POST", "/v1/inbox/ack", Some(ids)).await.body;
    assert_eq!(done["acknowledged"], 2, "{done}");
}

// CMN-3
#[tokio::test]
async fn what_comes_again_is_a_dead_letter_by_the_id_of_the_first() {
    let telco = centre().await;
    let provider = Provider::start(|_| StatusCode::GONE).await;
    let gateway = TestGateway::with(behind_callback(&telco, &provider)).await;
    let (handset, bank) = (telco.handset(ANI), gateway.caller("bank"));
    for _ in 0..2 {
        handset.send("1234", "VOTE A").await.unwrap();
    }
    until("both are dead letters", async || gateway.waiting("bank/dead-letters").await == 2).await;

    let letters = bank.call("GET", "/v1/dead-letters", None).await.body;
    let [first, again] = [0, 1].map(|place| &letters["dead_letters"][place]);
    assert_eq!((&first["id"], &again["duplicate"]), (&again["id"], &json!(true)), "{letters}");
    let ids = json!({ "ids": [first["id"]] });
    let replayed = bank.call("POST", "/v1/dead-letters/replay", Some(ids)).await.body;
    assert_eq!(replayed, json!({ "replayed": 2 }));
}

// CMN-3
#[tokio::test]
async fn an_id_of_the_smsc_tells_one_vote_from_the_next() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| ()).await;
    let _gateway = gateway_for(&telco, &provider, "").await;
    let handset = telco.handset(ANI);
    let mut ids = Vec::new();
    for name in ["m1", "m1", "m2"] {
        let mut segments = handset.segments("1234", "VOTE A").unwrap();
        segments[0].tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, format!("{name}\0").as_bytes()).unwrap();
        handset.send_segments(segments).await.unwrap();
        ids.push(provider.next().await.field("id").unwrap());
    }
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
}

// CMN-3
#[tokio::test]
async fn what_has_to_be_looked_for_keeps_its_place() {
    let (gateway, mut telco) =
        behind_played_smsc("match = { destination = \"1234\" }\nto = [\"bank\"]").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    for number in 0..90 {
        let mut brought = message("1234", ANI, &number.to_string());
        // Every third is nothing that can be known again.
        if number % 3 != 2 {
            let name = format!("m{number}\0");
            brought.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, name.as_bytes()).unwrap();
        }
        telco.send(Body::DeliverSm(brought)).await;
    }
    for number in 0..90 {
        assert_eq!(bank.delivered().await.short_message, number.to_string());
    }
}
