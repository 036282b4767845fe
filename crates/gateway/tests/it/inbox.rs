//! Accounts that fetch what is told to them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig, Every, Smsc};
use sms::{Direction, ReceiptRequest, State};
use store::Event;
use store::conformance::sample;

use crate::harness::{ANI, Caller, TestGateway, account, centre, route, smsc, until};
use crate::kill::Program;

/// A shop with an inbox, to which what handsets write to 1234 goes.
fn links(telco: &Smsc) -> [String; 4] {
    [
        smsc("telco", telco.address(), ""),
        account("shop", "inbox = true"),
        route("match = { destination = \"1234\" }\nto = [\"shop\"]"),
        route("to = [\"telco\"]"),
    ]
}

fn text(text: &str) -> Value {
    json!({ "to": ANI, "from": "SHOP", "text": text })
}

async fn fetch(caller: &Caller, query: &str) -> Vec<Value> {
    let answer = caller.call("GET", &format!("/v1/inbox?{query}"), None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

/// Fetches until there are so many.
async fn fetch_all(caller: &Caller, count: usize) -> Vec<Value> {
    let mut items = Vec::new();
    until("items", async || {
        items.extend(fetch(caller, "wait_s=5").await);
        items.len() >= count
    })
    .await;
    assert_eq!(items.len(), count, "{items:?}");
    items
}

async fn acknowledge(caller: &Caller, ids: &[&Value]) -> Value {
    let answer = caller.call("POST", "/v1/inbox/ack", Some(json!({ "ids": ids }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn ack_ids(items: &[Value]) -> Vec<&Value> {
    items.iter().map(|item| &item["ack_id"]).collect()
}

#[tokio::test]
async fn a_receipt_is_fetched_and_gone_when_it_is_acknowledged() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    let mut message = text("hello");
    message["client_reference"] = "order 7".into();
    let id = shop.post(message).await.id();

    let [item] = &fetch(&shop, "wait_s=30").await[..] else { panic!("one") };
    assert_eq!(item["ack_id"], json!(format!("receipt_{id}")));
    let told = |name: &str| item[name].as_str().unwrap();
    assert_eq!((told("event"), told("id"), told("state")), ("receipt", &id[..], "delivered"));
    assert_eq!((&item["attempt"], told("client_reference")), (&json!(1), "order 7"));
    assert!(fetch(&shop, "").await.is_empty(), "it is lent");
    let done = acknowledge(&shop, &[&item["ack_id"]]).await;
    assert_eq!(done, json!({ "acknowledged": 1, "unknown": [] }));
    let again = acknowledge(&shop, &[&item["ack_id"]]).await;
    assert_eq!(again, json!({ "acknowledged": 0, "unknown": [item["ack_id"]] }));
    gateway.settled().await;
    let told = |event: &Event| matches!(event, Event::OwnerTold { .. });
    assert!(gateway.record(&id).await.history.iter().any(|step| told(&step.event)));
}

#[tokio::test]
async fn what_is_not_acknowledged_in_time_is_shown_again() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    telco.handset(ANI).send("1234", "GAME").await.unwrap();

    let first = fetch(&shop, "wait_s=30&lease_s=1").await;
    let second = fetch(&shop, "wait_s=30&lease_s=1").await;

    assert_eq!((&first[0]["ack_id"], &first[0]["text"]), (&second[0]["ack_id"], &json!("GAME")));
    assert_eq!((&first[0]["attempt"], &second[0]["attempt"]), (&json!(1), &json!(2)));
    until("the loan ends", async || gateway.waiting("shop").await == 1).await;
    let done = acknowledge(&shop, &[&first[0]["ack_id"]]).await;
    assert_eq!(done, json!({ "acknowledged": 1, "unknown": [] }), "late is not too late");
    gateway.settled().await;
    let id = first[0]["id"].as_str().unwrap();
    gateway.record_when(id, |record| record.state == State::Delivered).await;
}

#[tokio::test]
async fn several_who_fetch_share_what_there_is_oldest_first() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    for number in 0..10 {
        telco.handset(ANI).send("1234", &format!("number {number}")).await.unwrap();
    }
    let texts = |items: &[Value]| -> Vec<String> {
        items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
    };
    let one = texts(&fetch(&shop, "limit=4&wait_s=30").await);
    let other = texts(&fetch(&shop, "limit=6&wait_s=30").await);
    let expected: Vec<String> = (0..10).map(|number| format!("number {number}")).collect();
    assert_eq!([one, other].concat(), expected);
    assert!(fetch(&shop, "").await.is_empty());
}

// N-3
#[tokio::test]
async fn a_long_message_is_one_item() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    let long = "ж".repeat(200);
    telco.handset(ANI).send("1234", &long).await.unwrap();
    let [item] = &fetch(&shop, "wait_s=30").await[..] else { panic!("one") };
    assert_eq!(item["text"], json!(long));
    acknowledge(&shop, &[&item["ack_id"]]).await;
    gateway.settled().await;
    assert!(fetch(&shop, "").await.is_empty());
}

#[tokio::test]
async fn an_account_with_an_inbox_gets_nothing_by_smpp() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let bound = gateway.bind("shop").await;
    let id = bound.submit(ANI, "SHOP", "one message", true).await.unwrap();
    telco.handset(ANI).send("1234", "hello").await.unwrap();
    let items = fetch_all(&gateway.caller("shop"), 2).await;
    let names: BTreeSet<&str> = items.iter().map(|item| item["event"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["message", "receipt"]));
    assert!(items.iter().any(|item| item["id"] == json!(id)), "{items:?}");
}

#[tokio::test]
async fn who_has_no_inbox_is_told_so_and_wrong_requests_are_refused() {
    let telco = centre().await;
    let [telco_link, shop, to_shop, to_telco] = links(&telco);
    let gateway = TestGateway::with([telco_link, shop, account("other", ""), to_shop, to_telco]).await;
    let other = gateway.caller("other");
    let none = other.call("GET", "/v1/inbox", None).await;
    assert_eq!((none.status, &none.body["code"]), (404, &json!("no_inbox")));
    let shop = gateway.caller("shop");
    for (query, status) in [("limit=0", 422), ("wait_s=61", 422), ("lease_s=0", 422), ("page=1", 400)] {
        assert_eq!(shop.call("GET", &format!("/v1/inbox?{query}"), None).await.status, status, "{query}");
    }
    for (body, status) in [(json!({"ids": []}), 422), (json!({"ids": ["7"]}), 422), (json!([]), 400)] {
        assert_eq!(shop.call("POST", "/v1/inbox/ack", Some(body)).await.status, status);
    }
    let foreign = format!("receipt_{}", "0".repeat(32));
    let answer = acknowledge(&shop, &[&json!(foreign)]).await;
    assert_eq!(answer, json!({ "acknowledged": 0, "unknown": [foreign] }));
}

#[tokio::test]
async fn what_is_lent_is_lent_anew_after_a_restart_and_can_be_acknowledged_at_once() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    for number in 0..3 {
        shop.post(text(&format!("number {number}"))).await.id();
    }
    let items = fetch_all(&shop, 3).await;
    let stopped = gateway.stop().await;
    assert!(stopped.graceful, "who fetches holds nothing up");
    let gateway = stopped.start(links(&telco)).await;
    let shop = gateway.caller("shop");
    let done = acknowledge(&shop, &ack_ids(&items[..2])).await;
    assert_eq!(done, json!({ "acknowledged": 2, "unknown": [] }));
    let [left] = &fetch(&shop, "wait_s=30").await[..] else { panic!("one") };
    assert_eq!((&left["ack_id"], &left["attempt"]), (&items[2]["ack_id"], &json!(2)));
}

