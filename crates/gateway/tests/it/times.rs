//! When messages leave, and when they no longer do.

use std::time::Duration;

use smpp::{Body, CString, CommandStatus, ShortMessage, VERSION_3_4};
use sms::{State, Timestamp};

use crate::harness::{
    ANI, SOON, TestGateway, Texts, Wire, account, centre, centre_at, free_address, message, route, smsc,
    until,
};

fn bank_and(address: std::net::SocketAddr) -> [String; 3] {
    [smsc("telco", address, ""), account("bank", ""), route("to = [\"telco\"]")]
}

fn wall() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as u64)
}

/// A moment as an absolute time of a zone so many quarters of an hour ahead of UTC.
fn local(at: Timestamp, quarters: u64) -> CString<16> {
    let there = sms::format_smpp_time(at.plus(Duration::from_secs(quarters * 900)));
    CString::clipped(format!("{}{quarters:02}+", &there[..13]).as_bytes())
}

fn scheduled(text: &str, schedule: CString<16>, validity: &[u8]) -> ShortMessage {
    ShortMessage {
        schedule_delivery_time: schedule,
        validity_period: CString::clipped(validity),
        ..message(ANI, "BANK", text)
    }
}

#[tokio::test]
async fn nothing_leaves_before_its_time() {
    // D-1, D-2, D-4
    let telco = centre().await;
    let gateway = TestGateway::with(bank_and(telco.address())).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;

    let relative = bank.submit(scheduled("relative", CString::clipped(b"000000000002000R"), b"")).await;
    let at = wall().plus(Duration::from_secs(3));
    let absolute = bank.submit(scheduled("absolute", local(at, 28), b"")).await;
    bank.submit(message(ANI, "BANK", "at once")).await;

    assert_eq!(telco.texts_when(1).await, ["at once"]);
    assert_eq!(telco.texts_when(3).await, ["at once", "relative", "absolute"]);
    assert!(wall().0 + 100 > at.0, "a tenth of a second is what an absolute time can say");
    for (id, after) in [(&relative, Duration::from_secs(2)), (&absolute, Duration::ZERO)] {
        let left = |record: &store::Record| {
            let attempted = |step: &&store::Step| matches!(step.event, store::Event::Attempted { .. });
            record.history.iter().find(attempted).map(|step| step.at)
        };
        let record = gateway.record_when(id, |record| left(record).is_some()).await;
        assert!(left(&record) >= Some(record.accepted_at.plus(after)), "{record:?}");
    }
}

#[tokio::test]
async fn nothing_leaves_after_its_end_and_its_owner_is_told() {
    // D-1, D-2, R-1
    let address = free_address();
    let gateway = TestGateway::with(bank_and(address)).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;

    let relative = bank.submit(scheduled("relative", CString::EMPTY, b"000000000001000R")).await;
    let end = local(wall().plus(Duration::from_secs(2)), 28);
    let absolute = bank.submit(scheduled("absolute", CString::EMPTY, &end)).await;
    let lasting = bank.submit(message(ANI, "BANK", "lasting")).await;

    for id in [&relative, &absolute] {
        let receipt = bank.delivered().await;
        assert_eq!(receipt.tlvs.receipted_message_id(), Some(id.as_bytes()));
        assert_eq!(receipt.tlvs.message_state(), Some(State::Expired as u8));
        let text = String::from_utf8(receipt.short_message.to_vec()).unwrap();
        assert!(text.contains(" stat:EXPIRED err:000"), "{text}");
    }
    let telco = centre_at(address).await;
    assert_eq!(telco.texts_when(1).await, ["lasting"]);
    let receipt = bank.delivered().await;
    assert_eq!(receipt.tlvs.receipted_message_id(), Some(lasting.as_bytes()));
    gateway.settled().await;
}

#[tokio::test]
async fn a_scheduled_message_outlives_a_restart() {
    // D-4
    let telco = centre().await;
    let gateway = TestGateway::with(bank_and(telco.address())).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let due = wall().plus(Duration::from_secs(3));
    let id = bank.submit(scheduled("later", CString::clipped(b"000000000003000R"), b"")).await;
    drop(bank);
    let gateway = gateway.stop().await.start(bank_and(telco.address())).await;
    until("bound again", async || telco.stats().binds > 1).await;
    assert_eq!(telco.texts_when(1).await, ["later"]);
    assert!(wall() >= due);
    gateway.record_when(&id, |record| record.state.is_final()).await;
}

#[tokio::test]
async fn a_schedule_that_cannot_be_kept_is_refused() {
    // X-10, D-3
    let telco = centre().await;
    let gateway = TestGateway::with(bank_and(telco.address())).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let time = CString::clipped;
    let cases: [(&[u8], &[u8], CommandStatus); 7] = [
        (b"120231000000000+", b"", CommandStatus::INVSCHED),
        (b"000031000000000R", b"", CommandStatus::INVSCHED),
        (b"000000020000000R", b"000000010000000R", CommandStatus::INVEXPIRY),
        (b"", b"000000000000000R", CommandStatus::INVEXPIRY),
        (b"", b"120517083000028+", CommandStatus::INVEXPIRY),
        (b"", b"9", CommandStatus::INVEXPIRY),
        (b"120517083000028+", b"000001000000000R", CommandStatus::OK),
    ];
    for (schedule, validity, wanted) in cases {
        let pdu = scheduled("hello", time(schedule), validity);
        assert_eq!(bank.status_of(Body::SubmitSm(pdu)).await, wanted, "{}", schedule.escape_ascii());
    }
    assert_eq!(telco.submits_when(1, SOON).await.unwrap().len(), 1);
}
