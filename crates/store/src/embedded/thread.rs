//! The thread that owns the engine, and the inbox through which it is told what to do.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sms::Timestamp;

use super::disk::Disk;
use super::engine::{Command, Engine};
use crate::lease::Home;
use crate::{Part, Status, StoreError};

/// How often the status is renewed while there is no pause.
const STATUS_INTERVAL: Duration = Duration::from_millis(100);

/// Commands on their way to the engine.
///
/// One lock per command, which may be a batch; the thread takes all that has come at once and is woken
/// only if it sleeps.
pub(super) struct Inbox {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Wakes the task that owns the engine in a simulation.
    #[cfg(feature = "simulation")]
    bell: tokio::sync::Notify,
    octets_max: usize,
    messages_max: usize,
}

#[derive(Default)]
struct Queue {
    commands: Vec<Command>,
    pending_octets: usize,
    pending_messages: usize,
    is_asleep: bool,
    is_closed: bool,
}

impl Inbox {
    pub(super) fn new(octets_max: usize, messages_max: usize) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Condvar::new(),
            #[cfg(feature = "simulation")]
            bell: tokio::sync::Notify::new(),
            octets_max,
            messages_max,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a command to the engine; hands it back if the store has been closed.
    pub(super) fn send(&self, command: Command) -> Result<(), Command> {
        let mut queue = self.lock();
        if queue.is_closed {
            return Err(command);
        }
        queue.commands.push(command);
        self.wake(queue);
        Ok(())
    }

    /// The same if there is room for the messages that it brings.
    pub(super) fn send_bounded(&self, command: Command) -> Result<(), StoreError> {
        let (octets, messages) = weight_of(&command);
        let mut queue = self.lock();
        if queue.is_closed {
            return Err(StoreError::Closed);
        }
        let fits = queue.pending_octets + octets <= self.octets_max
            && queue.pending_messages + messages <= self.messages_max;
        if !fits {
            return Err(StoreError::Overloaded);
        }
        queue.pending_octets += octets;
        queue.pending_messages += messages;
        queue.commands.push(command);
        self.wake(queue);
        Ok(())
    }

    fn wake(&self, mut queue: MutexGuard<'_, Queue>) {
        let was_asleep = std::mem::replace(&mut queue.is_asleep, false);
        drop(queue);
        if was_asleep {
            self.wake.notify_one();
            #[cfg(feature = "simulation")]
            self.bell.notify_one();
        }
    }

    /// Takes no more commands; the engine does what it has been told and ends.
    pub(super) fn close(&self) {
        let mut queue = self.lock();
        queue.is_closed = true;
        self.wake(queue);
    }

    /// Waits for a command or for `patience`; whether there is anything to take.
    #[cfg(feature = "simulation")]
    pub(super) async fn arrival(&self, patience: Duration) -> bool {
        let is_there = |queue: &Queue| !queue.commands.is_empty() || queue.is_closed;
        {
            let mut queue = self.lock();
            if is_there(&queue) || patience.is_zero() {
                return is_there(&queue);
            }
            queue.is_asleep = true;
        }
        let _ = tokio::time::timeout(patience, self.bell.notified()).await;
        let mut queue = self.lock();
        queue.is_asleep = false;
        is_there(&queue)
    }

    /// Takes no more commands, and forgets those that have come.
    #[cfg(feature = "simulation")]
    pub(super) fn abandon(&self) {
        let forgotten = {
            let mut queue = self.lock();
            queue.is_closed = true;
            std::mem::take(&mut queue.commands)
        };
        // Outside of the lock: the leases in them come home.
        drop(forgotten);
    }

    /// All commands that have come, waiting for one or for `patience`; whether more can come.
    pub(super) fn wait(&self, patience: Duration, commands: &mut Vec<Command>) -> bool {
        let mut queue = self.lock();
        if queue.commands.is_empty() && !queue.is_closed && !patience.is_zero() {
            queue.is_asleep = true;
            queue = self.wake.wait_timeout(queue, patience).unwrap_or_else(PoisonError::into_inner).0;
            queue.is_asleep = false;
        }
        std::mem::swap(&mut queue.commands, commands);
        !queue.is_closed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().commands.is_empty()
    }

    /// So much is being written and no longer waits.
    pub(super) fn done(&self, (octets, messages): (usize, usize)) {
        if (octets, messages) != (0, 0) {
            let mut queue = self.lock();
            queue.pending_octets = queue.pending_octets.saturating_sub(octets);
            queue.pending_messages = queue.pending_messages.saturating_sub(messages);
        }
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Home for Inbox {
    fn give_back(&self, part: Part) {
        let _ = self.send(Command::GiveBack(part));
    }
}

/// Serves the inbox until it is closed, and leaves everything durable.
pub(super) fn run<D: Disk>(mut engine: Engine<D>, inbox: &Inbox, status: &Mutex<Status>) {
    let mut commands = Vec::new();
    let mut published = Timestamp(0);
    loop {
        let now = clock();
        let patience = engine.next_wake(now).since(now);
        if !patience.is_zero() || now.since(published) >= STATUS_INTERVAL {
            publish(&engine, status);
            published = now;
        }
        let is_open = inbox.wait(patience, &mut commands);
        let weight = commands.iter().map(weight_of).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        inbox.done(weight);
        turn(&mut engine, commands.drain(..), clock());
        if !is_open && inbox.is_empty() {
            break;
        }
    }
    engine.flush(clock());
    engine.close();
    publish(&engine, status);
}

/// The octets and messages that a command brings.
pub(super) fn weight_of(command: &Command) -> (usize, usize) {
    match command {
        Command::Accept { batch, octets, .. } => (*octets, batch.len()),
        _ => (0, 0),
    }
}

pub(super) fn turn<D: Disk>(engine: &mut Engine<D>, commands: impl Iterator<Item = Command>, now: Timestamp) {
    engine.tick(now);
    commands.for_each(|command| engine.handle(command, now));
    engine.commit(now);
    engine.serve(now);
}

pub(super) fn publish<D: Disk>(engine: &Engine<D>, status: &Mutex<Status>) {
    let now = engine.status();
    *status.lock().unwrap_or_else(PoisonError::into_inner) = now;
}

/// Now, by the clock of the system.
pub(super) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
