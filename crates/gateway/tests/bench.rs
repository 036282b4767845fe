//! The benchmark as its users run it, small.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use serde_json::Value;

#[test]
fn a_small_benchmark_measures_everything_and_loses_nothing() {
    let (said, report) = bench(&["--messages", "2000", "--runs", "1", "--latency"]);
    assert!(said.contains("gateway ÷ durable relay") && !said.contains("NOT SOUND"), "{said}");
    for pass in ["subjects", "at_half_rate"] {
        for subject in ["gateway", "durable-relay", "relay"] {
            check(&report[pass][subject], subject);
        }
    }
    // So few messages may take less than a clock tick, and then there is no ratio of CPU times.
    let goals = report["goals"].as_array().unwrap();
    assert!(goals.iter().any(|goal| goal["figure"] == "receipts_per_s" && goal["ratio"].is_number()));
    assert!(report["disk"]["fdatasync_us"].as_f64().unwrap() > 0.0);
    assert_eq!(report["settings"]["messages"], 2000);
}

#[test]
fn urgent_messages_are_told_apart_from_bulk_and_none_is_lost() {
    let load = ["--messages", "100", "--bulk", "8000", "--bulk-rate", "2000", "--runs", "1"];
    let report = scenario("urgent", &load);
    for stretch in ["submit to OK", "submit to SMSC", "submit to receipt"] {
        for figure in ["alone, p99, ms", "under load, p99, ms"] {
            let what = format!("{stretch}, {figure}");
            assert!(value(&report, &what) > 0.0, "{what}");
        }
    }
}

#[test]
fn one_window_is_compared_with_the_disk_and_the_network() {
    let report = scenario("window", &["--messages", "500", "--runs", "1"]);
    for which in ["without receipts", "with receipts"] {
        assert!(value(&report, &format!("{which}: accepted per second")) > 0.0, "{which}");
    }
    assert!(value(&report, "round trip of an octet over loopback, µs") > 0.0);
}

#[test]
fn sessions_that_say_nothing_are_counted_and_weighed() {
    let report = scenario("idle", &["--sessions", "50", "--seconds", "1"]);
    assert_eq!((value(&report, "sessions bound"), value(&report, "sessions bound in the end")), (50.0, 50.0));
    // Which of the two is more is not certain of so few: what the start has left may be given back meanwhile.
    for memory in ["memory without them, KiB", "memory with them, KiB"] {
        assert!((1024.0..1024.0 * 1024.0).contains(&value(&report, memory)), "{memory}: {report}");
    }
}

#[test]
fn a_small_backlog_is_borne_and_nothing_of_it_is_lost() {
    let report = scenario("backlog", &["--messages", "5000", "--drain"]);
    assert_eq!(value(&report, "messages that wait"), 5000.0);
    assert!(value(&report, "memory at the end, MB") > 1.0, "{report}");
    for what in ["killed, then accepting after, s", "first message out after, s", "sent per second"] {
        assert!(value(&report, what) > 0.0, "{what}");
    }
}

#[test]
fn requests_with_many_messages_are_timed_and_all_of_them_accepted() {
    let report = scenario("batch", &["--messages", "200", "--requests", "3"]);
    assert_eq!((value(&report, "messages of a request"), value(&report, "requests")), (200.0, 3.0));
    for what in ["request to answer, median, ms", "request to answer, longest, ms", "accepted per second"] {
        assert!(value(&report, what) > 0.0, "{what}");
    }
}

#[test]
fn one_endpoint_beside_dead_ones_gets_all_its_receipts_and_the_dead_are_called() {
    let load = ["--messages", "200", "--connections", "4", "--dead", "6", "--waiting", "2"];
    let times = ["--pairs", "2", "--seconds", "0", "--rest", "0"];
    // That none is lost or comes twice, as the endpoint itself counts them, is what makes it sound.
    let report = scenario("callbacks", &[&load[..], &times].concat());
    for manner in ["callbacks of accounts", "named by messages"] {
        for what in ["alone, receipts per second", "beside the dead", "share that is left", "share at first"]
        {
            assert!(value(&report, &format!("{manner}: {what}")) > 0.0, "{manner}: {what}");
        }
        for what in ["alone, CPU per receipt, µs", "beside the dead, CPU per receipt, µs"] {
            let cpu = finding(&report, &format!("{manner}: {what}"));
            let [least, value, most] = ["least", "value", "most"].map(|figure| cpu[figure].as_f64().unwrap());
            assert!(0.0 <= least && least <= value && value <= most, "{manner}: {what}: {cpu}");
        }
        // Two of three hear their calls, and what a call does not bring waits for the next.
        assert!(value(&report, &format!("{manner}: calls that the dead heard")) >= 4.0, "{manner}: {report}");
    }
}

/// What a scenario of the benchmark reports; it must be sound.
fn scenario(name: &str, options: &[&str]) -> Value {
    let (_, report) = bench(&[&[name], options].concat());
    assert_eq!(report["faults"], serde_json::json!([]));
    report
}

/// What the benchmark says and reports; it must succeed and leave no data.
fn bench(options: &[&str]) -> (String, Value) {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("report.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_estafet"));
    command.arg("bench").args(options).arg("--data-dir").arg(dir.path()).arg("--json").arg(&json);
    let output = command.output().unwrap();
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{log}");
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["report.json"], "the data are gone");
    (said.into_owned(), serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap())
}

fn value(report: &Value, what: &str) -> f64 {
    finding(report, what)["value"].as_f64().unwrap()
}

fn finding<'r>(report: &'r Value, what: &str) -> &'r Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["what"] == what).unwrap_or_else(|| panic!("no {what}: {report}"))
}

fn check(series: &Value, subject: &str) {
    let median = &series["median"];
    for fault in ["not_accepted", "lost", "duplicated", "without_receipt", "receipts_twice"] {
        assert_eq!(median[fault], 0.0, "{subject}: {fault}");
    }
    let measured = [
        "accepted_per_s",
        "receipts_per_s",
        "response_p50_ms",
        "response_p999_ms",
        "receipt_p50_ms",
        "receipt_p99_ms",
        "peak_rss_mib",
    ];
    for figure in measured {
        assert!(median[figure].as_f64().unwrap() > 0.0, "{subject}: {figure}");
    }
    assert!(median["cpu_us_per_message"].as_f64().is_some(), "{subject}");
    if subject != "relay" {
        assert!(median["syncs_per_s"].as_f64().unwrap() > 0.0, "{subject}");
        // Every body is in the journal.
        assert!(median["journal_octets_per_message"].as_f64().unwrap() > 160.0, "{subject}");
    }
    assert_eq!(series["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn the_way_from_http_to_callbacks_is_measured_without_kannel_too() {
    let load = ["--messages", "1000", "--connections", "8", "--runs", "1"];
    let subjects = ["kannel", "--only", "estafet,estafet-batched,estafet-bulk"];
    let (_, report) = bench(&[&subjects[..], &load[..]].concat());
    for subject in ["estafet", "estafet-batched", "estafet-bulk"] {
        let median = &report["subjects"][subject]["median"];
        for fault in ["not_accepted", "lost", "duplicated", "without_receipt", "receipts_twice"] {
            assert_eq!(median[fault], 0.0, "{subject}: {fault}");
        }
        assert!(median["receipts_per_s"].as_f64().unwrap() > 0.0, "{subject}");
        assert!(median["receipt_p99_ms"].as_f64().unwrap() > 0.0, "{subject}");
    }
}
