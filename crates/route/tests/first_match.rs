//! The compiled table against its definition: a scan of the rules in the order of the file.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use proptest::prelude::*;
use route::{LinkKind, Question, Rule, Table, Target};
use sms::{Direction, LinkName};

const LINKS: [(&str, LinkKind); 6] = [
    ("a", LinkKind::Smsc),
    ("b", LinkKind::Smsc),
    ("bank", LinkKind::Account),
    ("shop", LinkKind::Account),
    ("games", LinkKind::Application),
    ("poll", LinkKind::Service),
];

/// A message, and the links that are up.
#[derive(Clone, Debug)]
struct Asked {
    from: LinkName,
    direction: Direction,
    source: Vec<u8>,
    destination: Vec<u8>,
    keyword: Option<String>,
    up: Vec<LinkName>,
}

impl Asked {
    fn question(&self) -> Question<'_> {
        Question {
            from: &self.from,
            direction: self.direction,
            source: &self.source,
            destination: &self.destination,
            keyword: self.keyword.as_deref(),
        }
    }
}

/// The first rule that matches and may carry the message, and the targets that it may send it to.
fn scan(rules: &[Rule], asked: &Asked) -> Option<(usize, Vec<LinkName>)> {
    rules.iter().enumerate().find_map(|(number, rule)| {
        let allowed: Vec<_> =
            rule.to.iter().map(|target| target.link.clone()).filter(|to| may(rule, asked, to)).collect();
        (matches(rule, asked) && !allowed.is_empty()).then_some((number, allowed))
    })
}

fn matches(rule: &Rule, asked: &Asked) -> bool {
    let bare =
        |number: &[u8]| if number.first() == Some(&b'+') { number[1..].to_vec() } else { number.to_vec() };
    let (source, destination) = (bare(&asked.source), bare(&asked.destination));
    let keyword = asked.keyword.as_ref().map(|keyword| keyword.to_uppercase());
    rule.from.as_ref().is_none_or(|from| *from == asked.from)
        && rule.destination.as_ref().is_none_or(|want| bare(want) == destination)
        && rule.prefix.as_ref().is_none_or(|want| destination.starts_with(&bare(want)))
        && rule.source.as_ref().is_none_or(|want| bare(want) == source)
        && rule.source_prefix.as_ref().is_none_or(|want| source.starts_with(&bare(want)))
        && rule.keyword.as_ref().is_none_or(|want| keyword == Some(want.to_uppercase()))
}

fn may(rule: &Rule, asked: &Asked, to: &LinkName) -> bool {
    let is_smsc = |link: &LinkName| LINKS.contains(&(link.as_str(), LinkKind::Smsc));
    let mobile = asked.direction == Direction::Mo || is_smsc(&asked.from);
    rule.from.is_some() || (*to != asked.from && !(mobile && is_smsc(to)))
}

// Few symbols, so that rules and messages meet often; some numbers go beyond what the table keys.
fn number(least: usize) -> impl Strategy<Value = Vec<u8>> {
    let short = prop::collection::vec(prop::sample::select(b"12".to_vec()), least..6);
    let odd = prop::collection::vec(prop::sample::select(b"1\0+".to_vec()), least..4);
    let long = prop::collection::vec(prop::sample::select(b"1112".to_vec()), 14..20);
    let digits = prop_oneof![6 => short, 1 => odd, 2 => long];
    (prop::bool::weighted(0.2), digits).prop_map(
        |(plus, digits)| {
            if plus { [b"+".to_vec(), digits].concat() } else { digits }
        },
    )
}

fn keyword() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["GAME", "game", "Game1", "straße", "STRASSE", "x"]).prop_map(str::to_owned)
}

fn maybe<T: std::fmt::Debug + Clone>(
    chance: f64,
    inner: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(chance, inner)
}

fn link() -> impl Strategy<Value = LinkName> {
    prop::sample::select(LINKS.to_vec()).prop_map(|(name, _)| name.into())
}

fn rule() -> impl Strategy<Value = Rule> {
    let targets = prop::sample::subsequence(LINKS.to_vec(), 1..4).prop_shuffle();
    let to = targets.prop_flat_map(|links| {
        let weights = prop::collection::vec(1..5_u32, links.len());
        weights.prop_map(move |weights| {
            let pairs = links.iter().zip(weights);
            pairs.map(|(&(link, _), weight)| Target { link: link.into(), weight }).collect()
        })
    });
    let numbers =
        (maybe(0.2, number(1)), maybe(0.5, number(1)), maybe(0.15, number(0)), maybe(0.15, number(1)));
    (maybe(0.4, link()), numbers, maybe(0.2, keyword()), to).prop_map(|(from, numbers, keyword, to)| {
        let (destination, prefix, source, source_prefix) = numbers;
        Rule { name: "r".into(), from, destination, prefix, source, source_prefix, keyword, to }
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let from = prop_oneof![9 => link(), 1 => Just(LinkName::from("gone"))];
    let direction = prop::sample::select(vec![Direction::Mt, Direction::Mo]);
    let up = prop::sample::subsequence(LINKS.to_vec(), 0..=LINKS.len());
    let up = up.prop_map(|links| links.into_iter().map(|(name, _)| name.into()).collect());
    (from, direction, number(0), number(0), maybe(0.6, keyword()), up).prop_map(
        |(from, direction, source, destination, keyword, up)| Asked {
            from,
            direction,
            source,
            destination,
            keyword,
            up,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn table_chooses_what_a_scan_chooses(
        rules in prop::collection::vec(rule(), 0..40),
        questions in prop::collection::vec(asked(), 1..40),
    ) {
        let links: HashMap<LinkName, LinkKind> = LINKS.into_iter().map(|(name, kind)| (name.into(), kind)).collect();
        // What a table refuses is not what this is about.
        let sound = |rule: &Rule| Table::build(vec![rule.clone()], &links).is_ok();
        let rules: Vec<Rule> = rules.into_iter().filter(sound).collect();
        let table = Table::build(rules.clone(), &links).unwrap();

        for asked in &questions {
            let up = |link: &LinkName| asked.up.contains(link);
            let choice = table.choose(&asked.question(), up);
            let explained = table.explain(&asked.question(), up);

            let Some((number, allowed)) = scan(&rules, asked) else {
                prop_assert_eq!(choice, None);
                prop_assert_eq!(explained.verdict, None);
                prop_assert_eq!(explained.skipped.len(), rules.len());
                continue;
            };
            let choice = choice.unwrap();
            prop_assert_eq!(choice.rule, number);
            let mut order = vec![choice.target.clone()];
            order.extend(choice.alternatives.iter().copied().cloned());
            prop_assert!(order.is_sorted_by_key(|link| !up(link)), "up before down: {:?}", order);
            order.sort();
            let mut allowed = allowed;
            allowed.sort();
            prop_assert_eq!(order, allowed);

            let verdict = explained.verdict.unwrap();
            prop_assert_eq!(verdict.rule, choice.rule);
            prop_assert_eq!(&verdict.target, choice.target);
            prop_assert!(verdict.alternatives.iter().eq(choice.alternatives.iter().copied()));
            prop_assert_eq!(explained.skipped.len(), number);
        }
    }
}
