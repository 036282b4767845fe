//! The table: rules in, choices out.

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::FixedState;
use smallvec::SmallVec;
use sms::{Direction, LinkName};

use crate::entry::{Entry, Place, Probe};
use crate::index::{Index, Key};
use crate::rule::{BuildError, LinkKind, RULES_MAX, Rule, Target};
use crate::{keyword, number, rank};

/// Links that may take a message instead, best first.
pub type Alternatives<'t> = SmallVec<[&'t LinkName; 3]>;

/// What is asked: where shall this message go?
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The link that brought the message; one that no longer exists has no rules of its own.
    pub from: &'q LinkName,
    /// Which way the message travels.
    pub direction: Direction,
    /// Who sends; may be empty.
    pub source: &'q [u8],
    /// Who receives.
    pub destination: &'q [u8],
    /// The first words of the message as [`sms::keywords`] has them, as many as [`Table::keyword_words`] says;
    /// for a part of a long message, those of the first part.
    pub keyword: Option<&'q str>,
}

/// The keyword is part of what somebody wrote and is left out.
impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("from", self.from)
            .field("direction", &self.direction)
            .field("source", &number::text(self.source))
            .field("destination", &number::text(self.destination))
            .finish_non_exhaustive()
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<'t> {
    /// The rule that says so, counted from 0 in the order of the file.
    pub rule: usize,
    /// The link that shall take it.
    pub target: &'t LinkName,
    /// The other targets of the rule that may take it: those that are up first, each group by rank.
    pub alternatives: Alternatives<'t>,
}

/// All rules, compiled; see the [crate] for what they mean.
#[derive(Debug)]
pub struct Table {
    pub(crate) entries: Vec<Entry>,
    links: HashMap<LinkName, Link, FixedState>,
    /// The rules without `from`.
    anyone: Index,
    keyword_words: usize,
}

#[derive(Debug)]
struct Link {
    number: u32,
    kind: LinkKind,
    /// The rules with this `from`.
    own: Index,
}

impl Table {
    /// A table of these rules, in this order, over all links that exist.
    ///
    /// # Errors
    /// Names the first rule that is at fault, and its fault.
    pub fn build(rules: Vec<Rule>, links: &HashMap<LinkName, LinkKind>) -> Result<Self, BuildError> {
        if let Some(rule) = rules.get(RULES_MAX) {
            return Err(BuildError::TooManyRules { rule: rule.name.clone() });
        }
        let mut links: HashMap<LinkName, Link, FixedState> = (0..)
            .zip(links)
            .map(|(number, (name, &kind))| (name.clone(), Link { number, kind, own: Index::default() }))
            .collect();
        let entries = rules.into_iter().map(|rule| entry(rule, &links)).collect::<Result<Vec<_>, _>>()?;

        let mut by_origin: HashMap<Option<u32>, Vec<(u32, &Rule)>> = HashMap::new();
        for (number, entry) in (0..).zip(&entries) {
            by_origin.entry(entry.from).or_default().push((number, &entry.rule));
        }
        for link in links.values_mut() {
            link.own = Index::new(by_origin.remove(&Some(link.number)).unwrap_or_default());
        }
        let anyone = Index::new(by_origin.remove(&None).unwrap_or_default());
        let keyword_words = entries.iter().map(Entry::keyword_words).max().unwrap_or_default();
        Ok(Self { entries, links, anyone, keyword_words })
    }

