//! What an SMSC's receipt says besides the end of its message reaches the owner.

use simulator::{Every, Faults, Smsc, SmscConfig, address};
use smpp::{AddressUpTo, BindMode, Body, CommandStatus, DataSm, ShortMessage, TlvTag, Tlvs, VERSION_3_3};
use smpp::{VERSION_3_4, VERSION_5_0};
use tokio::net::TcpListener;

use crate::harness::{
    ANI, SOON, TestGateway, Wire, account, behind_played_smsc, centre_with, message, route, smsc, until,
};

type Listed = Vec<(u16, Vec<u8>)>;

/// A vendor's TLVs, one twice and one empty, an unknown one, and those of the standard that are about the delivery.
const BESIDES: [(u16, &[u8]); 7] = [
    (0x1400, b"1101"),
    (0x0423, b"\x08\x01\x02"),
    (0x3FFF, b""),
    (0x0425, b"\x01"),
    (0x0ABC, b"unknown"),
    (0x1400, b"\0\xFF"),
    (0x0422, b"\x02"),
];

/// What is about the SMSC's PDU, and in its place in ours.
const OF_THE_PDU: [(u16, &[u8]); 6] = [
    (0x0204, b"\0\x07"),
    (0x020A, b"\x23\xF0"),
    (0x020B, b"\x0B\x84"),
    (0x0019, b"\0"),
    (0x0017, b"\0\0\0\x3C"),
    (0x020C, b"\0\x07"),
];

/// A deliver_sm with a receipt for the message with this id.
fn receipt(id: &str, state: &str, besides: &[(u16, &[u8])]) -> ShortMessage {
    let text = format!("id:{id} sub:001 dlvrd:001 stat:{state} err:034 text:");
    let mut pdu = ShortMessage { esm_class: 0x04, registered_delivery: 0, ..message("BANK", ANI, &text) };
    besides.iter().for_each(|(tag, value)| pdu.tlvs.push(TlvTag(*tag), value).unwrap());
    pdu
}

fn listed(tlvs: &Tlvs) -> Listed {
    tlvs.iter().map(|(tag, value)| (tag.0, value.to_vec())).collect()
}

/// What a receipt to an ESME says behind what all of them say.
fn besides(pdu: &ShortMessage) -> Listed {
    let listed = listed(&pdu.tlvs);
    assert_eq!([listed[0].0, listed[1].0], [0x001E, 0x0427]);
    listed[2..].to_vec()
}

fn expected(tlvs: &[(u16, &[u8])]) -> Listed {
    tlvs.iter().map(|(tag, value)| (*tag, value.to_vec())).collect()
}

const WAY: &str = "from = { link = \"bank\" }\nto = [\"telco\"]";

/// A receipt that comes after its response, and what the ESME gets.
async fn told(telco: &mut Wire, bank: &mut Wire, besides: &[(u16, &[u8])]) -> ShortMessage {
    bank.submit(message(ANI, "BANK", "hello")).await;
    telco.takes("r-1").await;
    let answer = telco.ask(Body::DeliverSm(receipt("r-1", "UNDELIV", besides))).await;
    assert_eq!(answer.status, CommandStatus::OK);
    bank.delivered().await
}

#[tokio::test]
async fn tlvs_of_a_receipt_are_passed_on_octet_for_octet() {
    // T-1, R-1, V-7
    for version in [VERSION_3_4, VERSION_5_0] {
        let (gateway, mut telco) = behind_played_smsc(WAY).await;
        let mut bank = Wire::bind(&gateway, "bank", version).await;
        let all = [&BESIDES[..2], &OF_THE_PDU[..], &BESIDES[2..]].concat();
        let pdu = told(&mut telco, &mut bank, &all).await;
        assert_eq!(besides(&pdu), expected(&BESIDES));
        assert_eq!(pdu.tlvs.network_error_code(), Some((8, 0x0102)), "the SMSC's own, not that of its text");
        assert!(String::from_utf8_lossy(&pdu.short_message).contains("stat:UNDELIV err:034"));
    }
}

#[tokio::test]
async fn what_a_receipt_has_of_its_own_is_written_anew() {
    // T-1, R-1
    let (gateway, mut telco) = behind_played_smsc(WAY).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let of_the_text = expected(&[(0x0423, b"\x03\0\x22")]);
    for error in [&b"\x03\0\x22"[..], b"\x03"] {
        let pdu = told(&mut telco, &mut bank, &[&OF_THE_PDU[..], &[(0x0423, error)]].concat()).await;
        assert_eq!(besides(&pdu), of_the_text, "it says the same, or nothing");
    }
}

#[tokio::test]
async fn tlvs_that_are_too_long_are_left_out_whole() {
    // T-1
    let (gateway, mut telco) = behind_played_smsc(WAY).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let long = vec![b'x'; 1024 - 4 - 4];
    for (last, is_passed) in [(&b""[..], true), (b"1", false)] {
        let tlvs = [(0x1400, &long[..]), (0x1401, last)];
        let pdu = told(&mut telco, &mut bank, &tlvs).await;
        let left = if is_passed { expected(&tlvs) } else { Vec::new() };
        assert_eq!(besides(&pdu)[1..], left);
    }
}

#[tokio::test]
async fn tlvs_of_a_receipt_before_its_response_are_kept() {
    // T-1, R-4
    let (gateway, mut telco) = behind_played_smsc(WAY).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let answer = telco.ask(Body::DeliverSm(receipt("r-1", "DELIVRD", &BESIDES))).await;
    assert_eq!(answer.status, CommandStatus::OK);
    bank.submit(message(ANI, "BANK", "hello")).await;
    telco.takes("r-1").await;
    assert_eq!(besides(&bank.delivered().await), expected(&BESIDES));
}

