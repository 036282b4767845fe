//! Messages that are too long for one segment, as each SMSC wants them.

use bytes::Bytes;
use serde_json::json;
use simulator::{Esme, Smsc, SubmitError};
use smpp::{CommandStatus, ShortMessage, TlvTag, VERSION_3_4};
use sms::UserDataHeader;
use sms::udh::{Concatenation, Reference};
use tokio::net::TcpListener;

use super::{between, submitted, to_ani, without_receipts};
use crate::harness::{ANI, Listeners, SOON, TestGateway, Wire, account, centre, route, smsc, until};

/// 400 characters that are different everywhere.
fn long_text() -> String {
    (100..200).map(|number| format!("{number} ")).collect()
}

/// Submits the long text in one submit_sm.
async fn submit_long(bank: &Esme) {
    let mut message = to_ani(0, b"");
    message.tlvs.push(TlvTag::MESSAGE_PAYLOAD, long_text().as_bytes()).unwrap();
    bank.submit_pdu(message).await.unwrap();
}

/// The header of a part, and its text.
fn part(message: &ShortMessage) -> (Concatenation, Bytes) {
    assert_eq!(message.esm_class & 0x40, 0x40);
    let (header, text) = UserDataHeader::parse(&message.short_message).unwrap();
    (header.concatenation().unwrap(), message.short_message.slice_ref(text))
}

/// The references of two long messages from the bank to one subscriber.
async fn references(telco: &Smsc) -> [Reference; 2] {
    let messages = submitted(telco, 6).await;
    let parts: Vec<_> = messages.iter().map(|message| part(message).0).collect();
    let numbers: Vec<_> = parts.iter().map(|part| (part.number, part.total)).collect();
    assert_eq!(numbers, [(1, 3), (2, 3), (3, 3), (1, 3), (2, 3), (3, 3)]);
    assert!(parts[..3].iter().all(|part| part.reference == parts[0].reference));
    assert!(parts[3..].iter().all(|part| part.reference == parts[3].reference));
    [parts[0].reference, parts[3].reference]
}

#[tokio::test]
async fn by_user_data_header() {
    // N-1, N-3: the next message of this pair has the next number.
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "").await;
    submit_long(&bank).await;
    submit_long(&bank).await;
    let [Reference::Short(first), Reference::Short(second)] = references(&telco).await else { panic!() };
    assert_eq!(second, first.wrapping_add(1));
}

#[tokio::test]
async fn by_user_data_header_of_16_bits() {
    // N-1, N-3
    let telco = without_receipts().await;
    let handset = telco.handset(ANI);
    let (_gateway, bank) = between(&telco, "profile = \"udh-16\"").await;
    submit_long(&bank).await;
    submit_long(&bank).await;
    let [Reference::Long(first), Reference::Long(second)] = references(&telco).await else { panic!() };
    assert_eq!(second, first.wrapping_add(1));
    for _ in 0..2 {
        assert_eq!(handset.next_message(SOON).await.unwrap().text, long_text());
    }
}

#[tokio::test]
async fn by_sar_tlvs() {
    // N-1
    let telco = without_receipts().await;
    let handset = telco.handset(ANI);
    let (gateway, bank) = between(&telco, "profile = \"sar\"").await;
    submit_long(&bank).await;
    gateway.caller("bank").post(json!({ "to": ANI, "from": "BANK", "text": long_text() })).await.id();
    let messages = submitted(&telco, 6).await;
    for (message, number) in messages.iter().zip([1, 2, 3, 1, 2, 3]) {
        assert_eq!(message.esm_class, 0);
        assert_eq!(message.tlvs.get(TlvTag::SAR_MSG_REF_NUM).map(<[u8]>::len), Some(2));
        let sar = (message.tlvs.sar_total_segments(), message.tlvs.sar_segment_seqnum());
        assert_eq!(sar, (Some(3), Some(number)));
        assert!(message.short_message.len() <= 152);
    }
    assert_ne!(messages[0].tlvs.sar_msg_ref_num(), messages[3].tlvs.sar_msg_ref_num());
    for _ in 0..2 {
        assert_eq!(handset.next_message(SOON).await.unwrap().text, long_text());
    }
}

#[tokio::test]
async fn parts_of_an_esme_become_sar_too() {
    // N-1
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"sar\"").await;
    let part = |body| ShortMessage { esm_class: 0x40, ..to_ani(0, body) };
    bank.submit_pdu(part(b"\x05\x00\x03\x2A\x02\x02world")).await.unwrap();
    let message = submitted(&telco, 1).await.remove(0);
    assert_eq!((message.esm_class, &message.short_message[..]), (0, &b"world"[..]));
    assert_eq!(message.tlvs.sar_msg_ref_num(), Some(0x2A));
    assert_eq!(message.tlvs.sar_segment_seqnum(), Some(2));
}

