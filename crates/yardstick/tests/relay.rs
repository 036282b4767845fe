//! A relay between a simulated ESME and a simulated message centre.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use simulator::{
    Audit, Credentials, Esme, EsmeConfig, Every, Faults, IdForm, Load, Smsc, SmscConfig, SubmitError,
};
use sms::State;
use yardstick::{Relay, RelayConfig, StartError};

const SOON: Duration = Duration::from_secs(20);

fn config(smsc: &Smsc) -> RelayConfig {
    RelayConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        upstream: smsc.address(),
        system_id: "relay".to_owned(),
        password: "secret".to_owned(),
        sessions: 2,
        window: 10,
        journal: None,
    }
}

/// Starting blocks until it is bound.
async fn start(config: RelayConfig) -> Result<Relay, StartError> {
    tokio::task::spawn_blocking(move || Relay::start(&config)).await.unwrap()
}

async fn centre(config: SmscConfig) -> Smsc {
    Smsc::start(config).await.unwrap()
}

async fn bank(relay: &Relay) -> Esme {
    Esme::bind(EsmeConfig::at(relay.address(), "bank", "hunter22")).await.unwrap()
}

fn journal() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    (dir, path)
}

//
#[tokio::test]
async fn a_message_goes_out_and_its_receipt_comes_back_under_the_id_that_was_given() {
    let smsc = centre(SmscConfig { id_form: IdForm::Text, log_max: 9, ..SmscConfig::default() }).await;
    let relay = start(config(&smsc)).await.unwrap();
    let esme = bank(&relay).await;

    let ids = [
        esme.submit("628111", "1234", "first", true).await.unwrap(),
        esme.submit("628222", "1234", "second", true).await.unwrap(),
    ];

    assert_ne!(ids[0], ids[1]);
    let submits = smsc.submits_when(2, SOON).await.unwrap();
    assert_eq!(&submits[0].message.short_message[..], b"first");
    assert_eq!(submits[0].message.destination.value.as_slice(), b"628111");
    for (id, to) in ids.iter().zip(["628111", "628222"]) {
        let receipt = esme.next_receipt(SOON).await.unwrap();
        assert_eq!((&receipt.message_id, receipt.state), (id, Some(State::Delivered)));
        assert_eq!(receipt.from, to);
        let text = String::from_utf8(receipt.pdu.short_message.to_vec()).unwrap();
        assert!(text.starts_with(&format!("id:{id} sub:001 ")), "{text}");
    }
    let counts = relay.stop().unwrap();
    assert_eq!((counts.accepted, counts.sent, counts.receipts, counts.refused), (2, 2, 2, 0));
    assert_eq!((counts.syncs, counts.journal_octets), (0, 0));
}

#[tokio::test]
async fn a_durable_relay_has_the_message_in_its_file_before_the_ok() {
    let (_dir, path) = journal();
    let smsc = centre(SmscConfig::default()).await;
    let relay = start(RelayConfig { journal: Some(path.clone()), ..config(&smsc) }).await.unwrap();
    let esme = bank(&relay).await;

    let id = esme.submit("628111", "1234", "four eyes only", true).await.unwrap();
    let at_ok = std::fs::read(&path).unwrap();
    let receipt = esme.next_receipt(SOON).await.unwrap();
    let at_receipt = std::fs::read(&path).unwrap();

    assert!(contains(&at_ok, b"four eyes only"));
    assert_eq!(receipt.message_id, id);
    assert!(contains(&at_receipt, b"stat:DELIVRD"), "the receipt is there before it is passed on");
    let counts = relay.stop().unwrap();
    assert!(counts.syncs >= 2, "{counts:?}");
    assert_eq!(counts.journal_octets, std::fs::metadata(&path).unwrap().len());
}

#[tokio::test]
async fn a_load_passes_without_loss_or_duplicate() {
    let (_dir, path) = journal();
    for journal in [None, Some(path)] {
        let smsc = centre(SmscConfig { serials_max: 5000, ..SmscConfig::default() }).await;
        let relay = start(RelayConfig { journal, window: 3, ..config(&smsc) }).await.unwrap();
        let esme = EsmeConfig { window: 200, ..EsmeConfig::at(relay.address(), "bank", "hunter22") };
        let report = Load { messages: 5000, sessions: 3, ..Load::new(esme) }.run().await.unwrap();
        assert_eq!((report.accepted, report.without_receipt, report.receipts_twice), (5000, 0, 0));
        assert_eq!(Audit::of(&report, &smsc.tally()), Audit { arrived: 5000, ..Audit::default() });
        assert_eq!(relay.stop().unwrap().receipts, 5000);
    }
}

//
#[tokio::test]
async fn a_receipt_that_overtakes_the_answer_comes_again() {
    let faults = Faults { receipt_first: Every::nth(1), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let relay = start(config(&smsc)).await.unwrap();
    let esme = bank(&relay).await;
    let id = esme.submit("628111", "1234", "hi", true).await.unwrap();
    assert_eq!(esme.next_receipt(SOON).await.unwrap().message_id, id);
}

#[tokio::test]
async fn refusals_of_the_message_centre_are_counted() {
    let faults = Faults { throttle: Every::nth(1), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let relay = start(config(&smsc)).await.unwrap();
    let esme = bank(&relay).await;
    esme.submit("628111", "1234", "hi", true).await.unwrap();
    smsc.stats_when(SOON, |stats| stats.throttled == 1).await.unwrap();
    // The answer is on its way; a second message goes the same way behind it.
    esme.submit("628111", "1234", "hi", true).await.unwrap();
    smsc.stats_when(SOON, |stats| stats.throttled == 2).await.unwrap();
    esme.unbind().await;
    let counts = relay.stop().unwrap();
    assert!(counts.refused >= 1 && counts.receipts == 0, "{counts:?}");
}

#[tokio::test]
async fn a_relay_that_cannot_bind_does_not_run() {
    let credentials = Credentials { system_id: "relay".to_owned(), password: "another".to_owned() };
    let smsc = centre(SmscConfig { credentials: Some(credentials), ..SmscConfig::default() }).await;
    let error = start(config(&smsc)).await.err().unwrap();
    assert!(error.to_string().contains("cannot bind"), "{error}");
}

#[tokio::test]
async fn a_relay_ends_with_its_message_centre() {
    let smsc = centre(SmscConfig::default()).await;
    let relay = start(config(&smsc)).await.unwrap();
    let esme = bank(&relay).await;
    smsc.cut();
    assert!(esme.over(SOON).await);
    assert_eq!(esme.submit("628111", "1234", "hi", true).await, Err(SubmitError::NotBound));
    assert!(relay.stop().is_err());
}

fn contains(octets: &[u8], wanted: &[u8]) -> bool {
    octets.windows(wanted.len()).any(|window| window == wanted)
}
