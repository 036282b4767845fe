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
        let mut tally = Tally::default();
        let mut unrouted = Unrouted::default();
        loop {
            let mut verdicts = Vec::new();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                leases = self.outlet.take(BATCH) => self.add(&mut reassembly, leases, &mut verdicts),
                () = self.until(reassembly.next_expiry()) => {
                    reassembly.expire(self.intake.clock().wall(), &mut verdicts);
                }
                () = self.until(unrouted.look_at) => unrouted.give_back(&mut verdicts),
            }
            let settlements = |verdict| self.settlements(verdict, &mut tally, &mut unrouted);
            let settled = verdicts.into_iter().flat_map(settlements).collect();
            self.outlet.settle(settled);
            tally.tell(self.intake.clock().wall());
            self.metrics.waits(reassembly.parts() + unrouted.parts());
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

    fn settlements(
        &self,
        verdict: Verdict<Lease>,
        tally: &mut Tally,
        unrouted: &mut Unrouted,
    ) -> Vec<Settlement> {
        match verdict {
            Verdict::Together { parts, ending } => self.together(parts, ending, tally, unrouted),
            Verdict::Duplicate(lease) => {
                self.metrics.duplicate();
                let cause = Cause::Other("the same part is there already".into());
                let outcome = Outcome::Failed { state: State::Deleted, cause };
                vec![Settlement { lease, outcome, answer: None }]
            }
        }
    }

    fn together(
        &self,
        parts: Vec<Lease>,
        ending: Ending,
        tally: &mut Tally,
        unrouted: &mut Unrouted,
    ) -> Vec<Settlement> {
        let messages: Vec<&Message> = parts.iter().map(|lease| &**lease.message()).collect();
        let whole = self.intake.admit_whole(&messages);
        if matches!(whole, Err(Refusal::NoRoute))
            && let Some(at) = self.intake.wait_for_route(&messages)
        {
            unrouted.hold(parts, ending, at);
            return Vec::new();
        }
        self.metrics.ended(ending);
        tally.ended(ending);
        let outcome = match &whole {
            Ok(whole) => handed_over(&whole.message),
            Err(refusal) => {
                tally.refused += 1;
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

/// What a reload took the route away from that its parts were taken over by; another may bring it back. They stay
/// lent meanwhile, and there are no more than came while there was a route.
#[derive(Default)]
struct Unrouted {
    held: Vec<(Vec<Lease>, Ending)>,
    /// When to ask the routes again.
    look_at: Option<Timestamp>,
}

impl Unrouted {
    fn hold(&mut self, parts: Vec<Lease>, ending: Ending, look_at: Timestamp) {
        self.held.push((parts, ending));
        self.look_at.get_or_insert(look_at);
    }

    fn give_back(&mut self, verdicts: &mut Vec<Verdict<Lease>>) {
        self.look_at = None;
        let held = self.held.drain(..);
        verdicts.extend(held.map(|(parts, ending)| Verdict::Together { parts, ending }));
    }

    fn parts(&self) -> usize {
        self.held.iter().map(|(parts, _)| parts.len()).sum()
    }
}

/// Long messages that did not go on whole since the log was last told of such. A handset makes them at will, so
/// that a line for each would let it fill the log; each one's record has the details.
#[derive(Default)]
struct Tally {
    incomplete: u64,
    crowded_out: u64,
    refused: u64,
    told_at: Option<Timestamp>,
}

impl Tally {
    fn ended(&mut self, ending: Ending) {
        match ending {
            Ending::Complete => {}
            Ending::TimedOut | Ending::Replaced => self.incomplete += 1,
            Ending::Crowded => self.crowded_out += 1,
        }
    }

    /// Tells the log of them, if it was not told of others less than a minute before `now`.
    fn tell(&mut self, now: Timestamp) {
        let Self { incomplete, crowded_out, refused, told_at } = *self;
        let is_recent = told_at.is_some_and(|at| now.since(at) < LOG_PERIOD);
        if is_recent || incomplete + crowded_out + refused == 0 {
            return;
        }
        tracing::warn!(incomplete, crowded_out, refused, "long messages did not go on whole");
        *self = Self { told_at: Some(now), ..Self::default() };
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
/// How often the log is told of long messages that did not go on whole.
const LOG_PERIOD: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_are_crowded_out_are_told_of_in_a_line_a_minute() {
        let mut tally = Tally::default();
        tally.ended(Ending::Crowded);
        tally.tell(Timestamp(0));
        assert_eq!((tally.crowded_out, tally.told_at), (0, Some(Timestamp(0))));
        tally.ended(Ending::Crowded);
        tally.ended(Ending::TimedOut);
        tally.tell(Timestamp(59_999));
        assert_eq!((tally.crowded_out, tally.incomplete, tally.told_at), (1, 1, Some(Timestamp(0))));
        tally.tell(Timestamp(60_000));
        assert_eq!((tally.crowded_out, tally.incomplete, tally.told_at), (0, 0, Some(Timestamp(60_000))));
    }

    #[test]
    fn nothing_is_told_of_messages_that_went_on_whole() {
        let mut tally = Tally::default();
        tally.ended(Ending::Complete);
        tally.tell(Timestamp(0));
        assert_eq!(tally.told_at, None);
    }
}
