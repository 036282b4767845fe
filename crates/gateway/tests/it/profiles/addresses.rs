//! Addresses as the SMSC wants them, and as it writes them.

use super::{between, from_ani, submitted, to_ani, without_receipts};
use crate::harness::SOON;

use simulator::address;
use smpp::{Address, ShortMessage};

const RULES: &str = r#"
source_out = [
    { form = "alphanumeric", ton = 5, npi = 9 },
    { form = "short-code", add = "7", ton = 3, npi = 0 },
]
destination_out = [{ form = "international", strip = "62", add = "0", ton = 2, npi = 8 }]
source_in = [{ form = "national", strip = "0", add = "62", ton = 1, npi = 1 }]
destination_in = [{ strip = "7", ton = 0, npi = 1 }]
"#;

fn shown(address: &Address) -> (u8, u8, String) {
    (address.ton, address.npi, address.value.to_string())
}

#[tokio::test]
async fn addresses_leave_and_come_by_their_rules() {
    // R-4: the answer finds its way all the same.
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, RULES).await;
    bank.submit_pdu(to_ani(0, b"from a name")).await.unwrap();
    let source = address("1234").unwrap();
    bank.submit_pdu(ShortMessage { source, ..to_ani(0, b"from a code") }).await.unwrap();
    let messages = submitted(&telco, 2).await;
    assert_eq!(shown(&messages[0].source), (5, 9, "BANK".to_owned()));
    assert_eq!(shown(&messages[0].destination), (2, 8, "081234567890".to_owned()));
    assert_eq!(shown(&messages[1].source), (3, 0, "71234".to_owned()));

    let (source, destination) = (messages[1].destination.clone(), messages[1].source.clone());
    telco.deliver(ShortMessage { source, destination, ..from_ani(0, b"back") }).await.unwrap();
    let message = bank.next_mo(SOON).await.unwrap().pdu;
    assert_eq!(shown(&message.source), (1, 1, "6281234567890".to_owned()));
    assert_eq!(shown(&message.destination), (0, 1, "1234".to_owned()));
}

#[tokio::test]
async fn plus_numbers() {
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"plus-numbers\"").await;
    bank.submit_pdu(to_ani(0, b"x")).await.unwrap();
    let destination = Address::new(0, 1, b"+6281234567890").unwrap();
    bank.submit_pdu(ShortMessage { destination, ..to_ani(0, b"x") }).await.unwrap();
    for message in submitted(&telco, 2).await {
        assert_eq!(shown(&message.source), (5, 0, "BANK".to_owned()));
        assert_eq!(shown(&message.destination), (0, 1, "+6281234567890".to_owned()));
    }
}
