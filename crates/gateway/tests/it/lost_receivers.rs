//! An ESME that goes away while it is told something is told again.

use std::collections::BTreeSet;

use bytes::BytesMut;
use smpp::{Bind, BindMode, Body, CString, CommandStatus, Pdu, VERSION_3_4};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{ANI, PASSWORD, SOON, TestGateway, account, centre, route, smsc, until};

/// An ESME that binds as receiver and then neither reads nor answers.
async fn deaf_receiver(gateway: &TestGateway) -> TcpStream {
    let bind = Bind {
        mode: BindMode::Receiver,
        system_id: CString::clipped(b"bank"),
        password: CString::clipped(PASSWORD.as_bytes()),
        interface_version: VERSION_3_4,
        ..Bind::default()
    };
    let mut request = BytesMut::new();
    Pdu { status: CommandStatus::OK, sequence: 1, body: Body::Bind(bind) }.encode(&mut request).unwrap();
    let mut stream = TcpStream::connect(gateway.smpp_address()).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut header = [0; 16];
    tokio::time::timeout(SOON, stream.read_exact(&mut header)).await.unwrap().unwrap();
    assert_eq!(header[4..12], [0x80, 0, 0, 1, 0, 0, 0, 0], "bind_receiver_resp, ESME_ROK");
    stream
}

#[tokio::test]
async fn receipts_that_were_not_confirmed_come_again() {
    // S-8
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let deaf = deaf_receiver(&gateway).await;
    let submitter = gateway.bind_as("bank", BindMode::Transmitter).await;
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        ids.insert(submitter.submit(ANI, "BANK", "hello", true).await.unwrap());
    }
    telco.stats_when(SOON, |stats| stats.receipts_acknowledged == 20).await.unwrap();
    until("all is sent to the one that is deaf", async || gateway.waiting("bank").await == 0).await;
    assert_eq!(gateway.status().await.live_messages, 20);

    drop(deaf);

    let back = gateway.bind_as("bank", BindMode::Receiver).await;
    let mut told = BTreeSet::new();
    for _ in 0..20 {
        told.insert(back.next_receipt(SOON).await.unwrap().message_id);
    }
    assert_eq!(told, ids);
    assert_eq!(gateway.settled().await.possible_duplicates_total, 20);
}
