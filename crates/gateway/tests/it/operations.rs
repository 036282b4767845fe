//! What an ESME can ask for beside submit_sm.

use simulator::{Fates, Smsc, SmscConfig};
use smpp::{
    Body, BroadcastSm, CString, CommandId, CommandStatus, DataSm, Destination, Destinations, LongAddress,
    Pdu, QuerySm, QuerySmResp, ShortMessage, SubmitMulti, SubmitMultiResp, TlvTag, Tlvs, VERSION_3_3,
    VERSION_3_4, VERSION_5_0,
};
use sms::State;

use crate::harness::{
    ANI, SOON, TestGateway, Wire, account, centre, centre_with, message, route, smsc, until,
};

async fn bank_and(centre: &Smsc, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", centre.address(), ""),
        account("bank", more),
        account("shop", ""),
        route("match = { destination = \"9999\" }\nto = [\"shop\"]"),
        route("to = [\"telco\"]"),
    ])
    .await
}

fn multi(destinations: &[&str]) -> SubmitMulti {
    let address = |to: &&str| Destination::Address(simulator::address(to).unwrap());
    let destinations: Vec<_> = destinations.iter().map(address).collect();
    let message = ShortMessage { destination: smpp::Address::default(), ..message(ANI, "BANK", "to all") };
    SubmitMulti { message, destinations: Destinations::of(&destinations).unwrap() }
}

async fn submit_multi(wire: &mut Wire, pdu: SubmitMulti) -> SubmitMultiResp {
    match wire.ask(Body::SubmitMulti(pdu)).await {
        Pdu { status: CommandStatus::OK, body: Body::SubmitMultiResp(response), .. } => response,
        other => panic!("{other:?}"),
    }
}

fn query_of(id: &str, source: &str) -> Body {
    let source =
        if source.is_empty() { smpp::Address::default() } else { simulator::address(source).unwrap() };
    Body::QuerySm(QuerySm { message_id: CString::clipped(id.as_bytes()), source, ..QuerySm::default() })
}

async fn query(wire: &mut Wire, id: &str) -> QuerySmResp {
    match wire.ask(query_of(id, "BANK")).await {
        Pdu { status: CommandStatus::OK, body: Body::QuerySmResp(response), .. } => response,
        other => panic!("{other:?}"),
    }
}

async fn state_when(wire: &mut Wire, id: &str, wanted: State) -> QuerySmResp {
    let mut last = query(wire, id).await;
    until("the state", async || {
        last = query(wire, id).await;
        last.message_state == wanted as u8
    })
    .await;
    last
}

#[tokio::test]
async fn a_message_to_three_has_one_id_and_three_receipts() {
    // O-3, X-13
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let numbers = ["628111000001", "628111000002", "628111000003"];

    let response = submit_multi(&mut bank, multi(&numbers)).await;

    assert!(response.failed.is_empty());
    let mut told = Vec::new();
    for _ in numbers {
        let receipt = bank.delivered().await;
        assert_eq!(receipt.tlvs.receipted_message_id(), Some(&response.message_id[..]));
        let text = String::from_utf8(receipt.short_message.to_vec()).unwrap();
        assert!(text.starts_with(&format!("id:{} ", response.message_id)), "{text}");
        told.push(receipt.source.value.to_string());
    }
    told.sort_unstable();
    assert_eq!(told, numbers);
    gateway.settled().await;
}

#[tokio::test]
async fn the_bad_destinations_are_listed_with_their_code() {
    // O-3, X-13
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut pdu = multi(&["628111000001", "628111000002", "628111000003"]);
    let mut destinations: Vec<_> = pdu.destinations.iter().collect();
    let Destination::Address(address) = &mut destinations[1] else { panic!() };
    address.ton = 9;
    pdu.destinations = Destinations::of(&destinations).unwrap();

    let response = submit_multi(&mut bank, pdu).await;

    let failed: Vec<_> = response.failed.iter().collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].status, CommandStatus::INVDSTTON);
    assert_eq!(&failed[0].address.value[..], b"628111000002");
    assert_eq!(telco.submits_when(2, SOON).await.unwrap().len(), 2);
    let none = multi(&["letters", "and letters"]);
    assert_eq!(bank.status_of(Body::SubmitMulti(none)).await, CommandStatus::INVDSTADR);
}

