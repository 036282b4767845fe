//! Why a message goes where it goes, for people.

use std::fmt;

use sms::LinkName;

use crate::entry::{Bar, Entry, Probe};
use crate::number;
use crate::rule::Condition;
use crate::table::{Choice, Question, Table};

/// How a choice came about, rule by rule; its `Display` is a line per rule and per target.
///
/// It holds the numbers of the message but nothing of its text, not even the keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The rules that were asked in vain, in order.
    pub skipped: Vec<Skipped>,
    /// The rule that carries the message, or `None` if there is no route.
    pub verdict: Option<Verdict>,
}

/// A rule that does not carry the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The rule, counted from 0; `Display` counts from 1.
    pub rule: usize,
    /// Its name.
    pub name: String,
    /// The first thing that stood against it.
    pub reason: Reason,
}

/// What stood against a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A condition is not met.
    Unmet {
        /// The first condition that is not met.
        condition: Condition,
        /// What the message has there, except for keywords, which are not told.
        is: Option<String>,
        /// What the rule wants there.
        wants: String,
    },
    /// It matches, but may send this message to none of its targets.
    Barred(Vec<(LinkName, Bar)>),
    /// It matches, but a later rule does so with more words of the keyword.
    Outdone {
        /// That rule, counted from 0; `Display` counts from 1.
        by: usize,
    },
}

/// The rule that carries the message, and what became of its targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The rule, counted from 0; `Display` counts from 1.
    pub rule: usize,
    /// Its name.
    pub name: String,
    /// The targets that may take the message, by rank.
    pub candidates: Vec<Candidate>,
    /// The targets that may not.
    pub barred: Vec<(LinkName, Bar)>,
    /// The link that shall take the message.
    pub target: LinkName,
    /// The links that may take it instead, best first.
    pub alternatives: Vec<LinkName>,
}

/// A target that may take the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The link.
    pub link: LinkName,
    /// Its weight in the rule.
    pub weight: u32,
    /// Whether it can take messages now.
    pub up: bool,
}

impl Table {
    /// How [`Table::choose`] comes to its choice; with the same question and the same links up, the outcome
    /// is the same. It asks rule by rule and is not for the path of messages.
    pub fn explain(&self, question: &Question<'_>, up: impl Fn(&LinkName) -> bool) -> Explanation {
        let (probe, _) = self.probe(question);
        let mut skipped = Vec::new();
        let mut found: Option<(usize, &Entry)> = None;
        for (rule, entry) in self.entries.iter().enumerate() {
            let found_words = found.map_or(0, |(_, found)| found.keyword_words());
            let skip = |reason, rule, entry: &Entry| Skipped { rule, name: entry.rule.name.clone(), reason };
            match reason(entry, &probe, question.from) {
                Some(reason) if found.is_none() => skipped.push(skip(reason, rule, entry)),
                None if found.is_none() || entry.keyword_words() > found_words => {
                    let longer = Reason::Outdone { by: rule };
                    skipped
                        .extend(found.replace((rule, entry)).map(|(rule, entry)| skip(longer, rule, entry)));
                    // Without a keyword the first counts, and a longer one than the message has there cannot be.
                    let most = probe.keyword.map_or(0, crate::keyword::words);
                    if entry.keyword_words() == 0 || entry.keyword_words() >= most {
                        break;
                    }
                }
                _ => {}
            }
        }
        let verdict = found.and_then(|(rule, entry)| verdict(rule, entry, &probe, up));
        Explanation { skipped, verdict }
    }
}

/// Why the rule does not carry the message, or `None` if it does.
fn reason(entry: &Entry, probe: &Probe<'_>, from: &LinkName) -> Option<Reason> {
    if let Some(condition) = entry.mismatch(probe) {
        return Some(unmet(condition, entry, probe, from));
    }
    (!entry.carries(probe)).then(|| Reason::Barred(barred(entry, probe)))
}

