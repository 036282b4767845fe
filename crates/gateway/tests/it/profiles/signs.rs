//! A class, and what waits for a subscriber, as the SMSC wants to be told.

use serde_json::json;
use smpp::ShortMessage;

use super::{submitted, to_ani, without_receipts};
use crate::harness::{ANI, TestGateway, account, route, smsc};

/// What an SMSC with this profile gets of what is said by HTTP.
async fn said(profile: &str, fields: serde_json::Value) -> ShortMessage {
    let telco = without_receipts().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), profile),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut request = json!({ "to": ANI, "from": "BANK" });
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    gateway.caller("bank").post(request).await.id();
    submitted(&telco, 1).await.remove(0)
}

#[tokio::test]
async fn a_flash_goes_by_subunit_in_the_peers_own_alphabet() {
    // I-4, C-3
    let flash = json!({ "text": "Now {!}", "flash": true });
    let pdu = said("message_class = \"subunit\"", flash.clone()).await;
    assert_eq!((pdu.data_coding, pdu.tlvs.dest_addr_subunit()), (0, Some(1)));
    assert_eq!(pdu.short_message, b"Now \x1b(!\x1b)"[..]);
    let pdu = said("message_class = \"subunit\"\nprofile = \"latin-1-default\"", flash).await;
    assert_eq!((pdu.data_coding, pdu.tlvs.dest_addr_subunit()), (0, Some(1)));
    assert_eq!(pdu.short_message, b"Now {!}"[..]);
}

#[tokio::test]
async fn what_waits_goes_in_the_form_that_the_smsc_wants() {
    // I-1, I-2
    let calls = || json!({ "text": "3 calls", "waiting": { "kind": "voice", "count": 3 } });
    let in_header = &b"\x04\x01\x02\x80\x033 calls"[..];
    for (form, data_coding, esm_class, body) in [
        ("both", 0xD8, 0x40, in_header),
        ("data-coding", 0xD8, 0, b"3 calls"),
        ("header", 0, 0x40, in_header),
        ("tlv", 0, 0, b"3 calls"),
    ] {
        let pdu = said(&format!("message_waiting = \"{form}\""), calls()).await;
        assert_eq!((pdu.data_coding, pdu.esm_class, &pdu.short_message[..]), (data_coding, esm_class, body));
        let tlvs = (pdu.tlvs.ms_msg_wait_facilities(), pdu.tlvs.number_of_messages());
        assert_eq!(tlvs, if form == "tlv" { (Some(0x80), Some(3)) } else { (None, None) }, "{form}");
    }
}

#[tokio::test]
async fn what_an_esme_says_by_tlv_passes_as_it_is() {
    // I-1, I-4
    let telco = without_receipts().await;
    let (_gateway, bank) = super::between(&telco, "").await;
    let mut pdu = to_ani(0, b"3 calls");
    pdu.service_type = smpp::CString::clipped(b"VMN");
    pdu.tlvs.push_u8(smpp::TlvTag::MS_MSG_WAIT_FACILITIES, 0x80);
    pdu.tlvs.push_u8(smpp::TlvTag::NUMBER_OF_MESSAGES, 3);
    pdu.tlvs.push_u8(smpp::TlvTag::DEST_ADDR_SUBUNIT, 1);
    bank.submit_pdu(pdu.clone()).await.unwrap();
    let arrived = submitted(&telco, 1).await.remove(0);
    assert_eq!((arrived.tlvs, &arrived.service_type[..]), (pdu.tlvs, &b"VMN"[..]));
}

#[tokio::test]
async fn a_list_of_tlvs_that_pass_is_not_about_those_that_we_write() {
    // T-1, I-2, I-4
    let list = "tlv_out = { pass = [0x1400] }";
    let flash = json!({ "text": "Now", "flash": true });
    let pdu = said(&format!("message_class = \"subunit\"\n{list}"), flash).await;
    assert_eq!((pdu.data_coding, pdu.tlvs.dest_addr_subunit()), (0, Some(1)));
    let calls = json!({ "text": "3 calls", "waiting": { "kind": "voice", "count": 3 } });
    let pdu = said(&format!("message_waiting = \"tlv\"\n{list}"), calls).await;
    assert_eq!((pdu.tlvs.ms_msg_wait_facilities(), pdu.tlvs.number_of_messages()), (Some(0x80), Some(3)));
}
