//! FLT-6: an SMSC that answers never, late, twice, in any order, or what was not asked.

use simulator::Esme;
use smpp::{Body, MessageResp};
use sms::State;
use tokio::net::TcpListener;

use crate::checker::{assert_idle, unknown_outcomes};
use crate::harness::{ANI, SOON, TestGateway, account, route, smsc};
use crate::wire::Line;

const WINDOW: usize = 5;

/// A gateway with a window of 5 towards an SMSC that the test leads by hand.
async fn by_hand(more: &str) -> (TestGateway, Esme, Line) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let more = format!("window = {WINDOW}\n{more}");
    let gateway = TestGateway::with([
        smsc("telco", listener.local_addr().unwrap(), &more),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let line = Line::bound_by_gateway(&listener).await;
    let bank = gateway.bind("bank").await;
    (gateway, bank, line)
}

/// Submits numbers as texts and returns their ids.
async fn submit(bank: &Esme, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(bank.submit(ANI, "BANK", &number.to_string(), true).await.unwrap());
    }
    ids
}

/// How the message with this number ends.
fn end_of(number: usize) -> State {
    if number.is_multiple_of(3) { State::Undeliverable } else { State::Delivered }
}

/// Sends the receipts of all, the last first, and looks whether each owner hears of its own.
async fn receipts_fit(bank: &Esme, line: &mut Line, ids: &[String]) {
    for number in (0..ids.len()).rev() {
        line.receipt_taken(&format!("remote-{number}"), end_of(number)).await;
        let receipt = bank.next_receipt(SOON).await.unwrap();
        assert_eq!((&receipt.message_id, receipt.state), (&ids[number], Some(end_of(number))));
    }
}

// INV-1, INV-3, W-1
#[tokio::test]
async fn flt_6_answers_in_any_order_twice_and_to_nothing() {
    let (gateway, bank, mut line) = by_hand("").await;
    let ids = submit(&bank, 3 * WINDOW).await;

    for round in 0..3 {
        // All five come at once: no place of the window was lost in the round before.
        let mut submits = line.submits(WINDOW).await;
        let expected: Vec<String> =
            (round * WINDOW..).take(WINDOW).map(|number| number.to_string()).collect();
        assert_eq!(submits.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>(), expected);
        submits.reverse();
        let (first, _) = submits[0];
        line.answer(first + 10_000, "nobody").await;
        line.say(first + 10_001, Body::SubmitSmResp(MessageResp::default())).await;
        for (sequence, text) in submits {
            line.answer(sequence, &format!("remote-{text}")).await;
            line.answer(sequence, "second-answer").await;
        }
    }

    receipts_fit(&bank, &mut line, &ids).await;
    let status = gateway.settled().await;
    assert_idle(&status);
    assert_eq!((status.possible_duplicates_total, status.unmatched_receipts), (0, 0));
}

// INV-3, INV-4, M-3
#[tokio::test]
async fn flt_6_what_is_never_answered_gives_its_place_back() {
    let (gateway, bank, mut line) = by_hand("response_timeout_s = 1\non_unknown = \"hold\"").await;
    let ids = submit(&bank, 2 * WINDOW).await;

    let unanswered = line.submits(WINDOW).await;
    let answered = line.submits(WINDOW).await;

    assert_eq!(answered.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["5", "6", "7", "8", "9"]);
    for (sequence, text) in answered.iter().rev().chain(&unanswered) {
        line.answer(*sequence, &format!("remote-{text}")).await;
    }
    receipts_fit(&bank, &mut line, &ids).await;
    let status = gateway.settled().await;
    assert_idle(&status);
    assert_eq!(status.possible_duplicates_total, 0, "what is held is not sent again");
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(unknown_outcomes(&gateway.record(id).await), usize::from(number < WINDOW));
    }
}

// INV-4, M-3
#[tokio::test]
async fn flt_6_what_is_never_answered_is_sent_again_once_per_unknown_outcome() {
    let (gateway, bank, mut line) = by_hand("response_timeout_s = 1").await;
    let ids = submit(&bank, WINDOW).await;
    line.submits(WINDOW).await;

    for (sequence, text) in line.submits(WINDOW).await {
        line.answer(sequence, &format!("remote-{text}")).await;
    }

    receipts_fit(&bank, &mut line, &ids).await;
    let status = gateway.settled().await;
    assert_idle(&status);
    assert_eq!(status.possible_duplicates_total, WINDOW as u64);
    for id in &ids {
        assert_eq!(unknown_outcomes(&gateway.record(id).await), 1);
    }
}