fn unmet(condition: Condition, entry: &Entry, probe: &Probe<'_>, from: &LinkName) -> Reason {
    let wanted = |octets: &Option<Vec<u8>>| number::text(octets.as_deref().unwrap_or_default());
    let rule = &entry.rule;
    let (is, wants) = match condition {
        Condition::From => {
            (Some(from.to_string()), rule.from.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        Condition::Destination => (Some(number::text(probe.destination)), wanted(&rule.destination)),
        Condition::Prefix => (Some(number::text(probe.destination)), wanted(&rule.prefix)),
        Condition::Source => (Some(number::text(probe.source)), wanted(&rule.source)),
        Condition::SourcePrefix => (Some(number::text(probe.source)), wanted(&rule.source_prefix)),
        Condition::Keyword => (None, rule.keyword.clone().unwrap_or_default()),
    };
    Reason::Unmet { condition, is, wants }
}

fn barred(entry: &Entry, probe: &Probe<'_>) -> Vec<(LinkName, Bar)> {
    let bars = entry.places.iter().map(|place| (place, entry.bar(place, probe)));
    bars.filter_map(|(place, bar)| Some((place.link.clone(), bar?))).collect()
}

fn verdict(rule: usize, entry: &Entry, probe: &Probe<'_>, up: impl Fn(&LinkName) -> bool) -> Option<Verdict> {
    let ranking = entry.ranking(probe);
    let candidates: Vec<Candidate> = ranking
        .iter()
        .map(|(_, place)| Candidate { link: place.link.clone(), weight: place.weight, up: up(&place.link) })
        .collect();
    // A link may go down while it is being asked: the choice must follow what is shown.
    let shown = |link: &LinkName| candidates.iter().any(|candidate| candidate.link == *link && candidate.up);
    let choice = Choice::of(rule, ranking.iter().map(|(_, place)| &place.link), shown)?;
    Some(Verdict {
        rule,
        name: entry.rule.name.clone(),
        barred: barred(entry, probe),
        target: choice.target.clone(),
        alternatives: choice.alternatives.into_iter().cloned().collect(),
        candidates,
    })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for skipped in &self.skipped {
            writeln!(f, "{skipped}")?;
        }
        match &self.verdict {
            Some(verdict) => verdict.fmt(f),
            None => f.write_str("no route"),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} `{}`: {}", self.rule + 1, self.name, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmet { condition, is, wants } => {
                let (what, form) = match condition {
                    Condition::Prefix => ("destination", "prefix "),
                    Condition::SourcePrefix => ("source", "prefix "),
                    Condition::From => ("from", ""),
                    Condition::Destination => ("destination", ""),
                    Condition::Source => ("source", ""),
                    Condition::Keyword => ("keyword", ""),
                };
                let is = match is.as_deref() {
                    None => "is another or none",
                    Some("") => "is empty",
                    Some(is) => &format!("is {is}"),
                };
                let wants = if wants.is_empty() { "none" } else { wants };
                write!(f, "{what} {is}, wants {form}{wants}")
            }
            Self::Outdone { by } => write!(f, "matches, but rule {} with a longer keyword", by + 1),
            Self::Barred(targets) => {
                f.write_str("matches, but may send it nowhere")?;
                targets.iter().try_for_each(|(link, bar)| write!(f, "; not to {link}: {bar}"))
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rule {} `{}`: matches", self.rule + 1, self.name)?;
        for (link, bar) in &self.barred {
            writeln!(f, "  not to {link}: {bar}")?;
        }
        for (rank, Candidate { link, weight, up }) in (1..).zip(&self.candidates) {
            let state = if *up { "up" } else { "down" };
            writeln!(f, "  rank {rank}: {link}, weight {weight}, {state}")?;
        }
        let up = self.candidates.iter().any(|candidate| candidate.up);
        let note = if up { "" } else { ", where it waits, because no target is up" };
        write!(f, "route: {}{note}", self.target)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use sms::Direction;

    use super::*;
    use crate::{LinkKind, Rule, Target};

    fn rule(name: &str, to: &[(&str, u32)]) -> Rule {
        let to = to.iter().map(|&(link, weight)| Target { link: link.into(), weight }).collect();
        Rule {
            name: name.into(),
            from: None,
            destination: None,
            prefix: None,
            source: None,
            source_prefix: None,
            keyword: None,
            to,
        }
    }

    fn explain(rules: &[Rule], direction: Direction, up: &[&str]) -> String {
        let links = HashMap::from([
            ("telco-a".into(), LinkKind::Smsc),
            ("telco-b".into(), LinkKind::Smsc),
            ("games".into(), LinkKind::Application),
            ("shop".into(), LinkKind::Account),
            ("bank".into(), LinkKind::Account),
        ]);
        let table = Table::build(rules.to_vec(), &links).unwrap();
        let from = LinkName::from(if direction == Direction::Mt { "shop" } else { "telco-a" });
        let (source, destination, keyword) = (&b"+46700"[..], &b"1234"[..], Some("SECRET"));
        let question = Question { from: &from, direction, source, destination, keyword };
        table.explain(&question, |link| up.contains(&link.as_str())).to_string()
    }

    #[test]
    fn every_condition_says_what_was_there_and_what_was_wanted() {
        let a = |name: &str| rule(name, &[("telco-a", 1)]);
        let rules = [
            Rule { from: Some("bank".into()), ..a("bank out") },
            Rule { destination: Some("+1235".into()), ..a("number") },
            Rule { prefix: Some("+47".into()), ..a("country") },
            Rule { source: Some("BÅNK".into()), ..a("name") },
            Rule { source: Some(Vec::new()), ..a("nobody") },
            Rule { source_prefix: Some("47".into()), ..a("origin") },
            Rule { keyword: Some("game".into()), ..a("game") },
        ];
        let want = "\
rule 1 `bank out`: from is shop, wants bank
rule 2 `number`: destination is 1234, wants 1235
rule 3 `country`: destination is 1234, wants prefix 47
rule 4 `name`: source is 46700, wants B\\xc3\\x85NK
rule 5 `nobody`: source is 46700, wants none
rule 6 `origin`: source is 46700, wants prefix 47
rule 7 `game`: keyword is another or none, wants GAME
no route";
        assert_eq!(explain(&rules, Direction::Mt, &[]), want);
    }

    // CMN-1
    #[test]
    fn a_longer_keyword_is_explained() {
        let links =
            HashMap::from([("games".into(), LinkKind::Application), ("telco-a".into(), LinkKind::Smsc)]);
        let keyword =
            |name: &str, keyword: &str| Rule { keyword: Some(keyword.into()), ..rule(name, &[("games", 1)]) };
        let rules = [keyword("reg", "REG"), keyword("other", "STOP"), keyword("game", "reg.game")];
        let table = Table::build(rules.to_vec(), &links).unwrap();
        let question = Question {
            from: &"telco-a".into(),
            direction: Direction::Mo,
            source: b"46700",
            destination: b"1234",
            keyword: Some("REG GAME"),
        };
        let want = "\
rule 1 `reg`: matches, but rule 3 with a longer keyword
rule 3 `game`: matches
  rank 1: games, weight 1, up
route: games";
        assert_eq!(table.explain(&question, |_| true).to_string(), want);
    }

    #[test]
    fn guard_is_explained() {
        let rules = [
            rule("out", &[("telco-a", 1), ("telco-b", 1)]),
            rule("in", &[("telco-b", 1), ("games", 2)]),
            rule("never asked", &[("bank", 1)]),
        ];
        let want = "\
rule 1 `out`: matches, but may send it nowhere; \
not to telco-a: the message came from it, and the rule has no from; \
not to telco-b: it is an SMSC, the message comes from one, and the rule has no from
rule 2 `in`: matches
  not to telco-b: it is an SMSC, the message comes from one, and the rule has no from
  rank 1: games, weight 2, up
route: games";
        assert_eq!(explain(&rules, Direction::Mo, &["games"]), want);
    }

    #[test]
    fn targets_are_shown_by_rank_and_the_chosen_one_is_up() {
        let rules = [rule("out", &[("telco-a", 3), ("telco-b", 1)])];
        let ranks = |a: &str, b: &str| {
            format!(
                "rule 1 `out`: matches\n  rank 1: telco-a, weight 3, {a}\n  rank 2: telco-b, weight 1, {b}\n"
            )
        };
        let all = explain(&rules, Direction::Mt, &["telco-a", "telco-b"]);
        assert_eq!(all, ranks("up", "up") + "route: telco-a");
        let second = explain(&rules, Direction::Mt, &["telco-b"]);
        assert_eq!(second, ranks("down", "up") + "route: telco-b");
        let none = explain(&rules, Direction::Mt, &[]);
        assert_eq!(none, ranks("down", "down") + "route: telco-a, where it waits, because no target is up");
    }
}
