//! What the segments of a message add up to.

use sms::{State, Timestamp};

use super::super::fact::{Sighted, Verdict};

/// What is known so far of a message with several segments, or of one whose owner is to be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    pub(super) verdict: Verdict,
    /// How many segments have no final state.
    pub(super) open: u8,
}

impl Tally {
    pub(super) fn new(count: u8) -> Self {
        let sighted = Sighted { state: State::Delivered, error: 0, done_at: Timestamp(0) };
        Self { verdict: Verdict { sighted, delivered: 0 }, open: count }
    }

    /// Adds the final state of a segment. All delivered is delivered; the first failure is the message's (one of R-5's rules: the other
    /// segments still go out). Returns whether the state of the message is now this segment's: of several that were
    /// delivered it is the last one's.
    pub(super) fn add(&mut self, sighted: Sighted, count: u8) -> bool {
        let verdict = &mut self.verdict;
        let first = self.open == count;
        self.open = self.open.saturating_sub(1);
        verdict.delivered += u8::from(is_delivered(sighted.state));
        if first || (rank(verdict.sighted.state) < 3 && rank(sighted.state) == 3) {
            verdict.sighted = sighted;
            return true;
        }
        if rank(verdict.sighted.state) == 3 {
            return false;
        }
        verdict.sighted.done_at = verdict.sighted.done_at.max(sighted.done_at);
        let weighs_enough = rank(sighted.state) >= rank(verdict.sighted.state);
        if weighs_enough {
            verdict.sighted.state = sighted.state;
        }
        weighs_enough
    }
}

/// Whether a segment reached its destination.
pub(super) const fn is_delivered(state: State) -> bool {
    matches!(state, State::Delivered | State::Accepted)
}

/// What weighs more in the state of a whole message; 3 is a failure.
const fn rank(state: State) -> u8 {
    match state {
        State::Delivered => 0,
        State::Accepted => 1,
        State::HandedOver => 2,
        _ => 3,
    }
}
