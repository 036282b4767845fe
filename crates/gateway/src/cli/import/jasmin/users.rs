//! `user -a`: accounts.

use gateway::config::{Source, ValueFilter};

use super::super::draft::Section;
use super::super::endpoint;
use super::super::report::{Place, Report};
use super::console::Command;
use super::patterns::{Condition, conditions};
use super::remark::remark;

/// An account, and what routes know it by.
#[derive(Debug)]
pub(super) struct User {
    pub(super) uid: String,
    pub(super) gid: String,
    /// Its username, and the name of the link.
    pub(super) name: String,
    pub(super) section: Section,
}

pub(super) fn accounts(commands: Vec<Command>, report: &mut Report) -> Vec<User> {
    commands.into_iter().filter_map(|command| account(command, report)).collect()
}

fn account(mut command: Command, report: &mut Report) -> Option<User> {
    let uid = command.text("uid").unwrap_or_default();
    let Some(name) = command.text("username").or_else(|| (!uid.is_empty()).then(|| uid.clone())) else {
        remark(report, &command.place, "user", "", "no username: it is left out");
        return None;
    };
    let gid = command.text("gid").unwrap_or_default();
    let password = command.text("password").unwrap_or_else(|| {
        remark(report, &command.place, "user", "password", "none is said: it is empty");
        String::new()
    });
    let mut rights = Rights::default();
    for (value, place) in command.all("mt_messaging_cred") {
        rights.messaging(&value, &place, report);
    }
    for (value, place) in command.all("smpps_cred") {
        rights.smpp(&value, &place, report);
    }
    rights.is_near = rights.allow_from.iter().flatten().any(|network| endpoint::is_near_network(network));
    remark(report, &command.place, "user", "", endpoint::remark_of_requests(rights.is_near));
    command.finish(report, |_, _| Some("Estafet has nothing of this kind"));
    let section = Section::new("[[account]]")
        .with("name", name.clone())
        .with("password", password)
        .maybe("rate", rights.rate)
        .maybe("max_binds", rights.max_binds)
        .maybe("allow_from", rights.allow_from.clone())
        .maybe("sources", rights.sources.clone())
        .with("jasmin", rights.jasmin());
    Some(User { uid, gid, name, section })
}

/// What the credentials of a user say that an account can say, too.
#[derive(Default)]
struct Rights {
    rate: Option<i64>,
    max_binds: Option<i64>,
    allow_from: Option<Vec<String>>,
    sources: Option<Vec<String>>,
    denied: Vec<String>,
    filters: toml::Table,
    default_source: Option<String>,
    /// Whether it calls from a private network.
    is_near: bool,
}

impl Rights {
    fn messaging(&mut self, said: &str, place: &Place, report: &mut Report) {
        let (section, key, value) = three(said);
        let why = match (section.as_str(), key.as_str()) {
            ("quota", "http_throughput" | "smpps_throughput") => {
                let rate =
                    value.parse::<f64>().ok().filter(|rate| *rate > 0.0).map(|rate| rate.ceil() as i64);
                self.rate = self.rate.max(rate);
                return;
            }
            ("valuefilter", "src_addr") => match exact(&value) {
                Some(sources) => {
                    self.sources = sources;
                    return;
                }
                None => return self.filter(key, value, place, report),
            },
            ("valuefilter", _) if is_any(&value) => return,
            ("valuefilter", "dst_addr" | "priority" | "validity_period" | "content") => {
                return self.filter(key, value, place, report);
            }
            ("authorization", _) if is_yes(&value) => return,
            ("authorization", "http_bulk") => return,
            ("authorization", right) if RIGHTS.contains(&right) => return self.denied.push(key),
            ("authorization", "smpps_send") => "who may not send by SMPP may not bind: max_binds = 0",
            ("quota", _) if value.eq_ignore_ascii_case("none") || value == "ND" => return,
            ("quota", _) => "there is no billing",
            ("defaultvalue", "src_addr") => {
                self.default_source = Some(value).filter(|value| !value.eq_ignore_ascii_case("none"));
                return;
            }
            _ => "Estafet has nothing of this kind",
        };
        remark(report, place, "user", &format!("mt_messaging_cred {section} {key}"), why);
    }

