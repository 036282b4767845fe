//! The message that an ESME names.

use std::time::Duration;

use smpp::CommandStatus;
use sms::{Direction, MessageId};
use store::Record;

use super::Desk;
use crate::account::Account;

/// The messages behind one id: one, or as many as a submit_multi had destinations.
pub(super) struct Named(Vec<Record>);

impl Named {
    /// The records, at least one, in the order of their members.
    pub(super) fn records(&self) -> &[Record] {
        &self.0
    }
}

impl Desk {
    /// The account's own messages with this id and source.
    ///
    /// # Errors
    /// ESME_RINVMSGID for an id that nobody has, for one that is another account's, and for a source that
    /// is not the message's: said alike, and after the same time (O-4, X-14). Another status if the store
    /// cannot tell.
    pub(super) async fn find(&self, digits: &[u8], source: &[u8]) -> Result<Named, CommandStatus> {
        let since = tokio::time::Instant::now();
        let found = match self.short_ids.read(digits, self.response_form()) {
            Some(id) => self.own(id, source).await?,
            None => None,
        };
        let Some(first) = found else {
            tokio::time::sleep_until(since + REFUSAL_DELAY).await;
            return Err(CommandStatus::INVMSGID);
        };
        let mut records = vec![first];
        for number in 1..=u8::MAX {
            let [first, ..] = &records[..] else { break };
            let Some(member) = self.own(first.id.member(number), source).await? else { break };
            records.push(member);
        }
        Ok(Named(records))
    }

    async fn own(&self, id: MessageId, source: &[u8]) -> Result<Option<Record>, CommandStatus> {
        let record = self.store.find(id).await.map_err(|_| CommandStatus::SYSERR)?;
        Ok(record.filter(|record| is_own(record, &self.account, source)))
    }
}

fn is_own(record: &Record, account: &Account, source: &[u8]) -> bool {
    let is_source = *source == record.source.value[..]
        || source.is_empty() && account.only_source().is_some_and(|only| only.is(&record.source.value));
    record.origin == *account.name() && record.direction == Direction::Mt && is_source
}

/// Longer than it takes to find a message of anybody's.
const REFUSAL_DELAY: Duration = Duration::from_millis(50);
