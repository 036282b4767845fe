//! What a message would take.

use serde_json::{Value, json};

use super::*;

async fn asked(desk: &Desk, message: &Value) -> Answer {
    let request = Request::post("/v1/preview")
        .header("authorization", basic("bank:hunter22"))
        .header("content-type", "application/json");
    desk.ask(request.body(message.to_string().into()).unwrap()).await
}

async fn shown(message: Value) -> Value {
    let answer = asked(&Desk::open(), &message).await;
    assert_eq!(answer.status, 200, "{message}: {}", answer.body);
    answer.json()
}

async fn shown_text(text: &str) -> Value {
    shown(json!({ "text": text })).await
}

#[tokio::test]
async fn a_short_text() {
    let expected = json!({
        "encoding": "gsm7", "characters": 2, "units": 3, "units_per_segment": 160, "units_left": 157,
        "segments": 1, "parts": ["a€"],
    });
    assert_eq!(shown_text("a€").await, expected, "the euro takes an escape");
    let cyrillic = shown_text("да").await;
    assert_eq!((&cyrillic["encoding"], &cyrillic["units_left"]), (&"ucs2".into(), &68.into()));
    assert_eq!(shown_text("").await["units_left"], 160);
}

#[tokio::test]
async fn long_texts_are_shown_part_by_part() {
    let long = shown_text(&"x".repeat(161)).await;
    assert_eq!((&long["segments"], &long["units_per_segment"]), (&2.into(), &153.into()));
    assert_eq!((&long["units"], &long["units_left"]), (&161.into(), &145.into()));
    assert_eq!(long["parts"], json!(["x".repeat(153), "x".repeat(8)]));
    let emoji = shown_text(&"😀".repeat(36)).await;
    assert_eq!(
        (&emoji["characters"], &emoji["units"], &emoji["segments"]),
        (&36.into(), &72.into(), &2.into())
    );
    assert_eq!(emoji["parts"], json!(["😀".repeat(33), "😀".repeat(3)]), "no pair is split");
}

// I-3
#[tokio::test]
async fn what_stands_in_the_header_takes_its_room() {
    let ports = json!({ "destination": 2948 });
    let one = shown(json!({ "text": "x".repeat(152), "ports": ports })).await;
    assert_eq!(
        (&one["segments"], &one["units_per_segment"], &one["units_left"]),
        (&1.into(), &152.into(), &0.into())
    );
    let two = shown(json!({ "text": "x".repeat(153), "ports": ports })).await;
    assert_eq!((&two["segments"], &two["units_per_segment"]), (&2.into(), &146.into()));
    assert_eq!(two["parts"], json!(["x".repeat(146), "x".repeat(7)]));
    let wide = shown(json!({ "text": "д", "ports": ports })).await;
    assert_eq!((&wide["encoding"], &wide["units_per_segment"]), (&"ucs2".into(), &66.into()));
    let voice = shown(json!({ "waiting": { "kind": "voice", "count": 3 } })).await;
    assert_eq!(
        (&voice["segments"], &voice["characters"], &voice["units_per_segment"]),
        (&1.into(), &0.into(), &154.into())
    );
    let flash = shown(json!({ "text": "x".repeat(160), "flash": true })).await;
    assert_eq!(flash["segments"], 1, "a class takes no room");
}

#[tokio::test]
async fn octets_are_shown_as_octets() {
    let octets = shown(json!({ "binary": "00ff", "udh": "0605040b8423f0" })).await;
    let expected = json!({
        "encoding": "octets", "units": 2, "units_per_segment": 133, "units_left": 131, "segments": 1,
        "parts": ["00ff"],
    });
    assert_eq!(octets, expected);
    let long = shown(json!({ "binary": "00".repeat(141) })).await;
    assert_eq!((&long["segments"], &long["units_per_segment"]), (&2.into(), &134.into()));
    let wide = shown(json!({ "binary": "0434", "data_coding": 8 })).await;
    assert_eq!((&wide["encoding"], &wide["units"]), (&"ucs2".into(), &1.into()));
}

#[tokio::test]
async fn transliteration_is_shown() {
    let shown = shown(json!({ "text": "“x”", "transliterate": true })).await;
    assert_eq!((&shown["encoding"], &shown["parts"]), (&"gsm7".into(), &json!(["\"x\""])));
    assert_eq!(shown["transliterated"][0]["was"], "“");
}

#[tokio::test]
async fn a_preview_takes_as_many_segments_as_the_message() {
    let desk = Desk::open();
    for message in [
        json!({ "text": "x".repeat(153), "ports": { "destination": 2948, "source": 9200 } }),
        json!({ "text": "д".repeat(70), "flash": true }),
        json!({ "text": "“".repeat(80), "transliterate": true }),
        json!({ "binary": "00".repeat(300), "udh": "0605040b8423f0" }),
        json!({ "text": "x".repeat(157), "waiting": [{ "kind": "fax", "count": 1 }] }),
    ] {
        let segments = asked(&desk, &message).await.json()["segments"].clone();
        let mut sent = message.clone();
        sent["to"] = "6281234567890".into();
        let accepted = desk.post("bank:hunter22", sent.to_string()).await;
        assert_eq!(accepted.status, 202, "{message}: {}", accepted.body);
        assert_eq!(accepted.json()["segments"], segments, "{message}");
    }
    assert_eq!(desk.kept().len(), 5, "a preview sends nothing");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let desk = Desk::open();
    for (message, expected) in [
        (json!({ "text": "x".repeat(255 * 153 + 1) }), (422, "bad_length", "text")),
        (json!({ "binary": "000", "data_coding": 4 }), (422, "bad_value", "binary")),
        (json!({ "text": "x", "udh": "00" }), (422, "bad_value", "udh")),
        (json!({ "text": "x", "flash": true, "message_class": 1 }), (422, "bad_value", "message_class")),
        (json!({}), (422, "bad_value", "text")),
        (json!({ "text": "x", "to": "1" }), (400, "bad_json", "")),
    ] {
        let answer = asked(&desk, &message).await;
        let said = answer.json();
        let field = if expected.0 == 400 { "" } else { said["field"].as_str().unwrap_or_default() };
        assert_eq!((answer.status.as_u16(), said["code"].as_str().unwrap(), field), expected);
    }
}
