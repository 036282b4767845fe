//! What the store lends to a link.

use std::sync::Arc;

use bytes::Bytes;
use sms::{Message, State, Timestamp};

/// The name of one segment inside the store, valid while its message is under way.
///
/// A name that is no longer valid is recognised and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// What is to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The segment with this index in [`Message::parts`].
    Segment(u16),
    /// The receipt that the owner of the message is owed.
    Notice(Notice),
}

/// What the owner of a message is told when it has its final state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The final state.
    pub state: State,
    /// The network's error code, 0 for none.
    pub error: u32,
    /// When the state was reached.
    pub done_at: Timestamp,
    /// How many of the segments were delivered.
    pub delivered: u16,
}

/// An item that was lent to a link, to be settled by [`Store::settle`](crate::Store::settle).
///
/// Dropping it gives it back unharmed: the worst that can happen to an item is to be lent again.
#[must_use = "a lease that is dropped is lent again"]
pub struct Lease {
    pub(crate) part: Part,
    pub(crate) item: Item,
    pub(crate) message: Arc<Message>,
    pub(crate) alternatives: Arc<[sms::LinkName]>,
    pub(crate) receipt_tlvs: Bytes,
    pub(crate) attempts: u16,
    pub(crate) home: Option<Arc<dyn Home>>,
}

/// Where dropped leases go.
pub(crate) trait Home: Send + Sync {
    fn give_back(&self, part: Part);
}

impl Lease {
    /// What is to be delivered.
    #[must_use]
    pub fn item(&self) -> Item {
        self.item
    }

    /// The message that it belongs to.
    #[must_use]
    pub fn message(&self) -> &Arc<Message> {
        &self.message
    }

    /// The name of the segment, for [`Store::amend`](crate::Store::amend).
    #[must_use]
    pub fn part(&self) -> Part {
        self.part
    }

    /// Links that may take it instead.
    #[must_use]
    pub fn alternatives(&self) -> &[sms::LinkName] {
        &self.alternatives
    }

    /// Of a notice the [`RemoteReceipt::tlvs`](crate::RemoteReceipt::tlvs) of the receipt that its state is from; of several
    /// segments that were delivered, of the last one to be. Empty if the state is from no receipt.
    #[must_use]
    pub fn receipt_tlvs(&self) -> &Bytes {
        &self.receipt_tlvs
    }

    /// How many attempts went before this one.
    #[must_use]
    pub fn attempts(&self) -> u16 {
        self.attempts
    }

    /// Ends the loan without giving the item back: the store has been told what became of it.
    pub(crate) fn end(mut self) -> Part {
        self.home = None;
        self.part
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.give_back(self.part);
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease")
            .field("message", &self.message.id)
            .field("item", &self.item)
            .finish_non_exhaustive()
    }
}
