//! Groups `smsc`: the links towards SMSCs.

use toml::Value;

use super::super::draft::Section;
use super::super::report::Report;
use super::group::Group;
use super::limits::Limits;
use super::numbers::{self, Unified};
use super::pair;

/// A link, and what it is to routes.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: String,
    /// What Kannel calls it, in which it need not be alone.
    pub(super) smsc_id: String,
    pub(super) sends: bool,
    pub(super) receives: bool,
    pub(super) limits: Limits,
    pub(super) section: Section,
}

/// What the group `core` says of all links.
#[derive(Debug, Default)]
pub(super) struct General {
    /// `ssl-trusted-ca-file`
    pub(super) authority: Option<String>,
    /// `unified-prefix`
    pub(super) unified: Unified,
}

/// The links by SMPP, each with a name of its own. Sessions that send and sessions that receive are one link if
/// they go to the same place.
pub(super) fn links(groups: Vec<Group>, general: &General, report: &mut Report) -> Vec<Link> {
    let mut pairs = pair::pairs(groups.into_iter().filter_map(|group| smpp_only(group, report)).collect());
    let mut links: Vec<Link> = Vec::with_capacity(pairs.len());
    for (mut group, receiver) in pairs.drain(..) {
        let smsc_id = group.text("smsc-id");
        let wanted = smsc_id.clone().or_else(|| group.value("host").map(str::to_owned));
        let name = free_name(wanted.as_deref().unwrap_or("smsc"), &links);
        if smsc_id.is_none() {
            group.remark_whole(format!("no smsc-id: the link is called {name}"), report);
        } else if smsc_id.as_ref() != Some(&name) {
            group.remark_whole(
                format!("another link has this smsc-id already: this one is called {name}"),
                report,
            );
        }
        links.push(link(name, smsc_id.unwrap_or_default(), group, receiver, general, report));
    }
    links
}

fn smpp_only(mut group: Group, report: &mut Report) -> Option<Group> {
    let kind = group.text("smsc");
    match kind.as_deref() {
        Some("smpp") => return Some(group),
        Some(kind) => group.remark_whole(format!("smsc = {kind}: Estafet speaks SMPP with SMSCs"), report),
        None => group.remark_whole("it does not say what it speaks (smsc = …)", report),
    }
    None
}

fn link(
    name: String,
    smsc_id: String,
    mut group: Group,
    receiver: Option<Group>,
    general: &General,
    report: &mut Report,
) -> Link {
    let (bind, port) = bind(&mut group, receiver.is_some(), report);
    let ids = ids(&mut group, receiver.clone(), report).unzip();
    if let Some(receiver) = receiver {
        pair::merge(&mut group, receiver, &name, report);
    }
    let host = group.text("host").unwrap_or_else(|| {
        group.remark_whole("no host: the address is made up", report);
        "127.0.0.1".to_owned()
    });
    let limits = Limits::of(&mut group);
    let section = Section::new("[[smsc]]").with("name", name.clone()).with("address", at(&host, port));
    let section = credentials(section, &mut group, report).with("bind", bind);
    let section = shape(section, &mut group, report);
    let section = tls(section, &mut group, general.authority.as_deref(), report);
    let own = Unified::of(Some(&mut group), report);
    let section = speech(section, &mut group, ids, (&own, &general.unified), report);
    group.finish(report);
    Link { name, smsc_id, sends: bind != "receiver", receives: bind != "transmitter", limits, section }
}

/// How it binds, and the port.
fn bind(group: &mut Group, is_pair: bool, report: &mut Report) -> (&'static str, i64) {
    let is_transceiver = group.flag("transceiver-mode");
    let port = group.number("port", report);
    let receive_port = group.number("receive-port", report);
    match (port, receive_port) {
        (port, _) if is_pair => ("transmitter+receiver", port.unwrap_or(DEFAULT_PORT)),
        (None, Some(port)) => ("receiver", port),
        (port, None) if is_transceiver => ("transceiver", port.unwrap_or(DEFAULT_PORT)),
        (port, None) => ("transmitter", port.unwrap_or(DEFAULT_PORT)),
        (Some(port), Some(receive_port)) => {
            if port != receive_port {
                let why = format!("it receives at port {receive_port}: make that an [[smsc]] of its own");
                group.remark_whole(why, report);
                return ("transmitter", port);
            }
            ("transmitter+receiver", port)
        }
    }
}

fn credentials(section: Section, group: &mut Group, report: &mut Report) -> Section {
    let old_name = group.text("system-id");
    let id = group.text("smsc-username").or(old_name).unwrap_or_default();
    if id.len() > 15 {
        group.remark_whole("an smsc-username has 15 characters at most: it is cut", report);
    }
    let id: String = id.chars().take(15).collect();
    let password = group.text("smsc-password").unwrap_or_default();
    section.with("system_id", id).with("password", password)
}

