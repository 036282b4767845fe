//! query_sm: what became of a message (O-4).

use smpp::{Body, CString, CommandId, QuerySm, QuerySmResp};
use sms::{State, Timestamp};
use store::Record;

use super::super::relay::{Answer, Operation};
use super::super::translate::state_number;
use super::named::Named;
use super::{Desk, answered, operation, refused};

impl Desk {
    /// Tells the state of a message, as long as its record is kept; of a submit_multi that of all.
    pub(super) fn query(&self, pdu: QuerySm) -> Operation {
        let desk = self.clone();
        operation(async move { desk.state_of(pdu).await })
    }

    async fn state_of(&self, pdu: QuerySm) -> Answer {
        match self.find(&pdu.message_id, &pdu.source.value).await {
            Ok(named) => answered(Body::QuerySmResp(response(&named, pdu.message_id))),
            Err(status) => refused(status, CommandId::QUERY_SM),
        }
    }
}

fn response(named: &Named, message_id: CString<64>) -> QuerySmResp {
    let Standing { state, final_at, error } = Standing::of(named.records());
    let final_date = final_at.map(|at| CString::clipped(sms::format_smpp_time(at).as_bytes()));
    QuerySmResp {
        message_id,
        final_date: final_date.unwrap_or_default(),
        message_state: state_number(state),
        error_code: u8::try_from(error).unwrap_or(u8::MAX),
        ..QuerySmResp::default()
    }
}

/// What can be said of several messages at once.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    state: State,
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
            return Self { state: State::Unknown, final_at: None, error: 0 };
        };
        let all_ended = !is_under_way(&tells);
        let last = records.iter().filter_map(|record| record.final_at).max();
        Self { state: tells.state, final_at: last.filter(|_| all_ended), error: tells.error }
    }
}
