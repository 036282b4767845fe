//! An SMSC calls, and is bound to on its own connection.

use simulator::{Credentials, SmscConfig};
use smpp::{BindMode, Body, CString, Outbind};
use sms::State;
use tokio::net::TcpSocket;

use super::from_ani;
use crate::harness::{ANI, Listeners, SOON, TestGateway, Wire, account, centre_with, route, smsc, until};

const OUTBIND: &str =
    "connect = false\noutbind = { system_id = \"telco\", password = \"callme\", from = [\"127.0.0.0/8\"] }";

fn credentials(password: &str) -> Credentials {
    Credentials { system_id: "telco".to_owned(), password: password.to_owned() }
}

async fn gateway_with(telco: &simulator::Smsc, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), more),
        account("bank", ""),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
        route("to = [\"telco\"]"),
    ])
    .await
}

#[tokio::test]
async fn traffic_goes_both_ways_after_an_outbind() {
    // M-6, R-1
    let telco = centre_with(SmscConfig::default()).await;
    let gateway = gateway_with(&telco, OUTBIND).await;
    let bank = gateway.bind("bank").await;
    let id = bank.submit(ANI, "BANK", "waits", true).await.unwrap();
    assert_eq!((telco.stats().binds, gateway.waiting("telco").await), (0, 1));

    telco.outbind(gateway.gateway().outbind_address().unwrap(), &credentials("callme")).await.unwrap();

    let receipt = bank.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id, receipt.state), (id, Some(State::Delivered)));
    telco.deliver(from_ani(0, b"hello")).await.unwrap();
    assert_eq!(bank.next_mo(SOON).await.unwrap().text, "hello");
    assert_eq!(telco.binds()[0].mode, BindMode::Transceiver);
    assert!(gateway.stop().await.graceful);
}

#[tokio::test]
async fn a_transmitter_is_called_to_receive() {
    let telco = centre_with(SmscConfig::default()).await;
    let gateway = gateway_with(&telco, &format!("bind = \"transmitter\"\n{}", &OUTBIND[16..])).await;
    let bank = gateway.bind("bank").await;
    telco.stats_when(SOON, |stats| stats.binds == 1).await.unwrap();
    telco.outbind(gateway.gateway().outbind_address().unwrap(), &credentials("callme")).await.unwrap();
    telco.deliver(from_ani(0, b"hello")).await.unwrap();
    assert_eq!(bank.next_mo(SOON).await.unwrap().text, "hello");
    let modes: Vec<_> = telco.binds().iter().map(|bind| bind.mode).collect();
    assert_eq!(modes, [BindMode::Transmitter, BindMode::Receiver]);
}

#[tokio::test]
async fn whoever_is_not_known_is_hung_up_on() {
    // S-4
    let telco = centre_with(SmscConfig::default()).await;
    let gateway = gateway_with(&telco, OUTBIND).await;
    let elsewhere = OUTBIND.replace("127.0.0.0/8", "192.0.2.0/24");
    let other = gateway_with(&telco, &elsewhere).await;
    for (gateway, password) in [(&gateway, "guess"), (&other, "callme")] {
        let address = gateway.gateway().outbind_address().unwrap();
        telco.outbind(address, &credentials(password)).await.unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // A TLS hello is no outbind either: F-2.
        tokio::io::AsyncWriteExt::write_all(&mut stream, &[0x16, 3, 1, 2, 0]).await.unwrap();
        until("hung up on", async || {
            tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 16]).await.is_ok_and(|octets| octets == 0)
        })
        .await;
    }
    assert_eq!(telco.stats().binds, 0);
}

const FROM_ANYWHERE: &str = "connect = false\noutbind = { system_id = \"telco\", password = \"callme\" }";
const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

/// A connection to where SMSCs call, from this address of this machine.
async fn connect(gateway: &TestGateway, from: [u8; 4]) -> Wire {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    Wire::over(socket.connect(gateway.gateway().outbind_address().unwrap()).await.unwrap())
}

async fn call(gateway: &TestGateway, from: [u8; 4], password: &str) -> Wire {
    let mut wire = connect(gateway, from).await;
    let (system_id, password) = (CString::clipped(b"telco"), CString::clipped(password.as_bytes()));
    wire.send(Body::Outbind(Outbind { system_id, password })).await;
    wire
}

async fn is_bound_to(wire: &mut Wire) -> bool {
    matches!(wire.request().await.body, Body::Bind(_))
}

#[tokio::test]
async fn who_guesses_is_not_heard_any_more_and_keeps_out_nobody_elsewhere() {
    // S-9
    let telco = centre_with(SmscConfig::default()).await;
    let gateway = gateway_with(&telco, FROM_ANYWHERE).await;
    for _ in 0..30 {
        call(&gateway, HERE, "guess").await.over_when().await;
    }
    call(&gateway, HERE, "callme").await.over_when().await;
    assert!(is_bound_to(&mut call(&gateway, ELSEWHERE, "callme").await).await);
}

#[tokio::test]
async fn an_smsc_calls_for_no_more_sessions_than_it_is_to_have() {
    let telco = centre_with(SmscConfig::default()).await;
    let gateway = gateway_with(&telco, OUTBIND).await;
    let mut both = [call(&gateway, HERE, "callme").await, call(&gateway, HERE, "callme").await];
    for wire in &mut both {
        assert!(is_bound_to(wire).await);
    }
    call(&gateway, HERE, "callme").await.over_when().await;
}

#[tokio::test]
async fn an_address_gets_no_more_than_its_share_of_connections_until_it_calls() {
    // M-1: ABU-2
    let telco = centre_with(SmscConfig::default()).await;
    let listeners = Listeners { smpp: "unbound_per_address_max = 2".to_owned(), ..Listeners::default() };
    let gateway = TestGateway::listening(listeners, [smsc("telco", telco.address(), OUTBIND)]).await;
    let _silent = [connect(&gateway, HERE).await, connect(&gateway, HERE).await];
    connect(&gateway, HERE).await.over_when().await;
    assert!(is_bound_to(&mut call(&gateway, ELSEWHERE, "callme").await).await);
}