#[tokio::test]
async fn the_number_of_destinations_has_bounds() {
    //
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut old = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut new = Wire::bind(&gateway, "bank", VERSION_5_0).await;
    let numbers: Vec<String> = (0..255).map(|number| format!("628111000{number:03}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let status = async |wire: &mut Wire, count: usize| {
        wire.status_of(Body::SubmitMulti(multi(&numbers[..count]))).await
    };
    assert_eq!(status(&mut old, 0).await, CommandStatus::INVNUMDESTS);
    assert_eq!(status(&mut old, 255).await, CommandStatus::INVNUMDESTS);
    assert_eq!(status(&mut old, 254).await, CommandStatus::OK);
    assert_eq!(status(&mut new, 255).await, CommandStatus::OK);
    let list = Destination::DistributionList(CString::clipped(b"staff"));
    let pdu = SubmitMulti { destinations: Destinations::of(&[list]).unwrap(), ..multi(&[ANI]) };
    assert_eq!(new.status_of(Body::SubmitMulti(pdu)).await, CommandStatus::CNTSUBDL);
    telco.submits_when(509, SOON).await.unwrap();
}

#[tokio::test]
async fn a_query_of_a_message_to_several_tells_of_all() {
    // O-3, O-4
    let fates = Fates { by_suffix: vec![("2".to_owned(), State::Undeliverable)], percent: Vec::new() };
    let telco = centre_with(SmscConfig { fates, ..SmscConfig::default() }).await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;

    let good = submit_multi(&mut bank, multi(&["628111", "628113"])).await.message_id.to_string();
    let mixed = submit_multi(&mut bank, multi(&["628111", "628112", "628113"])).await.message_id.to_string();

    assert!(!state_when(&mut bank, &good, State::Delivered).await.final_date.is_empty());
    let response = state_when(&mut bank, &mixed, State::Undeliverable).await;
    assert_eq!(response.message_id.to_string(), mixed);
    assert_eq!(response.final_date.len(), 16);
    assert!(response.final_date.ends_with(b"00+"), "an absolute time in UTC");
}

#[tokio::test]
async fn a_query_tells_of_what_is_under_way_and_of_what_ended() {
    // O-4, X-14
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let scheduled = ShortMessage {
        schedule_delivery_time: CString::clipped(b"000000010000000R"),
        ..message(ANI, "BANK", "later")
    };
    let waiting = bank.submit(scheduled).await;
    let under_way = query(&mut bank, &waiting).await;
    assert_eq!((under_way.message_state, under_way.final_date.is_empty()), (1, true));
    assert_eq!(under_way.message_id.to_string(), waiting);
    let mut newer = Wire::bind(&gateway, "bank", VERSION_5_0).await;
    let under_way = query(&mut newer, &waiting).await;
    assert_eq!((under_way.message_state, under_way.final_date.is_empty()), (0, true), "scheduled is of 5.0");
    drop(newer);

    let id = bank.submit(message(ANI, "BANK", "hello")).await;
    bank.delivered().await;
    let ended = state_when(&mut bank, &id, State::Delivered).await;
    assert_eq!((ended.message_state, ended.error_code), (2, 0));
    let record = gateway.record(&id).await;
    let final_date = sms::format_smpp_time(record.final_at.unwrap());
    assert_eq!(&ended.final_date[..], final_date.as_bytes());
}

#[tokio::test]
async fn what_nobody_asked_a_receipt_for_stays_under_way_to_a_query() {
    // O-4: handed over, and no more is known.
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let id = bank.submit(ShortMessage { registered_delivery: 0, ..message(ANI, "BANK", "hello") }).await;
    gateway.record_when(&id, |record| record.state == State::HandedOver).await;
    let response = query(&mut bank, &id).await;
    assert_eq!((response.message_state, response.final_date.is_empty()), (1, true));
}

#[tokio::test]
async fn other_accounts_messages_are_as_unknown_as_any() {
    // O-4, X-14
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "hello")).await;
    let mut took = Vec::new();
    for (named, source) in
        [(&id[..], "BANK"), (&"ab".repeat(16), "BANK"), ("12345678", "BANK"), ("what", "BANK")]
    {
        let since = std::time::Instant::now();
        let Pdu { status, body, .. } = shop.ask(query_of(named, source)).await;
        assert_eq!(
            (status, body.command_id()),
            (CommandStatus::INVMSGID, CommandId::QUERY_SM_RESP),
            "{named}"
        );
        took.push(since.elapsed());
    }
    assert!(took.iter().all(|took| took.as_millis() >= 50), "none is told sooner: {took:?}");
    assert_eq!(bank.status_of(query_of(&id, "OTHER")).await, CommandStatus::INVMSGID);
    assert_eq!(bank.status_of(query_of(&id, "")).await, CommandStatus::INVMSGID);
    assert_eq!(bank.status_of(query_of(&id, "BANK")).await, CommandStatus::OK);
}

