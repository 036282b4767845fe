//! A content provider answers later, by a message that quotes what it was told (CMN-5).

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use sms::LinkName;

use crate::harness::{
    ANI, Caller, Provider, SOON, TestGateway, Texts, account, application, centre, route, smsc, until,
};

const SUPPLEMENT: &str = "account = \"games-later\"";

fn links(telco: &simulator::Smsc, other: &simulator::Smsc, url: &str, more: &str) -> [String; 8] {
    [
        smsc("telco", telco.address(), ""),
        smsc("other", other.address(), ""),
        application("games", url, &format!("{SUPPLEMENT}\n{more}")),
        account("games-later", ""),
        account("stranger", ""),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        route("from = { link = \"games-later\" }\nto = [\"other\"]"),
        route("to = [\"other\"]"),
    ]
}

async fn code(caller: &Caller, message: Value) -> String {
    let answer = caller.post(message).await;
    match answer.status {
        202 => "accepted".to_owned(),
        404 | 422 => answer.body["code"].as_str().unwrap().to_owned(),
        _ => panic!("{answer:?}"),
    }
}

fn reply(id: &str, text: &str) -> Value {
    json!({"to": ANI, "trx_id": id, "text": text})
}

/// A reply that is sent so many hours from now.
fn in_hours(id: &str, hours: u64) -> Value {
    let at = std::time::SystemTime::now() + std::time::Duration::from_secs(hours * 3600);
    let mut reply = reply(id, "later");
    reply["not_before"] = jiff::Timestamp::try_from(at).unwrap().to_string().into();
    reply
}

// CMN-5
#[tokio::test]
async fn a_later_reply_goes_back_the_way_of_the_question_once() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|_| ()).await;
    let gateway = TestGateway::with(links(&telco, &other, &provider.url, "")).await;
    let handset = telco.handset(ANI);
    handset.send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    let caller = gateway.caller("games-later");

    assert_eq!(code(&caller, reply(&id, "later")).await, "accepted");
    assert_eq!(code(&caller, reply(&id, "again")).await, "reply_quota");

    let told = handset.next_message(SOON).await.unwrap();
    assert_eq!((&told.from[..], &told.text[..], other.stats().submits), ("1234", "later", 0));
    let records = caller.search(&[]).await.body;
    assert_eq!(records["messages"][0]["in_reply_to"], id.as_str(), "{records}");
}

// CMN-5
#[tokio::test]
async fn the_account_of_a_content_provider_sees_what_handsets_were_told_in_its_name() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|told| match told.field("text").as_deref() {
        Some("WRONG") => StatusCode::NOT_FOUND.into_response(),
        _ => "at once".into_response(),
    })
    .await;
    let gateway = TestGateway::with(links(&telco, &other, &provider.url, "")).await;
    let handset = telco.handset(ANI);
    handset.send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    assert_eq!(handset.next_message(SOON).await.unwrap().text, "at once");
    handset.send("1234", "WRONG").await.unwrap();
    let wrong = provider.next().await.field("id").unwrap();
    gateway.record_when(&wrong, |record| record.target == LinkName::from("games/dead-letters")).await;

    let (its, stranger) = (gateway.caller("games-later"), gateway.caller("stranger"));
    let listed = its.search(&[]).await.body;
    let told: Vec<[&str; 3]> = listed["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| ["direction", "origin", "target"].map(|field| message[field].as_str().unwrap()))
        .collect();
    let all = [["mo", "telco", "games/dead-letters"], ["mt", "games", "telco"], ["mo", "telco", "games"]];
    assert_eq!(told, all, "{listed}");
    assert_eq!(listed["messages"][1]["in_reply_to"], *id);
    assert_eq!(stranger.search(&[("number", ANI)]).await.body["messages"], json!([]));
    for id in [&id, &wrong] {
        assert_eq!((its.record(id).await.status, stranger.record(id).await.status), (200, 404));
    }
    assert_eq!(
        its.search(&[("number", ANI), ("direction", "mo")]).await.body["messages"].as_array().unwrap().len(),
        2
    );
}

// CMN-5
#[tokio::test]
async fn each_reply_that_is_none_has_its_own_code() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|_| ()).await;
    let gateway = TestGateway::with(links(&telco, &other, &provider.url, "")).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    let (caller, stranger) = (gateway.caller("games-later"), gateway.caller("stranger"));

    for (message, expected) in [
        (reply(&"0".repeat(32), "x"), "reply_to_unknown"),
        (reply("what?", "x"), "reply_to_unknown"),
        (json!({"to": "628999", "in_reply_to": id, "text": "x"}), "reply_to_other_handset"),
        (json!({"to": ANI, "from": "4321", "in_reply_to": id, "text": "x"}), "reply_from_other_code"),
    ] {
        assert_eq!(code(&caller, message).await, expected);
    }
    for (message, problem) in [
        (reply("what?", "x"), ("reply_to_unknown", "trx_id")),
        (json!({"to": ANI, "in_reply_to": "what?", "text": "x"}), ("reply_to_unknown", "in_reply_to")),
        (json!({"to": ANI, "in_reply_to": id, "trx_id": "what?", "text": "x"}), ("bad_value", "trx_id")),
    ] {
        let body = caller.post(message).await.body;
        assert_eq!((&body["code"], &body["field"]), (&json!(problem.0), &json!(problem.1)));
    }
    assert_eq!(code(&stranger, reply(&id, "x")).await, "reply_to_foreign");
    let many = caller.post(json!([reply(&id, "one"), reply(&id, "two")])).await;
    assert_eq!((many.status, &many.body[1]["problem"]["code"]), (202, &json!("reply_quota")), "{many:?}");
    let own = &many.body[0]["id"].as_str().unwrap();
    assert_eq!(code(&caller, reply(own, "x")).await, "reply_to_unknown", "an MT is no question");
}

