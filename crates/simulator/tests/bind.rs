//! Who may bind, and how sessions end.
#![allow(clippy::unwrap_used)]

mod operator;

use operator::{SOON, bank, centre, config};
use simulator::{BindError, Credentials, Esme, EsmeConfig, Smsc, SmscConfig};
use smpp::CommandStatus;

async fn closed() -> Smsc {
    let credentials = Credentials { system_id: "bank".to_owned(), password: "secret".to_owned() };
    centre(SmscConfig { credentials: Some(credentials), ..SmscConfig::default() }).await
}

#[tokio::test]
async fn only_the_right_credentials_bind() {
    // S-9
    let smsc = closed().await;
    for (system_id, password) in [("bank", "wrong"), ("shop", "secret"), ("", "")] {
        let refused = Esme::bind(EsmeConfig::at(smsc.address(), system_id, password)).await.err().unwrap();
        assert!(matches!(refused, BindError::Refused(CommandStatus::BINDFAIL)), "{refused}");
    }
    bank(&smsc).await;
    let stats = smsc.stats_when(SOON, |stats| stats.sessions == 0).await.unwrap();
    assert_eq!((stats.binds, stats.binds_refused), (1, 3));
}

#[tokio::test]
async fn nobody_listens_and_nobody_answers() {
    let smsc = closed().await;
    let gone = config(&smsc);
    smsc.stop().await;
    assert!(matches!(Esme::bind(gone).await, Err(BindError::Connect(_))));
}

#[tokio::test]
async fn leaving_is_graceful_on_either_side() {
    // S-6, X-17
    let smsc = closed().await;
    let esme = bank(&smsc).await;
    esme.submit("6281111", "1234", "hi", false).await.unwrap();
    esme.unbind().await;
    assert!(smsc.stats_when(SOON, |stats| stats.sessions == 0).await.is_some());
    let esme = bank(&smsc).await;
    tokio::time::timeout(SOON, smsc.stop()).await.unwrap();
    assert!(esme.over(SOON).await);
}

#[tokio::test]
async fn dropping_either_side_ends_the_other() {
    let smsc = closed().await;
    drop(bank(&smsc).await);
    assert!(smsc.stats_when(SOON, |stats| stats.sessions == 0).await.is_some());
    let esme = bank(&smsc).await;
    drop(smsc);
    assert!(esme.over(SOON).await);
}

#[tokio::test]
async fn more_connections_than_allowed_are_hung_up_on() {
    let smsc = centre(SmscConfig { connections_max: 1, ..SmscConfig::default() }).await;
    let _first = bank(&smsc).await;
    let second = Esme::bind(config(&smsc)).await.err().unwrap();
    assert!(matches!(second, BindError::NotAnswered(_)), "{second}");
}

#[tokio::test]
async fn a_3_3_esme_binds_and_gets_receipts_without_tlvs() {
    // V-5
    let smsc = centre(SmscConfig::default()).await;
    let esme = Esme::bind(EsmeConfig { interface_version: 0x33, ..config(&smsc) }).await.unwrap();
    let id = esme.submit("6281111", "1234", "hi", true).await.unwrap();
    let receipt = esme.next_receipt(SOON).await.unwrap();
    assert_eq!(receipt.message_id, id);
    assert!(id.len() <= 8 && receipt.pdu.tlvs.is_empty());
}
