//! `/send`, `/rate`, `/balance` and `/ping`.

use super::{id, shop, shop_with};
use crate::harness::{PASSWORD, SOON, Texts};

// JS-1, JS-12: 4.2: 200 `Success "<uuid>"`
#[tokio::test]
async fn what_is_accepted_is_a_success_with_a_uuid() {
    let (telco, gateway, customer) = shop().await;
    let by_get = customer.get("/send", "to=%2B628111&from=1234&content=two+words").await;
    let form = format!("username=shop&password={PASSWORD}&to=628111&content=form");
    let by_form = customer.post("/send", "application/x-www-form-urlencoded", &form).await;
    let json = format!(r#"{{"username":"shop","password":"{PASSWORD}","to":628111,"content":"json é"}}"#);
    let by_json = customer.post("/send", "application/json", &json).await;
    for answer in [by_get, by_form, by_json] {
        gateway.record(&id(&answer)).await;
    }
    let mut texts = telco.texts_when(3).await;
    texts.sort();
    assert_eq!(texts, ["form", "json é", "two words"]);
}

// JS-2, JS-3, JS-11, JS-13: 4.2: the bodies of status 400
#[tokio::test]
async fn arguments_that_are_wrong_are_named() {
    let (_telco, _gateway, customer) = shop().await;
    let named = format!("username=shop&password={PASSWORD}");
    for (query, text) in [
        ("x=1".to_owned(), "Argument [x] is unknown."),
        (format!("{named}&to=1&content=x&x=1"), "Argument [x] is unknown."),
        (format!("{named}&to=abc&content=x"), "Argument [to] has an invalid value: [abc]."),
        (format!("{named}&content=x"), "Mandatory argument [to] is not found."),
        ("to=1&content=x".to_owned(), "Mandatory argument [username] is not found."),
        (format!("{named}&to=1&content=x&coding=12"), "Argument [coding] has an invalid value: [12]."),
        (format!("{named}&to=1&content=x&dlr-level=4"), "Argument [dlr-level] has an invalid value: [4]."),
        (format!("{named}&to=1"), "content or hex-content not present."),
        (format!("{named}&to=1&hex-content=0g"), "Invalid hex-content data: 'b'0g''"),
        (
            format!("{named}&to=1&content=x&hex-content=00"),
            "content and hex-content cannot be used both in same request.",
        ),
    ] {
        let (status, body) = customer.plain(&format!("/send?{query}")).await;
        assert_eq!((status, body), (400, format!("Error \"{text}\"")), "{query}");
    }
}

// JS-14, JS-15, JS-16: 4.2: 403 `Authentication failure for username:<u>`, 412 `No route found`, 403 `User throughput exceeded`, 400 `Value
// filter failed …`
#[tokio::test]
async fn refusals_have_the_status_and_the_words_of_jasmin() {
    let (_telco, _gateway, customer) = shop_with("sources = [\"1234\", \"5678\"]\nrate = 1").await;
    let (status, body) = customer.plain("/send?username=shop&password=wrong&to=62811&content=x").await;
    assert_eq!((status, body.as_str()), (403, "Error \"Authentication failure for username:shop\""));
    let (status, body) = customer.get("/send", "to=62811&content=x&from=other").await;
    let filtered = "Error \"Value filter failed for user [shop] (source_address filter mismatch).\"";
    assert_eq!((status, body.as_str()), (400, filtered));
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(customer.get("/send", "to=62811&content=x&from=1234").await);
    }
    assert!(answers.contains(&(403, "Error \"User throughput exceeded\"".to_owned())), "{answers:?}");
    let (_telco, _gateway, customer) = shop().await;
    let (status, body) = customer.get("/send", "to=4670&content=x").await;
    assert_eq!((status, body.as_str()), (412, "Error \"No route found\""));
}

