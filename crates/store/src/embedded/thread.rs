//! The thread that owns the engine, and the inbox through which it is told what to do.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sms::{Priority, Timestamp};

use super::clock::clock;
use super::disk::Disk;
use super::engine::{Command, Engine};
use super::load::{Load, Weight};
use crate::lease::Home;
use crate::{Entry, Part, Status, StoreError};

/// How often the status is renewed while there is no pause.
const STATUS_INTERVAL: Duration = Duration::from_millis(100);

/// How many other commands share a sync with urgent ones, so that nothing waits for ever.
const BESIDE_URGENT: usize = 4;

/// Commands on their way to the engine.
///
/// One lock per command, which may be a batch; the thread takes all that has come at once and is woken
/// only if it sleeps. Batches of urgent messages alone have a lane of their own.
pub(super) struct Inbox {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Wakes the task that owns the engine in a simulation.
    #[cfg(feature = "simulation")]
    bell: tokio::sync::Notify,
    /// Whether urgent messages have come: the thread looks at it between two commands.
    has_urgent: AtomicBool,
    /// What the messages weigh that are in here, or will be.
    load: Load,
}

#[derive(Default)]
struct Queue {
    agenda: Agenda,
    is_asleep: bool,
    is_closed: bool,
}

/// What is to be done.
#[derive(Default)]
pub(super) struct Agenda {
    /// Batches of urgent messages.
    urgent: Vec<Command>,
    /// Those who would take something: whatever is done first shall find them waiting.
    takes: Vec<Command>,
    others: VecDeque<Command>,
}

impl Agenda {
    pub(super) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.takes.is_empty() && self.others.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.takes.len() + self.others.len()
    }

    /// Adds a command; whether it is urgent.
    fn add(&mut self, command: Command) -> bool {
        match command {
            Command::Take { .. } => self.takes.push(command),
            Command::Accept { ref batch, .. } if are_urgent(batch) => {
                self.urgent.push(command);
                return true;
            }
            _ => self.others.push_back(command),
        }
        false
    }

    /// Moves all of `more` behind what is here.
    fn append(&mut self, more: &mut Self) {
        self.urgent.append(&mut more.urgent);
        self.takes.append(&mut more.takes);
        if self.others.is_empty() {
            std::mem::swap(&mut self.others, &mut more.others);
        } else {
            self.others.append(&mut more.others);
        }
    }
}

