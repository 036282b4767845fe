//! URLs that messages of an account name themselves, told what becomes of each of these messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use sms::Timestamp;
use store::{Item, Lease, Outcome, Settlement, Store};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::call::{Answer, Call, Endpoint, Heard};
use super::circuits::{Change, Circuits, Showing, Turn};
use super::client::{Client, Ended, Side, Taking, Teller, next_leases};
use super::owner::Owner;
use super::told::{News, Told};
use super::{jasmin, kannel};
use crate::access_log::AccessLog;
use crate::attributes::{Attributes, Form};
use crate::clock::now;
use crate::surroundings::Surroundings;

/// The side of the callbacks that messages name: JSON and its answers are as at the account's own.
pub(crate) struct Named {
    owner: Owner,
    access_log: Option<Arc<AccessLog>>,
}

impl Named {
    pub(crate) fn new(
        surroundings: Surroundings,
        store: Arc<dyn Store>,
        access_log: Option<Arc<AccessLog>>,
    ) -> Self {
        Self { owner: Owner { batch: 1, surroundings, store }, access_log }
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
    async fn told<'l>(&self, lease: &'l Lease, attributes: Attributes) -> Option<Told<'l>> {
        let message = &**lease.message();
        let (news, id) = match (lease.item(), attributes.report) {
            (Item::Notice(notice), _) => (News::Final(notice), Some(message.id)),
            (Item::Segment(_), Some(report)) => (News::OnTheWay(report), message.in_reply_to),
            (Item::Segment(_), None) => return None,
        };
        let record = match id {
            // What is not found is told without.
            Some(id) => self.owner.store.find(id).await.ok().flatten(),
            None => None,
        };
        Some(Told { message, attributes, news, record })
    }

    /// What is said of an item with these attributes; `None` if there is nothing to say of it.
    async fn call(&self, leases: &[Lease], form: Form, attributes: Attributes) -> Option<Call> {
        let lease = leases.first()?;
        match form {
            Form::Json => self.owner.call(leases).await,
            Form::Kannel => self.as_kannel(&self.told(lease, attributes).await?, lease.attempts() == 0),
            Form::Jasmin => jasmin::report::call(&self.told(lease, attributes).await?),
            // All is in the URL, which is fetched.
            Form::Batch => Some(Call::default()),
        }
    }

    fn read(&self, leases: &[Lease], form: Form, heard: &Heard) -> Answer {
        match form {
            Form::Jasmin => jasmin::report::read(heard),
            _ => self.owner.read(leases, heard),
        }
    }
}

impl Side for Named {
    fn batch(&self) -> usize {
        self.owner.batch()
    }

    async fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        self.owner.settle(leases, answer).await
    }
}

/// What one call is made for, and whom it is made to.
struct Order {
    /// Scheme, host and port.
    host: Arc<str>,
    url: Url,
    form: Form,
    attributes: Attributes,
    lease: Lease,
}

impl Order {
    /// The call for an item; the item itself if it does not say where to.
    fn of(lease: Lease) -> Result<Self, Lease> {
        let attributes =
            lease.message().attached.as_deref().and_then(|attached| Attributes::of(attached).ok());
        let callback = attributes.as_ref().and_then(|attributes| attributes.callback.as_ref());
        let place = callback.and_then(|callback| Some((callback.url.parse::<Url>().ok()?, callback.form)));
        let (Some(attributes), Some((url, form))) = (attributes, place) else { return Err(lease) };
        Ok(Self { host: url.origin().ascii_serialization().into(), url, form, attributes, lease })
    }
}

/// First calls of hosts of which nothing is known, and what ends each.
type Probes = HashMap<Arc<str>, CancellationToken>;

impl Client<Named> {
    /// Calls for every item at the URL that it names until it is stopped; returns when the calls under way have ended.
    pub(crate) async fn run_each(self) {
        self.present(async |manner| self.call_each(&manner).await).await;
    }

    async fn call_each(&self, manner: &Endpoint) {
        let chance = self.side.owner.surroundings.chance.clone();
        let mut circuits = Circuits::new(usize::from(self.endpoint.window.get()), chance);
        let mut calls = FuturesUnordered::new();
        let mut probes = Probes::new();
        let mut taking: Option<Taking> = None;
        let mut renewals = self.outlet.renewals();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.stop.is_cancelled() {
            let room = circuits.room();
            if taking.is_none() && room > 0 {
                taking = Some(self.take(room, Duration::ZERO));
            }
            let turns = tokio::select! {
                leases = next_leases(&mut taking) => {
                    taking = None;
                    self.admit(&mut circuits, leases).await
                }
                Some(first) = calls.next() => {
                    // As for an account's callback, what ends at about the same time is settled together.
                    tokio::task::yield_now().await;
                    let others = std::iter::from_fn(|| calls.next().now_or_never().flatten());
                    let made: Vec<(Arc<str>, Ended)> = std::iter::once(first).chain(others).collect();
                    for (host, _) in &made {
                        probes.remove(host);
                    }
                    self.take_note(&mut circuits, made)
                }
                () = until(circuits.next_cut()) => {
                    for host in circuits.cut(now()) {
                        if let Some(probe) = probes.get(&*host) {
                            probe.cancel();
                        }
                    }
                    Vec::new()
                }
                // There are many accounts, and most have nothing that waits.
                _ = ticks.tick(), if circuits.holds_any() => circuits.relieve(now()),
                () = self.outlet.renewed(&mut renewals) => {
                    circuits.renew();
                    Vec::new()
                }
                () = self.stop.cancelled() => Vec::new(),
            };
            let orders = self.start(turns, &mut probes);
            calls.extend(orders.into_iter().map(|(order, cut)| self.make(manner, order, cut)));
        }
        drop((taking, circuits));
        while let Some((_, ended)) = calls.next().await {
            self.settle(ended.settled);
        }
    }

