//! Accounts that are told by HTTP: receipts of what they submitted, and messages that are routed to them.

use std::sync::Arc;

use store::{Lease, Settlement, Store};

use super::call::{Answer, Call, Heard};
use super::client::{Side, Teller};
use super::reason::{reasons, told};
use super::translate;
use crate::surroundings::Surroundings;

/// The side of an account with a callback.
pub(crate) struct Owner {
    /// The most items of one call: 1 is an object per call, more an array.
    pub(crate) batch: usize,
    pub(crate) surroundings: Surroundings,
    /// Where it is known why messages failed.
    pub(crate) store: Arc<dyn Store>,
}

impl Side for Owner {
    fn batch(&self) -> usize {
        self.batch
    }

    async fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        let Surroundings { clock, chance, .. } = &self.surroundings;
        let now = clock.wall();
        let settlement = |lease: Lease| {
            let outcome = answer.insistent_outcome(lease.attempts(), now, chance);
            Settlement { lease, outcome, answer: None }
        };
        leases.into_iter().map(settlement).collect()
    }
}

impl Teller for Owner {
    async fn call(&self, leases: &[Lease]) -> Option<Call> {
        let reasons = reasons(&*self.store, leases.iter().map(told).collect()).await;
        let body = match (leases, &reasons[..]) {
            ([lease], [reason]) if self.batch == 1 => translate::callback(lease, reason.as_ref()),
            _ => translate::callbacks(leases, &reasons),
        };
        body.map(Call::json)
    }

    fn read(&self, _leases: &[Lease], heard: &Heard) -> Answer {
        if (200..300).contains(&heard.status) { Answer::Taken(Ok(None)) } else { heard.refusal() }
    }
}
