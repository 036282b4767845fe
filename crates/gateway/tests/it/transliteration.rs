//! Texts that are nearly in the GSM alphabet stay in one segment, for those who want it, and are told so.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use smpp::{
    Body, CString, DataSm, Destination, Destinations, LongAddress, ReplaceSm, ShortMessage, SubmitMulti,
    TlvTag, VERSION_3_3, VERSION_3_4,
};

use crate::harness::{
    ANI, SOON, TestGateway, Texts, Wire, account, centre, centre_at, free_address, message, route, smsc,
};

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

/// A submit_sm with this text in UCS-2.
fn in_ucs2(text: &str) -> ShortMessage {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    ShortMessage { data_coding: 8, short_message: octets.into(), ..message(ANI, "SHOP", "") }
}

/// What the answer to a submit_sm says in words.
async fn told(shop: &mut Wire, pdu: ShortMessage) -> Option<String> {
    let answer = shop.ask(Body::SubmitSm(pdu)).await;
    let Body::SubmitSmResp(response) = answer.body else { panic!("{answer:?}") };
    assert!(answer.status.is_ok() && !response.message_id.is_empty());
    response.tlvs.additional_status_info_text().map(|text| String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn an_esme_that_wants_it_is_told_in_the_answer() {
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;

    let said = told(&mut shop, in_ucs2("“Olá”")).await;

    assert_eq!(said.as_deref(), Some("transliterated: U+201C=\"; U+00E1=a; U+201D=\""));
    assert_eq!(telco.texts_when(1).await, ["\"Ola\""]);
    assert_eq!(telco.submits()[0].message.data_coding, 0);
}

#[tokio::test]
async fn what_is_a_part_or_has_a_class_stays_as_it_is() {
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let mut part = in_ucs2("“part”");
    part.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 7);
    part.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, 2);
    part.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, 1);
    let headed = [b"\x05\x00\x03\x07\x02\x01", &in_ucs2("“part”").short_message[..]].concat();
    let headed = ShortMessage { esm_class: 0x40, short_message: headed.into(), ..in_ucs2("") };
    for pdu in [part, headed, in_ucs2("“Привет”"), ShortMessage { data_coding: 0x18, ..in_ucs2("“now”") }]
    {
        assert_eq!(told(&mut shop, pdu).await, None);
    }
    for submit in telco.submits_when(4, SOON).await.unwrap() {
        assert_ne!(submit.message.data_coding, 0);
    }
}

#[tokio::test]
async fn a_session_that_has_no_tlvs_is_told_by_the_record() {
    // V-1
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let mut old = Wire::bind(&gateway, "shop", VERSION_3_3).await;

    assert_eq!(told(&mut old, in_ucs2("“old”")).await, None);

    assert_eq!(telco.texts_when(1).await, ["\"old\""]);
    let records = gateway.caller("shop").search(&[]).await.body;
    let id = records["messages"][0]["id"].as_str().unwrap();
    assert_eq!(recorded(&gateway, id).await, json!([{ "was": "“", "is": "\"" }, { "was": "”", "is": "\"" }]));
}

#[tokio::test]
async fn data_sm_is_put_into_it_too() {
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let pdu = in_ucs2("“data”");
    let long = |address: &smpp::Address| LongAddress::new(address.ton, address.npi, &address.value).unwrap();
    let mut data = DataSm {
        source: long(&pdu.source),
        destination: long(&pdu.destination),
        data_coding: 8,
        ..DataSm::default()
    };
    data.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &pdu.short_message).unwrap();

    let answer = shop.ask(Body::DataSm(data)).await;

    let Body::DataSmResp(response) = answer.body else { panic!("{answer:?}") };
    let said = response.tlvs.additional_status_info_text().unwrap();
    assert_eq!(said, b"transliterated: U+201C=\"; U+201D=\"");
    assert_eq!(telco.texts_when(1).await, ["\"data\""]);
}

#[tokio::test]
async fn submit_multi_is_put_into_it_for_all_its_destinations() {
    // O-3
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let message = in_ucs2("“many”");
    let destination = Destination::Address(message.destination.clone());
    let destinations = Destinations::of(&[destination.clone(), destination]).unwrap();

    let answer = shop.ask(Body::SubmitMulti(SubmitMulti { message, destinations })).await;

    let Body::SubmitMultiResp(response) = answer.body else { panic!("{answer:?}") };
    let said = response.tlvs.additional_status_info_text().unwrap();
    assert_eq!(said, b"transliterated: U+201C=\"; U+201D=\"");
    assert_eq!(telco.texts_when(2).await, ["\"many\"", "\"many\""]);
    let id = String::from_utf8(response.message_id.to_vec()).unwrap();
    assert_eq!(recorded(&gateway, &id).await.as_array().map(Vec::len), Some(2));
}

