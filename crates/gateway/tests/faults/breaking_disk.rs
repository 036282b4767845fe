//! FLT-3 end to end: the disk refuses to take more; a limit on the size of files stands in for it.

use serde_json::json;
use simulator::{Esme, EsmeConfig, Smsc, SmscConfig, SubmitError};
use smpp::CommandStatus;

use crate::harness::{ANI, PASSWORD, SOON, account, route, smsc, until};
use crate::program::Program;

// INV-1, DUR-2
// no store
#[tokio::test]
async fn flt_3_a_failed_write_ends_all_oks_and_loses_none() {
    let telco = Smsc::start(SmscConfig { log_max: LOG_MAX, ..SmscConfig::default() }).await.unwrap();
    // The signal would end the process; ignored, the write fails.
    let mut program = Program::start_with(
        "trap '' XFSZ; ulimit -f 1024",
        "",
        [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")],
    );
    program.ready().await;
    let bank = Esme::bind(EsmeConfig::at(program.smpp_address(), "bank", PASSWORD)).await.unwrap();

    let accepted = submit_until_refused(&bank).await;

    until("it is red", async || program.get("/healthz").await.is_some_and(|(status, _)| status == 503)).await;
    assert_eq!(program.get("/readyz").await.unwrap().0, 503);
    let by_http = program.caller("bank").post(json!({ "to": ANI, "from": "BANK", "text": "hello" })).await;
    assert_eq!(by_http.status, 503, "{by_http:?}");
    let again = bank.submit(ANI, "BANK", "hello", true).await;
    assert_eq!(again, Err(SubmitError::Refused(CommandStatus::SYSERR)));
    drop(bank);

    program.kill_and_start();

    program.ready().await;
    let bank = Esme::bind(EsmeConfig::at(program.smpp_address(), "bank", PASSWORD)).await.unwrap();
    bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    let arrived = async || {
        let submits = telco.submits();
        accepted.iter().all(|text| submits.iter().any(|submit| submit.message.short_message == *text))
    };
    until("every OK arrived", arrived).await;
    assert!(bank.next_receipt(SOON).await.is_some());
    drop(bank);
}

/// The texts that were answered OK, until one is answered ESME_RSYSERR.
async fn submit_until_refused(bank: &Esme) -> Vec<String> {
    let mut accepted = Vec::new();
    for number in 0..SUBMITS_MAX {
        let text = format!("{number:09} {}", "x".repeat(140));
        match bank.submit(ANI, "BANK", &text, false).await {
            Ok(_) => accepted.push(text),
            Err(SubmitError::Refused(CommandStatus::SYSERR)) => return accepted,
            Err(error) => panic!("after {}: {error}", accepted.len()),
        }
    }
    panic!("{SUBMITS_MAX} fitted");
}

const SUBMITS_MAX: usize = 20_000;
const LOG_MAX: usize = 2 * SUBMITS_MAX;
