//! The link inside that puts long messages of handsets together (N-3).
//!
//! Parts are kept in the store as everything is, on their way to here. They are lent to here and stay
//! lent until their message is complete; so whatever ends the process, they are lent again to the next. All
//! parts and the message that they make are settled at once.

use std::sync::Arc;
use std::time::Duration;

use sms::reassembly::{Ending, Limits, Part, Reassembly, Verdict};
use sms::{Message, State, Timestamp};
use store::{Cause, Lease, Outcome, RemoteId, RemoteIdForm, Settlement};
use tokio_util::sync::CancellationToken;

use crate::dispatch::Outlet;
use crate::intake::Intake;
use crate::metrics::ReassemblyMetrics;
use crate::refusal::Refusal;

/// Where parts wait for each other.
pub(crate) struct Reassembler {
    pub(crate) intake: Intake,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) limits: Limits,
    pub(crate) metrics: ReassemblyMetrics,
    pub(crate) stop: CancellationToken,
}

impl Reassembler {
    /// Puts messages together until it is stopped; parts that are still alone are given back then.
    pub(crate) async fn run(self) {
        let mut reassembly = Reassembly::new(self.limits);
        loop {
            let mut verdicts = Vec::new();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                leases = self.outlet.take(BATCH) => self.add(&mut reassembly, leases, &mut verdicts),
                () = self.until(reassembly.next_expiry()) => {
                    reassembly.expire(self.intake.clock().wall(), &mut verdicts);
                }
            }
            let settled = verdicts.into_iter().flat_map(|verdict| self.settlements(verdict)).collect();
            self.outlet.settle(settled);
            self.metrics.waits(reassembly.parts());
        }
    }

    fn add(
        &self,
        reassembly: &mut Reassembly<Lease>,
        leases: Vec<Lease>,
        verdicts: &mut Vec<Verdict<Lease>>,
    ) {
        let now = self.intake.clock().wall();
        for lease in leases {
            let message = lease.message().clone();
            match Part::of(&message, lease) {
                Ok(part) => reassembly.add(now, part, verdicts),
                Err(lease) => {
                    verdicts.push(Verdict::Together { parts: vec![lease], ending: Ending::Complete });
                }
            }
        }
    }

    async fn until(&self, expiry: Option<Timestamp>) {
        match expiry {
            Some(at) => tokio::time::sleep(at.since(self.intake.clock().wall()).max(WAIT_MIN)).await,
            None => std::future::pending().await,
        }
    }

    fn settlements(&self, verdict: Verdict<Lease>) -> Vec<Settlement> {
        match verdict {
            Verdict::Together { parts, ending } => self.together(parts, ending),
            Verdict::Duplicate(lease) => {
                self.metrics.duplicate();
                let cause = Cause::Other("the same part is there already".into());
                let outcome = Outcome::Failed { state: State::Deleted, cause };
                vec![Settlement { lease, outcome, answer: None }]
            }
        }
    }

    fn together(&self, parts: Vec<Lease>, ending: Ending) -> Vec<Settlement> {
        let messages: Vec<&Message> = parts.iter().map(|lease| &**lease.message()).collect();
        let whole = self.intake.admit_whole(&messages);
        self.metrics.ended(ending);
        match ending {
            Ending::Complete => {}
            Ending::TimedOut | Ending::Replaced => {
                tracing::info!(parts = parts.len(), ?ending, "a long message goes on incomplete");
            }
            Ending::Crowded => {
                tracing::warn!(parts = parts.len(), "a long message goes on incomplete: too many parts wait");
            }
        }
        let outcome = match &whole {
            Ok(whole) => handed_over(&whole.message),
            Err(refusal) => {
                tracing::warn!(parts = parts.len(), %refusal, "a long message is refused");
                refused(refusal)
            }
        };
        let settlement = |lease| Settlement { lease, outcome: outcome.clone(), answer: None };
        let mut settlements: Vec<Settlement> = parts.into_iter().map(settlement).collect();
        // On the last: then the parts have made room for it.
        if let (Some(last), Ok(whole)) = (settlements.last_mut(), whole) {
            last.answer = Some(whole);
        }
        settlements
    }
}

/// The record of a part names the message that it went into.
fn handed_over(whole: &Message) -> Outcome {
    let remote_id = RemoteId::new(&whole.id.digits(), RemoteIdForm::Text);
    Outcome::Done { state: State::HandedOver, remote_id: Some(remote_id) }
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Failed { state: State::Rejected, cause: Cause::Other(refusal.to_string().into()) }
}

/// Parts that are taken at a time.
const BATCH: usize = 1000;
const WAIT_MIN: Duration = Duration::from_millis(1);
