//! FLT-1: the process is killed at instants that a seed chooses.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use simulator::{EsmeConfig, Load, LoadRun, Smsc, SmscConfig};

use crate::checker::History;
use crate::harness::{PASSWORD, account, route, smsc, until};
use crate::program::Program;

/// How often it is killed, and under how much.
struct Plan {
    kills: usize,
    messages: u64,
}

// INV-1, INV-3, INV-4, INV-10, INV-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_1_killed_at_eight_instants() {
    run(Plan { kills: 8, messages: 20_000 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute"]
async fn flt_1_killed_at_two_hundred_instants() {
    run(Plan { kills: 200, messages: 400_000 }).await;
}

async fn run(plan: Plan) {
    let seed = seed();
    // Shown when it fails.
    eprintln!("ESTAFET_FAULT_SEED={seed}");
    let log_max = 2 * plan.messages as usize;
    let telco = Smsc::start(SmscConfig { log_max, ..SmscConfig::default() }).await.unwrap();
    let mut program = Program::start([
        smsc("telco", telco.address(), "sessions = 2\nwindow = 100"),
        account("bank", "window = 50"),
        route("to = [\"telco\"]"),
    ]);
    let load = load(&program, plan.messages);
    for instant in instants(&plan, seed) {
        until("the instant", async || load.progress().accepted >= instant).await;
        program.kill_and_start();
        back_in_time(&program).await;
    }

    let report = load.finish().await;

    assert_eq!((report.accepted, report.unsettled), (plan.messages, 0), "{report:?}");
    assert_eq!(report.without_receipt, 0, "{report:?}");
    let owed = plan.kills as u64 * ESME_WINDOWS;
    assert!(report.receipts_twice <= owed, "{} receipts twice", report.receipts_twice);
    assert!(!program.log().contains("ERROR"), "{}", program.log());
    let records = program.records_when_idle("bank").await;
    History::new(report, &telco, records).check();
}

fn load(program: &Program, messages: u64) -> LoadRun {
    let esme = EsmeConfig { window: ESME_WINDOW, ..EsmeConfig::at(program.smpp_address(), "bank", PASSWORD) };
    let load = Load {
        messages,
        sessions: ESME_SESSIONS,
        reconnect: true,
        resubmit_unknown: true,
        body_octets: 60,
        ..Load::new(esme)
    };
    load.start().unwrap()
}

/// After how many accepted messages it is killed.
fn instants(plan: &Plan, seed: u64) -> BTreeSet<u64> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut instants = BTreeSet::new();
    while instants.len() < plan.kills {
        instants.insert(random.random_range(1..plan.messages));
    }
    instants
}

async fn back_in_time(program: &Program) {
    let since = Instant::now();
    program.ready().await;
    assert!(since.elapsed() < RESTART_MAX, "back after {:?}", since.elapsed());
}

/// What chooses the instants.
pub(crate) fn seed() -> u64 {
    std::env::var("ESTAFET_FAULT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

const RESTART_MAX: Duration = Duration::from_secs(5);
/// What the ESME can owe answers for at a kill: the windows of its sessions.
const ESME_WINDOWS: u64 = (ESME_SESSIONS * ESME_WINDOW) as u64;
const ESME_SESSIONS: usize = 4;
const ESME_WINDOW: usize = 50;
