//! The links inside that answer handsets with a fixed text: to keywords that nobody has, for help, for a service that
//! is over (CMN-1).

mod limit;

use std::sync::Arc;

use sms::{Address, State};
use store::{Entry, Lease, Outcome, Settlement};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::directory::Origin;
use crate::dispatch::Outlet;
use crate::intake::Intake;
use crate::reply::Reply;
pub(crate) use limit::HandsetLimit;

/// One such link.
pub(crate) struct Answerer {
    pub(crate) intake: Intake,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) text: String,
    /// From where, if not from the number that was written to.
    pub(crate) sender: Option<Address>,
    pub(crate) limit: HandsetLimit,
    pub(crate) stop: CancellationToken,
}

impl Answerer {
    /// Answers until it is stopped.
    pub(crate) async fn run(mut self) {
        loop {
            let leases = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                leases = self.outlet.take(BATCH) => leases,
            };
            let settled = leases.into_iter().map(|lease| self.settlement(lease)).collect();
            self.outlet.settle(settled);
        }
    }

    /// It has reached its destination, whether it is answered or not.
    fn settlement(&mut self, lease: Lease) -> Settlement {
        let message = lease.message();
        // Once for a message of several segments.
        let is_first = lease.item() == store::Item::Segment(0);
        let may = is_first && self.limit.allows(&message.source, clock::now());
        let answer = if may { self.answer(&lease) } else { None };
        Settlement { lease, outcome: Outcome::Done { state: State::Delivered, remote_id: None }, answer }
    }

    /// Without a service type and TLVs, so that nobody is charged for it.
    fn answer(&self, lease: &Lease) -> Option<Entry> {
        let origin = Origin::Trusted(self.outlet.link().clone());
        let reply = Reply { source: self.sender.clone(), ..self.text.clone().into() };
        match self.intake.admit(&origin, reply.to(lease.message(), self.intake.clock().wall())) {
            Ok(entry) => {
                self.outlet.metrics().received.inc();
                Some(entry)
            }
            Err(refusal) => {
                self.outlet.metrics().refused.inc();
                tracing::warn!(link = %self.outlet.link(), %refusal, "the answer is refused");
                None
            }
        }
    }
}

const BATCH: usize = 100;