#[tokio::test]
async fn short_ids_are_asked_for_by_their_digits() {
    // V-1, O-4
    let telco = centre().await;
    let gateway = bank_and(&telco, "sources = [\"BANK\"]").await;
    let mut bank = Wire::bind_as(&gateway, "bank", VERSION_3_3, smpp::BindMode::Transmitter).await;
    let id =
        bank.submit(ShortMessage { source: smpp::Address::default(), ..message(ANI, "X", "hello") }).await;
    let response = state_when(&mut bank, &id, State::Delivered).await;
    assert_eq!(response.message_id.to_string(), id);
    assert_eq!(
        bank.status_of(query_of(&id, "")).await,
        CommandStatus::OK,
        "its only source need not be named"
    );
    let all = submit_multi(&mut bank, multi(&["628111", "628112"])).await.message_id.to_string();
    assert_eq!(all.len(), 8);
    state_when(&mut bank, &all, State::Delivered).await;
}

fn data(payload: Option<&[u8]>) -> DataSm {
    let mut tlvs = Tlvs::new();
    if let Some(payload) = payload {
        tlvs.push(TlvTag::MESSAGE_PAYLOAD, payload).unwrap();
    }
    let address = |ton, npi, value: &[u8]| LongAddress::new(ton, npi, value).unwrap();
    DataSm {
        source: address(5, 0, b"BANK"),
        destination: address(1, 1, ANI.as_bytes()),
        registered_delivery: 1,
        tlvs,
        ..DataSm::default()
    }
}

#[tokio::test]
async fn a_data_sm_is_carried_as_a_submit_sm() {
    // O-7
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut pdu = data(Some(b"hello"));
    pdu.tlvs.push(TlvTag::QOS_TIME_TO_LIVE, &3600_u32.to_be_bytes()).unwrap();
    pdu.tlvs.push(TlvTag(0x1400), b"entity").unwrap();

    let answer = bank.ask(Body::DataSm(pdu)).await;

    let Body::DataSmResp(response) = answer.body else { panic!("{answer:?}") };
    let submits = telco.submits_when(1, SOON).await.unwrap();
    let submit = &submits[0].message;
    assert_eq!(&submit.short_message[..], b"hello");
    assert_eq!(submit.tlvs, Tlvs::of(&[(TlvTag(0x1400), b"entity")]).unwrap());
    let receipt = bank.delivered().await;
    assert_eq!(receipt.tlvs.receipted_message_id(), Some(&response.message_id[..]));
    let record = gateway.record(&response.message_id.to_string()).await;
    let expiry = sms::format_smpp_time(record.accepted_at.plus(std::time::Duration::from_secs(3600)));
    assert_eq!(&submit.validity_period[..], expiry.as_bytes());
}

#[tokio::test]
async fn a_data_sm_is_refused_by_name() {
    // O-7, B-1
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let cases = [
        (data(None), CommandStatus::MISSINGOPTPARAM),
        (DataSm { esm_class: 1, ..data(Some(b"x")) }, CommandStatus::INVESMCLASS),
        (DataSm { esm_class: 2, ..data(Some(b"x")) }, CommandStatus::INVESMCLASS),
        (
            DataSm { destination: LongAddress::new(1, 1, &[b'1'; 21]).unwrap(), ..data(Some(b"x")) },
            CommandStatus::INVDSTADR,
        ),
        (
            DataSm { source: LongAddress::new(1, 1, &[b'1'; 21]).unwrap(), ..data(Some(b"x")) },
            CommandStatus::INVSRCADR,
        ),
    ];
    for (pdu, wanted) in cases {
        let answer = bank.ask(Body::DataSm(pdu.clone())).await;
        assert_eq!((answer.status, answer.body.command_id()), (wanted, CommandId::DATA_SM_RESP), "{pdu:?}");
    }
}

