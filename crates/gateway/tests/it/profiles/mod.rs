//! SMSCs and ESMEs that speak SMPP in their own way: every preset and every key of a profile.

mod accounts;
mod addresses;
mod alphabets;
mod congestion;
mod long_messages;
mod message_ids;
mod outbind;
mod receipts;
mod signs;
mod statuses;
mod tlvs;
mod validity;
mod versions;

use bytes::Bytes;
use simulator::{Esme, Every, Faults, Smsc, SmscConfig, address};
use smpp::{ShortMessage, TlvTag};

use crate::harness::{ANI, SOON, TestGateway, account, centre_with, route, smsc};

/// The gateway between an SMSC with this profile and an ESME, `bank`, that gets what is sent to 1234.
async fn between(telco: &Smsc, profile: &str) -> (TestGateway, Esme) {
    between_with(telco, profile, "").await
}

/// The same for an ESME with a profile of its own, of which these are the lines.
async fn between_with(telco: &Smsc, profile: &str, of_bank: &str) -> (TestGateway, Esme) {
    let gateway = TestGateway::with([
        format!("[[profile]]\nname = \"banks\"\n{of_bank}\n"),
        smsc("telco", telco.address(), profile),
        account("bank", "profile = \"banks\""),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
        route("to = [\"telco\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    (gateway, bank)
}

/// An SMSC that sends no receipts by itself.
async fn without_receipts() -> Smsc {
    let faults = Faults { receipt_lost: Every::nth(1), ..Faults::default() };
    centre_with(SmscConfig { faults, ..SmscConfig::default() }).await
}

/// A submit_sm of the bank's to a subscriber.
fn to_ani(data_coding: u8, body: &[u8]) -> ShortMessage {
    ShortMessage {
        source: address("BANK").unwrap(),
        destination: address(ANI).unwrap(),
        data_coding,
        short_message: Bytes::copy_from_slice(body),
        ..ShortMessage::default()
    }
}

/// A deliver_sm of a subscriber's to the bank.
fn from_ani(data_coding: u8, body: &[u8]) -> ShortMessage {
    ShortMessage {
        source: address(ANI).unwrap(),
        destination: address("1234").unwrap(),
        data_coding,
        short_message: Bytes::copy_from_slice(body),
        ..ShortMessage::default()
    }
}

/// What the SMSC gets when the bank submits this: data_coding and body.
async fn carried_out(profile: &str, data_coding: u8, body: &[u8]) -> (u8, Vec<u8>) {
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, profile).await;
    bank.submit_pdu(to_ani(data_coding, body)).await.unwrap();
    let message = submitted(&telco, 1).await.remove(0);
    (message.data_coding, message.short_message.to_vec())
}

/// What the bank gets when the SMSC delivers this.
async fn carried_in(profile: &str, data_coding: u8, body: &[u8]) -> (u8, Vec<u8>) {
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, profile).await;
    telco.deliver(from_ani(data_coding, body)).await.unwrap();
    let message = bank.next_mo(SOON).await.unwrap().pdu;
    (message.data_coding, message.short_message.to_vec())
}

/// The first `count` messages that an SMSC took.
async fn submitted(telco: &Smsc, count: usize) -> Vec<ShortMessage> {
    let submits = telco.submits_when(count, SOON).await.unwrap();
    submits.into_iter().map(|submit| submit.message).collect()
}

/// The TLVs of a message.
fn tlvs(message: &ShortMessage) -> Vec<(u16, Vec<u8>)> {
    message.tlvs.iter().map(|(TlvTag(tag), value)| (tag, value.to_vec())).collect()
}
