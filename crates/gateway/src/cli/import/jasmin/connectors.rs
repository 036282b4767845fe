//! `smppccm -a` and `httpccm -a`: links to SMSCs, and applications.

use toml::Value;

use super::super::draft::{Section, table};
use super::super::endpoint;
use super::super::report::Report;
use super::console::Command;
use super::remark::remark;
use super::users::User;

/// A connector.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) cid: String,
    /// The name of the link: the cid, if nobody else has it.
    pub(super) name: String,
    pub(super) section: Section,
}

/// The links to SMSCs.
pub(super) fn links(commands: Vec<Command>, users: &[User], report: &mut Report) -> Vec<Connector> {
    let mut links: Vec<Connector> = Vec::with_capacity(commands.len());
    for mut command in commands {
        let cid = command.text("cid").unwrap_or_else(|| "smppclient".to_owned());
        let name = name(&cid, users, &links, &[], &command, report);
        links.push(Connector { cid, section: link(&name, command, report), name });
    }
    links
}

/// The applications.
pub(super) fn applications(
    commands: Vec<Command>,
    users: &[User],
    links: &[Connector],
    report: &mut Report,
) -> Vec<Connector> {
    let mut applications: Vec<Connector> = Vec::with_capacity(commands.len());
    for mut command in commands {
        let (Some(cid), Some(url)) = (command.text("cid"), command.text("url")) else {
            remark(report, &command.place, "httpccm", "", "no cid or no url: it is left out");
            continue;
        };
        let name = name(&cid, users, links, &applications, &command, report);
        let method = command.text("method").map(|method| method.to_ascii_uppercase());
        let section = Section::new("[[application]]")
            .with("name", name.clone())
            .with("url", url.clone())
            .maybe("method", method.filter(|method| method == "GET"))
            .with("format", "jasmin");
        let permission = endpoint::permission(&url);
        if let Some(key) = permission {
            remark(report, &command.place, "httpccm", "url", endpoint::remark_of(key));
        }
        let section = permission.into_iter().fold(section, |section, key| section.with(key, true));
        applications.push(Connector { cid, name, section });
        command.finish(report, |_, _| Some("Estafet has nothing of this kind"));
    }
    applications
}

fn link(name: &str, mut command: Command, report: &mut Report) -> Section {
    let host = command.text("host").unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = command.number("port").unwrap_or(2775);
    let mut text = |key, otherwise: &str| command.text(key).unwrap_or_else(|| otherwise.to_owned());
    let (system_id, password) = (text("username", "smppclient"), text("password", "password"));
    let bind = text("bind", "transceiver");
    let section = Section::new("[[smsc]]")
        .with("name", name)
        .with("address", format!("{host}:{port}"))
        .with("system_id", system_id.chars().take(15).collect::<String>())
        .with("password", password)
        .maybe("bind", (bind != "transceiver").then_some(bind));
    let section = times(section, &mut command);
    let section = section.maybe("rate", rate(&mut command, report));
    let section = if command.flag("ssl") == Some(true) {
        let why = "the SMSC's certificate is looked at here: name tls_ca or tls_fingerprint if no authority of the \
                   system has signed it";
        remark(report, &command.place, "smppccm", "ssl", why);
        section.with("tls", true)
    } else {
        section
    };
    let ids = command.number("dlr_msgid").and_then(|kind| match kind {
        1 => Some(("hex", "decimal")),
        2 => Some(("decimal", "hex")),
        _ => None,
    });
    let section = section
        .maybe("system_type", command.text("systype"))
        .maybe("address_range", command.text("addr_range"))
        .maybe(
            "address_range_ton",
            command.text("bind_ton").and_then(|ton| ton_number(&ton)).filter(|ton| *ton > 0),
        )
        .maybe(
            "address_range_npi",
            command.text("bind_npi").and_then(|npi| npi_number(&npi)).filter(|npi| *npi > 0),
        )
        .maybe("response_id", ids.map(|(response, _)| response))
        .maybe("receipt_id", ids.map(|(_, receipt)| receipt))
        .maybe("source_out", numbers("src", &mut command))
        .maybe("destination_out", numbers("dst", &mut command));
    command.finish(report, why_not);
    section
}

fn times(section: Section, command: &mut Command) -> Section {
    let mut positive = |key| command.number(key).filter(|number| *number > 0);
    let (response, enquire) = (positive("res_to"), positive("elink_interval"));
    let reconnect = positive("con_fail_delay").max(positive("con_loss_delay"));
    section
        .maybe("response_timeout_s", response)
        .maybe("enquire_link_s", enquire)
        .maybe("reconnect_max_s", reconnect)
}

