//! Content providers that we call.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use sms::State;
use store::{Entry, Item, Lease, Outcome, Settlement};
use tokio_util::sync::CancellationToken;

use super::call::{Answer, Endpoint};
use super::translate;
use crate::config::ApplicationConfig;
use crate::directory::{Origin, Presence};
use crate::dispatch::Outlet;
use crate::intake::Intake;

/// A content provider: each message that goes to it is a call, and the answer may be a reply.
pub(crate) struct Application {
    pub(crate) config: Arc<ApplicationConfig>,
    pub(crate) intake: Intake,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) stop: CancellationToken,
}

impl Application {
    /// Calls for every message until it is stopped; returns when the calls under way have ended.
    pub(crate) async fn run(self) {
        let endpoint = match Endpoint::new(&self.config) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                return tracing::error!(link = %self.outlet.link(), %error, "the application cannot be called");
            }
        };
        let _presence = self.presence.enter();
        let sessions = &self.outlet.metrics().sessions;
        sessions.inc();
        self.call_on(&endpoint).await;
        sessions.dec();
    }

    async fn call_on(&self, endpoint: &Endpoint) {
        let window = usize::from(self.config.window.get());
        let mut calls = FuturesUnordered::new();
        let mut taking: Option<Pin<Box<dyn Future<Output = Vec<Lease>> + Send>>> = None;
        let mut is_failing = false;
        while !self.stop.is_cancelled() {
            let room = window.saturating_sub(calls.len());
            if taking.is_none() && room > 0 {
                let outlet = self.outlet.clone();
                taking = Some(Box::pin(async move { outlet.take(room).await }));
            }
            tokio::select! {
                leases = next_leases(&mut taking) => {
                    taking = None;
                    calls.extend(leases.into_iter().map(|lease| self.deliver(endpoint, lease)));
                }
                Some(ended) = calls.next() => {
                    let mut batch = vec![ended];
                    while let Some(Some(ended)) = calls.next().now_or_never() {
                        batch.push(ended);
                    }
                    self.note(&batch, &mut is_failing);
                    self.outlet.settle(batch);
                }
                () = self.stop.cancelled() => {}
            }
        }
        drop(taking);
        while let Some(ended) = calls.next().await {
            self.outlet.settle(vec![ended]);
        }
    }

    async fn deliver(&self, endpoint: &Endpoint, lease: Lease) -> Settlement {
        let Item::Segment(index) = lease.item() else {
            // Nothing that a content provider submits asks for receipts.
            let outcome = Outcome::Done { state: State::Delivered, remote_id: None };
            return Settlement { lease, outcome, answer: None };
        };
        let since = Instant::now();
        let clock = self.intake.clock();
        let form = translate::form(lease.message(), index);
        let answer = endpoint.call(form, u32::from(lease.attempts()) + 1, clock.wall()).await;
        self.outlet.metrics().answered_in(since.elapsed());
        if answer.is_throttled() {
            self.outlet.throttled();
        }
        let outcome = answer.outcome(lease.attempts(), clock.wall(), self.intake.chance());
        let reply = self.reply(&lease, answer);
        Settlement { lease, outcome, answer: reply }
    }

    /// The message that the content provider answers with, if it does and may.
    fn reply(&self, lease: &Lease, answer: Answer) -> Option<Entry> {
        let Answer::Taken(reply) = answer else { return None };
        let message = lease.message();
        let text = match reply {
            Ok(reply) => reply?,
            Err(error) => {
                tracing::warn!(link = %self.outlet.link(), id = %message.id, %error, "the answer is no reply");
                return None;
            }
        };
        let origin = Origin::Trusted(self.outlet.link().clone());
        match self.intake.admit(&origin, translate::reply_submission(message, text)) {
            Ok(entry) => {
                self.outlet.metrics().received.inc();
                Some(entry)
            }
            Err(refusal) => {
                self.outlet.metrics().refused.inc();
                tracing::warn!(link = %self.outlet.link(), id = %message.id, %refusal, "the reply is refused");
                None
            }
        }
    }

    /// Says once that calls begin to fail, and once that they succeed again.
    fn note(&self, batch: &[Settlement], is_failing: &mut bool) {
        for settlement in batch {
            let cause = match &settlement.outcome {
                Outcome::Retry { cause, .. }
                | Outcome::Failed { cause, .. }
                | Outcome::Unknown { cause, .. } => Some(cause),
                Outcome::Done { .. } | Outcome::Sent { .. } | Outcome::Redirect { .. } => None,
            };
            match cause {
                Some(cause) if !*is_failing => {
                    tracing::warn!(link = %self.outlet.link(), %cause, "calls of the application fail");
                }
                None if *is_failing => {
                    tracing::info!(link = %self.outlet.link(), "the application answers again")
                }
                _ => {}
            }
            *is_failing = cause.is_some();
        }
    }
}

async fn next_leases(taking: &mut Option<Pin<Box<dyn Future<Output = Vec<Lease>> + Send>>>) -> Vec<Lease> {
    match taking {
        Some(taking) => taking.await,
        None => std::future::pending().await,
    }
}
