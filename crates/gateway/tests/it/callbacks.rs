//! Accounts that are told by HTTP what became of their messages.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig, Call, Every, Faults, Smsc, SmscConfig};
use smpp::CommandStatus;
use sms::State;
use store::Event;
use tokio::net::TcpListener;

use crate::harness::{
    ANI, SOON, TestGateway, account, centre, centre_with, free_address, route, smsc, until,
};

/// A provider of `callback_url` that takes everything.
async fn receiver() -> Application {
    Application::start(ApplicationConfig::default()).await.unwrap()
}

/// An account that is called.
fn called(name: &str, url: &str, more: &str) -> String {
    account(name, &format!("callback_url = \"{url}\"\nallow_private_address = true\n{more}"))
}

async fn shop_and(telco: &Smsc, shop: String, others: String) -> TestGateway {
    let telco = smsc("telco", telco.address(), "");
    TestGateway::with([telco, shop, others, route("to = [\"telco\"]")]).await
}

fn text(text: &str) -> Value {
    json!({ "to": ANI, "from": "SHOP", "text": text })
}

fn check(call: &Call, id: &str) {
    let field = |name: &str| call.fields[name].as_str();
    assert_eq!((field("event"), field("id"), field("state")), ("receipt", id, "delivered"));
    assert_eq!((field("from"), field("to"), field("segments")), ("SHOP", ANI, "1"));
    assert!(call.fields.contains_key("accepted_at") && call.fields.contains_key("done_at"));
}

#[tokio::test]
async fn the_receipt_of_a_message_is_told_to_the_callback() {
    let (telco, receiver) = (centre().await, receiver().await);
    let gateway = shop_and(&telco, called("shop", &receiver.url(), ""), String::new()).await;

    let id = gateway.caller("shop").post(text("hello")).await.id();

    let call = receiver.next_call(SOON).await.unwrap();
    check(&call, &id);
    assert_eq!(call.headers["x-estafet-attempt"], "1");
    assert_eq!(call.headers["content-type"], "application/json");
    gateway.settled().await;
    let record = gateway.record(&id).await;
    let told = |event: &Event| matches!(event, Event::OwnerTold { .. });
    assert!(record.history.iter().any(|step| told(&step.event)), "{:?}", record.history);
}