impl Inbox {
    pub(super) fn new(octets_max: usize, messages_max: usize) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Condvar::new(),
            #[cfg(feature = "simulation")]
            bell: tokio::sync::Notify::new(),
            has_urgent: AtomicBool::new(false),
            load: Load::new(Weight { octets: octets_max, messages: messages_max }),
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
        self.add(&mut queue, command);
        self.wake(queue);
        Ok(())
    }

    /// Hands over a command if there is room for its messages, and answers it that there is none otherwise.
    pub(super) fn send_bounded(&self, command: Command) {
        match self.weigh_in(&command) {
            Ok(()) => self.send_weighed([command]),
            Err(error) => command.refuse(error),
        }
    }

    /// Counts the messages of a command that is to be handed over soon, if there is room for them. Takes no lock but
    /// to say why not.
    pub(super) fn weigh_in(&self, command: &Command) -> Result<(), StoreError> {
        if self.load.add(weight_of(command)) {
            return Ok(());
        }
        Err(if self.lock().is_closed { StoreError::Closed } else { StoreError::Overloaded })
    }

    /// Hands over commands that were weighed in, unless the store has been closed.
    pub(super) fn send_weighed(&self, commands: impl IntoIterator<Item = Command>) {
        let mut queue = self.lock();
        if queue.is_closed {
            drop(queue);
            return commands.into_iter().for_each(|command| {
                self.load.remove(weight_of(&command));
                command.refuse(StoreError::Closed);
            });
        }
        for command in commands {
            self.add(&mut queue, command);
        }
        self.wake(queue);
    }

    /// How full it is of messages, in percent.
    pub(super) fn pressure(&self) -> u8 {
        self.load.percent()
    }

    fn add(&self, queue: &mut Queue, command: Command) {
        if queue.agenda.add(command) {
            self.has_urgent.store(true, Ordering::Relaxed);
        }
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
        let is_there = |queue: &Queue| !queue.agenda.is_empty() || queue.is_closed;
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
            std::mem::take(&mut queue.agenda)
        };
        // Outside of the lock: the leases in them come home.
        drop(forgotten);
    }

    /// Adds all commands that have come to `agenda`, waiting for one or for `patience` if there is none;
    /// whether more can come.
    pub(super) fn wait(&self, patience: Duration, agenda: &mut Agenda) -> bool {
        let mut queue = self.lock();
        if agenda.is_empty() && queue.agenda.is_empty() && !queue.is_closed && !patience.is_zero() {
            queue.is_asleep = true;
            queue = self.wake.wait_timeout(queue, patience).unwrap_or_else(PoisonError::into_inner).0;
            queue.is_asleep = false;
        }
        self.has_urgent.store(false, Ordering::Relaxed);
        agenda.append(&mut queue.agenda);
        !queue.is_closed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().agenda.is_empty()
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

/// How the engine stands, for all to see.
#[derive(Debug, Default)]
pub(super) struct Board {
    status: Mutex<Status>,
    is_poisoned: AtomicBool,
}

impl Board {
    /// How things stood a moment ago.
    pub(super) fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nothing is accepted any more, as the status says it.
    pub(super) fn is_poisoned(&self) -> bool {
        self.is_poisoned.load(Ordering::Relaxed)
    }
}

/// Serves the inbox until it is closed, and leaves everything durable.
pub(super) fn run<D: Disk>(mut engine: Engine<D>, inbox: &Inbox, board: &Board) {
    let mut agenda = Agenda::default();
    let mut published = Timestamp(0);
    loop {
        let now = clock();
        let patience = engine.next_wake(now).since(now);
        if !patience.is_zero() || now.since(published) >= STATUS_INTERVAL {
            publish(&mut engine, board);
            published = now;
        }
        let is_open = inbox.wait(patience, &mut agenda);
        turn(&mut engine, &mut agenda, inbox, clock());
        if !is_open && agenda.is_empty() && inbox.is_empty() {
            break;
        }
    }
    engine.flush(clock());
    engine.close();
    publish(&mut engine, board);
}

/// Whether all of these messages are urgent, so that they wait for no others.
pub(super) fn are_urgent(batch: &[Entry]) -> bool {
    batch.iter().all(|entry| entry.message.priority >= Priority::URGENT)
}

/// What a command brings.
fn weight_of(command: &Command) -> Weight {
    match command {
        Command::Accept { batch, octets, .. } => Weight { octets: *octets, messages: batch.len() },
        _ => Weight::default(),
    }
}

/// Does what is on the agenda and makes it durable. As soon as there is something urgent, that is made
/// durable at once, and most of the rest stays for the next turn.
pub(super) fn turn<D: Disk>(engine: &mut Engine<D>, agenda: &mut Agenda, inbox: &Inbox, now: Timestamp) {
    engine.tick(now);
    let mut done = Weight::default();
    let mut handle = |command: Command| {
        done += weight_of(&command);
        engine.handle(command, now);
    };
    let is_urgent = !agenda.urgent.is_empty();
    let most = if is_urgent { BESIDE_URGENT } else { usize::MAX };
    agenda.urgent.drain(..).chain(agenda.takes.drain(..)).for_each(&mut handle);
    for _ in 0..most {
        let Some(command) = agenda.others.pop_front() else { break };
        handle(command);
        if inbox.has_urgent.load(Ordering::Relaxed) {
            break;
        }
    }
    inbox.load.remove(done);
    if !is_urgent {
        engine.serve_ahead(now);
    }
    engine.commit(now);
    engine.serve(now);
}

pub(super) fn publish<D: Disk>(engine: &mut Engine<D>, board: &Board) {
    let mut status = board.status.lock().unwrap_or_else(PoisonError::into_inner);
    engine.update(&mut status);
    board.is_poisoned.store(status.poisoned.is_some(), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::sync::oneshot;

    use super::super::memory_disk::MemoryDisk;
    use super::super::options::Options;
    use super::*;
    use crate::Lease;
    use crate::conformance::sample;

    type Answered<T> = oneshot::Receiver<Result<T, StoreError>>;

    fn entry(number: u64, priority: Priority) -> Entry {
        sample::entry(number, |message| message.priority = priority)
    }

    fn accept(inbox: &Inbox, batch: Vec<Entry>) -> Answered<()> {
        let (answer, answered) = oneshot::channel();
        inbox.send_bounded(Command::Accept { batch, octets: 1, answer });
        answered
    }

    fn take(inbox: &Inbox, max: usize) -> Answered<Vec<Lease>> {
        let (answer, answered) = oneshot::channel();
        let link = sms::LinkName::from("telco-a");
        inbox.send(Command::Take { link, max, answer }).map_err(drop).unwrap();
        answered
    }

    fn engine() -> Engine<MemoryDisk> {
        let options = Options { ledger: false, ..Options::default() };
        Engine::open(MemoryDisk::default(), options, clock()).unwrap()
    }

    #[test]
    fn urgent_messages_share_their_sync_with_little_and_leave_first() {
        let (mut engine, mut agenda, inbox) = (engine(), Agenda::default(), Inbox::new(1000, 1000));
        let mut bulk: Vec<_> =
            (0..10).map(|number| accept(&inbox, vec![entry(number, Priority::BULK)])).collect();
        let mut urgent = accept(&inbox, vec![entry(10, Priority::URGENT)]);
        let mut taken = take(&inbox, 3);
        assert!(inbox.wait(Duration::ZERO, &mut agenda));
        turn(&mut engine, &mut agenda, &inbox, clock());
        assert!(matches!(urgent.try_recv(), Ok(Ok(()))));
        let leases = taken.try_recv().unwrap().unwrap();
        let ids: Vec<_> = leases.iter().map(|lease| lease.message().id).collect();
        assert_eq!(ids, [10, 0, 1].map(sample::id));
        let answered =
            |bulk: &mut [Answered<()>]| bulk.iter_mut().filter_map(|one| one.try_recv().ok()).count();
        assert_eq!((answered(&mut bulk), agenda.others.len()), (BESIDE_URGENT, 10 - BESIDE_URGENT));
        assert!(inbox.wait(Duration::MAX, &mut agenda), "what is left is not waited for");
        turn(&mut engine, &mut agenda, &inbox, clock());
        assert_eq!((answered(&mut bulk), agenda.is_empty()), (10 - BESIDE_URGENT, true));
        assert!(inbox.load.is_nothing());
    }

    #[test]
    fn what_waits_is_lent_before_the_disk_is_waited_for() {
        let disk = MemoryDisk::default();
        let options = Options { ledger: false, ..Options::default() };
        let mut engine = Engine::open(disk.clone(), options, clock()).unwrap();
        let (mut agenda, inbox) = (Agenda::default(), Inbox::new(1000, 1000));
        let mut turn = || {
            inbox.wait(Duration::ZERO, &mut agenda);
            turn(&mut engine, &mut agenda, &inbox, clock());
        };
        let mut durable = accept(&inbox, vec![entry(0, Priority::BULK)]);
        turn();
        assert!(matches!(durable.try_recv(), Ok(Ok(()))));
        let (mut waits, mut taken) = (accept(&inbox, vec![entry(1, Priority::BULK)]), take(&inbox, 3));
        disk.fail_syncs();
        turn();
        assert!(matches!(waits.try_recv(), Ok(Err(StoreError::Failed(_)))));
        let leases = taken.try_recv().unwrap().unwrap();
        let ids: Vec<_> = leases.iter().map(|lease| lease.message().id).collect();
        assert_eq!(ids, [sample::id(0)], "and nothing that is not durable");
        leases.into_iter().for_each(|lease| {
            lease.end();
        });
    }

    #[test]
    fn urgent_messages_go_before_what_waits_already() {
        let (mut engine, mut agenda, inbox) = (engine(), Agenda::default(), Inbox::new(1000, 1000));
        let mut turn = || {
            inbox.wait(Duration::ZERO, &mut agenda);
            turn(&mut engine, &mut agenda, &inbox, clock());
        };
        let _bulk = accept(&inbox, vec![entry(0, Priority::BULK)]);
        turn();
        let (_urgent, mut taken) = (accept(&inbox, vec![entry(1, Priority::URGENT)]), take(&inbox, 1));
        turn();
        let leases = taken.try_recv().unwrap().unwrap();
        let ids: Vec<_> = leases.iter().map(|lease| lease.message().id).collect();
        assert_eq!(ids, [sample::id(1)]);
    }

    #[test]
    fn how_it_stands_is_known_without_asking_the_engine() {
        let disk = MemoryDisk::default();
        let options = Options { ledger: false, ..Options::default() };
        let mut engine = Engine::open(disk.clone(), options, clock()).unwrap();
        let (mut agenda, inbox, board) = (Agenda::default(), Inbox::new(1000, 4), Board::default());
        assert_eq!(inbox.pressure(), 0);
        let mut answered = accept(&inbox, vec![entry(0, Priority::BULK)]);
        assert_eq!(inbox.pressure(), 25);
        disk.fail_syncs();
        inbox.wait(Duration::ZERO, &mut agenda);
        turn(&mut engine, &mut agenda, &inbox, clock());
        assert!(matches!(answered.try_recv(), Ok(Err(StoreError::Failed(_)))));
        assert_eq!(inbox.pressure(), 0, "nothing waits any more");
        assert!(!board.is_poisoned());
        publish(&mut engine, &board);
        assert!(board.is_poisoned() && board.status().poisoned.is_some());
    }

    #[test]
    fn a_batch_that_is_not_all_urgent_keeps_its_place() {
        let (mut agenda, inbox) = (Agenda::default(), Inbox::new(1000, 1000));
        let _bulk = accept(&inbox, vec![entry(0, Priority::BULK)]);
        let _mixed = accept(&inbox, vec![entry(1, Priority::URGENT), entry(2, Priority::BULK)]);
        assert!(!inbox.has_urgent.load(Ordering::Relaxed));
        inbox.wait(Duration::ZERO, &mut agenda);
        assert_eq!((agenda.urgent.len(), agenda.others.len()), (0, 2));
    }

    #[test]
    fn what_becomes_urgent_meanwhile_ends_the_turn() {
        let (mut engine, mut agenda, inbox) = (engine(), Agenda::default(), Inbox::new(1000, 1000));
        let _bulk: Vec<_> =
            (0..10).map(|number| accept(&inbox, vec![entry(number, Priority::BULK)])).collect();
        inbox.wait(Duration::ZERO, &mut agenda);
        let mut urgent = accept(&inbox, vec![entry(10, Priority::URGENT)]);
        turn(&mut engine, &mut agenda, &inbox, clock());
        assert_eq!(agenda.others.len(), 9);
        inbox.wait(Duration::ZERO, &mut agenda);
        turn(&mut engine, &mut agenda, &inbox, clock());
        assert!(matches!(urgent.try_recv(), Ok(Ok(()))));
    }
}
