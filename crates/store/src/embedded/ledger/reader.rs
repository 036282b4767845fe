//! The thread that answers questions about what is written.
//!
//! Who asks for messages by their ids is answered before those who search, of whom one after the other reads on
//! a little: however much there is to read for one, the others wait for a turn and not for its end.

use std::time::Duration;

use super::error::LedgerError;
use super::lookup::find;
use super::question::{Desk, Question};
use super::searches::Searches;
use super::shelf::Shelf;
use crate::StoreError;

/// How long files are kept open when nobody asks.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers questions until the desk is closed.
pub(super) fn run(shelf: Shelf, desk: &Desk) {
    let mut reader = Reader::new(shelf);
    let mut is_open = true;
    while is_open {
        let patience = if reader.searches.is_empty() { PATIENCE } else { Duration::ZERO };
        let questions;
        (questions, is_open) = desk.wait(patience);
        if questions.is_empty() && reader.searches.is_empty() {
            reader.shelf.clear();
        }
        reader.turn(questions);
    }
    reader.searches.refuse();
}

/// Answers questions.
struct Reader {
    shelf: Shelf,
    searches: Searches,
}

impl Reader {
    fn new(shelf: Shelf) -> Self {
        Self { shelf, searches: Searches::default() }
    }

    /// Answers those who know what they ask for, and lets one search read on.
    fn turn(&mut self, questions: impl IntoIterator<Item = Question>) {
        for question in questions.into_iter().filter(|question| !question.is_idle()) {
            self.answer(question);
        }
        self.searches.turn(&mut self.shelf);
    }

    fn answer(&mut self, question: Question) {
        match question {
            Question::Find { id, answer } => {
                let found = find(&mut self.shelf, id).map(|found| found.map(|(_, record)| record));
                drop(answer.send(found.map_err(failed)));
            }
            Question::Serial { id, answer } => {
                let found = find(&mut self.shelf, id).map(|found| {
                    found.filter(|(_, record)| !record.state.is_final()).map(|(serial, _)| serial)
                });
                drop(answer.send(found.map_err(failed)));
            }
            Question::Serials { wanted, mut found, answer } => {
                let looked = wanted.into_iter().try_for_each(|id| {
                    found.extend(find(&mut self.shelf, id)?.map(|(serial, _)| (id, serial)));
                    Ok(())
                });
                drop(answer.send(looked.map(|()| found).map_err(failed)));
            }
            Question::Search { query, answer } => self.searches.add(query, answer),
        }
    }
}

