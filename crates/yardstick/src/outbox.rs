//! What leaves a connection: answers at once, requests as the window allows.

use smpp::{CommandId, CommandStatus};

use crate::frame;

/// The octets for the next write, and the requests that wait for the window.
pub(crate) struct Outbox {
    pub(crate) octets: Vec<u8>,
    waiting: Vec<u8>,
    /// How many octets of `waiting` have gone already.
    gone: usize,
    sequence: u32,
    in_flight: usize,
    window: usize,
}

impl Outbox {
    /// For requests that are numbered from `sequence` on.
    pub(crate) fn new(window: usize, sequence: u32) -> Self {
        Self { octets: Vec::new(), waiting: Vec::new(), gone: 0, sequence, in_flight: 0, window }
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

    /// Whether it should be given no more requests for now.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() - self.gone > WAITING_OCTETS_MAX
    }
}

/// How many octets may wait for the window before no more are taken: some hundred messages.
const WAITING_OCTETS_MAX: usize = 128 * 1024;
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
    fn it_is_full_until_the_window_moves_on() {
        let mut outbox = Outbox::new(1, 1);
        while !outbox.is_full() {
            outbox.request(CommandId::SUBMIT_SM, &[&[0; 1000]]);
        }
        while outbox.is_full() {
            outbox.answered();
        }
        assert!(!sequences(&outbox.octets).is_empty());
        assert!(outbox.waiting.len() <= WAITING_OCTETS_MAX + 2 * 1016);
    }
}