    /// The link that shall take a message, or `None` if no rule carries it.
    ///
    /// `up` says whether a link can take messages now. It is asked only where there is a choice, once per
    /// target.
    pub fn choose(&self, question: &Question<'_>, up: impl Fn(&LinkName) -> bool) -> Option<Choice<'_>> {
        let (probe, own) = self.probe(question);
        let rule = self.longest(&probe, own, self.first(&probe, own));
        let ranking = self.entries.get(rule)?.ranking(&probe);
        Choice::of(rule, ranking.iter().map(|(_, place)| &place.link), up)
    }

    /// The first rule that carries the message, whatever its keyword; one past the last if there is none.
    fn first(&self, probe: &Probe<'_>, own: Option<&Index>) -> usize {
        if self.keyword_words <= 1 {
            return self.lowest(probe, own, u32::MAX, |entry| entry.carries(probe)) as usize;
        }
        let phrases = probe.keyword.map(keyword::phrases).into_iter().flatten().map(Some);
        let best =
            phrases.chain([None]).fold(u32::MAX, |best, phrase| self.lowest_of(probe, own, phrase, best));
        best as usize
    }

    /// Of the rules with a longer keyword than the one that was found, the first of those with the longest.
    fn longest(&self, probe: &Probe<'_>, own: Option<&Index>, found: usize) -> usize {
        let words = self.entries.get(found).map_or(0, Entry::keyword_words);
        let (1.., Some(keyword)) = (words, probe.keyword) else { return found };
        let longer = keyword::phrases(keyword).take_while(|phrase| keyword::words(phrase) > words);
        let rules = longer.map(|phrase| self.lowest_of(probe, own, Some(phrase), u32::MAX) as usize);
        rules.into_iter().find(|&rule| rule < self.entries.len()).unwrap_or(found)
    }

    /// The lowest rule below `limit` that carries the message and has just this keyword, or `limit`.
    fn lowest_of(&self, probe: &Probe<'_>, own: Option<&Index>, keyword: Option<&str>, limit: u32) -> u32 {
        let words = keyword.map_or(0, keyword::words);
        let carries = |entry: &Entry| entry.keyword_words() == words && entry.carries(probe);
        self.lowest(&Probe { keyword, ..*probe }, own, limit, carries)
    }

    /// The lowest rule below `limit` that looks at what the probe has there and carries the message, or `limit`.
    fn lowest(
        &self,
        probe: &Probe<'_>,
        own: Option<&Index>,
        limit: u32,
        carries: impl Fn(&Entry) -> bool,
    ) -> u32 {
        let key = Key::offered(probe);
        let carries = |rule: u32| self.entries.get(rule as usize).is_some_and(&carries);
        let limit = own.map_or(limit, |own| own.lowest(&key, limit, carries));
        self.anyone.lowest(&key, limit, carries)
    }

    /// Whether any rule carries a message that has some keyword or none: for a part of one whose text is not
    /// all there. It asks rule by rule where the keyword decides.
    #[must_use]
    pub fn may_lead(&self, question: &Question<'_>) -> bool {
        if self.choose(question, |_| true).is_some() {
            return true;
        }
        let (probe, _) = self.probe(question);
        self.uses_keywords() && self.entries.iter().any(|entry| entry.carries_if_keyword(&probe))
    }

    /// The name of a rule by its number in a [`Choice`], or `None` if there is no such rule.
    #[must_use]
    pub fn rule_name(&self, rule: usize) -> Option<&str> {
        self.entries.get(rule).map(|entry| entry.rule.name.as_str())
    }

    /// Whether a rule says in its `from` which link it is for; false if there is no such rule.
    #[must_use]
    pub fn names_origin(&self, rule: usize) -> bool {
        self.entries.get(rule).is_some_and(|entry| entry.from.is_some())
    }

    /// Whether any rule looks at keywords; if none does, a question need not name one.
    #[must_use]
    pub const fn uses_keywords(&self) -> bool {
        self.keyword_words > 0
    }

    /// How many words of a message a question names: those of the longest keyword of a rule.
    #[must_use]
    pub const fn keyword_words(&self) -> usize {
        self.keyword_words
    }

    /// The question as rules see it, and the rules of the link that brought the message.
    pub(crate) fn probe<'q>(&self, question: &Question<'q>) -> (Probe<'q>, Option<&Index>) {
        let link = self.links.get(question.from);
        let probe = Probe {
            origin: link.map(|link| link.number),
            mobile: question.direction == Direction::Mo
                || link.is_some_and(|link| link.kind == LinkKind::Smsc),
            destination: number::bare(question.destination),
            source: number::bare(question.source),
            keyword: question.keyword.map(|keyword| keyword::first_words(keyword, self.keyword_words)),
        };
        (probe, link.map(|link| &link.own))
    }
}

