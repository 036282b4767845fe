//! The thread that brings the ledger up to date.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sms::{MessageId, Timestamp};

use super::super::clock::clock;
use super::super::codec::Reader;
use super::super::fact::read_fact;
use super::super::journal::{Group, Place};
use super::super::links::SharedNames;
use super::super::options::Options;
use super::super::progress::Progress;
use super::breath::Breath;
use super::error::LedgerError;
use super::files::Files;
use super::question::{Desk, Question};
use super::staging::{Late, Staged, Staging};
use super::table::{Added, added_to, update};
use super::tail::Tail;
use super::young::Register;
use crate::{StoreError, Watchers};

/// How often the journal is looked at while nobody asks.
const INTERVAL: Duration = Duration::from_millis(100);
/// How often records are written.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);
/// How often what was written is made durable, so that the journal can let go of it.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(10);
/// How much of the journal may be unread before records are written without a rest, in octets.
const BEHIND_OCTETS: u64 = 16 << 20;
/// How long to wait after an error.
const ERROR_PAUSE: Duration = Duration::from_secs(1);

/// Where the ledger gets what it keeps.
#[derive(Debug)]
pub(in super::super) struct Source {
    /// The directory of the journal.
    pub(in super::super) journal: PathBuf,
    /// The names of links by their numbers in the journal.
    pub(in super::super) names: SharedNames,
    pub(in super::super) progress: Arc<Progress>,
    /// Who is told of what is added to records.
    pub(in super::super) watchers: Arc<Watchers>,
}

/// Reads the journal and writes records.
pub(super) struct Feeder {
    directory: PathBuf,
    source: Source,
    answers: Arc<Desk>,
    retention: Duration,
    records_max: u64,
    files: Files,
    register: Register,
    staging: Staging,
    tail: Tail,
    flushed: Instant,
    saved: (Place, Instant),
    now: Timestamp,
}

impl Feeder {
    pub(super) fn open(
        directory: &Path,
        source: Source,
        options: &Options,
        answers: Arc<Desk>,
        register: Register,
    ) -> Result<Self, LedgerError> {
        let place = load_place(directory);
        let tail = Tail::open(&source.journal, place, source.progress.durable())?;
        source.progress.set_read(tail.place());
        let mut files = Files::open(directory, options.ledger_file_records, register.clone())?;
        match files.begin() {
            Err(unknown @ LedgerError::Version(_)) => return Err(unknown),
            // Messages are carried all the same; it is tried again.
            Err(error) => tracing::error!(%error, "the ledger cannot be opened"),
            Ok(()) => {}
        }
        Ok(Self {
            directory: directory.to_owned(),
            answers,
            retention: options.retention,
            records_max: options.ledger_file_records,
            files,
            register,
            staging: Staging::new(Arc::clone(&source.names), Arc::clone(&source.watchers)),
            flushed: Instant::now(),
            saved: (tail.place(), Instant::now()),
            tail,
            source,
            now: Timestamp(0),
        })
    }

