//! Which messages a link of Kannel takes, and the routes that come to the same.

use super::super::draft::{Section, table};
use super::super::report::Report;
use super::Group;
use super::smsc::Link;

/// What `allowed-…`, `denied-…` and `preferred-…` of an smsc group say.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    allowed_id: Option<Vec<String>>,
    denied_id: Vec<String>,
    preferred_id: Vec<String>,
    allowed_prefix: Vec<String>,
    denied_prefix: Vec<String>,
    preferred_prefix: Vec<String>,
}

impl Limits {
    pub(super) fn of(group: &mut Group) -> Self {
        let allowed_id = group.value("allowed-smsc-id").is_some().then(|| group.list("allowed-smsc-id"));
        Self {
            allowed_id,
            denied_id: group.list("denied-smsc-id"),
            preferred_id: group.list("preferred-smsc-id"),
            allowed_prefix: group.list("allowed-prefix"),
            denied_prefix: group.list("denied-prefix"),
            preferred_prefix: group.list("preferred-prefix"),
        }
    }

    /// Whether the link takes messages that are marked for this smsc-id, or for none.
    fn takes_id(&self, id: Option<&str>) -> bool {
        let is_in = |ids: &[String]| id.is_some_and(|id| ids.iter().any(|other| other == id));
        match &self.allowed_id {
            Some(allowed) => is_in(allowed),
            None => !is_in(&self.denied_id),
        }
    }

    /// Whether the link takes numbers that start with this and with no longer prefix of any list.
    fn takes_number(&self, prefix: &str) -> bool {
        let (allowed, denied) = (starts(&self.allowed_prefix, prefix), starts(&self.denied_prefix, prefix));
        match (self.allowed_prefix.is_empty(), self.denied_prefix.is_empty()) {
            (true, _) => !denied,
            (false, true) => allowed,
            (false, false) => allowed || !denied,
        }
    }

    fn prefers(&self, id: Option<&str>, prefix: &str) -> bool {
        let is_preferred = id.is_some_and(|id| self.preferred_id.iter().any(|other| other == id));
        is_preferred || starts(&self.preferred_prefix, prefix)
    }

    fn prefixes(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.allowed_prefix, &self.denied_prefix, &self.preferred_prefix];
        lists.into_iter().flatten().map(|prefix| plain(prefix))
    }
}

/// The routes of the messages of an account that are marked for this smsc-id, the longest prefix first.
pub(super) fn routes(
    account: &str,
    id: Option<&str>,
    links: &[Link],
    group: &Group,
    report: &mut Report,
) -> Vec<Section> {
    let takers: Vec<&Link> = links.iter().filter(|link| link.sends && link.limits.takes_id(id)).collect();
    let mut prefixes: Vec<&str> = takers.iter().flat_map(|link| link.limits.prefixes()).collect();
    prefixes.push("");
    prefixes.sort_by_key(|prefix| (std::cmp::Reverse(prefix.len()), *prefix));
    prefixes.dedup();
    let mut routes = Vec::new();
    for prefix in prefixes {
        let targets = targets(&takers, id, prefix);
        if targets.is_empty() {
            let numbers =
                if prefix.is_empty() { "other numbers".into() } else { format!("numbers with {prefix}") };
            let why = format!("{account}: no link takes {numbers}; look at the routes for shorter prefixes");
            group.remark_whole(why, report);
            continue;
        }
        let section = Section::new("[[route]]").with("from", table([("link", account.into())]));
        let matched = (!prefix.is_empty()).then(|| table([("prefix", prefix.into())]));
        routes.push(section.maybe("match", matched).with("to", targets));
    }
    routes
}

/// Those that prefer such messages, or else all that take them.
fn targets(takers: &[&Link], id: Option<&str>, prefix: &str) -> Vec<String> {
    let all = takers.iter().filter(|link| link.limits.takes_number(prefix));
    let (preferring, others): (Vec<&Link>, Vec<&Link>) =
        all.partition(|link| link.limits.prefers(id, prefix));
    let targets = if preferring.is_empty() { others } else { preferring };
    targets.into_iter().map(|link| link.name.clone()).collect()
}

fn starts(prefixes: &[String], number: &str) -> bool {
    prefixes.iter().any(|prefix| number.starts_with(plain(prefix)))
}

/// Numbers have no plus here.
fn plain(prefix: &str) -> &str {
    prefix.strip_prefix('+').unwrap_or(prefix)
}
