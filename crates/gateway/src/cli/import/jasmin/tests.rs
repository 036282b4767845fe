#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use gateway::config::Config;

/// What comes out of files with these texts: the configuration, checked, its text, and what is remarked.
fn imported(texts: &[&str]) -> (Config, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let paths = (0..).zip(texts).map(|(number, text)| {
        let path = folder.path().join(format!("file-{number}"));
        std::fs::write(&path, text).unwrap();
        path
    });
    let (draft, report) = super::import(&paths.collect::<Vec<_>>()).unwrap();
    let (text, report) = (draft.to_string(), report.to_string());
    let report = report.replace(&format!("{}/", folder.path().display()), "");
    let config =
        Config::parse(&text, Path::new("out.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (config, text, report)
}

const SCRIPT: &str = include_str!("samples/operator.jcli");

// JS-36
#[test]
fn a_script_is_carried_over() {
    let (config, text, report) = imported(&[SCRIPT, include_str!("samples/jasmin.cfg")]);
    assert_eq!(text, include_str!("samples/operator.toml"));
    assert_eq!(report, include_str!("samples/operator.txt"));
    assert_eq!((config.smsc.len(), config.account.len(), config.application.len()), (2, 2, 1));
}

#[test]
fn a_transcript_says_the_same_as_a_script() {
    let transcript: String = SCRIPT
        .lines()
        .map(|line| match line {
            "" => "jcli : \n".to_owned(),
            line if line.contains(" -") => {
                format!("jcli : {line}\nAdding a new thing: (ok: save, ko: exit)\n")
            }
            "ok" => "> ok\nSuccessfully added it\n".to_owned(),
            line => format!("> {line}\n"),
        })
        .collect();
    assert_eq!(imported(&[&transcript]).1, imported(&[SCRIPT]).1);
}

#[test]
fn a_connector_that_is_shown_is_one() {
    let shown = "jcli : smppccm -s DEMO\nripf 0\ncid DEMO\nport 2776\nhost 192.0.2.1\nbind transceiver\n\
                 dlr_msgid 1\nsubmit_throughput 0\nsrc_ton NATIONAL\nsrc_npi ISDN\njcli : quit\n";
    let (config, text, _) = imported(&[shown]);
    assert_eq!(config.smsc.len(), 1);
    assert!(text.contains("response_id = \"hex\"\nreceipt_id = \"decimal\"\n"), "{text}");
    assert!(text.contains("source_out = [{ form = \"international\", npi = 1, ton = 2 }"), "{text}");
}

// JS-36: each section and each key that has no place is named, and what has one is there
#[test]
fn what_has_no_place_of_jasmins_files_is_named() {
    let main = "[smpp-server]\nbind = localhost\nresponseTimerSecs = 20\nenquireLinkTimerSecs = 0\nid = x\n\
                [http-api]\nbind = sms.example\nport = http\naccess_log = /var/log/http\nlog_level = DEBUG\n\
                [amqp-broker]\nhost = 127.0.0.1\nlog_level = INFO\n[redis-client]\nport = 6379\n\
                [jcli]\nadmin_password = 79e9b0aa3f3e7c53e916f7ac47439bcb\n\
                [sm-listener]\nsubmit_error_retrial = {\n 'ESME_RSYSERR': {'count': 2, 'delay': 30},\n }\n\
                # log_privacy = False\nlog_privacy = True\n[brand-new]\nkey = 1\n";
    let dlr = "[dlr-thrower]\nhttp_timeout = 30\ndlr_pdu = data_sm\nnew_key = 1\n[smpp-server-pb-client]\nhost = x\n";
    let (_, text, report) = imported(&[main, dlr]);
    assert!(text.contains("[http]\nlisten = \"0.0.0.0:1401\"\njasmin = true\n"), "{text}");
    assert!(text.contains("[smpp]\nlisten = \"127.0.0.1:2775\"\nresponse_timeout_s = 20\n"), "{text}");
    let said = |line: &str| report.lines().find(|said| said.starts_with(line)).unwrap_or_default();
    for (place, words) in [
        ("file-0, line 4: smpp-server enquireLinkTimerSecs", "nothing of this kind"),
        ("file-0, line 5: smpp-server id", "system_id"),
        ("file-0, line 7: http-api bind", "listen"),
        ("file-0, line 8: http-api port", "usual"),
        ("file-0, line 9: http-api access_log", "kannel_access_log"),
        ("file-0, line 10: http-api log_level", "log"),
        ("file-0, line 11: amqp-broker", "broker"),
        ("file-0, line 14: redis-client", "store"),
        ("file-0, line 16: jcli", "console"),
        ("file-0, line 19: sm-listener submit_error_retrial", "retry"),
        ("file-0, line 23: sm-listener log_privacy", "never"),
        ("file-0, line 24: brand-new", "does not know"),
        ("file-1, line 2: dlr-thrower http_timeout", "time"),
        ("file-1, line 3: dlr-thrower dlr_pdu", "deliver_sm"),
        ("file-1, line 4: dlr-thrower new_key", "nothing of this kind"),
        ("file-1, line 5: smpp-server-pb-client", "one program"),
    ] {
        assert!(said(&format!("{place}: ")).contains(words), "{place}: {report}");
    }
    assert_eq!(report.lines().count(), 16, "{report}");
    assert!(!report.contains("79e9b0aa3f3e7c53e916f7ac47439bcb"));
}

#[test]
fn updates_count_and_what_is_broken_off_does_not() {
    let script = "smppccm -a\ncid A\nhost one\nsubmit_throughput 5\nok\nsmppccm -u A\nhost two\nok\nsmppccm -a\ncid B\n";
    let (config, text, report) = imported(&[script]);
    assert_eq!(config.smsc.len(), 1);
    assert!(
        text.contains("address = \"two:2775\"") && report.contains("line 9: smppccm: there is no ok"),
        "{report}"
    );
}

#[test]
fn a_route_with_a_filter_that_is_not_understood_is_left_out() {
    let script = "smppccm -a\ncid A\nsubmit_throughput 5\nok\nfilter -a\nfid f\ntype EvalPyFilter\npyCode x\nok\n\
                  mtrouter -a\ntype StaticMTRoute\norder 5\nfilters f\nconnector smppc(A)\nrate 0\nok\n";
    let (config, _, report) = imported(&[script]);
    assert!(config.route.is_empty() && report.contains("filter f says what routes cannot"), "{report}");
}

// JS-36, JS-37
#[test]
fn what_a_user_may_do_is_kept_or_said() {
    let script = "user -a\nusername u\npassword p\nuid u\ngid g\nmt_messaging_cred authorization http_send yes\n\
                  mt_messaging_cred authorization priority no\nmt_messaging_cred authorization http_dlr_method False\n\
                  mt_messaging_cred authorization smpps_send no\nmt_messaging_cred authorization http_bulk no\n\
                  mt_messaging_cred valuefilter dst_addr ^62[0-9]{5,}$\nmt_messaging_cred valuefilter content ^(?!x)\n\
                  mt_messaging_cred valuefilter src_addr ^BANK[0-9]\nmt_messaging_cred valuefilter priority ^[0-3]$\n\
                  mt_messaging_cred defaultvalue src_addr BANK1\nmt_messaging_cred quota sms_count 100\n\
                  mt_messaging_cred quota balance ND\nsmpps_cred quota max_bindings 3\nok\n";
    let (config, _, report) = imported(&[script]);
    let keys = &config.account[0].jasmin;
    assert_eq!(
        keys.denied,
        [gateway::config::JasminRight::Priority, gateway::config::JasminRight::HttpDlrMethod]
    );
    assert!(keys.filters.dst_addr.is_some() && keys.filters.src_addr.is_some());
    assert!(keys.filters.content.is_none() && keys.filters.priority.is_none());
    assert_eq!(keys.default_source.as_deref(), Some("BANK1"));
    for words in [
        "line 9: user mt_messaging_cred authorization smpps_send: who may not send by SMPP may not bind",
        "line 11: user mt_messaging_cred valuefilter dst_addr: holds for requests by HTTP alone",
        "line 12: user mt_messaging_cred valuefilter content: this is no regular expression",
        "line 16: user mt_messaging_cred quota sms_count: there is no billing",
    ] {
        assert!(report.contains(words), "{report}");
    }
    assert!(report.contains("line 1: user: a dlr-url may be plain http"), "{report}");
    assert_eq!(report.lines().count(), 6, "{report}");
}

// JS-36
#[test]
fn a_sender_that_no_account_can_have_is_asked_for_by_a_filter() {
    let script = "user -a\nusername u\npassword p\nuid u\ngid g\n\
                  mt_messaging_cred valuefilter src_addr ^(BANK|ThisIsTooLongName)$\nok\n";
    let (config, _, report) = imported(&[script]);
    assert_eq!(config.account[0].sources, None, "{report}");
    assert!(config.account[0].jasmin.filters.src_addr.is_some(), "{report}");
}

// JS-36
#[test]
fn urls_of_those_who_are_near_are_said_to_lead_there() {
    let script = "user -a\nusername u\npassword p\nuid u\ngid g\n\
                  smpps_cred authorization ip 10.1.2.3\nok\n";
    let (config, _, report) = imported(&[script]);
    assert!(config.account[0].jasmin.allow_private_address, "{report}");
    assert!(report.contains("a dlr-url may lead to this host and private networks"), "{report}");
}
