//! What must be true of every world in the end.

use std::collections::BTreeMap;

use sms::{Direction, State};
use store::conformance::history::{contradictions, story, unknown_outcomes};
use store::{Cause, Event, Record};

use crate::book::{Arrival, Fate, Pages, Submission, Time, Told};
use crate::machine::SLOWNESS_MAX_MS;
use crate::plan::{DELAY_MAX_MS, Plan, RECEIPT_TIMEOUT, VALIDITY_H};

/// What is wrong with a world of which nothing is under way any more, a violation a line.
pub(crate) fn judge(pages: &Pages, records: &[Record], plan: &Plan) -> Vec<String> {
    let mut court = Court::new(pages, records, plan);
    court.wrong.extend(pages.wrong.iter().cloned());
    court.wrong.extend(records.iter().flat_map(contradictions));
    for (serial, submission) in pages.submissions.iter().enumerate() {
        court.check_submission(serial, submission);
    }
    court.check_told();
    court.check_offers();
    court.check_order();
    court.wrong
}

struct Court<'a> {
    pages: &'a Pages,
    plan: &'a Plan,
    /// By serial.
    records: BTreeMap<usize, Vec<&'a Record>>,
    by_id: BTreeMap<String, &'a Record>,
    arrivals: BTreeMap<usize, Vec<&'a Arrival>>,
    told: BTreeMap<&'a str, Vec<&'a Told>>,
    wrong: Vec<String>,
}

impl<'a> Court<'a> {
    fn new(pages: &'a Pages, records: &'a [Record], plan: &'a Plan) -> Self {
        let mut by_serial: BTreeMap<usize, Vec<&Record>> = BTreeMap::new();
        for record in records.iter().filter(|record| record.direction == Direction::Mt) {
            by_serial.entry(serial_of(record)).or_default().push(record);
        }
        let mut arrivals: BTreeMap<usize, Vec<&Arrival>> = BTreeMap::new();
        for arrival in &pages.arrivals {
            arrivals.entry(arrival.serial).or_default().push(arrival);
        }
        let mut told: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
        for one in &pages.told {
            told.entry(&one.id).or_default().push(one);
        }
        let by_id = records.iter().map(|record| (record.id.to_string(), record)).collect();
        Self { pages, plan, records: by_serial, by_id, arrivals, told, wrong: Vec::new() }
    }

    fn check_submission(&mut self, serial: usize, submission: &Submission) {
        let records = self.records.get(&serial).cloned().unwrap_or_default();
        let arrivals = self.arrivals.get(&serial).cloned().unwrap_or_default();
        let allowed = match &submission.fate {
            Fate::Accepted(_) => 1..=1,
            // The store failed while it was written: nobody knows.
            Fate::Open | Fate::Refused(SYSERR) => 0..=1,
            Fate::Refused(_) => 0..=0,
        };
        if !allowed.contains(&records.len()) {
            let what = format!("INV-1: {serial} has {} records, {:?}", records.len(), submission.fate);
            return self.wrong(what);
        }
        let Some(record) = records.first() else {
            if !arrivals.is_empty() {
                self.wrong(format!("INV-1: {serial} was sent and is not known"));
            }
            return;
        };
        if let Fate::Accepted(id) = &submission.fate
            && *id != record.id.to_string()
        {
            self.wrong(format!("INV-1: {serial} was accepted as {id} and is {}", record.id));
        }
        self.check_state(serial, submission, record, &arrivals);
        for segment in 1..=submission.segments {
            let of_it: Vec<&Arrival> =
                arrivals.iter().filter(|arrival| arrival.segment == segment).copied().collect();
            self.check_repeats(serial, segment, record, &of_it);
        }
        let expires_at = expires_at(submission, record);
        if arrivals.iter().any(|arrival| arrival.at > expires_at + 2 * DELAY_MAX_MS + SLACK_MS) {
            self.wrong(format!("INV-10: {serial} came after its validity: {}", story(record)));
        }
        self.check_owner(serial, submission, record);
    }

