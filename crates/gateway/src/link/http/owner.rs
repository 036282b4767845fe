//! Accounts that are told by HTTP: receipts of what they submitted, and messages that are routed to them.

use store::{Lease, Settlement};

use super::call::{Answer, Call, Heard};
use super::client::Side;
use super::translate;
use crate::surroundings::Surroundings;

/// The side of an account with a callback.
pub(crate) struct Owner {
    /// The most items of one call: 1 is an object per call, more an array.
    pub(crate) batch: usize,
    pub(crate) surroundings: Surroundings,
}

impl Side for Owner {
    fn batch(&self) -> usize {
        self.batch
    }

    async fn call(&self, leases: &[Lease]) -> Option<Call> {
        let body = match leases {
            [lease] if self.batch == 1 => translate::callback(lease),
            leases => translate::callbacks(leases),
        };
        body.map(Call::json)
    }

    fn read(&self, _leases: &[Lease], heard: &Heard) -> Answer {
        if (200..300).contains(&heard.status) { Answer::Taken(Ok(None)) } else { heard.refusal() }
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
