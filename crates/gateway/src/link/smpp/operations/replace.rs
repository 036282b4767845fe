//! replace_sm, and submit_sm with replace_if_present: a message that waits becomes another (O-6, B-4).

use std::sync::Arc;

use smpp::{Body, CommandId, CommandStatus, ReplaceSm, ShortMessage};
use sms::{Message, Timestamp};
use store::Entry;

use super::super::relay::{Answer, Operation};
use super::super::translate;
use super::super::values::{self, Times};
use super::{Desk, answered, operation, refused};
use crate::submission::Submission;

impl Desk {
    /// Gives a message that nobody was lent yet another text, and other times and receipts if it says so.
    pub(super) fn replace(&self, pdu: ReplaceSm) -> Result<Operation, CommandStatus> {
        values::check_replacement(&pdu, self.version)?;
        let now = self.now();
        // What is wrong whatever the message is said first.
        values::new_times(&pdu, None, now)?;
        let desk = self.clone();
        Ok(operation(async move {
            match desk.replaced(&pdu, now).await {
                Ok(true) => answered(Body::ReplaceSmResp),
                Ok(false) => refused(CommandStatus::REPLACEFAIL, CommandId::REPLACE_SM),
                Err(status) => refused(status, CommandId::REPLACE_SM),
            }
        }))
    }

    /// Takes a message over in the place of those that wait and are like it.
    pub(super) fn replace_if_present(&self, pdu: &ShortMessage) -> Result<Operation, CommandStatus> {
        let mut submission = translate::submission(pdu, self.version, self.now())?;
        submission.id = self.short_id()?;
        let substitutions = self.transliterate(&mut submission, &pdu.tlvs);
        let entry = self.admit(submission).map_err(|refusal| translate::status(&refusal))?;
        let response = self.response_saying(entry.message.id, &substitutions);
        let desk = self.clone();
        Ok(operation(async move {
            match desk.store.supersede(entry).await {
                Ok(()) => {
                    let body = Body::SubmitSmResp(response);
                    Answer { status: CommandStatus::OK, body, messages: 1 }
                }
                Err(error) => refused(translate::status(&error.into()), CommandId::SUBMIT_SM),
            }
        }))
    }

    async fn replaced(&self, pdu: &ReplaceSm, now: Timestamp) -> Result<bool, CommandStatus> {
        let named = self.find(&pdu.message_id, &pdu.source.value).await?;
        // One text for several would have to reach all of them or none.
        let [record] = named.records() else { return Ok(false) };
        let status = |error: store::StoreError| translate::status(&error.into());
        let waiting = self.store.waiting(self.account.name(), record.id).await.map_err(status)?;
        let Some(entry) = waiting else { return Ok(false) };
        let message = self.rewritten(&entry, pdu, now)?;
        self.store.replace(Entry { message: Arc::new(message), ..entry }).await.map_err(status)
    }

    /// The message as it shall be. What is not said stays; an end that nobody said goes with its beginning.
    fn rewritten(&self, entry: &Entry, pdu: &ReplaceSm, now: Timestamp) -> Result<Message, CommandStatus> {
        let before = &*entry.message;
        let Times { not_before, expires_at } = values::new_times(pdu, before.not_before, now)?;
        let default = |start: Timestamp| start.plus(self.intake.validity());
        let start_before = before.not_before.unwrap_or(before.accepted_at);
        let is_by_default = before.expires_at == Some(default(start_before));
        let expires_at = match expires_at {
            None if is_by_default && !pdu.schedule_delivery_time.is_empty() => {
                Some(default(not_before.unwrap_or(now)))
            }
            said => said.or(before.expires_at),
        };
        if expires_at.is_some_and(|end| end <= not_before.unwrap_or(now)) {
            return Err(CommandStatus::INVEXPIRY);
        }
        let body = pdu.tlvs.message_payload().unwrap_or_else(|| pdu.short_message.clone());
        let mut submission = Submission::rewritten(before, body);
        // replace_sm_resp has no room to say what became of what: the record of the message says it.
        self.transliterate(&mut submission, &pdu.tlvs);
        let rewritten = self.intake.reword(entry, submission);
        let rewritten = rewritten.map_err(|refusal| translate::status(&refusal))?;
        let receipt = translate::receipt_request(pdu.registered_delivery);
        Ok(Message { not_before, expires_at, receipt, ..rewritten })
    }
}
