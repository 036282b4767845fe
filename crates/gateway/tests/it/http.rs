//! An ESME that speaks HTTP: submits, and asks what became of it.

use serde_json::{Value, json};
use sms::State;

use crate::harness::{ANI, SOON, TestGateway, Texts, account, centre, route, smsc};

async fn shop_and(telco: &simulator::Smsc) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("shop", ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await
}

/// The events of a record, in order.
fn events(record: &Value) -> Vec<&str> {
    record["history"].as_array().unwrap().iter().map(|step| step["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_message_is_posted_and_its_record_ends_in_delivered() {
    let telco = centre().await;
    let gateway = shop_and(&telco).await;
    let shop = gateway.caller("shop");
    let handset = telco.handset(ANI);

    let id = shop.post(json!({ "to": format!("+{ANI}"), "from": "SHOP", "text": "Grüße €5" })).await.id();

    let message = handset.next_message(SOON).await.unwrap();
    assert_eq!((&message.from[..], &message.text[..]), ("SHOP", "Grüße €5"));
    gateway.record_when(&id, |record| record.state == State::Delivered).await;
    let record = shop.record(&id).await;
    assert_eq!(record.status, 200);
    let shown = ["id", "origin", "target", "from", "state"].map(|name| record.body[name].as_str().unwrap());
    assert_eq!(shown, [&id[..], "shop", "telco", "SHOP", "delivered"]);
    assert_eq!(events(&record.body), ["accepted", "attempted", "sent", "receipt", "final"]);
    assert_eq!(record.body["history"][4]["state"], "delivered");
    assert_eq!(record.body["history"][2]["remote_id"], telco.submits()[0].message_id);
}

#[tokio::test]
async fn a_message_is_sent_by_get() {
    let telco = centre().await;
    let gateway = shop_and(&telco).await;

    let id = gateway.caller("shop").send(ANI, "1234", "two words & more").await.id();

    assert_eq!(telco.texts_when(1).await, ["two words & more"]);
    gateway.record_when(&id, |record| record.state == State::Delivered).await;
}

#[tokio::test]
async fn another_accounts_message_is_like_one_that_is_not_there() {
    let telco = centre().await;
    let gateway = shop_and(&telco).await;
    let id = gateway.caller("shop").send(ANI, "1234", "hello").await.id();

    let (others, nobodys) =
        (gateway.caller("bank").record(&id).await, gateway.caller("bank").record("ab").await);

    assert_eq!((others.status, nobodys.status), (404, 404));
    assert_eq!(others.body, nobodys.body);
    assert_eq!(gateway.caller("bank").search(&[]).await.body["messages"], json!([]));
    assert_eq!(gateway.caller("shop").record(&id).await.status, 200);
}

#[tokio::test]
async fn messages_are_found_by_number_page_by_page() {
    let telco = centre().await;
    let gateway = shop_and(&telco).await;
    let shop = gateway.caller("shop");
    let to = |number: usize| json!({ "to": format!("62811000{:04}", number % 2), "from": "SHOP", "text": "hello" });
    let answer = shop.post((0..10).map(to).collect()).await;
    assert_eq!((answer.status, answer.body.as_array().unwrap().len()), (202, 10));
    let wanted: Vec<&Value> =
        answer.body.as_array().unwrap().iter().step_by(2).map(|item| &item["id"]).collect();

    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let conditions = [("number", "628110000000"), ("limit", "2"), ("cursor", &cursor)];
        let conditions = if cursor.is_empty() { &conditions[..2] } else { &conditions[..] };
        let page = shop.search(conditions).await.body;
        found.extend(page["messages"].as_array().unwrap().iter().map(|message| message["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = next.to_owned();
    }

    assert_eq!(found.len(), 5);
    assert!(wanted.iter().all(|id| found.contains(id)), "each once");
}

#[tokio::test]
async fn messages_are_listed_by_what_became_of_them() {
    let telco = centre().await;
    let gateway = shop_and(&telco).await;
    let shop = gateway.caller("shop");
    let told = json!({ "to": ANI, "from": "SHOP", "text": "told" });
    let silent = json!({ "to": ANI, "from": "SHOP", "text": "silent", "receipt": false });
    let later = json!({ "to": ANI, "from": "SHOP", "text": "later", "not_before": "2100-01-01T00:00:00Z" });
    assert_eq!(shop.post(later).await.status, 422);
    let (told, silent) = (shop.post(told).await.id(), shop.post(silent).await.id());
    gateway.record_when(&told, |record| record.state == State::Delivered).await;
    gateway.record_when(&silent, |record| record.state == State::HandedOver).await;
    gateway.settled().await;

    for (conditions, found) in [
        (&[("state", "delivered")][..], &[&told][..]),
        (&[("state", "handed_over,expired")], &[&silent]),
        (&[("state", "delivered,handed_over"), ("direction", "mt")], &[&silent, &told]),
        (&[("state", "enroute")], &[]),
        (&[("direction", "mo")], &[]),
    ] {
        let page = shop.search(conditions).await.body;
        let ids: Vec<&str> = page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, *found, "{conditions:?}");
    }
    let wrong = shop.search(&[("state", "sent")]).await;
    assert_eq!((wrong.status, &wrong.body["field"]), (422, &json!("state")));
}
