//! Which messages a link of Kannel takes.

use super::group::Group;

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
    pub(super) fn takes_id(&self, id: Option<&str>) -> bool {
        let is_in = |ids: &[String]| id.is_some_and(|id| ids.iter().any(|other| other == id));
        match &self.allowed_id {
            Some(allowed) => is_in(allowed),
            None => !is_in(&self.denied_id),
        }
    }

    /// Whether the link takes numbers that start with this and with no longer prefix of any list.
    pub(super) fn takes_number(&self, prefix: &str) -> bool {
        let (allowed, denied) = (starts(&self.allowed_prefix, prefix), starts(&self.denied_prefix, prefix));
        match (self.allowed_prefix.is_empty(), self.denied_prefix.is_empty()) {
            (true, _) => !denied,
            (false, true) => allowed,
            (false, false) => allowed || !denied,
        }
    }

    pub(super) fn prefers(&self, id: Option<&str>, prefix: &str) -> bool {
        let is_preferred = id.is_some_and(|id| self.preferred_id.iter().any(|other| other == id));
        is_preferred || starts(&self.preferred_prefix, prefix)
    }

    pub(super) fn prefixes(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.allowed_prefix, &self.denied_prefix, &self.preferred_prefix];
        lists.into_iter().flatten().map(|prefix| plain(prefix))
    }
}

fn starts(prefixes: &[String], number: &str) -> bool {
    prefixes.iter().any(|prefix| number.starts_with(plain(prefix)))
}

/// Numbers have no plus here.
fn plain(prefix: &str) -> &str {
    prefix.strip_prefix('+').unwrap_or(prefix)
}
