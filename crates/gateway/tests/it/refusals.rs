//! Who may not bind or call, and who may not say to be somebody else.

use serde_json::json;
use simulator::{Esme, SubmitError};
use smpp::CommandStatus;

use crate::harness::{ANI, PASSWORD, SOON, TestGateway, Texts, account, centre, route, smsc};

#[tokio::test]
async fn an_account_has_no_more_binds_than_it_may() {
    // S-8
    let gateway = TestGateway::with([account("bank", "max_binds = 2")]).await;
    let first = gateway.bind("bank").await;
    let second = gateway.bind("bank").await;

    assert_eq!(gateway.refusal_of_bind("bank", PASSWORD).await, CommandStatus::BINDFAIL);

    first.unbind().await;
    let third = gateway.bind("bank").await;
    assert!(!second.is_over() && !third.is_over());
}

#[tokio::test]
async fn every_refused_bind_is_answered_alike() {
    // S-9
    let gateway = TestGateway::with([
        account("bank", ""),
        account("far", "allow_from = [\"192.0.2.0/24\"]"),
        account("near", "allow_from = [\"192.0.2.0/24\", \"127.0.0.0/8\"]"),
    ])
    .await;
    let refusals = futures_util::join!(
        gateway.refusal_of_bind("nobody", PASSWORD),
        gateway.refusal_of_bind("bank", "wrong"),
        gateway.refusal_of_bind("bank", ""),
        gateway.refusal_of_bind("far", PASSWORD),
    );
    let refused = CommandStatus::BINDFAIL;
    assert_eq!(refusals, (refused, refused, refused, refused));
    assert!(!gateway.bind("near").await.is_over());
    let message = json!({ "to": ANI, "text": "hello" });
    assert_eq!(gateway.caller("far").post(message.clone()).await.status, 401);
    assert_eq!(gateway.caller("nobody").post(message).await.status, 401);
}

#[tokio::test]
async fn an_account_speaks_for_its_own_sources_only() {
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", "sources = [\"BANK\"]"),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bank: Esme = gateway.bind("bank").await;

    let refused = bank.submit(ANI, "OTHER", "hello", true).await;
    let answer = gateway.caller("bank").post(json!({ "to": ANI, "from": "OTHER", "text": "hello" })).await;

    assert_eq!(refused, Err(SubmitError::Refused(CommandStatus::INVSRCADR)));
    assert_eq!((answer.status, &answer.body["code"]), (403, &json!("source_not_allowed")));
    // Who has one source need not name it.
    gateway.caller("bank").post(json!({ "to": ANI, "text": "hello" })).await.id();
    let handset = telco.handset(ANI);
    bank.submit(ANI, "BANK", "again", true).await.unwrap();
    bank.next_receipt(SOON).await.unwrap();
    assert_eq!(telco.texts_when(2).await, ["hello", "again"]);
    assert!(telco.submits().iter().all(|submit| submit.message.source.value.as_slice() == b"BANK"));
    drop(handset);
}
