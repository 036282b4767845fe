//! What the statuses of an SMSC mean.

use std::time::{Duration, Instant};

use simulator::{Every, Faults, Smsc, SmscConfig};
use smpp::CommandStatus;
use sms::State;
use store::{Cause, Event, Record};

use super::between;
use crate::harness::{ANI, SOON, centre_with};

/// An SMSC that answers every submission with this status.
async fn refusing(status: u32) -> Smsc {
    let faults = Faults { status: Some((Every::nth(1), CommandStatus(status))), ..Faults::default() };
    centre_with(SmscConfig { faults, ..SmscConfig::default() }).await
}

/// What becomes of a message, and how many times it was submitted.
async fn submitted(telco: &Smsc, profile: &str) -> (Record, u64) {
    let (gateway, bank) = between(telco, profile).await;
    let id = bank.submit(ANI, "BANK", "hello", false).await.unwrap();
    let record = gateway.record_when(&id, |record| record.final_at.is_some()).await;
    (record, telco.stats().submits)
}

fn retried(record: &Record) -> usize {
    record.history.iter().filter(|step| matches!(step.event, Event::Retried { .. })).count()
}

#[tokio::test]
async fn a_vendors_status_is_permanent_and_kept_as_it_is() {
    // V-7
    let telco = refusing(0x0000_04AB).await;
    let (record, submits) = submitted(&telco, "").await;
    assert_eq!((record.state, submits), (State::Rejected, 1));
    let cause = Cause::Smpp(0x04AB);
    assert!(record.history.iter().any(|step| step.event == Event::Failed { cause: cause.clone() }));
}

#[tokio::test]
async fn a_range_of_statuses_is_tried_again_so_often() {
    // V-7, W-4
    let telco = refusing(0x0000_04AB).await;
    let rule = "retry = [{ status = \"0x400-0x4FF\", after_s = 0, attempts = 3 }]";
    let (record, submits) = submitted(&telco, rule).await;
    assert_eq!((record.state, submits, retried(&record)), (State::Rejected, 3, 2));
}

#[tokio::test]
async fn a_status_has_a_wait_of_its_own() {
    let telco = refusing(0x64).await;
    let (gateway, bank) = between(&telco, "retry = [{ status = 0x64, after_s = 2 }]").await;
    let since = Instant::now();
    let id = bank.submit(ANI, "BANK", "hello", false).await.unwrap();
    telco.stats_when(SOON, |stats| stats.refused == 1).await.unwrap();
    telco.set_faults(Faults::default());
    let record = gateway.record_when(&id, |record| record.final_at.is_some()).await;
    assert_eq!((record.state, retried(&record)), (State::HandedOver, 1));
    assert!(since.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn what_is_temporary_elsewhere_can_be_permanent_here() {
    for profile in ["retry = [{ status = 0x08, attempts = 1 }]", "retry_statuses = [0x14]"] {
        let telco = refusing(0x08).await;
        let (record, submits) = submitted(&telco, profile).await;
        assert_eq!((record.state, submits), (State::Rejected, 1));
    }
}
