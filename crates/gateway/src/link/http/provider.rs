//! Content providers: each message that goes to one is a call, and the answer may be a reply.

use std::sync::Arc;
use std::time::Duration;

use sms::{Message, Timestamp};
use store::{Entry, Item, Lease, Outcome, Settlement};

use super::call::{Answer, Call, Heard};
use super::client::{Side, Teller};
use super::translate;
use crate::account::Account;
use crate::attributes::{Attributes, Callback};
use crate::callback_url::callable;
use crate::config::{Patience, ProviderRules};
use crate::directory::Origin;
use crate::dispatch::Outlet;
use crate::intake::Intake;
use crate::refusal::{NoReply, Refusal};
use crate::reply::{Claim, Reply};
use crate::submission::Submission;

/// The side of a content provider.
pub(crate) struct Provider {
    pub(crate) intake: Intake,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) rules: Arc<ProviderRules>,
}

impl Side for Provider {
    fn batch(&self) -> usize {
        1
    }

    fn gives_up(&self, lease: &Lease, calls_fail: bool) -> bool {
        let patience = &self.rules.patience;
        // What was never called for gets its call, unless that would be one of many in vain.
        (lease.attempts() > 0 || calls_fail)
            && patience.ends_at(lease.message()).is_some_and(|end| self.now() >= end)
    }

    fn rests_at_most(&self) -> Duration {
        // What comes meanwhile shall be given up in time.
        self.rules.patience.give_up_after.unwrap_or(Duration::MAX)
    }

    async fn settle(&self, leases: Vec<Lease>, answer: Answer) -> Vec<Settlement> {
        let mut settlements = Vec::with_capacity(leases.len());
        let mut answer = Some(answer);
        for lease in leases {
            // A message is told whole, by its first segment.
            let answer = answer.take().unwrap_or(Answer::Taken(Ok(None)));
            settlements.push(self.settlement(lease, answer).await);
        }
        settlements
    }
}

impl Teller for Provider {
    async fn call(&self, leases: &[Lease]) -> Option<Call> {
        let lease = leases.first()?;
        // A message is told whole with its first segment; nothing that a content provider submits asks for
        // receipts.
        let Item::Segment(0) = lease.item() else { return None };
        Some(translate::call(&self.rules.request, lease.message(), u32::from(lease.attempts()) + 1))
    }

    fn read(&self, _leases: &[Lease], heard: &Heard) -> Answer {
        translate::read(&self.rules.answer, heard)
    }
}

/// Why a handset is not told what it should be.
struct NotSaid(String);

impl Provider {
    async fn settlement(&self, lease: Lease, answer: Answer) -> Settlement {
        let now = self.now();
        let outcome = answer.outcome(lease.attempts(), now, self.intake.chance());
        let outcome = self.rules.patience.limit(outcome, &lease, now);
        let told = match answer {
            Answer::Taken(reply) => self.reply(lease.message(), reply).await,
            _ => Ok(None),
        };
        let (outcome, reply) = match told {
            Ok(reply) => (outcome, reply),
            Err(NotSaid(why)) => (failed(store::Cause::Other(why.into())), None),
        };
        let answer = match &outcome {
            Outcome::Failed { cause, .. } => {
                self.outlet.metrics().given_up.inc();
                let id = lease.message().id;
                tracing::warn!(link = %self.outlet.link(), %id, %cause, "the content provider is given up");
                self.fallback(lease.message())
            }
            _ => reply,
        };
        Settlement { lease, outcome, answer }
    }

    /// The message that the content provider answers with, if it does and may.
    async fn reply(
        &self,
        message: &Message,
        reply: Result<Option<Reply>, translate::UnreadableReply>,
    ) -> Result<Option<Entry>, NotSaid> {
        let reply = reply.map_err(|error| NotSaid(format!("the answer is no reply: {error}")))?;
        let Some(reply) = reply else { return Ok(None) };
        match self.claimed(message, reply).await {
            Ok((entry, claim)) => {
                self.outlet.metrics().received.inc();
                claim.keep();
                Ok(Some(entry))
            }
            Err(refusal @ Refusal::BadLength) => {
                self.outlet.metrics().refused.inc();
                Err(NotSaid(format!("the reply cannot be sent: {refusal}")))
            }
            Err(refusal) => Ok(self.refuse(message, &refusal)),
        }
    }

