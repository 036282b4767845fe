//! The side of an SMSC: what it brings, and what its statuses and receipts mean.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use smpp::{Body, CommandId, CommandStatus, MessageResp, ShortMessage, TlvTag};
use sms::{Direction, ReceiptRequest, Timestamp};
use store::{Cause, Lease, Outcome, RemoteId, RemoteIdForm, RemoteReceipt, StoreError};

use super::alert::Courier;
use super::dialect::Dialect;
use super::late::Attempt;
use super::redelivery::{Redelivery, Trace};
use super::relay::{Answer, Incoming, Judgement, Operation, Side};
use super::seldom::Seldom;
use super::steps::Running;
use super::{data, retry, translate};
use crate::access_log::AccessLog;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::config::{OnUnknown, SharedProfile, Version};
use crate::directory::Origin;
use crate::dispatch::{Outlet, back_off};
use crate::intake::Intake;
use crate::refusal::Refusal;
use crate::report;
use crate::submission::Submission;

/// The side of an SMSC: it is submitted to, and delivers.
pub(super) struct ToSmsc {
    pub(super) profile: SharedProfile,
    pub(super) dialect: Option<Arc<Dialect>>,
    pub(super) redelivery: Arc<Redelivery>,
    pub(super) alerts: Arc<Courier>,
    pub(super) outlet: Arc<Outlet>,
    pub(super) intake: Intake,
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    pub(super) access_log: Option<Arc<AccessLog>>,
    pub(super) unreadable: Arc<Seldom>,
    pub(super) overlong: Arc<Seldom>,
}

impl Side for ToSmsc {
    fn incoming(&self, body: Body) -> Result<Incoming, CommandStatus> {
        let request = body.command_id();
        let mut pdu = match body {
            Body::DeliverSm(pdu) => pdu,
            Body::DataSm(pdu) => data::as_deliver(pdu)?,
            _ => return Err(CommandStatus::INVCMDID),
        };
        if let Some(dialect) = &self.dialect {
            dialect.hear(&mut pdu, Direction::Mo);
        }
        if self.is_receipt(&pdu) {
            let receipt = translate::receipt(&pdu, self.outlet.link(), &self.profile, self.clock.wall());
            return Ok(match receipt {
                Ok(receipt) => {
                    self.note_length(&receipt);
                    Incoming::Receipt(receipt)
                }
                Err(why) => self.unreadable_receipt(why),
            });
        }
        let submission = translate::mobile_originated(&pdu);
        let now = self.clock.wall();
        if let Some(log) = &self.access_log {
            log.brought(&submission, self.outlet.link(), now);
        }
        let Some(trace) = self.redelivery.trace(&pdu) else {
            return Ok(Incoming::Message(Box::new(submission)));
        };
        if self.redelivery.is_unsure(&trace, now) {
            return Ok(Incoming::Prepared(self.recall(request, submission, trace, now)));
        }
        let submission = self.redelivery.traced(submission, &trace, now, || self.chance.message_id(now));
        Ok(Incoming::Message(Box::new(submission)))
    }

    fn taken_over(&self, request: CommandId, id: Option<sms::MessageId>) -> Body {
        if let Some(id) = id {
            self.redelivery.taken_over(id);
        }
        taken(request)
    }

    fn outgoing(&self, lease: &Lease, version: u8) -> Body {
        let mut pdu = translate::submit_sm(lease, version, self.profile.validity, self.clock);
        if let Some(dialect) = &self.dialect {
            dialect.say(&mut pdu, Direction::Mt, version);
        }
        self.alerts.heed(lease.message(), &pdu, version);
        Body::SubmitSm(pdu)
    }

    fn judge(&self, lease: &Lease, status: CommandStatus, body: &Body) -> Judgement {
        self.heed_congestion(body);
        let outcome = if status == CommandStatus::OK {
            self.sent(lease.message().receipt, body)
        } else {
            let now = self.clock.wall();
            retry::outcome(&self.profile, status, lease.attempts(), now, &self.chance)
        };
        let throttled = retry::is_throttled(status) && matches!(outcome, Outcome::Retry { .. });
        if let Some(log) = &self.access_log {
            log.answered(lease, &outcome, self.outlet.link(), self.clock.wall());
        }
        let brought = report::of_answer(lease, &outcome, status.0, self.clock.wall(), &self.chance);
        Judgement { outcome, throttled, brought }
    }

    fn unknown(&self, lease: &Lease, cause: Cause) -> Outcome {
        let wait =
            if cause == Cause::Timeout { back_off(lease.attempts(), &self.chance) } else { Duration::ZERO };
        let retry_at = match self.profile.on_unknown {
            OnUnknown::Retry => Some(self.clock.wall().plus(wait)),
            OnUnknown::Hold => None,
        };
        Outcome::Unknown { retry_at, cause }
    }

