//! Requests that were given up, in case that their response comes after all.

use std::collections::{HashMap, VecDeque};

use store::Part;

/// The last requests that had no answer in time, by sequence number; M-3.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    parts: HashMap<u32, Part>,
    order: VecDeque<u32>,
}

impl GivenUp {
    pub(super) fn add(&mut self, sequence: u32, part: Part) {
        if self.parts.insert(sequence, part).is_none() {
            self.order.push_back(sequence);
        }
        while self.order.len() > KEPT_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.parts.remove(&oldest);
            }
        }
    }

    pub(super) fn answered(&mut self, sequence: u32) -> Option<Part> {
        self.parts.remove(&sequence)
    }
}

const KEPT_MAX: usize = 4096;
