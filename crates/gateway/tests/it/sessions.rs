//! What holds for any session of an ESME.

use std::time::{Duration, Instant};

use smpp::{Bind, BindMode, Body, CString, CommandStatus, VERSION_3_4};
use tokio::net::TcpListener;

use crate::harness::{
    ANI, PASSWORD, TestGateway, Wire, account, behind_played_smsc, centre, message, route, smsc,
};

#[tokio::test]
async fn an_address_range_is_a_hint_that_nobody_follows() {
    // S-10
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
    ])
    .await;
    for address_range in [&b"^((((a+)+)+)+$"[..], b"9999", b"[", b"*"] {
        let mut bank = Wire::connect(&gateway).await;
        let bind = Bind {
            mode: BindMode::Receiver,
            system_id: CString::clipped(b"bank"),
            password: CString::clipped(PASSWORD.as_bytes()),
            interface_version: VERSION_3_4,
            address_range: CString::clipped(address_range),
            ..Bind::default()
        };
        assert_eq!(bank.status_of(Body::Bind(bind)).await, CommandStatus::OK);
        telco.deliver(message("1234", ANI, "hello")).await.unwrap();
        assert_eq!(&bank.delivered().await.short_message[..], b"hello");
        assert_eq!(bank.status_of(Body::Unbind).await, CommandStatus::OK);
    }
}

#[tokio::test]
async fn reading_goes_on_whatever_is_too_much() {
    // W-3, X-15
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", "window = 5\nrate = 20"),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
    ])
    .await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    for _ in 0..200 {
        bank.send(Body::SubmitSm(message(ANI, "BANK", "hello"))).await;
    }
    assert_eq!(bank.status_of(Body::EnquireLink).await, CommandStatus::OK);
    let last = bank.send(Body::SubmitSm(message(ANI, "BANK", "hello"))).await;
    assert!(matches!(bank.response(last).await.status, CommandStatus::OK | CommandStatus::THROTTLED));
}

#[tokio::test]
async fn a_session_that_parts_keeps_nothing_from_the_others() {
    // S-8
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
    ])
    .await;
    let mut parting = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    telco.deliver(message("1234", ANI, "to the first")).await.unwrap();
    parting.request().await;
    let mut staying = Wire::bind(&gateway, "bank", VERSION_3_4).await;

    // What it was sent is not answered yet, and it does not hang up.
    assert_eq!(parting.status_of(Body::Unbind).await, CommandStatus::OK);
    let texts = ["one", "two", "three"];
    for text in texts {
        telco.deliver(message("1234", ANI, text)).await.unwrap();
    }

    for text in texts {
        assert_eq!(&staying.delivered().await.short_message[..], text.as_bytes());
    }
}

#[tokio::test]
async fn what_was_too_much_rests_although_there_is_room_in_the_window() {
    // W-4
    let (gateway, mut telco) = behind_played_smsc("to = [\"telco\"]").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    bank.submit(message(ANI, "BANK", "hello")).await;
    let too_much = telco.request().await;

    let since = Instant::now();
    telco.answer(&too_much, CommandStatus::THROTTLED).await;

    assert_eq!(&telco.takes("m1").await.short_message[..], b"hello");
    assert!(since.elapsed() >= Duration::from_millis(900), "{:?}", since.elapsed());
}

#[tokio::test]
async fn what_an_smsc_always_throttles_holds_up_nothing_behind_it() {
    // W-4
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::with([
        smsc("telco", listener.local_addr().unwrap(), "window = 1"),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    bank.submit(message(ANI, "BANK", "never")).await;
    bank.submit(message(ANI, "BANK", "behind")).await;
    let mut refused = 0;
    while refused < 25 {
        let request = telco.request().await;
        let Body::SubmitSm(submitted) = &request.body else { panic!("{request:?}") };
        if &submitted.short_message[..] == b"behind" {
            assert!(refused >= 20, "it kept its place {refused} times");
            return;
        }
        refused += 1;
        let full = if refused % 2 == 0 { CommandStatus::MSGQFUL } else { CommandStatus::THROTTLED };
        telco.answer(&request, full).await;
    }
    panic!("it was held up");
}

#[tokio::test]
async fn what_an_esme_always_throttles_holds_up_nothing_behind_it() {
    let (gateway, mut telco) =
        behind_played_smsc("match = { destination = \"1234\" }\nto = [\"bank\"]").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    telco.send(Body::DeliverSm(message("1234", ANI, "never"))).await;
    let refused = bank.request().await;
    telco.send(Body::DeliverSm(message("1234", ANI, "behind"))).await;
    bank.answer(&refused, CommandStatus::THROTTLED).await;
    for _ in 0..8 {
        let request = bank.request().await;
        let Body::DeliverSm(delivered) = &request.body else { panic!("{request:?}") };
        if &delivered.short_message[..] == b"behind" {
            return;
        }
        bank.answer(&request, CommandStatus::THROTTLED).await;
    }
    panic!("it was held up");
}