    async fn admit(&self, circuits: &mut Circuits<Order>, leases: Vec<Lease>) -> Vec<Turn<Order>> {
        let mut turns = Vec::new();
        for lease in leases {
            match Order::of(lease) {
                Ok(order) => {
                    let tried = order.lease.attempts() > 0;
                    turns.extend(circuits.admit(&order.host.clone(), order, tried, now()));
                }
                Err(lease) => {
                    let nobody = Answer::Taken(Ok(None));
                    self.settle(self.settle_uncalled(vec![lease], nobody).await.settled);
                }
            }
        }
        turns
    }

    fn take_note(&self, circuits: &mut Circuits<Order>, made: Vec<(Arc<str>, Ended)>) -> Vec<Turn<Order>> {
        let (mut turns, mut settled) = (Vec::new(), Vec::new());
        for (host, ended) in made {
            let showing = match ended.is_away {
                true => Showing::Away { retry_after: ended.retry_after, cause: ended.cause().cloned() },
                false => Showing::Present,
            };
            let (more, change) = circuits.ended(&host, showing, ended.took, now());
            turns.extend(more);
            settled.extend(ended.settled);
            match change {
                Some(Change::Fails(cause)) => {
                    tracing::warn!(link = %self.outlet.link(), %host, %cause, "calls fail");
                }
                Some(Change::Succeeds) => {
                    tracing::info!(link = %self.outlet.link(), %host, "calls succeed again");
                }
                None => {}
            }
        }
        self.settle(settled);
        turns
    }

    /// Those that are called for now, with what ends a call early; the others are given back.
    fn start(&self, turns: Vec<Turn<Order>>, probes: &mut Probes) -> Vec<(Order, Option<CancellationToken>)> {
        let at = self.clock.wall();
        let (mut orders, mut deferred) = (Vec::new(), Vec::new());
        for turn in turns {
            match turn {
                Turn::Call(order) => orders.push((order, None)),
                Turn::Probe(order) => {
                    let cut = CancellationToken::new();
                    probes.insert(order.host.clone(), cut.clone());
                    orders.push((order, Some(cut)));
                }
                Turn::Later(Order { lease, .. }, wait) => {
                    let outcome = Outcome::Deferred { at: together(at.plus(wait)) };
                    deferred.push(Settlement { lease, outcome, answer: None });
                }
            }
        }
        self.outlet.settle(deferred);
        orders
    }

    async fn make(
        &self,
        manner: &Endpoint,
        Order { host, url, form, attributes, lease }: Order,
        cut: Option<CancellationToken>,
    ) -> (Arc<str>, Ended) {
        let leases = vec![lease];
        let ended = match self.side.call(&leases, form, attributes).await {
            Some(call) => {
                let read = |leases: &[Lease], heard: &Heard| self.side.read(leases, form, heard);
                self.call(&manner.at(url), call, leases, read, cancelled(cut)).await
            }
            None => self.settle_uncalled(leases, Answer::Taken(Ok(None))).await,
        };
        (host, ended)
    }
}

/// What is given back comes again in company: each by itself would wake the store and this link for as little as
/// another look at a circuit that is open.
fn together(at: Timestamp) -> Timestamp {
    at.0.checked_next_multiple_of(COMPANY_MS).map_or(at, Timestamp)
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

async fn cancelled(cut: Option<CancellationToken>) {
    match cut {
        Some(cut) => cut.cancelled().await,
        None => std::future::pending().await,
    }
}

/// How often it is looked for endpoints from which nothing is heard.
const TICK: Duration = Duration::from_secs(1);
/// How far apart the times are at which what was given back comes again, in milliseconds.
const COMPANY_MS: u64 = 250;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_comes_in_company_and_not_before_its_time() {
        for at in [0, 1, 249, 250, 251, 1_790_000_000_123] {
            let then = together(Timestamp(at));
            assert!(then.0 >= at && then.0 < at + COMPANY_MS && then.0.is_multiple_of(COMPANY_MS));
        }
        assert_eq!(together(Timestamp(u64::MAX)), Timestamp(u64::MAX), "the end of time");
    }
}