// JS-4, JS-5: 4.1: `coding`, `content` / `hex-content`, `priority`
#[tokio::test]
async fn content_is_what_coding_says() {
    let (telco, _gateway, customer) = shop().await;
    for (number, (query, coding, octets)) in [
        ("content=%C3%A4%E2%82%AC&coding=0", 0, &b"\x7b\x1b\x65"[..]),
        ("content=%D0%94&coding=0", 0, b"?"),
        ("content=%C3%A7a%CE%91%CE%A7%CE%94&coding=0", 0, b"\x09aAX\x10"),
        ("content=%04%14&coding=8", 8, b"\x04\x14"),
        ("hex-content=0414&coding=8", 8, b"\x04\x14"),
        ("hex-content=00FF&coding=4&priority=2", 4, b"\x00\xff"),
        ("content=", 0, b""),
    ]
    .into_iter()
    .enumerate()
    {
        id(&customer.get("/send", &format!("to=62811&{query}")).await);
        telco.submits_when(number + 1, SOON).await.unwrap();
        let message = &telco.submits()[number].message;
        assert_eq!((message.data_coding, &message.short_message[..]), (coding, octets), "{query}");
    }
    assert_eq!(telco.submits()[5].message.priority_flag, 2);
}

// JS-6, JS-7: 4.1: `sdt`, `validity-period`
#[tokio::test]
async fn what_is_scheduled_waits() {
    let (telco, gateway, customer) = shop().await;
    let later = customer.get("/send", "to=62811&content=later&sdt=000000010000000R&validity-period=60").await;
    id(&customer.get("/send", "to=62811&content=now&validity-period=60").await);
    assert_eq!(telco.texts_when(1).await, ["now"]);
    assert_eq!(gateway.record(&id(&later)).await.state, sms::State::Enroute);
}

// JS-19, JS-20, JS-21: 4.3: `/balance`, `/rate`, `/ping`
#[tokio::test]
async fn there_is_no_limit_and_no_price() {
    let (telco, _gateway, customer) = shop().await;
    let unlimited = "{\"balance\":\"ND\",\"sms_count\":\"ND\"}".to_owned();
    assert_eq!(
        customer.plain(&format!("/balance?username=shop&password={PASSWORD}")).await,
        (200, unlimited)
    );
    let failure = "\"Authentication failure for username:shop\"".to_owned();
    assert_eq!(customer.plain("/balance?username=shop&password=x").await, (403, failure));
    for (query, count) in [("to=62811", 1), (&format!("to=62811&content={}", "a".repeat(161)), 2)] {
        let rate = format!("{{\"submit_sm_count\":{count},\"unit_rate\":0.0}}");
        assert_eq!(customer.get("/rate", query).await, (200, rate));
    }
    assert_eq!(customer.get("/rate", "to=4670&content=x").await, (412, "\"No route found\"".to_owned()));
    assert_eq!(customer.plain("/ping").await, (200, "Jasmin/PONG".to_owned()));
    assert_eq!(telco.submits().len(), 0);
}

#[tokio::test]
async fn nothing_is_sent_by_head() {
    let (telco, gateway, customer) = shop().await;
    let target = format!("/send?to=62811&content=x&username=shop&password={PASSWORD}");
    let status = customer.client.head(customer.base.join(&target).unwrap()).send().await.unwrap().status();
    assert_eq!(status.as_u16(), 405);
    assert_eq!((gateway.status().await.live_messages, telco.submits().len()), (0, 0));
}

