//! What waits for an SMSC that stays away gets the form that the other one reads.

use bytes::Bytes;
use serde_json::{Value, json};
use simulator::{Every, Faults, Smsc, SmscConfig};
use smpp::{Body, CommandStatus, ShortMessage, TlvTag, VERSION_3_4};
use sms::udh::Element;
use sms::{State, UserDataHeader};
use store::Event;

use crate::harness::{
    ANI, Caller, SOON, TestGateway, Texts, Wire, account, centre_at, free_address, message, route, smsc,
    until,
};

/// 120 characters: one segment in the tables for Turkish, two in UCS-2.
const TURKISH: &str = "Şişli'de ığdır ağacı, İstanbul'da güneş: Şişli'de ığdır ağacı, İstanbul'da güneş: \
                       Şişli'de ığdır ağacı, İstanbul'da güneş";

/// Two SMSCs of which the first takes all as long as it is there.
async fn between([first, second]: [(std::net::SocketAddr, &str); 2]) -> TestGateway {
    TestGateway::with([
        smsc("first", first.0, &format!("failover_s = 1\n{}", first.1)),
        smsc("second", second.0, second.1),
        account("bank", ""),
        route("to = [{ link = \"first\", weight = 1000000 }, \"second\"]"),
    ])
    .await
}

fn said(text: &str) -> Value {
    json!({ "to": ANI, "from": "BANK", "text": text })
}

async fn accepted(bank: &Caller, message: Value) -> (String, u64) {
    let answer = bank.post(message).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    (answer.id(), answer.body["segments"].as_u64().unwrap())
}

/// The data_coding of what arrived, and the elements of its headers.
fn forms(telco: &Smsc) -> Vec<(u8, Vec<u8>)> {
    let form = |pdu: &ShortMessage| {
        let header =
            (pdu.esm_class & 0x40 != 0).then(|| UserDataHeader::parse(&pdu.short_message).unwrap().0);
        let elements = header.iter().flat_map(|header| header.elements()).map(|element| element.id);
        (pdu.data_coding, elements.collect())
    };
    telco.submits().iter().map(|submit| form(&submit.message)).collect()
}

/// Waits until an SMSC is bound to.
async fn bound(telco: &Smsc) {
    telco.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();
}

// G-1
#[tokio::test]
async fn a_text_in_national_tables_is_read_by_the_handsets_of_either() {
    let addresses = [free_address(), free_address()];
    let gateway = between([(addresses[0], "national = [\"turkish\"]"), (addresses[1], "")]).await;
    let bank = gateway.caller("bank");
    let mut flash = said(TURKISH);
    (flash["flash"], flash["ports"]) = (true.into(), json!({ "destination": 16000, "source": 7 }));
    let mut ids = Vec::new();
    for message in [said(TURKISH), said("plain"), flash.clone()] {
        let (id, segments) = accepted(&bank, message).await;
        assert_eq!(segments, 1);
        ids.push(id);
    }

    let second = centre_at(addresses[1]).await;
    let handset = second.handset(ANI);

    for text in ["plain", TURKISH, TURKISH] {
        assert_eq!(handset.next_message(SOON).await.unwrap().text, text);
    }
    let parts = Element::CONCATENATION_8;
    let ports = Element::PORTS_16;
    let expected = [
        (0, vec![]),
        (8, vec![parts]),
        (8, vec![parts]),
        (0x18, vec![parts, ports]),
        (0x18, vec![parts, ports]),
    ];
    let mut arrived = forms(&second);
    arrived.iter_mut().for_each(|(_, elements)| elements.sort_unstable());
    assert_eq!(arrived, expected);
    for (id, segments) in ids.iter().zip([2, 1, 2]) {
        let record = gateway.record_when(id, |record| record.state == State::Delivered).await;
        assert_eq!((record.segments, record.target.as_str()), (segments, "second"));
        let to_second = Event::Redirected { to: "second".into() };
        assert!(record.history.iter().any(|step| step.event == to_second));
    }

    let first = centre_at(addresses[0]).await;
    let handset = first.handset(ANI);
    bound(&first).await;
    until("the first takes it", async || {
        accepted(&bank, flash.clone()).await;
        !first.submits().is_empty()
    })
    .await;
    assert_eq!(handset.next_message(SOON).await.unwrap().text, TURKISH);
    assert_eq!(forms(&first)[0], (0xF0, vec![ports, Element::LOCKING_SHIFT]));
}

// G-1 O-6
#[tokio::test]
async fn a_text_that_took_the_place_of_another_is_read_at_the_other_smsc_too() {
    let addresses = [free_address(), free_address()];
    let gateway = between([(addresses[0], "national = [\"turkish\"]"), (addresses[1], "")]).await;
    let bank = gateway.caller("bank");
    let (id, _) = accepted(&bank, said("first")).await;
    let (national, _) = accepted(&bank, said(TURKISH)).await;

    let answer = bank.patch(&id, json!({ "text": TURKISH })).await;
    assert_eq!((answer.status, answer.body["segments"].as_u64()), (200, Some(1)));
    assert_eq!(bank.patch(&national, json!({ "text": "second" })).await.status, 200);
    let second = centre_at(addresses[1]).await;

    let handset = second.handset(ANI);
    let mut texts =
        [handset.next_message(SOON).await.unwrap().text, handset.next_message(SOON).await.unwrap().text];
    texts.sort_unstable();
    assert_eq!(texts, ["second", TURKISH]);
    assert_eq!(gateway.record_when(&id, |record| record.state == State::Delivered).await.segments, 2);
}

