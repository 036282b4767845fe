//! FLT-7: an SMSC that says that it is too much, always and then at times.

use std::time::{Duration, Instant};

use simulator::{EsmeConfig, Every, Faults, Load, SmscConfig};

use crate::checker::{History, assert_idle, records};
use crate::harness::{PASSWORD, TestGateway, account, centre_with, route, smsc, until};

// INV-1, INV-3, INV-8, INV-11, W-4
#[tokio::test]
async fn flt_7_throttled_fully_and_then_at_times() {
    let all = Faults { throttle: Every::nth(1), ..Faults::default() };
    let telco = centre_with(SmscConfig { faults: all, ..SmscConfig::default() }).await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), "window = 1"),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let esme = EsmeConfig::at(gateway.smpp_address(), "bank", PASSWORD);
    let load = Load { messages: MESSAGES, body_octets: 60, ..Load::new(esme) }.start().unwrap();

    until("the first is throttled", async || telco.stats().throttled >= 1).await;
    let since = Instant::now();
    until("all is accepted", async || load.progress().accepted == MESSAGES).await;
    until("it was tried again", async || telco.stats().throttled >= 4).await;

    // A pause after each complaint: the queue waits with us, and nobody runs hot.
    assert!(since.elapsed() >= Duration::from_millis(2900), "{:?}", since.elapsed());
    assert!(gateway.waiting("telco").await >= MESSAGES - 1);
    telco.set_faults(Faults { throttle: Every::nth(10), ..Faults::default() });
    let eased = Instant::now();
    let report = load.finish().await;
    assert_eq!((report.accepted, report.without_receipt), (MESSAGES, 0), "{report:?}");
    // It begins anew at one a second, not at the speed of before.
    assert!(eased.elapsed() >= Duration::from_secs(4), "{:?}", eased.elapsed());
    let status = gateway.settled().await;
    assert_idle(&status);
    assert_eq!(status.possible_duplicates_total, 0);
    let stats = telco.stats();
    assert!(stats.throttled >= 5, "{stats:?}");
    assert_eq!(stats.submits, MESSAGES + stats.throttled);
    let history = History::new(report, &telco, records(gateway.gateway().store(), "bank").await);
    history.check_order();
    history.check();
}

/// Few, since the link goes slowly after four complaints.
const MESSAGES: u64 = 12;
