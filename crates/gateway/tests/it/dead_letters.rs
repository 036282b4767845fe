//! What cannot be told by HTTP waits for its owner to look at it.

use std::sync::atomic::{AtomicU16, Ordering};

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig, Every, Smsc};
use smpp::{BindMode, Body, Destination, Destinations, ShortMessage, SubmitMulti, VERSION_3_4};
use sms::State;

use crate::harness::{ANI, Provider, SOON, TestGateway, Wire, account, centre, message, route, smsc, until};

/// Refuses everything with this status.
async fn refusing(status: u16) -> Application {
    let config =
        ApplicationConfig { fail: Every::nth(1), fail_status: status, ..ApplicationConfig::default() };
    Application::start(config).await.unwrap()
}

async fn taking() -> Application {
    Application::start(ApplicationConfig::default()).await.unwrap()
}

fn links(telco: &Smsc, games: &Application, shop: &Application) -> [String; 5] {
    let application = format!(
        "[[application]]\nname = \"games\"\nurl = \"{}\"\nallow_private_address = true\naccount = \"shop\"\n",
        games.url()
    );
    let shop = format!("callback_url = \"{}\"\nallow_private_address = true\n", shop.url());
    [
        smsc("telco", telco.address(), ""),
        account("shop", &shop),
        application,
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        route("to = [\"telco\"]"),
    ]
}

async fn dead(gateway: &TestGateway) -> Vec<Value> {
    let listed = gateway.caller("shop").call("GET", "/v1/dead-letters", None).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    listed.body["dead_letters"].as_array().unwrap().clone()
}

async fn dead_when(gateway: &TestGateway, count: usize) -> Vec<Value> {
    until("dead letters", async || dead(gateway).await.len() == count).await;
    dead(gateway).await
}

async fn replay(gateway: &TestGateway, body: Option<Value>) -> Value {
    gateway.caller("shop").call("POST", "/v1/dead-letters/replay", body).await.body
}

#[tokio::test]
async fn what_a_provider_refuses_for_good_is_kept_and_can_be_told_again() {
    let (telco, deaf, shop) = (centre().await, refusing(404).await, taking().await);
    let gateway = TestGateway::with(links(&telco, &deaf, &shop)).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();

    let [letter] = &dead_when(&gateway, 1).await[..] else { panic!("one") };
    assert_eq!(
        (&letter["link"], &letter["event"], &letter["text"]),
        (&json!("games"), &json!("message"), &json!("GAME"))
    );
    let id = letter["id"].as_str().unwrap().to_owned();

    let stopped = gateway.stop().await;
    let games = taking().await;
    let gateway = stopped.start(links(&telco, &games, &shop)).await;
    assert_eq!(dead(&gateway).await.len(), 1, "a restart changes nothing");
    assert_eq!(replay(&gateway, Some(json!({"ids": [&id]}))).await, json!({"replayed": 1}));
    let call = games.next_call(SOON).await.unwrap();
    assert_eq!((&call.id, &call.text), (&id, &"GAME".to_owned()));
    gateway.settled().await;
    assert!(dead(&gateway).await.is_empty());
}

// WH-2
#[tokio::test]
async fn a_callback_that_is_gone_is_not_called_again() {
    let (telco, games, gone) = (centre().await, taking().await, refusing(410).await);
    let gateway = TestGateway::with(links(&telco, &games, &gone)).await;
    let message = json!({ "to": ANI, "from": "SHOP", "text": "hello" });
    let id = gateway.caller("shop").post(message).await.id();

    let [letter] = &dead_when(&gateway, 1).await[..] else { panic!("one") };
    assert_eq!(
        (&letter["link"], &letter["event"], &letter["id"]),
        (&json!("shop"), &json!("receipt"), &json!(id))
    );
    assert_eq!(gone.call_count(), 1);

    let path = format!("/v1/dead-letters/{id}");
    let caller = gateway.caller("shop");
    assert_eq!(caller.call("DELETE", &path, None).await.status, 204);
    assert_eq!(caller.call("DELETE", &path, None).await.status, 404);
    assert!(dead(&gateway).await.is_empty());
    gateway.settled().await;
    gateway.record_when(&id, |record| record.state == State::Delivered).await;
}

