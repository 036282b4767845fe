//! The owner of a message is told what became of it, once, wherever it listens.

use simulator::{Every, Faults, IncomingReceipt, ReceiptPath, SmscConfig};
use smpp::BindMode;
use sms::State;

use crate::harness::{ANI, SOON, TestGateway, account, centre, centre_with, route, smsc};

async fn bank_and(centre: &simulator::Smsc, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", centre.address(), more),
        account("bank", ""),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
    ])
    .await
}

fn check(receipt: &IncomingReceipt, id: &str) {
    assert_eq!((receipt.message_id.as_str(), receipt.state, receipt.error), (id, Some(State::Delivered), 0));
    assert_eq!((receipt.from.as_str(), receipt.to.as_str()), (ANI, "BANK"));
    let text = String::from_utf8(receipt.pdu.short_message.to_vec()).unwrap();
    assert!(text.starts_with(&format!("id:{id} sub:001 dlvrd:001 submit date:")), "{text}");
    assert!(text.ends_with(" stat:DELIVRD err:000 text:one message"), "{text}");
    assert_eq!(receipt.pdu.esm_class, 0x04);
    assert_eq!(receipt.pdu.tlvs.receipted_message_id(), Some(id.as_bytes()));
    assert_eq!(receipt.pdu.tlvs.message_state(), Some(State::Delivered as u8));
}

#[tokio::test]
async fn a_receipt_goes_to_another_session_of_its_owner() {
    // R-1, S-8
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let handset = telco.handset(ANI);
    let submitter = gateway.bind_as("bank", BindMode::Transmitter).await;
    let receiver = gateway.bind_as("bank", BindMode::Receiver).await;

    let id = submitter.submit(ANI, "BANK", "one message", true).await.unwrap();

    check(&receiver.next_receipt(SOON).await.unwrap(), &id);
    let message = handset.next_message(SOON).await.unwrap();
    assert_eq!((&message.from[..], &message.text[..]), ("BANK", "one message"));
    gateway.settled().await;
    assert_eq!((telco.stats().submits, telco.stats().receipts_acknowledged), (1, 1));
}

#[tokio::test]
async fn a_receipt_waits_for_its_owner() {
    // S-8
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let submitter = gateway.bind_as("bank", BindMode::Transmitter).await;
    let id = submitter.submit(ANI, "BANK", "one message", true).await.unwrap();
    submitter.unbind().await;
    telco.stats_when(SOON, |stats| stats.receipts_acknowledged == 1).await.unwrap();

    let receiver = gateway.bind_as("bank", BindMode::Receiver).await;

    check(&receiver.next_receipt(SOON).await.unwrap(), &id);
}

/// Submits three messages and expects one receipt for each.
async fn each_told_once(config: SmscConfig, more: &str) {
    let twice = if config.faults.receipt_twice == Every::NEVER { 1 } else { 2 };
    let telco = centre_with(config).await;
    let gateway = bank_and(&telco, more).await;
    let bank = gateway.bind("bank").await;
    for _ in 0..3 {
        let id = bank.submit(ANI, "BANK", "one message", true).await.unwrap();
        check(&bank.next_receipt(SOON).await.unwrap(), &id);
    }
    telco.stats_when(SOON, |stats| stats.receipts_acknowledged == 3 * twice).await.unwrap();
    telco.set_faults(Faults::default());
    let last = bank.submit(ANI, "BANK", "one message", true).await.unwrap();
    check(&bank.next_receipt(SOON).await.unwrap(), &last);
    assert_eq!(gateway.settled().await.unmatched_receipts, 0);
}

#[tokio::test]
async fn a_receipt_before_its_response_is_kept() {
    //
    let faults = Faults { receipt_first: Every::nth(1), ..Faults::default() };
    each_told_once(SmscConfig { faults, ..SmscConfig::default() }, "").await;
}

#[tokio::test]
async fn a_receipt_that_comes_twice_is_told_once() {
    //
    let faults = Faults { receipt_twice: Every::nth(1), ..Faults::default() };
    each_told_once(SmscConfig { faults, ..SmscConfig::default() }, "").await;
}

#[tokio::test]
async fn a_receipt_on_another_session_of_the_smsc_is_matched() {
    //
    let config = SmscConfig { receipt_path: ReceiptPath::RoundRobin, ..SmscConfig::default() };
    each_told_once(config, "sessions = 2").await;
}

#[tokio::test]
async fn a_receipt_on_a_receiver_is_matched() {
    //
    each_told_once(SmscConfig::default(), "bind = \"transmitter+receiver\"").await;
}
