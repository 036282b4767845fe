//! Requests that were given up, in case that their response comes after all.

use std::collections::{HashMap, VecDeque};

use sms::ReceiptRequest;
use store::{Item, Lease, Part};

/// What must be known of a request to judge its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) part: Part,
    pub(super) item: Item,
    /// Who wants to know what becomes of it.
    pub(super) receipt: ReceiptRequest,
    /// How many went before.
    pub(super) before: u16,
}

impl Attempt {
    pub(super) fn of(lease: &Lease) -> Self {
        Self {
            part: lease.part(),
            item: lease.item(),
            receipt: lease.message().receipt,
            before: lease.attempts(),
        }
    }
}

/// The last requests that had no answer in time, by sequence number; M-3.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    attempts: HashMap<u32, Attempt>,
    order: VecDeque<u32>,
}

impl GivenUp {
    pub(super) fn add(&mut self, sequence: u32, attempt: Attempt) {
        if self.attempts.insert(sequence, attempt).is_none() {
            self.order.push_back(sequence);
        }
        while self.order.len() > KEPT_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.attempts.remove(&oldest);
            }
        }
    }

    pub(super) fn answered(&mut self, sequence: u32) -> Option<Attempt> {
        self.attempts.remove(&sequence)
    }
}

const KEPT_MAX: usize = 4096;
