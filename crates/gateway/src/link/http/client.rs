//! What we call by HTTP: takes what is due, calls, settles.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use rustls::ClientConfig;
use store::{Cause, Lease, Outcome, Settlement, Shelf};
use tokio_util::sync::CancellationToken;

use super::call::{Answer, Call, Endpoint, Heard, RETRY_AFTER_MAX};
use super::own_addresses::OwnAddresses;
use super::trouble::Trouble;
use crate::chance::Chance;
use crate::clock::{Clock, now};
use crate::config::EndpointConfig;
use crate::dispatch::Outlet;
use crate::presence::Presence;

/// A link that is called for everything that goes to it.
pub(crate) struct Client<S> {
    pub(crate) side: S,
    pub(crate) endpoint: EndpointConfig,
    /// Where it never leads.
    pub(crate) own: OwnAddresses,
    /// What it is called with by https, if it may be.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) clock: Clock,
    pub(crate) chance: Chance,
    pub(crate) presence: Arc<Presence>,
    /// Where that goes which will never be taken.
    pub(crate) shelf: Shelf,
    pub(crate) stop: CancellationToken,
}

/// What differs between those that we call.
pub(crate) trait Side: Send + Sync + 'static {
    /// The most items of one call.
    fn batch(&self) -> usize;

    /// Whether an item is not called for any more; `calls_fail` if the last call did.
    fn gives_up(&self, _lease: &Lease, _calls_fail: bool) -> bool {
        false
    }

    /// How long everything may wait because the other side wants to be left alone.
    fn rests_at_most(&self) -> Duration {
        RETRY_AFTER_MAX
    }

    /// What the answer means for items.
    fn settle(&self, leases: Vec<Lease>, answer: Answer) -> impl Future<Output = Vec<Settlement>> + Send;
}

/// A side that says the same way of all items what there is to say.
pub(crate) trait Teller: Side {
    /// What is said of items; `None` if there is nothing to say of them, and they count as taken.
    fn call(&self, leases: &[Lease]) -> impl Future<Output = Option<Call>> + Send;

    /// What was answered to a call that told of items.
    fn read(&self, leases: &[Lease], heard: &Heard) -> Answer;
}

/// What became of items.
pub(super) struct Ended {
    pub(super) settled: Vec<Settlement>,
    /// When the call began, if it took one to know.
    began: Option<Instant>,
    /// Whether another call might succeed, also if none is made.
    pub(super) is_away: bool,
    /// There is nobody any more.
    is_gone: bool,
    /// It was too much.
    is_throttled: bool,
    /// How long it wants to be left alone.
    pub(super) retry_after: Option<Duration>,
    pub(super) took: Duration,
}

impl Ended {
    /// Why it was not taken over, if so.
    pub(super) fn cause(&self) -> Option<&Cause> {
        self.settled.first().and_then(|first| cause(&first.outcome))
    }
}

pub(super) type Taking = Pin<Box<dyn Future<Output = Vec<Lease>> + Send>>;

impl<S: Teller> Client<S> {
    /// Calls for every item until it is stopped; returns when the calls under way have ended.
    pub(crate) async fn run(self) {
        self.present(async |endpoint| self.call_on(&endpoint).await).await;
    }

