//! Long messages between peers that know TLVs and peers of SMPP 3.3, which have none.

use bytes::Bytes;
use simulator::{Smsc, SmscConfig};
use smpp::{ShortMessage, TlvTag, VERSION_3_3, VERSION_3_4};
use sms::udh::{Concatenation, Reference};
use sms::{State, UserDataHeader};

use crate::harness::{ANI, SOON, TestGateway, Wire, account, centre, centre_with, message, route, smsc};

async fn between(telco: &Smsc, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), more),
        account("bank", ""),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
    ])
    .await
}

async fn speaking(interface_version: u8) -> Smsc {
    centre_with(SmscConfig { interface_version, ..SmscConfig::default() }).await
}

/// 400 characters that are different everywhere.
fn long_text() -> String {
    (100..200).map(|number| format!("{number} ")).collect()
}

fn in_payload(message: ShortMessage, text: &str) -> ShortMessage {
    let mut message = ShortMessage { short_message: Bytes::new(), ..message };
    message.tlvs.push(TlvTag::MESSAGE_PAYLOAD, text.as_bytes()).unwrap();
    message
}

fn by_sar(message: ShortMessage, number: u8) -> ShortMessage {
    let mut message = message;
    message.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 0x0102);
    message.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, 2);
    message.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
    message
}

/// The header of a part, and its text; it has no TLVs.
fn part(message: &ShortMessage) -> (Concatenation, String) {
    assert_eq!((message.esm_class & 0x40, message.tlvs.is_empty()), (0x40, true));
    let (header, text) = UserDataHeader::parse(&message.short_message).unwrap();
    (header.concatenation().unwrap(), String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn a_payload_of_a_mobile_reaches_the_esme_in_parts() {
    // V-1, N-1, O-1
    let telco = centre().await;
    let gateway = between(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_3).await;
    let text = long_text();
    telco.deliver(in_payload(message("1234", ANI, ""), &text)).await.unwrap();
    let mut together = String::new();
    for number in 1..=3 {
        let (place, text) = part(&bank.delivered().await);
        assert_eq!((place.number, place.total), (number, 3));
        together += &text;
    }
    assert_eq!(together, text);
    gateway.settled().await;

    let mut other = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    drop(bank);
    telco.deliver(in_payload(message("1234", ANI, ""), &text)).await.unwrap();
    assert_eq!(other.delivered().await.tlvs.message_payload().as_deref(), Some(text.as_bytes()));
}

#[tokio::test]
async fn a_payload_is_as_long_as_it_may_be() {
    // F-3, O-1
    let telco = centre().await;
    let gateway = between(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut payload = ShortMessage { data_coding: 4, ..message("1234", ANI, "") };
    payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &vec![b'x'; 65_535]).unwrap();
    telco.deliver(payload).await.unwrap();
    let told = bank.delivered().await.tlvs.message_payload().unwrap();
    assert_eq!(told, vec![b'x'; 65_535]);
    gateway.settled().await;
}

#[tokio::test]
async fn a_payload_of_a_mobile_that_is_no_text_reaches_the_esme_in_pieces() {
    // V-1, O-1
    let telco = centre().await;
    let gateway = between(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_3).await;
    let odd: Vec<u8> = (0..=255).cycle().take(601).collect();
    let mut payload = ShortMessage { data_coding: 8, ..message("1234", ANI, "") };
    payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &odd).unwrap();
    telco.deliver(payload).await.unwrap();
    let mut pieces = Vec::new();
    for octets in [254, 254, 93] {
        let piece = bank.delivered().await;
        assert_eq!((piece.esm_class & 0x40, piece.data_coding, piece.short_message.len()), (0, 8, octets));
        pieces.extend_from_slice(&piece.short_message);
    }
    assert_eq!(pieces, odd);
    gateway.settled().await;
}

#[tokio::test]
async fn parts_by_tlv_of_a_mobile_reach_the_esme_with_headers() {
    // V-1, N-1, N-3
    let telco = centre().await;
    let gateway = between(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_3).await;
    for (number, text) in [(1, "Halo "), (2, "dunia")] {
        telco.deliver(by_sar(message("1234", ANI, text), number)).await.unwrap();
    }
    for (number, text) in [(1, "Halo "), (2, "dunia")] {
        let place = Concatenation { reference: Reference::Long(0x0102), total: 2, number };
        assert_eq!(part(&bank.delivered().await), (place, text.to_owned()));
    }
    gateway.settled().await;
}

#[tokio::test]
async fn parts_by_tlv_of_an_esme_reach_the_smsc_with_headers() {
    // V-1, V-5, N-1
    let telco = speaking(VERSION_3_3).await;
    let gateway = between(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    for (number, text) in [(1, "Halo "), (2, "dunia")] {
        bank.submit(by_sar(message(ANI, "BANK", text), number)).await;
    }
    bank.submit(in_payload(message(ANI, "BANK", ""), &long_text())).await;
    let submits = telco.submits_when(5, SOON).await.unwrap();
    let parts: Vec<_> = submits.iter().map(|submit| part(&submit.message)).collect();
    for ((place, text), (number, wanted)) in parts.iter().zip([(1, "Halo "), (2, "dunia")]) {
        assert_eq!(*place, Concatenation { reference: Reference::Short(0x02), total: 2, number });
        assert_eq!(text, wanted);
    }
    let payload: String = parts[2..].iter().map(|(_, text)| &text[..]).collect();
    assert_eq!(payload, long_text());
}

#[tokio::test]
async fn an_smsc_that_is_said_to_read_tlvs_gets_them_though_it_states_no_version() {
    // V-5, N-1
    let telco = speaking(VERSION_3_3).await;
    let gateway = between(&telco, "profile = \"sar\"").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    bank.submit(in_payload(message(ANI, "BANK", ""), &long_text())).await;
    for submit in telco.submits_when(3, SOON).await.unwrap() {
        assert_eq!((submit.message.esm_class, submit.message.tlvs.sar_total_segments()), (0, Some(3)));
    }
}

// V-1, N-1, R-1
#[tokio::test]
async fn a_payload_with_an_owner_who_waits_for_its_receipt_is_refused_whole() {
    let gateway = TestGateway::with([
        account("bank", ""),
        account("shop", ""),
        route("from = { link = \"bank\" }\nto = [\"shop\"]"),
    ])
    .await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_3).await;
    let wanting = |registered_delivery| {
        let message = ShortMessage { registered_delivery, ..message(ANI, "BANK", "") };
        in_payload(message, &long_text())
    };
    for registered_delivery in [1, 2] {
        let id = bank.submit(wanting(registered_delivery)).await;
        let receipt = bank.delivered().await;
        assert_eq!(receipt.tlvs.receipted_message_id(), Some(id.as_bytes()));
        assert_eq!(receipt.tlvs.message_state(), Some(State::Rejected as u8));
    }
    assert!(shop.requests_so_far().await.is_empty(), "no part of it");

    // Who waits for nothing has it divided, and is told nothing.
    bank.submit(wanting(0)).await;
    for number in 1..=3 {
        let (place, _) = part(&shop.delivered().await);
        assert_eq!((place.number, place.total), (number, 3));
    }
    gateway.settled().await;
    assert!(bank.requests_so_far().await.is_empty());
}
