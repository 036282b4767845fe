//! Handsets send, and long messages are whole at both ends.
#![allow(clippy::unwrap_used)]

mod operator;

use std::time::Duration;

use operator::{SOON, bank, centre};
use simulator::{MoError, SmscConfig};
use smpp::{ShortMessage, TlvTag};

/// Three segments in UCS-2, with a pair of surrogates where it might be cut.
fn long_text() -> String {
    format!("{}😀{}", "ж".repeat(66), "я".repeat(100))
}

#[tokio::test]
async fn a_message_of_a_handset_comes_to_the_esme() {
    let smsc = centre(SmscConfig::default()).await;
    let esme = bank(&smsc).await;
    smsc.handset("+6281111").send("1234", "GAME JOIN").await.unwrap();
    let message = esme.next_mo(SOON).await.unwrap();
    assert_eq!(
        (message.from.as_str(), message.to.as_str(), message.text.as_str()),
        ("6281111", "1234", "GAME JOIN")
    );
    let stats = smsc.stats();
    assert_eq!((stats.messages_sent, stats.messages_acknowledged, stats.waiting), (1, 1, 0));
}

#[tokio::test]
async fn long_messages_are_joined_at_both_ends() {
    // N-1, N-2
    let smsc = centre(SmscConfig { log_max: 10, ..SmscConfig::default() }).await;
    let (esme, handset) = (bank(&smsc).await, smsc.handset("6281111"));
    handset.send("1234", &long_text()).await.unwrap();
    assert_eq!(esme.next_mo(SOON).await.unwrap().text, long_text());
    assert_eq!(smsc.stats().messages_sent, 3);
    let ids = esme.submit_long("6281111", "1234", &long_text(), true).await.unwrap();
    assert_eq!(handset.next_message(SOON).await.unwrap().text, long_text());
    assert_eq!(smsc.submits_when(3, SOON).await.unwrap().len(), 3);
    for id in ids {
        assert_eq!(esme.next_receipt(SOON).await.unwrap().message_id, id);
    }
}

#[tokio::test]
async fn segments_can_be_sent_in_any_order() {
    // N-3
    let smsc = centre(SmscConfig::default()).await;
    let (esme, handset) = (bank(&smsc).await, smsc.handset("6281111"));
    let mut segments = handset.segments("1234", &long_text()).unwrap();
    segments.reverse();
    assert_eq!(segments.len(), 3);
    handset.send_segments(segments).await.unwrap();
    let message = esme.next_mo(SOON).await.unwrap();
    assert_eq!(
        (message.text, message.pdu.short_message.get(5)),
        (long_text(), Some(&1)),
        "the first came last"
    );
}

#[tokio::test]
async fn a_handset_waits_for_somebody_to_bind() {
    let smsc = centre(SmscConfig::default()).await;
    let handset = smsc.handset("6281111");
    let sending = tokio::spawn(async move { handset.send("1234", "hi").await });
    smsc.stats_when(SOON, |_| true).await.unwrap();
    let esme = bank(&smsc).await;
    assert_eq!(esme.next_mo(SOON).await.unwrap().text, "hi");
    assert_eq!(sending.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_handset_gives_up_in_the_end() {
    let config = SmscConfig { mo_patience: Duration::from_millis(30), ..SmscConfig::default() };
    let smsc = centre(config).await;
    assert_eq!(smsc.handset("6281111").send("1234", "hi").await, Err(MoError::NotTaken));
    let esme = bank(&smsc).await;
    assert!(smsc.stats_when(SOON, |stats| stats.waiting == 0).await.is_some());
    assert_eq!(esme.next_mo(Duration::ZERO).await, None);
}

#[tokio::test]
async fn a_pdu_is_delivered_as_it_is() {
    let smsc = centre(SmscConfig::default()).await;
    let esme = bank(&smsc).await;
    let mut pdu = ShortMessage { data_coding: 4, ..ShortMessage::default() };
    pdu.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &[0, 1, 2]).unwrap();
    smsc.deliver(pdu.clone()).await.unwrap();
    let message = esme.next_mo(SOON).await.unwrap();
    assert_eq!((message.pdu, message.body.as_ref(), message.text.as_str()), (pdu, &[0, 1, 2][..], ""));
}
