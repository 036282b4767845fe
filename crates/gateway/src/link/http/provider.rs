//! Content providers: each message that goes to one is a call, and the answer may be a reply.

use std::sync::Arc;

use store::{Entry, Item, Lease, Settlement};

use super::call::{Answer, Call};
use super::client::Side;
use super::translate;
use crate::directory::Origin;
use crate::dispatch::Outlet;
use crate::intake::Intake;

/// The side of a content provider.
pub(crate) struct Provider {
    pub(crate) intake: Intake,
    pub(crate) outlet: Arc<Outlet>,
}

impl Side for Provider {
    fn batch(&self) -> usize {
        1
    }

    fn call(&self, leases: &[Lease]) -> Option<Call> {
        let lease = leases.first()?;
        // A message is told whole with its first segment; nothing that a content provider submits asks for
        // receipts.
        let Item::Segment(0) = lease.item() else { return None };
        Some(Call::Form(translate::form(lease.message())))
    }

    fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        let now = self.intake.clock().wall();
        let mut outcomes: Vec<Settlement> = leases
            .into_iter()
            .map(|lease| {
                let outcome = answer.outcome(lease.attempts(), now, self.intake.chance());
                Settlement { lease, outcome, answer: None }
            })
            .collect();
        if let Some(first) = outcomes.first_mut() {
            first.answer = self.reply(&first.lease, answer);
        }
        outcomes
    }
}

impl Provider {
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
}