/// Window, rate and times.
fn shape(section: Section, group: &mut Group, report: &mut Report) -> Section {
    let positive = |number: Option<i64>| number.filter(|number| *number > 0);
    let expire = group.number("wait-ack-expire", report);
    let on_unknown = match expire {
        Some(2) => Some("hold"),
        Some(0) => {
            group.remark_whole(
                "wait-ack-expire = 0: one late answer ends no session here, it is sent again",
                report,
            );
            None
        }
        _ => None,
    };
    section
        .maybe("sessions", positive(group.number("instances", report)))
        .maybe("window", positive(group.number("max-pending-submits", report)))
        .maybe("rate", rate(group, report))
        .maybe("response_timeout_s", positive(group.number("wait-ack", report)))
        .maybe("enquire_link_s", positive(group.number("enquire-link-interval", report)))
        .maybe("reconnect_max_s", positive(group.number("reconnect-delay", report)))
        .maybe("on_unknown", on_unknown)
}

/// Segments per second; ours are whole.
fn rate(group: &mut Group, report: &mut Report) -> Option<i64> {
    let entry = group.take("throughput")?;
    let Ok(rate) = entry.value.parse::<f64>() else {
        group.remark(&entry, "not a number", report);
        return None;
    };
    if rate > 0.0 && rate < 1.0 {
        group.remark(&entry, "less than one a second: it is one", report);
    }
    (rate > 0.0).then(|| rate.ceil().min(1e9) as i64)
}

fn tls(section: Section, group: &mut Group, authority: Option<&str>, report: &mut Report) -> Section {
    let files = group.text("ssl-client-certkey-file");
    if !group.flag("use-ssl") {
        return section;
    }
    if authority.is_none() {
        let why = "the SMSC's certificate is looked at, which Kannel does with ssl-trusted-ca-file only: it must be \
                   signed by an authority of the system, or named by tls_ca or tls_fingerprint";
        group.remark_whole(why, report);
    }
    section
        .with("tls", true)
        .maybe("tls_ca", authority)
        .maybe("tls_certificate", files.clone())
        .maybe("tls_key", files)
}

/// What a profile says of other links.
fn speech(
    section: Section,
    group: &mut Group,
    (response_id, receipt_id): (Option<&'static str>, Option<&'static str>),
    (own, general): (&Unified, &Unified),
    report: &mut Report,
) -> Section {
    let version = match group.number("interface-version", report) {
        Some(33 | 3) => Some("3.3"),
        Some(50 | 5) => Some("5.0"),
        _ => None,
    };
    // Of a number that a handset has, the link's own prefixes are looked at first.
    let brought: Vec<Value> = own.rules(None).chain(general.rules(None)).collect();
    let system_type = group.text("system-type").filter(|text| text.len() <= 12);
    section
        .maybe("version", version)
        .maybe("system_type", system_type)
        .maybe("address_range", group.text("address-range"))
        .maybe("address_range_ton", group.number("bind-addr-ton", report).filter(|ton| *ton > 0))
        .maybe("address_range_npi", group.number("bind-addr-npi", report).filter(|npi| *npi > 0))
        .maybe("default_alphabet", alphabet(group, report))
        .maybe("response_id", response_id)
        .maybe("receipt_id", receipt_id)
        .maybe("source_out", numbers::rules("source", &Unified::default(), group, report))
        .maybe("destination_out", numbers::rules("dest", own, group, report))
        .maybe("source_in", (!brought.is_empty()).then_some(brought))
}

/// Bit 0 is the form in submit_sm_resp, bit 1 that in receipts, which come to the group that receives.
fn ids(
    group: &mut Group,
    receiver: Option<Group>,
    report: &mut Report,
) -> Option<(&'static str, &'static str)> {
    let sent = group.number("msg-id-type", report);
    let received = receiver.and_then(|mut receiver| receiver.number("msg-id-type", report)).or(sent);
    let form = |bits: i64, bit: i64| if bits & bit == 0 { "decimal" } else { "hex" };
    Some((form(sent.or(received)?, 1), form(received?, 2)))
}

fn alphabet(group: &mut Group, report: &mut Report) -> Option<&'static str> {
    let entry = group.take("alt-charset")?;
    match entry.value.to_ascii_lowercase().as_str() {
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" => Some("latin-1"),
        "us-ascii" | "ascii" => Some("ascii"),
        "utf-8" | "utf8" => Some("utf-8"),
        "gsm" => Some("gsm"),
        _ => {
            group.remark(&entry, "default_alphabet is gsm, latin-1, ascii or utf-8", report);
            None
        }
    }
}

fn at(host: &str, port: i64) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn free_name(wanted: &str, links: &[Link]) -> String {
    let is_free = |name: &String| links.iter().all(|link| link.name != *name) && name != "reassembly";
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// Kannel's.
const DEFAULT_PORT: i64 = 2775;
