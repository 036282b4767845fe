//! Why a message was not delivered, for who is told that it was not.

use sms::{MessageId, State};
use store::{Cause, Event, Item, Lease, Record, Store};

/// Why each of these was not delivered, as its record has it; `None` for what was, for what a receipt says itself, and
/// for messages that are told.
pub(super) async fn reasons(store: &dyn Store, told: Vec<(Item, MessageId)>) -> Vec<Option<Cause>> {
    let mut reasons = Vec::with_capacity(told.len());
    for (item, id) in told {
        reasons.push(reason(store, item, id).await);
    }
    reasons
}

/// What a lease tells, and of which message.
pub(super) fn told(lease: &Lease) -> (Item, MessageId) {
    (lease.item(), lease.message().id)
}

async fn reason(store: &dyn Store, item: Item, id: MessageId) -> Option<Cause> {
    let Item::Notice(notice) = item else { return None };
    if matches!(notice.state, State::Delivered | State::Accepted | State::HandedOver) {
        return None;
    }
    // What is not found is told without.
    let record = store.find(id).await.ok().flatten()?;
    refusal(&record).cloned()
}

/// Why nobody took a message over who would have said what became of it; `None` if somebody did.
pub(super) fn refusal(record: &Record) -> Option<&Cause> {
    if record.history.iter().any(|step| matches!(step.event, Event::Receipt { .. })) {
        return None;
    }
    record.history.iter().rev().find_map(|step| match &step.event {
        Event::Failed { cause } => Some(cause),
        _ => None,
    })
}
