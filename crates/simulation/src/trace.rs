//! What happened, in order: as a hash always, as lines if somebody wants to read them.

use std::fmt::{Arguments, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::now;

/// The trace of a world. Clones share it.
#[derive(Clone)]
pub(crate) struct Trace(Arc<Mutex<State>>);

struct State {
    since: Instant,
    hash: u64,
    line: String,
    lines: Option<Vec<String>>,
}

impl Trace {
    /// A trace that begins now; `keeps` says whether its lines are kept.
    pub(crate) fn new(keeps: bool) -> Self {
        let lines = keeps.then(Vec::new);
        Self(Arc::new(Mutex::new(State { since: now(), hash: HASH_OFFSET, line: String::new(), lines })))
    }

    /// Notes something that `who` did or saw.
    pub(crate) fn note(&self, who: &str, what: Arguments<'_>) {
        let state = &mut *self.state();
        state.line.clear();
        let elapsed = now().saturating_duration_since(state.since);
        let _ = write!(state.line, "{:>10.3} {who:<10} {what}", elapsed.as_secs_f64());
        let line = std::mem::take(&mut state.line);
        state.add(line.as_bytes());
        if let Some(lines) = &mut state.lines {
            lines.push(line.clone());
        }
        state.line = line;
    }

    /// Notes octets that arrived on a connection; they count in the hash alone.
    pub(crate) fn arrived(&self, link: u64, side: usize, octets: &[u8]) {
        let state = &mut *self.state();
        let elapsed = now().saturating_duration_since(state.since);
        state.add(&elapsed.as_nanos().to_le_bytes());
        state.add(&[link as u8, side as u8]);
        state.add(octets);
    }

    /// The hash of all that was noted: the same for the same history.
    pub(crate) fn hash(&self) -> u64 {
        self.state().hash
    }

    /// The lines, if they are kept.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.state().lines.clone().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, octets: &[u8]) {
        for octet in octets {
            self.hash = (self.hash ^ u64::from(*octet)).wrapping_mul(HASH_PRIME);
        }
    }
}

/// FNV-1a with 64 bits.
const HASH_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
const HASH_PRIME: u64 = 0x0100_0000_01B3;
