//! IP patterns: `10.0.0.*;127.0.0.1`.

use super::super::report::Report;
use super::group::Group;

/// The networks that the allow list of a group means, if it means any.
///
/// In Kannel a list of those who may only counts beside a list of those who may not.
pub(super) fn allowed(group: &mut Group, report: &mut Report) -> Option<Vec<String>> {
    let (allow, deny) = (group.take("user-allow-ip"), group.take("user-deny-ip"));
    let allow = allow.filter(|entry| !entry.value.is_empty());
    match (allow, deny.filter(|entry| !entry.value.is_empty())) {
        (None, None) => None,
        (Some(allow), None) => {
            let why = "Kannel lets everybody in as there is no user-deny-ip beside it, and so does this; \
                       allow_from would make it count";
            group.remark(&allow, why, report);
            None
        }
        (None, Some(deny)) => {
            group.remark(&deny, "there is no list of those who may not: say who may, in allow_from", report);
            None
        }
        (Some(allow), Some(deny)) => {
            if deny.value.split(';').all(|pattern| pattern.trim() != ANY) {
                let why = "everybody who is not in user-allow-ip is kept out, as with *.*.*.*";
                group.remark(&deny, why, report);
            }
            let patterns = allow.value.split(';').map(str::trim).filter(|pattern| !pattern.is_empty());
            let (known, unknown): (Vec<_>, Vec<_>) =
                patterns.map(|pattern| network(pattern).ok_or(pattern)).partition(Result::is_ok);
            for pattern in unknown.into_iter().filter_map(Result::err) {
                group.remark(&allow, format!("{pattern} is no network: stars stand at the end"), report);
            }
            Some(known.into_iter().flatten().collect())
        }
    }
}

/// The network of a pattern whose stars are all at its end.
fn network(pattern: &str) -> Option<String> {
    let parts: Vec<&str> = pattern.split('.').collect();
    let fixed = parts.iter().take_while(|part| **part != "*").count();
    let is_network = parts.len() == 4 && parts.get(fixed..)?.iter().all(|part| *part == "*");
    if !is_network {
        let address: std::net::IpAddr = pattern.parse().ok()?;
        return Some(ipnet::IpNet::from(address).to_string());
    }
    let octets =
        parts.get(..fixed)?.iter().map(|part| part.parse::<u8>().ok()).collect::<Option<Vec<_>>>()?;
    let octet = |at| octets.get(at).copied().unwrap_or_default();
    Some(format!("{}.{}.{}.{}/{}", octet(0), octet(1), octet(2), octet(3), fixed * 8))
}

const ANY: &str = "*.*.*.*";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_stars_at_the_end_are_networks() {
        for (pattern, expected) in [
            ("127.0.0.1", Some("127.0.0.1/32")),
            ("10.0.0.*", Some("10.0.0.0/24")),
            ("10.*.*.*", Some("10.0.0.0/8")),
            ("*.*.*.*", Some("0.0.0.0/0")),
            ("::1", Some("::1/128")),
            ("10.*.0.1", None),
            ("10.0.*", None),
            ("300.0.0.*", None),
            ("localhost", None),
        ] {
            assert_eq!(network(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
