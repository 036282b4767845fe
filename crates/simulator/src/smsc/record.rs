//! What a message centre remembers of what it was given.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use smpp::{CString, ShortMessage, Tlvs};

use crate::join;
use crate::{Histogram, Latency, Serial};

/// A submission that a message centre took.
#[derive(Clone, Debug)]
pub struct Submit {
    /// The id that it was given, as submit_sm_resp said it.
    pub message_id: String,
    /// What was submitted.
    pub message: ShortMessage,
}

/// How often the messages of a [`crate::Load`] came, by their [`Serial`].
#[derive(Clone, Default)]
pub struct Tally {
    first: Vec<u8>,
    again: Vec<u8>,
    max: usize,
}

impl Tally {
    fn new(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    /// How often it came; 255 is that often or more.
    #[must_use]
    pub fn count(&self, serial: Serial) -> u8 {
        let counts = if serial.again { &self.again } else { &self.first };
        usize::try_from(serial.number).ok().and_then(|at| counts.get(at)).copied().unwrap_or(0)
    }

    /// How many different messages came, those that were submitted again not counted.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.first.iter().filter(|&&count| count > 0).count() as u64
    }

    /// How many of them came more than once.
    #[must_use]
    pub fn duplicated(&self) -> u64 {
        self.first.iter().filter(|&&count| count > 1).count() as u64
    }

    fn add(&mut self, serial: Serial) {
        let counts = if serial.again { &mut self.again } else { &mut self.first };
        let Some(at) = usize::try_from(serial.number).ok().filter(|&at| at < self.max) else { return };
        if counts.len() <= at {
            // Doubling, so that numbers that rise do not copy the counts each time.
            counts.resize((at + 1).next_power_of_two().min(self.max), 0);
        }
        if let Some(count) = counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }
}

/// The log and the tally of a message centre.
pub(super) struct Record {
    log_max: usize,
    tallies: bool,
    state: Mutex<State>,
}

struct State {
    log: Vec<Submit>,
    tally: Tally,
    /// How long messages took that say when they were written.
    carried: Histogram,
}

impl Record {
    pub(super) fn new(log_max: usize, serials_max: usize) -> Self {
        let state = State { log: Vec::new(), tally: Tally::new(serials_max), carried: Histogram::default() };
        Self { log_max, tallies: serials_max > 0, state: Mutex::new(state) }
    }

    /// Whether it remembers anything at all.
    pub(super) fn is_on(&self) -> bool {
        self.log_max > 0 || self.tallies
    }

    /// Remembers a batch.
    pub(super) fn add<'a>(&self, batch: impl Iterator<Item = (CString<64>, &'a ShortMessage)>) {
        let mut state = self.lock();
        for (id, message) in batch {
            if self.tallies {
                state.count(&join::text_of(message));
            }
            if state.log.len() < self.log_max {
                state.log.push(Submit { message_id: id.to_string(), message: detached(message) });
            }
        }
    }

    pub(super) fn log(&self) -> Vec<Submit> {
        self.lock().log.clone()
    }

    pub(super) fn log_len(&self) -> usize {
        self.lock().log.len()
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().tally.clone()
    }

    pub(super) fn carried(&self) -> Latency {
        self.lock().carried.latency()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, text: &[u8]) {
        if let Some(serial) = Serial::read(text) {
            self.tally.add(serial);
        }
        if let Some(written_at) = Serial::stamp(text) {
            self.carried.record(SystemTime::now().duration_since(written_at).unwrap_or_default());
        }
    }
}

/// A copy that does not keep the read buffer behind the message in memory.
pub(super) fn detached(message: &ShortMessage) -> ShortMessage {
    let tlvs = Tlvs::from_wire(Bytes::copy_from_slice(message.tlvs.as_wire())).unwrap_or_default();
    ShortMessage { short_message: Bytes::copy_from_slice(&message.short_message), tlvs, ..message.clone() }
}

macro_rules! stats {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// What a message centre has counted since it started.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct SmscStats {
            $($(#[doc = $doc])* pub $name: u64,)*
            /// Sessions that are bound now.
            pub sessions: u64,
            /// Receipts and messages of handsets that wait to be delivered or to be answered.
            pub waiting: u64,
        }

        /// The counters behind [`SmscStats`], added to in batches.
        #[derive(Default)]
        pub(super) struct Counters {
            $($name: AtomicU64,)*
            pub(super) sessions: AtomicU64,
        }

        /// What one session has counted and not handed on yet.
        #[derive(Default)]
        pub(super) struct Counts {
            $(pub(super) $name: u64,)*
        }

        impl Counters {
            /// Adds what a session has counted, and says whether it was anything.
            pub(super) fn add(&self, counts: &mut Counts) -> bool {
                let mut any = false;
                $(if counts.$name > 0 {
                    self.$name.fetch_add(std::mem::take(&mut counts.$name), Ordering::Relaxed);
                    any = true;
                })*
                any
            }

            pub(super) fn snapshot(&self, waiting: usize) -> SmscStats {
                SmscStats {
                    $($name: self.$name.load(Ordering::Relaxed),)*
                    sessions: self.sessions.load(Ordering::Relaxed),
                    waiting: waiting as u64,
                }
            }
        }
    };
}

stats! {
    /// Binds that succeeded.
    binds,
    /// Binds that were refused.
    binds_refused,
    /// submit_sm that came, whatever became of them.
    submits,
    /// Submissions that were taken, whether answered or not.
    accepted,
    /// Submissions that were answered ESME_RTHROTTLED.
    throttled,
    /// Submissions that were answered with another error.
    refused,
    /// Submissions that were taken and not answered, by [`crate::Faults::silent`].
    unanswered,
    /// Connections that were cut, by [`crate::Faults::drop`].
    cut,
    /// Receipts that were sent, each time they were.
    receipts_sent,
    /// Receipts that were answered OK.
    receipts_acknowledged,
    /// Receipts that were given up after an error.
    receipts_refused,
    /// Messages of handsets that were sent, each time they were.
    messages_sent,
    /// Messages of handsets that were answered OK.
    messages_acknowledged,
    /// Deliveries that were not answered in time and are tried again.
    deliveries_expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tally_counts_each_serial_up_to_its_limit() {
        let mut tally = Tally::new(1000);
        for number in [0, 5, 5, 999, 1000, u64::MAX] {
            tally.add(Serial { number, again: false });
        }
        tally.add(Serial { number: 5, again: true });
        let count = |number, again| tally.count(Serial { number, again });
        assert_eq!([0, 5, 6, 999, 1000].map(|number| count(number, false)), [1, 2, 0, 1, 0]);
        assert_eq!([0, 5].map(|number| count(number, true)), [0, 1]);
        assert_eq!((tally.distinct(), tally.duplicated()), (3, 1));
        assert!(tally.first.len() <= 1000);
    }
}
