//! The ledger: what became of every message, in SQLite files that any tool can read.
//!
//! It is fed from the journal by a thread of its own and costs the path of a message nothing but what
//! the disk has to write. A second thread answers questions. The table `message` has one row per
//! message, `attached` one for each to which its owner attached something, and `moved` one for each link that
//! a message went to after it was written; `history` is the only column
//! that needs this program to read it, besides what owners attached. Beside each file stands a file
//! of keys, which leads from ids and numbers to rows, and from the numbers of a link to its rows; it follows from the
//! tables and is made again when it is of no use.

mod breath;
mod descent;
mod error;
mod feeder;
mod files;
mod keeper;
mod key_file;
mod lookup;
mod name;
pub(super) mod offline;
mod question;
mod reader;
mod row;
mod search;
mod searches;
mod shelf;
pub(super) mod staging;
mod table;
mod tail;
mod young;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sms::MessageId;
use tokio::sync::oneshot;

use super::options::{OpenError, Options};
use crate::{Page, Query, Record, StoreError};
use feeder::Feeder;
pub(super) use feeder::Source;
use question::{Desk, Question};
use shelf::Shelf;
use young::Register;

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
