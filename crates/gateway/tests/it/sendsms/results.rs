//! What becomes of a request that is in order.

use super::{Customer, SHOP, shop, shop_with};
use crate::harness::{Listeners, TestGateway, Texts, account, centre, free_address, route, smsc};

// KN-15: "202 `0: Accepted for delivery` – a usable link took it.", "put any message id in an extra response header"
#[tokio::test]
async fn what_is_accepted_has_an_id_in_a_header() {
    let (_telco, gateway, customer) = shop().await;
    let said = customer.get("text=x").await;
    said.is_accepted();
    let id = said.header("x-estafet-message-id").to_owned();
    gateway.record_when(&id, |record| record.state == sms::State::HandedOver).await;
}

// KN-16: "answer `0:` whenever the message is durably queued": where Kannel says "3: Queued for later delivery", which a Kannel
// downstream takes for a failure.
#[tokio::test]
async fn what_waits_for_a_link_is_accepted() {
    let listeners = Listeners { http: "kannel = true".to_owned(), ..Listeners::default() };
    let links = [smsc("telco", free_address(), ""), account("shop", ""), route("to = [\"telco\"]")];
    let gateway = TestGateway::listening(listeners, links).await;
    Customer::of(&gateway).get("from=1&text=x").await.is_accepted();
    assert_eq!(gateway.waiting("telco").await, 1);
}

// KN-17: "403 `Not routable. Do not try again.` – no link allowed for it"
#[tokio::test]
async fn where_no_route_leads_is_not_routable() {
    let telco = centre().await;
    let listeners = Listeners { http: "kannel = true".to_owned(), ..Listeners::default() };
    let only = route("match = { prefix = \"62\" }\nto = [\"telco\"]");
    let links = [smsc("telco", telco.address(), ""), account("shop", ""), only];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    let not_routable = "Not routable. Do not try again.";
    customer.plain(&format!("{SHOP}&to=4670&from=1&text=x")).await.is(403, not_routable);
    // With several receivers those that there is a way to get it, as long as there is one.
    customer.plain(&format!("{SHOP}&to=4670+628111&from=1&text=x")).await.is_accepted();
    assert_eq!(telco.texts_when(1).await, ["x"]);
}

// KN-18: "503 `Temporal failure, try again later.` – queue full or shutting down [S]." Here also where a rate is exceeded.
#[tokio::test]
async fn too_many_at_a_time_may_come_again() {
    let (_telco, _gateway, customer) = shop_with("rate = 1\nkannel = { default_sender = \"1\" }").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let said = customer.get("text=x").await;
        answers.push((said.status, said.body));
    }
    assert!(answers.contains(&(503, "Temporal failure, try again later.".to_owned())), "{answers:?}");
}

// KN-14: "smsc: `forced-smsc` > `smsc` > `default-smsc`." Here routes are what forces.
#[tokio::test]
async fn a_link_can_be_named_among_those_of_the_route() {
    let (first, second) = (centre().await, centre().await);
    let listeners = Listeners { http: "kannel = true".to_owned(), ..Listeners::default() };
    let links = [
        smsc("first", first.address(), ""),
        smsc("second", second.address(), ""),
        smsc("other", second.address(), ""),
        account("shop", ""),
        route("to = [\"first\", \"second\"]"),
    ];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    for number in 0..8 {
        let named = if number % 2 == 0 { "first" } else { "second" };
        let query = format!("{SHOP}&to=62811{number}&from=1&text={named}&smsc={named}");
        customer.plain(&query).await.is_accepted();
    }
    assert_eq!(first.texts_when(4).await, ["first"; 4]);
    assert_eq!(second.texts_when(4).await, ["second"; 4]);
    let id = customer.get("from=1&text=x&smsc=other").await.header("x-estafet-message-id").to_owned();
    let target = gateway.record(&id).await.target.to_string();
    assert!(["first", "second"].contains(&target.as_str()), "{target}");
}

// KN-20: "`immediate-sendsms-reply`: 202 `Sent.` + ` Denied receivers are: …` + ` Message splits: N` [S]."
#[tokio::test]
async fn who_wants_it_is_told_who_was_left_out_and_how_many_segments_there_are() {
    let (telco, _gateway, customer) =
        shop_with("kannel = { default_sender = \"1\", immediate = true }").await;
    let long = "a".repeat(400);
    for (to, text, body) in [
        ("628111", "x", "Sent."),
        ("628111+abc+628222", "x", "Sent. Denied receivers are: abc"),
        ("628111", &long[..], "Sent. Message splits: 3"),
        ("628111+x1+628222+y2", &long[..], "Sent. Denied receivers are: x1 y2 Message splits: 3"),
    ] {
        let said = customer.plain(&format!("{SHOP}&to={to}&text={text}")).await;
        said.is(202, body);
        assert_eq!(said.header("content-type"), "text/html");
        assert!(!said.header("x-estafet-message-id").is_empty());
    }
    let denied = "Number(s) has/have been denied by white- and/or black-lists.";
    customer.plain(&format!("{SHOP}&to=abc&text=x")).await.is(400, denied);
    telco.texts_when(1 + 2 + 3 + 6).await;
}

// KN-24: "`validity`/`deferred` in minutes from now"
#[tokio::test]
async fn minutes_count_from_now() {
    let (telco, gateway, customer) = shop().await;
    let later = customer.get("text=later&deferred=10&validity=20").await;
    later.is_accepted();
    customer.get("text=now&validity=20").await.is_accepted();
    assert_eq!(telco.texts_when(1).await, ["now"]);
    let id = later.header("x-estafet-message-id").parse().unwrap();
    let record = gateway.gateway().store().find(id).await.unwrap().unwrap();
    assert_eq!((record.state, record.final_at), (sms::State::Enroute, None));
    // What is deferred for longer than it is valid will never be sent.
    customer.get("text=x&deferred=20&validity=10").await.is_accepted();
    assert_eq!(telco.texts().len(), 1);
}
