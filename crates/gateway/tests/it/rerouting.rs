//! What waits for an SMSC that the configuration leads it to no more.

use serde_json::json;
use simulator::{Esme, Every, Faults, Smsc, SmscConfig};
use smpp::CommandStatus;
use sms::State;
use store::Event;

use crate::harness::{
    ANI, Caller, Provider, SOON, TestGateway, Texts, account, application, centre, centre_at, centre_with,
    free_address, route, smsc, until,
};

fn to(links: &str) -> String {
    route(&format!("to = [{links}]"))
}

fn from_bank_to(link: &str) -> String {
    route(&format!("from = {{ link = \"bank\" }}\nto = [\"{link}\"]"))
}

/// Submits texts of these numbers; returns them.
async fn submitted(bank: &Esme, numbers: std::ops::Range<usize>) -> Vec<String> {
    let texts: Vec<String> = numbers.map(|number| format!("text {number}")).collect();
    for text in &texts {
        bank.submit(ANI, "BANK", text, true).await.unwrap();
    }
    texts
}

/// The receipts of so many messages, each of which says that its message was delivered.
async fn told(bank: &Esme, count: usize) {
    for _ in 0..count {
        assert_eq!(bank.next_receipt(SOON).await.unwrap().state, Some(State::Delivered));
    }
}

#[tokio::test]
async fn what_waits_for_an_smsc_that_a_reload_removes_goes_by_the_routes_that_hold_now() {
    let second = centre().await;
    let gateway =
        TestGateway::with([smsc("first", free_address(), ""), account("bank", ""), to("\"first\"")]).await;
    let bank = gateway.bind("bank").await;
    let texts = submitted(&bank, 0..8).await;
    assert_eq!(gateway.waiting("first").await, 8);

    gateway.reload([smsc("second", second.address(), ""), account("bank", ""), to("\"second\"")]);

    assert_eq!(second.texts_when(8).await, texts);
    told(&bank, 8).await;
    gateway.settled().await;
    assert_eq!(second.stats().submits, 8);
}

#[tokio::test]
async fn what_waits_for_an_smsc_that_is_not_there_after_a_start_goes_by_the_routes_that_hold_now() {
    let second = centre().await;
    let gateway =
        TestGateway::with([smsc("first", free_address(), ""), account("bank", ""), to("\"first\"")]).await;
    let bank = gateway.bind("bank").await;
    let texts = submitted(&bank, 0..8).await;
    drop(bank);

    let stopped = gateway.stop().await;
    let links = [smsc("second", second.address(), ""), account("bank", ""), to("\"second\"")];
    let gateway = stopped.start(links).await;

    let bank = gateway.bind("bank").await;
    assert_eq!(second.texts_when(8).await, texts);
    told(&bank, 8).await;
    gateway.settled().await;
    assert_eq!(second.stats().submits, 8);
}

#[tokio::test]
async fn what_waits_for_an_smsc_that_its_route_names_no_more_goes_to_the_one_that_it_names() {
    let second = centre().await;
    let links = |route: String| {
        let first = smsc("first", free_address(), "failover_s = 600");
        [first, smsc("second", second.address(), ""), account("bank", ""), route]
    };
    let gateway = TestGateway::with(links(to("\"first\""))).await;
    let bank = gateway.bind("bank").await;
    let texts = submitted(&bank, 0..4).await;

    gateway.reload(links(to("\"second\"")));

    assert_eq!(second.texts_when(4).await, texts);
    gateway.reload(links(to("\"first\"")));
    let later = submitted(&bank, 4..8).await;
    drop(bank);
    let gateway = gateway.stop().await.start(links(to("\"second\""))).await;
    assert_eq!(second.texts_when(8).await, [texts, later].concat());
    gateway.bind("bank").await.next_receipt(SOON).await.unwrap();
    assert_eq!(second.stats().submits, 8);
}

#[tokio::test]
async fn what_its_route_still_leads_to_its_smsc_stays_there() {
    let address = free_address();
    let second = centre().await;
    let links = |more: [String; 2]| {
        let [before, route] = more;
        let first = smsc("first", address, "failover_s = 600");
        [first, smsc("second", second.address(), ""), account("bank", ""), account("shop", ""), before, route]
    };
    let gateway = TestGateway::with(links([String::new(), to("\"first\"")])).await;
    let (bank, shop) = (gateway.bind("bank").await, gateway.bind("shop").await);
    submitted(&bank, 0..2).await;
    shop.submit(ANI, "SHOP", "of the shop", false).await.unwrap();

    gateway.reload(links([from_bank_to("second"), to("\"first\", \"second\"")]));

    assert_eq!(second.texts_when(2).await, ["text 0", "text 1"]);
    assert_eq!(gateway.waiting("first").await, 1);
    let first = centre_at(address).await;
    assert_eq!(first.texts_when(1).await, ["of the shop"]);
}

