//! How often a handset is answered.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sms::Address;

/// Counts answers by handset, in memory: a restart begins anew. It is bounded; with very many handsets in a
/// period those that wrote first are forgotten first.
pub(crate) struct HandsetLimit {
    most: u32,
    period: Duration,
    young: HashMap<Address, Count>,
    old: HashMap<Address, Count>,
}

#[derive(Clone, Copy)]
struct Count {
    since: Instant,
    answers: u32,
}

impl HandsetLimit {
    /// At most `most` answers in each period.
    pub(crate) fn new(most: u32, period: Duration) -> Self {
        Self { most, period, young: HashMap::new(), old: HashMap::new() }
    }

    /// Whether a handset may be answered now; if so, that counts.
    pub(crate) fn allows(&mut self, handset: &Address, now: Instant) -> bool {
        let known = self.young.get(handset).or_else(|| self.old.get(handset)).copied();
        let current = known.filter(|count| now.saturating_duration_since(count.since) < self.period);
        let mut count = current.unwrap_or(Count { since: now, answers: 0 });
        if count.answers >= self.most {
            return false;
        }
        count.answers += 1;
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(handset) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(handset.clone(), count);
        true
    }
}

/// Handsets per generation.
const GENERATION_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // CMN-1
    #[test]
    fn a_handset_is_answered_so_often_in_a_period() {
        let mut limit = HandsetLimit::new(2, Duration::from_secs(60));
        let (start, handset) =
            (Instant::now(), |number: u32| Address::guess(number.to_string().as_bytes()).unwrap());
        let mut asked = |number, after| limit.allows(&handset(number), start + Duration::from_secs(after));
        assert!(asked(1, 0) && asked(1, 1) && !asked(1, 2) && !asked(1, 59));
        assert!(asked(2, 2), "another handset");
        assert!(asked(1, 60) && asked(1, 61) && !asked(1, 62));
        for number in 10..10 + 3 * GENERATION_MAX as u32 {
            limit.allows(&handset(number), start);
        }
        assert!(limit.young.len() + limit.old.len() <= 2 * GENERATION_MAX);
    }
}
