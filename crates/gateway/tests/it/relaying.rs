//! What passes through unchanged, and what does not.

use bytes::Bytes;
use smpp::{Body, CommandStatus, ShortMessage, TlvTag, VERSION_3_4};

use crate::harness::{ANI, SOON, TestGateway, Wire, account, centre, centre_with, message, route, smsc};

async fn bank_and(centre: &simulator::Smsc) -> TestGateway {
    TestGateway::with([
        smsc("telco", centre.address(), ""),
        account("bank", ""),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
    ])
    .await
}

/// Known, vendors' own and unknown ones, one of them twice, in an order of no particular kind.
const TLVS: &[(TlvTag, &[u8])] = &[
    (TlvTag(0x1401), b"template\0"),
    (TlvTag::USER_MESSAGE_REFERENCE, &[0x12, 0x34]),
    (TlvTag(0x3FFF), b""),
    (TlvTag(0x1400), b"1001234567890"),
    (TlvTag(0x1400), b"again"),
    (TlvTag(0x4FFF), &[0, 255, 0]),
];

#[tokio::test]
async fn tlvs_pass_to_the_smsc_octet_for_octet() {
    // T-1, V-7
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let tlvs = smpp::Tlvs::of(TLVS).unwrap();

    bank.submit(ShortMessage { tlvs: tlvs.clone(), ..message(ANI, "BANK", "hello") }).await;

    let submits = telco.submits_when(1, SOON).await.unwrap();
    assert_eq!(submits[0].message.tlvs, tlvs);
}

#[tokio::test]
async fn tlvs_pass_to_the_esme_octet_for_octet() {
    // T-1, V-7
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let tlvs = smpp::Tlvs::of(TLVS).unwrap();

    telco.deliver(ShortMessage { tlvs: tlvs.clone(), ..message("1234", ANI, "hello") }).await.unwrap();

    let delivered = bank.delivered().await;
    assert_eq!((delivered.tlvs, &delivered.short_message[..]), (tlvs, &b"hello"[..]));
}

#[tokio::test]
async fn acknowledgements_of_subscribers_pass_both_ways() {
    // B-1, B-2
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    for esm_class in [0x08, 0x10] {
        let from_subscriber = ShortMessage { esm_class, ..message("1234", ANI, "read") };
        telco.deliver(from_subscriber).await.unwrap();
        assert_eq!(bank.delivered().await.esm_class, esm_class);
        // A receipt could come before what is delivered next.
        let to_subscriber = message(ANI, "1234", "read, too");
        bank.submit(ShortMessage { esm_class, registered_delivery: 0, ..to_subscriber }).await;
    }
    let wishes = ShortMessage { registered_delivery: 0x0D, ..message(ANI, "1234", "tell me") };
    bank.submit(wishes).await;
    let submits = telco.submits_when(3, SOON).await.unwrap();
    let seen: Vec<_> = submits.iter().map(|submit| submit.message.esm_class).collect();
    assert_eq!(seen, [0x08, 0x10, 0x00]);
    assert_eq!(submits[2].message.registered_delivery, 0x0D);
}

#[tokio::test]
async fn a_receipt_has_the_service_type_of_its_message() {
    //
    let telco = centre().await;
    let gateway = bank_and(&telco).await;
    let _handset = telco.handset(ANI);
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let service_type = smpp::CString::clipped(b"TAR07");
    bank.submit(ShortMessage { service_type, ..message(ANI, "BANK", "hello") }).await;
    let receipt = bank.delivered().await;
    assert_eq!((&receipt.service_type[..], receipt.esm_class, receipt.data_coding), (&b"TAR07"[..], 4, 0));
}

