//! What owners say of their messages for themselves.

use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig};

use crate::harness::{ANI, SOON, TestGateway, account, centre, route, smsc};

fn order(number: u32) -> Value {
    let tags = json!({ "campaign": "autumn", "cost centre": "köln 4" });
    json!({ "to": ANI, "from": "BANK", "text": "hello", "client_reference": format!("order {number}"), "tags": tags })
}

#[tokio::test]
async fn what_is_said_of_a_message_is_in_its_record_also_after_a_restart() {
    let telco = centre().await;
    let links = [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links.clone()).await;
    let caller = gateway.caller("bank");
    let both = caller.post(json!([order(1), order(2)])).await;
    assert_eq!(both.status, 202);
    let plain = caller.post(json!({ "to": ANI, "from": "BANK", "text": "hello" })).await.id();
    gateway.settled().await;

    let gateway = gateway.stop().await.start(links).await;
    let caller = gateway.caller("bank");
    for number in [1, 2] {
        let reference = format!("order {number}");
        let found = caller.search(&[("client_reference", &reference), ("number", ANI)]).await.body;
        let [message] = &found["messages"].as_array().unwrap()[..] else { panic!("{found}") };
        assert_eq!(message["id"], both.body[number - 1]["id"]);
        let record = caller.record(message["id"].as_str().unwrap()).await.body;
        assert_eq!(record["client_reference"], reference.as_str());
        assert_eq!(record["tags"], json!({ "campaign": "autumn", "cost centre": "köln 4" }));
        assert_eq!(record["state"], "delivered");
    }
    let record = caller.record(&plain).await.body;
    assert!(record.get("client_reference").is_none() && record.get("tags").is_none(), "{record}");
}

#[tokio::test]
async fn the_receipt_says_it_again() {
    let telco = centre().await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let shop = format!("callback_url = \"{}\"\nallow_private_address = true", receiver.url());
    let links = [smsc("telco", telco.address(), ""), account("shop", &shop), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links).await;

    let id = gateway.caller("shop").post(order(7)).await.id();

    let call = receiver.next_call(SOON).await.unwrap();
    assert_eq!((call.fields["id"].as_str(), call.fields["client_reference"].as_str()), (&*id, "order 7"));
    let tags: Value = serde_json::from_str(&call.fields["tags"]).unwrap();
    assert_eq!(tags, json!({ "campaign": "autumn", "cost centre": "köln 4" }));
}

#[tokio::test]
async fn more_than_can_be_kept_is_refused() {
    let telco = centre().await;
    let links = [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links).await;
    let many: Value = (0..17)
        .map(|number| (number.to_string(), Value::from("x")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (field, value) in [
        ("client_reference", Value::from("x".repeat(256))),
        ("tags", many),
        ("tags", json!({ "x".repeat(65): "y" })),
        ("tags", json!({ "x": "y".repeat(65) })),
        ("tags", json!({ "": "y" })),
    ] {
        let mut message = order(1);
        message[field] = value;
        let answer = gateway.caller("bank").post(message).await;
        assert_eq!(
            (answer.status, &answer.body["code"], &answer.body["field"]),
            (422, &"bad_value".into(), &field.into())
        );
    }
}