    fn late(&self, attempt: &Attempt, status: CommandStatus, body: &Body) -> Option<Outcome> {
        if status == CommandStatus::OK {
            return Some(self.sent(attempt.receipt, body));
        }
        let outcome = retry::outcome(&self.profile, status, attempt.before, self.clock.wall(), &self.chance);
        if retry::is_throttled(status) && matches!(outcome, Outcome::Retry { .. }) {
            self.outlet.throttled();
        }
        Some(outcome)
    }

    fn congestion(&self, unanswered: usize) -> u8 {
        translate::congestion(unanswered, WINDOW_IN, &**self.outlet.store())
    }
}

impl ToSmsc {
    /// Asks the records whether a message came before; then it is taken over, in its turn.
    fn recall(
        &self,
        request: CommandId,
        submission: Submission,
        trace: Trace,
        now: Timestamp,
    ) -> Running<Operation> {
        let (redelivery, intake, chance) =
            (self.redelivery.clone(), self.intake.clone(), self.chance.clone());
        let link = self.outlet.link().clone();
        let take_over = async move |recalled: Result<(), StoreError>| {
            recalled?;
            let submission = redelivery.traced(submission, &trace, now, || chance.message_id(now));
            let entry = intake.admit(&Origin::Trusted(link), submission)?;
            let id = entry.message.id;
            intake.accept(vec![entry]).await?;
            redelivery.taken_over(id);
            Ok(())
        };
        let (redelivery, store) = (self.redelivery.clone(), self.outlet.store().clone());
        let recalled = async move { redelivery.recall(&*store, &trace, now).await };
        Box::pin(recalled.map(move |recalled| answering(request, take_over(recalled))))
    }

    fn sent(&self, receipt: ReceiptRequest, body: &Body) -> Outcome {
        match self.remote_id(body) {
            Some(remote_id) if receipt.asks_smsc() => Outcome::Sent { remote_id },
            // No receipt can name it: its owner, who wants to know, is told that nobody can tell.
            None if receipt.on_success || receipt.on_failure => {
                Outcome::Done { state: sms::State::Unknown, remote_id: None }
            }
            remote_id => Outcome::Done { state: sms::State::HandedOver, remote_id },
        }
    }

    fn remote_id(&self, body: &Body) -> Option<RemoteId> {
        let Body::SubmitSmResp(response) = body else { return None };
        let form = RemoteIdForm::from(self.profile.response_id);
        let id = response.id();
        (!id.is_empty()).then(|| RemoteId::new(id, form))
    }

    fn is_receipt(&self, pdu: &ShortMessage) -> bool {
        translate::is_receipt(pdu) || self.profile.receipts_by_content && translate::reads_as_receipt(pdu)
    }

    /// It is answered OK, or else it would come for ever, and changes nothing.
    fn unreadable_receipt(&self, reason: &'static str) -> Incoming {
        self.outlet.metrics().unreadable_receipts.inc();
        if let Some(receipts) = self.unreadable.count(self.clock.wall()) {
            tracing::warn!(link = %self.outlet.link(), reason, receipts, "a receipt cannot be applied");
        }
        Incoming::Nothing
    }

    /// A receipt whose TLVs are too long counts all the same; that they are lost is said.
    fn note_length(&self, receipt: &RemoteReceipt) {
        if receipt.tlvs.len() > RemoteReceipt::TLVS_OCTETS_MAX
            && let Some(receipts) = self.overlong.count(self.clock.wall())
        {
            tracing::warn!(link = %self.outlet.link(), receipts, "TLVs of a receipt are too long to be passed on");
        }
    }

    /// W-6: SMPP 5.0 says in responses how much more it can take.
    fn heed_congestion(&self, body: &Body) {
        if self.profile.version < Version::V5_0 {
            return;
        }
        if let Body::SubmitSmResp(response) = body
            && let Some(&[level]) = response.tlvs.get(TlvTag::CONGESTION_STATE)
        {
            self.outlet.congested(level);
        }
    }
}

/// Answers when a message was taken over, or was not.
fn answering(
    request: CommandId,
    take_over: impl Future<Output = Result<(), Refusal>> + Send + 'static,
) -> Operation {
    Box::pin(async move {
        match take_over.await {
            Ok(()) => Answer { status: CommandStatus::OK, body: taken(request), messages: 1 },
            Err(refusal) => {
                let status = translate::status(&refusal);
                Answer { status, body: Body::refusal(request), messages: 0 }
            }
        }
    })
}

/// The answer to a message that was taken over.
fn taken(request: CommandId) -> Body {
    match request {
        CommandId::DATA_SM => Body::DataSmResp(MessageResp::default()),
        _ => Body::DeliverSmResp(MessageResp::default()),
    }
}

/// Deliveries of the SMSC that may be unanswered at a time: its window is its own affair.
pub(super) const WINDOW_IN: usize = 1000;
