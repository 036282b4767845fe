//! Prints what a choice costs: `cargo run --release -p route --example route_speed`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use route::{LinkKind, Question, Rule, Table, Target};
use sms::{Direction, LinkName};

const PREFIX_RULES: u64 = 10_000;
const KEYWORD_RULES: u64 = 1_000;
const QUESTIONS: usize = 5_000;
const ROUNDS: usize = 200;

fn main() {
    let links = HashMap::from([
        ("telco-a".into(), LinkKind::Smsc),
        ("telco-b".into(), LinkKind::Smsc),
        ("telco-c".into(), LinkKind::Smsc),
        ("bank".into(), LinkKind::Account),
        ("games".into(), LinkKind::Application),
    ]);
    let mut random = Random(1);
    let one = prefixes(&mut random, &["telco-a"]);
    let three = prefixes(&mut random, &["telco-a", "telco-b", "telco-c"]);
    let bank = Rule { from: Some("bank".into()), ..rule(&["telco-a"]) };
    let keywords: Vec<Rule> = (0..KEYWORD_RULES)
        .map(|number| Rule {
            destination: Some("1234".into()),
            keyword: Some(format!("WORD{number}")),
            ..rule(&["games"])
        })
        .collect();

    measure("MT, 1 rule per account", vec![bank], &links, &mut random, Direction::Mt);
    measure("MT, 10,000 prefixes, 1 target", one.clone(), &links, &mut random, Direction::Mt);
    measure("MT, 10,000 prefixes, 3 targets", three, &links, &mut random, Direction::Mt);
    measure(
        "MO, 10,000 prefixes, then 1,000 keywords",
        [one, keywords].concat(),
        &links,
        &mut random,
        Direction::Mo,
    );
}

fn measure(
    what: &str,
    rules: Vec<Rule>,
    links: &HashMap<LinkName, LinkKind>,
    random: &mut Random,
    direction: Direction,
) {
    let started = Instant::now();
    let table = Table::build(rules, links).unwrap();
    let built = started.elapsed();
    let mo = direction == Direction::Mo;
    let from = LinkName::from(if mo { "telco-a" } else { "bank" });
    let messages: Vec<_> = (0..QUESTIONS)
        .map(|_| (random.number().to_string(), format!("word{}", random.below(KEYWORD_RULES))))
        .collect();
    let started = Instant::now();
    let mut routed = 0;
    for _ in 0..ROUNDS {
        for (number, keyword) in &messages {
            let (number, code) = (number.as_bytes(), b"1234".as_slice());
            let (source, destination) = if mo { (number, code) } else { (code, number) };
            let keyword = mo.then_some(keyword.as_str());
            let question = Question { from: &from, direction, source, destination, keyword };
            routed += usize::from(table.choose(black_box(&question), |_| true).is_some());
        }
    }
    let asked = QUESTIONS * ROUNDS;
    let each = started.elapsed().as_nanos() / asked as u128;
    println!("{what:42} {each:4} ns per choice, {:3} % routed, built in {built:?}", routed * 100 / asked);
}

fn prefixes(random: &mut Random, to: &[&str]) -> Vec<Rule> {
    // From three digits (a country) to nine (a ported number), and a rule for the rest.
    let prefix = |random: &mut Random| {
        let digits = 3 + random.below(7) as usize;
        random.number().to_string().into_bytes()[..digits].to_vec()
    };
    let rules = (0..PREFIX_RULES).map(|_| Rule { prefix: Some(prefix(random)), ..rule(to) });
    rules.chain([rule(to)]).collect()
}

fn rule(to: &[&str]) -> Rule {
    let to = to.iter().map(|&link| Target { link: link.into(), weight: 1 }).collect();
    Rule {
        name: "rule".into(),
        from: None,
        destination: None,
        prefix: None,
        source: None,
        source_prefix: None,
        keyword: None,
        to,
    }
}

/// A stepper that is random enough for numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A number of eleven digits.
    fn number(&mut self) -> u64 {
        10_000_000_000 + self.below(90_000) * 1_000_000 + self.below(1_000_000)
    }
}
