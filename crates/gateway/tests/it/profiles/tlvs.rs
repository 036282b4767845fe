//! TLVs pass, are dropped and are put in, as each link wants them.

use bytes::Bytes;
use simulator::{Esme, Smsc};
use smpp::{ShortMessage, TlvTag};
use sms::State;

use super::{between, between_with, from_ani, submitted, tlvs, to_ani, without_receipts};
use crate::harness::SOON;

/// A vendor's TLVs, one twice, and those of the standard that only pass.
const CARRIED: [(u16, &[u8]); 5] = [
    (0x1400, b"1101"),
    (0x0202, b"\x80\x01\x02"),
    (0x0203, b"\x80\x03\x04"),
    (0x3FFF, b""),
    (0x1400, b"\0\xFF"),
];

fn with_tlvs(message: ShortMessage) -> ShortMessage {
    let mut message = message;
    for (tag, value) in CARRIED {
        message.tlvs.push(TlvTag(tag), value).unwrap();
    }
    message
}

/// What arrives at the SMSC, and then at the ESME.
async fn exchanged(telco: &Smsc, bank: &Esme) -> [Vec<(u16, Vec<u8>)>; 2] {
    bank.submit_pdu(with_tlvs(to_ani(0, b"out"))).await.unwrap();
    let there = tlvs(&submitted(telco, 1).await[0]);
    telco.deliver(with_tlvs(from_ani(0, b"in"))).await.unwrap();
    [there, tlvs(&bank.next_mo(SOON).await.unwrap().pdu)]
}

#[tokio::test]
async fn what_nobody_knows_survives_the_relay() {
    // T-1, V-7
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "").await;
    let carried = CARRIED.map(|(tag, value)| (tag, value.to_vec()));
    assert_eq!(exchanged(&telco, &bank).await, [carried.to_vec(), carried.to_vec()]);
}

#[tokio::test]
async fn an_smsc_has_rules_for_both_directions() {
    // T-1
    let telco = without_receipts().await;
    let rules = r#"
tlv_out = { drop = ["source_subaddress", 0x3FFF], add = [{ tag = "0x1400", text = "1102" }, { tag = "dest_addr_subunit", hex = "01" }] }
tlv_in = { pass = ["0x1400"] }
"#;
    let (_gateway, bank) = between(&telco, rules).await;
    let [there, back] = exchanged(&telco, &bank).await;
    let out = [(0x0203, b"\x80\x03\x04".to_vec()), (0x1400, b"1102".to_vec()), (0x0005, b"\x01".to_vec())];
    assert_eq!(there, out);
    assert_eq!(back, [(0x1400, b"1101".to_vec()), (0x1400, b"\0\xFF".to_vec())]);
}

#[tokio::test]
async fn an_account_has_rules_too() {
    // T-1
    let telco = without_receipts().await;
    let (_gateway, bank) =
        between_with(&telco, "", "tlv_in = { drop = [0x1400] }\ntlv_out = { pass = [] }").await;
    let [there, back] = exchanged(&telco, &bank).await;
    assert_eq!(there.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), [0x0202, 0x0203, 0x3FFF]);
    assert_eq!(back, []);
}

fn part_by_tlv(message: ShortMessage, number: u8) -> ShortMessage {
    let mut message = message;
    message.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 7);
    message.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, 2);
    message.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
    message.tlvs.push(TlvTag(0x1400), b"1101").unwrap();
    message.tlvs.push(TlvTag(0x1401), b"x").unwrap();
    message
}

/// The part that it is, and whether it has the vendor's TLVs.
fn part(message: &ShortMessage) -> (Option<u8>, Option<u8>, bool, bool) {
    let has = |tag| message.tlvs.get(TlvTag(tag)).is_some();
    (message.tlvs.sar_total_segments(), message.tlvs.sar_segment_seqnum(), has(0x1400), has(0x1401))
}

#[tokio::test]
async fn a_list_of_what_passes_keeps_parts_together() {
    // T-1, N-1
    let telco = without_receipts().await;
    let lists = "tlv_out = { pass = [0x1400] }\ntlv_in = { pass = [0x1400] }";
    let (_gateway, bank) = between_with(&telco, lists, lists).await;
    for number in [1, 2] {
        bank.submit_pdu(part_by_tlv(to_ani(0, b"part"), number)).await.unwrap();
        telco.deliver(part_by_tlv(from_ani(0, b"part"), number)).await.unwrap();
    }
    let there = submitted(&telco, 2).await;
    let there: Vec<_> = there.iter().map(part).collect();
    assert_eq!(there, [(Some(2), Some(1), true, false), (Some(2), Some(2), true, false)]);
    // Two parts make a message; it has the PDU of the last one.
    let back = bank.next_mo(SOON).await.unwrap();
    assert_eq!((&*back.text, part(&back.pdu)), ("partpart", (Some(2), Some(2), true, false)));
}

#[tokio::test]
async fn a_list_of_what_passes_keeps_what_receipts_say() {
    // T-1, R-1, R-2
    let telco = without_receipts().await;
    let (_gateway, bank) =
        between_with(&telco, "tlv_in = { pass = [0x1400] }", "tlv_out = { pass = [] }").await;
    let asked = ShortMessage { registered_delivery: 1, ..to_ani(0, b"hello") };
    let id = bank.submit_pdu(asked).await.unwrap();
    let remote_id = telco.submits_when(1, SOON).await.unwrap()[0].message_id.clone();
    let mut receipt = ShortMessage { esm_class: 4, short_message: Bytes::new(), ..from_ani(0, b"") };
    receipt.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, format!("{remote_id}\0").as_bytes()).unwrap();
    receipt.tlvs.push_u8(TlvTag::MESSAGE_STATE, 5);
    receipt.tlvs.push(TlvTag::NETWORK_ERROR_CODE, b"\x03\0\x0B").unwrap();
    telco.deliver(receipt).await.unwrap();

    let told = bank.next_receipt(SOON).await.unwrap();

    assert_eq!((&told.message_id, told.state), (&id, Some(State::Undeliverable)));
    let tags = told.pdu.tlvs.iter().map(|(tag, _)| tag);
    let expected = [TlvTag::RECEIPTED_MESSAGE_ID, TlvTag::MESSAGE_STATE, TlvTag::NETWORK_ERROR_CODE];
    assert_eq!(tags.collect::<Vec<_>>(), expected);
}
