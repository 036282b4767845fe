//! An SMSC of 5.0 says how congested it is.

use std::time::{Duration, Instant};

use simulator::{Faults, Smsc, SmscConfig};

use super::between;
use crate::harness::{ANI, SOON, Texts, centre_with};

async fn congested(interface_version: u8) -> Smsc {
    let faults = Faults { congestion: Some(100), ..Faults::default() };
    centre_with(SmscConfig { interface_version, faults, ..SmscConfig::default() }).await
}

#[tokio::test]
async fn at_100_sending_stops_until_it_says_less() {
    // W-6, V-3
    let telco = congested(smpp::VERSION_5_0).await;
    let (gateway, bank) = between(&telco, "profile = \"smpp-5.0\"\nwindow = 1").await;
    bank.submit(ANI, "BANK", "first", false).await.unwrap();
    telco.texts_when(1).await;
    gateway.settled().await;
    let since = Instant::now();
    for _ in 0..20 {
        bank.submit(ANI, "BANK", "waits", false).await.unwrap();
    }
    telco.texts_when(2).await;
    assert!(since.elapsed() >= Duration::from_millis(500), "one is sent to ask, and not at once");
    assert!(telco.texts().len() < 5);

    telco.set_faults(Faults { congestion: Some(50), ..Faults::default() });

    telco.texts_when(21).await;
    gateway.settled().await;
}

#[tokio::test]
async fn others_do_not_say_it() {
    // W-6
    let telco = congested(smpp::VERSION_3_4).await;
    let (gateway, bank) = between(&telco, "profile = \"smpp-5.0\"").await;
    for _ in 0..20 {
        bank.submit(ANI, "BANK", "goes", false).await.unwrap();
    }
    assert!(telco.submits_when(20, SOON).await.is_some());
    gateway.settled().await;
}
