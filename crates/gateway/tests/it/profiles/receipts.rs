//! Receipts as SMSCs write them.

use bytes::Bytes;
use simulator::{Esme, IncomingReceipt, Smsc, address};
use smpp::{ShortMessage, TlvTag};
use sms::State;

use super::{between, to_ani, without_receipts};
use crate::harness::{ANI, SOON, TestGateway};

/// Submits, and gives back our id and the SMSC's.
async fn submit(telco: &Smsc, bank: &Esme) -> (String, String) {
    let id = bank.submit_pdu(ShortMessage { registered_delivery: 1, ..to_ani(0, b"hello") }).await.unwrap();
    (id, telco.submits_when(1, SOON).await.unwrap()[0].message_id.clone())
}

fn receipt(esm_class: u8, text: &[u8]) -> ShortMessage {
    ShortMessage {
        source: address(ANI).unwrap(),
        destination: address("BANK").unwrap(),
        esm_class,
        short_message: Bytes::copy_from_slice(text),
        ..ShortMessage::default()
    }
}

fn text(id: &str) -> String {
    format!(
        "id:{id} sub:001 dlvrd:001 submit date:1205170830 done date:1205170831 stat:DELIVRD err:000 text:"
    )
}

/// What the owner is told when the SMSC sends the receipt that is made of its id.
async fn told(profile: &str, written: impl FnOnce(&str) -> ShortMessage) -> (TestGateway, IncomingReceipt) {
    let telco = without_receipts().await;
    let (gateway, bank) = between(&telco, profile).await;
    let (id, remote_id) = submit(&telco, &bank).await;
    telco.deliver(written(&remote_id)).await.unwrap();
    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id.as_str(), receipt.state), (id.as_str(), Some(State::Delivered)));
    (gateway, receipt)
}

#[tokio::test]
async fn without_the_bits_of_esm_class() {
    // R-2, B-1
    let profile = "profile = \"untyped-receipts\"";
    told(profile, |id| receipt(0, text(id).as_bytes())).await;
    told(profile, |id| {
        let mut receipt = receipt(0, b"");
        receipt.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, format!("{id}\0").as_bytes()).unwrap();
        receipt.tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        receipt
    })
    .await;
}

#[tokio::test]
async fn a_name_without_a_state_makes_no_receipt_of_a_message() {
    //
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"untyped-receipts\"").await;
    for esm_class in [0, 0x08] {
        let destination = address("1234").unwrap();
        let mut message = ShortMessage { destination, ..receipt(esm_class, b"seen") };
        message.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"m1\0").unwrap();
        telco.deliver(message).await.unwrap();
        assert_eq!(bank.next_mo(SOON).await.unwrap().text, "seen");
    }
}

#[tokio::test]
async fn a_text_that_only_looks_like_one_is_a_message_otherwise() {
    //
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "").await;
    let destination = address("1234").unwrap();
    telco.deliver(ShortMessage { destination, ..receipt(0, text("7").as_bytes()) }).await.unwrap();
    assert_eq!(bank.next_mo(SOON).await.unwrap().text, text("7"));
}

#[tokio::test]
async fn the_id_in_one_place_only() {
    //
    let with_other_tlv = |id: &str| {
        let mut receipt = receipt(4, text(id).as_bytes());
        receipt.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"another\0").unwrap();
        receipt
    };
    told("receipt_id_from = \"text\"", with_other_tlv).await;
    let with_other_text = |id: &str| {
        let mut receipt = receipt(4, text("another").as_bytes());
        receipt.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, format!("{id}\0").as_bytes()).unwrap();
        receipt
    };
    told("receipt_id_from = \"tlv\"", with_other_text).await;
    told("", with_other_text).await;
}

#[tokio::test]
async fn dates_in_local_time() {
    //
    let (_gateway, told) = told("receipt_time_zone = \"+07:00\"", |id| receipt(4, text(id).as_bytes())).await;
    let text = String::from_utf8(told.pdu.short_message.to_vec()).unwrap();
    assert!(text.contains(" done date:1205170131 "), "{text}");
}

#[tokio::test]
async fn in_the_alphabet_of_the_link() {
    // R-2, C-3
    let packed = |id: &str| {
        let mut octets = Vec::new();
        sms::alphabet::packed::pack(text(id).as_bytes(), 0, &mut octets);
        receipt(4, &octets)
    };
    told("profile = \"packed-7-bit\"", packed).await;
    let little = |id: &str| {
        let octets: Vec<u8> = text(id).bytes().flat_map(|octet| [octet, 0]).collect();
        ShortMessage { data_coding: 8, ..receipt(4, &octets) }
    };
    told("profile = \"little-endian-ucs-2\"", little).await;
}
