//! What a handset shall do with a message beside showing it: said by HTTP, and relayed.

use bytes::Bytes;
use serde_json::{Value, json};
use smpp::{ShortMessage, VERSION_3_4};
use sms::UserDataHeader;
use sms::udh::{Ports, Waiting};

use crate::harness::{ANI, SOON, TestGateway, Wire, account, centre, message, route, smsc};

async fn shop_and(telco: &simulator::Smsc, profile: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), profile),
        account("shop", ""),
        route("from = { link = \"shop\" }\nto = [\"telco\"]"),
        route("to = [\"shop\"]"),
    ])
    .await
}

/// What arrives at the SMSC of a message with these fields.
async fn arriving(telco: &simulator::Smsc, gateway: &TestGateway, fields: Value) -> Vec<ShortMessage> {
    let mut request = json!({ "to": ANI, "from": "SHOP" });
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let before = telco.submits().len();
    let answer = gateway.caller("shop").post(request).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let segments = answer.body["segments"].as_u64().unwrap() as usize;
    let submits = telco.submits_when(before + segments, SOON).await.unwrap();
    submits[before..].iter().map(|submit| submit.message.clone()).collect()
}

fn header(message: &ShortMessage) -> (UserDataHeader<'_>, &[u8]) {
    assert_eq!(message.esm_class & 0x40, 0x40);
    UserDataHeader::parse(&message.short_message).unwrap()
}

#[tokio::test]
async fn a_flash_is_of_class_0_in_either_alphabet_however_long() {
    // I-4, C-1
    let telco = centre().await;
    let gateway = shop_and(&telco, "").await;
    for (text, data_coding, segments) in [
        ("Now!".to_owned(), 0xF0, 1),
        ("Сейчас!".to_owned(), 0x18, 1),
        ("x".repeat(161), 0xF0, 2),
        ("ж".repeat(71), 0x18, 2),
    ] {
        let arrived = arriving(&telco, &gateway, json!({ "text": text, "flash": true })).await;
        assert_eq!(arrived.len(), segments, "{text}");
        for part in &arrived {
            assert_eq!(part.data_coding, data_coding, "{text}");
        }
    }
    for (class, data_coding) in [(1, 0xF1), (2, 0xF2), (3, 0xF3)] {
        let arrived = arriving(&telco, &gateway, json!({ "text": "x", "message_class": class })).await;
        assert_eq!((arrived[0].data_coding, &arrived[0].short_message[..]), (data_coding, &b"x"[..]));
    }
    let octets = arriving(&telco, &gateway, json!({ "binary": "00ff", "flash": true })).await;
    assert_eq!((octets[0].data_coding, &octets[0].short_message[..]), (0xF4, &b"\x00\xff"[..]));
}

#[tokio::test]
async fn ports_stand_in_the_header_of_every_part() {
    // I-3, G-2
    let telco = centre().await;
    let gateway = shop_and(&telco, "").await;
    let ports = json!({ "destination": 16000, "source": 9200 });
    for (length, segments) in [(152, 1), (153, 2), (292, 2), (293, 3)] {
        let request = json!({ "text": "x".repeat(length), "ports": ports });
        let arrived = arriving(&telco, &gateway, request).await;
        assert_eq!(arrived.len(), segments, "{length} characters");
        for part in &arrived {
            let (header, _) = header(part);
            assert_eq!(header.ports(), Some(Ports { destination: 16000, source: 9200 }));
            assert_eq!((header.concatenation().is_some(), part.data_coding), (segments > 1, 0));
        }
        let text: Vec<u8> = arrived.iter().flat_map(|part| header(part).1).copied().collect();
        assert_eq!(text, vec![b'x'; length]);
    }
}

#[tokio::test]
async fn what_waits_is_said_by_data_coding_and_header() {
    // I-1
    let telco = centre().await;
    let gateway = shop_and(&telco, "").await;
    let waiting = json!({ "kind": "voice", "count": 3 });
    let arrived = arriving(&telco, &gateway, json!({ "text": "3 calls", "waiting": waiting })).await;
    let (said, text) = header(&arrived[0]);
    assert_eq!((arrived[0].data_coding, text), (0xD8, &b"3 calls"[..]));
    let voice = Waiting { is_kept: true, kind: Waiting::VOICE, count: 3 };
    assert_eq!(said.waiting().collect::<Vec<_>>(), [voice]);

    let waiting = ["voice", "fax", "email", "other", "video"].map(|kind| json!({ "kind": kind, "count": 0 }));
    let arrived = arriving(&telco, &gateway, json!({ "waiting": waiting })).await;
    assert_eq!(arrived[0].data_coding, 0xC0);
    let clear_all = b"\x14\x01\x02\x00\x00\x01\x02\x01\x00\x01\x02\x02\x00\x01\x02\x03\x00\x01\x02\x07\x00";
    assert_eq!(arrived[0].short_message, clear_all[..]);
}

#[tokio::test]
async fn every_data_coding_of_smpp_passes_both_ways() {
    // C-1, C-2, C-4, I-1, I-4
    let telco = centre().await;
    let gateway = shop_and(&telco, "").await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let carried: Vec<u8> = (0..=255).filter(|octet| !(0x80..=0xBF).contains(octet)).collect();
    let body = Bytes::from_static(b"\x00\x61\x00\x1b\x7f\xff");
    for (&data_coding, count) in carried.iter().zip(1..) {
        let pdu = ShortMessage { data_coding, short_message: body.clone(), ..message(ANI, "SHOP", "") };
        shop.submit(ShortMessage { registered_delivery: 0, ..pdu }).await;
        let submits = telco.submits_when(count, SOON).await.unwrap();
        let there = &submits.last().unwrap().message;
        assert_eq!((there.data_coding, &there.short_message), (data_coding, &body));

        let pdu = ShortMessage { data_coding, short_message: body.clone(), ..message("1234", ANI, "") };
        telco.deliver(pdu).await.unwrap();
        let back = shop.delivered().await;
        assert_eq!((back.data_coding, &back.short_message), (data_coding, &body));
    }
}
