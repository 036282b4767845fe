//! Accounts whose sessions get short message ids.

use smpp::{BindMode, Body, CommandStatus, QuerySm, TlvTag, VERSION_3_3, VERSION_3_4};

use crate::harness::{ANI, TestGateway, Wire, account, centre, message, route, smsc};

async fn with_ids(telco: &simulator::Smsc, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", &format!("message_ids = \"short\"\n{more}")),
        account("shop", "message_ids = \"short\""),
        route("to = [\"telco\"]"),
    ])
    .await
}

fn query(id: &str, source: &str) -> Body {
    let source = message(ANI, source, "").source;
    Body::QuerySm(QuerySm { message_id: smpp::CString::clipped(id.as_bytes()), source, ..QuerySm::default() })
}

/// The ids that the text and the TLV of a receipt name; whether they are the same one.
fn named(receipt: &smpp::ShortMessage) -> String {
    let text = String::from_utf8(receipt.short_message.to_vec()).unwrap();
    let id = text.strip_prefix("id:").and_then(|text| text.split(' ').next()).unwrap().to_owned();
    if let Some(named) = receipt.tlvs.receipted_message_id() {
        assert_eq!(named, id.as_bytes());
    }
    id
}

// V-1
#[tokio::test]
async fn a_receiver_of_3_3_is_told_the_short_id_that_a_session_of_3_4_was_given() {
    let telco = centre().await;
    let gateway = with_ids(&telco, "").await;
    let mut sender = Wire::bind_as(&gateway, "bank", VERSION_3_4, BindMode::Transmitter).await;
    let mut receiver = Wire::bind_as(&gateway, "bank", VERSION_3_3, BindMode::Receiver).await;

    let id = sender.submit(message(ANI, "BANK", "hello")).await;

    assert!(id.len() == 8 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    let receipt = receiver.delivered().await;
    assert_eq!((named(&receipt), receipt.tlvs.is_empty()), (id, true));
}

// O-4, X-14
#[tokio::test]
async fn a_short_id_is_known_to_its_account_alone_and_outlives_a_restart() {
    let telco = centre().await;
    let gateway = with_ids(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "hello")).await;
    let receipt = bank.delivered().await;
    assert_eq!((named(&receipt), receipt.tlvs.receipted_message_id()), (id.clone(), Some(id.as_bytes())));

    assert_eq!(bank.status_of(query(&id, "BANK")).await, CommandStatus::OK);
    assert_eq!(shop.status_of(query(&id, "BANK")).await, CommandStatus::INVMSGID);
    drop((bank, shop));
    let links = [
        smsc("telco", telco.address(), ""),
        account("bank", "message_ids = \"short\""),
        route("to = [\"telco\"]"),
    ];
    let gateway = gateway.stop().await.start(links).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    assert_eq!(bank.status_of(query(&id, "BANK")).await, CommandStatus::OK);
    let next = bank.submit(message(ANI, "BANK", "again")).await;
    assert!(next > id, "{next} after {id}");
}

//
#[tokio::test]
async fn they_are_written_as_the_profile_of_the_account_says() {
    let telco = centre().await;
    for (profile, response, receipt) in
        [("hex-then-decimal", 16, 10), ("decimal-then-hex", 10, 16), ("decimal", 10, 10), ("hex", 16, 16)]
    {
        let gateway = with_ids(&telco, &format!("profile = \"{profile}\"")).await;
        let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
        let id = bank.submit(message(ANI, "BANK", "hello")).await;
        let told = named(&bank.delivered().await);
        let number = u32::from_str_radix(&id, response).unwrap();
        assert_eq!(u32::from_str_radix(&told, receipt).unwrap(), number, "{profile}: {id}, {told}");
        assert_eq!(bank.status_of(query(&id, "BANK")).await, CommandStatus::OK, "{profile}: {id}");
    }
}

// R-1, SMPP 3.4 section 5.3.2.17
#[tokio::test]
async fn a_receipt_gives_the_reference_back_that_the_esme_gave_its_message() {
    let telco = centre().await;
    let gateway = with_ids(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut referred = message(ANI, "BANK", "hello");
    referred.tlvs.push(TlvTag::USER_MESSAGE_REFERENCE, &[0x12, 0x34]).unwrap();

    bank.submit(referred).await;
    assert_eq!(bank.delivered().await.tlvs.user_message_reference(), Some(0x1234));
    bank.submit(message(ANI, "BANK", "hello")).await;
    assert_eq!(bank.delivered().await.tlvs.user_message_reference(), None);
}