/// Hands in so many messages and returns the names of their receipts, the oldest first.
async fn post_many(shop: &Caller, count: usize) -> Vec<Value> {
    let many: Vec<Value> = (0..count).map(|number| text(&format!("number {number}"))).collect();
    let accepted = shop.post(many.into()).await;
    let name = |one: &Value| json!(format!("receipt_{}", one["id"].as_str().unwrap()));
    accepted.body.as_array().unwrap().iter().map(name).collect()
}

/// What is fetched altogether is more than is looked through in one step.
const MANY: usize = 6000;
const PAGE: usize = 1000;

async fn fetch_many(shop: &Caller, count: usize) -> Vec<Value> {
    let mut names = Vec::new();
    until("items", async || {
        let items = fetch(shop, &format!("limit={PAGE}&wait_s=5&lease_s=600")).await;
        names.extend(items.iter().map(|item| item["ack_id"].clone()));
        names.len() >= count
    })
    .await;
    names
}

#[tokio::test]
async fn the_newest_of_many_that_wait_can_be_acknowledged_after_a_restart() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let names = post_many(&gateway.caller("shop"), MANY).await;
    until("all receipts wait", async || gateway.waiting("shop").await == MANY as u64).await;
    let gateway = gateway.stop().await.start(links(&telco)).await;
    let shop = gateway.caller("shop");
    let foreign = json!(format!("message_{}", "0".repeat(32)));

    let (old, newest) = names.split_at(MANY - PAGE);
    let named: Vec<&Value> = newest.iter().chain([&foreign, &old[0]]).collect();
    let done = acknowledge(&shop, &named).await;

    assert_eq!(done, json!({ "acknowledged": PAGE + 1, "unknown": [foreign] }));
    let rest: BTreeSet<String> =
        fetch_many(&shop, old.len() - 1).await.iter().map(ToString::to_string).collect();
    assert_eq!(rest, old[1..].iter().map(ToString::to_string).collect());
}

