//! The ledger: what became of every message, in SQLite files that any tool can read.
//!
//! It is fed from the journal by a thread of its own and costs the path of a message nothing but what
//! the disk has to write. A second thread answers questions. The table `message` has one row per
//! message, and `attached` one for each to which its owner attached something; `history` is the only column
//! that needs this program to read it, besides what owners attached. Beside each file stands a file
//! of keys, which leads from ids and numbers to rows; it follows from the table and is made again when it
//! is of no use.

mod breath;
mod descent;
mod feeder;
mod files;
mod keeper;
mod key_file;
pub(super) mod offline;
mod reader;
mod row;
mod shelf;
pub(super) mod staging;
mod table;
mod tail;
mod young;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use sms::MessageId;
use tokio::sync::oneshot;

use super::engine::Progress;
use super::links::SharedNames;
use super::options::{OpenError, Options};
use crate::{Page, Query, Record, StoreError, Watchers};
use feeder::Feeder;
use shelf::Shelf;
use young::Register;

/// The most questions that may wait for an answer.
const QUESTIONS_MAX: usize = 1024;

/// Where the ledger gets what it keeps.
#[derive(Debug)]
pub(super) struct Source {
    /// The directory of the journal.
    pub(super) journal: PathBuf,
    /// The names of links by their numbers in the journal.
    pub(super) names: SharedNames,
    pub(super) progress: Arc<Progress>,
    /// Who is told of what is added to records.
    pub(super) watchers: Arc<Watchers>,
}

/// Why the ledger cannot go on.
#[derive(Debug, thiserror::Error)]
enum LedgerError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the journal is damaged")]
    Journal,
    #[error("schema version {0}, which is not known")]
    Version(i64),
    #[error("keys: {0}")]
    Keys(#[from] key_file::Unusable),
}

/// What somebody wants to know.
#[derive(Debug)]
enum Question {
    Find {
        id: MessageId,
        answer: oneshot::Sender<Result<Option<Record>, StoreError>>,
    },
    /// Its serial, if it has no final state yet.
    Serial {
        id: MessageId,
        answer: oneshot::Sender<Result<Option<u64>, StoreError>>,
    },
    /// The serials of those of these that there are, final or not.
    Serials {
        wanted: Vec<MessageId>,
        found: Vec<(MessageId, u64)>,
        answer: oneshot::Sender<Result<Vec<(MessageId, u64)>, StoreError>>,
    },
    Search {
        query: Query,
        answer: oneshot::Sender<Result<Page, StoreError>>,
    },
}

impl Question {
    fn refuse(self, error: StoreError) {
        match self {
            Self::Find { answer, .. } => drop(answer.send(Err(error))),
            Self::Serial { answer, .. } => drop(answer.send(Err(error))),
            Self::Serials { answer, .. } => drop(answer.send(Err(error))),
            Self::Search { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}

/// Questions on their way to a thread.
#[derive(Debug, Default)]
struct Desk {
    queue: Mutex<(VecDeque<Question>, bool)>,
    wake: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Question>, bool)> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, question: Question) {
        let mut queue = self.lock();
        let error = match (queue.1, queue.0.len() < QUESTIONS_MAX) {
            (false, true) => {
                queue.0.push_back(question);
                drop(queue);
                return self.wake.notify_one();
            }
            (true, _) => StoreError::Closed,
            (false, false) => StoreError::Overloaded,
        };
        drop(queue);
        question.refuse(error);
    }

    fn close(&self) {
        self.lock().1 = true;
        self.wake.notify_one();
    }

    /// All questions that have come, waiting for one for at most `patience`; whether more can come.
    fn wait(&self, patience: Duration) -> (VecDeque<Question>, bool) {
        let mut queue = self.lock();
        if queue.0.is_empty() && !queue.1 {
            queue = self.wake.wait_timeout(queue, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        (std::mem::take(&mut queue.0), !queue.1)
    }
}

/// The ledger of an open store.
#[derive(Debug)]
pub(super) struct Ledger {
    desk: Arc<Desk>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Ledger {
    /// Opens the ledger in `directory`, which is made if it is missing, and starts to feed it.
    pub(super) fn open(directory: &Path, source: Source, options: &Options) -> Result<Self, OpenError> {
        std::fs::create_dir_all(directory).map_err(OpenError::io(directory.display().to_string()))?;
        let answers = Arc::new(Desk::default());
        let register = Register::default();
        let shelf = Shelf::new(directory, register.clone());
        let feeder = Feeder::open(directory, source, options, Arc::clone(&answers), register)
            .map_err(|error| OpenError::Ledger(error.to_string()))?;
        let desk = Arc::new(Desk::default());
        let its_desk = Arc::clone(&desk);
        let threads = vec![
            spawn("ledger", move || feeder.run(&its_desk))?,
            spawn("ledger-read", move || reader::run(shelf, &answers))?,
        ];
        Ok(Self { desk, threads: Mutex::new(threads) })
    }

    pub(super) async fn find(&self, id: MessageId) -> Result<Option<Record>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.desk.put(Question::Find { id, answer });
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The serial of the message with this id, unless that has its final state.
    pub(super) async fn serial(&self, id: MessageId) -> Result<Option<u64>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.desk.put(Question::Serial { id, answer });
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The serials of those of these messages that there is a record of.
    pub(super) async fn serials(&self, wanted: Vec<MessageId>) -> Result<Vec<(MessageId, u64)>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.desk.put(Question::Serials { wanted, found: Vec::new(), answer });
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn search(&self, query: Query) -> Result<Page, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.desk.put(Question::Search { query, answer });
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Takes over what is in the journal, and ends.
    pub(super) fn close(&self) {
        self.desk.close();
        for thread in std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner)) {
            if thread.join().is_err() {
                tracing::error!("a thread of the ledger has panicked");
            }
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(OpenError::io("thread"))
}
