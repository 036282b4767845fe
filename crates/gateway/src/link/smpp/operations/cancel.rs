//! cancel_sm: messages that wait are taken back (O-5).

use smpp::{Body, CancelSm, CommandId, CommandStatus};
use store::{Likeness, Which};

use super::super::relay::{Answer, Operation};
use super::super::{translate, values};
use super::{Desk, answered, operation, refused};

impl Desk {
    /// Cancels what is named by an id, of a submit_multi all or the one destination that is named too; or
    /// else all that wait with the same source, destination and service type.
    pub(super) fn cancel(&self, pdu: CancelSm) -> Result<Operation, CommandStatus> {
        values::check_service_type(&pdu.service_type)?;
        if pdu.message_id.is_empty() && pdu.destination.value.is_empty() {
            return Err(CommandStatus::INVDSTADR);
        }
        let desk = self.clone();
        Ok(operation(async move { desk.cancelled(&pdu).await }))
    }

    async fn cancelled(&self, pdu: &CancelSm) -> Answer {
        let cancelled = if pdu.message_id.is_empty() {
            self.cancel_like(pdu).await
        } else {
            self.cancel_named(pdu).await
        };
        match cancelled {
            Ok(0) => refused(CommandStatus::CANCELFAIL, CommandId::CANCEL_SM),
            Ok(_) => answered(Body::CancelSmResp),
            Err(status) => refused(status, CommandId::CANCEL_SM),
        }
    }

    async fn cancel_named(&self, pdu: &CancelSm) -> Result<usize, CommandStatus> {
        let named = self.find(&pdu.message_id, &pdu.source.value).await?;
        let destination = &pdu.destination.value[..];
        let mut cancelled = 0;
        for record in named.records() {
            if destination.is_empty() || *destination == record.destination.value[..] {
                let segments = self.cancel_which(Which::Message(record.id)).await?;
                if segments > 0 {
                    self.intake.reply_cancelled(record);
                }
                cancelled += segments;
            }
        }
        Ok(cancelled)
    }

    async fn cancel_like(&self, pdu: &CancelSm) -> Result<usize, CommandStatus> {
        let mut source = translate::address(&pdu.source);
        self.account.authorise_source(&mut source).map_err(|refusal| translate::status(&refusal))?;
        let like = Likeness {
            owner: self.account.name().clone(),
            source,
            destination: translate::address(&pdu.destination),
            service_type: pdu.service_type.to_vec(),
        };
        self.cancel_which(Which::Like(like)).await
    }

    async fn cancel_which(&self, which: Which) -> Result<usize, CommandStatus> {
        let cancelled = self.store.cancel(self.account.name(), which).await;
        cancelled.map_err(|error| translate::status(&error.into()))
    }
}