#[tokio::test]
async fn broadcasts_are_refused() {
    // O-7, V-6
    let gateway = TestGateway::with([account("bank", "")]).await;
    let mut new = Wire::bind(&gateway, "bank", VERSION_5_0).await;
    let mut old = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut broadcast = BroadcastSm::default();
    for (tag, value) in [
        (TlvTag::BROADCAST_AREA_IDENTIFIER, &[0, b'x'][..]),
        (TlvTag::BROADCAST_CONTENT_TYPE, &[0, 0, 1]),
        (TlvTag::BROADCAST_REP_NUM, &[0, 1]),
        (TlvTag::BROADCAST_FREQUENCY_INTERVAL, &[8, 0, 1]),
    ] {
        broadcast.tlvs.push(tag, value).unwrap();
    }
    let answer = new.ask(Body::BroadcastSm(broadcast.clone())).await;
    assert_eq!(
        (answer.status, answer.body.command_id()),
        (CommandStatus::PROHIBITED, CommandId::BROADCAST_SM_RESP)
    );
    let answer = old.ask(Body::BroadcastSm(broadcast)).await;
    assert_eq!((answer.status, answer.body), (CommandStatus::INVCMDID, Body::GenericNack));
}

/// A message that waits until tomorrow.
fn tomorrow(to: &str, text: &str, replace_if_present: u8) -> Body {
    let schedule_delivery_time = CString::clipped(b"000001000000000R");
    Body::SubmitSm(ShortMessage { schedule_delivery_time, replace_if_present, ..message(to, "BANK", text) })
}

async fn id_of(wire: &mut Wire, sequence: u32) -> String {
    match wire.response(sequence).await {
        Pdu { status: CommandStatus::OK, body: Body::SubmitSmResp(response), .. } => {
            response.message_id.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_replaced_may_be_unanswered() {
    // B-4
    let telco = centre().await;
    let gateway = bank_and(&telco, "window = 100").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let numbers: Vec<_> = (0..10).map(|number| format!("62811100{number}")).collect();
    let mut asked = Vec::new();
    for to in &numbers {
        for (text, replaces) in [("one", 0), ("two", 1), ("three", 1), ("four", 0)] {
            asked.push(bank.send(tomorrow(to, text, replaces)).await);
        }
    }
    let mut ids = Vec::new();
    for sequence in asked {
        ids.push(id_of(&mut bank, sequence).await);
    }
    for ids in ids.chunks(4) {
        let mut states = Vec::new();
        for id in ids {
            states.push(gateway.record(id).await.state);
        }
        assert_eq!(states, [State::Deleted, State::Deleted, State::Enroute, State::Enroute]);
    }
}

#[tokio::test]
async fn sessions_of_an_account_that_replace_at_a_time_leave_one() {
    // B-4
    let telco = centre().await;
    let gateway = bank_and(&telco, "window = 100").await;
    let mut wires = Vec::new();
    for _ in 0..3 {
        wires.push(Wire::bind(&gateway, "bank", VERSION_3_4).await);
    }
    let mut sequences = Vec::new();
    for wire in &mut wires {
        for _ in 0..10 {
            sequences.push(wire.send(tomorrow(ANI, "latest", 1)).await);
        }
    }
    let mut ids = Vec::new();
    for (wire, sequences) in wires.iter_mut().zip(sequences.chunks(10)) {
        for &sequence in sequences {
            ids.push(id_of(wire, sequence).await);
        }
    }
    let mut left = 0;
    for id in ids {
        left += usize::from(gateway.record(&id).await.state != State::Deleted);
    }
    assert_eq!(left, 1);
}

#[tokio::test]
async fn what_is_cancelled_may_be_unanswered() {
    // O-5
    let telco = centre().await;
    let gateway = bank_and(&telco, "").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    bank.send(tomorrow(ANI, "never mind", 0)).await;
    let cancel = smpp::CancelSm {
        source: simulator::address("BANK").unwrap(),
        destination: simulator::address(ANI).unwrap(),
        ..smpp::CancelSm::default()
    };
    assert_eq!(bank.status_of(Body::CancelSm(cancel)).await, CommandStatus::OK);
}
