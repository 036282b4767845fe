//! The embedded store without its thread, its directory and its ledger in SQLite: one task of a
//! runtime that has a single thread, on a disk in memory, by a clock that is given to it.
//!
//! Everything else is what runs in production: the inbox, the engine, the journal and its recovery. In
//! the place of the ledger a [`Recorder`] answers, which has read as much of the journal.

mod recorder;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sms::Timestamp;

use super::EmbeddedStore;
use super::engine::Engine;
use super::gathering::Gathering;
pub use super::memory_disk::MemoryDisk;
use super::options::{OpenError, Options};
use super::records::Records;
use super::thread::{Agenda, Board, Inbox, publish, turn};
use super::turns::Turns;
pub use recorder::Recorder;

/// What a simulated store runs on.
pub struct Machine<C, L> {
    /// Where the journal is.
    pub disk: MemoryDisk,
    /// What is kept of each message; it outlives the store, as a ledger does.
    pub recorder: Recorder,
    /// The time of day.
    pub clock: C,
    /// How long the disk takes for what has come together: asked once for each turn that does something.
    pub latency: L,
}

/// How the task of a simulated store ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The store was closed, and everything is durable.
    Closed,
    /// The power of the disk went; nobody has run since who could have been told anything.
    PowerGone,
    /// The engine wanted a turn again and again although no time passed and nothing was said to it.
    Spinning,
}

impl EmbeddedStore {
    /// Opens a store on a simulated machine. It works while the future that comes with it is polled;
    /// dropping that is the end of the process: what was said and not done is forgotten.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`] says; the power may go here too.
    pub fn simulate<C, L>(
        machine: Machine<C, L>,
        options: Options,
    ) -> Result<(Self, impl Future<Output = Ended> + Send + use<C, L>), OpenError>
    where
        C: Fn() -> Timestamp + Send + 'static,
        L: FnMut() -> Duration + Send + 'static,
    {
        let options = Options { ledger: true, ..options }.bounded();
        let inbox = Arc::new(Inbox::new(options.pending_octets_max, options.pending_messages_max));
        let retention = options.retention;
        let mut engine = Engine::open(machine.disk.clone(), options, (machine.clock)())?;
        engine.set_home(Arc::clone(&inbox) as Arc<dyn crate::lease::Home>);
        machine.recorder.open(engine.shared_names());
        let board = Arc::default();
        publish(&mut engine, &board);
        let process = Process { inbox: Arc::clone(&inbox), board: Arc::clone(&board) };
        let records = Some(Records::Recorder(machine.recorder.clone()));
        let watchers = Arc::default();
        let store = Self {
            gathering: Gathering::new(Arc::clone(&inbox)),
            inbox,
            board,
            watchers,
            records,
            retention,
            summariser: None,
            turns: Turns::default(),
            engine: Mutex::new(None),
        };
        Ok((store, run(engine, process, machine)))
    }
}

/// What the task shares with the store; when it is dropped the store is closed.
struct Process {
    inbox: Arc<Inbox>,
    board: Arc<Board>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}

async fn run<C, L>(mut engine: Engine<MemoryDisk>, process: Process, mut machine: Machine<C, L>) -> Ended
where
    C: Fn() -> Timestamp + Send,
    L: FnMut() -> Duration + Send,
{
    let mut agenda = Agenda::default();
    let mut idle_turns = 0;
    loop {
        let now = (machine.clock)();
        if !agenda.is_empty() || process.inbox.arrival(engine.next_wake(now).since(now)).await {
            tokio::time::sleep((machine.latency)()).await;
        }
        let is_open = process.inbox.wait(Duration::ZERO, &mut agenda);
        let is_idle = agenda.is_empty() && (machine.clock)() == now;
        idle_turns = if is_idle { idle_turns + 1 } else { 0 };
        if idle_turns > IDLE_TURNS_MAX {
            return Ended::Spinning;
        }
        let now = (machine.clock)();
        turn(&mut engine, &mut agenda, &process.inbox, now);
        let is_last = !is_open && agenda.is_empty() && process.inbox.is_empty();
        if is_last {
            engine.flush(now);
        }
        publish(&mut engine, &process.board);
        if machine.disk.is_off() {
            return Ended::PowerGone;
        }
        let progress = engine.progress();
        progress.set_read(machine.recorder.catch_up(&mut machine.disk, progress.durable()));
        if is_last {
            engine.close();
            return Ended::Closed;
        }
    }
}

/// How often the engine may want a turn in no time.
const IDLE_TURNS_MAX: u32 = 100;