#[tokio::test]
async fn the_newest_of_many_that_were_fetched_can_be_acknowledged_after_a_kill() {
    let telco = centre().await;
    let address = crate::harness::free_address();
    let mut program =
        Program::start(&(format!("[http]\nlisten = \"{address}\"\n") + &links(&telco).concat()));
    let listens = async || std::net::TcpStream::connect(address).is_ok();
    until("it listens", listens).await;
    let shop = Caller::new(address, "shop");
    post_many(&shop, MANY).await;
    let fetched = fetch_many(&shop, MANY).await;
    program.kill_and_start();
    until("it listens", listens).await;

    let newest: Vec<&Value> = fetched[MANY - PAGE..].iter().collect();
    let done = acknowledge(&shop, &newest).await;

    assert_eq!(done, json!({ "acknowledged": PAGE, "unknown": [] }));
    program.kill_and_start();
    until("it listens", listens).await;
    let again = acknowledge(&shop, &newest).await;
    assert_eq!((&again["acknowledged"], again["unknown"].as_array().unwrap().len()), (&json!(0), PAGE));
    let rest: BTreeSet<String> =
        fetch_many(&shop, MANY - PAGE).await.iter().map(ToString::to_string).collect();
    assert_eq!(rest, fetched[..MANY - PAGE].iter().map(ToString::to_string).collect());
}