/// Segments per second. Jasmin counts messages.
fn rate(command: &mut Command, report: &mut Report) -> Option<i64> {
    let Some((value, place)) = command.take("submit_throughput") else {
        remark(
            report,
            &command.place,
            "smppccm",
            "submit_throughput",
            "not said: one a second, as in Jasmin",
        );
        return Some(1);
    };
    let rate = value.parse::<f64>().unwrap_or_default();
    if rate > 0.0 && rate < 1.0 {
        remark(report, &place, "smppccm", "submit_throughput", "less than one a second: it is one");
    }
    (rate > 0.0).then(|| rate.ceil().min(1e9) as i64)
}

/// What is said of the type of numbers, if it is said of both halves.
fn numbers(whose: &str, command: &mut Command) -> Option<Value> {
    let ton = command.text(&format!("{whose}_ton")).and_then(|ton| ton_number(&ton));
    let npi = command.text(&format!("{whose}_npi")).and_then(|npi| npi_number(&npi));
    let (ton, npi) = (ton?, npi?);
    let rule = |form: &str| table([("form", form.into()), ("ton", ton.into()), ("npi", npi.into())]);
    Some(Value::Array(["international", "national", "short-code"].into_iter().map(rule).collect()))
}

/// jcli takes numbers and shows names.
fn ton_number(text: &str) -> Option<i64> {
    let names = [
        "UNKNOWN",
        "INTERNATIONAL",
        "NATIONAL",
        "NETWORK_SPECIFIC",
        "SUBSCRIBER_NUMBER",
        "ALPHANUMERIC",
        "ABBREVIATED",
    ];
    text.parse().ok().or_else(|| names.iter().position(|name| *name == text).map(|at| at as i64))
}

fn npi_number(text: &str) -> Option<i64> {
    let names = [
        ("UNKNOWN", 0),
        ("ISDN", 1),
        ("DATA", 3),
        ("TELEX", 4),
        ("LAND_MOBILE", 6),
        ("NATIONAL", 8),
        ("PRIVATE", 9),
        ("ERMES", 10),
        ("INTERNET", 14),
    ];
    text.parse().ok().or_else(|| names.iter().find(|(name, _)| *name == text).map(|(_, number)| *number))
}

/// A name that no other link has.
fn name(
    cid: &str,
    users: &[User],
    links: &[Connector],
    applications: &[Connector],
    command: &Command,
    report: &mut Report,
) -> String {
    let is_taken = |name: &str| {
        let connectors = links.iter().chain(applications).map(|link| link.name.as_str());
        name == "reassembly"
            || users.iter().map(|user| user.name.as_str()).chain(connectors).any(|other| other == name)
    };
    let numbered = (2..).map(|number| format!("{cid}-{number}"));
    let mut names = std::iter::once(cid.to_owned()).chain(numbered);
    let name = names.find(|name| !is_taken(name)).unwrap_or_default();
    if name != cid {
        remark(
            report,
            &command.place,
            &command.module,
            "cid",
            format!("another link has this name: it is {name}"),
        );
    }
    name
}

/// Why a key of a connector has no place; values that Jasmin has anyway are not missed.
fn why_not(key: &str, value: &str) -> Option<&'static str> {
    let is_usual = matches!(
        (key, value),
        ("coding" | "proto_id" | "def_msg_id" | "ripf", "0")
            | ("priority", "0" | "LEVEL_0")
            | ("con_fail_retry" | "con_loss_retry", "yes")
            | ("proto_id" | "validity" | "src_addr" | "custom_tlvs" | "logfile", "None" | "none")
            | ("loglevel", "20")
            | ("logrotate", "midnight")
            | ("logprivacy", "False" | "no")
            | ("pdu_red_to", "10")
            | ("bind_to", "30")
            | ("trx_to", "300")
    );
    Some(match key {
        _ if is_usual => return None,
        "logfile" | "loglevel" | "logrotate" => "the log is one for all",
        "logprivacy" => "texts are never in the log",
        "pdu_red_to" | "trx_to" => "enquire_link finds who says no more",
        "bind_to" => "a bind has the time of other requests, response_timeout_s",
        "dlr_expiry" => "[store] receipt_timeout_h says it for all",
        "requeue_delay" => "a profile says what is tried again (retry)",
        "con_fail_retry" | "con_loss_retry" => "it is always connected to again",
        "custom_tlvs" => "a profile adds TLVs (tlv_out)",
        "src_ton" | "src_npi" | "dst_ton" | "dst_npi" => "counts together with the other of TON and NPI only",
        _ => "what the message itself says counts",
    })
}
