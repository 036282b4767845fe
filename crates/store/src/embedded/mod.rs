//! The store for one machine: a journal of what is under way, and a ledger of what became of it.
//!
//! ```text
//! accept, take, settle … ─► inbox ─► engine (one thread) ─► journal/*.log
//!                                     │ index in memory        │ read by
//!                                     ▼                        ▼
//!                            leases, answers        ledger (one thread) ─► ledger/*.sqlite
//! ```
//!
//! The journal is the truth: the index is what follows from it, and the ledger is fed from it. A file
//! of the journal goes when nothing in it is under way and the ledger has what it says.

mod bodies;
mod body;
mod cache;
mod census;
mod clock;
mod codec;
mod disk;
mod early;
mod engine;
mod fact;
mod fifo;
mod gathering;
mod groups;
mod index;
pub mod inspect;
mod journal;
mod ledger;
mod links;
mod load;
#[cfg(any(test, feature = "simulation"))]
mod memory_disk;
mod options;
mod progress;
mod queue;
mod records;
mod recovery;
mod remote;
mod replay;
#[cfg(feature = "simulation")]
pub mod simulation;
mod slots;
mod spares;
mod summary;
mod thread;
mod turns;

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use rustix::fs::FlockOperation;
use sms::{LinkName, MessageId, State};
use tokio::sync::oneshot;

use crate::{
    Entry, Glimpse, Item, Lease, Likeness, Mark, Outcome, Page, Part, Query, Record, RemoteReceipt,
    Settlement, Shelf, Sighting, Status, Store, StoreError, Watch, Watchers, Which, Wish,
};
use clock::clock;
use disk::Directory;
use engine::{Answer, Command, Engine, Purpose, Scan, Scanned, Seek};
use gathering::Gathering;
use ledger::Ledger;
pub use options::{OpenError, Options};
use records::Records;
use summary::Summariser;
use thread::{Board, Inbox, are_urgent};
use turns::Turns;

/// A store in a directory of this machine. To share it, put it into an [`Arc`].
///
/// The directory holds `lock`, `journal/`, `summary/` and `ledger/`; one process can have it open. What is in
/// `summary/` makes opening quick and may be removed at any time.
#[derive(Debug)]
pub struct EmbeddedStore {
    inbox: Arc<Inbox>,
    gathering: Arc<Gathering>,
    board: Arc<Board>,
    watchers: Arc<Watchers>,
    records: Option<Records>,
    /// How long records are kept.
    retention: Duration,
    summariser: Option<Summariser>,
    turns: Turns,
    /// The thread of the engine, and the lock on the directory for as long as it runs.
    engine: Mutex<Option<(JoinHandle<()>, File)>>,
}

impl EmbeddedStore {
    /// Opens the store in `directory`, which is made if it is missing, and replays its journal. Blocks
    /// until that is done: about a second for ten million messages under way, or for each gigabyte of
    /// journal that has no summary.
    ///
    /// # Errors
    /// The directory is in use, cannot be read or written, or its journal is damaged; then nothing was changed but for a torn
    /// tail that was cut.
    pub fn open(directory: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let directory = directory.as_ref();
        let lock = lock(directory)?;
        let options = options.bounded();
        let journal = directory.join("journal");
        let disk = Directory::open(&journal, options.segment_octets)
            .map_err(OpenError::io(journal.display().to_string()))?;
        let mut engine = Engine::open(disk, options.clone(), clock())?;
        let inbox = Arc::new(Inbox::new(options.pending_octets_max, options.pending_messages_max));
        engine.set_home(Arc::clone(&inbox) as Arc<dyn crate::lease::Home>);
        let watchers = Arc::new(Watchers::default());
        let records = if options.ledger {
            let source = ledger::Source {
                journal,
                names: engine.shared_names(),
                progress: engine.progress(),
                watchers: Arc::clone(&watchers),
            };
            Some(Records::Ledger(Ledger::open(&directory.join("ledger"), source, &options)?))
        } else {
            None
        };
        let summariser = Some(Summariser::start(&directory.join("journal"), engine.orders())?);
        let board = Arc::default();
        thread::publish(&mut engine, &board);
        let (its_inbox, its_board) = (Arc::clone(&inbox), Arc::clone(&board));
        let thread = std::thread::Builder::new()
            .name(String::from("store"))
            .spawn(move || thread::run(engine, &its_inbox, &its_board))
            .map_err(OpenError::io("thread"))?;
        Ok(Self {
            gathering: Gathering::new(Arc::clone(&inbox)),
            inbox,
            board,
            watchers,
            records,
            retention: options.retention,
            summariser,
            turns: Turns::default(),
            engine: Mutex::new(Some((thread, lock))),
        })
    }

