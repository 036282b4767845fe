//! query_sm: what became of a message (O-4).

use smpp::{Body, CString, CommandId, CommandStatus, QuerySm, QuerySmResp, VERSION_5_0};
use sms::{MessageId, State, Timestamp};
use store::Record;

use super::super::relay::{Answer, Operation};
use super::super::translate::{SCHEDULED, state_number};
use super::{Desk, answered, operation, refused};

impl Desk {
    /// Tells the state of a message, as long as its record is kept; of a submit_multi that of all.
    pub(super) fn query(&self, pdu: QuerySm) -> Operation {
        let desk = self.clone();
        operation(async move { desk.state_of(pdu).await })
    }

    async fn state_of(&self, pdu: QuerySm) -> Answer {
        match self.standing(&pdu).await {
            Ok((standing, number)) => {
                answered(Body::QuerySmResp(response(&standing, number, pdu.message_id)))
            }
            Err(status) => refused(status, CommandId::QUERY_SM),
        }
    }

    /// How the messages stand that are meant, and the number of their state as the session knows it.
    async fn standing(&self, pdu: &QuerySm) -> Result<(Standing, u8), CommandStatus> {
        let named = self.find(&pdu.message_id, &pdu.source.value).await?;
        let standing = Standing::of(named.records());
        let is_scheduled = match standing.under_way {
            Some(id) if self.version >= VERSION_5_0 => self.is_scheduled(id).await?,
            _ => false,
        };
        let number = if is_scheduled { SCHEDULED } else { state_number(standing.state) };
        Ok((standing, number))
    }

    /// Whether a message waits for its schedule, of which 5.0 has a state (section 4.7.15).
    async fn is_scheduled(&self, id: MessageId) -> Result<bool, CommandStatus> {
        let waiting = self.store.waiting(self.account.name(), id).await.map_err(|_| CommandStatus::SYSERR)?;
        Ok(waiting.is_some_and(|entry| entry.message.not_before.is_some_and(|at| at > self.now())))
    }
}

fn response(standing: &Standing, message_state: u8, message_id: CString<64>) -> QuerySmResp {
    let Standing { final_at, error, .. } = *standing;
    let final_date = final_at.map(|at| CString::clipped(sms::format_smpp_time(at).as_bytes()));
    QuerySmResp {
        message_id,
        final_date: final_date.unwrap_or_default(),
        message_state,
        error_code: u8::try_from(error).unwrap_or(u8::MAX),
        ..QuerySmResp::default()
    }
}

/// What can be said of several messages at once.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    state: State,
    /// The first that has not come to its end.
    under_way: Option<MessageId>,
    /// `None` unless all have come to their end.
    final_at: Option<Timestamp>,
    error: u32,
}

impl Standing {
    /// Under way while one is; otherwise delivered if all are, or as the first that is not.
    fn of(records: &[Record]) -> Self {
        let is_under_way = |record: &&Record| !record.state.is_final() || record.state == State::HandedOver;
        let is_delivered = |record: &&Record| record.state == State::Delivered;
        let tells = records.iter().find(is_under_way);
        let tells = tells.or_else(|| records.iter().find(|record| !is_delivered(record)));
        let Some(tells) = tells.or(records.first()) else {
            return Self { state: State::Unknown, under_way: None, final_at: None, error: 0 };
        };
        let all_ended = !is_under_way(&tells);
        let last = records.iter().filter_map(|record| record.final_at).max();
        let under_way = (!all_ended).then_some(tells.id);
        Self { state: tells.state, under_way, final_at: last.filter(|_| all_ended), error: tells.error }
    }
}
