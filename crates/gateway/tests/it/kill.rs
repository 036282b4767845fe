//! The whole program, killed in the middle of its work, three times.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use simulator::{Audit, EsmeConfig, Load, LoadReport, LoadRun, Serial, Smsc, SmscConfig};
use tempfile::TempDir;

use crate::harness::{PASSWORD, account, free_address, route, smsc, until};

const MESSAGES: u64 = 100_000;
const KILLS: u64 = 3;
const SMSC_SESSIONS: u64 = 2;
const SMSC_WINDOW: u64 = 100;
const ESME_SESSIONS: u64 = 4;
const ESME_WINDOW: u64 = 50;
/// What can be in flight at the kills, towards the SMSC and towards the ESME or from it.
const TO_SMSC: u64 = SMSC_SESSIONS * SMSC_WINDOW * KILLS;
const TO_ESME: u64 = ESME_SESSIONS * ESME_WINDOW * KILLS;

/// `estafet serve` as a process of its own.
pub(crate) struct Program {
    dir: TempDir,
    process: Child,
}

impl Program {
    pub(crate) fn start(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = format!("data_dir = \"{}\"\n", dir.path().join("data").display());
        std::fs::write(dir.path().join("estafet.toml"), data_dir + config).unwrap();
        Self { process: serve(dir.path()), dir }
    }

    /// SIGKILL, and on again in the same directory.
    pub(crate) fn kill_and_start(&mut self) {
        self.kill();
        self.process = serve(self.dir.path());
    }

    fn kill(&mut self) {
        assert_eq!(self.process.try_wait().unwrap(), None, "{}", self.log());
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(dir: &Path) -> Child {
    let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_estafet"));
    command.args(["serve", "--log-level", "warn", "--config"]).arg(dir.join("estafet.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn config(smpp: SocketAddr, telco: SocketAddr) -> String {
    let shape = format!("sessions = {SMSC_SESSIONS}\nwindow = {SMSC_WINDOW}");
    [
        format!("[smpp]\nlisten = \"{smpp}\"\n"),
        smsc("telco", telco, &shape),
        account("bank", &format!("window = {ESME_WINDOW}")),
        route("to = [\"telco\"]"),
    ]
    .concat()
}

fn load(smpp: SocketAddr) -> LoadRun {
    let esme = EsmeConfig { window: ESME_WINDOW as usize, ..EsmeConfig::at(smpp, "bank", PASSWORD) };
    let load = Load {
        messages: MESSAGES,
        sessions: ESME_SESSIONS as usize,
        reconnect: true,
        resubmit_unknown: true,
        ..Load::new(esme)
    };
    load.start().unwrap()
}

/// What came twice: counted by what was sent, so that three times is two too many.
fn duplicates(telco: &Smsc) -> u64 {
    let tally = telco.tally();
    let serials = (0..MESSAGES).flat_map(|number| [false, true].map(|again| Serial { number, again }));
    serials.map(|serial| u64::from(tally.count(serial).saturating_sub(1))).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let telco =
        Smsc::start(SmscConfig { serials_max: MESSAGES as usize, ..SmscConfig::default() }).await.unwrap();
    let smpp = free_address();
    let mut program = Program::start(&config(smpp, telco.address()));
    let run = load(smpp);
    for kill in 1..=KILLS {
        let share = MESSAGES * kill / (KILLS + 1);
        until("a share is accepted", async || run.progress().accepted >= share).await;
        program.kill_and_start();
    }
    until("all is accepted", async || run.progress().accepted + run.progress().refused >= MESSAGES).await;

    let report = run.finish().await;

    let audit = Audit::of(&report, &telco.tally());
    let duplicates = duplicates(&telco);
    print_figures(&report, &audit, duplicates);
    check(&report, &audit, duplicates);
    assert!(!program.log().contains("ERROR"), "{}", program.log());
}

fn check(report: &LoadReport, audit: &Audit, duplicates: u64) {
    assert_eq!((report.accepted, report.unsettled), (MESSAGES, 0));
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    assert_eq!(audit.lost_count, 0, "{:?}", audit.lost);
    assert_eq!(audit.arrived, MESSAGES);
    assert_eq!(report.without_receipt, 0, "{:?}", report.ids_without_receipt);
    assert!(duplicates <= TO_SMSC, "{duplicates} came twice, {TO_SMSC} were in flight");
    assert!(report.receipts_twice <= TO_ESME, "{} receipts came twice", report.receipts_twice);
    // What the ESME did not get an answer for is its own to repeat, and a message of its own then.
    assert!(report.unknown <= TO_ESME, "{} were not answered", report.unknown);
    assert_eq!(report.resubmitted, report.unknown);
    assert!(
        report.receipts_unmatched <= audit.unknown_arrived,
        "{} receipts for nothing",
        report.receipts_unmatched
    );
    assert_eq!((audit.refused_arrived, report.messages_in), (0, 0));
}

#[expect(clippy::print_stdout, reason = "the figures are what somebody runs it for")]
fn print_figures(report: &LoadReport, audit: &Audit, duplicates: u64) {
    println!(
        "{} accepted of {} submitted in {:.1} s, {} killed on the way\n\
         arrived {}, lost {}, twice {duplicates} of at most {TO_SMSC}\n\
         not answered {}, of which {} arrived; sent again as new {}\n\
         receipts {:?}, missing {}, twice {} of at most {TO_ESME}, for nothing {}",
        report.accepted,
        report.submitted,
        report.elapsed.as_secs_f64(),
        KILLS,
        audit.arrived,
        audit.lost_count,
        report.unknown,
        audit.unknown_arrived,
        report.resubmitted,
        report.receipts,
        report.without_receipt,
        report.receipts_twice,
        report.receipts_unmatched,
    );
}
