//! FLT-5: the link to an SMSC is cut, goes silent, is reset.

use std::time::{Duration, Instant};

use simulator::{EsmeConfig, Load, Smsc, address};
use smpp::{Body, CString, CommandStatus, Pdu, ShortMessage};
use sms::State;
use tokio::net::TcpListener;

use crate::checker::{History, assert_idle, records};
use crate::harness::{
    ANI, PASSWORD, SOON, TestGateway, Texts, account, centre, centre_at, free_address, route, smsc, until,
};
use crate::proxy::{Mode, Proxy};
use crate::wire::Line;

/// Two SMSCs: `telco`, by way of `proxy`, for numbers that begin with 62, and `other` for the others.
async fn gateway_to(telco: String, other: &Smsc) -> TestGateway {
    TestGateway::with([
        telco,
        smsc("other", other.address(), ""),
        account("bank", ""),
        account("shop", ""),
        route("match = { prefix = \"62\" }\nto = [\"telco\"]"),
        route("to = [\"other\"]"),
    ])
    .await
}

/// A message of somebody else to the other SMSC goes there and back.
async fn other_route_works(gateway: &TestGateway) {
    let shop = gateway.bind("shop").await;
    let since = Instant::now();
    let id = shop.submit("46700000001", "SHOP", "hello", true).await.unwrap();
    let receipt = shop.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Delivered)));
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    shop.unbind().await;
}

fn load(gateway: &TestGateway, messages: u64) -> Load {
    let esme = EsmeConfig { window: 20, ..EsmeConfig::at(gateway.smpp_address(), "bank", PASSWORD) };
    Load { messages, body_octets: 60, ..Load::new(esme) }
}

// INV-1
#[tokio::test]
async fn flt_5_what_crosses_the_unbind_of_the_smsc_goes_to_its_next_session() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let telco = smsc("telco", listener.local_addr().unwrap(), "");
    let gateway = TestGateway::with([telco, account("bank", ""), route("to = [\"telco\"]")]).await;
    let bank = gateway.bind("bank").await;
    let mut leaving = Line::bound_by_gateway(&listener).await;
    let id = bank.submit(ANI, "BANK", "crosses", false).await.unwrap();
    let (sequence, _) = leaving.submits(1).await.remove(0);

    leaving.say(1, Body::Unbind).await;
    leaving.refuse(sequence, CommandStatus::INVBNDSTS).await;
    let Pdu { body: Body::UnbindResp, .. } = leaving.next().await else { panic!("no unbind_resp") };
    drop(leaving);

    let mut next = Line::bound_by_gateway(&listener).await;
    let submits = next.submits(1).await;
    assert_eq!(submits[0].1, "crosses");
    next.answer(submits[0].0, "1").await;
    gateway.record_when(&id, |record| record.state == State::HandedOver).await;
}

// INV-1, INV-3, INV-4, INV-11
#[tokio::test]
async fn flt_5_cut_in_the_middle_of_traffic() {
    let (telco, other) = (centre().await, centre().await);
    let gateway = gateway_to(smsc("telco", telco.address(), ""), &other).await;
    let load = load(&gateway, 3000).start().unwrap();
    for cut in 1..=3 {
        until("a share has arrived", async || telco.stats().accepted >= cut * 700).await;
        telco.cut();
    }

    let report = load.finish().await;

    assert_eq!((report.accepted, report.receipts_twice), (3000, 0));
    assert!(telco.stats().binds >= 4);
    assert_idle(&gateway.settled().await);
    History::new(report, &telco, records(gateway.gateway().store(), "bank").await).check();
}

// INV-1, INV-4, INV-11, M-2
#[tokio::test]
async fn flt_5_a_black_hole_is_noticed_in_time_and_the_others_go_on() {
    let (telco, other) = (centre().await, centre().await);
    let proxy = Proxy::to(telco.address(), Mode::Forward).await;
    let link = smsc("telco", proxy.address(), "enquire_link_s = 1\nresponse_timeout_s = 60");
    let gateway = gateway_to(link, &other).await;
    telco.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();
    let load = load(&gateway, 1000).start().unwrap();
    until("some have arrived", async || telco.stats().accepted >= 200).await;

    proxy.set(Mode::Hold);

    let since = Instant::now();
    other_route_works(&gateway).await;
    until("it is noticed", async || proxy.connects().len() > 1).await;
    assert!(since.elapsed() < NOTICED_MAX, "{:?}", since.elapsed());
    proxy.set(Mode::Forward);
    let report = load.finish().await;
    assert_eq!((report.accepted, report.receipts_twice), (1000, 0));
    let status = gateway.settled().await;
    assert_idle(&status);
    assert!(status.possible_duplicates_total <= 10, "a window of 10 was in flight: {status:?}");
    History::new(report, &telco, records(gateway.gateway().store(), "bank").await).check();
}

// M-6
#[tokio::test]
async fn flt_5_resets_are_not_answered_by_a_storm() {
    let (telco, other) = (centre().await, centre().await);
    let proxy = Proxy::to(telco.address(), Mode::Reset).await;
    let slowly = smsc("telco", proxy.address(), "").replace("reconnect_max_s = 1", "reconnect_max_s = 60");
    let gateway = gateway_to(slowly, &other).await;
    let bank = gateway.bind("bank").await;
    bank.submit(ANI, "BANK", "hello", true).await.unwrap();

    other_route_works(&gateway).await;
    until("it was tried four times", async || proxy.connects().len() >= 4).await;

    let connects = proxy.connects();
    let waits: Vec<Duration> = connects.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, least) in waits.iter().zip([500, 1000, 2000]) {
        assert!(*wait >= Duration::from_millis(least), "{waits:?}");
    }
    proxy.set(Mode::Forward);
    assert_eq!(telco.texts_when(1).await, ["hello"]);
    assert_eq!(bank.next_receipt(SOON).await.unwrap().state, Some(State::Delivered));
    assert_idle(&gateway.settled().await);
}

// INV-10
#[tokio::test]
async fn flt_5_what_expires_while_the_link_is_away_never_leaves() {
    let (address, other) = (free_address(), centre().await);
    let gateway = gateway_to(smsc("telco", address, ""), &other).await;
    let bank = gateway.bind("bank").await;
    let mut ids = Vec::new();
    for text in ["stale", "fresh"] {
        let validity: &[u8] = if text == "stale" { b"000000000001000R" } else { b"" };
        ids.push(bank.submit_pdu(to_ani(text, validity)).await.unwrap());
    }
    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((&receipt.message_id, receipt.state), (&ids[0], Some(State::Expired)));

    let telco = centre_at(address).await;

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((&receipt.message_id, receipt.state), (&ids[1], Some(State::Delivered)));
    assert_idle(&gateway.settled().await);
    assert_eq!(telco.texts(), ["fresh"]);
}

fn to_ani(text: &'static str, validity: &[u8]) -> ShortMessage {
    ShortMessage {
        source: address("BANK").unwrap(),
        destination: address(ANI).unwrap(),
        registered_delivery: 1,
        validity_period: CString::clipped(validity),
        short_message: text.into(),
        ..ShortMessage::default()
    }
}

/// enquire_link after 1.1 s of silence at most, 10 s for its answer, and a second until the next attempt;
/// the rest is for a slow machine.
const NOTICED_MAX: Duration = Duration::from_secs(16);