#[tokio::test]
async fn what_was_handed_in_at_once_goes_by_the_one_id_that_it_has() {
    static STATUS: AtomicU16 = AtomicU16::new(410);
    let (_telco, _shop, gateway) = shop_with_status(&STATUS).await;
    let alone = gateway.caller("shop").post(json!({ "to": ANI, "from": "SHOP", "text": "alone" })).await.id();
    let mut wire = Wire::bind_as(&gateway, "shop", VERSION_3_4, BindMode::Transmitter).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let pdu = submit_to_all(&["628111000001", "628111000002", "628111000003"]);
        let Body::SubmitMultiResp(response) = wire.ask(pdu).await.body else {
            panic!("no submit_multi_resp")
        };
        ids.push(response.message_id.to_string());
    }
    let letters = dead_when(&gateway, 7).await;
    for id in &ids {
        assert_eq!(letters.iter().filter(|letter| letter["id"] == **id).count(), 3, "{letters:?}");
    }

    let caller = gateway.caller("shop");
    assert_eq!(caller.call("DELETE", &format!("/v1/dead-letters/{}", ids[0]), None).await.status, 204);
    let left = dead(&gateway).await;
    assert_eq!(left.len(), 4);
    assert!(left.iter().all(|letter| letter["id"] != *ids[0]), "{left:?}");
    STATUS.store(200, Ordering::Relaxed);
    assert_eq!(
        replay(&gateway, Some(json!({ "ids": [ids[1], "0".repeat(32)] }))).await,
        json!({ "replayed": 3 })
    );
    let [letter] = &dead_when(&gateway, 1).await[..] else { panic!("one") };
    assert_eq!(letter["id"], alone);
}

fn submit_to_all(numbers: &[&str]) -> Body {
    let address = |to: &&str| Destination::Address(simulator::address(to).unwrap());
    let destinations: Vec<_> = numbers.iter().map(address).collect();
    let message = ShortMessage { destination: smpp::Address::default(), ..message(ANI, "SHOP", "to all") };
    Body::SubmitMulti(SubmitMulti { message, destinations: Destinations::of(&destinations).unwrap() })
}

#[tokio::test]
async fn nobody_sees_or_moves_the_dead_letters_of_others() {
    let (telco, deaf, shop) = (centre().await, refusing(404).await, taking().await);
    let [telco_link, shop_account, games, to_games, to_telco] = links(&telco, &deaf, &shop);
    let all = [telco_link, shop_account, account("other", ""), games, to_games, to_telco];
    let gateway = TestGateway::with(all).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = dead_when(&gateway, 1).await[0]["id"].as_str().unwrap().to_owned();

    let other = gateway.caller("other");
    assert_eq!(
        other.call("GET", "/v1/dead-letters", None).await.body,
        json!({ "dead_letters": [], "next": null })
    );
    assert_eq!(other.call("POST", "/v1/dead-letters/replay", None).await.body, json!({ "replayed": 0 }));
    assert_eq!(other.call("DELETE", &format!("/v1/dead-letters/{id}"), None).await.status, 404);
    assert_eq!(dead(&gateway).await.len(), 1);
}

/// An account whose callback answers with a status that can be changed.
async fn shop_with_status(status: &'static AtomicU16) -> (Smsc, Provider, TestGateway) {
    let telco = centre().await;
    let shop = Provider::start(move |_| StatusCode::from_u16(status.load(Ordering::Relaxed)).unwrap()).await;
    let callback = format!("callback_url = \"{}\"\nallow_private_address = true\n", shop.url);
    let links = [smsc("telco", telco.address(), ""), account("shop", &callback), route("to = [\"telco\"]")];
    (telco, shop, TestGateway::with(links).await)
}

