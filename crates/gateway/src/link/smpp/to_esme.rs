//! The side of an ESME: what it submits, and what its answers mean.

use std::sync::Arc;
use std::time::Duration;

use smpp::{Body, CommandId, CommandStatus, ShortMessage, VERSION_3_4};
use sms::Direction;
use store::{Cause, Lease, Outcome, RemoteId, RemoteIdForm};

use super::dialect::Dialect;
use super::late::Attempt;
use super::operations::Desk;
use super::relay::{Incoming, Judgement, Side};
use super::{data, retry, translate};
use crate::chance::Chance;
use crate::clock::Clock;
use crate::dispatch::back_off;
use crate::submission::Submission;

/// The side of an ESME: it submits, and is delivered to.
pub(super) struct ToEsme {
    pub(super) desk: Desk,
    pub(super) dialect: Option<Arc<Dialect>>,
    pub(super) clock: Clock,
    pub(super) chance: Chance,
}

impl Side for ToEsme {
    fn incoming(&self, mut body: Body) -> Result<Incoming, CommandStatus> {
        if let Body::DataSm(pdu) = body {
            let mut pdu = data::as_submit(pdu)?;
            self.hear(&mut pdu);
            return self.submit(CommandId::DATA_SM, &pdu);
        }
        match &mut body {
            Body::SubmitSm(pdu) => self.hear(pdu),
            Body::SubmitMulti(multi) => self.hear(&mut multi.message),
            _ => {}
        }
        match body {
            Body::SubmitSm(pdu) if pdu.replace_if_present == 0 => self.submit(CommandId::SUBMIT_SM, &pdu),
            other => self.desk.serve(other),
        }
    }

    fn taken_over(&self, request: CommandId, id: Option<sms::MessageId>) -> Body {
        let response = id.map(|id| self.desk.response(id)).unwrap_or_default();
        match request {
            CommandId::DATA_SM => Body::DataSmResp(response),
            _ => Body::SubmitSmResp(response),
        }
    }

    fn outgoing(&self, lease: &Lease, version: u8) -> Body {
        let mut pdu = translate::deliver_sm(lease, version, self.desk.receipt_form());
        if let Some(dialect) = &self.dialect {
            dialect.say(&mut pdu, Direction::Mo, version);
        }
        Body::DeliverSm(pdu)
    }

    fn judge(&self, lease: &Lease, status: CommandStatus, _body: &Body) -> Judgement {
        let outcome = match status {
            CommandStatus::OK => Outcome::Done { state: sms::State::Delivered, remote_id: None },
            status if translate::is_temporary(status) => {
                let wait = match status {
                    CommandStatus::THROTTLED => retry::rest(lease.attempts(), IN_PLACE_MAX, &self.chance),
                    _ => back_off(lease.attempts(), &self.chance),
                };
                Outcome::Retry { at: self.clock.wall().plus(wait), cause: Cause::Smpp(status.0) }
            }
            CommandStatus::INVMSGLEN if self.desk.version < VERSION_3_4 => return self.too_long(lease),
            status => rejected(status),
        };
        Judgement { outcome, throttled: status == CommandStatus::THROTTLED, brought: None }
    }

    fn unknown(&self, lease: &Lease, cause: Cause) -> Outcome {
        // What an ESME does not confirm, it gets again: a receipt or an MO is better twice than never.
        let wait =
            if cause == Cause::Timeout { back_off(lease.attempts(), &self.chance) } else { Duration::ZERO };
        Outcome::Unknown { retry_at: Some(self.clock.wall().plus(wait)), cause }
    }

    fn late(&self, _attempt: &Attempt, status: CommandStatus, _body: &Body) -> Option<Outcome> {
        match status {
            CommandStatus::OK => Some(Outcome::Done { state: sms::State::Delivered, remote_id: None }),
            // Nothing of these was taken over, and when it is sent again they are judged.
            CommandStatus::INVMSGLEN if self.desk.version < VERSION_3_4 => None,
            status if translate::is_temporary(status) => None,
            status => Some(rejected(status)),
        }
    }

    fn congestion(&self, unanswered: usize) -> u8 {
        self.desk.congestion(unanswered)
    }
}

impl ToEsme {
    fn hear(&self, pdu: &mut ShortMessage) {
        if let Some(dialect) = &self.dialect {
            dialect.hear(pdu, Direction::Mt);
        }
    }

    /// What goes whole where there are TLVs goes in parts where there are none (V-1, N-1).
    fn too_long(&self, lease: &Lease) -> Judgement {
        let instead = self.desk.intake.divide(lease.message(), self.desk.account.name());
        let outcome = match &instead {
            Some(divided) => Outcome::Done {
                state: sms::State::HandedOver,
                remote_id: Some(RemoteId::new(&divided.message.id.digits(), RemoteIdForm::Text)),
            },
            None => rejected(CommandStatus::INVMSGLEN),
        };
        Judgement { outcome, throttled: false, brought: instead }
    }

    /// What a submit_sm brings, or a data_sm that says the same.
    fn submit(&self, request: CommandId, pdu: &ShortMessage) -> Result<Incoming, CommandStatus> {
        let submission = translate::submission(pdu, self.desk.version, self.clock.wall())?;
        let mut submission = Submission { id: self.desk.short_id()?, ..submission };
        let substitutions = self.desk.transliterate(&mut submission, &pdu.tlvs);
        if substitutions.is_empty() {
            return Ok(Incoming::Message(Box::new(submission)));
        }
        self.desk.transliterated(request, submission, &substitutions).map(Incoming::Operation)
    }
}

fn rejected(status: CommandStatus) -> Outcome {
    Outcome::Failed { state: sms::State::Rejected, cause: Cause::Smpp(status.0) }
}

/// How often an item that the ESME throttles is sent again before those behind it.
const IN_PLACE_MAX: u16 = 3;
