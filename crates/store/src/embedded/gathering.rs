//! Batches that are handed to the engine together.
//!
//! Where many tasks hand over a message each, those that are ready at the same time share one lock, one waking of the
//! engine's thread and one sync.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::engine::Command;
use super::thread::Inbox;

/// Commands that wait for others: those of one turn of the tasks that are ready. The inbox weighs each when it comes, so
/// that no more wait here than would have room there.
pub(super) struct Gathering {
    commands: Mutex<Vec<Command>>,
    inbox: Arc<Inbox>,
}

/// Hands over what was gathered when it is dropped.
struct HandOver(Arc<Gathering>);

impl Gathering {
    pub(super) fn new(inbox: Arc<Inbox>) -> Arc<Self> {
        Arc::new(Self { commands: Mutex::default(), inbox })
    }

    /// Hands a command over with those of other tasks that have their turn now, or answers it at once that there is no
    /// room for its messages.
    pub(super) fn send(self: &Arc<Self>, command: Command) {
        if let Err(error) = self.inbox.weigh_in(&command) {
            return command.refuse(error);
        }
        if !self.add(command) {
            return;
        }
        // Also if the runtime ends meanwhile.
        let at_the_end = HandOver(Arc::clone(self));
        if let Ok(runtime) = Handle::try_current() {
            // A task of its own: who sends may not have another turn for long, and the others rely on it.
            runtime.spawn(async move {
                tokio::task::yield_now().await;
                drop(at_the_end);
            });
        }
    }

    /// Whether it is the first.
    fn add(&self, command: Command) -> bool {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.push(command);
        commands.len() == 1
    }

    fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.commands.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        self.0.inbox.send_weighed(self.0.take());
    }
}

impl std::fmt::Debug for Gathering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gathering").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::super::thread::Agenda;
    use super::*;
    use crate::StoreError;
    use crate::conformance::sample;

    type Answered = oneshot::Receiver<Result<(), StoreError>>;

    fn gathering(messages_max: usize) -> Arc<Gathering> {
        Gathering::new(Arc::new(Inbox::new(1000, messages_max)))
    }

    fn accept(number: u64) -> (Command, Answered) {
        let (answer, answered) = oneshot::channel();
        (Command::Accept { batch: vec![sample::entry(number, |_| {})], octets: 1, answer }, answered)
    }

    /// How many commands the engine would find.
    fn arrived(gathering: &Gathering) -> usize {
        let mut agenda = Agenda::default();
        gathering.inbox.wait(Duration::ZERO, &mut agenda);
        agenda.len()
    }

    /// The same as soon as there are any.
    async fn arrive(gathering: &Gathering) -> usize {
        loop {
            match arrived(gathering) {
                0 => tokio::task::yield_now().await,
                count => return count,
            }
        }
    }

    #[tokio::test]
    async fn what_is_ready_at_the_same_time_arrives_together() {
        let gathering = gathering(1000);
        (0..3).for_each(|number| gathering.send(accept(number).0));
        assert_eq!(arrived(&gathering), 0, "others may still come");
        assert_eq!(arrive(&gathering).await, 3);
        gathering.send(accept(3).0);
        assert_eq!(arrive(&gathering).await, 1);
    }

    #[tokio::test]
    async fn what_has_no_room_is_refused_by_itself() {
        let gathering = gathering(1);
        let ((kept, mut answered), (refused, refusal)) = (accept(0), accept(1));
        gathering.send(kept);
        gathering.send(refused);
        assert!(matches!(refusal.await, Ok(Err(StoreError::Overloaded))));
        assert_eq!(arrive(&gathering).await, 1);
        assert!(answered.try_recv().is_err(), "it is not done yet");
    }

    #[tokio::test]
    async fn what_still_waits_here_weighs_already() {
        let gathering = gathering(2);
        let inbox = &gathering.inbox;
        gathering.send(accept(0).0);
        assert_eq!((arrived(&gathering), inbox.pressure()), (0, 50));
        let (other, mut unanswered) = accept(1);
        inbox.send_bounded(other);
        let ((late, mut refusal), (later, mut refusal_by_inbox)) = (accept(2), accept(3));
        gathering.send(late);
        inbox.send_bounded(later);
        for refusal in [&mut refusal, &mut refusal_by_inbox] {
            assert!(matches!(refusal.try_recv(), Ok(Err(StoreError::Overloaded))), "at once");
        }
        assert_eq!((arrived(&gathering), arrive(&gathering).await), (1, 1));
        assert!(unanswered.try_recv().is_err());
        assert_eq!(inbox.pressure(), 100, "it waits until it is done");
    }

    #[tokio::test]
    async fn what_comes_too_late_is_told_so_and_weighs_nothing() {
        let gathering = gathering(2);
        let (command, answered) = accept(0);
        gathering.send(command);
        gathering.inbox.close();
        assert!(matches!(answered.await, Ok(Err(StoreError::Closed))));
        assert_eq!(gathering.inbox.pressure(), 0);
        let (command, answered) = accept(1);
        gathering.inbox.send_bounded(command);
        assert!(matches!(answered.await, Ok(Err(StoreError::Closed))));
    }

    #[test]
    fn without_others_nothing_waits() {
        let gathering = gathering(1000);
        gathering.send(accept(0).0);
        assert_eq!(arrived(&gathering), 1, "there is no runtime, and so no other task");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { gathering.send(accept(1).0) });
        drop(runtime);
        assert_eq!(arrived(&gathering), 1, "the runtime ended before its turn");
    }
}