    async fn claimed(&self, message: &Message, reply: Reply) -> Result<(Entry, Claim), Refusal> {
        let claim =
            self.intake.claim_reply(self.outlet.link(), message, self.rules.replies.replies_max).await?;
        Ok((self.admit(message, reply)?, claim))
    }

    /// What the handset is told in place of a reply: it is not the provider's and does not count as one.
    fn fallback(&self, message: &Message) -> Option<Entry> {
        let text = self.rules.patience.fallback_text.clone()?;
        // What came again is told once.
        if message.member > 0 {
            return None;
        }
        self.admit_fallback(message, text).map_err(|refusal| self.refuse(message, &refusal)).ok()
    }

    fn admit_fallback(&self, message: &Message, text: String) -> Result<Entry, Refusal> {
        let link = self.outlet.link();
        let attributes = Attributes { is_fallback: true, ..Attributes::default() };
        let submission =
            Submission { attached: attributes.attached(link), ..Reply::from(text).to(message, self.now()) };
        self.intake.admit(&Origin::Trusted(link.clone()), submission)
    }

    /// What goes to another handset is no reply: it needs the account of the provider, and is that account's.
    fn admit(&self, message: &Message, mut reply: Reply) -> Result<Entry, Refusal> {
        let account = self.intake.account_of(self.outlet.link());
        let reports = reply.reports.take();
        let (origin, mut submission) = if reply.goes_elsewhere(message) {
            let account = account.clone().ok_or(NoReply::OtherHandset)?;
            (Origin::Account(account), reply.elsewhere(message, self.now()))
        } else {
            (Origin::Trusted(self.outlet.link().clone()), reply.to(message, self.now()))
        };
        if let Some(callback) = reports {
            self.report(*callback, account.as_deref(), &mut submission);
        }
        self.intake.admit(&origin, submission)
    }

    /// Has the URL told what becomes of a reply, as messages of the provider's account may have it.
    fn report(&self, callback: Callback, account: Option<&Account>, submission: &mut Submission) {
        let is_called =
            |account: &&Account| callable(&callback.url).is_some_and(|url| account.may_call(&url));
        let Some(account) = account.filter(is_called) else {
            tracing::warn!(
                link = %self.outlet.link(),
                "no reports of a reply: the application has no account whose messages may name this URL"
            );
            return;
        };
        submission.receipt = callback.events.needed().receipts();
        let attributes = Attributes { callback: Some(callback), ..Attributes::default() };
        submission.attached = attributes.attached(account.name());
    }

    fn refuse(&self, message: &Message, refusal: &Refusal) -> Option<Entry> {
        self.outlet.metrics().refused.inc();
        tracing::warn!(link = %self.outlet.link(), id = %message.id, %refusal, "the reply is refused");
        None
    }

    fn now(&self) -> Timestamp {
        self.intake.clock().wall()
    }
}

impl Patience {
    /// From when on a message is not called for, if there is such a time.
    fn ends_at(&self, message: &Message) -> Option<Timestamp> {
        self.give_up_after.map(|after| message.accepted_at.plus(after))
    }

    /// An attempt that is not to be followed by another has failed for good, and the next comes in time to say so.
    fn limit(&self, outcome: Outcome, lease: &Lease, now: Timestamp) -> Outcome {
        let end = self.ends_at(lease.message());
        let was_last = self.attempts_max.is_some_and(|most| lease.attempts() + 1 >= most);
        let is_over = was_last || end.is_some_and(|end| now >= end);
        let in_time = |at: Timestamp| end.map_or(at, |end| at.min(end.plus(Duration::from_millis(1))));
        match outcome {
            Outcome::Retry { cause, .. } if is_over => failed(cause),
            Outcome::Unknown { cause, .. } if is_over => failed(cause),
            Outcome::Retry { at, cause } => Outcome::Retry { at: in_time(at), cause },
            Outcome::Unknown { retry_at, cause } => {
                Outcome::Unknown { retry_at: retry_at.map(in_time), cause }
            }
            other => other,
        }
    }
}

fn failed(cause: store::Cause) -> Outcome {
    Outcome::Failed { state: sms::State::Undeliverable, cause }
}
