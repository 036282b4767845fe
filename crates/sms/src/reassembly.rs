//! Reassembly: which parts of long messages belong together, whatever their order (N-3).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::udh::{Concatenation, Reference, UserDataHeader};
use crate::{Address, Message, Timestamp};

/// What the parts of one message have in common.
///
/// The link that brought a part does not count: a handset's parts may come by any of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WholeKey {
    source: Address,
    destination: Address,
    reference: Reference,
    total: u8,
}

/// A part of a long message, with whatever stands for it.
#[derive(Debug)]
pub struct Part<T> {
    key: WholeKey,
    number: u8,
    octets: usize,
    digest: u64,
    arrived_at: Timestamp,
    item: T,
}

impl<T> Part<T> {
    /// The part that a message is, by its first segment; the item itself if it is none.
    ///
    /// # Errors
    /// It is whole by itself.
    pub fn of(message: &Message, item: T) -> Result<Self, T> {
        let Some(octets) = message.parts.first() else { return Err(item) };
        let Some(place) = concatenation(message.esm_class, octets) else { return Err(item) };
        let mut hasher = DefaultHasher::new();
        octets.hash(&mut hasher);
        Ok(Self {
            key: WholeKey {
                source: message.source.clone(),
                destination: message.destination.clone(),
                reference: place.reference,
                total: place.total,
            },
            number: place.number,
            octets: octets.len() + message.tlvs.len(),
            digest: hasher.finish(),
            arrived_at: message.accepted_at,
            item,
        })
    }
}

/// Which part of a long message a body is, `None` if it is whole by itself: without a header, with a
/// broken one (U-1), without a concatenation that makes sense, or the only part.
#[must_use]
pub fn concatenation(esm_class: u8, octets: &[u8]) -> Option<Concatenation> {
    if esm_class & Message::UDHI == 0 {
        return None;
    }
    let (header, _) = UserDataHeader::parse(octets).ok()?;
    header.concatenation().filter(|place| place.total > 1)
}

/// How much may wait for the rest of its message, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long after its first part a message is waited for.
    pub timeout: Duration,
    /// How long a message is waited for at least that is begun here: what was there before a restart
    /// comes one by one.
    pub patience: Duration,
    /// Parts of all messages.
    pub parts_max: usize,
    /// Octets of all messages.
    pub octets_max: usize,
    /// Parts of the messages of one source.
    pub source_parts_max: usize,
    /// Octets of the messages of one source.
    pub source_octets_max: usize,
}

/// What became of parts.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// They go on together, in the order of their numbers.
    Together {
        /// All parts that came.
        parts: Vec<T>,
        /// Why they are not waited for any longer.
        ending: Ending,
    },
    /// It is there already, or was just now.
    Duplicate(T),
}

/// Why the parts of a message are not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// All are there.
    Complete,
    /// Its time is up.
    TimedOut,
    /// It was the oldest when there was too much to wait for.
    Crowded,
    /// Another message began with its reference.
    Replaced,
}

/// Keeps parts until their message is complete, its time is up or there are too many.
///
/// It never keeps more than its limits say between two calls.
#[derive(Debug)]
pub struct Reassembly<T> {
    limits: Limits,
    open: HashMap<WholeKey, Open<T>>,
    ages: BTreeMap<Age, WholeKey>,
    sources: HashMap<Address, Source>,
    load: Load,
    begun: u64,
    completed: Completed,
}

/// When a message is given up, and which of those is the oldest.
type Age = (Timestamp, u64);

/// A message of which parts are missing.
#[derive(Debug)]
struct Open<T> {
    age: Age,
    /// In the order of their numbers.
    parts: Vec<Part<T>>,
}

