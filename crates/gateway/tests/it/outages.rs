//! SMSCs that are away, break off, or say that it is too much: nothing is lost, nothing changes places.

use std::net::SocketAddr;

use simulator::{Esme, Every, Faults, Smsc, SmscConfig};
use smpp::CommandStatus;
use sms::State;
use store::{Cause, Event};

use crate::harness::{
    ANI, SOON, TestGateway, Texts, account, centre_at, centre_with, free_address, route, smsc,
};

async fn bank_and(telco: SocketAddr, more: &str) -> TestGateway {
    TestGateway::with([smsc("telco", telco, more), account("bank", ""), route("to = [\"telco\"]")]).await
}

async fn faulty(faults: Faults) -> Smsc {
    centre_with(SmscConfig { faults, ..SmscConfig::default() }).await
}

/// Submits `text 0`, `text 1` and so on, one after the other, and returns the texts.
async fn submit(bank: &Esme, count: usize) -> Vec<String> {
    let texts: Vec<String> = (0..count).map(|number| format!("text {number}")).collect();
    for text in &texts {
        bank.submit(ANI, "BANK", text, true).await.unwrap();
    }
    texts
}

async fn receipts(bank: &Esme, count: usize) {
    for _ in 0..count {
        assert_eq!(bank.next_receipt(SOON).await.unwrap().state, Some(State::Delivered));
    }
}

#[tokio::test]
async fn what_is_submitted_while_the_smsc_is_away_leaves_in_order_when_it_comes() {
    let address = free_address();
    let gateway = bank_and(address, "").await;
    let bank = gateway.bind("bank").await;
    let texts = submit(&bank, 50).await;

    let telco = centre_at(address).await;

    assert_eq!(telco.texts_when(50).await, texts);
    receipts(&bank, 50).await;
    assert_eq!(gateway.settled().await.possible_duplicates_total, 0);
}

#[tokio::test]
async fn a_connection_that_breaks_off_loses_nothing() {
    // S-6
    let telco = faulty(Faults { drop: Every::nth(35), ..Faults::default() }).await;
    let gateway = bank_and(telco.address(), "").await;
    let bank = gateway.bind("bank").await;

    let texts = submit(&bank, 100).await;

    receipts(&bank, 100).await;
    let unknown = gateway.settled().await.possible_duplicates_total;
    let mut arrived = telco.texts();
    let duplicates = (arrived.len() - texts.len()) as u64;
    assert!(duplicates <= unknown, "{duplicates} duplicates of {unknown} outcomes that were unknown");
    assert!(telco.stats().cut >= 2);
    arrived.sort_unstable();
    arrived.dedup();
    assert!(texts.iter().all(|text| arrived.binary_search(text).is_ok()));
}

#[tokio::test]
async fn what_is_throttled_arrives_once_and_in_its_order() {
    // W-4
    let telco = faulty(Faults { throttle: Every::nth(5), ..Faults::default() }).await;
    let gateway = bank_and(telco.address(), "window = 1").await;
    let bank = gateway.bind("bank").await;

    let texts = submit(&bank, 12).await;

    receipts(&bank, 12).await;
    assert_eq!(telco.texts(), texts);
    assert!(telco.stats().throttled >= 2);
    assert_eq!(gateway.settled().await.possible_duplicates_total, 0);
}

#[tokio::test]
async fn a_permanent_error_is_told_to_the_owner() {
    let telco =
        faulty(Faults { status: Some((Every::nth(1), CommandStatus::INVDSTADR)), ..Faults::default() }).await;
    let gateway = bank_and(telco.address(), "").await;
    let bank = gateway.bind("bank").await;

    let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Rejected)));
    gateway.settled().await;
    assert_eq!(telco.stats().submits, 1);
}

#[tokio::test]
async fn after_a_temporary_error_it_is_tried_again() {
    let telco =
        faulty(Faults { status: Some((Every::nth(1), CommandStatus::SYSERR)), ..Faults::default() }).await;
    let gateway = bank_and(telco.address(), "").await;
    let bank = gateway.bind("bank").await;

    let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    telco.stats_when(SOON, |stats| stats.refused == 1).await.unwrap();
    telco.set_faults(Faults::default());

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((&receipt.message_id, receipt.state), (&id, Some(State::Delivered)));
    let retried = |event: &Event| matches!(event, Event::Retried { cause: Cause::Smpp(0x08), .. });
    assert!(gateway.record(&id).await.history.iter().any(|step| retried(&step.event)));
}
