//! What became of every message of a load over HTTP.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::HttpLoad;
use crate::{Histogram, Latency};

/// What came of a load over HTTP.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpLoadReport {
    /// Messages that were taken over.
    pub accepted: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Messages of requests without an answer.
    pub unanswered: u64,
    /// Receipts of accepted messages, each message counted once.
    pub receipts: u64,
    /// Accepted messages of which the receipt came more than once.
    pub receipts_twice: u64,
    /// Accepted messages without a receipt.
    pub without_receipt: u64,
    /// Until the last message was taken over.
    pub submitting: Duration,
    /// Until the last receipt.
    pub elapsed: Duration,
    /// From a request to its answer.
    pub response: Latency,
    /// From a request to the receipt.
    pub receipt: Latency,
}

/// The account of a load, by the keys that receipts name.
pub(super) struct Books {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    messages: HashMap<u128, Fate, foldhash::fast::RandomState>,
    report: HttpLoadReport,
    response: Histogram,
    receipt: Histogram,
    news_at: Duration,
}

/// What is known of a message: its receipt may come before the answer.
#[derive(Default)]
struct Fate {
    sent_at: Option<Instant>,
    told_at: Option<Instant>,
    told: u32,
}

impl Books {
    pub(super) fn new(load: &HttpLoad) -> Self {
        let mut state = State::default();
        let messages = usize::try_from(load.messages).unwrap_or(usize::MAX).min(MESSAGES_RESERVED_MAX);
        state.messages.reserve(messages);
        Self { started: Instant::now(), state: Mutex::new(state) }
    }

    /// A request with so many messages was answered: these were taken over.
    pub(super) fn answered(&self, many: u64, accepted: &[u128], sent_at: Instant) {
        let now = Instant::now();
        let mut state = self.lock();
        let state = &mut *state;
        state.response.record(now.saturating_duration_since(sent_at));
        let count = accepted.len() as u64;
        state.report.refused += many.saturating_sub(count);
        if count == 0 {
            return;
        }
        state.report.accepted += count;
        state.report.submitting = now.saturating_duration_since(self.started);
        state.news_at = state.report.submitting;
        for &key in accepted {
            let fate = state.messages.entry(key).or_default();
            fate.sent_at = Some(sent_at);
            if let Some(told_at) = fate.told_at {
                state.receipt.record(told_at.saturating_duration_since(sent_at));
            }
        }
    }

    /// A request with so many messages has no answer.
    pub(super) fn unanswered(&self, many: u64) {
        self.lock().report.unanswered += many;
    }

    /// A receipt was told.
    pub(super) fn told(&self, key: u128) {
        let now = Instant::now();
        let mut state = self.lock();
        let state = &mut *state;
        state.news_at = now.saturating_duration_since(self.started);
        let fate = state.messages.entry(key).or_default();
        fate.told += 1;
        if fate.told > 1 {
            return;
        }
        fate.told_at = Some(now);
        state.report.receipts += 1;
        state.report.elapsed = state.news_at;
        if let Some(sent_at) = fate.sent_at {
            state.receipt.record(now.saturating_duration_since(sent_at));
        }
    }

    pub(super) fn misses_receipts(&self) -> bool {
        let state = self.lock();
        state.report.receipts < state.report.accepted
    }

    /// Since when nothing has come.
    pub(super) fn silent_for(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.lock().news_at)
    }

    pub(super) fn report(&self) -> HttpLoadReport {
        let state = self.lock();
        let count =
            |is_so: fn(&Fate) -> bool| state.messages.values().filter(|fate| is_so(fate)).count() as u64;
        HttpLoadReport {
            receipts: count(|fate| fate.sent_at.is_some() && fate.told > 0),
            receipts_twice: count(|fate| fate.told > 1),
            without_receipt: count(|fate| fate.told == 0),
            response: state.response.latency(),
            receipt: state.receipt.latency(),
            ..state.report.clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for more is made when they come.
const MESSAGES_RESERVED_MAX: usize = 10_000_000;

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;
    use crate::Dialect;

    #[test]
    fn receipts_count_once_even_before_their_answer() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let books = Books::new(&HttpLoad {
            target: address,
            dialect: Dialect::Estafet { credentials: String::new(), names_callback: false },
            callback: address,
            messages: 3,
            connections: 1,
            per_request: 1,
            body_octets: 160,
            submit_for: Duration::MAX,
            receipt_patience: Duration::ZERO,
        });
        let now = Instant::now();
        books.told(1);
        books.answered(3, &[1, 2], now);
        assert!(books.misses_receipts());
        books.told(2);
        books.told(2);
        assert!(!books.misses_receipts());
        books.answered(1, &[3], now);
        books.unanswered(1);
        let report = books.report();
        assert_eq!((report.accepted, report.refused, report.unanswered), (3, 1, 1));
        assert_eq!(report.receipts, 2);
        assert_eq!((report.receipts_twice, report.without_receipt), (1, 1));
        assert_eq!((report.response.count, report.receipt.count), (2, 2));
    }
}
