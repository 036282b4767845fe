//! A long queue in little memory.

use std::collections::VecDeque;

use super::slots::Ticket;

/// Tickets of a block.
const BLOCK_TICKETS: usize = 1024;

/// Tickets, first in, first out.
///
/// They are kept in blocks that are never copied. A block whose tickets follow each other by a rule, as
/// those of messages do that were taken over one after the other, keeps the rule alone; so a backlog
/// of millions costs nothing here, and the worst order eight octets per ticket.
#[derive(Debug, Default)]
pub(super) struct Fifo {
    full: VecDeque<Block>,
    /// How many tickets of the first block are gone.
    gone: usize,
    last: VecDeque<Ticket>,
}

/// [`BLOCK_TICKETS`] tickets.
#[derive(Debug)]
enum Block {
    /// Each is the one before it plus `step`, wrapping around.
    Row {
        first: Ticket,
        step: Ticket,
    },
    Mixed(Box<[Ticket]>),
}

impl Fifo {
    pub(super) fn len(&self) -> usize {
        self.full.len() * BLOCK_TICKETS - self.gone + self.last.len()
    }

    pub(super) fn push_back(&mut self, ticket: Ticket) {
        self.last.push_back(ticket);
        if self.last.len() >= BLOCK_TICKETS {
            self.full.push_back(Block::new(self.last.make_contiguous()));
            self.last.clear();
        }
    }

    pub(super) fn front(&self) -> Option<Ticket> {
        match self.full.front() {
            Some(block) => block.get(self.gone),
            None => self.last.front().copied(),
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<Ticket> {
        let Some(block) = self.full.front() else { return self.last.pop_front() };
        let ticket = block.get(self.gone);
        self.gone += 1;
        if self.gone == BLOCK_TICKETS {
            self.full.pop_front();
            self.gone = 0;
        }
        ticket
    }

    /// Drops the tickets that `is_kept` does not keep.
    pub(super) fn retain(&mut self, is_kept: impl Fn(Ticket) -> bool) {
        let mut before = std::mem::take(self);
        while let Some(ticket) = before.pop_front() {
            if is_kept(ticket) {
                self.push_back(ticket);
            }
        }
    }
}

impl Block {
    fn new(tickets: &[Ticket]) -> Self {
        if let [first, second, ..] = tickets {
            let step = second.minus(*first);
            if tickets.windows(2).all(|pair| matches!(pair, [one, next] if next.minus(*one) == step)) {
                return Self::Row { first: *first, step };
            }
        }
        Self::Mixed(tickets.into())
    }

    fn get(&self, at: usize) -> Option<Ticket> {
        match self {
            Self::Row { first, step } => Some(first.plus(*step, at as u32)),
            Self::Mixed(tickets) => tickets.get(at).copied(),
        }
    }
}

impl Ticket {
    fn minus(self, other: Self) -> Self {
        Self {
            slot: self.slot.wrapping_sub(other.slot),
            generation: self.generation.wrapping_sub(other.generation),
        }
    }

    fn plus(self, step: Self, times: u32) -> Self {
        Self {
            slot: self.slot.wrapping_add(step.slot.wrapping_mul(times)),
            generation: self.generation.wrapping_add(step.generation.wrapping_mul(times)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Rows up and down, and no rows at all.
    fn tickets(count: u32) -> impl Iterator<Item = Ticket> {
        let mut random = StdRng::seed_from_u64(1);
        (0..count).map(move |number| {
            let slot = match number / 5000 % 3 {
                0 => number,
                1 => count - number,
                _ => random.random(),
            };
            Ticket { slot, generation: number.wrapping_mul(2).wrapping_sub(9000) }
        })
    }

    #[test]
    fn what_goes_in_first_comes_out_first() {
        let (mut fifo, mut model) = (Fifo::default(), VecDeque::new());
        let mut random = StdRng::seed_from_u64(2);
        for ticket in tickets(60_000) {
            fifo.push_back(ticket);
            model.push_back(ticket);
            for _ in 0..random.random_range(0..2) {
                assert_eq!(fifo.front(), model.front().copied());
                assert_eq!(fifo.pop_front(), model.pop_front());
            }
            assert_eq!(fifo.len(), model.len());
        }
        fifo.retain(|ticket| ticket.slot % 3 == 0);
        model.retain(|ticket| ticket.slot % 3 == 0);
        assert!(std::iter::from_fn(|| fifo.pop_front()).eq(model));
        assert_eq!((fifo.len(), fifo.front()), (0, None));
    }

    #[test]
    fn a_row_takes_no_memory() {
        let mut fifo = Fifo::default();
        for number in 0..100_000 {
            fifo.push_back(Ticket { slot: 200_000 - number, generation: number * 2 });
        }
        assert!(fifo.full.iter().all(|block| matches!(block, Block::Row { .. })));
        assert_eq!(fifo.len(), 100_000);
    }
}