    /// What a value of its requests by HTTP must be like.
    fn filter(&mut self, key: String, pattern: String, place: &Place, report: &mut Report) {
        let subject = format!("mt_messaging_cred valuefilter {key}");
        if ValueFilter::try_from(pattern.clone()).is_ok() {
            remark(report, place, "user", &subject, "holds for requests by HTTP alone");
            self.filters.insert(key, pattern.into());
        } else {
            remark(report, place, "user", &subject, "this is no regular expression here: it is left out");
        }
    }

    /// What its requests at Jasmin's interfaces mean.
    fn jasmin(&self) -> toml::Value {
        let mut keys = toml::Table::new();
        keys.insert("dlr".to_owned(), true.into());
        keys.extend(endpoint::permissions_of_requests(self.is_near));
        if !self.denied.is_empty() {
            keys.insert("denied".to_owned(), self.denied.clone().into());
        }
        if !self.filters.is_empty() {
            keys.insert("filters".to_owned(), self.filters.clone().into());
        }
        keys.extend(self.default_source.clone().map(|source| ("default_source".to_owned(), source.into())));
        keys.into()
    }

    fn smpp(&mut self, said: &str, place: &Place, report: &mut Report) {
        let (section, key, value) = three(said);
        match (section.as_str(), key.as_str()) {
            ("quota", "max_bindings") => self.max_binds = value.parse().ok(),
            ("authorization", "bind") if is_yes(&value) => {}
            ("authorization", "bind") => self.max_binds = Some(0),
            ("authorization", "ip") => {
                self.allow_from = Some(value.split([',', ';']).filter_map(network).collect());
                remark(report, place, "user", "smpps_cred authorization ip", "holds for HTTP as well");
            }
            _ => remark(
                report,
                place,
                "user",
                &format!("smpps_cred {section} {key}"),
                "Estafet has nothing of this kind",
            ),
        }
    }
}

/// What can be denied to requests by HTTP.
const RIGHTS: [&str; 11] = [
    "http_send",
    "http_balance",
    "http_rate",
    "http_long_content",
    "dlr_level",
    "http_dlr_method",
    "src_addr",
    "priority",
    "validity_period",
    "hex_content",
    "schedule_delivery_time",
];

fn three(said: &str) -> (String, String, String) {
    let mut words = said.split_whitespace();
    let mut word = || words.next().unwrap_or_default().to_ascii_lowercase();
    let (section, key) = (word(), word());
    (section, key, words.collect::<Vec<_>>().join(" "))
}

/// The addresses that a pattern means if it means whole ones; nothing inside if it means all.
fn exact(pattern: &str) -> Option<Option<Vec<String>>> {
    let conditions = conditions(pattern)?;
    let whole = |condition: &Condition| match condition {
        Condition::Exact(address) => {
            Some(address.clone()).filter(|address| Source::try_from(address.clone()).is_ok())
        }
        _ => None,
    };
    match &conditions[..] {
        [Condition::Any] => Some(None),
        all => all.iter().map(whole).collect::<Option<Vec<_>>>().map(Some),
    }
}

fn network(text: &str) -> Option<String> {
    let text = text.trim();
    let net = text.parse::<ipnet::IpNet>().ok();
    net.or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()))
        .map(|net| net.to_string())
}

fn is_any(pattern: &str) -> bool {
    matches!(conditions(pattern).as_deref(), Some([Condition::Any]))
        || [r"^[0-3]$", r"^\d+$"].contains(&pattern)
}

fn is_yes(value: &str) -> bool {
    ["true", "1", "t", "y", "yes"].contains(&value.to_ascii_lowercase().as_str())
}
