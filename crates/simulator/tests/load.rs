//! Loads, and the account of every message.
#![allow(clippy::unwrap_used)]

mod operator;

use std::num::NonZeroU32;
use std::time::Duration;

use operator::{SOON, centre, config};
use simulator::{Audit, Every, Fate, Fates, Faults, Load, ReceiptPath, Serial, SmscConfig};
use smpp::CommandStatus;
use sms::State;

async fn report(load: Load) -> simulator::LoadReport {
    tokio::time::timeout(3 * SOON, load.run()).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_message_arrives_once_and_has_its_receipt() {
    let fates = Fates { percent: vec![(10, State::Undeliverable)], ..Fates::default() };
    let smsc = centre(SmscConfig {
        fates,
        receipt_path: ReceiptPath::RoundRobin,
        serials_max: 3000,
        ..SmscConfig::default()
    })
    .await;
    let report =
        report(Load { messages: 2000, first_serial: 1000, sessions: 3, ..Load::new(config(&smsc)) }).await;
    assert_eq!((report.submitted, report.accepted, report.unsettled), (2000, 2000, 0));
    assert_eq!(report.receipts, [(State::Delivered, 1800), (State::Undeliverable, 200)]);
    assert_eq!((report.without_receipt, report.receipts_twice, report.receipts_unmatched), (0, 0, 0));
    assert_eq!((report.response.count, report.receipt.count, report.binds), (2000, 2000, 3));
    let audit = Audit::of(&report, &smsc.tally());
    assert_eq!(audit, Audit { arrived: 2000, ..Audit::default() });
}

#[tokio::test]
async fn refusals_are_counted_by_status_and_receipts_by_their_number() {
    //
    let faults = Faults {
        throttle: Every::nth(10),
        status: Some((Every::nth(25), CommandStatus(0x0401))),
        receipt_twice: Every::nth(7),
        receipt_lost: Every::nth(101),
        ..Faults::default()
    };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let patience = Duration::from_millis(300);
    let report = report(Load { messages: 500, receipt_patience: patience, ..Load::new(config(&smsc)) }).await;
    assert_eq!(report.refused[&CommandStatus::THROTTLED], 50);
    assert_eq!(report.refused[&CommandStatus(0x0401)], 10);
    assert_eq!((report.accepted, report.without_receipt), (440, 4));
    assert_eq!(report.ids_without_receipt.len(), 4);
    let twice = (1..=500).filter(|n| n % 7 == 0 && n % 10 != 0 && n % 25 != 0 && n % 101 != 0).count() as u64;
    assert!(report.receipts_twice == twice || report.receipts_twice == twice - 1, "{report:?}");
    assert_eq!(report.fate(Serial { number: 9, again: false }), Fate::Refused);
}

#[tokio::test]
async fn a_load_survives_cuts_and_knows_what_it_does_not_know() {
    // S-6
    let faults = Faults { drop: Every::nth(300), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, serials_max: 2000, ..SmscConfig::default() }).await;
    let load = Load {
        messages: 2000,
        sessions: 2,
        reconnect: true,
        reconnect_after: Duration::from_millis(5),
        resubmit_unknown: true,
        ..Load::new(config(&smsc))
    };
    let report = report(load).await;
    assert_eq!((report.accepted, report.unsettled, report.without_receipt), (2000, 0, 0), "{report:?}");
    assert!(report.unknown > 0 && report.failures > 0 && report.resubmitted >= report.unknown, "{report:?}");
    let audit = Audit::of(&report, &smsc.tally());
    assert!(audit.is_complete(), "{audit:?}");
    assert_eq!(audit.arrived, 2000);
    assert!(audit.unknown_missing > 0, "what cut the connection was not taken: {audit:?}");
}

#[tokio::test]
async fn without_reconnect_a_load_ends_with_its_sessions() {
    let faults = Faults { drop: Every::nth(50), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let report = report(Load { messages: 200, ..Load::new(config(&smsc)) }).await;
    assert!(report.unsettled > 0 && report.failures == 1, "{report:?}");
    assert!(report.last_failure.is_some());
}

#[tokio::test]
async fn the_limit_of_the_message_centre_holds() {
    let smsc =
        centre(SmscConfig { segments_per_second: NonZeroU32::new(100), ..SmscConfig::default() }).await;
    let report = report(Load { messages: 500, receipts: false, ..Load::new(config(&smsc)) }).await;
    let throttled = report.refused[&CommandStatus::THROTTLED];
    assert!(throttled >= 300 && report.accepted >= 10, "{report:?}");
    assert_eq!(report.accepted + throttled, 500);
}

#[tokio::test]
async fn a_load_keeps_its_rate_and_can_be_stopped() {
    let smsc = centre(SmscConfig::default()).await;
    let load = Load { messages: 100, rate: Some(1000), receipts: false, ..Load::new(config(&smsc)) };
    let steady = report(load.clone()).await;
    assert!(steady.submitting >= Duration::from_millis(90), "{steady:?}");
    let run = Load { messages: 1_000_000, rate: Some(10), ..load }.start().unwrap();
    smsc.stats_when(SOON, |stats| stats.accepted > 101).await.unwrap();
    run.stop();
    let stopped = tokio::time::timeout(SOON, run.finish()).await.unwrap();
    assert!(stopped.accepted >= 1 && stopped.accepted < 100 && stopped.unknown == 0, "{stopped:?}");
    assert_eq!(stopped.failures, 0);
}

#[tokio::test]
async fn receipts_before_their_answers_count_once() {
    //
    let faults = Faults { receipt_first: Every::nth(1), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let report = report(Load { messages: 1000, ..Load::new(config(&smsc)) }).await;
    assert_eq!((report.accepted, report.without_receipt, report.receipts_twice), (1000, 0, 0), "{report:?}");
    assert_eq!(report.receipt.count, 1000);
}

#[tokio::test]
async fn a_receiver_cannot_make_load() {
    let smsc = centre(SmscConfig::default()).await;
    let receiver = simulator::EsmeConfig { mode: smpp::BindMode::Receiver, ..config(&smsc) };
    assert_eq!(Load::new(receiver).start().err(), Some(simulator::SubmitError::NotBound));
}
