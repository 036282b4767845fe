//! `estafet store` as an operator uses it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;
use sms::{LinkName, State};
use store::conformance::sample;
use store::embedded::{EmbeddedStore, Options};
use store::{Entry, Outcome, Settlement, Store};
use tempfile::TempDir;

const TEXT: &str = "your code is 4711";

fn entry(number: u64) -> Entry {
    let mut message = sample::message(number);
    message.parts = std::iter::once(TEXT.into()).collect();
    let target = if number == 4 { "telco-b" } else { "telco-a" };
    Entry { message: Arc::new(message), target: LinkName::from(target), alternatives: Vec::new() }
}

/// Five messages: 0 is finished, 1 was sent, 2 and 3 wait for telco-a, 4 waits for telco-b.
async fn data_dir() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.accept((0..5).map(entry).collect()).await.unwrap();
    let leases = store.take(&LinkName::from("telco-a"), 2).await.unwrap();
    let outcomes = [
        Outcome::Done { state: State::HandedOver, remote_id: None },
        Outcome::Sent { remote_id: sample::remote_id("r-1") },
    ];
    let settled = leases.into_iter().zip(outcomes);
    store.settle(settled.map(|(lease, outcome)| Settlement { lease, outcome, answer: None }).collect());
    store.close();
    directory
}

fn open(directory: &Path) -> EmbeddedStore {
    EmbeddedStore::open(directory, Options::default()).unwrap()
}

fn estafet(directory: &Path, arguments: &[&str]) -> Output {
    let (command, filters) = arguments.split_first().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_estafet"))
        .args(["store", command, "--data-dir"])
        .arg(directory)
        .args(filters)
        .output()
        .unwrap();
    for said in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(said).contains(TEXT), "the text of a message was shown");
    }
    output
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn log(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn export(directory: &Path, filters: &[&str]) -> Vec<Value> {
    let output = estafet(directory, &[&["export"], filters].concat());
    assert!(output.status.success(), "{}", log(&output));
    said(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn journal_file(directory: &Path) -> PathBuf {
    directory.join("journal/0000000001.log")
}

#[tokio::test]
async fn a_sound_directory_passes() {
    let directory = data_dir().await;
    let output = estafet(directory.path(), &["check"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(said(&output), "sound: 1 journal files with 4 live messages, 1 ledger files with 5 records\n");
}

#[tokio::test]
async fn a_torn_tail_passes_and_is_told() {
    let directory = data_dir().await;
    let mut file = OpenOptions::new().append(true).open(journal_file(directory.path())).unwrap();
    file.write_all(b"torn").unwrap();
    let output = estafet(directory.path(), &["check"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).starts_with("note: journal/0000000001.log at offset "), "{}", said(&output));
}

#[tokio::test]
async fn damage_fails_with_a_line_for_each() {
    let directory = data_dir().await;
    let mut octets = fs::read(journal_file(directory.path())).unwrap();
    octets[200] ^= 1;
    fs::write(journal_file(directory.path()), octets).unwrap();
    let output = estafet(directory.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    let (findings, verdict) = said.trim_end().rsplit_once('\n').unwrap();
    assert!(findings.starts_with("damage: journal/0000000001.log at offset "), "{findings}");
    assert!(verdict.starts_with("DAMAGED: "), "{verdict}");
    assert_eq!(estafet(directory.path(), &["stats"]).status.code(), Some(1), "its numbers are not all");
}

#[tokio::test]
async fn stats_count_what_is_there() {
    let directory = data_dir().await;
    let output = estafet(directory.path(), &["stats", "--json"]);
    assert!(output.status.success(), "{}", log(&output));
    let stats: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stats["live_messages"], 4);
    assert_eq!(stats["waiting"], serde_json::json!({ "telco-a": 2, "telco-b": 1 }));
    assert_eq!(stats["awaiting_receipt"], 1);
    assert_eq!(stats["unmatched_receipts"], 0);
    let file = &stats["journal"][0];
    let octets = fs::metadata(journal_file(directory.path())).unwrap().len();
    assert_eq!((&file["octets"], &file["messages"], &file["live"]), (&octets.into(), &5.into(), &4.into()));
    assert_eq!(file["live_share"], 0.8);
    assert_eq!(stats["ledger"][0]["records"], 5);
    assert_eq!((&stats["ledger_behind_octets"], &stats["damaged"]), (&0.into(), &false.into()));

    let table = said(&estafet(directory.path(), &["stats"]));
    let number_of = |what: &str| {
        let line = table.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    assert_eq!(number_of("live messages"), "4");
    assert_eq!(number_of("waiting for telco-b"), "1");
    assert_eq!(number_of("journal/"), "80%");
}

// CMN-8
#[tokio::test]
async fn records_are_exported_as_http_shows_them() {
    let directory = data_dir().await;
    let records = export(directory.path(), &[]);
    assert_eq!(records.len(), 5);
    let finished = &records[4];
    assert_eq!((&finished["state"], &finished["to"]), (&"handed_over".into(), &"628110000000".into()));
    assert_eq!((&finished["origin"], &finished["target"]), (&"bank".into(), &"telco-a".into()));
    let events: Vec<&str> =
        finished["history"].as_array().unwrap().iter().map(|step| step["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["accepted", "attempted", "sent", "final"]);
    assert_eq!(records[3]["history"][2]["remote_id"], "r-1");
}

#[tokio::test]
async fn an_export_can_be_narrowed() {
    let directory = data_dir().await;
    let count = |filters: &[&str]| export(directory.path(), filters).len();
    assert_eq!(count(&["--link", "telco-b"]), 1);
    assert_eq!(count(&["--link", "bank"]), 5);
    assert_eq!(count(&["--number", "+628110000003"]), 1);
    assert_eq!(count(&["--number", "1234"]), 5, "the source");
    assert_eq!(count(&["--link", "telco-b", "--number", "628110000003"]), 0);
    let middle = export(directory.path(), &[])[0]["accepted_at"].as_str().unwrap().to_owned();
    assert_eq!(count(&["--until", "2020-01-01T00:00:00Z"]), 0);
    assert_eq!(count(&["--from", "2020-01-01T00:00:00+07:00"]), 5);
    let (before, after) = (count(&["--until", &middle]), count(&["--from", &middle]));
    assert_eq!((before + after, after > 0), (5, true));
}

#[tokio::test]
async fn a_configuration_names_the_directory() {
    let directory = data_dir().await;
    let config = directory.path().join("estafet.toml");
    fs::write(&config, format!("data_dir = \"{}\"\n", directory.path().display())).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_estafet")).args(["store", "check"]).args(arguments).output().unwrap()
    };
    let output = run(&["--config", config.to_str().unwrap()]);
    assert!(output.status.success(), "{}", log(&output));
    assert_eq!(run(&[]).status.code(), Some(2), "one of the two is needed");
}

#[tokio::test]
async fn a_directory_in_use_is_refused() {
    let directory = data_dir().await;
    let store = open(directory.path());
    for command in ["check", "stats", "export"] {
        let output = estafet(directory.path(), &[command]);
        assert_eq!(output.status.code(), Some(1));
        assert!(log(&output).contains("in use by another process"), "{}", log(&output));
    }
    store.close();
    assert!(estafet(directory.path(), &["check"]).status.success());
}

#[test]
fn a_directory_that_is_none_is_refused_and_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let nowhere = directory.path().join("nowhere");
    let output = estafet(&nowhere, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(log(&output).contains("nowhere"), "{}", log(&output));
    assert!(!nowhere.exists());
}