pub(super) fn failed(error: LedgerError) -> StoreError {
    StoreError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
    use sms::{LinkName, MessageId};
    use tempfile::TempDir;
    use tokio::sync::oneshot;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::super::search::RECORDS_PER_TURN;
    use super::super::young::Register;
    use super::*;
    use crate::conformance::sample::entry;
    use crate::embedded::{EmbeddedStore, Options};
    use crate::{Entry, Page, Query, Record, Store};

    /// Records enough for more than six turns, in three files.
    const RECORDS: u64 = 6 * RECORDS_PER_TURN as u64 + 500;
    /// Who has brought none of them.
    const STRANGER: &str = "stranger";

    fn link(name: &str) -> LinkName {
        LinkName::from(name)
    }

    type Answered<T> = oneshot::Receiver<Result<T, StoreError>>;

    /// Every eighth message is of `games`; all have the source 1234.
    async fn filled() -> (TempDir, Reader, Vec<MessageId>) {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { ledger_file_records: RECORDS / 3 + 1, ..Options::default() };
        let store = EmbeddedStore::open(directory.path(), options).unwrap();
        let of = |number| {
            entry(number, |message| {
                if number % 8 == 0 {
                    message.origin = link("games");
                }
            })
        };
        let batch: Vec<Entry> = (0..RECORDS).map(of).collect();
        for part in batch.chunks(1000) {
            store.accept(part.to_vec()).await.unwrap();
        }
        store.close();
        let shelf = Shelf::new(&directory.path().join("ledger"), Register::default());
        let ids = batch.iter().map(|entry| entry.message.id).collect();
        (directory, Reader::new(shelf), ids)
    }

    fn all_of(asker: &str) -> Query {
        Query { links: Some(vec![link(asker)]), limit: Query::LIMIT_MAX, ..Query::default() }
    }

    fn by_number(asker: &str) -> Query {
        Query { number: Some(b"1234".to_vec()), ..all_of(asker) }
    }

    fn search(query: Query) -> (Question, Answered<Page>) {
        let (answer, answered) = oneshot::channel();
        (Question::Search { query, answer }, answered)
    }

    fn find(id: MessageId) -> (Question, Answered<Option<Record>>) {
        let (answer, answered) = oneshot::channel();
        (Question::Find { id, answer }, answered)
    }

    fn is_open<T>(answered: &mut Answered<T>) -> bool {
        matches!(answered.try_recv(), Err(TryRecvError::Empty))
    }

    /// Gives turns until the answer is there; how many that took.
    fn turns_until<T>(reader: &mut Reader, answered: &mut Answered<T>) -> (usize, T) {
        for turns in 1..100 {
            reader.turn([]);
            if let Ok(answer) = answered.try_recv() {
                return (turns, answer.unwrap());
            }
        }
        panic!("no answer");
    }

    #[tokio::test]
    async fn who_knows_an_id_does_not_wait_for_searches() {
        let (_directory, mut reader, ids) = filled().await;
        for query in [by_number(STRANGER), all_of(STRANGER)] {
            let (long, mut page) = search(query);
            let (known, mut record) = find(ids[7]);
            reader.turn([long, known]);
            assert!(record.try_recv().unwrap().unwrap().is_some(), "answered in the first turn");
            assert!(is_open(&mut page));
            let (known, mut record) = find(ids[8]);
            reader.turn([known]);
            assert!(record.try_recv().unwrap().unwrap().is_some(), "while the search goes on");
            let (turns, page) = turns_until(&mut reader, &mut page);
            assert!(turns >= 4 && page.records.is_empty() && page.next.is_none(), "{turns}");
        }
    }

    #[tokio::test]
    async fn a_search_that_nobody_waits_for_reads_no_more() {
        let (_directory, mut reader, _) = filled().await;
        let (begun, mut page) = search(by_number(STRANGER));
        let (queued, never) = search(by_number(STRANGER));
        reader.turn([begun, queued]);
        assert!(is_open(&mut page) && !reader.searches.is_empty());
        drop((page, never));
        reader.turn([]);
        assert!(reader.searches.is_empty());
        let (gone, page) = search(by_number(STRANGER));
        drop(page);
        reader.turn([gone]);
        assert!(reader.searches.is_empty());
    }

    #[tokio::test]
    async fn askers_take_turns_and_pages_are_as_if_alone() {
        let (_directory, mut reader, ids) = filled().await;
        let expected: Vec<MessageId> = ids.into_iter().step_by(8).rev().collect();
        let (questions, _pages): (Vec<_>, Vec<_>) = (0..50).map(|_| search(by_number(STRANGER))).unzip();
        reader.turn(questions);
        for query in [by_number("games"), all_of("games")] {
            let (mut cursor, mut found) = (None, Vec::new());
            loop {
                let (question, mut page) = search(Query { cursor, ..query.clone() });
                reader.turn([question]);
                let (turns, page) = turns_until(&mut reader, &mut page);
                assert!(
                    turns <= 2 * (3 * 3 + 1),
                    "three turns per file, and the stranger has every other: {turns}"
                );
                assert!(page.next.is_none() || page.records.len() == Query::LIMIT_MAX);
                found.extend(page.records.iter().map(|record| record.id));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            let differs = found.iter().zip(&expected).position(|(found, expected)| found != expected);
            assert_eq!((differs, found.len()), (None, expected.len()));
        }
    }

    #[tokio::test]
    async fn one_asker_cannot_take_all_places() {
        let (_directory, mut reader, _) = filled().await;
        let (questions, mut pages): (Vec<_>, Vec<_>) = (0..2000).map(|_| search(all_of(STRANGER))).unzip();
        reader.turn(questions);
        let refused = pages.iter_mut().map(|page| usize::from(!is_open(page))).sum::<usize>();
        assert!(refused > 1000, "{refused}");
        let (question, mut page) = search(all_of("games"));
        reader.turn([question]);
        assert_eq!(turns_until(&mut reader, &mut page).1.records.len(), Query::LIMIT_MAX);
        drop(pages);
        reader.turn([]);
        assert!(reader.searches.is_empty());
    }

    #[tokio::test]
    async fn what_is_left_at_the_end_is_refused() {
        let (_directory, mut reader, _) = filled().await;
        let (long, mut page) = search(by_number(STRANGER));
        reader.turn([long]);
        reader.searches.refuse();
        assert!(matches!(page.try_recv(), Ok(Err(StoreError::Closed))));
    }
}
