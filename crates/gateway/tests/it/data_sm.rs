//! What SMSCs deliver by data_sm.

use smpp::{Body, CommandStatus, DataSm, LongAddress, MessageResp, TlvTag, Tlvs, VERSION_3_4};
use tokio::net::TcpListener;

use crate::harness::{ANI, TestGateway, Wire, account, message, route, smsc};

/// The gateway between an SMSC that is played here and an ESME, `bank`.
async fn between() -> (TestGateway, Wire, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::with([
        smsc("telco", listener.local_addr().unwrap(), ""),
        account("bank", ""),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
    ])
    .await;
    let telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    let bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    (gateway, telco, bank)
}

fn address(number: &str) -> LongAddress {
    LongAddress::new(1, 1, number.as_bytes()).unwrap()
}

/// From a mobile to the bank.
fn data_sm(esm_class: u8, tlvs: &[(TlvTag, &[u8])]) -> DataSm {
    DataSm {
        source: address(ANI),
        destination: address("1234"),
        esm_class,
        tlvs: Tlvs::of(tlvs).unwrap(),
        ..DataSm::default()
    }
}

#[tokio::test]
async fn what_a_mobile_sends_reaches_the_esme() {
    // O-7, W-7
    let (gateway, mut telco, mut bank) = between().await;
    let text = [b'x'; 300];
    let tlvs: [(TlvTag, &[u8]); 2] =
        [(TlvTag::MESSAGE_PAYLOAD, &text), (TlvTag::USER_MESSAGE_REFERENCE, &[1, 2])];

    let answer =
        telco.ask(Body::DataSm(data_sm(0x40, &[(TlvTag::MESSAGE_PAYLOAD, b"\x04\x70\x02ab")]))).await;
    assert_eq!(answer.body, Body::DataSmResp(MessageResp::default()));
    assert_eq!(answer.status, CommandStatus::OK);
    let answer = telco.ask(Body::DataSm(data_sm(0, &tlvs))).await;
    assert_eq!(answer.status, CommandStatus::OK);

    let short = bank.delivered().await;
    assert_eq!((short.esm_class, &short.short_message[..]), (0x40, &b"\x04\x70\x02ab"[..]));
    assert_eq!((&short.source.value[..], &short.destination.value[..]), (ANI.as_bytes(), &b"1234"[..]));
    let long = bank.delivered().await;
    assert_eq!(long.tlvs.message_payload().as_deref(), Some(&text[..]));
    assert_eq!(long.tlvs.get(TlvTag::USER_MESSAGE_REFERENCE), Some(&[1, 2][..]));
    gateway.settled().await;
}

#[tokio::test]
async fn a_receipt_by_tlv_or_by_text_is_the_receipt_of_its_message() {
    // O-7, R-2
    let (gateway, mut telco, mut bank) = between().await;
    let by_tlv: &[(TlvTag, &[u8])] =
        &[(TlvTag::RECEIPTED_MESSAGE_ID, b"c-1\0"), (TlvTag::MESSAGE_STATE, &[2])];
    let by_text: &[(TlvTag, &[u8])] = &[(TlvTag::MESSAGE_PAYLOAD, b"id:c-2 stat:UNDELIV err:034 text:")];
    for (number, tlvs, state) in [(1, by_tlv, 2), (2, by_text, 5)] {
        let sequence = bank.send(Body::SubmitSm(message(ANI, "BANK", "hello"))).await;
        telco.takes(&format!("c-{number}")).await;
        bank.response(sequence).await;
        let answer = telco.ask(Body::DataSm(data_sm(0x04, tlvs))).await;
        assert_eq!(
            (answer.status, answer.body),
            (CommandStatus::OK, Body::DataSmResp(MessageResp::default()))
        );
        let receipt = bank.delivered().await;
        assert_eq!((receipt.esm_class, receipt.tlvs.message_state()), (0x04, Some(state)));
    }
    gateway.settled().await;
}

#[tokio::test]
async fn what_cannot_be_carried_is_refused_in_its_own_response() {
    // O-7, F-6
    let (_gateway, mut telco, _bank) = between().await;
    let without_payload = data_sm(0, &[(TlvTag::USER_MESSAGE_REFERENCE, &[1, 2])]);
    let nowhere = DataSm { destination: address("99"), ..data_sm(0, &[(TlvTag::MESSAGE_PAYLOAD, b"hello")]) };
    let far = DataSm { destination: address(&"1".repeat(40)), ..nowhere.clone() };
    for (pdu, status) in [
        (without_payload, CommandStatus::MISSINGOPTPARAM),
        (nowhere, CommandStatus::INVDSTADR),
        (far, CommandStatus::INVDSTADR),
    ] {
        let answer = telco.ask(Body::DataSm(pdu)).await;
        assert_eq!((answer.status, answer.body), (status, Body::DataSmResp(MessageResp::default())));
    }
}
