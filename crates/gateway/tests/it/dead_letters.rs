//! What cannot be told by HTTP waits for its owner to look at it.

use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig, Every, Smsc};
use sms::State;

use crate::harness::{ANI, SOON, TestGateway, account, centre, route, smsc, until};

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
async fn nobody_sees_or_moves_the_dead_letters_of_others() {
    let (telco, deaf, shop) = (centre().await, refusing(404).await, taking().await);
    let [telco_link, shop_account, games, to_games, to_telco] = links(&telco, &deaf, &shop);
    let all = [telco_link, shop_account, account("other", ""), games, to_games, to_telco];
    let gateway = TestGateway::with(all).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = dead_when(&gateway, 1).await[0]["id"].as_str().unwrap().to_owned();

    let other = gateway.caller("other");
    assert_eq!(other.call("GET", "/v1/dead-letters", None).await.body, json!({ "dead_letters": [] }));
    assert_eq!(other.call("POST", "/v1/dead-letters/replay", None).await.body, json!({ "replayed": 0 }));
    assert_eq!(other.call("DELETE", &format!("/v1/dead-letters/{id}"), None).await.status, 404);
    assert_eq!(dead(&gateway).await.len(), 1);
}
