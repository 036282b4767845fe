//! Message ids of SMSCs are compared by value, however they are written.

use simulator::{IdForm, SmscConfig};
use smpp::{Body, CommandStatus, ShortMessage};
use sms::State;

use crate::harness::{
    ANI, SOON, TestGateway, account, behind_played_smsc, centre_with, message, route, smsc,
};

/// Submits messages to an SMSC with this form of ids and expects their receipts.
async fn matched(id_form: IdForm, first_id: u32, more: &str) {
    //
    let telco = centre_with(SmscConfig { id_form, first_id: Some(first_id), ..SmscConfig::default() }).await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), more),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    for _ in 0..20 {
        let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();
        let receipt = bank.next_receipt(SOON).await.unwrap();
        assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Delivered)));
    }
    assert_eq!(gateway.settled().await.unmatched_receipts, 0);
}

#[tokio::test]
async fn hexadecimal_in_the_response_and_decimal_in_the_receipt() {
    matched(IdForm::HexThenDecimal, 0xFFF8, "response_id = \"hex\"\nreceipt_id = \"decimal\"").await;
}

#[tokio::test]
async fn hexadecimal() {
    matched(IdForm::Hex, 0x9AB, "response_id = \"hex\"\nreceipt_id = \"hex\"").await;
}

#[tokio::test]
async fn decimal_with_leading_zeros() {
    matched(IdForm::Decimal, 95, "response_id = \"decimal\"\nreceipt_id = \"decimal\"").await;
}

#[tokio::test]
async fn any_text() {
    matched(IdForm::Text, 99_999, "").await;
}

#[tokio::test]
async fn an_ok_without_an_id_is_told_as_what_nobody_can_tell() {
    // F-7: no receipt can name such a message.
    let (gateway, mut telco) = behind_played_smsc("to = [\"telco\"]").await;
    let bank = gateway.bind("bank").await;
    let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    telco.takes("").await;
    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Unknown)));
}

#[tokio::test]
async fn ids_that_are_longer_than_the_standard_has_them_are_told_apart() {
    // F-7, R-3
    let (gateway, mut telco) = behind_played_smsc("to = [\"telco\"]").await;
    let bank = gateway.bind("bank").await;
    let mut ids = Vec::new();
    for last in ["1", "2"] {
        let ours = bank.submit(ANI, "BANK", "hello", true).await.unwrap();
        let theirs = "x".repeat(70) + last;
        telco.takes(&theirs).await;
        ids.push((ours, theirs));
    }
    let state_of = async |id: &str| gateway.record(id).await.state;
    for (ours, _) in &ids {
        assert_eq!(state_of(ours).await, State::Enroute, "a receipt can name it");
    }
    for ((ours, theirs), (word, state)) in
        ids.iter().rev().zip([("UNDELIV", State::Undeliverable), ("DELIVRD", State::Delivered)])
    {
        let text = format!("id:{theirs} sub:001 dlvrd:001 stat:{word} err:000");
        let receipt = ShortMessage { esm_class: 0x04, ..message("BANK", ANI, &text) };
        assert_eq!(telco.status_of(Body::DeliverSm(receipt)).await, CommandStatus::OK);
        let told = bank.next_receipt(SOON).await.unwrap();
        assert_eq!((&told.message_id, told.state), (ours, Some(state)));
    }
}
