//! Searches that wait, and whose turn it is to read on.

use std::collections::VecDeque;

use sms::LinkName;
use tokio::sync::oneshot;

use super::reader::failed;
use super::search::Search;
use super::shelf::Shelf;
use crate::{Page, Query, StoreError};

/// The most searches that may wait.
const SEARCHES_MAX: usize = 1024;
/// The most searches of one asker that may wait.
const SEARCHES_OF_ONE_MAX: usize = SEARCHES_MAX / 4;
/// How many searches of one asker have begun and keep what they found; the others wait behind them.
const BEGUN_OF_ONE_MAX: usize = 4;

/// Searches, by who asks.
#[derive(Debug, Default)]
pub(super) struct Searches {
    /// Who is first has the next turn. Nobody is here without a search.
    lanes: VecDeque<Lane>,
}

#[derive(Debug)]
struct Lane {
    asker: Option<LinkName>,
    searches: VecDeque<Asked>,
}

#[derive(Debug)]
struct Asked {
    search: Search,
    answer: oneshot::Sender<Result<Page, StoreError>>,
}

impl Searches {
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Takes a search in, or refuses it if too many wait.
    pub(super) fn add(&mut self, query: Query, answer: oneshot::Sender<Result<Page, StoreError>>) {
        let waiting: usize = self.lanes.iter().map(|lane| lane.searches.len()).sum();
        let lane = self.lanes.iter_mut().find(|lane| lane.asker.as_ref() == query.asker());
        let of_one = lane.as_ref().map_or(0, |lane| lane.searches.len());
        if waiting >= SEARCHES_MAX || of_one >= SEARCHES_OF_ONE_MAX {
            return drop(answer.send(Err(StoreError::Overloaded)));
        }
        let asker = query.asker().cloned();
        let asked = Asked { search: Search::new(query), answer };
        match lane {
            Some(lane) => lane.searches.push_back(asked),
            None => self.lanes.push_back(Lane { asker, searches: VecDeque::from([asked]) }),
        }
    }

    /// Lets one search of the next asker read on; those that nobody waits for any more are forgotten.
    pub(super) fn turn(&mut self, shelf: &mut Shelf) {
        let Some(mut lane) = self.lanes.pop_front() else { return };
        lane.turn(shelf);
        if !lane.searches.is_empty() {
            self.lanes.push_back(lane);
        }
    }

    /// Tells all that wait that there is no answer any more.
    pub(super) fn refuse(self) {
        for asked in self.lanes.into_iter().flat_map(|lane| lane.searches) {
            drop(asked.answer.send(Err(StoreError::Closed)));
        }
    }
}

impl Lane {
    fn turn(&mut self, shelf: &mut Shelf) {
        self.searches.retain(|asked| !asked.answer.is_closed());
        let Some(mut asked) = self.searches.pop_front() else { return };
        match asked.search.read_on(shelf) {
            Ok(false) => {
                let behind = self.searches.len().min(BEGUN_OF_ONE_MAX - 1);
                self.searches.insert(behind, asked);
            }
            Ok(true) => drop(asked.answer.send(Ok(asked.search.page()))),
            Err(error) => drop(asked.answer.send(Err(failed(error)))),
        }
    }
}