#[tokio::test]
async fn what_was_tried_keeps_its_form_and_waits_for_who_reads_it() {
    let addresses = [free_address(), free_address()];
    let busy = Faults { status: Some((Every::nth(1), CommandStatus::SYSERR)), ..Faults::default() };
    let config = SmscConfig { listen: addresses[0], faults: busy, ..SmscConfig::default() };
    let first = Smsc::start(config).await.unwrap();
    let second = centre_at(addresses[1]).await;
    let gateway = between([(addresses[0], "national = [\"turkish\"]"), (addresses[1], "")]).await;
    let bank = gateway.caller("bank");
    bound(&first).await;
    bound(&second).await;
    let was_tried = |record: &store::Record| {
        record.history.iter().any(|step| matches!(step.event, Event::Retried { .. }))
    };
    let (national, _) = accepted(&bank, said(TURKISH)).await;
    let (plain, _) = accepted(&bank, said("plain")).await;
    for id in [&national, &plain] {
        gateway.record_when(id, was_tried).await;
    }

    first.stop().await;

    assert_eq!(second.texts_when(1).await, ["plain"]);
    assert_eq!(gateway.record(&national).await.target.as_str(), "first");
    let first = centre_at(addresses[0]).await;
    assert_eq!(first.handset(ANI).next_message(SOON).await.unwrap().text, TURKISH);
    assert_eq!(forms(&first), [(0, vec![Element::LOCKING_SHIFT])]);
    gateway.settled().await;
    assert_eq!(second.texts(), ["plain"]);
}

// N-1
#[tokio::test]
async fn what_was_to_go_whole_is_split_for_who_does_not_take_it_so() {
    let addresses = [free_address(), free_address()];
    let gateway = between([(addresses[0], "long_messages = \"message_payload\""), (addresses[1], "")]).await;
    let long = "0123456789".repeat(40);
    let (by_http, segments) = accepted(&gateway.caller("bank"), said(&long)).await;
    assert_eq!(segments, 1);
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut whole = message(ANI, "BANK", "");
    whole.tlvs.push(TlvTag::MESSAGE_PAYLOAD, long.as_bytes()).unwrap();
    let answer = bank.ask(Body::SubmitSm(whole)).await;
    assert!(answer.status.is_ok());

    let second = centre_at(addresses[1]).await;

    let handset = second.handset(ANI);
    for _ in 0..2 {
        assert_eq!(handset.next_message(SOON).await.unwrap().text, long);
    }
    assert_eq!(second.stats().submits, 6);
    assert_eq!(gateway.record_when(&by_http, |record| record.state == State::Delivered).await.segments, 3);
}

// C-3
#[tokio::test]
async fn what_the_other_smsc_has_no_alphabet_for_goes_in_one_coding() {
    let addresses = [free_address(), free_address()];
    let gateway = between([(addresses[0], ""), (addresses[1], "profile = \"latin-1-default\"")]).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut submit = async |data_coding, body: &[u8]| {
        let mut pdu = message(ANI, "BANK", "");
        pdu.data_coding = data_coding;
        pdu.tlvs.push(TlvTag::MESSAGE_PAYLOAD, body).unwrap();
        let answer = bank.ask(Body::SubmitSm(pdu)).await;
        assert!(answer.status.is_ok());
    };
    submit(0, &[0x10; 300]).await;
    submit(0, &[0x10; 100]).await;
    submit(0, &[0x10; 70]).await;
    submit(0, &[b'a'; 300]).await;
    let (by_http, segments) = accepted(&gateway.caller("bank"), said(&"Δ".repeat(200))).await;
    assert_eq!(segments, 2);

    let second = centre_at(addresses[1]).await;

    let handset = second.handset(ANI);
    let mut texts = Vec::new();
    for _ in 0..5 {
        texts.push(handset.next_message(SOON).await.unwrap().text);
    }
    texts.sort_unstable_by_key(|text| (text.starts_with('Δ'), text.len()));
    let expected = [("a", 300), ("Δ", 70), ("Δ", 100), ("Δ", 200), ("Δ", 300)];
    assert_eq!(texts, expected.map(|(letter, count)| letter.repeat(count)));
    assert_eq!(forms(&second).iter().filter(|(data_coding, _)| *data_coding == 0).count(), 2);
    assert_eq!(gateway.record_when(&by_http, |record| record.state == State::Delivered).await.segments, 3);
}

// C-3, O-6
#[tokio::test]
async fn what_was_rewritten_for_its_smsc_is_replaced_in_the_words_of_its_sender() {
    let address = free_address();
    let gateway = TestGateway::with([
        smsc("first", address, "profile = \"latin-1-default\""),
        account("bank", ""),
        route("to = [\"first\"]"),
    ])
    .await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut pdu = message(ANI, "BANK", "");
    pdu.short_message = vec![0x10; 100].into();
    let answer = bank.ask(Body::SubmitSm(pdu)).await;
    let Body::SubmitSmResp(response) = answer.body else { panic!("a response") };
    let replacement = smpp::ReplaceSm {
        message_id: smpp::CString::clipped(&response.message_id),
        source: message(ANI, "BANK", "").source,
        short_message: Bytes::from_static(b"plain"),
        ..smpp::ReplaceSm::default()
    };
    assert!(bank.ask(Body::ReplaceSm(replacement)).await.status.is_ok());

    let first = centre_at(address).await;

    assert_eq!(first.handset(ANI).next_message(SOON).await.unwrap().text, "plain");
    assert_eq!(forms(&first), [(0, vec![])]);
}
