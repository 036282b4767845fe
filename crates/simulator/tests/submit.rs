//! An ESME submits to a message centre that does things right, and wrong.
#![allow(clippy::unwrap_used)]

mod operator;

use std::pin::pin;
use std::time::Duration;

use operator::{SOON, bank, centre};
use simulator::{Every, Fates, Faults, IdForm, ReceiptPath, SmscConfig, SubmitError};
use smpp::{BindMode, CommandStatus};
use sms::State;

#[tokio::test]
async fn a_message_reaches_its_handset_and_its_receipt_the_esme() {
    //
    let smsc = centre(SmscConfig { log_max: 10, ..SmscConfig::default() }).await;
    let handset = smsc.handset("+6281111");
    let esme = bank(&smsc).await;
    let id = esme.submit("6281111", "1234", "Hej på dig €", true).await.unwrap();
    let receipt = esme.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.message_id, receipt.state), (id.clone(), Some(State::Delivered)));
    assert_eq!((receipt.from.as_str(), receipt.to.as_str()), ("6281111", "1234"));
    let message = handset.next_message(SOON).await.unwrap();
    assert_eq!((message.from.as_str(), message.text.as_str()), ("1234", "Hej på dig €"));
    assert_eq!(handset.inbox(), [message]);
    let submits = smsc.submits();
    assert_eq!((submits.len(), submits[0].message_id.as_str()), (1, id.as_str()));
    let stats = smsc.stats_when(SOON, |stats| stats.receipts_acknowledged == 1).await.unwrap();
    assert_eq!((stats.submits, stats.accepted, stats.sessions, stats.waiting), (1, 1, 1, 0));
}

#[tokio::test]
async fn ids_are_written_in_the_form_that_is_asked_for() {
    //
    for (form, response, told) in [
        (IdForm::Decimal, "00048879", "00048879"),
        (IdForm::Hex, "BEEF", "BEEF"),
        (IdForm::HexThenDecimal, "beef", "0000048879"),
        (IdForm::Text, "mc-0000beef-q", "mc-0000beef-q"),
    ] {
        let smsc =
            centre(SmscConfig { id_form: form, first_id: Some(48_879), ..SmscConfig::default() }).await;
        let esme = bank(&smsc).await;
        assert_eq!(esme.submit("6281111", "1234", "hi", true).await.unwrap(), response);
        assert_eq!(esme.next_receipt(SOON).await.unwrap().message_id, told);
    }
}

#[tokio::test]
async fn submissions_are_refused_as_told() {
    // W-2
    let faults = Faults {
        throttle: Every::nth(3),
        status: Some((Every::nth(4), CommandStatus::SUBMITFAIL)),
        ..Faults::default()
    };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let esme = bank(&smsc).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(esme.submit("6281111", "1234", "hi", false).await.err());
    }
    let throttled = Some(SubmitError::Refused(CommandStatus::THROTTLED));
    assert_eq!(answers, [None, None, throttled, Some(SubmitError::Refused(CommandStatus::SUBMITFAIL))]);
    smsc.set_faults(Faults::default());
    for _ in 0..4 {
        esme.submit("6281111", "1234", "hi", false).await.unwrap();
    }
    let stats = smsc.stats();
    assert_eq!((stats.submits, stats.accepted, stats.throttled, stats.refused), (8, 6, 1, 1));
}

#[tokio::test]
async fn fates_become_receipts() {
    let fates = Fates { by_suffix: vec![("13".to_owned(), State::Undeliverable)], ..Fates::default() };
    let smsc = centre(SmscConfig { fates, ..SmscConfig::default() }).await;
    let handset = smsc.handset("628113");
    let esme = bank(&smsc).await;
    esme.submit("628113", "1234", "hi", true).await.unwrap();
    let receipt = esme.next_receipt(SOON).await.unwrap();
    assert_eq!((receipt.state, receipt.error), (Some(State::Undeliverable), 11));
    assert_eq!(handset.inbox(), []);
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_the_others_alone() {
    // M-3, W-5
    let faults = Faults { silent: Every::nth(2), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, window: 1, ..SmscConfig::default() }).await;
    let mut config = operator::config(&smsc);
    config.response_timeout = Duration::from_millis(50);
    config.window = 1;
    let esme = simulator::Esme::bind(config).await.unwrap();
    for count in 1..=6 {
        let answer = esme.submit("6281111", "1234", "hi", true).await;
        let expected = if count % 2 == 0 { Some(SubmitError::NotAnswered) } else { None };
        assert_eq!(answer.err(), expected, "submission {count}");
    }
    for _ in 0..6 {
        esme.next_receipt(SOON).await.unwrap();
    }
    assert_eq!((smsc.stats().accepted, smsc.stats().unanswered), (6, 3));
}

