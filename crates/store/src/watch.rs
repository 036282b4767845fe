//! Following what happens to messages while it happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sms::{Address, LinkName, MessageId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{Record, Step};

/// Something that happened to a message: a step that its record has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The message.
    pub subject: Arc<Subject>,
    /// What happened to it.
    pub step: Step,
}

/// What those who follow can choose messages by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: MessageId,
    /// The link that brought it.
    pub origin: LinkName,
    /// The link that it leaves by.
    pub target: LinkName,
    /// Who sends.
    pub source: Address,
    /// Who receives.
    pub destination: Address,
    /// What its owner calls it ([`Attached::reference`](sms::Attached::reference)); often empty.
    pub reference: Bytes,
}

/// Who follows what, shared by those who follow and who tells them.
///
/// Whoever tells never waits for those who follow, and as long as nobody does it is told so at once.
#[derive(Debug, Default)]
pub struct Watchers {
    /// How many follow.
    count: AtomicUsize,
    followers: Mutex<Followers>,
}

#[derive(Debug, Default)]
struct Followers {
    by_link: HashMap<LinkName, Vec<Arc<Follower>>>,
    last_number: u64,
}

struct Follower {
    number: u64,
    links: Arc<[LinkName]>,
    wish: Wish,
    sender: broadcast::Sender<Happening>,
}

/// Whether one who follows wants to be told of something. It is asked by whoever tells, so it must be quick.
pub type Wish = Box<dyn Fn(&Happening) -> bool + Send + Sync>;

/// What happens to the messages of some links. Dropping it ends the following.
#[derive(Debug)]
pub struct Watch {
    links: Arc<[LinkName]>,
    number: u64,
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

impl From<Record> for Subject {
    fn from(record: Record) -> Self {
        Self {
            id: record.id,
            origin: record.origin,
            target: record.target,
            source: record.source,
            destination: record.destination,
            reference: record.attached.map(|attached| attached.reference.clone()).unwrap_or_default(),
        }
    }
}

impl Watchers {
    /// Follows of the messages that one of `links` brings or takes what is wished, from now on.
    #[must_use]
    pub fn watch(self: &Arc<Self>, links: &[LinkName], wish: Wish) -> Watch {
        let sender = broadcast::Sender::new(Watch::BACKLOG_MAX);
        let receiver = sender.subscribe();
        let mut followers = self.followers();
        followers.last_number += 1;
        let number = followers.last_number;
        let links: Arc<[LinkName]> = links.into();
        let follower = Arc::new(Follower { number, links: Arc::clone(&links), wish, sender });
        for link in &*links {
            followers.by_link.entry(link.clone()).or_default().push(Arc::clone(&follower));
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        drop(followers);
        Watch { links, number, receiver, watchers: Arc::clone(self) }
    }

    /// Whether anybody follows anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Tells those who follow the link that brought a message or the one that takes it.
    pub fn tell(&self, subject: Subject, steps: &[Step]) {
        let subject = Arc::new(subject);
        let followers = self.followers();
        let of = |link| followers.by_link.get(link).into_iter().flatten();
        // Whoever follows both is told once.
        let of_target = of(&subject.target).filter(|follower| !follower.links.contains(&subject.origin));
        for follower in of(&subject.origin).chain(of_target) {
            for step in steps {
                let happening = Happening { subject: subject.clone(), step: step.clone() };
                if (follower.wish)(&happening) {
                    // Nobody may be left, and that is as good.
                    let _ = follower.sender.send(happening);
                }
            }
        }
    }

    fn followers(&self) -> MutexGuard<'_, Followers> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("number", &self.number).finish_non_exhaustive()
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
        let mut followers = self.watchers.followers();
        for link in &*self.links {
            let is_left = followers.by_link.get_mut(link).is_some_and(|those| {
                those.retain(|follower| follower.number != self.number);
                !those.is_empty()
            });
            if !is_left {
                followers.by_link.remove(link);
            }
        }
        self.watchers.count.fetch_sub(1, Ordering::Relaxed);
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
        let subject = Subject {
            id: MessageId::from_octets([7; 16]),
            origin: LinkName::from(origin),
            target: LinkName::from(target),
            source: Address::default(),
            destination: Address::default(),
            reference: Bytes::new(),
        };
        watchers.tell(subject, &[step(at)]);
    }

    fn all() -> Wish {
        Box::new(|_| true)
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
        let (mut bank, mut again) =
            (watchers.watch(&["bank".into()], all()), watchers.watch(&["bank".into()], all()));
        let mut telco = watchers.watch(&["telco".into()], all());
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
        assert!(!watchers.is_any() && watchers.followers().by_link.is_empty());
    }

    #[tokio::test]
    async fn who_follows_several_links_is_told_once_of_each_message() {
        let watchers = Arc::new(Watchers::default());
        let mut both = watchers.watch(&["bank".into(), "games".into()], all());
        for (at, ends) in [["games", "telco"], ["bank", "games"], ["telco", "games"], ["games", "games"]]
            .into_iter()
            .enumerate()
        {
            tell(&watchers, ends, at as u64);
        }
        tell(&watchers, ["shop", "telco"], 7);
        tell(&watchers, ["telco", "bank"], 8);
        for expected in [0, 1, 2, 3, 8] {
            assert_eq!(next_at(&mut both).await, expected);
        }
        drop(both);
        assert!(!watchers.is_any() && watchers.followers().by_link.is_empty());
    }

    #[tokio::test]
    async fn who_is_slow_is_told_how_many_were_missed() {
        let watchers = Arc::new(Watchers::default());
        let mut bank = watchers.watch(&["bank".into()], all());
        let more = 5;
        (0..Watch::BACKLOG_MAX as u64 + more).for_each(|at| tell(&watchers, ["bank", "x"], at));
        assert_eq!(bank.next().await, Seen::Missed(more));
        assert_eq!(next_at(&mut bank).await, more);
    }

    #[tokio::test]
    async fn what_nobody_wished_for_takes_no_room() {
        let watchers = Arc::new(Watchers::default());
        let mut some =
            watchers.watch(&["bank".into()], Box::new(|happening| happening.step.at.0 % 1000 == 7));
        let count = 4 * Watch::BACKLOG_MAX as u64;
        (0..count).for_each(|at| tell(&watchers, ["bank", "x"], at));
        assert_eq!(
            [next_at(&mut some).await, next_at(&mut some).await, next_at(&mut some).await],
            [7, 1007, 2007]
        );
    }
}
