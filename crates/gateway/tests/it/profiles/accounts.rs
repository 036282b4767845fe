//! ESMEs that speak in their own way.

use simulator::address;
use smpp::{Address, ShortMessage};

use super::{between_with, from_ani, submitted, to_ani, without_receipts};
use crate::harness::SOON;

#[tokio::test]
async fn an_esme_whose_default_is_latin_1() {
    // C-3
    let telco = without_receipts().await;
    let (_gateway, bank) = between_with(&telco, "", "base = \"latin-1-default\"").await;
    bank.submit_pdu(to_ani(0, b"\xE0{")).await.unwrap();
    bank.submit_pdu(to_ani(0, b"\xE7")).await.unwrap();
    let written = submitted(&telco, 2).await;
    let written = written.iter().map(|message| (message.data_coding, message.short_message.to_vec()));
    // What GSM has is GSM, as short as it was; the rest stays Latin-1.
    assert_eq!(written.collect::<Vec<_>>(), [(0, b"\x7F\x1B(".to_vec()), (3, b"\xE7".to_vec())]);

    for (data_coding, body) in [(0, &b"\x7F\x1B("[..]), (3, b"\xE0{")] {
        telco.deliver(from_ani(data_coding, body)).await.unwrap();
        let message = bank.next_mo(SOON).await.unwrap().pdu;
        assert_eq!((message.data_coding, &message.short_message[..]), (0, &b"\xE0{"[..]));
    }
}

#[tokio::test]
async fn between_two_dialects() {
    // C-3, G-3
    let telco = without_receipts().await;
    let (_gateway, bank) =
        between_with(&telco, "profile = \"packed-7-bit\"", "base = \"utf-8-default\"").await;
    bank.submit_pdu(to_ani(0, "д".as_bytes())).await.unwrap();
    assert_eq!(submitted(&telco, 1).await[0].short_message[..], b"\x04\x34"[..]);
    telco.deliver(from_ani(0, b"\xC8\x32\x9B\xFD\x06")).await.unwrap();
    assert_eq!(bank.next_mo(SOON).await.unwrap().pdu.short_message[..], b"Hello"[..]);
}

#[tokio::test]
async fn an_esme_that_writes_numbers_as_people_do() {
    let telco = without_receipts().await;
    let rules = r#"destination_in = [{ strip = "00", ton = 1, npi = 1 }, { strip = "0", add = "62", ton = 1, npi = 1 }]
source_out = [{ strip = "62", add = "0", ton = 2 }]"#;
    let (_gateway, bank) = between_with(&telco, "", rules).await;
    for number in [&b"006281234567890"[..], b"081234567890"] {
        let destination = Address::new(0, 0, number).unwrap();
        bank.submit_pdu(ShortMessage { destination, ..to_ani(0, b"hello") }).await.unwrap();
    }
    for message in submitted(&telco, 2).await {
        assert_eq!(message.destination, address("6281234567890").unwrap());
    }
    telco.deliver(from_ani(0, b"back")).await.unwrap();
    assert_eq!(bank.next_mo(SOON).await.unwrap().from, "081234567890");
}