#[tokio::test]
async fn whole_in_message_payload() {
    // O-1, R-5
    let telco = centre().await;
    let (gateway, bank) = between(&telco, "profile = \"message-payload\"").await;
    submit_long(&bank).await;
    let caller = gateway.caller("bank");
    let long = caller.post(json!({ "to": ANI, "from": "BANK", "text": long_text() })).await;
    assert_eq!(long.body["segments"], 1);
    caller.post(json!({ "to": ANI, "from": "BANK", "text": "д".repeat(71) })).await.id();
    caller.post(json!({ "to": ANI, "from": "BANK", "text": "short" })).await.id();
    let messages = submitted(&telco, 4).await;
    let payload = |message: &ShortMessage| message.tlvs.message_payload().map(|body| body.to_vec());
    for message in &messages[..2] {
        assert_eq!(payload(message), Some(long_text().into_bytes()));
        assert_eq!((message.esm_class, message.short_message.len()), (0, 0));
    }
    assert_eq!(payload(&messages[2]).map(|body| body.len()), Some(142));
    assert_eq!((payload(&messages[3]), &messages[3].short_message[..]), (None, &b"short"[..]));
    gateway.settled().await;
}

#[tokio::test]
async fn what_nobody_could_divide_is_refused_though_it_would_leave_whole() {
    // C-3, U-1, N-1
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"message-payload\"").await;
    let long_part = [&b"\x05\x00\x03\x2A\x02\x01"[..], &[b'x'; 160]].concat();
    for (what, esm_class, data_coding, body) in [
        ("half a character", 0, 8, &b"\0a\0"[..]),
        ("an element beyond its header", 0x40, 0, b"\x03\x05\x09\x01text"),
        ("a part of more than a segment", 0x40, 0, &long_part),
    ] {
        let refused = bank.submit_pdu(ShortMessage { esm_class, ..to_ani(data_coding, body) }).await;
        assert_eq!(refused.err(), Some(SubmitError::Refused(CommandStatus::INVMSGLEN)), "{what}");
    }
}

#[tokio::test]
async fn what_was_not_split_is_split_for_a_link_that_does_not_take_it_whole() {
    // N-1, N-4
    let (first, other) = (centre().await, without_receipts().await);
    let gateway = TestGateway::with([
        smsc("first", first.address(), "profile = \"message-payload\"\nfailover_s = 0"),
        smsc("other", other.address(), ""),
        account("bank", ""),
        route("to = [{ link = \"first\", weight = 1000000 }, \"other\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    until("both are bound", async || first.stats().sessions + other.stats().sessions == 2).await;
    first.set_faults(simulator::Faults { answer_delay: SOON, ..simulator::Faults::default() });
    // Those that fill the window, and what waits behind them.
    for _ in 0..20 {
        bank.submit(ANI, "BANK", "short", false).await.unwrap();
    }
    submit_long(&bank).await;
    let waiting = gateway.waiting("first").await;
    assert!(waiting > 1, "{waiting}");

    let handset = other.handset(ANI);
    drop(first);

    let mut texts = Vec::new();
    for _ in 0..21 {
        texts.push(handset.next_message(SOON).await.unwrap().text);
    }
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts, [long_text(), "short".to_owned()]);
    assert_eq!(gateway.waiting("first").await, 0);
}

#[tokio::test]
async fn a_payload_has_room_for_as_much_as_255_segments() {
    // N-1, O-1
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::listening(
        Listeners { smpp: "pdu_octets_max = 73728".to_owned(), ..Listeners::default() },
        [
            smsc("telco", listener.local_addr().unwrap(), "long_messages = \"message_payload\""),
            account("bank", ""),
            route("to = [\"telco\"]"),
        ],
    )
    .await;
    let mut telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    let bank = gateway.bind("bank").await;
    let whole = |data_coding, octets| {
        let mut message = to_ani(data_coding, b"");
        message.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &vec![b'x'; octets]).unwrap();
        bank.submit_pdu(message)
    };
    for (data_coding, most) in [(0, 255 * 153), (4, 255 * 134)] {
        whole(data_coding, most).await.unwrap();
        let refused = whole(data_coding, most + 1).await;
        assert!(matches!(refused, Err(SubmitError::Refused(CommandStatus::INVMSGLEN))), "{refused:?}");
    }
    for most in [255 * 153, 255 * 134] {
        let message = telco.takes("id").await;
        assert_eq!(message.esm_class & 0x40, 0);
        assert_eq!(message.tlvs.message_payload().unwrap().len(), most);
    }
}
