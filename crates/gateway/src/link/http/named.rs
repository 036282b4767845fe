//! URLs that messages of an account name themselves, told what became of each of these messages.

use reqwest::Url;
use store::{Lease, Settlement};

use super::call::{Answer, Call, Heard};
use super::client::Side;
use super::kannel::report;
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
        let lease = leases.first()?;
        let attributes = Attributes::of(lease.message().attached.as_deref()?).ok()?;
        let callback = attributes.callback.as_ref()?;
        match callback.form {
            Form::Json => callback.url.parse().ok(),
            Form::Kannel => report::url(lease, &attributes)?.parse().ok(),
            // Nobody speaks Jasmin's words here, and nobody could ask for them.
            Form::Jasmin => None,
        }
    }

    fn call(&self, leases: &[Lease]) -> Option<Call> {
        self.place(leases)?;
        let attached = leases.first()?.message().attached.as_deref()?;
        match Attributes::of(attached).ok()?.callback?.form {
            // All is in the URL, which is fetched.
            Form::Kannel => Some(Call::default()),
            Form::Json | Form::Jasmin => self.0.call(leases),
        }
    }

    fn read(&self, heard: &Heard) -> Answer {
        self.0.read(heard)
    }

    async fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        self.0.settle(leases, answer).await
    }
}