// CMN-5
#[tokio::test]
async fn a_reply_after_the_window_is_too_late() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|_| ()).await;
    let gateway = TestGateway::with(links(&telco, &other, &provider.url, "reply_window_h = 0")).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    let caller = gateway.caller("games-later");
    assert_eq!(code(&caller, reply(&id, "x")).await, "reply_too_late");
}

// CMN-5
#[tokio::test]
async fn a_reply_that_is_to_be_sent_after_the_window_is_too_late() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|_| ()).await;
    let gateway = TestGateway::with(links(&telco, &other, &provider.url, "")).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    let caller = gateway.caller("games-later");

    assert_eq!(code(&caller, in_hours(&id, 25)).await, "reply_too_late");
    assert_eq!(code(&caller, in_hours(&id, 1)).await, "accepted");
}

// CMN-5
#[tokio::test]
async fn a_reply_that_is_cancelled_makes_room_for_another_across_a_restart() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|_| ()).await;
    let links = links(&telco, &other, &provider.url, "");
    let gateway = TestGateway::with(links.clone()).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    let caller = gateway.caller("games-later");
    for _ in 0..2 {
        let waiting = caller.post(in_hours(&id, 1)).await.id();
        assert_eq!(code(&caller, reply(&id, "too many")).await, "reply_quota");
        assert_eq!(caller.delete(&waiting).await.status, 200);
        assert_eq!(caller.delete(&waiting).await.status, 409);
    }

    let gateway = gateway.stop().await.start(links).await;
    let caller = gateway.caller("games-later");
    assert_eq!(code(&caller, reply(&id, "now")).await, "accepted");
    assert_eq!(code(&caller, reply(&id, "too many")).await, "reply_quota");
}

// CMN-5
#[tokio::test]
async fn replies_at_once_and_in_the_answer_share_the_limit_across_a_restart() {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(|_| "at once").await;
    let url = provider.url.clone();
    let gateway = TestGateway::with(links(&telco, &other, &url, "replies_max = 3")).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    assert_eq!(telco.texts_when(1).await, ["at once"]);
    assert_eq!(code(&gateway.caller("games-later"), reply(&id, "second")).await, "accepted");
    gateway.settled().await;

    let gateway = gateway.stop().await.start(links(&telco, &other, &url, "replies_max = 3")).await;
    let caller = gateway.caller("games-later");
    let answers = futures_util::future::join_all((0..8).map(|_| code(&caller, reply(&id, "third")))).await;

    assert_eq!(answers.iter().filter(|answer| *answer == "accepted").count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| *answer == "reply_quota").count(), 7, "{answers:?}");
    assert_eq!(telco.texts_when(3).await, ["at once", "second", "third"]);
}

/// What is given up is a dead letter, and its provider answers later all the same.
async fn answers_later_what_was_given_up(answer: impl IntoResponse + Clone + Send + Sync + 'static) {
    let (telco, other) = (centre().await, centre().await);
    let mut provider = Provider::start(move |_| answer.clone()).await;
    let patience = "attempts_max = 1\nfallback_text = \"wait\"";
    let links = links(&telco, &other, &provider.url, patience);
    let gateway = TestGateway::with(links.clone()).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    let id = provider.next().await.field("id").unwrap();
    gateway.record_when(&id, |record| record.target == LinkName::from("games/dead-letters")).await;
    assert_eq!(telco.texts_when(1).await, ["wait"]);

    assert_eq!(code(&gateway.caller("stranger"), reply(&id, "x")).await, "reply_to_foreign");
    let gateway = gateway.stop().await.start(links).await;
    let caller = gateway.caller("games-later");
    assert_eq!(
        code(&caller, reply(&id, "later")).await,
        "accepted",
        "what was said in its place is no reply"
    );
    assert_eq!(code(&caller, reply(&id, "again")).await, "reply_quota");
    assert_eq!(telco.texts_when(2).await, ["wait", "later"]);
}

// CMN-4, CMN-5
#[tokio::test]
async fn what_was_given_up_has_its_later_reply() {
    answers_later_what_was_given_up(StatusCode::SERVICE_UNAVAILABLE).await;
}

// CMN-4, CMN-5
#[tokio::test]
async fn what_was_refused_has_its_later_reply() {
    answers_later_what_was_given_up(StatusCode::BAD_REQUEST).await;
}

// CMN-4, CMN-5
#[tokio::test]
async fn what_was_answered_unreadably_has_its_later_reply() {
    answers_later_what_was_given_up(([("content-type", "application/pdf")], "x")).await;
}

// CMN-5
#[tokio::test]
async fn an_account_answers_what_its_callback_refused() {
    let telco = centre().await;
    let provider = Provider::start(|_| StatusCode::GONE).await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", &format!("callback_url = \"{}\"\nallow_private_address = true", provider.url)),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
        route("to = [\"telco\"]"),
    ])
    .await;
    telco.handset(ANI).send("1234", "BALANCE").await.unwrap();
    until("it is a dead letter", async || gateway.waiting("bank/dead-letters").await == 1).await;
    let caller = gateway.caller("bank");
    let letters = caller.call("GET", "/v1/dead-letters", None).await.body;
    let id = letters["dead_letters"][0]["id"].as_str().unwrap();

    assert_eq!(code(&caller, reply(id, "later")).await, "accepted");
    assert_eq!(telco.texts_when(1).await, ["later"]);
}
