//! The process is killed while messages are cancelled and replaced: what was promised by then holds.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use simulator::{Smsc, SmscConfig, address};
use smpp::{Body, CString, CancelSm, CommandStatus, ReplaceSm, ShortMessage};
use sms::State;
use store::Record;
use store::conformance::history::contradictions;

use crate::harness::{Texts, account, free_address, message, route, smsc};
use crate::killed::seed;
use crate::program::Program;
use crate::wire::Line;

/// What the owner wants of a message, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Cancelled,
    Replaced,
    Left,
}

impl Wish {
    const fn of(number: u32) -> Self {
        match number % 3 {
            0 => Self::Cancelled,
            1 => Self::Replaced,
            _ => Self::Left,
        }
    }
}

// FLT-1, INV-1, INV-4, INV-9
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_1_what_was_taken_back_before_a_kill_never_leaves_after_it() {
    let seed = seed();
    // Shown when it fails.
    eprintln!("ESTAFET_FAULT_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let away = free_address();
    let mut program =
        Program::start([smsc("telco", away, ""), account("bank", "window = 500"), route("to = [\"telco\"]")]);
    program.ready().await;
    let ids = submit(&program).await;
    let mut promised = BTreeSet::new();
    for round in 0..KILLS {
        let numbers =
            (0..MESSAGES).filter(|number| number % KILLS == round && Wish::of(*number) != Wish::Left);
        let numbers: Vec<u32> = numbers.collect();
        let mut bank = Line::bind(program.smpp_address(), "bank").await;
        for &number in &numbers {
            bank.say(SEQUENCE_FIRST + number, wish(number, &ids)).await;
        }
        let answers = random.random_range(1..numbers.len());
        for _ in 0..answers {
            promised.insert(answered(bank.next().await));
        }
        program.kill();
        while let Some(pdu) = bank.next_or_end().await {
            promised.insert(answered(pdu));
        }
        program.start_again();
        program.ready().await;
    }

    let telco = Smsc::start(SmscConfig { listen: away, log_max: MESSAGES as usize, ..SmscConfig::default() })
        .await
        .unwrap();
    let records = program.records_when_idle("bank").await;
    assert!(promised.len() >= KILLS as usize, "{} answers", promised.len());
    check(&promised, &telco.texts(), &records);
}

/// All messages, which wait; their ids by number.
async fn submit(program: &Program) -> BTreeMap<u32, CString<64>> {
    let mut bank = Line::bind(program.smpp_address(), "bank").await;
    for number in 0..MESSAGES {
        let text = format!("one {number}");
        let pdu = ShortMessage { registered_delivery: 0, ..message(&destination(number), "BANK", &text) };
        bank.say(SEQUENCE_FIRST + number, Body::SubmitSm(pdu)).await;
    }
    let mut ids = BTreeMap::new();
    while ids.len() < MESSAGES as usize {
        let pdu = bank.next().await;
        let Body::SubmitSmResp(response) = pdu.body else { panic!("{:?}", pdu.body) };
        assert_eq!(pdu.status, CommandStatus::OK);
        ids.insert(pdu.sequence - SEQUENCE_FIRST, response.message_id);
    }
    ids
}

fn wish(number: u32, ids: &BTreeMap<u32, CString<64>>) -> Body {
    let (message_id, source) = (ids[&number].clone(), address("BANK").unwrap());
    match Wish::of(number) {
        Wish::Cancelled => Body::CancelSm(CancelSm { message_id, source, ..CancelSm::default() }),
        _ => {
            let short_message = format!("two {number}").into();
            Body::ReplaceSm(ReplaceSm { message_id, source, short_message, ..ReplaceSm::default() })
        }
    }
}

/// Which message was cancelled or replaced.
fn answered(pdu: smpp::Pdu) -> u32 {
    assert!(matches!(pdu.body, Body::CancelSmResp | Body::ReplaceSmResp), "{:?}", pdu.body);
    assert_eq!(pdu.status, CommandStatus::OK, "it waits");
    pdu.sequence - SEQUENCE_FIRST
}

/// INV-9: what was promised is so; what was not is as it was or as it was wanted.
fn check(promised: &BTreeSet<u32>, texts: &[String], records: &[Record]) {
    assert_eq!(records.len(), MESSAGES as usize);
    let mut came: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for text in texts {
        let (edition, number) = text.split_once(' ').unwrap();
        came.entry(number.parse().unwrap()).or_default().push(edition);
    }
    for record in records {
        assert_eq!(contradictions(record), Vec::<String>::new());
        let number = number_of(record);
        let came = came.get(&number).map(Vec::as_slice).unwrap_or_default();
        let (left, cancelled) = (record.state == State::HandedOver, record.state == State::Deleted);
        let is_right = match (Wish::of(number), promised.contains(&number)) {
            (Wish::Cancelled, true) => cancelled && came.is_empty(),
            (Wish::Cancelled, false) => cancelled && came.is_empty() || left && came == ["one"],
            (Wish::Replaced, true) => left && came == ["two"],
            (Wish::Replaced, false) => left && (came == ["one"] || came == ["two"]),
            (Wish::Left, _) => left && came == ["one"],
        };
        assert!(is_right, "INV-9: {number} ended as {:?} and came as {came:?}", record.state);
    }
}

fn destination(number: u32) -> String {
    (DESTINATION_FIRST + u64::from(number)).to_string()
}

fn number_of(record: &Record) -> u32 {
    let destination: u64 = std::str::from_utf8(&record.destination.value).unwrap().parse().unwrap();
    u32::try_from(destination - DESTINATION_FIRST).unwrap()
}

const MESSAGES: u32 = 480;
const KILLS: u32 = 4;
const SEQUENCE_FIRST: u32 = 2;
const DESTINATION_FIRST: u64 = 628_110_000_000;