// JS-9, JS-10: 4.1: `tags`, `custom_tlvs`
#[tokio::test]
async fn tags_stay_with_the_record_and_tlvs_go_with_the_message() {
    let (telco, gateway, customer) = shop().await;
    let tlvs = "%7B%220x1401%3AInt2%22%3A7%2C%220x1402%22%3A%22ab%22%7D";
    let said =
        customer.get("/send", &format!("to=62811&content=x&tags=promo,night-1&custom_tlvs={tlvs}")).await;
    let id = id(&said);
    telco.submits_when(1, SOON).await.unwrap();
    let sent = telco.submits().remove(0).message.tlvs;
    assert_eq!(sent.get(smpp::TlvTag(0x1401)), Some(&[0, 7][..]));
    assert_eq!(sent.get(smpp::TlvTag(0x1402)), Some(&b"ab"[..]));
    let record = gateway.caller("shop").search(&[]).await.body;
    assert_eq!(record["messages"][0]["id"], id.as_str());
    assert_eq!(record["messages"][0]["tags"], serde_json::json!({ "promo": "", "night-1": "" }));
    let (status, body) = customer.get("/send", "to=62811&content=x&custom_tlvs=%7B%220x0204%22%3A1%7D").await;
    assert_eq!(
        (status, body.as_str()),
        (400, "Error \"Argument [custom_tlvs] has an invalid value: [{\"0x0204\":1}].\"")
    );
}

// JS-21: 4.6: `{"data":"Jasmin/PONG"}`
#[tokio::test]
async fn a_ping_of_rest_is_answered_in_json() {
    let (_telco, _gateway, customer) = shop().await;
    let pong = (200, "{\"data\":\"Jasmin/PONG\"}".to_owned());
    assert_eq!(customer.rest("GET", "/ping", "").await, pong);
    let request =
        customer.client.get(customer.base.join("/ping").unwrap()).header("accept", "application/json");
    assert_eq!(super::answer(request).await, pong);
}

// JS-14, JS-37: 4.2: 400 `Authorization failed for user [..] (…)`, 400 `Value filter failed for user [..] (…)`
#[tokio::test]
async fn what_a_user_may_not_say_is_refused_in_the_words_of_jasmin() {
    let rights = "denied = [\"priority\", \"dlr_level\", \"http_long_content\", \"hex_content\"]";
    let filters = "filters = { dst_addr = \"^628\", content = \"[a-z]+$\" }, default_source = \"4242\"";
    let (telco, gateway, customer) = shop_with(&format!("jasmin = {{ {rights}, {filters} }}")).await;
    let long = "x".repeat(161);
    let authorization = |what: &str| format!("Authorization failed for user [shop] ({what}).");
    let filter = |what: &str| format!("Value filter failed for user [shop] ({what} filter mismatch).");
    for (query, text) in [
        ("to=628111&content=x&priority=1".to_owned(), authorization("Setting priority not authorized")),
        ("to=628111&content=x&dlr-level=2".to_owned(), authorization("Setting dlr level not authorized")),
        ("to=628111&hex-content=41".to_owned(), authorization("Setting hex content not authorized")),
        (format!("to=628111&content={long}"), authorization("Long content not authorized")),
        ("to=627111&content=x".to_owned(), filter("destination_address")),
        ("to=628111&content=x1".to_owned(), filter("content")),
        ("to=628111&content=1x".to_owned(), filter("content")),
    ] {
        let said = customer.get("/send", &query).await;
        assert_eq!(said, (400, format!("Error \"{text}\"")), "{query}");
    }
    let batch = r#"{"messages": [{"to": ["628111", "627111"], "content": "batch"}]}"#;
    assert_eq!(customer.rest("POST", "/secure/sendbatch", batch).await.0, 200);
    let sent = customer.get("/send", "to=628111&content=plain").await;
    assert_eq!(gateway.record(&id(&sent)).await.source.text(), "4242");
    let mut texts = telco.texts_when(2).await;
    texts.sort();
    assert_eq!(texts, ["batch", "plain"]);
    // Jasmin asks for the balance to know whose batch it is.
    let (_telco, _gateway, customer) = shop_with("jasmin = { denied = [\"http_balance\"] }").await;
    let (status, body) = customer.get("/balance", "").await;
    assert_eq!((status, body), (400, format!("\"{}\"", authorization("Cannot check balance"))));
    assert_eq!(customer.rest("POST", "/secure/sendbatch", batch).await.0, 412);
}
