//! ESMEs that speak SMPP 3.3, 3.4 and 5.0.

use smpp::{BindMode, Body, CommandStatus, ShortMessage, TlvTag, VERSION_3_3, VERSION_3_4, VERSION_5_0};
use sms::State;

use crate::harness::{ANI, TestGateway, Texts, Wire, account, centre, message, route, smsc};

async fn bank_and(centre: &simulator::Smsc) -> TestGateway {
    TestGateway::with([
        smsc("telco", centre.address(), ""),
        account("bank", ""),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
    ])
    .await
}

#[tokio::test]
async fn a_peer_of_3_3_gets_ids_of_eight_digits_and_no_tlvs() {
    // V-1, V-5, R-1
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let _handset = telco.handset(ANI);
    let mut sender = Wire::bind_as(&gateway, "bank", VERSION_3_3, BindMode::Transmitter).await;
    let mut receiver = Wire::bind_as(&gateway, "bank", 0x00, BindMode::Receiver).await;

    let id = sender.submit(message(ANI, "BANK", "one message")).await;

    assert!(id.len() <= 8 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    let receipt = receiver.delivered().await;
    let text = String::from_utf8(receipt.short_message.to_vec()).unwrap();
    assert!(text.starts_with(&format!("id:{id} sub:001")), "{text}");
    assert!(receipt.tlvs.is_empty());
}

#[tokio::test]
async fn the_receipt_of_a_short_id_carries_it_on_every_session() {
    // V-1, R-1
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let _handset = telco.handset(ANI);
    let mut old = Wire::bind_as(&gateway, "bank", VERSION_3_3, BindMode::Transmitter).await;
    let mut new = Wire::bind(&gateway, "bank", VERSION_3_4).await;

    let short = old.submit(message(ANI, "BANK", "from the old one")).await;
    let receipt = new.delivered().await;
    assert_eq!(receipt.tlvs.receipted_message_id(), Some(short.as_bytes()));

    let long = new.submit(message(ANI, "BANK", "from the new one")).await;
    assert_eq!(long.len(), 32);
    assert_eq!(new.delivered().await.tlvs.receipted_message_id(), Some(long.as_bytes()));
}

#[tokio::test]
async fn who_speaks_5_0_may_say_more() {
    // V-3, V-6, B-2, B-3, X-9, X-12
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let mut old = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut new = Wire::bind(&gateway, "bank", VERSION_5_0).await;
    type Change = fn(&mut ShortMessage);
    let cases: [(Change, CommandStatus, CommandStatus); 4] = [
        (|pdu| pdu.registered_delivery = 3, CommandStatus::INVREGDLVFLG, CommandStatus::OK),
        (|pdu| pdu.priority_flag = 4, CommandStatus::INVPRTFLG, CommandStatus::OK),
        (|pdu| pdu.data_coding = 0xA0, CommandStatus::SUBMITFAIL, CommandStatus::INVDCS),
        (|pdu| pdu.short_message = vec![b'x'; 255].into(), CommandStatus::INVMSGLEN, CommandStatus::OK),
    ];
    for (change, before, since) in cases {
        let mut pdu = message(ANI, "BANK", "hello");
        change(&mut pdu);
        assert_eq!(old.status_of(Body::SubmitSm(pdu.clone())).await, before, "{pdu:?}");
        assert_eq!(new.status_of(Body::SubmitSm(pdu.clone())).await, since, "{pdu:?}");
    }
}

#[tokio::test]
async fn success_only_is_told_of_success_only() {
    // B-2
    let fates =
        simulator::Fates { by_suffix: vec![("1".to_owned(), State::Undeliverable)], percent: Vec::new() };
    let telco = crate::harness::centre_with(simulator::SmscConfig { fates, ..Default::default() }).await;
    let gateway = bank_and(&telco).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_5_0).await;

    let wishes =
        |to: &str, registered_delivery| ShortMessage { registered_delivery, ..message(to, "BANK", "hello") };
    bank.submit(wishes("628111", 3)).await;
    bank.submit(wishes("628112", 2)).await;
    let told = [bank.submit(wishes("628112", 3)).await, bank.submit(wishes("628111", 2)).await];

    for (id, state) in told.iter().zip([State::Delivered, State::Undeliverable]) {
        let receipt = bank.delivered().await;
        assert_eq!(receipt.tlvs.receipted_message_id(), Some(id.as_bytes()));
        assert_eq!(receipt.tlvs.message_state(), Some(state as u8));
    }
}

#[tokio::test]
async fn congestion_is_told_to_5_0_alone() {
    // W-6
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let mut old = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut new = Wire::bind(&gateway, "bank", VERSION_5_0).await;
    let state = |body: Body| match body {
        Body::SubmitSmResp(response) => response.tlvs.get(TlvTag::CONGESTION_STATE).map(<[u8]>::to_vec),
        _ => None,
    };
    let pdu = || Body::SubmitSm(message(ANI, "BANK", "hello"));
    assert_eq!(state(old.ask(pdu()).await.body), None);
    assert_eq!(state(new.ask(pdu()).await.body), Some(vec![0]), "one at a time is idle");
    let mut sequences = Vec::new();
    for _ in 0..100 {
        sequences.push(new.send(pdu()).await);
    }
    let mut most = 0;
    for sequence in sequences {
        most = most.max(state(new.response(sequence).await.body).unwrap()[0]);
    }
    assert!((1..=100).contains(&most), "many at a time are a burden");
    telco.texts_when(102).await;
}

#[tokio::test]
async fn reserved_versions_are_answered_at_the_version_below() {
    // V-4, V-5
    let gateway = TestGateway::with([account("bank", "max_binds = 20")]).await;
    for (offered, said) in [(0x33, None), (0x34, Some(0x50)), (0x50, Some(0x50)), (0x51, Some(0x50))] {
        let mut wire = Wire::connect(&gateway).await;
        let bind = smpp::Bind {
            mode: BindMode::Receiver,
            system_id: smpp::CString::clipped(b"bank"),
            password: smpp::CString::clipped(crate::harness::PASSWORD.as_bytes()),
            interface_version: offered,
            ..smpp::Bind::default()
        };
        let answer = wire.ask(Body::Bind(bind)).await;
        let Body::BindResp(response) = answer.body else { panic!("{answer:?}") };
        assert_eq!((answer.status, response.tlvs.sc_interface_version()), (CommandStatus::OK, said));
    }
}
