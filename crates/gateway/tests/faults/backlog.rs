//! FLT-14: the process is killed with a backlog, and comes back to an SMSC that was away.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use simulator::{Esme, EsmeConfig, Load, Smsc, SmscConfig, address};
use smpp::{CString, ShortMessage};
use sms::State;

use crate::checker::History;
use crate::harness::{ANI, PASSWORD, SOON, Texts, account, free_address, route, smsc, until};
use crate::program::Program;

/// How much waits when it is killed.
struct Plan {
    bulk: u64,
    urgent: usize,
    stale: usize,
}

// INV-1, INV-3, INV-4, INV-10, INV-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_14_a_backlog_outlives_a_kill_and_what_is_urgent_goes_first() {
    run(Plan { bulk: 20_000, urgent: 50, stale: 100 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute"]
async fn flt_14_a_backlog_of_half_a_million_outlives_a_kill() {
    run(Plan { bulk: 500_000, urgent: 1000, stale: 2000 }).await;
}

async fn run(plan: Plan) {
    let away = free_address();
    let mut program = Program::start([
        // One session: what two say at the same time has no order.
        smsc("telco", away, "sessions = 1\nwindow = 50"),
        account("shop", "window = 50\nmax_binds = 4"),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ]);
    program.ready().await;
    let bulk = bulk(&program, &plan).start().unwrap();
    until("the backlog", async || bulk.progress().accepted == plan.bulk).await;
    let bank = bind(&program).await;
    let mut expected = submit(&bank, "urgent", plan.urgent, State::Delivered).await;
    let stale_since = Instant::now();
    expected.extend(submit(&bank, "stale", plan.stale, State::Expired).await);
    assert!(stale_since.elapsed() < STALE_AFTER, "too slow a machine: they expire before the kill");

    program.kill();
    drop(bank);
    until("they expire while nobody is there", async || stale_since.elapsed() > STALE_AFTER + SECOND).await;
    let log_max = 2 * (plan.bulk as usize + plan.urgent);
    let telco = Smsc::start(SmscConfig { listen: away, log_max, ..SmscConfig::default() }).await.unwrap();
    let start = Instant::now();
    program.start_again();
    program.ready().await;
    let took = start.elapsed();

    assert!(took < RESTART_MAX, "back after {took:?}");
    let bank = bind(&program).await;
    assert_eq!(receipts(&bank, expected.len()).await, expected, "the owners are told");
    let report = bulk.finish().await;
    assert_eq!((report.accepted, report.unsettled), (plan.bulk, 0), "{report:?}");
    assert_eq!(report.without_receipt, 0, "{report:?}");
    check_order(&telco.texts(), &plan);
    drop(bank);
    let records = program.records_when_idle("shop").await;
    History::new(report, &telco, records).check();
}

fn bulk(program: &Program, plan: &Plan) -> Load {
    let esme = EsmeConfig { window: 50, ..EsmeConfig::at(program.smpp_address(), "shop", PASSWORD) };
    Load { messages: plan.bulk, sessions: 4, reconnect: true, body_octets: 60, ..Load::new(esme) }
}

async fn bind(program: &Program) -> Esme {
    Esme::bind(EsmeConfig::at(program.smpp_address(), "bank", PASSWORD)).await.unwrap()
}

/// The ids of messages that shall end in this state: urgent ones, or ones that are not valid for long.
async fn submit(bank: &Esme, text: &'static str, count: usize, state: State) -> BTreeMap<String, State> {
    let is_stale = state == State::Expired;
    let message = ShortMessage {
        source: address("BANK").unwrap(),
        destination: address(ANI).unwrap(),
        registered_delivery: 1,
        priority_flag: 3,
        validity_period: CString::clipped(if is_stale { b"000000000005000R" } else { b"" }),
        short_message: text.into(),
        ..ShortMessage::default()
    };
    let submits = (0..count).map(|_| bank.submit_pdu(message.clone()));
    let ids = futures_util::future::join_all(submits).await;
    ids.into_iter().map(|id| (id.unwrap(), state)).collect()
}

/// The states that the next receipts tell.
async fn receipts(bank: &Esme, count: usize) -> BTreeMap<String, State> {
    let mut told = BTreeMap::new();
    while told.len() < count {
        let receipt = bank.next_receipt(SOON).await.unwrap();
        told.insert(receipt.message_id, receipt.state.unwrap());
    }
    told
}

/// What is urgent came before all that waited longer; what had expired did not come.
fn check_order(texts: &[String], plan: &Plan) {
    let first_bulk = texts.iter().position(|text| text != "urgent").unwrap();
    assert_eq!(first_bulk, plan.urgent, "urgent messages before the first other one");
    assert!(texts.iter().all(|text| text != "stale"), "INV-10: an expired message left");
    assert!(texts.len() >= plan.urgent + plan.bulk as usize);
}

/// The validity of stale messages.
const STALE_AFTER: Duration = Duration::from_secs(5);
const RESTART_MAX: Duration = Duration::from_secs(5);
/// Times of SMPP have seconds, and the submissions took a part of one.
const SECOND: Duration = Duration::from_secs(1);
