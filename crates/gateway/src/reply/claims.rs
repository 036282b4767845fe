//! Replies to what handsets wrote: which of them are let through (CMN-5).
//!
//! How many replies a message has had is known from the records of those replies, which are durable. What is
//! counted here in memory makes sure that replies that come at the same time do not pass the limit together; it
//! is bounded, and what is forgotten is counted from the records again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sms::{Address, LinkName, MessageId, State, Timestamp};
use store::{Query, Record, Store, StoreError};

use crate::attributes::Attributes;
use crate::refusal::{NoReply, Refusal};

/// Counts replies.
pub(crate) struct Replies {
    store: Arc<dyn Store>,
    counted: Mutex<Counted>,
}

/// What a reply answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) id: MessageId,
    pub(crate) handset: &'a Address,
    /// Who answers.
    pub(crate) by: &'a LinkName,
    /// The link that was told it, whose replies are those at once.
    pub(crate) told: &'a str,
    pub(crate) accepted_at: Timestamp,
    pub(crate) manner: Manner,
}

/// How a reply is given. One message has at most one at once, however often it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// In the answer to a call.
    AtOnce,
    /// By a message that quotes what it answers.
    Later,
}

/// The place of one reply among those that a message may have. Dropping it makes the place free again.
#[must_use = "a claim that is dropped is given up"]
pub(crate) struct Claim {
    replies: Arc<Replies>,
    id: MessageId,
    manner: Manner,
    is_kept: bool,
}

/// The replies that a message has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Had {
    all: u32,
    at_once: u32,
}

/// Replies by message, in two generations: when the young one is full, the old one goes.
struct Counted {
    young: HashMap<MessageId, Had>,
    old: HashMap<MessageId, Had>,
    /// When the young generation began.
    young_since: Timestamp,
    /// Messages that were accepted from this on, and are not counted, have had no reply.
    known_since: Timestamp,
}

impl Replies {
    /// Nothing is known of what was accepted before `now`.
    pub(crate) fn new(store: Arc<dyn Store>, now: Timestamp) -> Self {
        let counted =
            Counted { young: HashMap::new(), old: HashMap::new(), young_since: now, known_since: now };
        Self { store, counted: Mutex::new(counted) }
    }

    /// Takes a place among the `most` replies that a message may have.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        answered: Answered<'_>,
        most: u32,
        now: Timestamp,
    ) -> Result<Claim, Refusal> {
        let is_known = self.counted().count(answered).is_some();
        let recorded = if is_known { Had::default() } else { self.recorded(answered).await? };
        let Answered { id, manner, .. } = answered;
        let mut counted = self.counted();
        let had = counted.count(answered).unwrap_or(recorded);
        if had.all >= most || manner == Manner::AtOnce && had.at_once > 0 {
            counted.set(id, had, now);
            return Err(NoReply::Answered.into());
        }
        counted.set(id, had.and(manner), now);
        Ok(Claim { replies: self.clone(), id, manner, is_kept: false })
    }

    /// A reply that was taken over is not sent after all: its place is free.
    pub(crate) fn give_up(&self, answered: MessageId, manner: Manner) {
        self.counted().give_up(answered, manner);
    }

    /// The replies to a message that there are records of, without those that were cancelled before anybody took
    /// them over and without what was said in their place.
    async fn recorded(&self, answered: Answered<'_>) -> Result<Had, StoreError> {
        let mut query = Query {
            number: Some(answered.handset.value.to_vec()),
            in_reply_to: Some(answered.id),
            from: Some(answered.accepted_at),
            asker: Some(answered.by.clone()),
            limit: Query::LIMIT_MAX,
            ..Query::default()
        };
        let mut had = Had::default();
        loop {
            let page = self.store.search(query.clone()).await?;
            let replies = page.records.iter().filter(|record| is_reply(record));
            had = replies.fold(had, |had, reply| had.and(answered.manner_of(reply)));
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return Ok(had),
            }
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        // A map is as good after a panic elsewhere as before.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// The reply was taken over: its place is taken for good.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_kept {
            self.replies.give_up(self.id, self.manner);
        }
    }
}

impl Answered<'_> {
    /// How this reply was given.
    fn manner_of(&self, reply: &Record) -> Manner {
        if reply.origin.as_str() == self.told { Manner::AtOnce } else { Manner::Later }
    }
}

impl Had {
    fn and(self, manner: Manner) -> Self {
        let at_once = u32::from(manner == Manner::AtOnce);
        Self { all: self.all.saturating_add(1), at_once: self.at_once.saturating_add(at_once) }
    }

    fn without(self, manner: Manner) -> Self {
        let at_once = u32::from(manner == Manner::AtOnce);
        Self { all: self.all.saturating_sub(1), at_once: self.at_once.saturating_sub(at_once) }
    }
}

impl Counted {
    /// The replies that a message has had; `None` if that is not known here.
    fn count(&self, answered: Answered<'_>) -> Option<Had> {
        let counted = self.young.get(&answered.id).or_else(|| self.old.get(&answered.id)).copied();
        counted.or((answered.accepted_at >= self.known_since).then_some(Had::default()))
    }

    fn set(&mut self, id: MessageId, had: Had, now: Timestamp) {
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(&id) {
            self.old = std::mem::take(&mut self.young);
            self.known_since = std::mem::replace(&mut self.young_since, now);
        }
        self.young.insert(id, had);
    }