/// What is kept of one source.
#[derive(Debug, Default)]
struct Source {
    load: Load,
    ages: BTreeSet<Age>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Load {
    parts: usize,
    octets: usize,
}

impl<T> Reassembly<T> {
    /// Nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            open: HashMap::new(),
            ages: BTreeMap::new(),
            sources: HashMap::new(),
            load: Load::default(),
            begun: 0,
            completed: Completed::default(),
        }
    }

    /// Takes a part, and appends what became of parts to `out`.
    ///
    /// What equals a part of a message that was complete a moment ago is that part again, unless another message has
    /// begun with its reference: then it belongs to that one, as long as no other part comes for its place.
    pub fn add(&mut self, now: Timestamp, part: Part<T>, out: &mut Vec<Verdict<T>>) {
        let open = self.open.get(&part.key);
        let known = open.and_then(|open| open.digest_of(part.number));
        let was_there =
            |completed: &mut Completed, digest| completed.has(now, &part.key, part.number, digest);
        match known {
            Some(digest) if digest == part.digest => return out.push(Verdict::Duplicate(part.item)),
            Some(digest) if was_there(&mut self.completed, digest) => {
                self.take_out(&part.key, part.number, out)
            }
            Some(_) => self.let_go(&part.key.clone(), Ending::Replaced, out),
            None if open.is_none() && was_there(&mut self.completed, part.digest) => {
                return out.push(Verdict::Duplicate(part.item));
            }
            None => {}
        }
        let (key, total) = (part.key.clone(), usize::from(part.key.total));
        self.keep(now, part);
        if self.open.get(&key).is_some_and(|open| open.parts.len() == total) {
            self.complete(now, &key, out);
        } else {
            self.make_room(&key.source, out);
        }
    }

    /// Gives up the messages whose time is up.
    pub fn expire(&mut self, now: Timestamp, out: &mut Vec<Verdict<T>>) {
        while let Some((age, key)) = self.ages.first_key_value()
            && age.0 <= now
        {
            self.let_go(&key.clone(), Ending::TimedOut, out);
        }
    }

    /// When [`Reassembly::expire`] has something to do.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.ages.first_key_value().map(|(age, _)| age.0)
    }

    /// How many parts are kept.
    #[must_use]
    pub const fn parts(&self) -> usize {
        self.load.parts
    }

    fn keep(&mut self, now: Timestamp, part: Part<T>) {
        let begun = &mut self.begun;
        let source = self.sources.entry(part.key.source.clone()).or_default();
        let open = self.open.entry(part.key.clone()).or_insert_with(|| {
            let Limits { timeout, patience, .. } = self.limits;
            *begun += 1;
            let age = (part.arrived_at.plus(timeout).max(now.plus(patience.min(timeout))), *begun);
            self.ages.insert(age, part.key.clone());
            source.ages.insert(age);
            Open { age, parts: Vec::new() }
        });
        source.load.add(part.octets);
        self.load.add(part.octets);
        let at = open.parts.partition_point(|known| known.number < part.number);
        open.parts.insert(at, part);
    }

    /// The part with this number was one of an earlier message, again.
    fn take_out(&mut self, key: &WholeKey, number: u8, out: &mut Vec<Verdict<T>>) {
        let Some(open) = self.open.get_mut(key) else { return };
        let Ok(at) = open.parts.binary_search_by_key(&number, |part| part.number) else { return };
        let again = open.parts.remove(at);
        self.load.remove(again.octets);
        if let Some(source) = self.sources.get_mut(&key.source) {
            source.load.remove(again.octets);
        }
        out.push(Verdict::Duplicate(again.item));
    }

    fn complete(&mut self, now: Timestamp, key: &WholeKey, out: &mut Vec<Verdict<T>>) {
        if let Some(open) = self.open.get(key) {
            self.completed.note(now, key, open.parts.iter().map(|part| part.digest).collect());
        }
        self.let_go(key, Ending::Complete, out);
    }

    /// The oldest give way until everything is within its limit.
    fn make_room(&mut self, source: &Address, out: &mut Vec<Verdict<T>>) {
        let Limits { parts_max, octets_max, source_parts_max, source_octets_max, .. } = self.limits;
        while let Some(of_source) = self.sources.get(source)
            && of_source.load.is_over(source_parts_max, source_octets_max)
            && let Some(key) = of_source.ages.first().and_then(|age| self.ages.get(age))
        {
            self.let_go(&key.clone(), Ending::Crowded, out);
        }
        while self.load.is_over(parts_max, octets_max)
            && let Some((_, key)) = self.ages.first_key_value()
        {
            self.let_go(&key.clone(), Ending::Crowded, out);
        }
    }

    fn let_go(&mut self, key: &WholeKey, ending: Ending, out: &mut Vec<Verdict<T>>) {
        let Some(open) = self.open.remove(key) else { return };
        self.ages.remove(&open.age);
        if let Some(source) = self.sources.get_mut(&key.source) {
            source.ages.remove(&open.age);
            open.parts.iter().for_each(|part| source.load.remove(part.octets));
            if source.ages.is_empty() {
                self.sources.remove(&key.source);
            }
        }
        open.parts.iter().for_each(|part| self.load.remove(part.octets));
        out.push(Verdict::Together { parts: open.parts.into_iter().map(|part| part.item).collect(), ending });
    }
}

