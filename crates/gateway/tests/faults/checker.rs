//! One check for every history: what the ESME was told, what the SMSC got, what the store kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use simulator::{Fate, LoadReport, Serial, Smsc, Submit};
use sms::LinkName;
pub(crate) use store::conformance::history::unknown_outcomes;
use store::conformance::history::{contradictions, is_idle};
use store::embedded::{EmbeddedStore, Options};
use store::{Query, Record, Status, Store};

/// What was seen of a load at both ends and between them, when nothing is on its way any more.
pub(crate) struct History {
    report: LoadReport,
    submits: Vec<Submit>,
    records: Vec<Record>,
    wrong: Vec<String>,
}

impl History {
    /// The message centre must have logged all that it took.
    pub(crate) fn new(report: LoadReport, telco: &Smsc, records: Vec<Record>) -> Self {
        Self { report, submits: telco.submits(), records, wrong: Vec::new() }
    }

    /// INV-1, INV-3, INV-4, INV-10: nothing is lost, nothing comes twice without need, everything ends once.
    ///
    /// # Panics
    /// When it is not so; with what is wrong, a message a line.
    pub(crate) fn check(mut self) {
        self.look();
        let mut lines = String::new();
        for line in self.wrong.iter().take(LINES_MAX) {
            let _ = writeln!(lines, "{line}");
        }
        assert!(self.wrong.is_empty(), "{} violations\n{lines}{:?}", self.wrong.len(), self.report);
    }

    fn look(&mut self) {
        let records = self.records_by_serial();
        let arrivals = self.arrivals_by_serial();
        for number in self.report.serials() {
            let of_it = records.get(&number).map_or(&[][..], Vec::as_slice);
            self.check_records(number, of_it);
            self.check_arrivals(number, of_it, &arrivals);
        }
        let most = self.report.accepted + self.report.unknown;
        if self.records.len() as u64 > most {
            self.wrong(format!("{} records of at most {most} messages", self.records.len()));
        }
        if self.report.receipts_unmatched > self.report.unknown {
            self.wrong(format!("{} receipts for nothing", self.report.receipts_unmatched));
        }
    }

    /// INV-8: what one session submitted leaves in its order, as seen by who comes first.
    ///
    /// # Panics
    /// When something was overtaken.
    pub(crate) fn check_order(&self) {
        assert_eq!(self.overtaken(), None, "INV-8: out of order");
    }

    /// The first that came after one that was submitted later.
    fn overtaken(&self) -> Option<u64> {
        let (mut seen, mut latest) = (BTreeSet::new(), 0);
        let serials = self.submits.iter().filter_map(|submit| Serial::read(&submit.message.short_message));
        for Serial { number, .. } in serials {
            if seen.insert(number) && number < latest {
                return Some(number);
            }
            latest = latest.max(number);
        }
        None
    }

    /// INV-1: each OK has its record, and each record one final state; INV-10: after it nothing leaves.
    fn check_records(&mut self, number: u64, records: &[Record]) {
        let fates = [false, true].map(|again| self.report.fate(Serial { number, again }));
        let accepted = fates.iter().filter(|fate| **fate == Fate::Accepted).count();
        if records.len() < accepted || (fates == [Fate::Accepted, Fate::Open] && records.len() > 1) {
            self.wrong(format!("INV-1: {number} has {} records for {fates:?}", records.len()));
        }
        for record in records {
            self.wrong.extend(contradictions(record));
        }
    }

    /// INV-1: each OK arrived; INV-3, INV-4: once, and once more for each outcome that was unknown.
    fn check_arrivals(&mut self, number: u64, records: &[Record], arrivals: &BTreeMap<(u64, bool), usize>) {
        let arrived = |again| arrivals.get(&(number, again)).copied().unwrap_or(0);
        for again in [false, true] {
            if self.report.fate(Serial { number, again }) == Fate::Accepted && arrived(again) == 0 {
                self.wrong(format!("INV-1: {number} (again: {again}) was accepted and lost"));
            }
        }
        let unknown: usize = records.iter().map(unknown_outcomes).sum();
        let total = arrived(false) + arrived(true);
        if total > records.len() + unknown {
            let records = records.len();
            self.wrong(format!("INV-4: {number} came {total} times, {records} records, {unknown} unknown"));
        }
    }