    async fn call_on(&self, endpoint: &Endpoint) {
        let window = usize::from(self.endpoint.window.get());
        let mut calls = FuturesUnordered::new();
        let mut taking: Option<Taking> = None;
        let mut failures = Failures::default();
        let mut renewals = self.outlet.renewals();
        while !self.stop.is_cancelled() {
            let room = failures.window(window).saturating_sub(calls.len()) * self.side.batch();
            if taking.is_none() && room > 0 {
                taking = Some(self.take(room, failures.pause(now(), &self.chance)));
            }
            tokio::select! {
                biased;
                () = self.outlet.renewed(&mut renewals) => {
                    failures = Failures::default();
                    taking = None;
                }
                () = self.stop.cancelled() => {}
                leases = next_leases(&mut taking) => {
                    taking = None;
                    let state = State { calls_fail: failures.in_a_row > 0, is_gone: failures.is_gone(now()) };
                    calls.extend(self.batches(leases).map(|leases| self.deliver(endpoint, leases, state)));
                }
                Some(ended) = calls.next() => {
                    // What ends at about the same time is settled, and followed, by one command each.
                    tokio::task::yield_now().await;
                    self.note(&mut failures, &ended);
                    let mut settled = ended.settled;
                    while let Some(Some(ended)) = calls.next().now_or_never() {
                        self.note(&mut failures, &ended);
                        settled.extend(ended.settled);
                    }
                    self.settle(settled);
                    if failures.is_resting(now()) {
                        taking = None;
                    }
                }
            }
        }
        drop(taking);
        while let Some(ended) = calls.next().await {
            self.settle(ended.settled);
        }
    }

    fn note(&self, failures: &mut Failures, ended: &Ended) {
        if ended.is_throttled {
            self.outlet.throttled();
        }
        failures.note(ended, self.outlet.link(), now());
        if let Some(rest) = ended.retry_after.filter(|_| ended.is_away) {
            failures.rest(now(), rest.min(self.side.rests_at_most()));
        }
    }

    /// As many items each as one call may have.
    fn batches(&self, leases: Vec<Lease>) -> impl Iterator<Item = Vec<Lease>> + use<S> {
        let batch = self.side.batch();
        let mut leases = leases.into_iter();
        std::iter::from_fn(move || {
            let next: Vec<Lease> = leases.by_ref().take(batch).collect();
            (!next.is_empty()).then_some(next)
        })
    }

    async fn deliver(&self, endpoint: &Endpoint, leases: Vec<Lease>, state: State) -> Ended {
        if state.is_gone {
            return self.settle_uncalled(leases, Answer::gone()).await;
        }
        if leases.iter().all(|lease| self.side.gives_up(lease, state.calls_fail)) {
            let cause = Cause::Other("it is not called for any more".into());
            return self.settle_uncalled(leases, Answer::NotAsked(cause)).await;
        }
        match self.side.call(&leases).await {
            Some(call) => {
                let read = |leases: &[Lease], heard: &Heard| self.side.read(leases, heard);
                self.call(endpoint, call, leases, read, std::future::pending()).await
            }
            None => self.settle_uncalled(leases, Answer::Taken(Ok(None))).await,
        }
    }
}