// WH-2
#[tokio::test]
async fn nobody_calls_who_is_gone_until_somebody_says_that_it_is_mended() {
    static STATUS: AtomicU16 = AtomicU16::new(410);
    let (_telco, mut shop, gateway) = shop_with_status(&STATUS).await;
    let message = |text: &str| json!({ "to": ANI, "from": "SHOP", "text": text });
    let caller = gateway.caller("shop");
    caller.post(message("first")).await.id();
    dead_when(&gateway, 1).await;
    shop.next().await;

    caller.post(message("second")).await.id();
    dead_when(&gateway, 2).await;
    assert_eq!(shop.others(), 0, "it is not called for the second");
    STATUS.store(200, Ordering::Relaxed);
    caller.post(message("third")).await.id();
    dead_when(&gateway, 3).await;
    assert_eq!(replay(&gateway, None).await, json!({ "replayed": 3 }));
    for _ in 0..3 {
        shop.next().await;
    }
    gateway.settled().await;
    assert!(dead(&gateway).await.is_empty());
}

// WH-2
#[tokio::test]
async fn nobody_calls_who_wants_to_be_left_alone_until_somebody_says_that_it_is_mended() {
    static STATUS: AtomicU16 = AtomicU16::new(503);
    let telco = centre().await;
    let mut games = Provider::start(|_| {
        (StatusCode::from_u16(STATUS.load(Ordering::Relaxed)).unwrap(), [("retry-after", "3600")])
    })
    .await;
    let application = format!(
        "[[application]]\nname = \"games\"\nurl = \"{}\"\nallow_private_address = true\naccount = \"shop\"\n",
        games.url
    );
    let links = [
        smsc("telco", telco.address(), ""),
        account("shop", ""),
        application,
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
    ];
    let gateway = TestGateway::with(links).await;
    let handset = telco.handset(ANI);
    handset.send("1234", "first").await.unwrap();
    let id = games.next().await.field("id").unwrap();
    let retried = |event: &store::Event| matches!(event, store::Event::Retried { .. });
    gateway.record_when(&id, |record| record.history.iter().any(|step| retried(&step.event))).await;

    handset.send("1234", "second").await.unwrap();
    until("both wait", async || gateway.waiting("games").await == 2).await;
    assert_eq!(games.others(), 0);
    STATUS.store(204, Ordering::Relaxed);
    replay(&gateway, None).await;
    let second = games.next().await;
    let attempt = second.headers["x-estafet-attempt"].to_str().unwrap();
    assert_eq!((second.field("text").as_deref(), attempt), (Some("second"), "1"));
}

#[tokio::test]
async fn dead_letters_are_listed_found_and_told_again_however_many_there_are() {
    static STATUS: AtomicU16 = AtomicU16::new(410);
    let (_telco, mut shop, gateway) = shop_with_status(&STATUS).await;
    let caller = gateway.caller("shop");
    let all: Vec<Value> =
        (0..COUNT).map(|number| json!({ "to": ANI, "from": "SHOP", "text": number.to_string() })).collect();
    let accepted = caller.post(all.into()).await.body;
    let id = |message: &Value| message["id"].as_str().unwrap().to_owned();
    let mut ids: Vec<String> = accepted.as_array().unwrap().iter().map(id).collect();
    until("all are dead letters", async || gateway.waiting("shop/dead-letters").await == COUNT).await;

    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/dead-letters?limit=1000{cursor}");
        let page = caller.call("GET", &path, None).await.body;
        listed.extend(page["dead_letters"].as_array().unwrap().iter().map(id));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(listed, ids, "each once, oldest first");

    let last = ids.pop().unwrap();
    assert_eq!(caller.call("DELETE", &format!("/v1/dead-letters/{last}"), None).await.status, 204);
    STATUS.store(200, Ordering::Relaxed);
    let some = [ids.pop().unwrap(), ids[0].clone()];
    assert_eq!(replay(&gateway, Some(json!({ "ids": some }))).await, json!({ "replayed": 2 }));
    assert_eq!(replay(&gateway, None).await, json!({ "replayed": COUNT - 3 }));
    gateway.settled().await;
    assert!(dead(&gateway).await.is_empty());
    assert!(shop.others() as u64 >= COUNT - 1);
}

/// More than one step of any request.
const COUNT: u64 = 2500;