    fn give_up(&mut self, id: MessageId, manner: Manner) {
        // What is in both is newer in the young one.
        let had = self.young.get_mut(&id).or_else(|| self.old.get_mut(&id));
        if let Some(had) = had {
            *had = had.without(manner);
        }
    }
}

fn is_reply(record: &Record) -> bool {
    let is_cancelled = record.state == State::Deleted && record.last_remote_id().is_none();
    let attributes = record.attached.as_deref().map(Attributes::readable);
    !is_cancelled && !attributes.is_some_and(|attributes| attributes.is_fallback)
}

/// Messages per generation.
const GENERATION_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use store::conformance::sample;
    use store::embedded::{EmbeddedStore, Options};

    use super::*;

    const LONG_AGO: Timestamp = Timestamp(0);

    fn answered(message: &sms::Message) -> Answered<'_> {
        let (handset, by) = (&message.source, &message.origin);
        let (told, manner) = ("games", Manner::Later);
        Answered { id: message.id, handset, by, told, accepted_at: message.accepted_at, manner }
    }

    fn at(directory: &tempfile::TempDir, since: Timestamp) -> (Arc<EmbeddedStore>, Arc<Replies>) {
        let store = Arc::new(EmbeddedStore::open(directory.path(), Options::default()).unwrap());
        (store.clone(), Arc::new(Replies::new(store, since)))
    }

    fn question() -> sms::Message {
        let mut question = sample::message(1);
        std::mem::swap(&mut question.source, &mut question.destination);
        question
    }

    fn reply_to(question: &sms::Message, number: u64) -> store::Entry {
        sample::entry(number, |reply| {
            reply.in_reply_to = Some(question.id);
            reply.destination = question.source.clone();
        })
    }

    // CMN-5
    #[tokio::test]
    async fn replies_that_come_together_do_not_pass_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let (_store, replies) = at(&directory, sample::now());
        let question = question();
        let claims: Vec<_> = (0..50).map(|_| replies.claim(answered(&question), 3, sample::now())).collect();
        let claims: Vec<_> =
            futures_util::future::join_all(claims).await.into_iter().filter_map(Result::ok).collect();
        assert_eq!(claims.len(), 3);
        drop(claims);
        assert!(
            replies.claim(answered(&question), 1, sample::now()).await.is_ok(),
            "given up, the places are free"
        );
    }

    // CMN-5
    #[tokio::test]
    async fn what_was_replied_before_a_restart_counts() {
        let directory = tempfile::tempdir().unwrap();
        let question = question();
        let (store, _) = at(&directory, LONG_AGO);
        store.accept(vec![reply_to(&question, 2), sample::entry(3, |_| ())]).await.unwrap();
        store.end().await;
        let later = Timestamp(sample::now().0 + 1);
        let (_store, replies) = at(&directory, later);
        let refused = replies.claim(answered(&question), 1, later).await.map(Claim::keep);
        assert_eq!(refused, Err(NoReply::Answered.into()));
        replies.claim(answered(&question), 2, later).await.unwrap().keep();
        let refused = replies.claim(answered(&question), 2, later).await.map(Claim::keep);
        assert_eq!(refused, Err(NoReply::Answered.into()));
    }

    // CMN-3, CMN-5
    #[tokio::test]
    async fn one_reply_at_once_is_all_however_many_there_may_be() {
        let directory = tempfile::tempdir().unwrap();
        let question = question();
        let at_once = Answered { manner: Manner::AtOnce, ..answered(&question) };
        let (store, replies) = at(&directory, sample::now());
        drop(replies.claim(at_once, 2, sample::now()).await.unwrap());
        replies.claim(at_once, 2, sample::now()).await.unwrap().keep();
        let mut reply = reply_to(&question, 2);
        Arc::make_mut(&mut reply.message).origin = LinkName::from("games");
        store.accept(vec![reply]).await.unwrap();
        let later = Timestamp(sample::now().0 + 1);
        let anew = Arc::new(Replies::new(store, later));
        for replies in [replies, anew] {
            let refused = replies.claim(at_once, 2, later).await.map(Claim::keep);
            assert_eq!(refused, Err(NoReply::Answered.into()));
            replies.claim(answered(&question), 2, later).await.unwrap().keep();
        }
    }

    #[test]
    fn what_is_counted_is_bounded_and_what_is_forgotten_is_not_taken_for_none() {
        let mut question = question();
        let id = |number: u64| sample::id(number);
        let mut counted = Counted {
            young: HashMap::new(),
            old: HashMap::new(),
            young_since: LONG_AGO,
            known_since: LONG_AGO,
        };
        for number in 0..2 * GENERATION_MAX as u64 + 1 {
            counted.set(id(number), Had { all: 1, at_once: 0 }, Timestamp(1000 + number));
        }
        assert!(counted.young.len() + counted.old.len() <= 2 * GENERATION_MAX);
        question.id = id(0);
        question.accepted_at = Timestamp(999);
        assert_eq!(counted.count(answered(&question)), None, "it was counted, and is forgotten");
        question.accepted_at = Timestamp(1000 + 3 * GENERATION_MAX as u64);
        question.id = id(u64::MAX);
        assert_eq!(counted.count(answered(&question)), Some(Had::default()));
    }
}