    /// INV-1: the final state is what happened.
    fn check_state(
        &mut self,
        serial: usize,
        submission: &Submission,
        record: &Record,
        arrivals: &[&Arrival],
    ) {
        let is_there =
            |segment| arrivals.iter().any(|arrival| arrival.segment == segment && arrival.id.is_some());
        let all_arrived = (1..=submission.segments).all(is_there);
        let ended_at = record.final_at.map_or(0, |at| at.0);
        let says = |state| self.receipts(arrivals).any(|(_, told, _)| told == state);
        let is_right = match record.state {
            State::Delivered => all_arrived && says(State::Delivered),
            State::HandedOver => all_arrived && submission.registered == 0,
            State::Undeliverable => says(State::Undeliverable),
            State::Expired => ended_at + SLACK_MS >= expires_at(submission, record),
            State::Rejected => arrivals.iter().any(|arrival| arrival.id.is_none()),
            // It was perhaps sent when its time was up, or its receipt did not come.
            State::Unknown => {
                let patience =
                    if unknown_outcomes(record) > 0 { 0 } else { RECEIPT_TIMEOUT.as_millis() as u64 };
                let expires_at = expires_at(submission, record);
                ended_at + SLACK_MS >= expires_at.min(record.accepted_at.0 + patience)
            }
            _ => false,
        };
        if !is_right {
            self.wrong(format!("INV-1: {serial} ends wrongly as {:?}: {}", record.state, story(record)));
        }
        if record.state == State::Unknown && self.was_told_in_time(submission, record, arrivals) {
            self.wrong(format!("INV-1: receipts of {serial} were taken and are lost: {}", story(record)));
        }
    }

    /// Whether the gateway took a receipt for each segment, sent once, before it gave up waiting.
    fn was_told_in_time(&self, submission: &Submission, record: &Record, arrivals: &[&Arrival]) -> bool {
        let ended_at = record.final_at.map_or(0, |at| at.0);
        let named = count(record, |event| matches!(event, Event::Sent { remote_id: Some(_) }));
        let in_time = self
            .receipts(arrivals)
            .filter(|(_, _, taken_at)| taken_at.is_some_and(|at| at + SLACK_MS < ended_at))
            .count();
        let once = arrivals.iter().filter(|arrival| arrival.id.is_some()).count();
        let segments = usize::from(submission.segments);
        (named, in_time, once) == (segments, segments, segments)
    }

