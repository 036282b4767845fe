//! TLVs pass, are dropped and are put in, as each link wants them.

use simulator::{Esme, Smsc};
use smpp::{ShortMessage, TlvTag};

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
