//! How an SMSC is told until when it may try.

use std::time::SystemTime;

use smpp::{CString, ShortMessage};
use sms::Timestamp;

use super::{between, submitted, to_ani, without_receipts};

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as u64)
}

/// The validity_period of a message of the bank's with this one.
async fn told(profile: &str, validity: &[u8]) -> String {
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, profile).await;
    let validity_period = CString::clipped(validity);
    bank.submit_pdu(ShortMessage { validity_period, ..to_ani(0, b"hello") }).await.unwrap();
    let message = submitted(&telco, 1).await.remove(0);
    String::from_utf8(message.validity_period.to_vec()).unwrap()
}

/// How long a message may live that is told so.
fn seconds(validity: &str, now: Timestamp) -> u64 {
    sms::parse_smpp_time(validity.as_bytes(), now).unwrap().unwrap().since(now).as_secs()
}

#[tokio::test]
async fn as_the_smsc_wants_it() {
    // D-1, D-2
    for said in ["000005000000000R", ""] {
        let before = wall();
        let absolute = told("", said.as_bytes()).await;
        assert!(absolute.ends_with("00+"), "{absolute}");
        let relative = told("validity = \"relative\"", said.as_bytes()).await;
        assert!(relative.starts_with("0000") && relative.ends_with("000R"), "{relative}");
        let ends = [seconds(&absolute, before), seconds(&relative, before)];
        let spent = wall().since(before).as_secs() + 1;
        let whole = if said.is_empty() { 72 * 3600 } else { 5 * 86_400 };
        assert!(ends.iter().all(|end| (whole - spent..=whole + spent).contains(end)), "{ends:?}");
        assert_eq!(told("validity = \"none\"", said.as_bytes()).await, "");
    }
}
