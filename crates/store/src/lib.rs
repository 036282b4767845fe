//! The store: the queue of what is under way and the ledger of what became of it, behind one trait.
//!
//! The middle of the gateway speaks to [`Store`] alone. [`embedded`] is the implementation for one
//! machine; [`conformance`] is the suite that every implementation must pass.

pub mod conformance;
pub mod embedded;
mod glimpse;
mod lease;
mod outcome;
mod recall;
mod record;
mod shelf;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use sms::{LinkName, Message, MessageId};

pub use glimpse::{Glimpse, Mark, NoMark};
pub use lease::{Item, Lease, Notice, Part};
pub use outcome::{Cause, Outcome, RemoteId, RemoteIdForm, RemoteReceipt, Settlement, Sighting};
pub use recall::{Likeness, Which};
pub use record::{Event, Page, Query, Record, Step};
pub use shelf::Shelf;
pub use watch::{Happening, Seen, Subject, Watch, Watchers, Wish};

/// A message with the link that shall take it, ready to be kept.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What shall be carried.
    pub message: Arc<Message>,
    /// The link out that all its segments leave by.
    pub target: LinkName,
    /// Links that may take it instead, best first, when `target` is away.
    pub alternatives: Vec<LinkName>,
}

/// Queue and ledger of messages.
///
/// Everything moves in slices. Within a priority, segments leave first in, first out per link; a
/// higher priority goes first.
#[async_trait]
pub trait Store: Send + Sync {
    /// Takes messages over. Returns only when all of them would survive a power cut; all or none.
    ///
    /// # Errors
    /// Nothing of the batch was taken over, except with [`StoreError::Failed`], where that is not known.
    async fn accept(&self, batch: Vec<Entry>) -> Result<(), StoreError>;

    /// Lends up to `max` items that are due on `link`, waiting until there is at least one.
    ///
    /// Cancelling the call loses nothing. A lease that is dropped unsettled is lent again, at its old
    /// place in the queue.
    async fn take(&self, link: &LinkName, max: usize) -> Result<Vec<Lease>, StoreError>;

    /// Lends up to `max` items that wait for `link`, due or not, without waiting: to move them elsewhere
    /// when the link is away. The same rules as for [`Store::take`], but it is no attempt. An item that is
    /// given back may come after newer ones; so only what can be moved should be asked for.
    async fn evacuate(&self, link: &LinkName, max: usize) -> Result<Vec<Lease>, StoreError>;

    /// Shows up to `max` items that wait for one of these links, due or not, in order of acceptance, from behind
    /// `after` on; fewer only if there are no more. Nothing is lent; what is lent at that moment is not shown.
    async fn browse(
        &self,
        links: &[LinkName],
        after: Option<Mark>,
        max: usize,
    ) -> Result<Vec<Glimpse>, StoreError>;

    /// Lends those of these items that still wait for `link`, as [`Store::evacuate`] does.
    async fn evacuate_those(&self, link: &LinkName, parts: Vec<Part>) -> Result<Vec<Lease>, StoreError>;

    /// Lends of the messages with these ids what waits for `link`, as [`Store::evacuate`] does, however much waits
    /// beside it.
    async fn evacuate_of(&self, link: &LinkName, ids: &[MessageId]) -> Result<Vec<Lease>, StoreError>;

    /// From now on, what waits for `link` until its time is up is not over but is moved to `shelf`, as by
    /// [`Outcome::Move`]; with `None` it is over again. A store that was reopened has no shelves.
    fn shelve(&self, link: &LinkName, shelf: Option<Shelf>);

    /// Says what became of what was lent, and takes over the answers that came with it; a settlement
    /// and its answer survive together or not at all.
    ///
    /// Returns at once; [`Store::sync`] tells when it is durable. What was not yet durable at a crash
    /// is lent again after it.
    fn settle(&self, batch: Vec<Settlement>);

    /// Takes receipts of an SMSC over, durably, and matches them to what was sent there.
    ///
    /// One that matches nothing is kept for some minutes, in case that it came before the response
    /// that names its remote id. A later receipt for a segment that has its final state changes nothing.
    async fn receipts(&self, batch: Vec<RemoteReceipt>) -> Result<Vec<Sighting>, StoreError>;

