//! The thread that writes summaries.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::super::disk::{ReadDirectory, file_path, numbers_with, summary_path};
use super::super::options::OpenError;
use super::summarise;

/// The journal files of which summaries are to be written.
#[derive(Debug, Default)]
pub(in super::super) struct Orders {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    numbers: VecDeque<u32>,
    is_closed: bool,
}

impl Orders {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the summary of this file written. Nothing is written to the file any more, and it is durable.
    pub(in super::super) fn put(&self, number: u32) {
        self.lock().numbers.push_back(number);
        self.wake.notify_one();
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.wake.notify_one();
    }

    /// The next file, waiting for one; `None` when there is nothing more to do.
    fn next(&self) -> Option<u32> {
        let is_idle = |queue: &mut Queue| queue.numbers.is_empty() && !queue.is_closed;
        let mut queue = self.wake.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        if queue.is_closed { None } else { queue.numbers.pop_front() }
    }

    /// The files that were ordered, oldest order first.
    #[cfg(test)]
    pub(in super::super) fn take_all(&self) -> Vec<u32> {
        self.lock().numbers.drain(..).collect()
    }
}

/// Writes what is ordered, beside everything else. A summary that cannot be written is none: the
/// journal file is read in its place.
#[derive(Debug)]
pub(in super::super) struct Summariser {
    orders: Arc<Orders>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Summariser {
    /// Starts, for the journal in this directory.
    pub(in super::super) fn start(journal: &Path, orders: Arc<Orders>) -> Result<Self, OpenError> {
        let (journal, its_orders) = (journal.to_owned(), Arc::clone(&orders));
        let thread = std::thread::Builder::new()
            .name(String::from("summaries"))
            .spawn(move || run(&journal, &its_orders))
            .map_err(OpenError::io("thread"))?;
        Ok(Self { orders, thread: Mutex::new(Some(thread)) })
    }

    /// Ends; what is left is done after the next start.
    pub(in super::super) fn close(&self) {
        self.orders.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes summaries has panicked");
        }
    }
}

fn run(journal: &Path, orders: &Orders) {
    if let Err(error) = clean(journal) {
        tracing::warn!(%error, "cannot tidy up among the summaries of the journal");
    }
    while let Some(number) = orders.next() {
        if let Err(error) = write(journal, number) {
            tracing::warn!(%error, file = number, "cannot write the summary of a journal file");
        }
    }
}

/// Writes the summary of a file durably; the file may go meanwhile.
fn write(journal: &Path, number: u32) -> io::Result<()> {
    let octets = match summarise(&mut ReadDirectory(journal.to_owned()), number) {
        // It may have been written over while it was read.
        Err(_) if !file_path(journal, number).try_exists()? => return Ok(()),
        summary => summary?,
    };
    let path = summary_path(journal, number);
    let temporary = path.with_extension("new");
    let written = replace(&path, &temporary, &octets);
    // What is left of them would only take room; they may be gone already.
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    if !file_path(journal, number).try_exists()? {
        let _ = fs::remove_file(&path);
    }
    written
}

fn replace(path: &Path, temporary: &Path, octets: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = File::create(temporary)?;
    file.write_all(octets)?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

/// Removes summaries whose file is gone, and what was not finished.
fn clean(journal: &Path) -> io::Result<()> {
    let directory: PathBuf = summary_path(journal, 0).with_file_name("");
    if !directory.try_exists()? {
        return Ok(());
    }
    for number in numbers_with(&directory, ".new")? {
        fs::remove_file(summary_path(journal, number).with_extension("new"))?;
    }
    for number in numbers_with(&directory, ".sum")? {
        if !file_path(journal, number).try_exists()? {
            fs::remove_file(summary_path(journal, number))?;
        }
    }
    Ok(())
}