#[tokio::test]
async fn a_cut_connection_leaves_the_outcome_unknown() {
    let faults = Faults { drop: Every::nth(2), ..Faults::default() };
    let smsc = centre(SmscConfig { faults, ..SmscConfig::default() }).await;
    let esme = bank(&smsc).await;
    esme.submit("6281111", "1234", "hi", false).await.unwrap();
    assert_eq!(esme.submit("6281111", "1234", "hi", false).await, Err(SubmitError::Lost));
    assert!(esme.over(SOON).await && esme.is_over());
    assert_eq!(esme.submit("6281111", "1234", "hi", false).await, Err(SubmitError::NotBound));
    let stats = smsc.stats_when(SOON, |stats| stats.sessions == 0).await.unwrap();
    assert_eq!((stats.accepted, stats.cut), (1, 1));
}

#[tokio::test]
async fn a_receipt_may_come_first_and_twice_and_never() {
    //
    let faults = Faults {
        receipt_first: Every::nth(2),
        receipt_twice: Every::nth(3),
        receipt_lost: Every::nth(5),
        answer_delay: Duration::from_millis(100),
        ..Faults::default()
    };
    let delay = Duration::from_millis(50);
    let config =
        SmscConfig { faults, receipt_delay_min: delay, receipt_delay_max: delay, ..SmscConfig::default() };
    let smsc = centre(config).await;
    let esme = bank(&smsc).await;
    for count in 1..=5 {
        let mut submitted = pin!(esme.submit("6281111", "1234", "hi", true));
        let (id, early) = tokio::select! {
            receipt = esme.next_receipt(SOON) => (submitted.await.unwrap(), receipt),
            id = &mut submitted => (id.unwrap(), None),
        };
        let expected = (count == 2 || count == 4).then(|| id.clone());
        assert_eq!(early.map(|receipt| receipt.message_id), expected, "submission {count}");
        let receipts = match count {
            2 | 4 | 5 => 0,
            3 => 2,
            _ => 1,
        };
        for _ in 0..receipts {
            assert_eq!(esme.next_receipt(SOON).await.unwrap().message_id, id);
        }
    }
    let stats = smsc.stats_when(SOON, |stats| stats.receipts_acknowledged == 5).await.unwrap();
    assert_eq!((stats.receipts_sent, stats.waiting), (5, 0));
}

#[tokio::test]
async fn a_receipt_comes_by_the_receiver_when_a_transmitter_submitted() {
    // S-8
    for path in [ReceiptPath::Submitter, ReceiptPath::RoundRobin] {
        let smsc = centre(SmscConfig { receipt_path: path, ..SmscConfig::default() }).await;
        let with = |mode| simulator::EsmeConfig { mode, ..operator::config(&smsc) };
        let transmitter = simulator::Esme::bind(with(BindMode::Transmitter)).await.unwrap();
        let id = transmitter.submit("6281111", "1234", "hi", true).await.unwrap();
        let receiver = simulator::Esme::bind(with(BindMode::Receiver)).await.unwrap();
        assert_eq!(receiver.next_receipt(SOON).await.unwrap().message_id, id);
        assert_eq!(receiver.submit("6281111", "1234", "hi", true).await, Err(SubmitError::NotBound));
    }
}

#[tokio::test]
async fn receipts_survive_the_session_that_submitted() {
    // S-8
    let delay = Duration::from_millis(50);
    let config = SmscConfig { receipt_delay_min: delay, receipt_delay_max: delay, ..SmscConfig::default() };
    let smsc = centre(config).await;
    let esme = bank(&smsc).await;
    let id = esme.submit("6281111", "1234", "hi", true).await.unwrap();
    smsc.cut();
    assert!(esme.over(SOON).await);
    let again = bank(&smsc).await;
    assert_eq!(again.next_receipt(SOON).await.unwrap().message_id, id);
}

#[tokio::test]
async fn a_full_inbox_delays_receipts_and_loses_none() {
    let smsc = centre(SmscConfig::default()).await;
    let config = simulator::EsmeConfig { inbox_max: 1, ..operator::config(&smsc) };
    let esme = simulator::Esme::bind(config).await.unwrap();
    for _ in 0..2 {
        esme.submit("6281111", "1234", "hi", true).await.unwrap();
    }
    smsc.stats_when(SOON, |stats| stats.receipts_sent >= 2 && stats.receipts_acknowledged == 1)
        .await
        .unwrap();
    for _ in 0..2 {
        esme.next_receipt(SOON).await.unwrap();
    }
    let stats = smsc.stats_when(SOON, |stats| stats.waiting == 0).await.unwrap();
    assert_eq!((stats.receipts_acknowledged, stats.receipts_refused), (2, 0));
}