impl<S: Side> Client<S> {
    /// Does what it is for while the link counts as there.
    pub(super) async fn present(&self, work: impl AsyncFnOnce(Endpoint)) {
        let endpoint = match Endpoint::new(&self.endpoint, self.own.clone(), self.tls.as_ref()) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                return tracing::error!(link = %self.outlet.link(), %error, "the URL cannot be called");
            }
        };
        let _presence = self.presence.enter();
        let sessions = &self.outlet.metrics().sessions;
        sessions.inc();
        work(endpoint).await;
        sessions.dec();
    }

    /// Settles; what fails becomes a dead letter.
    pub(super) fn settle(&self, mut settled: Vec<Settlement>) {
        for settlement in &mut settled {
            if let Outcome::Failed { cause, .. } = &settlement.outcome {
                let until = self.clock.wall().plus(self.shelf.time);
                let cause = Some(cause.clone());
                settlement.outcome = Outcome::Move { to: self.shelf.link.clone(), until, cause };
            }
        }
        self.outlet.settle(settled);
    }

    pub(super) fn take(&self, room: usize, pause: Duration) -> Taking {
        let outlet = self.outlet.clone();
        Box::pin(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            outlet.take(room).await
        })
    }

    /// Makes one call for items, whose answer is what `read` makes of it; it ends unanswered with `cut`, if that comes
    /// first.
    pub(super) async fn call(
        &self,
        endpoint: &Endpoint,
        call: Call,
        leases: Vec<Lease>,
        read: impl FnOnce(&[Lease], &Heard) -> Answer,
        cut: impl Future<Output = ()>,
    ) -> Ended {
        let since = Instant::now();
        let attempts = leases.first().map_or(0, Lease::attempts);
        let now = self.clock.wall();
        let call = endpoint.signed(call, &leases, now);
        let heard = tokio::select! {
            heard = endpoint.call(call, u32::from(attempts) + 1, now) => heard,
            () = cut => Err(Answer::cut_short()),
        };
        let took = since.elapsed();
        self.outlet.metrics().answered_in(took);
        let answer = heard.map_or_else(|answer| answer, |heard| read(&leases, &heard));
        Ended {
            began: Some(since),
            is_away: answer.is_for_now(),
            is_gone: answer.is_gone(),
            is_throttled: answer.is_throttled(),
            retry_after: answer.retry_after(),
            took,
            settled: self.side.settle(leases, answer).await,
        }
    }

    pub(super) async fn settle_uncalled(&self, leases: Vec<Lease>, answer: Answer) -> Ended {
        Ended {
            settled: self.side.settle(leases, answer).await,
            began: None,
            is_away: false,
            is_gone: false,
            is_throttled: false,
            retry_after: None,
            took: Duration::ZERO,
        }
    }
}

/// How it stands with the other side when a call is to be made.
#[derive(Clone, Copy)]
struct State {
    calls_fail: bool,
    is_gone: bool,
}

/// How calls go lately: while they fail, they are made one at a time and more and more slowly, so that
/// what waits for somebody who is away costs nobody else anything.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
    /// When the last of them was counted: calls that were under way then fail with it.
    counted_at: Option<Instant>,
    trouble: Trouble,
    /// The last item was no call: the next may be none, too.
    was_uncalled: bool,
    /// It said that there is nobody any more, and is not called until then.
    gone_until: Option<Instant>,
    /// It wants to be left alone until then.
    resting_until: Option<Instant>,
}

impl Failures {
    /// Calls at a time.
    fn window(&self, configured: usize) -> usize {
        if self.in_a_row == 0 { configured } else { 1 }
    }

    /// The wait before the next call.
    fn pause(&self, now: Instant, chance: &Chance) -> Duration {
        let rest = self.resting_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        self.pause_by_itself(chance).max(rest)
    }

    /// The wait if the other side has not said how long it shall be.
    fn pause_by_itself(&self, chance: &Chance) -> Duration {
        let Some(doublings) =
            self.in_a_row.checked_sub(FAILURES_WITHOUT_PAUSE).filter(|_| !self.was_uncalled)
        else {
            return Duration::ZERO;
        };
        let doubled = PAUSE_FIRST.saturating_mul(1 << doublings.min(16));
        chance.spread(doubled.min(PAUSE_LONGEST), 0.9..1.1)
    }

    // WH-2
    fn rest(&mut self, now: Instant, rest: Duration) {
        self.resting_until = self.resting_until.max(Some(now + rest));
    }

    fn is_resting(&self, now: Instant) -> bool {
        self.resting_until.is_some_and(|until| now < until)
    }

    // WH-2
    fn is_gone(&self, now: Instant) -> bool {
        self.gone_until.is_some_and(|until| now < until)
    }

    /// Counts one call, and says why calls fail, and once that they succeed again.
    fn note(&mut self, ended: &Ended, link: &sms::LinkName, now: Instant) {
        self.was_uncalled = ended.began.is_none();
        if ended.is_gone {
            if !self.is_gone(now) {
                tracing::warn!(%link, "the endpoint says that it is gone: what is for it becomes dead letters");
            }
            self.gone_until = Some(now + GONE_TIME);
        }
        let Some((began, first)) = ended.began.zip(ended.settled.first()) else { return };
        match ended.cause() {
            Some(cause) if self.trouble.is_news(cause, now) => tracing::warn!(%link, %cause, "calls fail"),
            None if self.trouble.is_over() => tracing::info!(%link, "calls succeed again"),
            _ => {}
        }
        // Who refuses a message for good is there.
        let is_away =
            ended.is_away || matches!(first.outcome, Outcome::Retry { .. } | Outcome::Unknown { .. });
        self.count(is_away, began, now);
    }

