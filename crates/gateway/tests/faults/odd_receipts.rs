//! FLT-8: receipts that come first, twice, elsewhere, for nothing, or too late.

use simulator::{EsmeConfig, Every, Faults, Load, ReceiptPath, SmscConfig};
use sms::State;
use tokio::net::TcpListener;

use crate::checker::{History, assert_idle, records};
use crate::harness::{ANI, PASSWORD, SOON, TestGateway, account, centre_with, route, smsc};
use crate::wire::Line;

// INV-1, INV-3, INV-11
#[tokio::test]
async fn flt_8_receipts_before_the_answer_on_another_bind_and_twice() {
    let faults = Faults { receipt_first: Every::nth(2), receipt_twice: Every::nth(3), ..Faults::default() };
    let telco =
        centre_with(SmscConfig { faults, receipt_path: ReceiptPath::RoundRobin, ..SmscConfig::default() })
            .await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), "sessions = 3"),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    telco.stats_when(SOON, |stats| stats.sessions == 3).await.unwrap();
    let esme = EsmeConfig { window: 50, ..EsmeConfig::at(gateway.smpp_address(), "bank", PASSWORD) };

    let report = Load { messages: 3000, body_octets: 60, ..Load::new(esme) }.run().await.unwrap();

    assert_eq!((report.accepted, report.without_receipt), (3000, 0), "{report:?}");
    assert_eq!((report.receipts_twice, report.receipts_unmatched), (0, 0), "{report:?}");
    assert_eq!(report.receipts, [(State::Delivered, 3000)]);
    assert_idle(&gateway.settled().await);
    assert_eq!(telco.stats_when(SOON, |stats| stats.waiting == 0).await.unwrap().receipts_sent, 4000);
    History::new(report, &telco, records(gateway.gateway().store(), "bank").await).check();
}

// INV-1, R-4
#[tokio::test]
async fn flt_8_receipts_for_nothing_and_for_what_has_ended() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = TestGateway::with([
        smsc("telco", listener.local_addr().unwrap(), ""),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut line = Line::bound_by_gateway(&listener).await;
    let bank = gateway.bind("bank").await;
    let id = bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    let (sequence, _) = line.submits(1).await.remove(0);
    line.answer(sequence, "remote").await;
    line.receipt_taken("remote", State::Delivered).await;
    assert_eq!(bank.next_receipt(SOON).await.unwrap().state, Some(State::Delivered));
    gateway.settled().await;

    line.receipt_taken("remote", State::Undeliverable).await;
    line.receipt_taken("nobody", State::Delivered).await;
    line.receipt_taken("nobody", State::Delivered).await;

    let record = gateway.record(&id).await;
    assert_eq!(record.state, State::Delivered, "the first receipt counts");
    let status = gateway.settled().await;
    assert_idle(&status);
    assert!((1..=3).contains(&status.unmatched_receipts), "{status:?}");
    // The next that the ESME hears is of its next message: nothing came of those receipts.
    let next = bank.submit(ANI, "BANK", "next", true).await.unwrap();
    let (sequence, text) = line.submits(1).await.remove(0);
    assert_eq!(text, "next");
    line.answer(sequence, "remote-2").await;
    line.receipt_taken("remote-2", State::Delivered).await;
    assert_eq!(bank.next_receipt(SOON).await.unwrap().message_id, next);
}