    /// Feeds the ledger and hands questions on, until the desk is closed and everything is written.
    pub(super) fn run(mut self, desk: &Desk) {
        loop {
            let (questions, is_open) = desk.wait(INTERVAL);
            let until = self.source.progress.durable();
            let done = match self.catch_up(until) {
                Ok(()) => {
                    self.mend_keys().and_then(|()| self.answer(questions)).and_then(|()| self.save(!is_open))
                }
                Err(error) => {
                    questions.into_iter().for_each(|question| question.refuse(behind()));
                    Err(error)
                }
            };
            match done {
                Ok(()) if is_open => {}
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(%error, "the ledger cannot be written; it is behind until it can");
                    if !is_open || !self.start_over(desk) {
                        break;
                    }
                }
            }
        }
        self.answers.close();
    }

    /// Reads the journal up to `until` and writes what is due.
    fn catch_up(&mut self, until: Place) -> Result<(), LedgerError> {
        self.files.begin()?;
        loop {
            let Self { tail, staging, now, .. } = self;
            let is_more = tail.read(until, &mut |place, group| add_group(staging, now, place, group))?;
            if self.staging.is_full() || self.flushed.elapsed() >= FLUSH_INTERVAL {
                self.flush(false)?;
            }
            if !is_more {
                break;
            }
        }
        if self.source.watchers.is_any() { self.write_late() } else { Ok(()) }
    }

    fn answer(&mut self, questions: impl IntoIterator<Item = Question>) -> Result<(), LedgerError> {
        let questions = questions.into_iter().filter(|question| !question.is_idle());
        let questions: Vec<Question> = questions.collect();
        if !questions.is_empty()
            && let Err(error) = self.flush_for(&questions)
        {
            questions.into_iter().for_each(|question| question.refuse(behind()));
            return Err(error);
        }
        for question in questions {
            match question {
                Question::Find { id, answer } => match self.staging.find(id) {
                    Some(staged) => drop(answer.send(Ok(Some(staged.record())))),
                    None => self.answers.put(Question::Find { id, answer }),
                },
                Question::Serial { id, answer } => match self.staging.find(id) {
                    Some(staged) => drop(answer.send(Ok(staged.open_serial()))),
                    None => self.answers.put(Question::Serial { id, answer }),
                },
                Question::Serials { mut wanted, mut found, answer } => {
                    let sought: HashSet<MessageId> = wanted.iter().copied().collect();
                    found.extend(self.staging.serials(&sought));
                    let known: HashSet<MessageId> = found.iter().map(|(id, _)| *id).collect();
                    wanted.retain(|id| !known.contains(id));
                    self.answers.put(Question::Serials { wanted, found, answer });
                }
                search @ Question::Search { .. } => self.answers.put(search),
            }
        }
        Ok(())
    }

    fn flush_for(&mut self, questions: &[Question]) -> Result<(), LedgerError> {
        let is_search = questions.iter().any(|question| matches!(question, Question::Search { .. }));
        if is_search { self.flush(true) } else { self.write_late() }
    }

    /// Writes what will hardly change any more, or `all`.
    fn flush(&mut self, all: bool) -> Result<(), LedgerError> {
        self.flushed = Instant::now();
        let now = self.now.max(clock());
        let mut breath = Breath::begin(all || self.is_behind());
        let Self { staging, files, .. } = self;
        staging.due(all, now, |due| write_due(files, due, &mut breath))?;
        let low = self.low()?;
        self.files.settle_keys(low)?;
        self.write_late()
    }

    /// Every message with a serial below this has been written.
    fn low(&mut self) -> Result<u64, LedgerError> {
        match self.staging.low() {
            Some(low) => Ok(low),
            None => Ok(self.files.last_serial()? + 1),
        }
    }

    /// Whether much of the journal is unread; in doubt, as when a file has just ended, it is.
    fn is_behind(&self) -> bool {
        let (read, durable) = (self.tail.place(), self.source.progress.durable());
        durable.to_u64().saturating_sub(read.to_u64()) > BEHIND_OCTETS
    }

    fn mend_keys(&mut self) -> Result<(), LedgerError> {
        if self.register.wanted().is_empty() {
            return Ok(());
        }
        let low = self.low()?;
        self.files.mend_keys(low)
    }

    fn write_late(&mut self) -> Result<(), LedgerError> {
        let mut late = self.staging.take_late().into_iter().peekable();
        while let Some(&(serial, _)) = late.peek() {
            let Some(name) = self.files.file_of(serial) else {
                late.next();
                continue;
            };
            let Self { files, staging, .. } = self;
            let in_file: Vec<(u64, Vec<Late>)> =
                std::iter::from_fn(|| late.next_if(|(serial, _)| files.file_of(*serial) == Some(name)))
                    .collect();
            let transaction = files.connection(name)?.transaction()?;
            let mut added = Vec::new();
            for (serial, sayings) in in_file {
                let known = update(&transaction, serial, |news| news.add_late(sayings, staging.names()))?;
                if self.source.watchers.is_any() {
                    added.extend(added_to(&transaction, serial, known)?);
                }
            }
            transaction.commit()?;
            for Added { subject, steps } in added {
                self.source.watchers.tell(subject, &steps);
            }
        }
        Ok(())
    }

    /// Makes durable what was written, and lets the journal go up to where it is.
    fn save(&mut self, is_last: bool) -> Result<(), LedgerError> {
        let is_behind = self.tail.place().file > self.saved.0.file && self.flushed.elapsed() < FLUSH_INTERVAL;
        if !is_last && !is_behind && self.saved.1.elapsed() < CHECKPOINT_INTERVAL {
            return Ok(());
        }
        self.flush(is_last)?;
        let place = self.staging.first_place().filter(|_| !is_last).unwrap_or(self.tail.place());
        self.saved.1 = Instant::now();
        if place != self.saved.0 && self.files.checkpoint()? {
            store_place(&self.directory, place)?;
            self.source.progress.set_read(place);
            self.saved.0 = place;
        }
        self.files.retain(clock(), self.retention)
    }

    /// Forgets what was not written and reads it again; false if the desk was closed meanwhile.
    fn start_over(&mut self, desk: &Desk) -> bool {
        loop {
            let pause = Instant::now();
            while let Some(rest) = ERROR_PAUSE.checked_sub(pause.elapsed()).filter(|rest| !rest.is_zero()) {
                let (questions, is_open) = desk.wait(rest);
                questions.into_iter().for_each(|question| question.refuse(behind()));
                if !is_open {
                    return false;
                }
            }
            match self.open_again() {
                Ok(()) => return true,
                Err(error) => tracing::error!(%error, "the ledger cannot be opened"),
            }
        }
    }

    fn open_again(&mut self) -> Result<(), LedgerError> {
        let place = load_place(&self.directory);
        let tail = Tail::open(&self.source.journal, place, self.source.progress.durable())?;
        self.files = Files::open(&self.directory, self.records_max, self.register.clone())?;
        self.staging = Staging::new(Arc::clone(&self.source.names), Arc::clone(&self.source.watchers));
        self.tail = tail;
        Ok(())
    }
}

