//! What an ESME asks for beside submit_sm: one file per operation.
//!
//! Each is checked at once, in the order that requests came, and then waits for the store by itself, within
//! the window of the session. A plain submit_sm or data_sm does not pass here.

mod cancel;
mod multi;
mod named;
mod query;
mod replace;
mod transliterated;

use std::future::Future;
use std::sync::Arc;

use smpp::{Body, CString, CommandStatus, MessageResp, VERSION_3_4};
use sms::{MessageId, Timestamp};
use store::{Entry, Store};

use super::relay::{Answer, Incoming, Operation};
use super::short_id::{self, AccountIds};
use super::translate;
use crate::account::Account;
use crate::config::{IdForm, MessageIds};
use crate::directory::Origin;
use crate::intake::Intake;
use crate::refusal::Refusal;
use crate::submission::Submission;

/// What the operations of one session work with. Cheap to clone.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) account: Arc<Account>,
    pub(super) intake: Intake,
    pub(super) store: Arc<dyn Store>,
    pub(super) short_ids: AccountIds,
    /// What the session speaks.
    pub(super) version: u8,
}

impl Desk {
    /// The id of a message that is handed over by this session, if it is not an ordinary one.
    ///
    /// # Errors
    /// ESME_RTHROTTLED if there are no more for now.
    pub(super) fn short_id(&self) -> Result<Option<(MessageId, u8)>, CommandStatus> {
        if !self.gives_short_ids() {
            return Ok(None);
        }
        let id = self.short_ids.draw().ok_or(CommandStatus::THROTTLED)?;
        Ok(Some((id, 0)))
    }

    fn gives_short_ids(&self) -> bool {
        self.version < VERSION_3_4 || self.account.config().message_ids == MessageIds::Short
    }

    /// How short ids are written in responses of this session. SMPP 3.3 has one form.
    fn response_form(&self) -> IdForm {
        if self.version < VERSION_3_4 { IdForm::Hex } else { self.account.config().short_id_forms().0 }
    }

    /// How short ids are written in receipts on this session.
    pub(super) fn receipt_form(&self) -> IdForm {
        if self.version < VERSION_3_4 { IdForm::Hex } else { self.account.config().short_id_forms().1 }
    }

    /// Begins an operation, or refuses it at once.
    pub(super) fn serve(&self, body: Body) -> Result<Incoming, CommandStatus> {
        match body {
            Body::SubmitSm(pdu) => self.replace_if_present(&pdu).map(Incoming::Look),
            Body::SubmitMulti(pdu) => self.multi(pdu).map(Incoming::Operation),
            Body::QuerySm(pdu) => Ok(Incoming::Operation(self.query(pdu))),
            Body::CancelSm(pdu) => {
                // An id is known only once its message has been taken over.
                let names_one = !pdu.message_id.is_empty();
                self.cancel(pdu).map(if names_one { Incoming::Operation } else { Incoming::Look })
            }
            Body::ReplaceSm(pdu) => self.replace(pdu).map(Incoming::Operation),
            // O-7: refused, and before 5.0 not known.
            Body::BroadcastSm(_) | Body::QueryBroadcastSm(_) | Body::CancelBroadcastSm(_) => {
                Err(CommandStatus::PROHIBITED)
            }
            _ => Err(CommandStatus::INVCMDID),
        }
    }

    /// The response that tells the owner the id of a message, as its receipts will.
    pub(super) fn response(&self, id: MessageId) -> MessageResp {
        let digits = if self.gives_short_ids() {
            short_id::digits_of_id(id, self.account.name(), self.response_form())
        } else {
            id.digits().into()
        };
        MessageResp::new(CString::clipped(&digits))
    }

    /// How congested we are while so many requests of the session are unanswered (W-6).
    pub(super) fn congestion(&self, unanswered: usize) -> u8 {
        let window = usize::from(self.account.config().window.get());
        translate::congestion(unanswered, window, &*self.store)
    }

    /// An id that several messages can share.
    fn new_id(&self) -> Result<MessageId, CommandStatus> {
        let ordinary = || self.intake.chance().message_id(self.now());
        Ok(self.short_id()?.map_or_else(ordinary, |(id, _)| id))
    }

    fn now(&self) -> Timestamp {
        self.intake.clock().wall()
    }

    fn admit(&self, submission: Submission) -> Result<Entry, Refusal> {
        self.intake.admit(&Origin::Account(self.account.clone()), submission)
    }
}

/// An operation that ends in `answer`.
fn operation(answer: impl Future<Output = Answer> + Send + 'static) -> Operation {
    Box::pin(answer)
}

/// The end of an operation that handed no message over.
fn answered(body: Body) -> Answer {
    Answer { status: CommandStatus::OK, body, messages: 0 }
}

/// The end of one that was refused.
fn refused(status: CommandStatus, request: smpp::CommandId) -> Answer {
    Answer { status, body: Body::refusal(request), messages: 0 }
}