#[tokio::test]
async fn tlvs_of_a_receipt_by_data_sm_are_passed_on() {
    // T-1, O-7
    let (gateway, mut telco) = behind_played_smsc(WAY).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    bank.submit(message(ANI, "BANK", "hello")).await;
    telco.takes("r-1").await;
    let wide = |of: &str| {
        let smpp::Address { ton, npi, value } = address(of).unwrap();
        AddressUpTo::new(ton, npi, &value).unwrap()
    };
    let named = [(0x001E, &b"r-1\0"[..]), (0x0427, b"\x02")];
    let tlvs: Vec<_> = named.iter().chain(&BESIDES).map(|&(tag, value)| (TlvTag(tag), value)).collect();
    let data = DataSm {
        source: wide(ANI),
        destination: wide("BANK"),
        esm_class: 0x04,
        tlvs: Tlvs::of(&tlvs).unwrap(),
        ..DataSm::default()
    };
    assert_eq!(telco.status_of(Body::DataSm(data)).await, CommandStatus::OK);
    assert_eq!(besides(&bank.delivered().await), expected(&BESIDES));
}

#[tokio::test]
async fn tlvs_of_a_notification_on_the_way_are_passed_on() {
    // T-1, B-2
    let (gateway, mut telco) = behind_played_smsc(WAY).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    bank.submit(ShortMessage { registered_delivery: 0x11, ..message(ANI, "BANK", "hello") }).await;
    telco.takes("r-1").await;
    let on_the_way = ShortMessage { esm_class: 0x20, ..receipt("r-1", "ENROUTE", &BESIDES) };
    assert_eq!(telco.status_of(Body::DeliverSm(on_the_way)).await, CommandStatus::OK);
    let pdu = bank.delivered().await;
    assert_eq!((pdu.esm_class, besides(&pdu)), (0x20, expected(&BESIDES)));
    assert_eq!(telco.status_of(Body::DeliverSm(receipt("r-1", "DELIVRD", &[]))).await, CommandStatus::OK);
    let pdu = bank.delivered().await;
    assert_eq!((pdu.esm_class, besides(&pdu)), (0x04, expected(&[(0x0423, b"\x03\0\x22")])), "not again");
}

#[tokio::test]
async fn an_esme_of_3_3_is_told_none() {
    // T-1, V-1
    let (gateway, mut telco) = behind_played_smsc(WAY).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_3).await;
    let pdu = told(&mut telco, &mut bank, &BESIDES).await;
    assert_eq!((pdu.esm_class, pdu.tlvs.is_empty()), (0x04, true));
}

/// What an ESME gets whose SMSC and who itself have profiles with these rules.
async fn told_by_rules(of_telco: &str, of_bank: &str) -> Listed {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::with([
        format!("[[profile]]\nname = \"telcos\"\n{of_telco}\n[[profile]]\nname = \"banks\"\n{of_bank}\n"),
        smsc("telco", listener.local_addr().unwrap(), "profile = \"telcos\""),
        account("bank", "profile = \"banks\""),
        route(WAY),
    ])
    .await;
    let mut telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    besides(&told(&mut telco, &mut bank, &BESIDES).await)
}

#[tokio::test]
async fn both_profiles_have_rules_for_tlvs_of_receipts() {
    // T-1
    let tags = |listed: Listed| listed.into_iter().map(|(tag, _)| tag).collect::<Vec<_>>();
    let of_telco = "tlv_in = { drop = [0x1400, 0x0422], add = [{ tag = 0x1401, text = \"telco\" }] }";
    let left = told_by_rules(of_telco, "").await;
    assert_eq!(left.last(), Some(&(0x1401, b"telco".to_vec())));
    assert_eq!(tags(left), [0x0423, 0x3FFF, 0x0425, 0x0ABC, 0x1401]);
    let left = told_by_rules("", "tlv_out = { drop = [0x1400, 0x0423] }").await;
    assert_eq!(tags(left), [0x3FFF, 0x0425, 0x0ABC, 0x0422]);
    let passing = "tlv_in = { pass = [0x1400, 0x3FFF] }";
    let left = told_by_rules(passing, "tlv_out = { pass = [0x3FFF, 0x0ABC] }").await;
    assert_eq!(tags(left), [0x0423, 0x3FFF], "what we write in receipts always passes");
}

fn links(telco: &Smsc) -> [String; 3] {
    [smsc("telco", telco.address(), ""), account("bank", ""), route(WAY)]
}

#[tokio::test]
async fn tlvs_of_a_receipt_wait_for_its_owner_over_a_restart() {
    // T-1, S-8, INV-1
    let faults = Faults { receipt_lost: Every::nth(1), ..Faults::default() };
    let telco = centre_with(SmscConfig { faults, ..SmscConfig::default() }).await;
    let gateway = TestGateway::with(links(&telco)).await;
    let submitter = gateway.bind_as("bank", BindMode::Transmitter).await;
    submitter.submit(ANI, "BANK", "hello", true).await.unwrap();
    submitter.unbind().await;
    let remote_id = telco.submits_when(1, SOON).await.unwrap()[0].message_id.clone();
    telco.deliver(receipt(&remote_id.to_string(), "DELIVRD", &BESIDES)).await.unwrap();
    until("the receipt waits", async || gateway.waiting("bank").await == 1).await;

    let gateway = gateway.stop().await.start(links(&telco)).await;

    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    assert_eq!(besides(&bank.delivered().await), expected(&BESIDES));
}
