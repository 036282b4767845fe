//! Replies to messages of handsets: who may give them, and how many.

use sms::{Direction, LinkName, Message, MessageId};
use store::Record;

use super::Intake;
use crate::account::Account;
use crate::config::shelved_of;
use crate::refusal::{NoReply, Refusal};
use crate::reply::{Answered, Claim, Manner, bare};
use crate::submission::Submission;

impl Intake {
    /// Makes a submission of an account the reply to the message that it quotes, if it may be that (CMN-5): from the
    /// short code that it was sent to, to the handset, by the SMSC that brought it.
    pub(crate) async fn as_reply(
        &self,
        account: &Account,
        quoted: MessageId,
        submission: &mut Submission,
    ) -> Result<Claim, Refusal> {
        let record = self.store.find(quoted).await?.filter(|record| record.direction == Direction::Mo);
        let record = record.ok_or(NoReply::Unknown)?;
        let directory = self.directory.load();
        let rules = directory.reply_rules(&record.target, account.name()).ok_or(NoReply::Foreign)?;
        if bare(&submission.destination) != bare(&record.source) {
            return Err(NoReply::OtherHandset.into());
        }
        let names_no_source = submission.source.value.is_empty();
        if !names_no_source && bare(&submission.source) != bare(&record.destination) {
            return Err(NoReply::OtherShortCode.into());
        }
        let now = self.clock.wall();
        let sent_at = submission.not_before.map_or(now, |at| at.max(now));
        if sent_at >= record.accepted_at.plus(rules.window) {
            return Err(NoReply::TooLate.into());
        }
        let answered = Answered {
            id: record.id,
            handset: &record.source,
            by: account.name(),
            told: shelved_of(&record.target),
            accepted_at: record.accepted_at,
            manner: Manner::Later,
        };
        let claim = self.replies.claim(answered, rules.replies_max, now).await?;
        submission.source = record.destination;
        submission.destination = record.source;
        submission.in_reply_to = Some(record.id);
        submission.back_to = Some(record.origin);
        Ok(claim)
    }

    /// A message was cancelled: if it was a reply, its place is free for another.
    pub(crate) fn reply_cancelled(&self, record: &Record) {
        if let Some(question) = record.in_reply_to {
            let is_at_once = self.directory.load().applications.contains_key(&record.origin);
            let manner = if is_at_once { Manner::AtOnce } else { Manner::Later };
            self.replies.give_up(question, manner);
        }
    }

    /// Takes the place of one reply to a message, for what its provider answered at once.
    pub(crate) async fn claim_reply(
        &self,
        provider: &LinkName,
        message: &Message,
        most: u32,
    ) -> Result<Claim, Refusal> {
        let id = message.shown_id();
        // Of what came again the first may have had its reply already, and its id says since when.
        let (handset, by) = (&message.source, &message.origin);
        let (told, manner) = (provider.as_str(), Manner::AtOnce);
        let answered = Answered { id, handset, by, told, accepted_at: id.accepted_at(), manner };
        self.replies.claim(answered, most, self.clock.wall()).await
    }
}