    fn records_by_serial(&self) -> BTreeMap<u64, Vec<Record>> {
        let mut by_serial: BTreeMap<u64, Vec<Record>> = BTreeMap::new();
        for record in &self.records {
            let serial = serial_of(&record.destination.value);
            by_serial.entry(serial).or_default().push(record.clone());
        }
        by_serial
    }

    fn arrivals_by_serial(&self) -> BTreeMap<(u64, bool), usize> {
        let mut arrivals = BTreeMap::new();
        for submit in &self.submits {
            if let Some(serial) = Serial::read(&submit.message.short_message) {
                *arrivals.entry((serial.number, serial.again)).or_default() += 1;
            }
        }
        arrivals
    }

    fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }
}

/// INV-11: nothing is live, nothing waits.
///
/// # Panics
/// When something is left.
pub(crate) fn assert_idle(status: &Status) {
    assert!(is_idle(status), "INV-11: {status:?}");
}

/// All records of what `link` brought.
pub(crate) async fn records(store: &dyn Store, link: &str) -> Vec<Record> {
    store.sync().await.unwrap();
    let origin = LinkName::from(link);
    let mut query = Query { links: Some(vec![origin.clone()]), limit: Query::LIMIT_MAX, ..Query::default() };
    let mut records = Vec::new();
    loop {
        let page = store.search(query.clone()).await.unwrap();
        records.extend(page.records.into_iter().filter(|record| record.origin == origin));
        if page.next.is_none() {
            return records;
        }
        query.cursor = page.next;
    }
}

/// The records in the directory of a process that is gone; nothing may be left to do (INV-11).
pub(crate) async fn records_in(directory: &Path, link: &str) -> Vec<Record> {
    let store = EmbeddedStore::open(directory, Options::default()).unwrap();
    let records = records(&store, link).await;
    assert_idle(&store.status());
    records
}

/// A load gives each serial a destination of its own.
fn serial_of(destination: &[u8]) -> u64 {
    let number: u64 = std::str::from_utf8(destination).unwrap().parse().unwrap();
    number - FIRST_DESTINATION
}

/// The destination of serial 0 in [`simulator::Load`].
const FIRST_DESTINATION: u64 = 628_110_000_000;
const LINES_MAX: usize = 10;

mod tests {
    use simulator::{EsmeConfig, Load};

    use super::*;
    use crate::harness::{PASSWORD, TestGateway, account, centre, route, smsc};

    /// A history of ten messages without a fault.
    async fn history() -> History {
        let telco = centre().await;
        let links = [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")];
        let gateway = TestGateway::with(links).await;
        let esme = EsmeConfig::at(gateway.smpp_address(), "bank", PASSWORD);
        let report = Load { messages: 10, ..Load::new(esme) }.run().await.unwrap();
        assert_idle(&gateway.settled().await);
        History::new(report, &telco, records(gateway.gateway().store(), "bank").await)
    }

    fn what_is_wrong(mut history: History) -> String {
        history.look();
        history.wrong.concat()
    }

    #[tokio::test]
    async fn every_violation_is_seen() {
        let history = history().await;
        let changed = |change: fn(&mut History)| {
            let History { report, submits, records, .. } = &history;
            let (report, submits, records) = (report.clone(), submits.clone(), records.clone());
            let mut other = History { report, submits, records, wrong: Vec::new() };
            change(&mut other);
            other
        };
        assert_eq!(what_is_wrong(changed(|_| {})), "");
        assert_eq!(changed(|_| {}).overtaken(), None);

        assert!(what_is_wrong(changed(|it| drop(it.records.pop()))).contains("has 0 records"));
        assert!(
            what_is_wrong(changed(|it| it.records.push(it.records[0].clone()))).contains("has 2 records")
        );
        assert!(what_is_wrong(changed(|it| drop(it.submits.pop()))).contains("accepted and lost"));
        assert!(what_is_wrong(changed(|it| it.submits.push(it.submits[0].clone()))).contains("INV-4"));
        assert!(what_is_wrong(changed(|it| it.records[0].final_at = None)).contains("INV-1"));
        let twice = |it: &mut History| {
            let steps = it.records[0].history.clone();
            it.records[0].history.extend(steps);
        };
        let wrong = what_is_wrong(changed(twice));
        assert!(wrong.contains("2 final states") && wrong.contains("INV-10"), "{wrong}");
        assert_eq!(changed(|it| it.submits.swap(3, 4)).overtaken(), Some(3));
    }
}
