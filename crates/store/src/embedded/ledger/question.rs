//! Questions to the ledger, on their way from thread to thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sms::MessageId;
use tokio::sync::oneshot;

use crate::{Page, Query, Record, StoreError};

/// The most questions that may wait for an answer.
const QUESTIONS_MAX: usize = 1024;

/// What somebody wants to know.
#[derive(Debug)]
pub(super) enum Question {
    Find {
        id: MessageId,
        answer: oneshot::Sender<Result<Option<Record>, StoreError>>,
    },
    /// Its serial, if it has no final state yet.
    Serial {
        id: MessageId,
        answer: oneshot::Sender<Result<Option<u64>, StoreError>>,
    },
    /// The serials of those of these that there are, final or not.
    Serials {
        wanted: Vec<MessageId>,
        found: Vec<(MessageId, u64)>,
        answer: oneshot::Sender<Result<Vec<(MessageId, u64)>, StoreError>>,
    },
    Search {
        query: Query,
        answer: oneshot::Sender<Result<Page, StoreError>>,
    },
}

impl Question {
    /// Whether nobody waits for the answer any more.
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Find { answer, .. } => answer.is_closed(),
            Self::Serial { answer, .. } => answer.is_closed(),
            Self::Serials { answer, .. } => answer.is_closed(),
            Self::Search { answer, .. } => answer.is_closed(),
        }
    }

    pub(super) fn refuse(self, error: StoreError) {
        match self {
            Self::Find { answer, .. } => drop(answer.send(Err(error))),
            Self::Serial { answer, .. } => drop(answer.send(Err(error))),
            Self::Serials { answer, .. } => drop(answer.send(Err(error))),
            Self::Search { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}

/// Questions on their way to a thread.
#[derive(Debug, Default)]
pub(super) struct Desk {
    queue: Mutex<(VecDeque<Question>, bool)>,
    wake: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Question>, bool)> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, question: Question) {
        let mut queue = self.lock();
        let error = match (queue.1, queue.0.len() < QUESTIONS_MAX) {
            (false, true) => {
                queue.0.push_back(question);
                drop(queue);
                return self.wake.notify_one();
            }
            (true, _) => StoreError::Closed,
            (false, false) => StoreError::Overloaded,
        };
        drop(queue);
        question.refuse(error);
    }

    pub(super) fn close(&self) {
        self.lock().1 = true;
        self.wake.notify_one();
    }

    /// All questions that have come, waiting for one for at most `patience`; whether more can come.
    pub(super) fn wait(&self, patience: Duration) -> (VecDeque<Question>, bool) {
        let mut queue = self.lock();
        if queue.0.is_empty() && !queue.1 {
            queue = self.wake.wait_timeout(queue, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        (std::mem::take(&mut queue.0), !queue.1)
    }
}