    /// Says what `link` answered to an attempt after that had been given up; `item` is what it was lent. The id in
    /// [`Outcome::Sent`] is added, so that receipts find their message; what is done or has failed by the
    /// answer is over, unless it was lent again since, or failed and waits for another link by now. What is held is
    /// lent again after an [`Outcome::Retry`], while it is valid; what waits already keeps its time. Other outcomes
    /// change nothing.
    fn amend(&self, part: Part, item: Item, link: &LinkName, outcome: Outcome);

    /// The message of `owner` with this id as it waits, if nobody was lent any of it yet; `None` if it was, is
    /// over, or never was its.
    async fn waiting(&self, owner: &LinkName, id: MessageId) -> Result<Option<Entry>, StoreError>;

    /// Cancels those of the owner's messages that are meant and wait, durably: they end as
    /// [`State::Deleted`](sms::State::Deleted), which the owner is told if it asked for failures, and
    /// nothing of them is lent again. Returns how many there were.
    ///
    /// A message stays as it is if any segment of it is lent or was sent, or may have been sent. Messages of
    /// another owner are like none.
    async fn cancel(&self, owner: &LinkName, which: Which) -> Result<usize, StoreError>;

    /// Puts what `entry` says in the place of the message with its id and origin, durably, if nobody was lent
    /// any of that yet; whether that was so. The message keeps its record, and its place in the queue if it has as
    /// many segments as before and the same target; of its new form the way count, the parts with their
    /// `data_coding` and `esm_class`, the times, the receipts that are asked for, and what is attached, if that
    /// is anything: but not its reference, nor who is told.
    async fn replace(&self, entry: Entry) -> Result<bool, StoreError>;

    /// Takes a message over as [`Store::accept`] does, and in the same moment cancels all that wait and are
    /// like it ([`Likeness`]): either both survive a power cut or neither.
    async fn supersede(&self, entry: Entry) -> Result<(), StoreError>;

    /// Everything known of one message.
    async fn find(&self, id: MessageId) -> Result<Option<Record>, StoreError>;

    /// Messages by account, number and time, newest first.
    async fn search(&self, query: Query) -> Result<Page, StoreError>;

    /// Follows what happens to the messages that one of `links` brings or takes, from now on: each step with this wish that is
    /// added to a record, once it is durable, in the order of each message. Mostly at once, sometimes a second or two
    /// later; a step may come twice if records could not be written, and an attempt that was none is seen all the same.
    fn watch(&self, links: &[LinkName], wish: Wish) -> Watch;

    /// Returns when everything that was said before is durable.
    async fn sync(&self) -> Result<(), StoreError>;

    /// How things stand.
    fn status(&self) -> Status;

    /// How full the room is for what waits to be written, in percent, or `None` if nothing is accepted any more: what
    /// [`Store::status`] says of that, at no cost, for who tells it with each answer.
    fn pressure(&self) -> Option<u8>;
}

/// How a store stands, as of a moment ago.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Why nothing is accepted any more, if so.
    pub poisoned: Option<String>,
    /// How full the room is for what waits to be written, in percent; full, messages are refused.
    pub pressure: u8,
    /// Segments and notices that wait, per link.
    pub waiting: Vec<(LinkName, u64)>,
    /// Segments that were sent and wait for their receipt.
    pub awaiting_receipt: u64,
    /// Receipts that matched nothing so far.
    pub unmatched_receipts: u64,
    /// Messages without a final state, or whose owner was not told yet.
    pub live_messages: u64,
    /// Messages accepted since the start of the process.
    pub accepted_total: u64,
    /// Attempts whose outcome was unknown, and that were sent again: possible duplicates.
    pub possible_duplicates_total: u64,
    /// Times that files were synced since the start of the process.
    pub syncs_total: u64,
    /// Octets written to the journal since the start of the process.
    pub written_octets_total: u64,
}

/// Why the store did not do it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full or about to be; it recovers when there is room again.
    #[error("the disk is full")]
    Full,
    /// More waits to be written than may wait; try again later.
    #[error("the store is overloaded")]
    Overloaded,
    /// Writing or syncing failed; nothing is accepted until the process has been restarted.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}