#[tokio::test]
async fn the_receipt_of_a_message_that_was_refused_says_why() {
    let status = Some((Every::nth(1), CommandStatus::INVDSTADR));
    let faults = Faults { status, ..Faults::default() };
    let telco = centre_with(SmscConfig { faults, ..SmscConfig::default() }).await;
    let receiver = receiver().await;
    let at_once = called("shop", &receiver.url(), "");
    let batches = called("mall", &receiver.url(), "callback_batch = 10");
    let fetches = account("poll", "inbox = true");
    let gateway = shop_and(&telco, at_once, batches + &fetches).await;

    let why = "command_status 0x0000000B";
    for name in ["shop", "mall"] {
        gateway.caller(name).post(text("hello")).await;
        let call = receiver.next_call(SOON).await.unwrap();
        let said = ["state", "command_status", "cause"].map(|name| call.fields[name].as_str());
        assert_eq!(said, ["rejected", "11", why], "{name}");
    }

    let poll = gateway.caller("poll");
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let mut cancelled = text("hello");
    cancelled["not_before"] = later.to_string().into();
    let cancelled = poll.post(cancelled).await.id();
    assert_eq!(poll.delete(&cancelled).await.status, 200);
    poll.post(text("hello")).await;
    let mut items = Vec::new();
    until("both receipts", async || {
        let page = poll.call("GET", "/v1/inbox?wait_s=5", None).await.body;
        items.extend(page["items"].as_array().unwrap().clone());
        items.len() >= 2
    })
    .await;
    let causes: BTreeSet<&str> = items.iter().map(|item| item["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, BTreeSet::from(["cancelled", why]));
}

#[tokio::test]
async fn who_declines_receipts_is_not_called() {
    let (telco, receiver) = (centre().await, receiver().await);
    let gateway = shop_and(&telco, called("shop", &receiver.url(), ""), String::new()).await;
    let shop = gateway.caller("shop");

    let mut silent = text("silent");
    silent["receipt"] = false.into();
    let silent = shop.post(silent).await.id();
    gateway.record_when(&silent, |record| record.state == State::HandedOver).await;
    let told = shop.post(text("told")).await.id();

    check(&receiver.next_call(SOON).await.unwrap(), &told);
    gateway.settled().await;
    assert_eq!(receiver.call_count(), 1);
}

#[tokio::test]
async fn a_callback_that_fails_is_called_again() {
    let telco = centre().await;
    let fails = ApplicationConfig { fail: Every::nth(2), ..ApplicationConfig::default() };
    let receiver = Application::start(fails).await.unwrap();
    let gateway = shop_and(&telco, called("shop", &receiver.url(), ""), String::new()).await;
    let shop = gateway.caller("shop");

    shop.post(text("first")).await.id();
    receiver.next_call(SOON).await.unwrap();
    let id = shop.post(text("second")).await.id();

    let attempts: Vec<Call> =
        [receiver.next_call(SOON).await, receiver.next_call(SOON).await].into_iter().flatten().collect();
    attempts.iter().for_each(|call| check(call, &id));
    assert_eq!(attempts[1].headers["x-estafet-attempt"], "2");
    gateway.settled().await;
    assert_eq!(receiver.call_count(), 3);
}

#[tokio::test]
async fn the_record_says_why_a_callback_is_called_again() {
    let (telco, usual) = (centre().await, receiver().await);
    let gateway = shop_and(&telco, called("shop", &usual.url(), ""), String::new()).await;
    let refusing = format!("http://{}/", free_address());

    let id = gateway.caller("shop").post(naming(&refusing)).await.id();

    let failed = |record: &store::Record| match &record.history.last().unwrap().event {
        Event::OwnerRetried { cause, attempts, at } => {
            cause.to_string().contains("cannot connect") && *attempts > 1 && at.is_some()
        }
        _ => false,
    };
    let record = gateway.record_when(&id, failed).await;
    let untold = |event: &Event| matches!(event, Event::OwnerRetried { .. });
    assert_eq!(record.history.iter().filter(|step| untold(&step.event)).count(), 1);
}

#[tokio::test]
async fn a_receipt_that_nobody_took_is_told_after_a_restart() {
    let telco = centre().await;
    let broken = ApplicationConfig { fail: Every::nth(1), ..ApplicationConfig::default() };
    let broken = Application::start(broken).await.unwrap();
    let gateway = shop_and(&telco, called("shop", &broken.url(), ""), String::new()).await;
    let id = gateway.caller("shop").post(text("hello")).await.id();
    broken.next_call(SOON).await.unwrap();

    let stopped = gateway.stop().await;
    assert!(stopped.graceful);
    let receiver = receiver().await;
    let shop = called("shop", &receiver.url(), "");
    let gateway = stopped.start([smsc("telco", telco.address(), ""), shop, route("to = [\"telco\"]")]).await;

    check(&receiver.next_call(SOON).await.unwrap(), &id);
    gateway.settled().await;
    assert_eq!(telco.stats().submits, 1);
}

#[tokio::test]
async fn a_dead_callback_delays_nobody_else() {
    let (telco, receiver) = (centre().await, receiver().await);
    let mute = ApplicationConfig { delay: Duration::from_secs(600), ..ApplicationConfig::default() };
    let mute = Application::start(mute).await.unwrap();
    let dead = called("dead", &mute.url(), "callback_window = 2\ncallback_timeout_s = 600");
    let gateway = shop_and(&telco, called("shop", &receiver.url(), ""), dead).await;
    for _ in 0..20 {
        gateway.caller("dead").post(text("never heard of")).await.id();
    }
    until("two calls hang", async || mute.call_count() == 2).await;

    let id = gateway.caller("shop").post(text("hello")).await.id();

    check(&receiver.next_call(SOON).await.unwrap(), &id);
    until("the others wait", async || gateway.waiting("dead").await == 18).await;
    assert_eq!(mute.call_count(), 2);
}

#[tokio::test]
async fn many_receipts_are_told_in_one_call_to_who_asks_for_it() {
    let (telco, receiver) = (centre().await, receiver().await);
    let shop = called("shop", &receiver.url(), "callback_batch = 100\ncallback_window = 1");
    let gateway = shop_and(&telco, shop, String::new()).await;

    let many: Vec<Value> = (0..50).map(|number| text(&format!("number {number}"))).collect();
    let accepted = gateway.caller("shop").post(many.into()).await;
    let id = |accepted: &Value| accepted["id"].as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = accepted.body.as_array().unwrap().iter().map(id).collect();

    gateway.settled().await;
    let told: BTreeSet<String> = receiver.calls().into_iter().map(|call| call.id).collect();
    assert_eq!((told, receiver.call_count()), (ids, 50));
}

#[tokio::test]
async fn an_account_with_a_callback_gets_nothing_by_smpp() {
    let (telco, receiver) = (centre().await, receiver().await);
    let shop = called("shop", &receiver.url(), "");
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        shop,
        route("match = { destination = \"1234\" }\nto = [\"shop\"]"),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bound = gateway.bind("shop").await;

    let id = bound.submit(ANI, "SHOP", "one message", true).await.unwrap();
    check(&receiver.next_call(SOON).await.unwrap(), &id);
    telco.handset(ANI).send("1234", "hello").await.unwrap();

    let call = receiver.next_call(SOON).await.unwrap();
    assert_eq!((&call.fields["event"][..], &call.from[..], &call.text[..]), ("message", ANI, "hello"));
    gateway.settled().await;
    assert_eq!(receiver.call_count(), 2);
}

#[tokio::test]
async fn what_waits_for_an_account_goes_to_the_callback_that_a_reload_gives_it() {
    let (telco, receiver) = (centre().await, receiver().await);
    let links = |shop| [smsc("telco", telco.address(), ""), shop, route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links(account("shop", ""))).await;
    let bound = gateway.bind_as("shop", smpp::BindMode::Transmitter).await;
    let id = bound.submit(ANI, "SHOP", "one message", true).await.unwrap();
    until("the receipt waits", async || gateway.waiting("shop").await == 1).await;

    gateway.reload(links(called("shop", &receiver.url(), "")));

    check(&receiver.next_call(SOON).await.unwrap(), &id);
    gateway.reload(links(account("shop", "")));
    let receiving = gateway.bind("shop").await;
    let id = receiving.submit(ANI, "SHOP", "another message", true).await.unwrap();
    assert_eq!(receiving.next_receipt(SOON).await.unwrap().message_id, id);
    assert_eq!(receiver.call_count(), 1);
}

/// Takes connections and never says a word.
/// Takes all connections and says nothing; its port, and how many it has had.
async fn mute() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let (port, taken) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = taken.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    (port, taken)
}

/// The URL of a host of its own on this machine, of which there are thousands.
fn host(number: u32, port: u16) -> String {
    let [.., high, low] = number.to_be_bytes();
    format!("http://127.1.{high}.{low}:{port}/dlr")
}

fn naming(url: &str) -> Value {
    let mut message = text("hello");
    message["callback_url"] = url.into();
    message
}

// WH-3
#[tokio::test]
async fn dead_endpoints_that_messages_name_delay_no_other_one() {
    let (telco, receiver, usual) = (centre().await, receiver().await, receiver().await);
    let (silent, hanging) = mute().await;
    let shop = called("shop", &usual.url(), "callback_timeout_s = 600");
    let gateway = shop_and(&telco, shop, String::new()).await;
    let shop = gateway.caller("shop");
    // More than calls are made at a time to hosts that nobody knows, and several for each.
    let dead: Vec<Value> = (0..900).map(|number| naming(&host(number % 300, silent))).collect();
    let refusing = free_address().port();
    let refused: Vec<Value> = (0..300).map(|number| naming(&host(number, refusing))).collect();
    assert_eq!(shop.post(dead.into()).await.status, 202);
    assert_eq!(shop.post(refused.into()).await.status, 202);
    until("all are called", async || hanging.load(Ordering::Relaxed) >= 300).await;

    for _ in 0..3 {
        let id = shop.post(naming(&receiver.url())).await.id();
        check(&receiver.next_call(SOON).await.unwrap(), &id);
    }
    let many: Vec<Value> = (0..200).map(|_| naming(&receiver.url())).collect();
    shop.post(many.into()).await;

    until("all are told", async || receiver.call_count() == 203).await;
}

#[tokio::test]
async fn an_endpoint_that_comes_back_is_told_what_waited() {
    let (telco, usual) = (centre().await, receiver().await);
    let gateway = shop_and(&telco, called("shop", &usual.url(), ""), String::new()).await;
    let address = free_address();
    let url = format!("http://{address}/");
    let all: Vec<Value> = (0..20).map(|_| naming(&url)).collect();
    let accepted = gateway.caller("shop").post(all.into()).await.body;
    let id = |message: &Value| message["id"].as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = accepted.as_array().unwrap().iter().map(id).collect();
    let failed =
        |line: &str| line.contains("shop/callbacks") && line.contains("retried") && !line.ends_with(" 0");
    until("a call fails", async || gateway.caller("shop").metrics().await.lines().any(failed)).await;

    let back = Application::start(ApplicationConfig { listen: address, ..ApplicationConfig::default() })
        .await
        .unwrap();

    gateway.settled().await;
    let told: BTreeSet<String> = back.calls().into_iter().map(|call| call.id).collect();
    assert_eq!((told, back.call_count()), (ids, 20));
}
