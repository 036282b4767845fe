//! When nobody knows whether the SMSC took a message, the link's policy decides.

use simulator::{Every, Faults, Smsc, SmscConfig};
use smpp::{CommandStatus, Pdu, VERSION_3_4};
use sms::State;
use std::time::Duration;
use store::{Cause, Event, Record};
use tokio::net::TcpListener;

use crate::harness::{
    ANI, SOON, TestGateway, Texts, Wire, account, centre_with, message, route, smsc, until,
};

async fn bank_and(telco: &Smsc, policy: &str) -> TestGateway {
    let more = format!("response_timeout_s = 1\non_unknown = \"{policy}\"");
    TestGateway::with([smsc("telco", telco.address(), &more), account("bank", ""), route("to = [\"telco\"]")])
        .await
}

async fn faulty(faults: Faults) -> Smsc {
    centre_with(SmscConfig { faults, ..SmscConfig::default() }).await
}

fn count(record: &Record, is_it: impl Fn(&Event) -> bool) -> usize {
    record.history.iter().filter(|step| is_it(&step.event)).count()
}

fn is_unknown(event: &Event) -> bool {
    matches!(event, Event::OutcomeUnknown { cause: Cause::Timeout })
}

#[tokio::test]
async fn with_retry_it_is_sent_again_and_counted() {
    // M-3
    let telco = faulty(Faults { silent: Every::nth(2), ..Faults::default() }).await;
    let gateway = bank_and(&telco, "retry").await;
    let bank = gateway.bind("bank").await;
    bank.submit(ANI, "BANK", "first", true).await.unwrap();
    bank.next_receipt(SOON).await.unwrap();

    let id = bank.submit(ANI, "BANK", "second", true).await.unwrap();

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((&receipt.message_id, receipt.state), (&id, Some(State::Delivered)));
    assert_eq!(telco.texts(), ["first", "second", "second"]);
    assert_eq!(gateway.settled().await.possible_duplicates_total, 1);
    let record = gateway.record(&id).await;
    assert_eq!(count(&record, is_unknown), 1);
    assert_eq!(count(&record, |event| matches!(event, Event::Attempted { .. })), 2);
}

#[tokio::test]
async fn with_hold_it_is_not_sent_again() {
    // M-3
    let telco = faulty(Faults { silent: Every::nth(2), ..Faults::default() }).await;
    let gateway = bank_and(&telco, "hold").await;
    let bank = gateway.bind("bank").await;
    bank.submit(ANI, "BANK", "first", true).await.unwrap();
    bank.next_receipt(SOON).await.unwrap();

    let id = bank.submit(ANI, "BANK", "second", true).await.unwrap();

    let record = gateway.record_when(&id, |record| count(record, is_unknown) == 1).await;
    assert_eq!((record.state, record.final_at), (State::Enroute, None));
    assert_eq!(gateway.waiting("telco").await, 0, "it is not queued again");
    let third = bank.submit(ANI, "BANK", "third", true).await.unwrap();
    assert_eq!(bank.next_receipt(SOON).await.unwrap().message_id, third);
    assert_eq!(telco.texts(), ["first", "second", "third"]);
}

#[tokio::test]
async fn a_late_response_lets_the_receipt_settle_what_is_held() {
    // M-3
    let faults = Faults { answer_delay: Duration::from_millis(1500), ..Faults::default() };
    let telco = faulty(faults).await;
    let gateway = bank_and(&telco, "hold").await;
    let bank = gateway.bind("bank").await;

    let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((&receipt.message_id, receipt.state), (&id, Some(State::Delivered)));
    assert_eq!(count(&gateway.record(&id).await, is_unknown), 1);
    until("the receipt is matched", async || gateway.status().await.unmatched_receipts == 0).await;
    gateway.settled().await;
    assert_eq!(telco.texts(), ["hello"]);
}

/// An SMSC that was sent a message without a receipt, and did not answer in time.
async fn asked_in_vain(policy: &str) -> (TestGateway, Wire, Pdu, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let more = format!("response_timeout_s = 1\non_unknown = \"{policy}\"");
    let gateway = TestGateway::with([
        smsc("telco", listener.local_addr().unwrap(), &more),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let id =
        bank.submit(smpp::ShortMessage { registered_delivery: 0, ..message(ANI, "BANK", "hello") }).await;
    let asked = telco.request().await;
    gateway.record_when(&id, |record| count(record, is_unknown) == 1).await;
    (gateway, telco, asked, id)
}

#[tokio::test]
async fn what_is_taken_over_late_is_not_sent_again() {
    // M-3
    let (gateway, mut telco, asked, id) = asked_in_vain("retry").await;
    telco.answer(&asked, CommandStatus::OK).await;
    let record = gateway.record_when(&id, |record| record.final_at.is_some()).await;
    assert_eq!(record.state, State::HandedOver);
    assert_eq!(gateway.settled().await.possible_duplicates_total, 0);
    assert_eq!(gateway.waiting("telco").await, 0);
}

#[tokio::test]
async fn what_is_refused_late_is_not_sent_again() {
    // M-3
    let (gateway, mut telco, asked, id) = asked_in_vain("retry").await;
    telco.answer(&asked, CommandStatus::INVDSTADR).await;
    let record = gateway.record_when(&id, |record| record.final_at.is_some()).await;
    assert_eq!(record.state, State::Rejected);
    assert_eq!(count(&record, |event| matches!(event, Event::Attempted { .. })), 1);
}

#[tokio::test]
async fn what_is_held_and_refused_late_for_now_is_sent_again() {
    // M-3
    let (gateway, mut telco, asked, id) = asked_in_vain("hold").await;
    telco.answer(&asked, CommandStatus::MSGQFUL).await;
    let again = telco.request().await;
    telco.answer(&again, CommandStatus::OK).await;
    let record = gateway.record_when(&id, |record| record.final_at.is_some()).await;
    assert_eq!(record.state, State::HandedOver);
    assert_eq!(count(&record, |event| matches!(event, Event::Attempted { .. })), 2);
    assert_eq!(gateway.settled().await.possible_duplicates_total, 0, "the first was refused");
}