#[tokio::test]
async fn a_stop_ends_the_wait_of_those_who_fetch() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    let waiting = tokio::spawn(async move { fetch(&shop, "wait_s=60").await });
    let fetches = "estafet_sessions{link=\"shop\"} 1";
    until("somebody fetches", async || gateway.caller("shop").metrics().await.contains(fetches)).await;
    assert!(gateway.stop().await.graceful);
    assert!(waiting.await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_for_an_account_goes_to_the_inbox_that_a_reload_gives_it() {
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("shop", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bound = gateway.bind_as("shop", smpp::BindMode::Transmitter).await;
    let id = bound.submit(ANI, "SHOP", "one message", true).await.unwrap();
    until("the receipt waits", async || gateway.waiting("shop").await == 1).await;
    gateway.reload(links(&telco));
    let [item] = &fetch(&gateway.caller("shop"), "wait_s=30").await[..] else { panic!("one") };
    assert_eq!(item["id"], json!(id));
    // A change of the account ends what its inbox lent.
    let [telco_link, _, to_shop, to_telco] = links(&telco);
    gateway.reload([telco_link, account("shop", "inbox = true\nrate = 7"), to_shop, to_telco]);
    let [item] = &fetch(&gateway.caller("shop"), "wait_s=30").await[..] else { panic!("one") };
    assert_eq!(item["id"], json!(id));
}

#[tokio::test]
async fn a_dead_letter_that_is_replayed_goes_to_the_inbox() {
    let telco = centre().await;
    let gone = ApplicationConfig { fail: Every::nth(1), fail_status: 410, ..ApplicationConfig::default() };
    let gone = Application::start(gone).await.unwrap();
    let callback = format!("callback_url = \"{}\"\nallow_private_address = true", gone.url());
    let called = [smsc("telco", telco.address(), ""), account("shop", &callback), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(called).await;
    let shop = gateway.caller("shop");
    let id = shop.post(text("hello")).await.id();
    until("it is a dead letter", async || gateway.waiting("shop/dead-letters").await == 1).await;
    gateway.reload(links(&telco));
    let dead = shop.call("GET", "/v1/dead-letters", None).await.body;
    assert_eq!(dead["dead_letters"][0]["id"], json!(id));
    let replayed = shop.call("POST", "/v1/dead-letters/replay", None).await.body;
    assert_eq!(replayed, json!({ "replayed": 1 }));
    let [item] = &fetch(&shop, "wait_s=30").await[..] else { panic!("one") };
    assert_eq!(item["ack_id"], json!(format!("receipt_{id}")));
    assert_eq!(shop.call("HEAD", "/v1/inbox", None).await.status, 405, "who only looks is lent nothing");
}

#[tokio::test]
async fn what_nobody_fetches_in_its_time_is_a_dead_letter_and_fetched_when_it_is_replayed() {
    let telco = centre().await;
    let gateway = TestGateway::with(links(&telco)).await;
    let shop = gateway.caller("shop");
    // As a handset's message is kept, but for how long it may wait.
    let mut short = sample::entry(7, |message| {
        message.direction = Direction::Mo;
        message.origin = "telco".into();
        message.receipt = ReceiptRequest::NONE;
        message.expires_at = Some(sample::now().plus(Duration::from_secs(2)));
    });
    short.target = "shop".into();
    let id = short.message.id.to_string();
    gateway.gateway().store().accept(vec![short]).await.unwrap();

    until("its time is up", async || gateway.waiting("shop/dead-letters").await == 1).await;

    assert!(fetch(&shop, "").await.is_empty());
    let dead = shop.call("GET", "/v1/dead-letters", None).await.body;
    let [letter] = &dead["dead_letters"].as_array().unwrap()[..] else { panic!("one: {dead}") };
    let told = ["link", "event", "id", "text"].map(|name| letter[name].as_str().unwrap());
    assert_eq!(told, ["shop", "message", &id, "message 7"]);
    let replayed = shop.call("POST", "/v1/dead-letters/replay", Some(json!({ "ids": [id] }))).await.body;
    assert_eq!(replayed, json!({ "replayed": 1 }));
    let [item] = &fetch(&shop, "wait_s=30").await[..] else { panic!("one") };
    assert_eq!((&item["ack_id"], &item["text"]), (&json!(format!("message_{id}")), &json!("message 7")));
    assert_eq!(acknowledge(&shop, &[&item["ack_id"]]).await["acknowledged"], json!(1));
    let dead = shop.call("GET", "/v1/dead-letters", None).await.body;
    assert_eq!(dead["dead_letters"], json!([]));
}

/// What was fetched is settled when, and only when, the acknowledgement was answered, however the process ends.
#[tokio::test]
async fn a_kill_loses_nothing_that_was_not_acknowledged_and_nothing_acknowledged_comes_again() {
    const MESSAGES: usize = 60;
    let telco = centre().await;
    let address = crate::harness::free_address();
    let listen = format!("[http]\nlisten = \"{address}\"\n");
    let mut program = Program::start(&(listen + &links(&telco).concat()));
    let shop = Caller::new(address, "shop");
    until("it listens", async || std::net::TcpStream::connect(address).is_ok()).await;
    let many: Vec<Value> = (0..MESSAGES).map(|number| text(&format!("number {number}"))).collect();
    let accepted = shop.post(many.into()).await;
    let mut open: BTreeSet<String> = accepted
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("receipt_{}", one["id"].as_str().unwrap()))
        .collect();
    assert_eq!(open.len(), MESSAGES);
    for _ in 0..3 {
        let fetched = fetch(&shop, "limit=20&wait_s=30").await;
        let mine = &fetched[..fetched.len().div_ceil(2)];
        for item in &fetched {
            assert!(open.contains(item["ack_id"].as_str().unwrap()), "acknowledged before: {item}");
        }
        let done = acknowledge(&shop, &ack_ids(mine)).await;
        assert_eq!(done["acknowledged"], json!(mine.len()));
        mine.iter().for_each(|item| assert!(open.remove(item["ack_id"].as_str().unwrap())));
        program.kill_and_start();
        until("it listens", async || std::net::TcpStream::connect(address).is_ok()).await;
    }
    let rest = fetch_all(&shop, open.len()).await;
    let ids: BTreeSet<String> = rest.iter().map(|item| item["ack_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, open);
}
