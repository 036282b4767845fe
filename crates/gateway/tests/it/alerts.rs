//! What SMSCs say of mobiles that are reachable again, on its way to the ESMEs that asked.

use smpp::{
    AlertNotification, BindMode, Body, CommandStatus, LongAddress, ShortMessage, TlvTag, Tlvs, VERSION_3_3,
    VERSION_3_4, VERSION_5_0,
};
use tokio::net::TcpListener;

use crate::harness::{ANI, TestGateway, Wire, account, message, route, smsc, until};

/// The gateway behind an SMSC that is played here, before the ESMEs `bank`, which gets what is sent to
/// 1234 and has these further lines, and `poll`.
async fn behind_telco(bank: &str) -> (TestGateway, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::with([
        smsc("telco", listener.local_addr().unwrap(), ""),
        account("bank", bank),
        account("poll", ""),
        route("match = { destination = \"1234\" }\nto = [\"bank\"]"),
        route("match = { destination = \"5678\", keyword = \"VOTE\" }\nto = [\"poll\"]"),
        route("match = { prefix = \"628\" }\nto = [\"telco\"]"),
    ])
    .await;
    let telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    (gateway, telco)
}

/// That a subscriber is reachable again, for the ESME with this address.
fn alert_for(esme: &str) -> AlertNotification {
    let ms_availability_status: (TlvTag, &[u8]) = (TlvTag::MS_AVAILABILITY_STATUS, &[0]);
    AlertNotification {
        source: LongAddress::new(1, 1, ANI.as_bytes()).unwrap(),
        esme: LongAddress::new(5, 0, esme.as_bytes()).unwrap(),
        tlvs: Tlvs::of(&[ms_availability_status]).unwrap(),
    }
}

/// Submits a message from this address with a set_dpf, which the SMSC takes.
async fn ask_for_alert(esme: &mut Wire, telco: &mut Wire, from: &str, set_dpf: u8) {
    let mut message = ShortMessage { registered_delivery: 0, ..message(ANI, from, "are you there?") };
    message.tlvs.push_u8(TlvTag::SET_DPF, set_dpf);
    let sequence = esme.send(Body::SubmitSm(message)).await;
    assert_eq!(telco.takes("c-1").await.tlvs.set_dpf(), Some(set_dpf == 1));
    assert_eq!(esme.response(sequence).await.status, CommandStatus::OK);
}

