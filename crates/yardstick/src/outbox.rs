//! What leaves a connection: answers at once, requests as the window allows.

use std::collections::VecDeque;

use smpp::{CommandId, CommandStatus};

use crate::frame;

/// The octets for the next write, and the requests that wait for the window.
///
/// While many wait, the OK to those who brought them is owed: their own windows hold them back then.
pub(crate) struct Outbox {
    pub(crate) octets: Vec<u8>,
    waiting: Vec<u8>,
    /// How many octets of `waiting` have gone already.
    gone: usize,
    owed: VecDeque<Owed>,
    sequence: u32,
    in_flight: usize,
    window: usize,
}

/// An OK that is said when fewer requests wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    /// The place of the peer that it is owed to.
    pub(crate) place: usize,
    /// The sequence number of what that peer brought.
    pub(crate) sequence: u32,
    /// The number of the message.
    pub(crate) number: u64,
}

impl Outbox {
    /// For requests that are numbered from `sequence` on.
    pub(crate) fn new(window: usize, sequence: u32) -> Self {
        Self {
            octets: Vec::new(),
            waiting: Vec::new(),
            gone: 0,
            owed: VecDeque::new(),
            sequence,
            in_flight: 0,
            window,
        }
    }

    /// Says a response.
    pub(crate) fn respond(
        &mut self,
        request: CommandId,
        status: CommandStatus,
        sequence: u32,
        body: &[&[u8]],
    ) {
        frame::put(&mut self.octets, request.response(), status, sequence, body);
    }

    /// Says a request now or when the window allows; returns its sequence number.
    pub(crate) fn request(&mut self, command: CommandId, body: &[&[u8]]) -> u32 {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let out = if self.in_flight < self.window {
            self.in_flight += 1;
            &mut self.octets
        } else {
            &mut self.waiting
        };
        frame::put(out, command, CommandStatus::OK, sequence, body);
        sequence
    }

    /// A request was answered: there is room for another.
    pub(crate) fn answered(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let waiting = self.waiting.get(self.gone..).unwrap_or_default();
        if let Ok(Some((_, length))) = frame::first(waiting) {
            self.octets.extend_from_slice(waiting.get(..length).unwrap_or_default());
            self.gone += length;
            self.in_flight += 1;
        }
        if self.gone >= self.waiting.len() {
            self.waiting.clear();
            self.gone = 0;
        } else if self.gone > GONE_OCTETS_MAX {
            self.waiting.drain(..self.gone);
            self.gone = 0;
        }
    }

    /// Whether it takes no more requests at all.
    pub(crate) fn is_full(&self) -> bool {
        self.owed.len() >= OWED_MAX
    }

    /// Owes the OK for the last request to whoever brought it.
    pub(crate) fn owe(&mut self, owed: Owed) {
        self.owed.push_back(owed);
    }

    /// The next OK that can be said.
    pub(crate) fn redeem(&mut self) -> Option<Owed> {
        if self.waiting.len() - self.gone > WAITING_OCTETS_MAX {
            return None;
        }
        self.owed.pop_front()
    }
}

/// How many octets may wait for the window before OKs are held back: some hundred messages.
const WAITING_OCTETS_MAX: usize = 128 * 1024;
/// How many OKs may be owed, which is more than peers have windows for.
const OWED_MAX: usize = 100_000;
/// When the room of requests that have gone is used again, in octets.
const GONE_OCTETS_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn sequences(mut octets: &[u8]) -> Vec<u32> {
        let mut found = Vec::new();
        while let Some((frame, length)) = frame::first(octets).unwrap() {
            found.push(frame.sequence);
            octets = &octets[length..];
        }
        found
    }

    // W-1
    #[test]
    fn the_window_holds_and_the_order_too() {
        let mut outbox = Outbox::new(2, 1);
        for _ in 0..5 {
            outbox.request(CommandId::SUBMIT_SM, &[b"text"]);
        }
        assert_eq!(sequences(&outbox.octets), [1, 2]);
        outbox.answered();
        outbox.answered();
        assert_eq!(sequences(&outbox.octets), [1, 2, 3, 4]);
        outbox.answered();
        outbox.answered();
        outbox.request(CommandId::SUBMIT_SM, &[b"text"]);
        outbox.request(CommandId::SUBMIT_SM, &[b"text"]);
        assert_eq!(sequences(&outbox.octets), [1, 2, 3, 4, 5, 6]);
        outbox.respond(CommandId::ENQUIRE_LINK, CommandStatus::OK, 99, &[]);
        assert_eq!(sequences(&outbox.octets), [1, 2, 3, 4, 5, 6, 99]);
    }

    #[test]
    fn an_ok_is_owed_while_many_wait() {
        let mut outbox = Outbox::new(1, 1);
        let owed = |number| Owed { place: 3, sequence: 7, number };
        outbox.request(CommandId::SUBMIT_SM, &[&[0; 16_000]]);
        outbox.owe(owed(0));
        assert_eq!((outbox.redeem(), outbox.redeem()), (Some(owed(0)), None));
        for number in 1..=12 {
            outbox.request(CommandId::SUBMIT_SM, &[&[0; 16_000]]);
            outbox.owe(owed(number));
        }
        for _ in 0..3 {
            assert_eq!(outbox.redeem(), None);
            outbox.answered();
        }
        outbox.answered();
        let redeemed: Vec<u64> = std::iter::from_fn(|| outbox.redeem()).map(|owed| owed.number).collect();
        assert_eq!(redeemed, (1..=12).collect::<Vec<_>>());
        while !sequences(&outbox.octets).contains(&13) {
            outbox.answered();
        }
        assert!(outbox.waiting.is_empty());
    }
}
