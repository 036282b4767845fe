//! Regular expressions over addresses, as far as they say no more than routes can.

/// What an address or a text must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Any,
    Exact(String),
    Prefix(String),
}

/// The conditions of which one must hold; `None` if a pattern says more.
pub(super) fn conditions(pattern: &str) -> Option<Vec<Condition>> {
    let Some(pattern) = pattern.strip_prefix('^') else {
        return matches!(pattern, ".*" | ".+" | "" | ".*$").then(|| vec![Condition::Any]);
    };
    let end = pattern.find(|character: char| !is_plain(character)).unwrap_or(pattern.len());
    let (start, rest) = pattern.split_at(end);
    if let Some((group, rest)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        let group = group.strip_prefix("?:").unwrap_or(group);
        let branches = group.split('|').map(|branch| {
            let branch = branch.replace(r"\+", "+");
            branch.chars().all(is_plain).then(|| condition(&format!("{start}{branch}"), rest)).flatten()
        });
        return branches.collect();
    }
    condition(&start.replace('\\', ""), rest).map(|condition| vec![condition])
}

/// What a fixed start and the rest of a pattern mean together.
fn condition(start: &str, rest: &str) -> Option<Condition> {
    let start = start.trim_start_matches('\\').trim_start_matches('+').to_owned();
    match rest {
        "$" => Some(Condition::Exact(start)),
        "" | ".*" | ".*$" | r"\d+" | r"\d+$" | r"\d*" | r"\d*$" | "[0-9]+" | "[0-9]+$" | "[0-9]*$" | ".+"
        | ".+$" => Some(if start.is_empty() { Condition::Any } else { Condition::Prefix(start) }),
        _ => None,
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, ' ' | '_' | '-' | '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_more_than_a_start_or_a_whole_is_understood() {
        let exact = |text: &str| Condition::Exact(text.to_owned());
        let prefix = |text: &str| Condition::Prefix(text.to_owned());
        for (pattern, expected) in [
            (".*", Some(vec![Condition::Any])),
            ("^.*$", Some(vec![Condition::Any])),
            ("^46", Some(vec![prefix("46")])),
            (r"^46\d+$", Some(vec![prefix("46")])),
            ("^1234$", Some(vec![exact("1234")])),
            ("^(46|47)", Some(vec![prefix("46"), prefix("47")])),
            (r"^62(81[0-9])", None),
            ("^62(811|812)$", Some(vec![exact("62811"), exact("62812")])),
            ("46", None),
            ("^4[67]", None),
            (r"^\d{3}$", None),
        ] {
            assert_eq!(conditions(pattern), expected, "{pattern}");
        }
    }
}
