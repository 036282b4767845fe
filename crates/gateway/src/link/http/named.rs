//! URLs that messages of an account name themselves, told what becomes of each of these messages.

use std::sync::Arc;

use reqwest::Url;
use sms::Message;
use store::{Item, Lease, Notice, Record, Settlement, Store};

use super::call::{Answer, Call, Heard};
use super::client::Side;
use super::owner::Owner;
use super::{jasmin, kannel};
use crate::access_log::AccessLog;
use crate::attributes::{Attributes, Callback, Form, Report};
use crate::surroundings::Surroundings;

/// The side of the callbacks that messages name: JSON and its answers are as at the account's own.
pub(crate) struct Named {
    owner: Owner,
    store: Arc<dyn Store>,
    access_log: Option<Arc<AccessLog>>,
}

/// What is told, with all that can be said of it.
pub(super) struct Told<'l> {
    /// The message itself, or the one that tells of it.
    pub(super) message: &'l Message,
    pub(super) attributes: Attributes,
    pub(super) news: News,
    /// What is known of the message.
    pub(super) record: Option<Record>,
}

/// What happened.
#[derive(Clone, Copy)]
pub(super) enum News {
    /// It has its final state.
    Final(Notice),
    /// Something on the way.
    OnTheWay(Report),
}

impl Named {
    pub(crate) fn new(
        surroundings: Surroundings,
        store: Arc<dyn Store>,
        access_log: Option<Arc<AccessLog>>,
    ) -> Self {
        Self { owner: Owner { batch: 1, surroundings }, store, access_log }
    }

    /// A call as Kannel makes it; the first for an item is logged as there.
    fn as_kannel(&self, told: &Told<'_>, is_first: bool) -> Option<Call> {
        let report = kannel::report::Report::of(told)?;
        if let Some(log) = self.access_log.as_ref().filter(|_| is_first) {
            report.log(told, log, self.owner.surroundings.clock.wall());
        }
        report.call(told)
    }

    /// What an item tells in the words of another gateway; `None` if it tells nothing.
    async fn told<'l>(&self, lease: &'l Lease) -> Option<Told<'l>> {
        let message = &**lease.message();
        let attributes = attributes(lease)?;
        let (news, id) = match (lease.item(), attributes.report) {
            (Item::Notice(notice), _) => (News::Final(notice), Some(message.id)),
            (Item::Segment(_), Some(report)) => (News::OnTheWay(report), message.in_reply_to),
            (Item::Segment(_), None) => return None,
        };
        let record = match id {
            // What is not found is told without.
            Some(id) => self.store.find(id).await.ok().flatten(),
            None => None,
        };
        Some(Told { message, attributes, news, record })
    }
}

impl Side for Named {
    fn batch(&self) -> usize {
        self.owner.batch()
    }

    fn place(&self, leases: &[Lease]) -> Option<Url> {
        callback(leases)?.url.parse().ok()
    }

    async fn call(&self, leases: &[Lease]) -> Option<Call> {
        match callback(leases)?.form {
            Form::Json => self.owner.call(leases).await,
            Form::Kannel => {
                let lease = leases.first()?;
                self.as_kannel(&self.told(lease).await?, lease.attempts() == 0)
            }
            Form::Jasmin => jasmin::report::call(&self.told(leases.first()?).await?),
            // All is in the URL, which is fetched.
            Form::Batch => Some(Call::default()),
        }
    }

    fn read(&self, leases: &[Lease], heard: &Heard) -> Answer {
        match callback(leases).map(|callback| callback.form) {
            Some(Form::Jasmin) => jasmin::report::read(heard),
            _ => self.owner.read(leases, heard),
        }
    }

    async fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        self.owner.settle(leases, answer).await
    }
}

fn attributes(lease: &Lease) -> Option<Attributes> {
    Attributes::of(lease.message().attached.as_deref()?).ok()
}

fn callback(leases: &[Lease]) -> Option<Callback> {
    attributes(leases.first()?)?.callback
}
