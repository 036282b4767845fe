//! Where messages go, and where they go when nobody is there.

use std::collections::HashMap;

use serde_json::json;
use simulator::{Smsc, SubmitError};
use smpp::{CommandStatus, ShortMessage, TlvTag};
use sms::State;

use crate::harness::{
    ANI, SOON, TestGateway, Texts, account, centre, centre_at, free_address, message, route, smsc, until,
};

/// The destinations that a message centre got messages for, with how many.
fn destinations(telco: &Smsc) -> HashMap<String, usize> {
    let mut destinations = HashMap::new();
    for submit in telco.submits() {
        *destinations.entry(submit.message.destination.value.to_string()).or_default() += 1;
    }
    destinations
}

#[tokio::test]
async fn weights_share_out_conversations() {
    let (heavy, light) = (centre().await, centre().await);
    let gateway = TestGateway::with([
        smsc("heavy", heavy.address(), ""),
        smsc("light", light.address(), ""),
        account("bank", ""),
        route("to = [{ link = \"heavy\", weight = 3 }, { link = \"light\", weight = 1 }]"),
    ])
    .await;
    heavy.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();
    light.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();
    let bank = gateway.bind("bank").await;
    for number in 0..200 {
        let to = format!("62811{:06}", number / 2);
        bank.submit(&to, "BANK", "hello", true).await.unwrap();
    }
    for _ in 0..200 {
        assert_eq!(bank.next_receipt(SOON).await.unwrap().state, Some(State::Delivered));
    }
    let (heavy, light) = (destinations(&heavy), destinations(&light));
    // 75 are expected, the standard deviation is 4.3; the shares are the same in every run.
    assert!((60..=90).contains(&heavy.len()), "{} of 100", heavy.len());
    assert_eq!(heavy.len() + light.len(), 100, "a conversation stays with its SMSC");
    assert!(heavy.values().chain(light.values()).all(|&count| count == 2));
}

#[tokio::test]
async fn what_waits_for_an_smsc_that_stays_away_moves_to_the_other() {
    let (first, second) = (free_address(), free_address());
    let gateway = TestGateway::with([
        smsc("first", first, "failover_s = 1"),
        smsc("second", second, "failover_s = 600"),
        account("bank", ""),
        route("to = [{ link = \"first\", weight = 1000000 }, \"second\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    let mut texts = Vec::new();
    for number in 0..30 {
        texts.push(format!("text {number}"));
        bank.submit(ANI, "BANK", &texts[number], true).await.unwrap();
    }
    assert_eq!(gateway.waiting("first").await, 30);

    let second = centre_at(second).await;

    assert_eq!(second.texts_when(30).await, texts);
    // What comes now does not even wait.
    bank.submit(ANI, "BANK", "one more", true).await.unwrap();
    assert_eq!(second.texts_when(31).await[30], "one more");
}

/// Part `number` of two of one message that says so by TLV, and of one that says so by its header.
fn parts(number: u8) -> [ShortMessage; 2] {
    let mut by_tlv = message(ANI, "BANK", &format!("by TLV {number}"));
    by_tlv.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 7);
    by_tlv.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, 2);
    by_tlv.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
    let by_header = [&[5, 0, 3, 7, 2, number][..], b"by header"].concat();
    let by_header =
        ShortMessage { esm_class: 0x40, short_message: by_header.into(), ..message(ANI, "BANK", "") };
    [by_tlv, by_header]
}

#[tokio::test]
async fn parts_of_an_esme_wait_for_the_smsc_of_the_first() {
    // N-4
    parts_wait_together([1, 2]).await;
}

#[tokio::test]
async fn the_first_part_waits_for_the_smsc_of_one_that_came_before_it() {
    // N-4
    parts_wait_together([2, 1]).await;
}

/// Parts of two messages in this order, between which the other SMSC comes.
async fn parts_wait_together([before, after]: [u8; 2]) {
    let (first, second) = (free_address(), free_address());
    let gateway = TestGateway::with([
        smsc("first", first, "failover_s = 600"),
        smsc("second", second, "failover_s = 600"),
        account("bank", ""),
        route("to = [{ link = \"first\", weight = 1000000 }, \"second\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;
    for part in parts(before) {
        bank.submit_pdu(part).await.unwrap();
    }
    let second = centre_at(second).await;
    until("others go to the second", async || {
        bank.submit(ANI, "BANK", "another", false).await.unwrap();
        !second.submits().is_empty()
    })
    .await;
    let waiting = gateway.waiting("first").await;

    for part in parts(after) {
        bank.submit_pdu(part).await.unwrap();
    }

    assert_eq!(gateway.waiting("first").await, waiting + 2);
    assert!(second.submits().iter().all(|submit| &submit.message.short_message[..] == b"another"));
    let first = centre_at(first).await;
    assert_eq!(first.submits_when(waiting as usize + 2, SOON).await.unwrap().len(), waiting as usize + 2);
}

#[tokio::test]
async fn without_a_route_it_is_refused() {
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        route("match = { prefix = \"62\" }\nto = [\"telco\"]"),
    ])
    .await;
    let bank = gateway.bind("bank").await;

    let refused = bank.submit("46700000001", "BANK", "hello", true).await;
    let answer =
        gateway.caller("bank").post(json!({ "to": "+46700000001", "from": "BANK", "text": "hello" })).await;

    assert_eq!(refused, Err(SubmitError::Refused(CommandStatus::INVDSTADR)));
    assert_eq!((answer.status, &answer.body["code"]), (422, &json!("no_route")));
    bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    assert_eq!(telco.texts_when(1).await, ["hello"]);
}