impl<'t> Choice<'t> {
    /// The choice among links that are given by rank, or `None` if there are none.
    pub(crate) fn of(
        rule: usize,
        mut ranked: impl ExactSizeIterator<Item = &'t LinkName>,
        up: impl Fn(&LinkName) -> bool,
    ) -> Option<Self> {
        if ranked.len() == 1 {
            return Some(Self { rule, target: ranked.next()?, alternatives: Alternatives::new() });
        }
        let mut waiting: SmallVec<[&LinkName; 4]> = SmallVec::new();
        let mut target = None;
        let mut alternatives = Alternatives::new();
        for link in ranked {
            if !up(link) {
                waiting.push(link);
            } else if target.is_none() {
                target = Some(link);
            } else {
                alternatives.push(link);
            }
        }
        let mut waiting = waiting.into_iter();
        let target = target.or_else(|| waiting.next())?;
        alternatives.extend(waiting);
        Some(Self { rule, target, alternatives })
    }
}

/// A rule with its links resolved, if they exist and nothing else is wrong with it.
fn entry(rule: Rule, links: &HashMap<LinkName, Link, FixedState>) -> Result<Entry, BuildError> {
    rule.check()?;
    let from = match &rule.from {
        None => None,
        Some(name) => match links.get(name) {
            Some(link) => Some(link.number),
            None => return Err(BuildError::UnknownFrom { rule: rule.name, link: name.clone() }),
        },
    };
    let place = |target: &Target| match links.get(&target.link) {
        None => Err(BuildError::UnknownTarget { rule: rule.name.clone(), link: target.link.clone() }),
        Some(link) => Ok(Place {
            link: target.link.clone(),
            number: link.number,
            kind: link.kind,
            weight: target.weight,
            hash: rank::name(target.link.as_str()),
        }),
    };
    let places = rule.to.iter().map(place).collect::<Result<_, _>>()?;
    Ok(Entry { rule: rule.normalised(), from, places })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MT: Direction = Direction::Mt;
    const MO: Direction = Direction::Mo;

    fn links() -> HashMap<LinkName, LinkKind> {
        let kinds = [
            ("telco-a", LinkKind::Smsc),
            ("telco-b", LinkKind::Smsc),
            ("telco-c", LinkKind::Smsc),
            ("bank", LinkKind::Account),
            ("shop", LinkKind::Account),
            ("games", LinkKind::Application),
            ("poll", LinkKind::Service),
        ];
        kinds.into_iter().map(|(name, kind)| (LinkName::from(name), kind)).collect()
    }

    fn rule(to: &[&str]) -> Rule {
        let to = to.iter().map(|&link| Target { link: link.into(), weight: 1 }).collect();
        Rule {
            name: "a rule".into(),
            from: None,
            destination: None,
            prefix: None,
            source: None,
            source_prefix: None,
            keyword: None,
            to,
        }
    }

    fn from(link: &str, to: &[&str]) -> Rule {
        Rule { from: Some(link.into()), ..rule(to) }
    }

    fn prefix(prefix: &str, to: &[&str]) -> Rule {
        Rule { prefix: Some(prefix.into()), ..rule(to) }
    }

    fn table(rules: &[Rule]) -> Table {
        Table::build(rules.to_vec(), &links()).unwrap()
    }

    /// Rule and target of a message with this origin and destination, from 1234, without a keyword.
    fn went(table: &Table, origin: &str, direction: Direction, destination: &str) -> Option<(usize, String)> {
        asked(table, origin, direction, "1234", destination, None)
    }

    fn asked(
        table: &Table,
        origin: &str,
        direction: Direction,
        source: &str,
        destination: &str,
        keyword: Option<&str>,
    ) -> Option<(usize, String)> {
        let from = LinkName::from(origin);
        let (source, destination) = (source.as_bytes(), destination.as_bytes());
        let question = Question { from: &from, direction, source, destination, keyword };
        let choice = table.choose(&question, |_| true)?;
        Some((choice.rule, choice.target.to_string()))
    }

    fn to(rule: usize, link: &str) -> Option<(usize, String)> {
        Some((rule, link.to_owned()))
    }

    #[test]
    fn first_match_wins_even_over_a_longer_prefix() {
        let table = table(&[prefix("4670", &["telco-a"]), prefix("46701", &["telco-b"]), rule(&["telco-c"])]);
        assert_eq!(went(&table, "bank", MT, "46701000000"), to(0, "telco-a"));
        assert_eq!(went(&table, "bank", MT, "46710000000"), to(2, "telco-c"));
        assert_eq!(went(&table, "bank", MT, "467"), to(2, "telco-c"));
    }

    #[test]
    fn rules_of_a_link_and_of_everyone_are_asked_in_the_order_of_the_file() {
        let rules = [prefix("46", &["telco-a"]), from("bank", &["telco-b"]), rule(&["telco-c"])];
        let table = table(&rules);
        assert_eq!(went(&table, "bank", MT, "4670"), to(0, "telco-a"));
        assert_eq!(went(&table, "bank", MT, "4770"), to(1, "telco-b"));
        assert_eq!(went(&table, "shop", MT, "4770"), to(2, "telco-c"));
        assert_eq!(went(&table, "gone", MT, "4770"), to(2, "telco-c"));
    }

    #[test]
    fn one_leading_plus_does_not_count() {
        let exact = Rule { destination: Some("+46700".into()), ..rule(&["telco-a"]) };
        let source = Rule { source: Some("+4712".into()), ..rule(&["telco-c"]) };
        let table = table(&[exact, prefix("+47", &["telco-b"]), source]);
        for (destination, want) in [
            ("46700", to(0, "telco-a")),
            ("+46700", to(0, "telco-a")),
            ("++46700", None),
            ("0046700", None),
            ("4711", to(1, "telco-b")),
            ("+4711", to(1, "telco-b")),
        ] {
            assert_eq!(went(&table, "bank", MT, destination), want, "{destination}");
        }
        assert_eq!(asked(&table, "bank", MT, "4712", "1", None), to(2, "telco-c"));
        assert_eq!(asked(&table, "bank", MT, "+4712", "1", None), to(2, "telco-c"));
    }

    #[test]
    fn keywords_are_compared_in_any_case() {
        let game =
            Rule { destination: Some("1234".into()), keyword: Some("Game".into()), ..rule(&["games"]) };
        let rest = Rule { destination: Some("1234".into()), ..rule(&["poll"]) };
        let table = table(&[game, rest]);
        for (keyword, want) in [
            (Some("GAME"), to(0, "games")),
            (Some("gAmE"), to(0, "games")),
            (Some("GAMES"), to(1, "poll")),
            (Some(""), to(1, "poll")),
            (None, to(1, "poll")),
        ] {
            assert_eq!(asked(&table, "telco-a", MO, "46700", "1234", keyword), want, "{keyword:?}");
        }
    }

    // CMN-1
    #[test]
    fn the_longest_keyword_wins_in_any_order() {
        let keyword = |keyword: &str, to: &str| Rule {
            destination: Some("1234".into()),
            keyword: Some(keyword.into()),
            ..rule(&[to])
        };
        let elsewhere = Rule { destination: Some("9".into()), ..keyword("REG GAME BIG NOW", "bank") };
        let mine = Rule { from: Some("telco-b".into()), ..keyword("REG GAME BIG", "shop") };
        let rest = Rule { destination: Some("1234".into()), ..rule(&["poll"]) };
        let rules = [
            keyword("reg", "games"),
            mine,
            keyword("Reg.Game", "bank"),
            elsewhere,
            rest,
            keyword("HELP", "bank"),
        ];
        let table = table(&rules);
        assert_eq!(table.keyword_words(), 4);
        for (origin, phrase, want) in [
            ("telco-a", "REG", to(0, "games")),
            ("telco-a", "REG X GAME", to(0, "games")),
            ("telco-a", "REG GAMES", to(0, "games")),
            ("telco-a", "REG GAME", to(2, "bank")),
            ("telco-a", "REG GAME BIG NOW", to(2, "bank")),
            ("telco-b", "REG GAME BIG NOW", to(1, "shop")),
            ("telco-b", "REG GAME", to(2, "bank")),
            ("telco-a", "GAME REG", to(4, "poll")),
            ("telco-a", "HELP", to(4, "poll")),
        ] {
            assert_eq!(asked(&table, origin, MO, "46700", "1234", Some(phrase)), want, "{origin} {phrase}");
            let from = LinkName::from(origin);
            let question = Question {
                from: &from,
                direction: MO,
                source: b"46700",
                destination: b"1234",
                keyword: Some(phrase),
            };
            let explained =
                table.explain(&question, |_| true).verdict.map(|v| (v.rule, v.target.to_string()));
            assert_eq!(explained, want, "explained: {origin} {phrase}");
        }
    }

    // N-3
    #[test]
    fn a_part_may_lead_where_any_keyword_would() {
        let game =
            Rule { destination: Some("1234".into()), keyword: Some("GAME".into()), ..rule(&["games"]) };
        let network = Rule { keyword: Some("NET".into()), ..rule(&["telco-b"]) };
        let table = table(&[game, network, prefix("99", &["poll"])]);
        let from = LinkName::from("telco-a");
        let may_lead = |destination: &str| {
            let destination = destination.as_bytes();
            table.may_lead(&Question { from: &from, direction: MO, source: b"1", destination, keyword: None })
        };
        assert!(may_lead("1234") && may_lead("9900"));
        assert!(!may_lead("1235"), "the only rule that is left would go back into the network");
    }

    #[test]
    fn a_message_without_source_can_be_routed() {
        let none = Rule { source: Some(Vec::new()), ..rule(&["telco-a"]) };
        let table = table(&[none, Rule { source_prefix: Some("BA".into()), ..rule(&["telco-b"]) }]);
        assert_eq!(asked(&table, "bank", MT, "", "46700", None), to(0, "telco-a"));
        assert_eq!(asked(&table, "bank", MT, "BANK", "46700", None), to(1, "telco-b"));
        assert_eq!(asked(&table, "bank", MT, "B", "46700", None), None);
    }

    #[test]
    fn conditions_longer_than_the_keyed_octets_are_compared_to_the_end() {
        let long = "0123456789abcdefgh";
        let exact = Rule { destination: Some(long.into()), ..rule(&["telco-a"]) };
        let table = table(&[exact, prefix("0123456789abcdefg", &["telco-b"])]);
        assert_eq!(went(&table, "bank", MT, long), to(0, "telco-a"));
        assert_eq!(went(&table, "bank", MT, "0123456789abcdefgx"), to(1, "telco-b"));
        assert_eq!(went(&table, "bank", MT, "0123456789abcdefx"), None);
        assert_eq!(went(&table, "bank", MT, "0123456789abcdef"), None);
    }

    #[test]
    fn catch_all_never_returns_an_mo_to_the_network() {
        let table = table(&[rule(&["telco-a"]), rule(&["telco-b", "games"]), rule(&["poll"])]);
        assert_eq!(went(&table, "bank", MT, "1234"), to(0, "telco-a"));
        assert_eq!(went(&table, "telco-a", MO, "1234"), to(1, "games"));
        // Whatever the direction says, an SMSC brought it.
        assert_eq!(went(&table, "telco-a", MT, "1234"), to(1, "games"));
        // An MO that waited when its SMSC was taken out of the configuration.
        assert_eq!(went(&table, "telco-gone", MO, "1234"), to(1, "games"));
    }

    #[test]
    fn a_message_returns_to_its_origin_only_by_a_rule_that_names_it_twice() {
        let guarded = table(&[rule(&["bank"]), rule(&["bank", "poll"])]);
        assert_eq!(went(&guarded, "bank", MT, "1"), to(1, "poll"));
        assert_eq!(went(&guarded, "shop", MT, "1"), to(0, "bank"));
        let table =
            table(&[from("bank", &["bank"]), from("telco-a", &["telco-a"]), from("telco-b", &["telco-c"])]);
        assert_eq!(went(&table, "bank", MT, "1"), to(0, "bank"));
        assert_eq!(went(&table, "telco-a", MO, "1"), to(1, "telco-a"));
        assert_eq!(went(&table, "telco-b", MO, "1"), to(2, "telco-c"));
    }

    fn ranking(table: &Table, source: &str, destination: &str, up: impl Fn(&str) -> bool) -> Vec<String> {
        let from = LinkName::from("bank");
        let (source, destination) = (source.as_bytes(), destination.as_bytes());
        let question = Question { from: &from, direction: MT, source, destination, keyword: None };
        let choice = table.choose(&question, |link| up(link.as_str())).unwrap();
        std::iter::once(choice.target).chain(choice.alternatives).map(ToString::to_string).collect()
    }

    // N-4
    #[test]
    fn a_conversation_keeps_its_link_while_that_is_up() {
        let table = table(&[rule(&["telco-a", "telco-b", "telco-c"])]);
        let all = ranking(&table, "1234", "46700000001", |_| true);
        assert_eq!(all.len(), 3);
        assert_eq!(ranking(&table, "+1234", "+46700000001", |_| true), all);
        // When none is up, the message waits where it would have gone.
        assert_eq!(ranking(&table, "1234", "46700000001", |_| false), all);
        let without_first = ranking(&table, "1234", "46700000001", |link| link != all[0]);
        assert_eq!(without_first, [&*all[1], &*all[2], &*all[0]]);
        let only_last = ranking(&table, "1234", "46700000001", |link| link == all[2]);
        assert_eq!(only_last, [&*all[2], &*all[0], &*all[1]]);
    }

    #[test]
    fn a_new_target_takes_conversations_but_moves_no_others() {
        let two = table(&[rule(&["telco-a", "telco-b"])]);
        let three = table(&[rule(&["telco-c", "telco-b", "telco-a"])]);
        let mut taken = 0;
        for number in 46_700_000_000_u64..46_700_003_000 {
            let before = ranking(&two, "1234", &number.to_string(), |_| true);
            let mut after = ranking(&three, "1234", &number.to_string(), |_| true);
            taken += usize::from(after[0] == "telco-c");
            after.retain(|link| link != "telco-c");
            assert_eq!(before, after);
        }
        // 1,000 expected, standard deviation 26.
        assert!((870..=1130).contains(&taken), "{taken}");
    }

    #[test]
    fn debug_output_of_a_question_has_no_text() {
        let from = LinkName::from("bank");
        let question = Question {
            from: &from,
            direction: MO,
            source: b"1\xFF",
            destination: b"2",
            keyword: Some("SECRET"),
        };
        let text = format!("{question:?}");
        assert!(text.contains(r"1\\xff") && !text.contains("SECRET"), "{text}");
    }

    fn fault(rule: Rule) -> String {
        Table::build(vec![rule], &links()).unwrap_err().to_string()
    }

    #[test]
    fn faults_name_the_rule() {
        let heavy = Target { link: "telco-a".into(), weight: 0 };
        let long = vec![b'1'; sms::ADDRESS_OCTETS_MAX + 1];
        let many = vec!["telco-a"; crate::TARGETS_MAX + 1];
        let a = || rule(&["telco-a"]);
        for (rule, want) in [
            (from("nobody", &["telco-a"]), "a rule: from names the unknown link nobody"),
            (rule(&["nobody"]), "a rule: to names the unknown link nobody"),
            (rule(&[]), "a rule: to names no link"),
            (rule(&many), "a rule: to names more than 64 links"),
            (
                rule(&["telco-a", "telco-a"]),
                "a rule: to names telco-a more than once; give it a greater weight instead",
            ),
            (Rule { to: vec![heavy], ..a() }, "a rule: the weight of telco-a is 0, the least is 1"),
            (prefix("+", &["telco-a"]), "a rule: prefix is empty; leave it out to match everything"),
            (
                Rule { keyword: Some(String::new()), ..a() },
                "a rule: keyword is empty; leave it out to match everything",
            ),
            (Rule { source: Some(long), ..a() }, "a rule: source has more than 64 octets"),
            (
                Rule { keyword: Some(" . ".into()), ..a() },
                "a rule: keyword is empty; leave it out to match everything",
            ),
            (Rule { keyword: Some("a b c d e".into()), ..a() }, "a rule: keyword has more than 4 words"),
            (
                Rule { destination: Some("+47".into()), ..prefix("46", &["telco-a"]) },
                "a rule: destination does not begin with prefix, so nothing matches",
            ),
        ] {
            assert_eq!(fault(rule), want);
        }
        let fits = Rule { destination: Some("+46700".into()), ..prefix("46", &["telco-a"]) };
        assert_eq!(table(&[fits]).rule_name(0), Some("a rule"));
    }

    #[test]
    fn a_table_may_be_empty() {
        let table = table(&[]);
        assert_eq!(went(&table, "bank", MT, "1"), None);
        assert_eq!(table.rule_name(0), None);
    }
}
