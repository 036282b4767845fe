//! URLs that messages of an account name themselves, told what became of each of these messages.

use reqwest::Url;
use store::{Lease, Settlement};

use super::call::{Answer, Call, Heard};
use super::client::Side;
use super::owner::Owner;
use crate::attributes::{Attributes, Form};
use crate::surroundings::Surroundings;

/// The side of the callbacks that messages name: what is said, and what answers mean, is as at the account's.
pub(crate) struct Named(Owner);

impl Named {
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self(Owner { batch: 1, surroundings })
    }
}

impl Side for Named {
    fn batch(&self) -> usize {
        self.0.batch()
    }

    fn place(&self, leases: &[Lease]) -> Option<Url> {
        let attached = leases.first()?.message().attached.as_deref()?;
        let callback = Attributes::of(attached).ok()?.callback?;
        // Other words than JSON are spoken by nobody here, and nobody could ask for them.
        (callback.form == Form::Json).then(|| callback.url.parse().ok()).flatten()
    }

    fn call(&self, leases: &[Lease]) -> Option<Call> {
        self.place(leases)?;
        self.0.call(leases)
    }

    fn read(&self, heard: &Heard) -> Answer {
        self.0.read(heard)
    }

    async fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        self.0.settle(leases, answer).await
    }
}