impl<T> Open<T> {
    fn digest_of(&self, number: u8) -> Option<u64> {
        let at = self.parts.binary_search_by_key(&number, |part| part.number).ok()?;
        self.parts.get(at).map(|part| part.digest)
    }
}

impl Load {
    fn add(&mut self, octets: usize) {
        self.parts += 1;
        self.octets += octets;
    }

    fn remove(&mut self, octets: usize) {
        self.parts -= 1;
        self.octets -= octets;
    }

    const fn is_over(self, parts: usize, octets: usize) -> bool {
        self.parts > parts || self.octets > octets
    }
}

/// The last messages that were complete: an SMSC that missed a response sends its part again.
#[derive(Debug, Default)]
struct Completed {
    digests: HashMap<WholeKey, (u64, Vec<u64>)>,
    order: VecDeque<(Timestamp, u64, WholeKey)>,
    parts: usize,
    noted: u64,
}

impl Completed {
    fn note(&mut self, now: Timestamp, key: &WholeKey, digests: Vec<u64>) {
        self.noted += 1;
        self.parts += digests.len();
        self.order.push_back((now, self.noted, key.clone()));
        if let Some((_, before)) = self.digests.insert(key.clone(), (self.noted, digests)) {
            self.parts -= before.len();
        }
        self.forget(now);
    }

    fn has(&mut self, now: Timestamp, key: &WholeKey, number: u8, digest: u64) -> bool {
        self.forget(now);
        let at = usize::from(number).wrapping_sub(1);
        self.digests.get(key).is_some_and(|(_, digests)| digests.get(at) == Some(&digest))
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((at, noted, key)) = self.order.front()
            && (self.parts > COMPLETED_PARTS_MAX || now.since(*at) >= COMPLETED_KEPT)
        {
            if self.digests.get(key).is_some_and(|(latest, _)| latest == noted) {
                self.parts -= self.digests.remove(key).map_or(0, |(_, digests)| digests.len());
            }
            self.order.pop_front();
        }
    }
}

