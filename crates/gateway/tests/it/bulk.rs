//! Many messages by one request.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::harness::{ANI, TestGateway, account, centre, route, smsc};

async fn gateway(telco: &simulator::Smsc) -> TestGateway {
    let route = "match = { prefix = \"62\" }\nto = [\"telco\"]";
    TestGateway::with([smsc("telco", telco.address(), ""), account("bank", ""), self::route(route)]).await
}

fn number(index: usize) -> String {
    format!("62811{index:07}")
}

#[tokio::test]
async fn ten_thousand_messages_are_taken_over_by_one_request() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let message = |index| json!({ "to": number(index), "from": "BANK", "text": format!("number {index}") });
    let many: Vec<Value> = (0..10_000).map(message).collect();

    let answer = gateway.caller("bank").post(many.clone().into()).await;

    assert_eq!(answer.status, 202);
    let answers = answer.body.as_array().unwrap();
    let ids: HashSet<&str> = answers.iter().map(|answer| answer["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10_000);
    assert!(answers.iter().enumerate().all(|(index, answer)| answer["to"] == number(index).as_str()));
    gateway.settled().await;
    assert_eq!(telco.stats().submits, 10_000);
    let one_more = [many, vec![message(10_000)]].concat();
    let refused = gateway.caller("bank").post(one_more.into()).await;
    assert_eq!((refused.status, &refused.body["code"]), (400, &"bad_batch".into()));
}

#[tokio::test]
async fn one_text_goes_to_several_receivers_and_each_is_answered() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let to = json!([number(1), "441234567890", "nobody", number(2)]);
    let message = json!({ "to": to, "from": "BANK", "text": "hello", "client_reference": "campaign 3" });

    let answer = gateway.caller("bank").post(message).await;

    assert_eq!(answer.status, 202);
    let code = |index: usize| answer.body[index]["problem"]["code"].as_str();
    assert_eq!([code(0), code(1), code(2), code(3)], [None, Some("no_route"), Some("bad_destination"), None]);
    assert_eq!([&answer.body[1]["to"], &answer.body[2]["to"]], ["441234567890", "nobody"]);
    gateway.settled().await;
    assert_eq!(telco.stats().submits, 2);
    let found = gateway.caller("bank").search(&[("client_reference", "campaign 3")]).await.body;
    assert_eq!(found["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn copies_are_bounded() {
    let telco = centre().await;
    let gateway = gateway(&telco).await;
    let post = async |to: usize, text: usize| {
        let to: Vec<String> = (0..to).map(number).collect();
        gateway.caller("bank").post(json!({ "to": to, "from": "BANK", "text": "x".repeat(text) })).await
    };
    for (to, text, code) in [(10_001, 1, "bad_batch"), (0, 1, "bad_batch"), (10_000, 2000, "body_too_large")]
    {
        assert_eq!(post(to, text).await.body["code"], code);
    }
    assert_eq!(gateway.caller("bank").post(json!({ "to": ANI, "from": "B", "text": "x" })).await.status, 202);
}
