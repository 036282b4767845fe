#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;
use crate::config::Config;

const FILE: &str = r#"
data_dir = "data"
[smpp]
listen = "127.0.0.1:2775"

[[profile]]
name = "telco-x"
base = ["smpp-5.0", "latin-1-default"]
long_messages = "sar"
retry = [{ status = "0x400-0x40F", attempts = 3 }, { status = 0x58, after_s = 10 }]
tlv_out = { drop = ["source_port"], add = [{ tag = 0x1401, text = "11020" }] }

[[smsc]]
name = "telco"
address = "127.0.0.1:2776"
system_id = "estafet"
password = "secret"
profile = "telco-x"
long_messages = "udh-16"

[[account]]
name = "bank"
password = "hunter22"
profile = "latin-1-default"
"#;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("estafet.toml")).map_err(|error| error.to_string())
}

#[test]
fn a_link_has_what_its_profiles_say_and_its_own_keys_in_their_place() {
    let config = parse(FILE).unwrap();
    let telco = &config.smsc[0].speaks;
    assert_eq!((telco.version, telco.default_alphabet), (Version::V5_0, DefaultAlphabet::Latin1));
    assert_eq!((telco.long_messages, telco.data_coding.latin1), (Splitting::Udh16, Some(0)));
    assert!(telco.retry[0].status.contains(0x40F) && !telco.retry[0].status.contains(0x410));
    assert_eq!((telco.retry[1].after_s, telco.retry[1].attempts), (Some(10), None));
    assert_eq!(telco.tlv_out.drop, [Tag(smpp::TlvTag::SOURCE_PORT)]);
    let bank = &config.account[0].speaks;
    assert_eq!((bank.version, bank.default_alphabet), (Version::V3_4, DefaultAlphabet::Latin1));
    let none = parse(&FILE.replace("profile = \"latin-1-default\"", "")).unwrap();
    assert_eq!(*none.account[0].speaks, Profile::default());
}

#[test]
fn every_preset_is_a_profile_of_its_own() {
    let presets = include_str!("presets.toml").lines().filter_map(|line| line.strip_prefix("name = "));
    let mut profiles = vec![Profile::default()];
    for preset in presets {
        let config = parse(&FILE.replace("\"latin-1-default\"\n", &format!("{preset}\n"))).unwrap();
        let profile = Profile::clone(&config.account[0].speaks);
        assert!(preset == "\"smpp-3.4\"" || !profiles.contains(&profile), "{preset}");
        profiles.push(profile);
    }
    assert!(profiles.len() > 20);
}

#[test]
fn the_documentation_names_every_preset_and_every_key() {
    let documented = include_str!("../../../../../docs/configuration.md");
    for line in include_str!("presets.toml").lines() {
        if let Some(name) = line.strip_prefix("name = ") {
            assert!(documented.contains(&format!("`{}`", name.trim_matches('"'))), "{name}");
        }
    }
    let error = parse(&FILE.replace("long_messages = \"sar\"", "x = 1")).unwrap_err();
    let keys: Vec<_> = error.split('`').skip(3).step_by(2).collect();
    assert!(keys.len() > 20, "{error}");
    for key in keys {
        assert!(documented.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let long_name = "x".repeat(21);
    let long_strip = format!("source_out = [{{ strip = \"{long_name}\" }}]");
    let cases = [
        ("long_messages = \"sar\"", "long_message = \"sar\"", "line 9", "unknown field `long_message`"),
        ("long_messages = \"sar\"", "long_messages = \"pigeon\"", "line 9", "unknown variant"),
        ("long_messages = \"sar\"", "default_alphabet = \"klingon\"", "line 9", "unknown variant"),
        ("long_messages = \"sar\"", "national = [\"latin\"]", "line 9", "urdu"),
        ("long_messages = \"sar\"", "national = [\"urdu\"]", "line 7", "GSM alphabet"),
        ("long_messages = \"sar\"", "data_coding = { gsm = 256 }", "line 9", "256"),
        ("long_messages = \"sar\"", "data_coding = { greek = 6 }", "line 9", "greek"),
        ("long_messages = \"sar\"", "receipt_time_zone = \"WIB\"", "line 9", "time zone"),
        (
            "long_messages = \"sar\"",
            "address_range = \"12345678901234567890123456789012345678901\"",
            "line 9",
            "40",
        ),
        ("long_messages = \"sar\"", "source_out = [{ form = \"numeric\" }]", "line 9", "numeric"),
        ("long_messages = \"sar\"", &long_strip, "line 9", "20 octets"),
        ("\"0x400-0x40F\"", "\"0x400\"", "line 10", "range"),
        ("\"0x400-0x40F\"", "\"0x40F-0x400\"", "line 10", "range"),
        ("\"source_port\"", "\"sauce_port\"", "line 11", "sauce_port"),
        ("\"source_port\"", "65536", "line 11", "65536"),
        ("\"source_port\"", "\"sar_total_segments\"", "line 11", "cannot be dropped"),
        ("\"source_port\"", "0x0424", "line 11", "cannot be dropped"),
        ("tag = 0x1401", "tag = 0x020C", "line 11", "cannot be added"),
        ("text = \"11020\"", "hex = \"123\"", "line 11", "hexadecimal"),
        ("text = \"11020\"", "", "line 11", "text or hex"),
        ("[\"smpp-5.0\", \"latin-1-default\"]", "\"smpp-6.0\"", "line 8", "smpp-6.0"),
        ("[\"smpp-5.0\", \"latin-1-default\"]", "\"telco-x\"", "line 8", "telco-x"),
        ("[\"smpp-5.0\", \"latin-1-default\"]", "\"smpp-3.3\"", "line 7", "no TLVs"),
        ("name = \"telco-x\"", "name = \"sar\"", "line 7", "already"),
        ("profile = \"telco-x\"", "profile = \"telco-y\"", "line 18", "telco-y"),
        (
            "profile = \"telco-x\"\nlong_messages = \"udh-16\"",
            "version = \"3.3\"\nlong_messages = \"sar\"",
            "line 14",
            "no TLVs",
        ),
        (
            "profile = \"telco-x\"\nlong_messages = \"udh-16\"",
            "version = \"3.3\"\nmessage_class = \"subunit\"",
            "line 14",
            "no TLVs",
        ),
        ("long_messages = \"sar\"", "message_waiting = \"pigeon\"", "line 9", "unknown variant"),
        ("profile = \"telco-x\"", "connect = false", "line 14", "outbind"),
        (
            "profile = \"telco-x\"",
            "outbind = { system_id = \"x\", password = \"y\" }",
            "line 14",
            "outbind_listen",
        ),
        ("profile = \"latin-1-default\"", "profile = \"latin-2\"", "line 24", "latin-2"),
    ];
    for (right, wrong, line, problem) in cases {
        assert!(FILE.contains(right), "{right}");
        let error = parse(&FILE.replacen(right, wrong, 1)).unwrap_err();
        assert!(error.contains(line) && error.contains(problem), "{wrong}: {error}");
        assert!(!error.contains('\n'), "one line of the log: {error}");
    }
}