/// How many alerts of the SMSC's came to each of these ends.
async fn counted<const N: usize>(gateway: &TestGateway, outcomes: [&str; N]) -> [u64; N] {
    let metrics = gateway.caller("bank").metrics().await;
    outcomes.map(|outcome| {
        let start = format!("estafet_alerts_total{{link=\"telco\",outcome=\"{outcome}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&start)).unwrap().parse().unwrap()
    })
}

async fn counted_when(gateway: &TestGateway, outcome: &str, count: u64) {
    until(outcome, async || counted(gateway, [outcome]).await == [count]).await;
}

#[tokio::test]
async fn it_reaches_who_asked_bit_for_bit() {
    // O-7, V-7
    let (gateway, mut telco) = behind_telco("").await;
    for version in [VERSION_3_4, VERSION_5_0] {
        let mut poll = Wire::bind(&gateway, "poll", version).await;
        let mut bank = Wire::bind(&gateway, "bank", version).await;
        ask_for_alert(&mut poll, &mut telco, "A NAME", 1).await;
        let tlvs: [(TlvTag, &[u8]); 5] = [
            (TlvTag(0x1400), b"\0\xFF"),
            (TlvTag::MS_AVAILABILITY_STATUS, &[2]),
            (TlvTag(0x3FFF), b""),
            (TlvTag(0x1400), b"twice"),
            (TlvTag::SOURCE_SUBADDRESS, b"\x80\x01"),
        ];
        let alert = AlertNotification { tlvs: Tlvs::of(&tlvs).unwrap(), ..alert_for("A NAME") };
        telco.send(Body::AlertNotification(alert.clone())).await;
        let told = poll.request().await;
        assert_eq!((told.status, told.body), (CommandStatus::OK, Body::AlertNotification(alert)));
        assert_eq!(bank.requests_so_far().await, []);
        assert_eq!(telco.requests_so_far().await, [], "it has no answer");
        poll.ask(Body::Unbind).await;
    }
    assert_eq!(counted(&gateway, ["handed", "no_account", "no_session"]).await, [2, 0, 0]);
}

#[tokio::test]
async fn who_asked_last_goes_before_the_route() {
    // O-7
    let (gateway, mut telco) = behind_telco("").await;
    let mut poll = Wire::bind(&gateway, "poll", VERSION_3_4).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let alert = Body::AlertNotification(alert_for("1234"));

    ask_for_alert(&mut poll, &mut telco, "1234", 0).await;
    telco.send(alert.clone()).await;
    assert_eq!(bank.request().await.body, alert, "a set_dpf of 0 asks for nothing");
    ask_for_alert(&mut poll, &mut telco, "1234", 1).await;
    telco.send(alert.clone()).await;
    assert_eq!(poll.request().await.body, alert);
    ask_for_alert(&mut bank, &mut telco, "1234", 1).await;
    telco.send(alert.clone()).await;
    assert_eq!(bank.request().await.body, alert);
    let other = AlertNotification { source: LongAddress::new(1, 1, b"628").unwrap(), ..alert_for("1234") };
    telco.send(Body::AlertNotification(other.clone())).await;
    assert_eq!(bank.request().await.body, Body::AlertNotification(other), "nobody asked for that mobile");
    assert_eq!(poll.requests_so_far().await, []);
}

#[tokio::test]
async fn it_comes_to_one_session_once() {
    // O-7
    let (gateway, mut telco) = behind_telco("").await;
    let mut sessions = Vec::new();
    for mode in [BindMode::Receiver, BindMode::Transceiver, BindMode::Receiver] {
        sessions.push(Wire::bind_as(&gateway, "bank", VERSION_3_4, mode).await);
    }
    for _ in 0..20 {
        telco.send(Body::AlertNotification(alert_for("1234"))).await;
    }
    counted_when(&gateway, "handed", 20).await;
    let mut told = 0;
    for session in &mut sessions {
        told += session.requests_so_far().await.len();
    }
    assert_eq!(told, 20);
}

#[tokio::test]
async fn sessions_that_have_no_word_for_it_are_not_told() {
    // V-1
    let (gateway, mut telco) = behind_telco("").await;
    let mut sessions = Vec::new();
    for (version, mode) in [
        (VERSION_3_3, BindMode::Receiver),
        (VERSION_3_3, BindMode::Transceiver),
        (VERSION_3_4, BindMode::Transmitter),
    ] {
        sessions.push(Wire::bind_as(&gateway, "bank", version, mode).await);
    }
    telco.send(Body::AlertNotification(alert_for("1234"))).await;
    counted_when(&gateway, "no_session", 1).await;

    // What was dropped is not told later, and who is told now is the session that can be.
    let mut receiver = Wire::bind_as(&gateway, "bank", VERSION_3_4, BindMode::Receiver).await;
    telco.send(Body::AlertNotification(alert_for("1234"))).await;
    counted_when(&gateway, "handed", 1).await;
    assert_eq!(receiver.requests_so_far().await.len(), 1);
    for session in &mut sessions {
        assert_eq!(session.requests_so_far().await, []);
    }
}

#[tokio::test]
async fn what_finds_nobody_is_dropped_and_counted() {
    // O-7
    let (gateway, mut telco) = behind_telco("").await;
    let mut poll = Wire::bind(&gateway, "poll", VERSION_3_4).await;
    for (esme, outcome) in [("5678", "no_account"), ("628999", "no_account"), ("1234", "no_session")] {
        let before = counted(&gateway, [outcome]).await[0];
        telco.send(Body::AlertNotification(alert_for(esme))).await;
        counted_when(&gateway, outcome, before + 1).await;
    }
    ask_for_alert(&mut poll, &mut telco, "5678", 1).await;
    assert_eq!(poll.ask(Body::Unbind).await.status, CommandStatus::OK);
    telco.send(Body::AlertNotification(alert_for("5678"))).await;
    counted_when(&gateway, "no_session", 2).await;

    let mut poll = Wire::bind(&gateway, "poll", VERSION_3_4).await;
    assert_eq!(poll.requests_so_far().await, [], "it is not kept");
    assert_eq!(gateway.status().await.accepted_total, 1, "it is no message");
}

#[tokio::test]
async fn an_account_that_is_told_by_http_is_not_told_by_smpp() {
    // O-7
    let (gateway, mut telco) = behind_telco("inbox = true").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    ask_for_alert(&mut bank, &mut telco, "1234", 1).await;
    telco.send(Body::AlertNotification(alert_for("1234"))).await;
    counted_when(&gateway, "no_session", 1).await;
    assert_eq!(bank.requests_so_far().await, []);
}

#[tokio::test]
async fn both_links_have_their_rules() {
    // O-7, T-1
    let of_telco = r#"
source_out = [{ form = "alphanumeric", ton = 5, npi = 9 }]
destination_out = [{ form = "international", strip = "62", add = "0", ton = 2, npi = 8 }]
source_in = [{ form = "national", strip = "0", add = "62", ton = 1, npi = 1 }]
destination_in = [{ form = "alphanumeric", ton = 5, npi = 0 }]
tlv_out = { add = [{ tag = "set_dpf", hex = "01" }] }
tlv_in = { drop = [0x1400], add = [{ tag = 0x1401, text = "telco" }] }
"#;
    let of_bank = "tlv_out = { pass = [0x1401, 0x1402] }\nsource_out = [{ strip = \"62\", add = \"+62\" }]";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::with([
        format!("[[profile]]\nname = \"telcos\"\n{of_telco}\n[[profile]]\nname = \"banks\"\n{of_bank}\n"),
        smsc("telco", listener.local_addr().unwrap(), "profile = \"telcos\""),
        account("bank", "profile = \"banks\""),
        route("match = { prefix = \"628\" }\nto = [\"telco\"]"),
    ])
    .await;
    let mut telco = Wire::bound_by_gateway(&listener, VERSION_3_4).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;

    let sequence = bank.send(Body::SubmitSm(message(ANI, "BANK", "are you there?"))).await;
    let asked = telco.takes("c-1").await;
    bank.response(sequence).await;
    assert_eq!((asked.tlvs.set_dpf(), &asked.destination.value[..]), (Some(true), &b"081234567890"[..]));
    let tlvs: [(TlvTag, &[u8]); 3] =
        [(TlvTag(0x1400), b"a"), (TlvTag::MS_AVAILABILITY_STATUS, &[0]), (TlvTag(0x1402), b"b")];
    let alert = AlertNotification {
        source: LongAddress::new(2, 8, &asked.destination.value).unwrap(),
        esme: LongAddress::new(5, 9, &asked.source.value).unwrap(),
        tlvs: Tlvs::of(&tlvs).unwrap(),
    };
    telco.send(Body::AlertNotification(alert)).await;
    let left: [(TlvTag, &[u8]); 2] = [(TlvTag(0x1402), b"b"), (TlvTag(0x1401), b"telco")];
    let expected = AlertNotification {
        source: LongAddress::new(1, 1, format!("+{ANI}").as_bytes()).unwrap(),
        esme: LongAddress::new(5, 0, b"BANK").unwrap(),
        tlvs: Tlvs::of(&left).unwrap(),
    };
    assert_eq!(bank.request().await.body, Body::AlertNotification(expected));
}

#[tokio::test]
async fn a_flood_neither_delays_messages_nor_piles_up() {
    // O-7
    let (gateway, mut telco) = behind_telco("").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let large: [(TlvTag, &[u8]); 1] = [(TlvTag(0x1400), &[b'x'; LARGE_OCTETS])];
    let large = AlertNotification { tlvs: Tlvs::of(&large).unwrap(), ..alert_for("1234") };
    // The bank reads nothing meanwhile.
    for _ in 0..FLOOD {
        telco.send(Body::AlertNotification(large.clone())).await;
    }
    let mut poll = Wire::bind(&gateway, "poll", VERSION_3_4).await;
    let vote = ShortMessage { registered_delivery: 0, ..message("5678", ANI, "VOTE 1") };
    let to_bank = ShortMessage { registered_delivery: 0, ..message("1234", ANI, "hello") };
    for delivery in [vote, to_bank] {
        assert_eq!(telco.status_of(Body::DeliverSm(delivery)).await, CommandStatus::OK);
    }
    assert_eq!(&poll.delivered().await.short_message[..], b"VOTE 1");

    let [dropped] = counted(&gateway, ["queue_full"]).await;
    assert!(dropped > FLOOD / 4, "only {dropped} of {FLOOD} were dropped");
    let mut told = 0;
    let text = loop {
        match bank.request().await.body {
            Body::AlertNotification(alert) => told += u64::from(alert == large),
            Body::DeliverSm(message) => break message.short_message,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(&text[..], b"hello");
    // What still waits comes behind that.
    counted_when(&gateway, "handed", FLOOD - dropped).await;
    told += bank.requests_so_far().await.len() as u64;
    assert_eq!(told + dropped, FLOOD);
}

/// Together some tens of megabytes, far more than the buffers of a connection take.
const FLOOD: u64 = 8000;
const LARGE_OCTETS: usize = 4 * 1024;
