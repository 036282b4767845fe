//! What must be true of every world in the end: a file for each rule.

mod ending;
mod form;
mod order;
mod owner;
mod query;
mod repeats;
mod taken_back;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeMap;

use sms::{Direction, MessageId};
use store::conformance::history::{contradictions, story};
use store::{Event, Record};

use crate::book::{Arrival, Demand, Fate, Offer, Pages, Submission, Time, Told};
use crate::machine::SLOWNESS_MAX_MS;
use crate::plan::{DELAY_MAX_MS, Plan};

/// What is wrong with a world of which nothing is under way any more, a violation a line.
///
/// `serials` says which submission each record is of.
pub(crate) fn judge(
    pages: &Pages,
    records: &[Record],
    serials: &BTreeMap<MessageId, usize>,
    plan: &Plan,
) -> Vec<String> {
    let court = Court::new(pages, records, serials, plan);
    let mut wrong = pages.wrong.clone();
    wrong.extend(records.iter().flat_map(contradictions));
    for (serial, submission) in pages.submissions.iter().enumerate() {
        wrong.extend(court.check_submission(serial, submission));
    }
    wrong.extend(court.check_told());
    wrong.extend(court.check_offers());
    wrong.extend(court.check_order());
    wrong.extend(court.check_demands());
    wrong
}

struct Court<'a> {
    pages: &'a Pages,
    plan: &'a Plan,
    /// By serial.
    records: BTreeMap<usize, Vec<&'a Record>>,
    by_id: BTreeMap<String, &'a Record>,
    arrivals: BTreeMap<usize, Vec<&'a Arrival>>,
    /// By the serial of the message that they are about.
    demands: BTreeMap<usize, Vec<&'a Demand>>,
    told: BTreeMap<&'a str, Vec<&'a Told>>,
}

/// A message that was taken over, with all that is known of it.
struct Case<'a> {
    serial: usize,
    submission: &'a Submission,
    record: &'a Record,
    arrivals: Vec<&'a Arrival>,
}

impl<'a> Court<'a> {
    fn new(
        pages: &'a Pages,
        records: &'a [Record],
        serials: &BTreeMap<MessageId, usize>,
        plan: &'a Plan,
    ) -> Self {
        let mut court = Self {
            pages,
            plan,
            records: BTreeMap::new(),
            by_id: records.iter().map(|record| (record.id.to_string(), record)).collect(),
            arrivals: BTreeMap::new(),
            demands: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        for record in records.iter().filter(|record| record.direction == Direction::Mt) {
            let serial = serials.get(&record.id).copied().unwrap_or(usize::MAX);
            court.records.entry(serial).or_default().push(record);
        }
        for arrival in &pages.arrivals {
            court.arrivals.entry(arrival.serial).or_default().push(arrival);
        }
        for demand in &pages.demands {
            court.demands.entry(demand.serial).or_default().push(demand);
        }
        for one in &pages.told {
            court.told.entry(&one.id).or_default().push(one);
        }
        court
    }

    fn check_submission(&self, serial: usize, submission: &Submission) -> Vec<String> {
        let records = self.records.get(&serial).map(Vec::as_slice).unwrap_or_default();
        let arrivals = self.arrivals.get(&serial).cloned().unwrap_or_default();
        let allowed = match &submission.fate {
            Fate::Accepted(_) => 1..=1,
            // The store failed while it was written: nobody knows.
            Fate::Open | Fate::Refused(SYSERR) => 0..=1,
            Fate::Refused(_) => 0..=0,
        };
        if !allowed.contains(&records.len()) {
            return vec![format!("INV-1: {serial} has {} records, {:?}", records.len(), submission.fate)];
        }
        match records {
            [record, ..] => self.check_case(&Case { serial, submission, record, arrivals }),
            [] if arrivals.is_empty() => Vec::new(),
            [] => vec![format!("INV-1: {serial} was sent and is not known")],
        }
    }

    fn check_case(&self, case: &Case<'_>) -> Vec<String> {
        let Case { serial, submission, record, arrivals } = case;
        let mut wrong = Vec::new();
        if let Fate::Accepted(id) = &submission.fate
            && *id != record.id.to_string()
        {
            wrong.push(format!("INV-1: {serial} was accepted as {id} and is {}", record.id));
        }
        let segments: std::collections::BTreeSet<u8> =
            arrivals.iter().map(|arrival| arrival.segment).collect();
        wrong.extend(segments.into_iter().flat_map(|segment| self.check_repeats(case, segment)));
        wrong.extend(self.check_editions(case));
        wrong.extend(self.check_deleted(case));
        // It is well if it is so in one of the forms that it may have had in the end.
        let forms = self.forms(case);
        let verdicts = forms.iter().map(|form| {
            let mut wrong = self.check_ending(case, form);
            wrong.extend(self.check_times(case, form));
            wrong.extend(self.check_owner(case, form));
            wrong
        });
        match verdicts.min_by_key(Vec::len) {
            Some(least) => wrong.extend(least),
            None => wrong.push(format!("INV-9: {serial} is nothing that its owner wanted:{}", story(record))),
        }
        wrong
    }

    /// Whether the gateway may have forgotten, in a crash, that it sent what arrived here.
    fn is_forgotten(&self, arrival: &Arrival) -> bool {
        let sent_at = arrival.at.saturating_sub(WAY_MAX_MS);
        let answered_at = arrival.answered_at.unwrap_or(Time::MAX / 2);
        self.crashed(sent_at, answered_at + FORGOTTEN_WITHIN_MS)
    }

    fn crashed(&self, from: Time, until: Time) -> bool {
        self.pages.crashes.iter().any(|(since, at)| *since <= until && *at >= from)
    }

    /// INV-2: what a handset sent and the gateway took reaches the ESME.
    fn check_offers(&self) -> Option<String> {
        let is_lost = |(_, offer): &(usize, &Offer)| offer.taken_at.is_some() && offer.arrived == 0;
        let lost: Vec<usize> =
            self.pages.offers.iter().enumerate().filter(is_lost).map(|(serial, _)| serial).collect();
        (!lost.is_empty()).then(|| format!("INV-2: MO {lost:?} were taken and are lost"))
    }

    fn stories(&self, serial: usize) -> String {
        self.records.get(&serial).into_iter().flatten().map(|record| story(record)).collect()
    }
}

fn is_unknown(event: &Event) -> bool {
    matches!(event, Event::OutcomeUnknown { .. })
}

fn count(record: &Record, is_it: impl Fn(&Event) -> bool) -> usize {
    record.history.iter().filter(|step| is_it(&step.event)).count()
}

const SYSERR: u32 = 8;
/// Deadlines are kept to the second.
const SLACK_MS: u64 = 3_000;
/// The longest way of a request: as long as the network takes for it and what is before it.
const WAY_MAX_MS: u64 = 2 * DELAY_MAX_MS;
/// How long an ESME may believe in a session that is none any more.
const NOTICED_WITHIN_MS: u64 = 20_000;
/// How long after an answer a crash may make the gateway forget it: its way, and until it is durable.
const FORGOTTEN_WITHIN_MS: u64 = DELAY_MAX_MS + 2 * SLOWNESS_MAX_MS + 20;
