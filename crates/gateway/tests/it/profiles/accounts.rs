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

/// "à{é" as each writes it with data_coding 0.
const DEFAULTS: [(&str, &[u8]); 4] =
    [("gsm", b"\x7F\x1B(\x05"), ("latin-1", b"\xE0{\xE9"), ("utf-8", "à{é".as_bytes()), ("packed", PACKED)];
const PACKED: &[u8] = b"\xFF\x0D\xAA\x00";

/// The lines of a profile with this default alphabet.
fn default_alphabet(name: &str) -> String {
    if name == "packed" { "packed = true".to_owned() } else { format!("default_alphabet = \"{name}\"") }
}

#[tokio::test]
async fn every_default_alphabet_reaches_every_other_both_ways() {
    // C-3, G-3
    for (of_telco, at_telco) in DEFAULTS {
        for (of_bank, at_bank) in DEFAULTS {
            let telco = without_receipts().await;
            let bank = default_alphabet(of_bank);
            let (_gateway, bank) = between_with(&telco, &default_alphabet(of_telco), &bank).await;
            telco.deliver(from_ani(0, at_telco)).await.unwrap();
            let came = bank.next_mo(SOON).await.unwrap().pdu;
            assert_eq!(read(&came, at_bank), "à{é", "from {of_telco} to {of_bank}");
            bank.submit_pdu(to_ani(0, at_bank)).await.unwrap();
            let left = submitted(&telco, 1).await.remove(0);
            assert_eq!(read(&left, at_telco), "à{é", "from {of_bank} to {of_telco}");
        }
    }
}

/// The text of a PDU for a peer that writes "à{é" so.
fn read(pdu: &ShortMessage, as_default: &[u8]) -> String {
    match pdu.data_coding {
        0 if pdu.short_message[..] == *as_default => "à{é".to_owned(),
        0 => format!("{:?}", pdu.short_message),
        other => sms::decode(other, &pdu.short_message).unwrap(),
    }
}

#[tokio::test]
async fn a_long_text_that_the_esmes_alphabet_has_not_comes_in_ucs_2() {
    // C-3: the air is behind it, so the text is as long as it likes.
    let telco = without_receipts().await;
    let (_gateway, bank) = between_with(&telco, "", "base = \"ascii-default\"").await;
    telco.deliver(from_ani(0, &[b"\x05".repeat(100), b"a".repeat(20)].concat())).await.unwrap();
    let came = bank.next_mo(SOON).await.unwrap();
    assert_eq!((came.pdu.data_coding, came.text), (8, "é".repeat(100) + &"a".repeat(20)));
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
