//! Limits of an account are answered in the protocol's words, and what was not refused arrives.

use futures_util::future::join_all;
use serde_json::json;
use simulator::{Smsc, SubmitError};
use smpp::CommandStatus;

use crate::harness::{ANI, SOON, TestGateway, Texts, account, centre, free_address, route, smsc};

async fn bank_with(limits: &str, telco: &Smsc) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", limits),
        route("to = [\"telco\"]"),
    ])
    .await
}

/// Submits many texts at once and returns those that were accepted; the others must be throttled.
async fn accepted_of(gateway: &TestGateway, count: usize) -> Vec<String> {
    let bank = gateway.bind("bank").await;
    let texts: Vec<String> = (0..count).map(|number| format!("text {number}")).collect();
    let answers = join_all(texts.iter().map(|text| bank.submit(ANI, "BANK", text, false))).await;
    let throttled = SubmitError::Refused(CommandStatus::THROTTLED);
    assert!(answers.iter().all(|answer| answer.as_ref().map_or_else(|error| *error == throttled, |_| true)));
    let accepted = texts.into_iter().zip(answers).filter(|(_, answer)| answer.is_ok());
    accepted.map(|(text, _)| text).collect()
}

#[tokio::test]
async fn above_the_rate_it_is_throttled_and_what_was_accepted_arrives() {
    // W-2
    let telco = centre().await;
    let gateway = bank_with("rate = 10", &telco).await;

    let accepted = accepted_of(&gateway, 60).await;

    assert!((10..60).contains(&accepted.len()), "{}", accepted.len());
    assert_eq!(telco.texts_when(accepted.len()).await, accepted);
    gateway.settled().await;
    assert_eq!(telco.stats().submits, accepted.len() as u64);
}

#[tokio::test]
async fn above_the_rate_http_says_when_to_come_back() {
    let telco = centre().await;
    let gateway = bank_with("rate = 1", &telco).await;
    let caller = gateway.caller("bank");
    let message = json!({ "to": ANI, "from": "BANK", "text": "hello" });

    let answers =
        [caller.post(message.clone()).await, caller.post(message.clone()).await, caller.post(message).await];

    assert!(answers.iter().any(|answer| answer.status == 202));
    let refused = answers.iter().find(|answer| answer.status != 202).unwrap();
    assert_eq!((refused.status, &refused.body["code"]), (429, &json!("throttled")));
}

#[tokio::test]
async fn beyond_the_window_it_is_throttled_and_what_was_accepted_arrives() {
    // W-1, W-2
    let telco = centre().await;
    let gateway = bank_with("window = 3", &telco).await;

    let accepted = accepted_of(&gateway, 200).await;

    assert!((3..200).contains(&accepted.len()), "{}", accepted.len());
    let mut arrived = telco.texts_when(accepted.len()).await;
    gateway.settled().await;
    assert_eq!(telco.stats().submits, accepted.len() as u64);
    arrived.sort_unstable();
    assert!(accepted.iter().all(|text| arrived.binary_search(text).is_ok()));
}

#[tokio::test]
async fn our_window_towards_an_smsc_is_kept() {
    // W-1: the message centre does not answer, so no more than the window comes.
    let faults = simulator::Faults { answer_delay: SOON, ..simulator::Faults::default() };
    let address = free_address();
    let telco =
        Smsc::start(simulator::SmscConfig { listen: address, faults, log_max: 1000, ..Default::default() });
    let gateway = TestGateway::with([
        smsc("telco", address, "window = 7"),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    for _ in 0..20 {
        bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    }
    let telco = telco.await.unwrap();
    assert_eq!(telco.texts_when(7).await.len(), 7);
    assert_eq!(gateway.waiting("telco").await, 13);
}