#[tokio::test]
async fn values_that_cannot_be_carried_are_refused_by_name() {
    // D-3
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", "sources = [\"BANK\", \"1234\"]"),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let time = |text: &[u8]| smpp::CString::clipped(text);
    let number = |text: &[u8]| smpp::CString::clipped(text);
    let tlv = |pdu: &mut ShortMessage, tag, value: &[u8]| pdu.tlvs.push(tag, value).unwrap();
    type Change<'a> = Box<dyn Fn(&mut ShortMessage) + 'a>;
    let cases: Vec<(Change<'_>, CommandStatus)> = vec![
        (Box::new(|pdu| pdu.destination.value = number(b"")), CommandStatus::INVDSTADR),
        (Box::new(|pdu| pdu.destination.value = number(b"62811x")), CommandStatus::INVDSTADR),
        (Box::new(|pdu| pdu.destination.ton = 9), CommandStatus::INVDSTTON),
        (Box::new(|pdu| pdu.destination.npi = 7), CommandStatus::INVDSTNPI),
        (Box::new(|pdu| pdu.source.value = number(b"OTHER")), CommandStatus::INVSRCADR),
        (Box::new(|pdu| pdu.source.value = number(b"TWELVELETTER")), CommandStatus::INVSRCADR),
        (Box::new(|pdu| pdu.esm_class = 0x3C), CommandStatus::INVESMCLASS),
        (Box::new(|pdu| pdu.esm_class = 0x01), CommandStatus::INVESMCLASS),
        (Box::new(|pdu| pdu.esm_class = 0x02), CommandStatus::INVESMCLASS),
        (Box::new(|pdu| pdu.registered_delivery = 0x80), CommandStatus::INVREGDLVFLG),
        (Box::new(|pdu| pdu.priority_flag = 9), CommandStatus::INVPRTFLG),
        (Box::new(|pdu| pdu.replace_if_present = 2), CommandStatus::INVREPFLAG),
        (Box::new(|pdu| pdu.data_coding = 0xA0), CommandStatus::SUBMITFAIL),
        (Box::new(|pdu| pdu.service_type = smpp::CString::clipped(b"A-B")), CommandStatus::INVSERTYP),
        (Box::new(|pdu| pdu.sm_default_msg_id = 1), CommandStatus::INVDFTMSGID),
        (Box::new(|pdu| pdu.schedule_delivery_time = time(b"120231000000000+")), CommandStatus::INVSCHED),
        (Box::new(|pdu| pdu.schedule_delivery_time = time(b"99")), CommandStatus::INVSCHED),
        (Box::new(|pdu| pdu.schedule_delivery_time = time(&[b' '; 16])), CommandStatus::INVSCHED),
        (Box::new(|pdu| pdu.validity_period = time(b"120517083000028+")), CommandStatus::INVEXPIRY),
        (
            Box::new(|pdu| {
                pdu.schedule_delivery_time = time(b"000000020000000R");
                pdu.validity_period = time(b"000000010000000R");
            }),
            CommandStatus::INVEXPIRY,
        ),
        (Box::new(|pdu| tlv(pdu, TlvTag::USER_MESSAGE_REFERENCE, &[1, 2, 3])), CommandStatus::INVPARLEN),
        (Box::new(|pdu| tlv(pdu, TlvTag::MESSAGE_PAYLOAD, b"two bodies")), CommandStatus::INVMSGLEN),
        (
            Box::new(|pdu| {
                pdu.short_message = Bytes::new();
                tlv(pdu, TlvTag::MESSAGE_PAYLOAD, b"one");
                tlv(pdu, TlvTag::MESSAGE_PAYLOAD, b"two");
            }),
            CommandStatus::OPTPARNOTALLWD,
        ),
        (Box::new(|pdu| pdu.short_message = vec![b'x'; 255].into()), CommandStatus::INVMSGLEN),
        (Box::new(|pdu| tlv(pdu, TlvTag(0x2000), b"unknown is no fault")), CommandStatus::OK),
        (Box::new(|pdu| pdu.short_message = Bytes::new()), CommandStatus::OK),
        (Box::new(|pdu| pdu.schedule_delivery_time = time(b"120517083000028+")), CommandStatus::OK),
    ];
    for (number, (change, wanted)) in cases.iter().enumerate() {
        let mut pdu = message(ANI, "BANK", "hello");
        change(&mut pdu);
        assert_eq!(bank.status_of(Body::SubmitSm(pdu)).await, *wanted, "case {number}");
    }
}

