//! Texts that are nearly in the GSM alphabet stay in one segment, for those who want it, and are told so.

use serde_json::{Value, json};

use crate::harness::{ANI, TestGateway, Texts, account, centre, route, smsc};

const QUOTED: &str = "“Olá” – it’s ready…";

async fn shop_and(telco: &simulator::Smsc, of_shop: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("shop", of_shop),
        route("to = [\"telco\"]"),
    ])
    .await
}

fn said(text: &str, transliterate: Option<bool>) -> Value {
    let mut request = json!({ "to": ANI, "from": "SHOP", "text": text });
    if let Some(transliterate) = transliterate {
        request["transliterate"] = transliterate.into();
    }
    request
}

#[tokio::test]
async fn what_became_of_which_character_is_answered() {
    let telco = centre().await;
    let gateway = shop_and(&telco, "").await;
    let shop = gateway.caller("shop");

    let answer = shop.post(said(QUOTED, Some(true))).await;

    let expected = [("“", "\""), ("á", "a"), ("”", "\""), ("–", "-"), ("’", "'"), ("…", "...")];
    let expected: Vec<_> = expected.iter().map(|(was, is)| json!({ "was": was, "is": is })).collect();
    assert_eq!((answer.status, &answer.body["transliterated"]), (202, &Value::from(expected)));
    assert_eq!(telco.texts_when(1).await, ["\"Ola\" - it's ready..."]);
    assert_eq!(telco.submits()[0].message.data_coding, 0);

    let cyrillic = shop.post(said("“Привет”", Some(true))).await;
    assert_eq!(cyrillic.body.get("transliterated"), None);
    assert_eq!(telco.texts_when(2).await[1], "“Привет”");
}

#[tokio::test]
async fn nothing_is_changed_for_who_does_not_want_it() {
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let shop = gateway.caller("shop");

    for (wish, text, changed) in [
        (Some(false), QUOTED, false),
        (None, QUOTED, true),
        (None, "plain é", false),
        (Some(true), "plain", false),
    ] {
        let answer = shop.post(said(text, wish)).await;
        assert_eq!(answer.body.get("transliterated").is_some(), changed, "{wish:?} {text}");
    }
    let texts = telco.texts_when(4).await;
    assert_eq!(texts[0], QUOTED);
    assert_eq!(texts[2..], ["plain é", "plain"]);
}
