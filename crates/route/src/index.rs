//! The compiled form of many rules: finds the lowest-numbered one that may match.
//!
//! Rules that look at the same octets have the same *shape*: the first three octets of the destination, say,
//! or the whole destination and the keyword. A shape masks out of a question what its rules look at and finds
//! those that want exactly this in one hash look-up. Real tables have a handful of shapes, one per prefix
//! length in use; there can be no more than 578.
//!
//! A look-up is a filter: it never misses a rule that matches, but the caller must check what it finds,
//! since only the first [`KEYED_OCTETS`] octets of a number take part, and hashes collide.

use std::collections::BTreeMap;

use hashbrown::HashTable;

use crate::entry::Probe;
use crate::keyword;
use crate::rule::Rule;

/// Octets of a number that take part in a look-up.
const KEYED_OCTETS: usize = 16;

/// Digits of pi: zeros in numbers must not make zeros in hashes.
const SEED: u64 = 0x243F_6A88_85A3_08D3;
const FOLD: u64 = 0x1319_8A2E_0370_7344;

/// Rules by what they look at.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By their lowest rule, so that a search can stop early.
    shapes: Vec<(Shape, Bucket)>,
}

/// What rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    destination_mask: u128,
    source_mask: u128,
    keyword: bool,
}

/// The rules of one shape.
#[derive(Debug)]
struct Bucket {
    lowest: u32,
    spans: HashTable<Span>,
    /// The rules of each span together, in ascending order.
    rules: Vec<u32>,
}

/// The rules that want the same.
#[derive(Debug)]
struct Span {
    hash: u64,
    start: u32,
    end: u32,
}

/// What a question offers, in the form that shapes mask.
pub(crate) struct Key {
    destination: u128,
    source: u128,
    keyword: Option<u64>,
}

impl Index {
    /// An index over rules with their numbers, in ascending order.
    pub(crate) fn new<'r>(rules: impl IntoIterator<Item = (u32, &'r Rule)>) -> Self {
        let mut by_shape: BTreeMap<Shape, BTreeMap<u64, Vec<u32>>> = BTreeMap::new();
        for (number, rule) in rules {
            let shape = Shape::of(rule);
            by_shape
                .entry(shape)
                .or_default()
                .entry(shape.hash(&Key::wanted(rule)))
                .or_default()
                .push(number);
        }
        let mut shapes: Vec<_> =
            by_shape.into_iter().map(|(shape, rules)| (shape, Bucket::new(&rules))).collect();
        shapes.sort_by_key(|(_, bucket)| bucket.lowest);
        Self { shapes }
    }

    /// The lowest-numbered rule below `limit` that `carries` says yes to, or `limit` if there is none.
    pub(crate) fn lowest(&self, key: &Key, limit: u32, carries: impl Fn(u32) -> bool) -> u32 {
        let mut best = limit;
        for (shape, bucket) in &self.shapes {
            if bucket.lowest >= best {
                break;
            }
            if shape.keyword && key.keyword.is_none() {
                continue;
            }
            let candidates = bucket.candidates(shape.hash(key)).iter().copied();
            best = candidates.take_while(|&rule| rule < best).find(|&rule| carries(rule)).unwrap_or(best);
        }
        best
    }
}

impl Shape {
    fn of(rule: &Rule) -> Self {
        Self {
            destination_mask: mask(rule.destination.as_deref(), rule.prefix.as_deref()),
            source_mask: mask(rule.source.as_deref(), rule.source_prefix.as_deref()),
            keyword: rule.keyword.is_some(),
        }
    }

    /// Every rule that wants what the key offers hashes to the same.
    fn hash(&self, key: &Key) -> u64 {
        let mut hash = fold(SEED, key.destination & self.destination_mask);
        if self.source_mask != 0 {
            hash = fold(hash, key.source & self.source_mask);
        }
        if self.keyword {
            hash = fold(hash, u128::from(key.keyword.unwrap_or_default()));
        }
        hash
    }
}

impl Bucket {
    fn new(by_hash: &BTreeMap<u64, Vec<u32>>) -> Self {
        let mut spans = HashTable::with_capacity(by_hash.len());
        let mut rules = Vec::new();
        for (&hash, numbers) in by_hash {
            // There are at most RULES_MAX rules.
            let start = rules.len() as u32;
            rules.extend_from_slice(numbers);
            spans.insert_unique(hash, Span { hash, start, end: rules.len() as u32 }, |span| span.hash);
        }
        Self { lowest: rules.iter().copied().min().unwrap_or(u32::MAX), spans, rules }
    }

    fn candidates(&self, hash: u64) -> &[u32] {
        let span = self.spans.find(hash, |span| span.hash == hash);
        span.and_then(|span| self.rules.get(span.start as usize..span.end as usize)).unwrap_or_default()
    }
}

impl Key {
    /// The key of a question.
    pub(crate) fn offered(probe: &Probe<'_>) -> Self {
        Self {
            destination: packed(probe.destination),
            source: packed(probe.source),
            keyword: probe.keyword.map(keyword::key),
        }
    }

    /// The key that a rule wants.
    fn wanted(rule: &Rule) -> Self {
        let number = |whole: &Option<Vec<u8>>, prefix: &Option<Vec<u8>>| {
            packed(whole.as_deref().or(prefix.as_deref()).unwrap_or_default())
        };
        Self {
            destination: number(&rule.destination, &rule.prefix),
            source: number(&rule.source, &rule.source_prefix),
            keyword: rule.keyword.as_deref().map(keyword::key),
        }
    }
}

/// Both halves of the value stirred into the hash by one wide multiplication.
fn fold(hash: u64, value: u128) -> u64 {
    let (high, low) = ((value >> 64) as u64, value as u64);
    let product = u128::from(high ^ hash) * u128::from(low ^ FOLD);
    (product >> 64) as u64 ^ product as u64
}

/// The octets that a condition looks at: all of them for a whole number.
fn mask(whole: Option<&[u8]>, prefix: Option<&[u8]>) -> u128 {
    match (whole, prefix) {
        (Some(_), _) => u128::MAX,
        (None, Some(prefix)) => packed(&[0xFF; KEYED_OCTETS][..prefix.len().min(KEYED_OCTETS)]),
        (None, None) => 0,
    }
}

/// The first octets of a number, the first of them highest, filled up with zeros.
fn packed(octets: &[u8]) -> u128 {
    if let Some(block) = octets.first_chunk::<KEYED_OCTETS>() {
        return u128::from_be_bytes(*block);
    }
    let free_bits = 8 * (KEYED_OCTETS - octets.len());
    match (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        // Two loads that overlap: copying to a buffer first would stall on reading it back.
        (Some(first), Some(last)) => {
            let last = u128::from(u64::from_be_bytes(*last)) << free_bits;
            u128::from(u64::from_be_bytes(*first)) << 64 | u128::from(last as u64)
        }
        _ => octets
            .iter()
            .fold(0, |value, &octet| value << 8 | u128::from(octet))
            .checked_shl(free_bits as u32)
            .unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_the_first_octets_in_their_places() {
        let octets: Vec<u8> = (1..=20).collect();
        for length in 0..=octets.len() {
            let mut block = [0; KEYED_OCTETS];
            let taken = length.min(KEYED_OCTETS);
            block[..taken].copy_from_slice(&octets[..taken]);
            assert_eq!(packed(&octets[..length]), u128::from_be_bytes(block), "{length}");
        }
    }
}
