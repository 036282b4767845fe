//! What owners say of their messages for themselves.

use serde_json::{Value, json};
use simulator::{Application, ApplicationConfig, Every};

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

/// A message that names whom to call with its receipt.
fn calling(url: &str) -> Value {
    let mut message = order(3);
    message["callback_url"] = url.into();
    message
}

#[tokio::test]
async fn a_message_names_whom_to_call_also_after_a_restart() {
    let telco = centre().await;
    let receiver = async || Application::start(ApplicationConfig::default()).await.unwrap();
    let broken = ApplicationConfig { fail: Every::nth(1), ..ApplicationConfig::default() };
    let (usual, broken) = (receiver().await, Application::start(broken).await.unwrap());
    let shop = format!("callback_url = \"{}\"\nallow_private_address = true", usual.url());
    let links = [smsc("telco", telco.address(), ""), account("shop", &shop), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links.clone()).await;
    let id = gateway.caller("shop").post(calling(&broken.url())).await.id();
    broken.next_call(SOON).await.unwrap();
    let address = broken.address();
    let gateway = gateway.stop().await;
    broken.stop().await;
    let own = Application::start(ApplicationConfig { listen: address, ..ApplicationConfig::default() })
        .await
        .unwrap();
    let gateway = gateway.start(links).await;

    let call = own.next_call(SOON).await.unwrap();
    assert_eq!((&*call.fields["id"], &*call.fields["state"]), (&*id, "delivered"));
    assert_eq!(call.fields["client_reference"], "order 3");
    gateway.settled().await;
    assert_eq!(usual.call_count(), 0, "nobody else is told");
    let record = gateway.caller("shop").record(&id).await.body;
    assert_eq!(record["callback_url"], own.url());
    let told = record["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&told["event"], &told["link"]), (&"owner_told".into(), &"shop/callbacks".into()));
    gateway.caller("shop").post(order(4)).await.id();
    assert_eq!(usual.next_call(SOON).await.unwrap().fields["client_reference"], "order 4");
}

// WH-3
#[tokio::test]
async fn what_must_not_be_called_cannot_be_named() {
    let telco = centre().await;
    let shop = "callback_url = \"https://shop.example/sms\"";
    let accounts = account("shop", shop) + &account("bank", "");
    let links = [smsc("telco", telco.address(), ""), accounts, route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links).await;
    let code = async |account: &str, url: &str| {
        let answer = gateway.caller(account).post(calling(url)).await;
        (answer.status, answer.body["field"].as_str().unwrap_or_default().to_owned())
    };
    let of_url = |status| (status, "callback_url".to_owned());
    for url in ["http://127.0.0.1/", "http://[::1]:9/", "http://169.254.169.254/x", "http://shop.example/"] {
        assert_eq!(code("shop", url).await, of_url(403), "{url}");
    }
    for url in ["ftp://shop.example/", "shop"] {
        assert_eq!(code("shop", url).await, of_url(422), "{url}");
    }
    assert_eq!(code("bank", "https://bank.example/").await, of_url(403), "it is never called");
    let mut silent = calling("https://shop.example/other");
    silent["receipt"] = false.into();
    assert_eq!(gateway.caller("shop").post(silent).await.status, 422);
}
