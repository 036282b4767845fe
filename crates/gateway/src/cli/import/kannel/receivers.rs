//! Whom users may send to: prefixes and lists.

use gateway::config::Expression;

use super::super::report::Report;
use super::group::Group;

/// The lists of regular expressions that count for all users, or for one.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    white: Vec<String>,
    black: Vec<String>,
}

impl Lists {
    /// What a group says.
    pub(super) fn of(group: Option<&mut Group>, report: &mut Report) -> Self {
        let Some(group) = group else { return Self::default() };
        Self {
            white: pattern("white-list-regex", group, report),
            black: pattern("black-list-regex", group, report),
        }
    }

    /// The keys of a user for whom these lists count beside its own.
    pub(super) fn keys(&self, group: &mut Group, report: &mut Report) -> Vec<(&'static str, Vec<String>)> {
        let own = Self::of(Some(group), report);
        let [allowed, denied] = ["allowed-prefix", "denied-prefix"].map(|key| prefixes(key, group, report));
        let keys = [
            ("allowed_prefix", allowed),
            ("denied_prefix", denied),
            ("white_list_regex", [&self.white[..], &own.white].concat()),
            ("black_list_regex", [&self.black[..], &own.black].concat()),
        ];
        keys.into_iter().filter(|(_, values)| !values.is_empty()).collect()
    }
}

fn prefixes(key: &str, group: &mut Group, report: &mut Report) -> Vec<String> {
    if let Some(entry) = group.entry(key) {
        let why =
            "here it counts, as Kannel's guide has it; Kannel 1.4.5 reads it and looks at no number by it";
        group.remark(&entry, why, report);
    }
    group.list(key)
}

fn pattern(key: &str, group: &mut Group, report: &mut Report) -> Vec<String> {
    let Some(entry) = group.take(key).filter(|entry| !entry.value.is_empty()) else { return Vec::new() };
    if Expression::new(&entry.value).is_err() {
        group.remark(&entry, "this is no regular expression here: it is left out", report);
        return Vec::new();
    }
    vec![entry.value]
}