    /// Does what has been said so far, makes it durable, and ends; later calls answer [`StoreError::Closed`]. Blocks until that is
    /// done. Dropping the store does the same.
    pub fn close(&self) {
        self.inbox.close();
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((thread, lock)) = engine.take() else { return };
        if thread.join().is_err() {
            tracing::error!("the thread of the store has panicked");
        }
        if let Some(summariser) = &self.summariser {
            summariser.close();
        }
        if let Some(records) = &self.records {
            records.close();
        }
        // Not by closing alone: a process that is just being started by another thread may have the file as well.
        if let Err(error) = rustix::fs::flock(&lock, FlockOperation::Unlock) {
            tracing::warn!(%error, "the lock on the directory goes only with the file");
        }
    }

    /// [`EmbeddedStore::close`] for a task, which is not blocked; whether nothing went wrong.
    pub async fn end(self: Arc<Self>) -> bool {
        self.inbox.close();
        let has_thread = self.engine.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        !has_thread || tokio::task::spawn_blocking(move || self.close()).await.is_ok()
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.inbox.send(command(answer)).map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Has something done to messages that may be under way, named by their serials.
    async fn recall<T>(
        &self,
        serials: Vec<u64>,
        purpose: impl FnOnce(Answer<T>) -> Purpose,
    ) -> Result<T, StoreError> {
        self.ask(|answer| Command::Recall { serials, purpose: Box::new(purpose(answer)) }).await
    }

    /// The first `max` that wait for one of these links behind `after`, in order of acceptance.
    async fn first_waiting(
        &self,
        links: &[LinkName],
        after: Option<Mark>,
        max: usize,
    ) -> Result<Vec<(Mark, Part)>, StoreError> {
        let mut first: Vec<(Mark, Part)> = Vec::new();
        let mut slots = 0..SCAN_SLOTS;
        loop {
            let scan = Scan { links: links.to_vec(), after, max, slots: slots.clone() };
            let Scanned { found, has_more } = self.ask(|answer| Command::Scan { scan, answer }).await?;
            first.extend(found);
            first.sort_unstable_by_key(|(mark, _)| *mark);
            first.truncate(max);
            if !has_more {
                return Ok(first);
            }
            slots = slots.end..slots.end.saturating_add(SCAN_SLOTS);
        }
    }

    /// What waits for the link of the messages with these serials, in order of acceptance.
    async fn waiting_of(&self, link: &LinkName, serials: Serials) -> Result<Vec<Part>, StoreError> {
        if serials.is_empty() {
            return Ok(Vec::new());
        }
        let serials = Arc::new(serials);
        let mut all: Vec<(Mark, Part)> = Vec::new();
        let mut slots = 0..SCAN_SLOTS;
        loop {
            let seek = Seek { link: link.clone(), serials: Arc::clone(&serials), slots: slots.clone() };
            let Scanned { found, has_more } = self.ask(|answer| Command::Seek { seek, answer }).await?;
            all.extend(found);
            if !has_more {
                all.sort_unstable_by_key(|(mark, _)| *mark);
                return Ok(all.into_iter().map(|(_, part)| part).collect());
            }
            slots = slots.end..slots.end.saturating_add(SCAN_SLOTS);
        }
    }

    /// What waits for the link of the messages with these ids, found by looking at all that waits there and is not
    /// younger than they can be: ids have the day of acceptance, or the one before.
    async fn waiting_named(
        &self,
        link: &LinkName,
        mut ids: HashSet<MessageId>,
    ) -> Result<Vec<Part>, StoreError> {
        let (mut after, mut parts) = (None, Vec::new());
        let Some(youngest) = ids.iter().map(MessageId::accepted_at).max() else { return Ok(parts) };
        while !ids.is_empty() {
            let page = self.browse(std::slice::from_ref(link), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.mark);
            let wanted: Vec<&Glimpse> = page.iter().filter(|one| ids.contains(&one.message.id)).collect();
            parts.extend(wanted.iter().map(|one| one.part));
            let found: HashSet<MessageId> = wanted.iter().map(|one| one.message.id).collect();
            if last.message.accepted_at.since(youngest) > 2 * DAY {
                break;
            }
            // The last may have more parts on the next page.
            ids.retain(|id| !found.contains(id) || *id == last.message.id);
        }
        Ok(parts)
    }

    /// Whether a message with this id may wait although its record is gone.
    fn may_be_forgotten(&self, id: MessageId) -> bool {
        self.records.is_none() || clock().since(id.accepted_at()) + DAY >= self.retention
    }

    /// The serial of the message with this id, if there is one and it may be under way.
    async fn serials_of(&self, id: MessageId) -> Result<Vec<u64>, StoreError> {
        match &self.records {
            Some(records) => Ok(records.serial(id).await?.into_iter().collect()),
            None => Ok(Vec::new()),
        }
    }

    /// The serials of messages that are like this by their records and may be under way, newest first, behind
    /// `cursor`: some [`SERIALS_AT_ONCE`] at most, and where to go on if there may be more.
    async fn serials_like(
        &self,
        like: &Likeness,
        cursor: Option<MessageId>,
    ) -> Result<(Vec<u64>, Option<MessageId>), StoreError> {
        let Some(records) = &self.records else { return Ok((Vec::new(), None)) };
        let mut serials = Vec::new();
        let mut query = Query {
            links: Some(vec![like.owner.clone()]),
            number: Some(like.destination.value.to_vec()),
            states: Some(vec![State::Enroute]),
            cursor,
            limit: Query::LIMIT_MAX,
            ..Query::default()
        };
        loop {
            let page = records.search(query.clone()).await?;
            let alike = page.records.iter().filter(|record| {
                record.origin == like.owner
                    && record.source.value == like.source.value
                    && record.destination.value == like.destination.value
            });
            let found = records.serials(alike.map(|record| record.id).collect()).await?;
            serials.extend(found.into_iter().map(|(_, serial)| serial));
            if page.next.is_none() || serials.len() >= SERIALS_AT_ONCE {
                return Ok((serials, page.next));
            }
            query.cursor = page.next;
        }
    }

    /// Cancels what waits and is like this, in steps; how many that were.
    async fn cancel_like(&self, like: &Likeness) -> Result<usize, StoreError> {
        let (mut count, mut cursor) = (0, None);
        loop {
            let (serials, next) = self.serials_like(like, cursor).await?;
            let (owner, meant) = (like.owner.clone(), Some(like.clone()));
            count += self.recall(serials, |answer| Purpose::Cancel { owner, like: meant, answer }).await?;
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(count),
            }
        }
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let named = || OpenError::io(directory.display().to_string());
    fs::create_dir_all(directory).map_err(named())?;
    let file = File::create(directory.join("lock")).map_err(named())?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::Locked(directory.to_owned())),
        Err(error) => Err(named()(error.into())),
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn accept(&self, batch: Vec<Entry>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let octets = batch.iter().map(|entry| body::octets_of(&entry.message)).sum();
        let is_urgent = are_urgent(&batch);
        let command = Command::Accept { batch, octets, answer };
        if is_urgent {
            self.inbox.send_bounded(command);
        } else {
            self.gathering.send(command);
        }
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn take(&self, link: &LinkName, max: usize) -> Result<Vec<Lease>, StoreError> {
        self.ask(|answer| Command::Take { link: link.clone(), max, answer }).await
    }

    async fn evacuate(&self, link: &LinkName, max: usize) -> Result<Vec<Lease>, StoreError> {
        self.ask(|answer| Command::Evacuate { link: link.clone(), max, answer }).await
    }

    async fn browse(
        &self,
        links: &[LinkName],
        after: Option<Mark>,
        max: usize,
    ) -> Result<Vec<Glimpse>, StoreError> {
        let (mut after, mut shown) = (after, Vec::new());
        // What is found may be taken before it is shown: the page is filled with what comes behind it.
        while shown.len() < max {
            let wanted = max - shown.len();
            let found = self.first_waiting(links, after, wanted).await?;
            let is_all = found.len() < wanted;
            after = found.last().map(|(mark, _)| *mark).or(after);
            for some in found.chunks(SHOWN_AT_ONCE) {
                let parts = some.iter().map(|(_, part)| *part).collect();
                let links = links.to_vec();
                shown.extend(self.ask(|answer| Command::Show { links, parts, answer }).await?);
            }
            if is_all {
                break;
            }
        }
        Ok(shown)
    }

    async fn evacuate_those(&self, link: &LinkName, parts: Vec<Part>) -> Result<Vec<Lease>, StoreError> {
        self.ask(|answer| Command::EvacuateThose { link: link.clone(), parts, answer }).await
    }

    async fn evacuate_of(&self, link: &LinkName, ids: &[MessageId]) -> Result<Vec<Lease>, StoreError> {
        let known = match &self.records {
            Some(records) => records.serials(ids.to_vec()).await?,
            None => Vec::new(),
        };
        let mut parts = self.waiting_of(link, known.iter().map(|(_, serial)| *serial).collect()).await?;
        let known: HashSet<MessageId> = known.into_iter().map(|(id, _)| id).collect();
        let others = ids.iter().filter(|&id| !known.contains(id) && self.may_be_forgotten(*id));
        parts.extend(self.waiting_named(link, others.copied().collect()).await?);
        let mut leases = Vec::with_capacity(parts.len());
        for some in parts.chunks(SHOWN_AT_ONCE) {
            leases.extend(self.evacuate_those(link, some.to_vec()).await?);
        }
        Ok(leases)
    }

    fn shelve(&self, link: &LinkName, shelf: Option<Shelf>) {
        let _ = self.inbox.send(Command::Shelve { link: link.clone(), shelf });
    }

    fn settle(&self, batch: Vec<Settlement>) {
        if let Err(Command::Settle(batch)) = self.inbox.send(Command::Settle(batch)) {
            batch.into_iter().for_each(|settlement| {
                settlement.lease.end();
            });
        }
    }

    async fn receipts(&self, batch: Vec<RemoteReceipt>) -> Result<Vec<Sighting>, StoreError> {
        self.ask(|answer| Command::Receipts { batch, answer }).await
    }

    fn amend(&self, part: Part, item: Item, link: &LinkName, outcome: Outcome) {
        let _ =
            self.inbox.send(Command::Amend { part, item, link: link.clone(), outcome: Box::new(outcome) });
    }

    async fn waiting(&self, owner: &LinkName, id: MessageId) -> Result<Option<Entry>, StoreError> {
        let serials = self.serials_of(id).await?;
        self.recall(serials, |answer| Purpose::Show { owner: owner.clone(), answer }).await
    }

    async fn cancel(&self, owner: &LinkName, which: Which) -> Result<usize, StoreError> {
        match which {
            Which::Message(id) => {
                let (serials, owner) = (self.serials_of(id).await?, owner.clone());
                self.recall(serials, |answer| Purpose::Cancel { owner, like: None, answer }).await
            }
            Which::Like(like) if like.owner == *owner => {
                let _turn = self.turns.take(&like).await;
                self.cancel_like(&like).await
            }
            Which::Like(_) => Ok(0),
        }
    }

    async fn replace(&self, entry: Entry) -> Result<bool, StoreError> {
        let serials = self.serials_of(entry.message.id).await?;
        self.recall(serials, |answer| Purpose::Replace { entry, answer }).await
    }

    async fn supersede(&self, entry: Entry) -> Result<(), StoreError> {
        let like = Likeness::of(&entry.message);
        let _turn = self.turns.take(&like).await;
        let (mut serials, mut next) = self.serials_like(&like, None).await?;
        // All are cancelled in one commit: who needs more serials than one step gathers is alone with that.
        let _alone = match next {
            Some(_) => Some(self.turns.alone().await),
            None => None,
        };
        while let Some(cursor) = next {
            let more;
            (more, next) = self.serials_like(&like, Some(cursor)).await?;
            serials.extend(more);
        }
        self.recall(serials, |answer| Purpose::Supersede { entry, answer }).await
    }

    async fn find(&self, id: MessageId) -> Result<Option<Record>, StoreError> {
        match &self.records {
            Some(records) => records.find(id).await,
            None => Ok(None),
        }
    }

    async fn search(&self, query: Query) -> Result<Page, StoreError> {
        match &self.records {
            Some(records) => records.search(query).await,
            None => Ok(Page::default()),
        }
    }

    fn watch(&self, links: &[LinkName], wish: Wish) -> Watch {
        self.watchers.watch(links, wish)
    }

    async fn sync(&self) -> Result<(), StoreError> {
        self.ask(Command::Sync).await
    }

    fn status(&self) -> Status {
        let mut status = self.board.status();
        status.waiting.retain(|(_, count)| *count > 0);
        Status { pressure: self.inbox.pressure(), ..status }
    }

    fn pressure(&self) -> Option<u8> {
        (!self.board.is_poisoned()).then(|| self.inbox.pressure())
    }
}

/// Serials that are looked for.
type Serials = HashSet<u64, foldhash::fast::RandomState>;

/// How many serials of messages that are alike are gathered before something is done with them. A page more may be.
const SERIALS_AT_ONCE: usize = 1 << 13;
/// How much of what waits is looked at in one step.
const PAGE: usize = 1024;
/// Ids and files of the ledger are of a day, and its days do not end at once.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How many slots are looked at before others have their turn: what takes well under a millisecond.
const SCAN_SLOTS: u32 = 1 << 18;
/// How many items are shown before others have their turn: each may have to be read.
const SHOWN_AT_ONCE: usize = 256;