fn behind() -> StoreError {
    StoreError::Failed(String::from("the ledger cannot be written"))
}

fn add_group(
    staging: &mut Staging,
    now: &mut Timestamp,
    place: Place,
    group: &Group<'_>,
) -> Result<(), LedgerError> {
    let mut reader = Reader::new(group.facts);
    while !reader.is_empty() {
        let fact = read_fact(&mut reader).map_err(|_| LedgerError::Journal)?;
        staging.add(fact, place, group.at);
    }
    *now = group.at.max(*now);
    Ok(())
}

/// Writes records to their files; those of a file that has been removed are ignored.
fn write_due(files: &mut Files, mut due: &[&Staged], breath: &mut Breath) -> Result<(), LedgerError> {
    while let Some(first) = due.first() {
        let name = files.file_for(first.serial, first.staged_at);
        let is_other = |staged: &&Staged| files.file_for(staged.serial, staged.staged_at) != name;
        let count = due.iter().position(is_other).unwrap_or(due.len());
        let (batch, rest) = due.split_at(count);
        if let Some(name) = name {
            files.insert(name, batch, breath)?;
        }
        due = rest;
    }
    Ok(())
}

/// Where to go on reading; the start if that is not known.
fn load_place(directory: &Path) -> Place {
    read_place(&fs::read(directory.join("place")).unwrap_or_default()).unwrap_or_default()
}

/// The place in the octets that [`store_place`] wrote.
pub(super) fn read_place(octets: &[u8]) -> Option<Place> {
    let mut reader = Reader::new(octets);
    match (reader.u64(), reader.u32()) {
        (Ok(place), Ok(crc)) if crc == crc32fast::hash(&place.to_le_bytes()) => Some(Place::from_u64(place)),
        _ => None,
    }
}

fn store_place(directory: &Path, place: Place) -> std::io::Result<()> {
    let octets = place.to_u64().to_le_bytes();
    let temporary = directory.join("place.new");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(&octets)?;
    file.write_all(&crc32fast::hash(&octets).to_le_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, directory.join("place"))?;
    fs::File::open(directory)?.sync_all()
}
