//! The window: our requests that wait for their answer.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::{Duration, Instant};

use super::settings::TIMEOUT_MAX;
use crate::CommandId;

/// Our requests in flight, found by sequence number, in order of their age.
///
/// All wait equally long, so the oldest is due first: a queue serves as the timers of all. Answered
/// requests leave their entry in it until it is their turn or there are more of them than of the others.
pub(super) struct Window<T> {
    requests: HashMap<u32, Request<T>, BuildHasherDefault<SequenceHasher>>,
    by_age: VecDeque<(Option<Instant>, u32)>,
    expired: VecDeque<(u32, CommandId)>,
}

struct Request<T> {
    answer: CommandId,
    due: Option<Instant>,
    tag: T,
}

impl<T> Window<T> {
    pub(super) fn new() -> Self {
        Self { requests: HashMap::default(), by_age: VecDeque::new(), expired: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(super) fn contains(&self, sequence: u32) -> bool {
        self.requests.contains_key(&sequence)
    }

    /// Adds a request that must be answered by `answer` within `timeout`; zero is for ever.
    pub(super) fn insert(
        &mut self,
        now: Instant,
        timeout: Duration,
        sequence: u32,
        answer: CommandId,
        tag: T,
    ) {
        let due = (!timeout.is_zero()).then(|| now + timeout.min(TIMEOUT_MAX));
        self.requests.insert(sequence, Request { answer, due, tag });
        self.by_age.push_back((due, sequence));
        if self.by_age.len() > 2 * self.requests.len() + ANSWERED_KEPT {
            let requests = &self.requests;
            self.by_age
                .retain(|&(due, sequence)| requests.get(&sequence).is_some_and(|request| request.due == due));
        }
    }

    /// Ends the request that this is the answer to: the number and the command must both match.
    pub(super) fn answered(&mut self, sequence: u32, answer: CommandId) -> Option<T> {
        let request = self.requests.get(&sequence)?;
        if request.answer != answer && answer != CommandId::GENERIC_NACK {
            return None;
        }
        self.requests.remove(&sequence).map(|request| request.tag)
    }

    /// Ends one request that was due by `now`; up to `remembered` of them are remembered.
    pub(super) fn expire(&mut self, now: Instant, remembered: usize) -> Option<(u32, T)> {
        while let Some(&(Some(due), sequence)) = self.by_age.front()
            && due <= now
        {
            self.by_age.pop_front();
            if self.requests.get(&sequence).is_some_and(|request| request.due == Some(due))
                && let Some(request) = self.requests.remove(&sequence)
            {
                while self.expired.len() >= remembered.max(1) {
                    self.expired.pop_front();
                }
                self.expired.push_back((sequence, request.answer));
                return Some((sequence, request.tag));
            }
        }
        None
    }

    /// Whether this answers a request that had expired; tells it once.
    pub(super) fn answered_late(&mut self, sequence: u32, answer: CommandId) -> bool {
        let matches = |&(expired, expected): &(u32, CommandId)| {
            expired == sequence && (expected == answer || answer == CommandId::GENERIC_NACK)
        };
        match self.expired.iter().position(matches) {
            Some(at) => self.expired.remove(at).is_some(),
            None => false,
        }
    }

    /// When the oldest request is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.by_age.front().and_then(|&(due, _)| due)
    }

    /// Gives back the room of requests that have been answered.
    pub(super) fn rest(&mut self) {
        if self.requests.is_empty() {
            self.by_age.clear();
        }
        self.requests.shrink_to_fit();
        self.by_age.shrink_to_fit();
        self.expired.shrink_to_fit();
    }

    /// For how many requests there is room without taking more memory.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.requests.capacity().max(self.by_age.capacity())
    }

    /// Ends all requests, oldest first.
    pub(super) fn drain(&mut self) -> Vec<T> {
        let by_age = std::mem::take(&mut self.by_age);
        by_age
            .into_iter()
            .filter_map(|(_, sequence)| self.requests.remove(&sequence))
            .map(|request| request.tag)
            .collect()
    }
}

/// Spreads sequence numbers, which follow one another, over the table: the peer does not choose them.
#[derive(Default)]
struct SequenceHasher(u64);

impl Hasher for SequenceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for &octet in octets {
            self.write_u32(u32::from(octet));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(SPREAD);
    }
}

/// 2^64 divided by the golden ratio: neighbours end up far apart.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// How many entries of answered requests may stay in the queue beside as many as are in flight.
const ANSWERED_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: CommandId = CommandId::SUBMIT_SM_RESP;
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_straggler_does_not_make_the_queue_grow() {
        let start = Instant::now();
        let mut window = Window::new();
        window.insert(start, MINUTE, 1, ANSWER, 1);
        for sequence in 2..100_000 {
            window.insert(start, MINUTE, sequence, ANSWER, sequence);
            assert_eq!(window.answered(sequence, ANSWER), Some(sequence));
            assert!(window.by_age.len() <= 2 * 2 + ANSWERED_KEPT);
        }
        assert_eq!(window.expire(start + MINUTE, 4), Some((1, 1)));
        assert_eq!(window.expire(start + MINUTE, 4), None);
    }

    #[test]
    fn what_is_left_is_given_back_oldest_first() {
        let start = Instant::now();
        let mut window = Window::new();
        for (sequence, tag) in [(7, 'a'), (8, 'b'), (1, 'c')] {
            window.insert(start, Duration::ZERO, sequence, ANSWER, tag);
        }
        assert_eq!(window.answered(8, ANSWER), Some('b'));
        assert_eq!(window.deadline(), None);
        assert_eq!(window.drain(), ['a', 'c']);
        assert!(window.is_empty());
    }
}
