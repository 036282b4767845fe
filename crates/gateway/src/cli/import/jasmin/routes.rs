//! `mtrouter -a`, `morouter -a` and the filters that they name.

use std::cmp::Reverse;

use super::super::draft::{Section, table};
use super::super::report::Report;
use super::connectors::Connector;
use super::console::Command;
use super::patterns::{Condition, conditions};
use super::remark::remark;
use super::users::User;

/// What routes lead from and to.
pub(super) struct Parts<'p> {
    pub(super) users: &'p [User],
    pub(super) links: &'p [Connector],
    pub(super) applications: &'p [Connector],
}

/// What must be so of a message, each list with the ways in which it may be.
#[derive(Clone, Debug)]
struct Wanted {
    /// Links that may bring it; all if there are none.
    from: Vec<String>,
    source: Vec<Condition>,
    destination: Vec<Condition>,
    text: Vec<Condition>,
}

struct Filter {
    fid: String,
    kind: String,
    value: String,
}

/// The routes of both tables, in the order in which Jasmin looks at them.
pub(super) fn routes(
    parts: &Parts<'_>,
    filters: Vec<Command>,
    mt: Vec<Command>,
    mo: Vec<Command>,
    report: &mut Report,
) -> Vec<Section> {
    let filters: Vec<Filter> = filters.into_iter().map(filter).collect();
    let mut all = Vec::new();
    for (commands, is_mo) in [(mt, false), (mo, true)] {
        let mut commands: Vec<(i64, Command)> =
            commands.into_iter().map(|mut command| (command.number("order").unwrap_or(0), command)).collect();
        commands.sort_by_key(|(order, _)| Reverse(*order));
        for (_, command) in commands {
            all.extend(route(parts, &filters, command, is_mo, report));
        }
    }
    all
}

fn filter(mut command: Command) -> Filter {
    let fid = command.text("fid").unwrap_or_default();
    let kind = command.text("type").unwrap_or_default().to_ascii_lowercase();
    let keys = ["uid", "gid", "cid", "source_addr", "destination_addr", "short_message", "tag"];
    let value = keys.iter().find_map(|key| command.text(key)).unwrap_or_default();
    Filter { fid, kind, value }
}

fn route(
    parts: &Parts<'_>,
    filters: &[Filter],
    mut command: Command,
    is_mo: bool,
    report: &mut Report,
) -> Vec<Section> {
    let module = command.module.clone();
    let kind = command.text("type").unwrap_or_default().to_ascii_lowercase();
    let names = command.text("filters").unwrap_or_default();
    let targets = command.text("connectors").or_else(|| command.text("connector")).unwrap_or_default();
    if command.text("rate").and_then(|rate| rate.parse::<f64>().ok()).is_some_and(|rate| rate > 0.0) {
        remark(report, &command.place, &module, "rate", "there is no billing");
    }
    let to: Vec<String> = targets.split(';').filter_map(|target| parts.target(target.trim())).collect();
    if to.is_empty() {
        remark(report, &command.place, &module, "", "it leads nowhere: it is left out");
        return Vec::new();
    }
    if kind.starts_with("failover") && to.len() > 1 {
        let why =
            "messages are shared among the connectors while all are up, by weight: the first has nearly all";
        remark(report, &command.place, &module, "type", why);
    }
    let mut wanted = Wanted::all();
    for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
        let known = filters.iter().find(|filter| filter.fid == name);
        if !known.is_some_and(|filter| wanted.narrow(filter, parts)) {
            let why = format!("filter {name} says what routes cannot: the route is left out");
            remark(report, &command.place, &module, "filters", why);
            return Vec::new();
        }
    }
    if is_mo && wanted.from.is_empty() {
        // Or messages of accounts would take it, too.
        wanted.from = parts.links.iter().map(|link| link.name.clone()).collect();
    }
    let targets = shares(to, kind.starts_with("failover"));
    wanted.matches().into_iter().map(|(from, matched)| section(from, matched, targets.clone())).collect()
}

