//! The order in which what a session brought is taken over.

use std::collections::VecDeque;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};

/// Something that comes to its end by itself.
pub(super) type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the store is asked for something that a session brought.
pub(super) struct Step<T> {
    running: Running<T>,
    looks: bool,
}

impl<T> Step<T> {
    /// One that depends on nothing that came before.
    pub(super) fn new(running: impl Future<Output = T> + Send + 'static) -> Self {
        Self { running: Box::pin(running), looks: false }
    }

    /// One that looks among what came before it, and must not see what comes after.
    pub(super) fn looking(running: impl Future<Output = T> + Send + 'static) -> Self {
        Self { running: Box::pin(running), looks: true }
    }
}

/// The steps of a session that have not ended.
///
/// They begin in the order in which they came, which is the order in which the store hears of them, and end in
/// any. Those that look begin when all that came before has ended, and what comes after them when they have; several of
/// them that follow each other begin together.
pub(super) struct Steps<T> {
    preparing: FuturesOrdered<Running<Step<T>>>,
    under_way: FuturesUnordered<Running<T>>,
    /// Whether those that are under way look.
    is_looking: bool,
    behind: VecDeque<Step<T>>,
}

impl<T> Default for Steps<T> {
    fn default() -> Self {
        Self {
            preparing: FuturesOrdered::new(),
            under_way: FuturesUnordered::new(),
            is_looking: false,
            behind: VecDeque::new(),
        }
    }
}

impl<T: Send + 'static> Steps<T> {
    pub(super) fn add(&mut self, step: Step<T>) {
        if self.preparing.is_empty() {
            self.enter(step);
        } else {
            self.preparing.push_back(Box::pin(ready(step)));
        }
    }

    /// Adds one that needs something to be found out before it can begin, which is done at once: what comes after
    /// is found out meanwhile, and begins after it.
    pub(super) fn prepare(&mut self, preparation: impl Future<Output = Step<T>> + Send + 'static) {
        self.preparing.push_back(Box::pin(preparation));
    }

    /// The next one that ends.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<T> {
        while !self.preparing.is_empty()
            && let Poll::Ready(Some(step)) = self.preparing.poll_next_unpin(context)
        {
            self.enter(step);
        }
        let Poll::Ready(Some(ended)) = self.under_way.poll_next_unpin(context) else {
            return Poll::Pending;
        };
        while self.behind.front().is_some_and(|step| self.may_begin(step)) {
            self.behind.pop_front().into_iter().for_each(|step| self.begin(step));
        }
        Poll::Ready(ended)
    }

    fn enter(&mut self, step: Step<T>) {
        if self.behind.is_empty() && self.may_begin(&step) {
            self.begin(step);
        } else {
            self.behind.push_back(step);
        }
    }

    fn may_begin(&self, step: &Step<T>) -> bool {
        self.under_way.is_empty() || self.is_looking == step.looks
    }

    fn begin(&mut self, step: Step<T>) {
        self.is_looking = step.looks;
        self.under_way.push(step.running);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use tokio::sync::oneshot;

    use super::*;

    /// What began, in order, and how to end it.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        /// A step that notes that it begins, and ends when it is told.
        fn step(&self, name: u8) -> (oneshot::Sender<()>, impl Future<Output = u8> + Send + 'static) {
            let (log, (end, ended)) = (self.clone(), oneshot::channel());
            let running = async move {
                log.0.lock().unwrap().push(name);
                let _ = ended.await;
                name
            };
            (end, running)
        }

        fn began(&self) -> Vec<u8> {
            self.0.lock().unwrap().clone()
        }
    }

    fn poll(steps: &mut Steps<u8>) -> Poll<u8> {
        steps.poll(&mut Context::from_waker(std::task::Waker::noop()))
    }

    #[test]
    fn who_looks_waits_for_what_came_before_and_holds_what_comes_after() {
        let (log, mut steps) = (Log::default(), Steps::default());
        let (ends, running): (Vec<_>, Vec<_>) = (0..6).map(|name| log.step(name)).unzip();
        let looks = [false, false, true, true, false, true];
        for (running, looks) in running.into_iter().zip(looks) {
            steps.add(if looks { Step::looking(running) } else { Step::new(running) });
        }
        assert_eq!((poll(&mut steps), log.began()), (Poll::Pending, vec![0, 1]));
        let mut ends: VecDeque<_> = ends.into();
        for began in [vec![0, 1], vec![0, 1, 2, 3], vec![0, 1, 2, 3], vec![0, 1, 2, 3, 4]] {
            let name = 6 - ends.len() as u8;
            ends.pop_front().unwrap().send(()).unwrap();
            assert_eq!(poll(&mut steps), Poll::Ready(name));
            assert_eq!((poll(&mut steps), log.began()), (Poll::Pending, began));
        }
    }

    #[test]
    fn what_is_prepared_begins_in_its_order() {
        let (log, mut steps) = (Log::default(), Steps::default());
        let (slow, found) = oneshot::channel::<()>();
        let (_ends, running): (Vec<_>, Vec<_>) = (0..3).map(|name| log.step(name)).unzip();
        let [first, second, third] = running.try_into().ok().unwrap();
        steps.prepare(async move {
            let _ = found.await;
            Step::new(first)
        });
        steps.prepare(ready(Step::new(second)));
        steps.add(Step::new(third));
        assert_eq!((poll(&mut steps), log.began()), (Poll::Pending, vec![]));
        slow.send(()).unwrap();
        assert_eq!((poll(&mut steps), log.began()), (Poll::Pending, vec![0, 1, 2]));
    }
}
