//! Stopping in good order, and going on where it stopped.

use std::collections::BTreeSet;
use std::sync::Arc;

use simulator::{Esme, EsmeConfig, Faults, SmscConfig, SubmitError};
use smpp::CommandStatus;
use tokio::task::JoinSet;

use crate::harness::{
    ANI, SOON, TestGateway, Texts, account, application, centre, centre_at, centre_with, free_address, route,
    smsc,
};

/// Submits texts until the session ends; returns those that were accepted.
///
/// # Panics
/// When one was sent and never answered.
async fn submit_until_over(bank: Arc<Esme>, first: usize) -> BTreeSet<String> {
    let mut accepted = BTreeSet::new();
    for number in (first..).step_by(50) {
        let text = format!("text {number}");
        match bank.submit(ANI, "BANK", &text, true).await {
            Ok(_) => assert!(accepted.insert(text)),
            // It came while we finished the others, or crossed our unbind.
            Err(SubmitError::Refused(CommandStatus::THROTTLED)) => {}
            Err(SubmitError::NotBound) => break,
            Err(error) => panic!("{text}: {error}"),
        }
    }
    accepted
}

#[tokio::test]
async fn what_is_in_flight_is_answered_and_nothing_of_it_is_lost() {
    // S-6, S-7, W-7
    let address = free_address();
    let links = || [smsc("telco", address, ""), account("bank", ""), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links()).await;
    let bank = Arc::new(Esme::bind(EsmeConfig { window: 50, ..gateway.esme("bank") }).await.unwrap());
    let mut submitting = JoinSet::new();
    for first in 0..50 {
        submitting.spawn(submit_until_over(bank.clone(), first));
    }
    crate::harness::until("some are accepted", async || gateway.status().await.accepted_total > 200).await;

    let stopped = gateway.stop().await;

    assert!(stopped.graceful);
    let accepted: BTreeSet<String> = submitting.join_all().await.into_iter().flatten().collect();
    assert!(accepted.len() > 200);
    let gateway = stopped.start(links()).await;
    let telco = centre_at(address).await;
    let arrived = telco.texts_when(accepted.len()).await;
    let back = gateway.bind("bank").await;
    for _ in 0..accepted.len() {
        assert!(back.next_receipt(SOON).await.is_some());
    }
    gateway.settled().await;
    assert_eq!(telco.stats().submits, accepted.len() as u64);
    assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), accepted);
}

#[tokio::test]
async fn submissions_to_an_smsc_are_finished_before_it_is_left() {
    // S-6
    let faults = Faults { answer_delay: std::time::Duration::from_millis(500), ..Faults::default() };
    let telco = centre_with(SmscConfig { faults, ..SmscConfig::default() }).await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    for _ in 0..10 {
        bank.submit(ANI, "BANK", "hello", false).await.unwrap();
    }
    telco.texts_when(10).await;

    let stopped = gateway.stop().await;

    assert!(stopped.graceful);
    let gateway = stopped.start([account("bank", "")]).await;
    let status = gateway.status().await;
    assert_eq!((status.live_messages, status.possible_duplicates_total), (0, 0));
}

#[tokio::test]
async fn a_content_provider_is_heard_out_before_the_end() {
    let telco = centre().await;
    let slow =
        simulator::ApplicationConfig { delay: std::time::Duration::from_millis(500), ..Default::default() };
    let provider = simulator::Application::start(slow).await.unwrap();
    let links = || {
        let games = application("games", &provider.url(), "");
        [
            smsc("telco", telco.address(), ""),
            games,
            route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        ]
    };
    let gateway = TestGateway::with(links()).await;
    let handset = telco.handset(ANI);
    handset.send("1234", "GAME STOP").await.unwrap();
    provider.next_call(SOON).await.unwrap();

    let stopped = gateway.stop().await;

    assert!(stopped.graceful);
    let _gateway = stopped.start(links()).await;
    assert_eq!(handset.next_message(SOON).await.unwrap().text, "You left the game.");
    assert_eq!(provider.call_count(), 1);
}

#[tokio::test]
async fn a_stopped_gateway_unbinds() {
    let telco = centre().await;
    let gateway = TestGateway::with([smsc("telco", telco.address(), ""), account("bank", "")]).await;
    let bank = gateway.bind("bank").await;
    telco.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();

    assert!(gateway.stop().await.graceful);

    assert!(bank.over(SOON).await);
    telco.stats_when(SOON, |stats| stats.sessions == 0).await.unwrap();
    assert_eq!(telco.texts(), [""; 0]);
}