#[tokio::test]
async fn without_a_route_it_waits_for_one() {
    let second = centre().await;
    let gateway =
        TestGateway::with([smsc("first", free_address(), ""), account("bank", ""), to("\"first\"")]).await;
    let bank = gateway.bind("bank").await;
    submitted(&bank, 0..3).await;
    let links = |route: String| [smsc("second", second.address(), ""), account("bank", ""), route];

    gateway.reload(links(route("match = { prefix = \"1\" }\nto = [\"second\"]")));
    bank.submit("1555", "BANK", "of another", false).await.unwrap();
    assert_eq!(second.texts_when(1).await, ["of another"]);
    assert_eq!(gateway.waiting("first").await, 3);

    gateway.reload(links(to("\"second\"")));
    assert_eq!(second.texts_when(4).await[1..], ["text 0", "text 1", "text 2"]);
    told(&bank, 3).await;
}

#[tokio::test]
async fn what_was_tried_goes_on_too_when_it_comes_back() {
    let busy = Faults { status: Some((Every::nth(1), CommandStatus::SYSERR)), ..Faults::default() };
    let first = centre_with(SmscConfig { faults: busy, ..SmscConfig::default() }).await;
    let second = centre().await;
    let gateway =
        TestGateway::with([smsc("first", first.address(), ""), account("bank", ""), to("\"first\"")]).await;
    let bank = gateway.bind("bank").await;
    let id = bank.submit(ANI, "BANK", "tried", true).await.unwrap();
    let is_tried = |record: &store::Record| {
        record.history.iter().any(|step| matches!(step.event, Event::Retried { .. }))
    };
    gateway.record_when(&id, is_tried).await;

    gateway.reload([smsc("second", second.address(), ""), account("bank", ""), to("\"second\"")]);

    assert_eq!(second.texts_when(1).await, ["tried"]);
    told(&bank, 1).await;
    let to_second = Event::Redirected { to: "second".into() };
    assert!(gateway.record(&id).await.history.iter().any(|step| step.event == to_second));
}

// N-1
#[tokio::test]
async fn it_gets_the_form_that_the_other_smsc_takes() {
    let second = centre().await;
    let whole = smsc("first", free_address(), "long_messages = \"message_payload\"");
    let gateway = TestGateway::with([whole, account("bank", ""), to("\"first\"")]).await;
    let bank: Caller = gateway.caller("bank");
    let long = "0123456789".repeat(40);
    let answer = bank.post(json!({ "to": ANI, "from": "BANK", "text": long })).await;
    assert_eq!(answer.body["segments"].as_u64(), Some(1));

    gateway.reload([smsc("second", second.address(), ""), account("bank", ""), to("\"second\"")]);

    assert_eq!(second.handset(ANI).next_message(SOON).await.unwrap().text, long);
    let record = gateway.record_when(&answer.id(), |record| record.state == State::Delivered).await;
    assert_eq!((record.segments, record.target.as_str()), (3, "second"));
}

/// A keyword decides by the text that waits.
#[tokio::test]
async fn keywords_decide_as_they_do_of_new_messages() {
    let (games, others) = (centre().await, centre().await);
    let gateway =
        TestGateway::with([smsc("first", free_address(), ""), account("bank", ""), to("\"first\"")]).await;
    let bank = gateway.bind("bank").await;
    for text in ["game on", "news"] {
        bank.submit(ANI, "BANK", text, false).await.unwrap();
    }

    gateway.reload([
        smsc("games", games.address(), ""),
        smsc("others", others.address(), ""),
        account("bank", ""),
        route("match = { keyword = \"GAME\" }\nto = [\"games\"]"),
        to("\"others\""),
    ]);

    assert_eq!(games.texts_when(1).await, ["game on"]);
    assert_eq!(others.texts_when(1).await, ["news"]);
    until("nothing waits", async || gateway.waiting("first").await == 0).await;
    let texts = |smsc: &Smsc| smsc.texts().len();
    assert_eq!((texts(&games), texts(&others)), (1, 1));
}

// CMN-5
#[tokio::test]
async fn a_reply_stays_with_the_smsc_that_brought_the_question() {
    let address = free_address();
    let (telco, other) = (centre_at(address).await, centre().await);
    let mut provider = Provider::start(|_| ()).await;
    let url = provider.url.clone();
    let links = |of_bank: &str| {
        [
            smsc("telco", address, "failover_s = 600"),
            smsc("other", other.address(), ""),
            application("games", &url, "account = \"games-later\""),
            account("games-later", ""),
            account("bank", ""),
            from_bank_to(of_bank),
            route("match = { destination = \"1234\" }\nto = [\"games\"]"),
            to("\"other\""),
        ]
    };
    let gateway = TestGateway::with(links("telco")).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    telco.stop().await;
    let caller = gateway.caller("games-later");
    let reply = caller.post(json!({ "to": ANI, "trx_id": id, "text": "the reply" })).await;
    assert_eq!(reply.status, 202, "{}", reply.body);
    gateway.caller("bank").post(json!({ "to": ANI, "from": "BANK", "text": "another" })).await;
    until("both wait", async || gateway.waiting("telco").await == 2).await;

    gateway.reload(links("other"));

    assert_eq!(other.texts_when(1).await, ["another"]);
    let telco = centre_at(address).await;
    assert_eq!(telco.texts_when(1).await, ["the reply"]);
}
