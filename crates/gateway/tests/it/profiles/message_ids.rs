//! Message ids are written in one way in responses and in another in receipts.

use simulator::{IdForm, SmscConfig};
use sms::State;

use super::between;
use crate::harness::{ANI, SOON, centre_with};

/// Submits messages to an SMSC with this form of ids and expects their receipts.
async fn matched(id_form: IdForm, preset: &str) {
    let first_id = Some(0x9AB);
    let telco = centre_with(SmscConfig { id_form, first_id, ..SmscConfig::default() }).await;
    let (gateway, bank) = between(&telco, &format!("profile = \"{preset}\"")).await;
    for _ in 0..20 {
        let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();
        let receipt = bank.next_receipt(SOON).await.unwrap();
        assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Delivered)));
    }
    assert_eq!(gateway.settled().await.unmatched_receipts, 0);
}

#[tokio::test]
async fn presets_for_every_pair_of_forms() {
    //
    matched(IdForm::HexThenDecimal, "hex-then-decimal").await;
    matched(IdForm::DecimalThenHex, "decimal-then-hex").await;
    matched(IdForm::Decimal, "decimal").await;
    matched(IdForm::Hex, "hex").await;
    matched(IdForm::Text, "decimal").await;
}
