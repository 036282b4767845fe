//! Following what happens to messages while it happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sms::{LinkName, MessageId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::Step;

/// Something that happened to a message: a step that its record has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The message.
    pub id: MessageId,
    /// What happened to it.
    pub step: Step,
}

/// Who follows what, shared by those who follow and who tells them.
///
/// Whoever tells never waits for those who follow, and as long as nobody does it is told so at once.
#[derive(Debug, Default)]
pub struct Watchers {
    /// How many links are followed.
    followed: AtomicUsize,
    channels: Mutex<HashMap<LinkName, broadcast::Sender<Happening>>>,
}

/// What happens to the messages of one link. Dropping it ends the following.
#[derive(Debug)]
pub struct Watch {
    link: LinkName,
    receiver: broadcast::Receiver<Happening>,
    watchers: Arc<Watchers>,
}

/// What one who follows is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Something happened.
    Happened(Happening),
    /// So many happenings were not seen: more came than [`Watch::BACKLOG_MAX`] while nobody looked.
    Missed(u64),
}

impl Watchers {
    /// Follows the messages that `link` brings or takes, from now on.
    #[must_use]
    pub fn watch(self: &Arc<Self>, link: &LinkName) -> Watch {
        let mut channels = self.channels();
        let sender =
            channels.entry(link.clone()).or_insert_with(|| broadcast::Sender::new(Watch::BACKLOG_MAX));
        let receiver = sender.subscribe();
        self.followed.store(channels.len(), Ordering::Relaxed);
        drop(channels);
        Watch { link: link.clone(), receiver, watchers: Arc::clone(self) }
    }

    /// Whether anybody follows anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.followed.load(Ordering::Relaxed) > 0
    }

    /// Tells those who follow the link that brought a message or the one that takes it.
    pub fn tell(&self, id: MessageId, origin: &LinkName, target: &LinkName, steps: &[Step]) {
        let channels = self.channels();
        let of_target = channels.get(target).filter(|_| target != origin);
        for channel in channels.get(origin).into_iter().chain(of_target) {
            for step in steps {
                // Nobody may be left, and that is as good.
                let _ = channel.send(Happening { id, step: step.clone() });
            }
        }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<LinkName, broadcast::Sender<Happening>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// How many happenings wait for one who follows; the oldest are missed when there are more.
    pub const BACKLOG_MAX: usize = 1024;

    /// Waits for the next; cancelling the call loses nothing.
    pub async fn next(&mut self) -> Seen {
        match self.receiver.recv().await {
            Ok(happening) => Seen::Happened(happening),
            Err(RecvError::Lagged(count)) => Seen::Missed(count),
            // Not while somebody follows.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut channels = self.watchers.channels();
        // Its own receiver goes only after this.
        if channels.get(&self.link).is_some_and(|sender| sender.receiver_count() <= 1) {
            channels.remove(&self.link);
        }
        self.watchers.followed.store(channels.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sms::Timestamp;

    use super::*;
    use crate::Event;

    fn step(at: u64) -> Step {
        Step { at: Timestamp(at), segment: 0, event: Event::Accepted }
    }

    fn tell(watchers: &Watchers, [origin, target]: [&str; 2], at: u64) {
        let id = MessageId::from_octets([7; 16]);
        watchers.tell(id, &LinkName::from(origin), &LinkName::from(target), &[step(at)]);
    }

    async fn next_at(watch: &mut Watch) -> u64 {
        match watch.next().await {
            Seen::Happened(happening) => happening.step.at.0,
            Seen::Missed(count) => panic!("{count} missed"),
        }
    }

    #[tokio::test]
    async fn who_follows_is_told_of_its_own_alone_and_nobody_when_all_are_gone() {
        let watchers = Arc::new(Watchers::default());
        assert!(!watchers.is_any());
        let (mut bank, mut again) = (watchers.watch(&"bank".into()), watchers.watch(&"bank".into()));
        let mut telco = watchers.watch(&"telco".into());
        tell(&watchers, ["bank", "telco"], 1);
        tell(&watchers, ["shop", "other"], 2);
        tell(&watchers, ["bank", "bank"], 3);
        tell(&watchers, ["shop", "bank"], 4);
        for watch in [&mut bank, &mut again] {
            assert_eq!([next_at(watch).await, next_at(watch).await, next_at(watch).await], [1, 3, 4]);
        }
        assert_eq!(next_at(&mut telco).await, 1);
        drop(bank);
        tell(&watchers, ["bank", "x"], 5);
        assert_eq!(next_at(&mut again).await, 5, "the other goes on");
        drop((again, telco));
        assert!(!watchers.is_any() && watchers.channels().is_empty());
    }

    #[tokio::test]
    async fn who_is_slow_is_told_how_many_were_missed() {
        let watchers = Arc::new(Watchers::default());
        let mut bank = watchers.watch(&"bank".into());
        let more = 5;
        (0..Watch::BACKLOG_MAX as u64 + more).for_each(|at| tell(&watchers, ["bank", "x"], at));
        assert_eq!(bank.next().await, Seen::Missed(more));
        assert_eq!(next_at(&mut bank).await, more);
    }
}
