//! A message that is too long for one segment leaves as several and is one to its owner.

use serde_json::json;
use simulator::{Esme, Fates, Smsc, SmscConfig, address};
use smpp::{ShortMessage, TlvTag};
use sms::{State, UserDataHeader};

use crate::harness::{ANI, SOON, TestGateway, Texts, account, centre, centre_with, route, smsc};

async fn bank_and(telco: &Smsc) -> TestGateway {
    TestGateway::with([smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")])
        .await
}

/// 400 characters that are different everywhere.
fn long_text() -> String {
    (100..200).map(|number| format!("{number} ")).collect()
}

async fn submit_payload(bank: &Esme) -> String {
    let mut message = ShortMessage {
        source: address("BANK").unwrap(),
        destination: address(ANI).unwrap(),
        registered_delivery: 1,
        ..ShortMessage::default()
    };
    message.tlvs.push(TlvTag::MESSAGE_PAYLOAD, long_text().as_bytes()).unwrap();
    bank.submit_pdu(message).await.unwrap()
}

/// Looks that a long message left in three parts that name each other.
fn check_parts(telco: &Smsc) {
    // N-1
    let submits = telco.submits();
    let headers = submits.iter().map(|submit| {
        assert_eq!(submit.message.esm_class & 0x40, 0x40);
        let (header, body) = UserDataHeader::parse(&submit.message.short_message).unwrap();
        let concat = header.concatenation().unwrap();
        assert!(body.len() <= 153);
        (concat.reference, concat.total, concat.number)
    });
    let headers: Vec<_> = headers.collect();
    let reference = headers[0].0;
    assert_eq!(headers, [(reference, 3, 1), (reference, 3, 2), (reference, 3, 3)]);
}

#[tokio::test]
async fn a_long_payload_arrives_whole_and_has_one_receipt() {
    // O-1, R-5
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let (bank, handset) = (gateway.bind("bank").await, telco.handset(ANI));

    let id = submit_payload(&bank).await;

    assert_eq!(handset.next_message(SOON).await.unwrap().text, long_text());
    check_parts(&telco);
    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Delivered)));
    let text = String::from_utf8(receipt.pdu.short_message.to_vec()).unwrap();
    assert!(text.contains(" sub:003 dlvrd:003 "), "{text}");
    let next = bank.submit(ANI, "BANK", "another", true).await.unwrap();
    assert_eq!(bank.next_receipt(SOON).await.unwrap().message_id, next);
}

#[tokio::test]
async fn a_long_text_by_http_arrives_whole() {
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let handset = telco.handset(ANI);

    let answer = gateway.caller("bank").post(json!({ "to": ANI, "from": "BANK", "text": long_text() })).await;

    assert_eq!(answer.body["segments"], 3);
    assert_eq!(handset.next_message(SOON).await.unwrap().text, long_text());
    check_parts(&telco);
    let record = gateway.record_when(&answer.id(), |record| record.final_at.is_some()).await;
    assert_eq!((record.state, record.segments), (State::Delivered, 3));
}

#[tokio::test]
async fn one_part_that_fails_fails_the_message() {
    //
    let fates = Fates { percent: vec![(1, State::Undeliverable)], ..Fates::default() };
    let telco = centre_with(SmscConfig { fates, first_id: Some(0), ..SmscConfig::default() }).await;
    let gateway = bank_and(&telco).await;
    let bank = gateway.bind("bank").await;

    let id = submit_payload(&bank).await;

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id.as_str(), receipt.state), (id.as_str(), Some(State::Undeliverable)));
    let text = String::from_utf8(receipt.pdu.short_message.to_vec()).unwrap();
    assert!(text.contains(" sub:003 dlvrd:002 ") && text.contains(" stat:UNDELIV err:011 "), "{text}");
    assert_eq!(telco.texts().len(), 3);
    assert_eq!(gateway.record(&id).await.state, State::Undeliverable);
}