/// What a message centre says of a message that is not the end yet.
fn on_the_way(remote_id: &str) -> ShortMessage {
    let text = format!(
        "id:{remote_id} sub:001 dlvrd:000 submit date:2605170830 done date:2605170831 stat:ENROUTE err:034 text:"
    );
    ShortMessage { esm_class: 0x20, registered_delivery: 0, ..message("BANK", ANI, &text) }
}

#[tokio::test]
async fn who_asked_is_told_on_the_way() {
    // B-2, R-1, R-4
    let late = std::time::Duration::from_secs(2);
    let config = simulator::SmscConfig {
        receipt_delay_min: late,
        receipt_delay_max: late,
        ..simulator::SmscConfig::default()
    };
    let telco = centre_with(config).await;
    let gateway = bank_and(&telco).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let wishes = |registered_delivery| ShortMessage { registered_delivery, ..message(ANI, "BANK", "hello") };
    let silent = bank.submit(wishes(0x01)).await;
    let told = bank.submit(wishes(0x11)).await;
    for id in [&silent, &told] {
        let sent = |record: &store::Record| {
            record.history.iter().find_map(|step| match &step.event {
                store::Event::Sent { remote_id } => remote_id.as_ref().map(ToString::to_string),
                _ => None,
            })
        };
        let record = gateway.record_when(id, |record| sent(record).is_some()).await;
        telco.deliver(on_the_way(&sent(&record).unwrap())).await.unwrap();
    }

    let notification = bank.delivered().await;

    assert_eq!(notification.esm_class, 0x20);
    assert_eq!(notification.tlvs.receipted_message_id(), Some(told.as_bytes()));
    assert_eq!(
        (notification.tlvs.message_state(), notification.tlvs.network_error_code()),
        (Some(1), Some((3, 34)))
    );
    let text = String::from_utf8(notification.short_message.to_vec()).unwrap();
    assert!(text.starts_with(&format!("id:{told} ")) && text.contains(" stat:ENROUTE err:034"), "{text}");
    let mut ended = [bank.delivered().await, bank.delivered().await].map(|receipt| {
        assert_eq!((receipt.esm_class, receipt.tlvs.message_state()), (0x04, Some(2)));
        receipt.tlvs.receipted_message_id().unwrap().to_vec()
    });
    ended.sort();
    let mut both = [silent.into_bytes(), told.into_bytes()];
    both.sort();
    assert_eq!(ended, both);
}

#[tokio::test]
async fn the_status_of_a_vendor_is_the_error_of_record_and_receipt() {
    // V-7: a status that only the vendor knows keeps its number.
    let status = Some((simulator::Every::nth(1), CommandStatus(0x0401)));
    let faults = simulator::Faults { status, ..simulator::Faults::default() };
    let telco = centre_with(simulator::SmscConfig { faults, ..simulator::SmscConfig::default() }).await;
    let gateway = bank_and(&telco).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "hello")).await;
    let receipt = bank.delivered().await;
    assert_eq!(receipt.tlvs.network_error_code(), Some((3, 0x0401)));
    let record = gateway.record_when(&id, |record| record.state.is_final()).await;
    assert_eq!(record.error, 0x0401);
    let cause = store::Cause::Smpp(0x0401);
    assert!(record.history.iter().any(|step| step.event == store::Event::Failed { cause: cause.clone() }));
}

#[tokio::test]
async fn what_a_handset_does_not_show_is_for_those_who_may() {
    // B-5
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        account("operator", "sim_access = true"),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut operator = Wire::bind(&gateway, "operator", VERSION_3_4).await;
    for (protocol_id, may) in [(0x40, false), (0x7D, false), (0x7F, false), (0x41, true), (0x00, true)] {
        let pdu = ShortMessage { protocol_id, ..message(ANI, "BANK", "hello") };
        let wanted = if may { CommandStatus::OK } else { CommandStatus::SUBMITFAIL };
        assert_eq!(bank.status_of(Body::SubmitSm(pdu.clone())).await, wanted, "{protocol_id:#x}");
        assert_eq!(operator.status_of(Body::SubmitSm(pdu)).await, CommandStatus::OK);
    }
}
