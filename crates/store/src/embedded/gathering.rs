//! Batches that are handed to the engine together.
//!
//! Where many tasks hand over a message each, those that are ready at the same time share one lock, one waking of the
//! engine's thread and one sync.

use std::sync::{Mutex, PoisonError};

use super::engine::Command;
use super::thread::Inbox;

/// Commands that wait for others.
#[derive(Default)]
pub(super) struct Gathering(Mutex<Vec<Command>>);

/// Hands over what was gathered when it is dropped.
struct HandOver<'a> {
    gathering: &'a Gathering,
    inbox: &'a Inbox,
}

impl Gathering {
    /// Hands a command over with those of other tasks that have their turn now; whoever is the first does it for all.
    pub(super) async fn send(&self, command: Command, inbox: &Inbox) {
        if self.add(command) {
            // Also if the task goes meanwhile: the others rely on it.
            let _at_the_end = HandOver { gathering: self, inbox };
            tokio::task::yield_now().await;
        }
    }

    /// Whether it is the first.
    fn add(&self, command: Command) -> bool {
        let mut commands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commands.push(command);
        commands.len() == 1
    }

    fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for HandOver<'_> {
    fn drop(&mut self) {
        self.inbox.send_bounded(self.gathering.take());
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

    use std::pin::{Pin, pin};
    use std::task::{Context, Waker};
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::super::thread::Agenda;
    use super::*;
    use crate::StoreError;
    use crate::conformance::sample;

    type Answered = oneshot::Receiver<Result<(), StoreError>>;

    fn accept(number: u64) -> (Command, Answered) {
        let (answer, answered) = oneshot::channel();
        (Command::Accept { batch: vec![sample::entry(number, |_| {})], octets: 1, answer }, answered)
    }

    /// How many commands the engine would find.
    fn arrived(inbox: &Inbox) -> usize {
        let mut agenda = Agenda::default();
        inbox.wait(Duration::ZERO, &mut agenda);
        agenda.len()
    }

    fn has_ended(sending: Pin<&mut impl Future>) -> bool {
        sending.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn what_is_ready_at_the_same_time_arrives_together() {
        let (gathering, inbox) = (Gathering::default(), Inbox::new(1000, 1000));
        let mut first = pin!(gathering.send(accept(0).0, &inbox));
        assert!(!has_ended(first.as_mut()));
        for number in 1..3 {
            assert!(has_ended(pin!(gathering.send(accept(number).0, &inbox))));
        }
        assert_eq!(arrived(&inbox), 0, "others may still come");
        first.await;
        assert_eq!(arrived(&inbox), 3);
        gathering.send(accept(3).0, &inbox).await;
        assert_eq!(arrived(&inbox), 1);
    }

    #[tokio::test]
    async fn the_first_may_go() {
        let (gathering, inbox) = (Gathering::default(), Inbox::new(1000, 1000));
        {
            let first = pin!(gathering.send(accept(0).0, &inbox));
            assert!(!has_ended(first));
            gathering.send(accept(1).0, &inbox).await;
        }
        assert_eq!(arrived(&inbox), 2);
    }

    #[tokio::test]
    async fn what_has_no_room_is_refused_by_itself() {
        let (gathering, inbox) = (Gathering::default(), Inbox::new(1000, 1));
        let ((kept, mut answered), (refused, mut refusal)) = (accept(0), accept(1));
        tokio::join!(gathering.send(kept, &inbox), gathering.send(refused, &inbox));
        assert_eq!(arrived(&inbox), 1);
        assert!(answered.try_recv().is_err(), "it is not done yet");
        assert!(matches!(refusal.try_recv(), Ok(Err(StoreError::Overloaded))));
    }
}