    fn receipts<'b>(
        &'b self,
        arrivals: &'b [&Arrival],
    ) -> impl Iterator<Item = (&'b Arrival, State, Option<Time>)> + 'b {
        let of =
            |arrival: &Arrival| arrivals.iter().copied().find(|one| one.id.is_some() && one.id == arrival.id);
        self.pages.receipts.iter().filter_map(move |receipt| {
            let arrival = of(self.pages.arrivals.get(receipt.arrival)?)?;
            Some((arrival, receipt.state, receipt.taken_at))
        })
    }

    /// INV-3, INV-4: a segment comes again only if nobody could know that it had been taken.
    fn check_repeats(&mut self, serial: usize, segment: u8, record: &Record, arrivals: &[&Arrival]) {
        let taken: Vec<&Arrival> = arrivals.iter().filter(|arrival| arrival.id.is_some()).copied().collect();
        for pair in taken.windows(2) {
            let [first, second] = pair else { continue };
            let holds = self.plan.smscs.get(first.smsc).is_some_and(|smsc| smsc.holds_unknown);
            let sent_at = first.at.saturating_sub(WAY_MAX_MS);
            let was_unknown = record.history.iter().any(|step| {
                step.segment + 1 == u16::from(segment)
                    && is_unknown(&step.event)
                    && (sent_at..=second.at).contains(&step.at.0)
            });
            let answered_at = first.answered_at.unwrap_or(second.at);
            let forgotten = self.crashed(sent_at, answered_at + FORGOTTEN_WITHIN_MS);
            if holds || !(was_unknown || forgotten) {
                let what =
                    format!("INV-4: {serial}/{segment} came again at {}: {}", second.at, story(record));
                self.wrong(what);
            }
        }
    }

    fn crashed(&self, from: Time, until: Time) -> bool {
        self.pages.crashes.iter().any(|(since, at)| *since <= until && *at >= from)
    }

    /// Who asked for it is told how it ended, and nobody else.
    fn check_owner(&mut self, serial: usize, submission: &Submission, record: &Record) {
        let id = record.id.to_string();
        let told = self.told.get(id.as_str()).cloned().unwrap_or_default();
        let wants = submission.registered == 1 && record.state != State::HandedOver;
        if wants && !told.iter().any(|told| told.answered_at.is_some()) {
            let what =
                format!("{serial} ended as {:?} and its owner was not told: {}", record.state, story(record));
            self.wrong(what);
        }
        for one in &told {
            if !wants || one.state != record.state || one.esme != submission.esme {
                self.wrong(format!("{serial} ended as {:?}, and its owner was told {one:?}", record.state));
            }
        }
    }

    /// Nobody is told of what is not known, nor twice what he took in peace.
    fn check_told(&mut self) {
        let mut wrong = Vec::new();
        for (id, told) in &self.told {
            if !self.by_id.contains_key(*id) {
                wrong.push(format!("a receipt for {id}, which is not known"));
            }
            for pair in told.windows(2) {
                let [first, second] = pair else { continue };
                let answered_at = first.answered_at.unwrap_or(second.at);
                let in_time = answered_at.saturating_sub(first.at) + 2 * DELAY_MAX_MS
                    < self.plan.patience.as_millis() as u64;
                let was_calm = !self
                    .crashed(first.at.saturating_sub(WAY_MAX_MS), answered_at + FORGOTTEN_WITHIN_MS)
                    && !self.pages.was_lost(first.esme, first.at, second.at + NOTICED_WITHIN_MS);
                if first.answered_at.is_some() && in_time && was_calm {
                    wrong.push(format!("INV-4: the owner of {id} was told again at {}", second.at));
                }
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// What a handset sent and the gateway took reaches the ESME.
    fn check_offers(&mut self) {
        let lost = |(_, offer): &(usize, &crate::book::Offer)| offer.taken_at.is_some() && offer.arrived == 0;
        let lost: Vec<usize> =
            self.pages.offers.iter().enumerate().filter(lost).map(|(serial, _)| serial).collect();
        if !lost.is_empty() {
            self.wrong(format!("INV-2: MO {lost:?} were taken and are lost"));
        }
    }

    /// INV-8: what one session submitted comes in its order where one leaves at a time.
    fn check_order(&mut self) {
        let mut latest: BTreeMap<(u64, u8, usize), usize> = BTreeMap::new();
        let mut seen: BTreeMap<usize, ()> = BTreeMap::new();
        let mut wrong = Vec::new();
        for arrival in &self.pages.arrivals {
            let one_at_a_time =
                self.plan.smscs.get(arrival.smsc).is_some_and(|smsc| (smsc.window, smsc.sessions) == (1, 1));
            let Some(submission) = self.pages.submissions.get(arrival.serial) else { continue };
            if !one_at_a_time || seen.insert(arrival.serial, ()).is_some() || self.is_late(arrival.serial) {
                continue;
            }
            let key = (submission.session, submission.priority, arrival.smsc);
            let before = latest.entry(key).or_insert(arrival.serial);
            if *before > arrival.serial {
                let stories = [*before, arrival.serial].map(|serial| self.stories(serial));
                wrong.push(format!("INV-8: {} came after {before}:{}", arrival.serial, stories.concat()));
            }
            *before = (*before).max(arrival.serial);
        }
        self.wrong.append(&mut wrong);
    }

    /// Whether a message has reason to leave later than those behind it.
    fn is_late(&self, serial: usize) -> bool {
        let is_delayed = self.pages.submissions.get(serial).is_some_and(|submission| submission.is_delayed);
        let records = self.records.get(&serial).map(Vec::as_slice).unwrap_or_default();
        let waited = |event: &Event| {
            matches!(
                event,
                Event::OutcomeUnknown { cause: Cause::Timeout }
                    | Event::Redirected { .. }
                    | Event::Retried { .. }
            )
        };
        is_delayed || records.iter().any(|record| count(record, waited) > 0)
    }

    fn stories(&self, serial: usize) -> String {
        self.records.get(&serial).into_iter().flatten().map(|record| story(record)).collect()
    }

    fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }
}

fn expires_at(submission: &Submission, record: &Record) -> Time {
    record.accepted_at.0 + submission.validity_ms.unwrap_or(VALIDITY_H * 3_600_000)
}

fn serial_of(record: &Record) -> usize {
    crate::peer::serial_of(&record.destination.value).unwrap_or(usize::MAX)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::network::Weather;
    use crate::peer::manners::Manners;
    use crate::world::History;

    /// A world in which nothing goes wrong, with something of everything.
    fn calm() -> History {
        let calm = |plan: &mut Plan| {
            (plan.weather, plan.calamities, plan.messages, plan.offers) = (Weather::FAIR, 0, 40, 5);
            plan.smscs.iter_mut().for_each(|smsc| {
                (smsc.manners, smsc.window, smsc.sessions) = (Manners::GOOD, 1, 1);
                smsc.holds_unknown = false;
            });
            plan.esmes.iter_mut().for_each(|esme| esme.manners = Manners::GOOD);
        };
        History::of(3, calm, false).unwrap()
    }

    fn wrong(history: &History, change: impl FnOnce(&mut Pages, &mut Vec<Record>)) -> String {
        let (mut pages, mut records) = (history.pages.clone(), history.records.clone());
        change(&mut pages, &mut records);
        judge(&pages, &records, &history.plan).join("\n")
    }

    /// The first submission that was accepted, asked for a receipt, has one segment and may leave at once.
    fn plain(pages: &Pages) -> usize {
        let is_plain = |submission: &Submission| {
            let is_accepted = matches!(submission.fate, Fate::Accepted(_));
            is_accepted && submission.registered == 1 && submission.segments == 1 && !submission.is_delayed
        };
        pages.submissions.iter().position(is_plain).unwrap()
    }

    #[test]
    fn a_calm_world_is_well() {
        assert_eq!(wrong(&calm(), |_, _| {}), "");
    }

    #[test]
    fn what_is_lost_or_unfinished_is_seen() {
        let history = calm();
        let serial = plain(&history.pages);
        let its = |record: &Record| record.direction == Direction::Mt && serial_of(record) == serial;
        let lost = wrong(&history, |_, records| records.retain(|record| !its(record)));
        assert!(lost.contains("INV-1") && lost.contains("0 records"), "{lost}");
        let open = wrong(&history, |_, records| {
            records.iter_mut().filter(|record| its(record)).for_each(|record| record.final_at = None);
        });
        assert!(open.contains("INV-1"), "{open}");
        let never_sent = wrong(&history, |pages, _| {
            let arrivals = pages.arrivals.iter_mut().filter(|arrival| arrival.serial == serial);
            arrivals.for_each(|arrival| arrival.id = None);
        });
        assert!(never_sent.contains("ends wrongly"), "{never_sent}");
        let mo = wrong(&history, |pages, _| pages.offers[0].arrived = 0);
        assert!(mo.contains("INV-2"), "{mo}");
    }

    #[test]
    fn what_comes_twice_late_or_out_of_order_is_seen() {
        let history = calm();
        let serial = plain(&history.pages);
        let at = history.pages.arrivals.iter().position(|arrival| arrival.serial == serial).unwrap();
        let twice = wrong(&history, |pages, _| {
            let mut again = pages.arrivals[at].clone();
            again.at += 1_000;
            pages.arrivals.push(again);
        });
        assert!(twice.contains("INV-4"), "{twice}");
        let late = wrong(&history, |pages, _| pages.arrivals[at].at += 2 * VALIDITY_H * 3_600_000);
        assert!(late.contains("INV-10"), "{late}");
        let crashed = wrong(&history, |pages, _| {
            let mut again = pages.arrivals[at].clone();
            pages.crashes.push((again.at, again.at));
            again.at += 1_000;
            pages.arrivals.push(again);
        });
        assert_eq!(crashed, "", "a crash excuses it");
        let reversed = wrong(&history, |pages, _| pages.arrivals.reverse());
        assert!(reversed.contains("INV-8"), "{reversed}");
    }

    #[test]
    fn an_owner_that_is_told_nothing_wrongly_or_twice_is_seen() {
        let history = calm();
        let Fate::Accepted(id) = history.pages.submissions[plain(&history.pages)].fate.clone() else {
            panic!()
        };
        let untold = wrong(&history, |pages, _| pages.told.retain(|told| told.id != id));
        assert!(untold.contains("not told"), "{untold}");
        let at = history.pages.told.iter().position(|told| told.id == id).unwrap();
        let otherwise = wrong(&history, |pages, _| pages.told[at].state = State::Deleted);
        assert!(otherwise.contains("was told"), "{otherwise}");
        let twice = wrong(&history, |pages, _| {
            let mut again = pages.told[at].clone();
            again.at += 1_000;
            pages.told.push(again);
        });
        assert!(twice.contains("told again"), "{twice}");
    }
}