fn section(from: Option<String>, matched: toml::Table, to: toml::Value) -> Section {
    let from = from.map(|link| table([("link", link.into())]));
    let matched = (!matched.is_empty()).then_some(toml::Value::Table(matched));
    Section::new("[[route]]").maybe("from", from).maybe("match", matched).with("to", to)
}

fn shares(to: Vec<String>, first_has_most: bool) -> toml::Value {
    if !first_has_most || to.len() == 1 {
        return to.into();
    }
    let weighted = to.into_iter().enumerate().map(|(number, link)| {
        let weight: i64 = if number == 0 { 1000 } else { 1 };
        table([("link", link.into()), ("weight", weight.into())])
    });
    toml::Value::Array(weighted.collect())
}

impl Parts<'_> {
    /// The link that `smppc(cid)`, `http(cid)` or `smpps(user)` is.
    fn target(&self, typed: &str) -> Option<String> {
        let (kind, name) = typed.strip_suffix(')')?.split_once('(')?;
        let of = |connectors: &[Connector]| {
            connectors.iter().find(|connector| connector.cid == name).map(|connector| connector.name.clone())
        };
        match kind.to_ascii_lowercase().as_str() {
            "smppc" => of(self.links),
            "http" => of(self.applications),
            "smpps" => {
                let is_it = |user: &&User| user.name == name || user.uid == name;
                self.users.iter().find(is_it).map(|user| user.name.clone())
            }
            _ => None,
        }
    }
}

impl Wanted {
    fn all() -> Self {
        let any = || vec![Condition::Any];
        Self { from: Vec::new(), source: any(), destination: any(), text: any() }
    }

    /// Adds what a filter says; false if that cannot be said here.
    fn narrow(&mut self, filter: &Filter, parts: &Parts<'_>) -> bool {
        let is_value = |value: &str| value == filter.value;
        let users = |is_it: &dyn Fn(&User) -> bool| -> Vec<String> {
            parts.users.iter().filter(|user| is_it(user)).map(|user| user.name.clone()).collect()
        };
        match filter.kind.as_str() {
            "transparentfilter" => return true,
            "userfilter" => self.from = users(&|user| is_value(&user.uid)),
            "groupfilter" => self.from = users(&|user| is_value(&user.gid)),
            "connectorfilter" => {
                let links = parts.links.iter().filter(|link| is_value(&link.cid));
                self.from = links.map(|link| link.name.clone()).collect();
            }
            "sourceaddrfilter" => return set(&mut self.source, &filter.value),
            "destinationaddrfilter" => return set(&mut self.destination, &filter.value),
            "shortmessagefilter" => return set(&mut self.text, &filter.value),
            _ => return false,
        }
        !self.from.is_empty()
    }

    /// Each way in which it may be.
    fn matches(&self) -> Vec<(Option<String>, toml::Table)> {
        let from: Vec<Option<&String>> =
            if self.from.is_empty() { vec![None] } else { self.from.iter().map(Some).collect() };
        let mut all = Vec::new();
        for from in from {
            for source in &self.source {
                for destination in &self.destination {
                    for text in &self.text {
                        let mut matched = toml::Table::new();
                        put(&mut matched, source, "source", "source_prefix");
                        put(&mut matched, destination, "destination", "prefix");
                        put(&mut matched, text, "keyword", "keyword");
                        all.push((from.cloned(), matched));
                    }
                }
            }
        }
        all
    }
}

fn set(conditions_so_far: &mut Vec<Condition>, pattern: &str) -> bool {
    match conditions(pattern) {
        Some(conditions) if *conditions_so_far == [Condition::Any] => {
            *conditions_so_far = conditions;
            true
        }
        _ => false,
    }
}

fn put(matched: &mut toml::Table, condition: &Condition, whole: &str, start: &str) {
    match condition {
        Condition::Any => {}
        Condition::Exact(value) => drop(matched.insert(whole.to_owned(), value.as_str().into())),
        Condition::Prefix(value) => drop(matched.insert(start.to_owned(), value.as_str().into())),
    }
}
