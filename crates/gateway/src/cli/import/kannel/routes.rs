//! Where the messages of accounts go: to the links that take their numbers.

use super::super::draft::{Section, table};
use super::super::report::Report;
use super::group::Group;
use super::smsc::Link;

/// The routes of an account.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) sections: Vec<Section>,
    /// Whether they take all numbers.
    pub(super) is_complete: bool,
}

/// The routes of the messages of an account that are marked for this smsc-id, the longest prefix first.
pub(super) fn routes(
    account: &str,
    id: Option<&str>,
    links: &[Link],
    group: &Group,
    report: &mut Report,
) -> Routes {
    let takers: Vec<&Link> = links.iter().filter(|link| link.sends && link.limits.takes_id(id)).collect();
    let mut prefixes: Vec<&str> = takers.iter().flat_map(|link| link.limits.prefixes()).collect();
    prefixes.push("");
    prefixes.sort_by_key(|prefix| (std::cmp::Reverse(prefix.len()), *prefix));
    prefixes.dedup();
    let mut routes = Routes::default();
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
        routes.is_complete |= prefix.is_empty();
        routes.sections.push(section.maybe("match", matched).with("to", targets));
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
