//! What query_sm is answered: the state that a message had at some time between question and answer.

use sms::State;
use store::Record;

use super::{Case, Court};
use crate::book::{Demand, Reply, Time};
use crate::machine::SLOWNESS_MAX_MS;

impl Court<'_> {
    pub(super) fn check_query(&self, case: &Case<'_>, demand: &Demand, reply: &Reply) -> Option<String> {
        let (number, has_end) = reply.state.filter(|_| reply.status == 0)?;
        let record = case.record;
        let is_right = match number {
            ENROUTE => !has_end && self.was_under_way(record, demand.asked_at),
            _ => {
                has_end && number == record.state as u8 && record.final_at.is_some_and(|at| at.0 <= reply.at)
            }
        };
        let serial = case.serial;
        (!is_right).then(|| {
            let (state, ended) = (record.state, record.final_at);
            format!("{serial} ended as {state:?} at {ended:?}, and its owner was answered {reply:?}")
        })
    }

    /// Whether a message had no final state that was durable at this time, or none that can be said.
    fn was_under_way(&self, record: &Record, at: Time) -> bool {
        let Some(end) = record.final_at.filter(|_| record.state != State::HandedOver) else { return true };
        let durable_at = end.0 + DURABLE_WITHIN_MS;
        let stood_still =
            |&(since, until): &(Time, Time)| since <= durable_at && at <= until + DURABLE_WITHIN_MS;
        durable_at >= at || self.pages.standstills.iter().any(stood_still)
    }
}

const ENROUTE: u8 = State::Enroute as u8;
/// How long it may take until a final state is durable.
const DURABLE_WITHIN_MS: Time = 2 * SLOWNESS_MAX_MS + 20;