    fn count(&mut self, is_away: bool, began: Instant, now: Instant) {
        if !is_away {
            (self.in_a_row, self.counted_at) = (0, None);
        } else if self.counted_at.is_none_or(|counted_at| began >= counted_at) {
            (self.in_a_row, self.counted_at) = (self.in_a_row.saturating_add(1), Some(now));
        }
    }
}

/// Why it was not taken over, if so.
fn cause(outcome: &Outcome) -> Option<&Cause> {
    match outcome {
        Outcome::Retry { cause, .. } | Outcome::Failed { cause, .. } | Outcome::Unknown { cause, .. } => {
            Some(cause)
        }
        Outcome::Done { .. }
        | Outcome::Sent { .. }
        | Outcome::Deferred { .. }
        | Outcome::Redirect { .. }
        | Outcome::Move { .. } => None,
    }
}

pub(super) async fn next_leases(taking: &mut Option<Taking>) -> Vec<Lease> {
    match taking {
        Some(taking) => taking.await,
        None => std::future::pending().await,
    }
}

/// So many failures in a row may be those of single messages.
const FAILURES_WITHOUT_PAUSE: u32 = 3;
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// Reached after a minute: who is away for long is not soon back, and many of them must cost little.
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// How long an endpoint is believed that says that it is gone.
const GONE_TIME: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_calls_become_fewer_and_slower() {
        let (mut failures, now) = (Failures::default(), Instant::now());
        let pause = |failures: &Failures| failures.pause(now, &Chance::default());
        assert_eq!((failures.window(32), pause(&failures)), (32, Duration::ZERO));
        failures.in_a_row = 1;
        assert_eq!((failures.window(32), pause(&failures)), (1, Duration::ZERO));
        for (in_a_row, about) in [(FAILURES_WITHOUT_PAUSE + 1, PAUSE_FIRST * 2), (u32::MAX, PAUSE_LONGEST)] {
            failures.in_a_row = in_a_row;
            let pauses = [0; 20].map(|_| pause(&failures));
            assert!(
                pauses.iter().all(|&pause| pause >= about * 9 / 10 && pause < about * 11 / 10),
                "{pauses:?}"
            );
            assert!(pauses.iter().any(|&pause| pause != pauses[0]), "all come back together: {pauses:?}");
        }
    }

    #[test]
    fn calls_that_fail_together_are_one_failure() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for call in 0..32 {
            failures.count(true, at(0), at(1) + Duration::from_millis(call));
        }
        assert_eq!(failures.in_a_row, 1);
        failures.count(true, at(2), at(3));
        assert_eq!(failures.in_a_row, 2, "it was called again");
        failures.count(false, at(4), at(5));
        failures.count(true, at(4), at(6));
        assert_eq!(failures.in_a_row, 1, "somebody was there in between");
    }

    // WH-2
    #[test]
    fn who_wants_to_be_left_alone_is() {
        let (mut failures, now, chance) = (Failures::default(), Instant::now(), Chance::default());
        let minute = Duration::from_secs(60);
        failures.rest(now, minute);
        failures.rest(now, minute / 2);
        assert!(failures.is_resting(now + minute / 2));
        assert_eq!(failures.pause(now + minute / 4, &chance), minute * 3 / 4, "the longest counts");
        assert!(!failures.is_resting(now + minute));
        assert_eq!(failures.pause(now + minute, &chance), Duration::ZERO);
    }
}