/// Longer, and a handset that counts to 255 or not at all may mean another message.
const COMPLETED_KEPT: Duration = Duration::from_secs(60);
const COMPLETED_PARTS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::{Direction, MessageId, Parts, Priority, ReceiptRequest};

    const LIMITS: Limits = Limits {
        timeout: Duration::from_secs(86_400),
        patience: Duration::from_secs(60),
        parts_max: 1000,
        octets_max: 100_000,
        source_parts_max: 500,
        source_octets_max: 50_000,
    };
    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn message(source: u32, element: &[u8], text: &[u8]) -> Message {
        let header = [&[element.len() as u8], element].concat();
        Message {
            id: MessageId::from_octets([0; 16]),
            member: 0,
            direction: Direction::Mo,
            origin: "telco".into(),
            source: Address::guess(source.to_string().as_bytes()).unwrap(),
            destination: Address::guess(b"1234").unwrap(),
            service_type: Default::default(),
            protocol_id: 0,
            data_coding: 0,
            esm_class: Message::UDHI,
            priority: Priority::BULK,
            receipt: ReceiptRequest::NONE,
            accepted_at: NOW,
            not_before: None,
            expires_at: None,
            in_reply_to: None,
            attached: None,
            tlvs: Default::default(),
            parts: Parts::from_elem([&header[..], text].concat().into(), 1),
        }
    }

    /// Part `number` of `total` of the message with this source and reference; its item is its name.
    fn part(source: u32, reference: u8, total: u8, number: u8) -> Part<String> {
        let text = format!("{source}/{reference}/{total}/{number}");
        let message = message(source, &[0, 3, reference, total, number], text.as_bytes());
        Part::of(&message, text).unwrap()
    }

    fn add(reassembly: &mut Reassembly<String>, part: Part<String>) -> Vec<Verdict<String>> {
        let mut out = Vec::new();
        reassembly.add(NOW, part, &mut out);
        out
    }

    fn together(names: &[&str], ending: Ending) -> Verdict<String> {
        Verdict::Together { parts: names.iter().map(|&name| name.to_owned()).collect(), ending }
    }

    // N-3, U-1
    #[test]
    fn what_is_whole_by_itself_is_no_part() {
        for element in [
            &[0, 3, 7, 1, 1][..],
            &[0, 3, 7, 2, 0],
            &[0, 3, 7, 2, 3],
            &[0, 3, 7, 0, 0],
            &[0, 3, 7, 0, 1],
            &[8, 4, 0, 7, 1, 1],
            &[0, 9, 7, 2, 1],
            &[5, 4, 1, 2, 3, 4],
            &[],
        ] {
            let message = message(1, element, b"x");
            assert_eq!(Part::of(&message, 5).err(), Some(5), "{element:?}");
        }
        let mut plain = message(1, &[0, 3, 7, 2, 1], b"x");
        assert!(Part::of(&plain, ()).is_ok());
        plain.esm_class = 0;
        assert!(Part::of(&plain, ()).is_err());
    }

    // N-3
    #[test]
    fn any_order_gives_the_order_of_the_numbers() {
        let mut reassembly = Reassembly::new(LIMITS);
        assert_eq!(add(&mut reassembly, part(1, 7, 3, 3)), []);
        assert_eq!(add(&mut reassembly, part(1, 7, 3, 1)), []);
        assert_eq!(reassembly.parts(), 2);
        let expected = together(&["1/7/3/1", "1/7/3/2", "1/7/3/3"], Ending::Complete);
        assert_eq!(add(&mut reassembly, part(1, 7, 3, 2)), [expected]);
        assert_eq!((reassembly.parts(), reassembly.next_expiry()), (0, None));
    }

    // N-3
    #[test]
    fn source_reference_its_size_and_total_tell_messages_apart() {
        let mut reassembly = Reassembly::new(LIMITS);
        let long = Part::of(&message(1, &[8, 4, 0, 7, 2, 2], b"long"), "long".to_owned()).unwrap();
        for other in [part(2, 7, 2, 2), part(1, 8, 2, 2), part(1, 7, 3, 2), long] {
            assert_eq!(add(&mut reassembly, other), []);
        }
        assert_eq!(add(&mut reassembly, part(1, 7, 2, 1)), []);
        let expected = together(&["1/7/2/1", "1/7/2/2"], Ending::Complete);
        assert_eq!(add(&mut reassembly, part(1, 7, 2, 2)), [expected]);
        assert_eq!(reassembly.parts(), 4);
    }

    // N-3
    #[test]
    fn a_duplicate_is_dropped_before_and_after_its_message() {
        let mut reassembly = Reassembly::new(LIMITS);
        let duplicate = |name: &str| [Verdict::Duplicate(name.to_owned())];
        add(&mut reassembly, part(1, 7, 2, 1));
        assert_eq!(add(&mut reassembly, part(1, 7, 2, 1)), duplicate("1/7/2/1"));
        add(&mut reassembly, part(1, 7, 2, 2));
        assert_eq!(add(&mut reassembly, part(1, 7, 2, 1)), duplicate("1/7/2/1"));
        let mut out = Vec::new();
        reassembly.add(NOW.plus(COMPLETED_KEPT), part(1, 7, 2, 1), &mut out);
        assert_eq!((out.len(), reassembly.parts()), (0, 1), "it may be another message by now");
    }

    /// As [`part`], of a message that says something else.
    fn other_part(number: u8) -> Part<String> {
        let text = format!("other {number}");
        Part::of(&message(1, &[0, 3, 7, 2, number], text.as_bytes()), text).unwrap()
    }

    // N-3
    #[test]
    fn a_new_message_with_the_same_reference_may_have_a_part_that_equals_the_old_one() {
        for first in [1, 2] {
            let mut reassembly = Reassembly::new(LIMITS);
            add(&mut reassembly, part(1, 7, 2, 1));
            add(&mut reassembly, part(1, 7, 2, 2));
            assert_eq!(add(&mut reassembly, other_part(first)), []);
            let [Verdict::Together { parts, ending: Ending::Complete }] =
                &add(&mut reassembly, part(1, 7, 2, 3 - first))[..]
            else {
                panic!("the part that is equal was taken for the old one");
            };
            assert!(parts.contains(&format!("other {first}")));
        }
    }

    // N-3
    #[test]
    fn a_part_of_the_old_message_that_comes_again_gives_way_to_that_of_the_new_one() {
        let mut reassembly = Reassembly::new(LIMITS);
        let three = |number: u8, text: &str| {
            Part::of(&message(1, &[0, 3, 7, 3, number], text.as_bytes()), text.to_owned()).unwrap()
        };
        for (number, text) in [(1, "a"), (2, "b"), (3, "c")] {
            add(&mut reassembly, three(number, text));
        }
        assert_eq!(add(&mut reassembly, three(1, "d")), []);
        assert_eq!(add(&mut reassembly, three(2, "b")), []);
        assert_eq!(add(&mut reassembly, three(2, "e")), [Verdict::Duplicate("b".to_owned())]);
        assert_eq!((reassembly.parts(), reassembly.load.octets), (2, 14));
        assert_eq!(add(&mut reassembly, three(3, "f")), [together(&["d", "e", "f"], Ending::Complete)]);
        assert_eq!((reassembly.parts(), reassembly.load.octets), (0, 0));
    }

    // N-3
    #[test]
    fn other_octets_under_the_same_number_begin_another_message() {
        let mut reassembly = Reassembly::new(LIMITS);
        add(&mut reassembly, part(1, 7, 2, 1));
        let other = Part::of(&message(1, &[0, 3, 7, 2, 1], b"other"), "other".to_owned()).unwrap();
        assert_eq!(add(&mut reassembly, other), [together(&["1/7/2/1"], Ending::Replaced)]);
        let expected = together(&["other", "1/7/2/2"], Ending::Complete);
        assert_eq!(add(&mut reassembly, part(1, 7, 2, 2)), [expected]);
    }

    // N-3
    #[test]
    fn what_is_there_goes_on_when_its_time_is_up() {
        let mut reassembly = Reassembly::new(LIMITS);
        add(&mut reassembly, part(1, 7, 3, 3));
        add(&mut reassembly, part(1, 7, 3, 1));
        let due = NOW.plus(LIMITS.timeout);
        assert_eq!(reassembly.next_expiry(), Some(due));
        let mut out = Vec::new();
        reassembly.expire(Timestamp(due.0 - 1), &mut out);
        assert_eq!(out, []);
        reassembly.expire(due, &mut out);
        assert_eq!(out, [together(&["1/7/3/1", "1/7/3/3"], Ending::TimedOut)]);
    }

    #[test]
    fn what_is_late_after_a_restart_waits_for_the_rest_a_while() {
        // N-3
        let mut reassembly = Reassembly::new(LIMITS);
        let late = NOW.plus(2 * LIMITS.timeout);
        let mut out = Vec::new();
        reassembly.add(late, part(1, 7, 2, 1), &mut out);
        reassembly.expire(late, &mut out);
        assert_eq!(out, []);
        reassembly.add(late, part(1, 7, 2, 2), &mut out);
        assert_eq!(out, [together(&["1/7/2/1", "1/7/2/2"], Ending::Complete)]);
    }

    // ABU-4
    #[test]
    fn the_oldest_gives_way_to_its_own_source_first() {
        let mut reassembly = Reassembly::new(Limits { parts_max: 4, source_parts_max: 2, ..LIMITS });
        add(&mut reassembly, part(1, 0, 9, 1));
        add(&mut reassembly, part(2, 0, 9, 1));
        add(&mut reassembly, part(2, 1, 9, 1));
        assert_eq!(add(&mut reassembly, part(2, 2, 9, 1)), [together(&["2/0/9/1"], Ending::Crowded)]);
        add(&mut reassembly, part(3, 0, 9, 1));
        assert_eq!(add(&mut reassembly, part(4, 0, 9, 1)), [together(&["1/0/9/1"], Ending::Crowded)]);
    }

    /// Three messages of different lengths from two sources, each part up to three times, in any order.
    fn shuffled() -> impl Strategy<Value = Vec<(u32, u8, u8, u8)>> {
        let lengths = proptest::array::uniform3(2_u8..12);
        let parts = lengths.prop_flat_map(|lengths| {
            let of = [(1, 7), (2, 7), (1, 8)];
            let all: Vec<(u32, u8, u8, u8)> = of
                .into_iter()
                .zip(lengths)
                .flat_map(|((source, reference), total)| {
                    (1..=total).map(move |number| (source, reference, total, number))
                })
                .collect();
            let copies = proptest::collection::vec(1_usize..4, all.len());
            (Just(all), copies)
        });
        let copied = parts.prop_map(|(all, copies)| {
            all.into_iter().zip(copies).flat_map(|(part, copies)| std::iter::repeat_n(part, copies)).collect()
        });
        Strategy::prop_shuffle(copied)
    }

    proptest! {
        // N-3, ABU-4
        #[test]
        fn any_order_duplication_and_interleaving_gives_each_message_once(arrivals in shuffled()) {
            let mut reassembly = Reassembly::new(LIMITS);
            let (mut wholes, mut duplicates) = (Vec::new(), 0);
            for &(source, reference, total, number) in &arrivals {
                for verdict in add(&mut reassembly, part(source, reference, total, number)) {
                    match verdict {
                        Verdict::Together { parts, ending } => {
                            prop_assert_eq!(ending, Ending::Complete);
                            let expected: Vec<String> = (1..=total)
                                .map(|number| format!("{source}/{reference}/{total}/{number}"))
                                .collect();
                            prop_assert_eq!(parts, expected);
                            wholes.push((source, reference));
                        }
                        Verdict::Duplicate(_) => duplicates += 1,
                    }
                }
            }
            wholes.sort_unstable();
            prop_assert_eq!(wholes, [(1, 7), (1, 8), (2, 7)]);
            let kinds: std::collections::HashSet<_> = arrivals.iter().collect();
            prop_assert_eq!(duplicates, arrivals.len() - kinds.len());
            prop_assert_eq!(reassembly.parts(), 0);
        }

        // ABU-4
        #[test]
        fn random_references_stay_within_every_limit(
            arrivals in proptest::collection::vec((1_u32..4, 0_u8..250, 2_u8..255, 1_u8..9), 1..400),
        ) {
            let limits = Limits {
                parts_max: 40, octets_max: 800, source_parts_max: 25, source_octets_max: 500, ..LIMITS
            };
            let mut reassembly = Reassembly::new(limits);
            let mut ended = 0;
            for &(source, reference, total, number) in &arrivals {
                for verdict in add(&mut reassembly, part(source, reference, total, number.min(total))) {
                    ended += match verdict {
                        Verdict::Together { parts, .. } => parts.len(),
                        Verdict::Duplicate(_) => 1,
                    };
                }
                prop_assert!(!reassembly.load.is_over(40, 800));
                for source in reassembly.sources.values() {
                    prop_assert!(!source.load.is_over(25, 500));
                }
                prop_assert_eq!(reassembly.ages.len(), reassembly.open.len());
            }
            prop_assert_eq!(ended + reassembly.parts(), arrivals.len(), "none is lost");
            let mut out = Vec::new();
            reassembly.expire(Timestamp(u64::MAX), &mut out);
            prop_assert_eq!(reassembly.parts(), 0);
            prop_assert!(reassembly.sources.is_empty() && reassembly.open.is_empty());
        }
    }

    // ABU-4
    #[test]
    fn what_is_remembered_of_complete_messages_is_bounded() {
        let mut reassembly = Reassembly::new(LIMITS);
        for source in 0..COMPLETED_PARTS_MAX as u32 {
            for number in [1, 2] {
                add(&mut reassembly, part(1_000_000 + source, 7, 2, number));
            }
        }
        let Completed { digests, order, parts, .. } = &reassembly.completed;
        assert_eq!((*parts, digests.len(), order.len()), (10_000, 5_000, 5_000));
    }
}