/// What the record of a message says of characters that were changed.
async fn recorded(gateway: &TestGateway, id: &str) -> Value {
    let mut record = gateway.caller("shop").record(id).await.body;
    record["transliterated"].take()
}

/// A text that is due in a while.
fn later(text: &str) -> Value {
    let at = SystemTime::now() + Duration::from_secs(3600);
    let mut request = said(text, None);
    request["not_before"] = jiff::Timestamp::try_from(at).unwrap().to_string().into();
    request
}

fn quotes(letter: &str) -> Value {
    let one = |was: &str, is: &str| json!({ "was": was, "is": is });
    json!([one("“", "\""), one(letter, "a"), one("”", "\"")])
}

#[tokio::test]
async fn the_record_says_it_also_after_a_restart() {
    let telco = centre().await;
    let links = [
        smsc("telco", telco.address(), ""),
        account("shop", "transliterate = true"),
        route("to = [\"telco\"]"),
    ];
    let gateway = TestGateway::with(links.clone()).await;
    let shop = gateway.caller("shop");
    let mut request = said("“á”", None);
    request["client_reference"] = "order 7".into();
    let by_http = shop.post_once("once", &request).await.id();
    let mut esme = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let by_smpp = esme.submit(in_ucs2("“â” “à” “ä”")).await;
    let in_place = ShortMessage { replace_if_present: 1, ..in_ucs2("“ã”") };
    let in_place = esme.submit(in_place).await;
    let plain = esme.submit(in_ucs2("“Привет”")).await;
    let others = [plain, shop.post(said("plain", None)).await.id()];

    let gateway = gateway.stop().await.start(links).await;

    assert_eq!(recorded(&gateway, &by_http).await, quotes("á"));
    assert_eq!(recorded(&gateway, &by_smpp).await, quotes("â"), "à and ä are in the alphabet");
    assert_eq!(recorded(&gateway, &in_place).await, quotes("ã"));
    for id in others {
        assert_eq!(recorded(&gateway, &id).await, Value::Null);
    }
    let found = gateway.caller("shop").search(&[("client_reference", "order 7")]).await.body;
    assert_eq!(found["messages"][0]["transliterated"], quotes("á"));
}

// O-6
#[tokio::test]
async fn another_text_is_changed_as_the_first_would_be() {
    let telco = centre().await;
    let gateway = shop_and(&telco, "transliterate = true").await;
    let shop = gateway.caller("shop");
    let id = shop.post(later("“á”")).await.id();
    assert_eq!(recorded(&gateway, &id).await, quotes("á"));

    let answer = shop.patch(&id, json!({ "text": "“ã”" })).await;
    assert_eq!((answer.status, &answer.body["transliterated"]), (200, &quotes("ã")));
    assert_eq!(recorded(&gateway, &id).await, quotes("ã"));
    for wish in [json!({ "text": "“á”", "transliterate": false }), json!({ "text": "plain" })] {
        let answer = shop.patch(&id, wish).await;
        assert_eq!((answer.status, answer.body.get("transliterated")), (200, None));
        assert_eq!(recorded(&gateway, &id).await, Value::Null);
    }
}

/// replace_sm with this text in UCS-2.
fn replace_in_ucs2(id: &str, text: &str) -> Body {
    Body::ReplaceSm(ReplaceSm {
        message_id: CString::clipped(id.as_bytes()),
        source: simulator::address("SHOP").unwrap(),
        short_message: in_ucs2(text).short_message,
        ..ReplaceSm::default()
    })
}

// O-6
#[tokio::test]
async fn another_text_of_an_esme_is_in_the_alphabet_that_it_speaks() {
    let address = free_address();
    let gateway = TestGateway::with([
        smsc("telco", address, ""),
        account("shop", "transliterate = true"),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let mut ids = Vec::new();
    for (first, other, says) in [
        ("“á”", "“ã”", quotes("ã")),
        ("“á”", "Привет", Value::Null),
        ("Привет", "“ã”", quotes("ã")),
        ("“á”", "plain", Value::Null),
    ] {
        let id = shop.submit(in_ucs2(first)).await;
        assert!(shop.status_of(replace_in_ucs2(&id, other)).await.is_ok());
        assert_eq!(recorded(&gateway, &id).await, says, "{first} {other}");
        ids.push(id);
    }
    // What is in UCS-2 now takes it again.
    assert!(shop.status_of(replace_in_ucs2(&ids[1], "“â”")).await.is_ok());

    let telco = centre_at(address).await;

    assert_eq!(telco.texts_when(4).await, ["\"a\"", "\"a\"", "\"a\"", "plain"]);
    let codings: Vec<_> = telco.submits().iter().map(|submit| submit.message.data_coding).collect();
    assert_eq!(codings, [0, 0, 0, 8]);
}
