//! INV-9: what was cancelled or replaced is never sent, and what was not goes on.

use std::collections::BTreeSet;

use smpp::CommandStatus;
use sms::State;
use store::conformance::history::story;
use store::{Event, Record};

use super::form::Result;
use super::{Case, Court, SYSERR};
use crate::book::{Demand, Fate, Reply, Submission, Time, What};

impl Court<'_> {
    /// Each demand was answered rightly, and what was promised was kept.
    pub(super) fn check_demands(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for demand in &self.pages.demands {
            let Some(case) = self.case(demand.serial) else { continue };
            let Some(reply) = &demand.reply else { continue };
            wrong.extend(self.check_owned(&case, demand, reply));
            wrong.extend(match demand.what {
                What::Query => self.check_query(&case, demand, reply),
                What::Cancel => self.check_cancel(&case, demand, reply),
                What::CancelLike => self.check_cancel_like(&case, demand, reply),
                What::Replace { .. } => self.check_replace(&case, demand, reply),
            });
        }
        for (serial, submission) in self.pages.submissions.iter().enumerate() {
            let is_done = submission.supersedes && matches!(submission.fate, Fate::Accepted(_));
            if let Some(at) = submission.answered_at.filter(|_| is_done) {
                wrong.extend(self.check_like(serial, (submission.asked_at, at)));
            }
        }
        wrong
    }

    /// A message that was replaced leaves in its last form alone; `None` if nothing is wrong.
    pub(super) fn check_editions(&self, case: &Case<'_>) -> Option<String> {
        let sent = case.arrivals.iter().filter(|arrival| !self.is_forgotten(arrival));
        let sent: BTreeSet<u8> = sent.map(|arrival| arrival.edition).collect();
        let allowed: BTreeSet<u8> = self.possible_forms(case).iter().map(|form| form.edition).collect();
        let is_right = sent.len() <= 1 && sent.is_subset(&allowed);
        (!is_right).then(|| {
            let (serial, story) = (case.serial, story(case.record));
            format!("INV-9: of {serial} editions {sent:?} came, of {allowed:?} that may be: {story}")
        })
    }

    /// What ended as deleted was cancelled by its owner, at a time when that was asked for.
    pub(super) fn check_deleted(&self, case: &Case<'_>) -> Option<String> {
        let ended_at = case.record.final_at.filter(|_| case.record.state == State::Deleted)?.0;
        let is_in = |asked_at: Time, answered_at: Option<Time>| {
            asked_at <= ended_at && answered_at.is_none_or(|at| ended_at <= at)
        };
        let by_demand = self.pages.demands.iter().any(|demand| {
            let is_meant = match demand.what {
                What::Cancel => demand.serial == case.serial,
                What::CancelLike => self.is_like(demand.serial, case.submission),
                What::Query | What::Replace { .. } => false,
            };
            let is_possible = demand.esme == case.submission.esme && demand.result() != Result::NotDone;
            is_meant && is_possible && is_in(demand.asked_at, demand.reply.map(|reply| reply.at))
        });
        let by_another = self.pages.submissions.iter().enumerate().any(|(serial, other)| {
            let is_possible = matches!(other.fate, Fate::Open | Fate::Accepted(_) | Fate::Refused(SYSERR));
            let is_meant = serial != case.serial && other.supersedes && other.is_like(case.submission);
            is_meant && is_possible && is_in(other.asked_at, other.answered_at)
        });
        let is_right = by_demand || by_another;
        (!is_right).then(|| format!("INV-9: nobody cancelled {}: {}", case.serial, story(case.record)))
    }

    /// the owner's message is known, and nobody else's.
    fn check_owned(&self, case: &Case<'_>, demand: &Demand, reply: &Reply) -> Option<String> {
        let is_own = demand.esme == case.submission.esme;
        let is_unknown = reply.status == CommandStatus::INVMSGID.0;
        let is_right = if is_own { !is_unknown } else { reply.status != 0 };
        (!is_right).then(|| format!("X-14: {} of esme-{}: {demand:?}", case.serial, case.submission.esme))
    }

    fn check_cancel(&self, case: &Case<'_>, demand: &Demand, reply: &Reply) -> Option<String> {
        let serial = case.serial;
        match reply.status {
            0 => self.check_gone(case, reply.at),
            CANCELFAIL if self.surely_waits(case, (demand.asked_at, reply.at)) => {
                Some(format!("INV-9: {serial} waits, and cannot be cancelled: {}", story(case.record)))
            }
            _ => None,
        }
    }

    /// A message whose cancellation was answered at this time has ended, and nothing of it is sent.
    fn check_gone(&self, case: &Case<'_>, answered_at: Time) -> Option<String> {
        let Case { serial, record, arrivals, .. } = case;
        let mut sent = arrivals.iter().filter(|arrival| !self.is_forgotten(arrival));
        let is_sent = sent.any(|arrival| arrival.at > answered_at || arrival.id.is_some());
        let has_ended =
            record.state == State::Deleted && record.final_at.is_some_and(|at| at.0 <= answered_at);
        (is_sent || !has_ended)
            .then(|| format!("INV-9: {serial} was cancelled at {answered_at} and goes on: {}", story(record)))
    }

    fn check_cancel_like(&self, case: &Case<'_>, demand: &Demand, reply: &Reply) -> Option<String> {
        let asked = (demand.asked_at, reply.at);
        match reply.status {
            0 => self.check_like(case.serial, asked).first().cloned(),
            CANCELFAIL => {
                let waiting =
                    self.like(case.serial, demand.asked_at).find(|case| self.surely_waits(case, asked))?;
                Some(format!("INV-9: {} waits, and nothing like it is cancelled", waiting.serial))
            }
            _ => None,
        }
    }

    /// All that waited and were like this message are cancelled: what was asked for and answered OK in this time.
    fn check_like(&self, serial: usize, asked: (Time, Time)) -> Vec<String> {
        let mut wrong = Vec::new();
        for case in self
            .like(serial, asked.0)
            .filter(|case| case.serial != serial || case.submission.asked_at < asked.0)
        {
            let story = story(case.record);
            if self.surely_waits(&case, asked) {
                wrong.push(format!("INV-9: {} waited, and {serial} left it: {story}", case.serial));
            }
            if first_attempt(case.record).is_some_and(|at| at > asked.1) {
                wrong.push(format!("INV-9: {} left after {serial} took its place: {story}", case.serial));
            }
        }
        wrong
    }

    fn check_replace(&self, case: &Case<'_>, demand: &Demand, reply: &Reply) -> Option<String> {
        // What may be on its way to another SMSC waits, and is not replaced.
        let is_fixed = self.plan.smscs.len() == 1;
        let is_refused = reply.status == CommandStatus::REPLACEFAIL.0;
        let is_wrong = is_refused && is_fixed && self.surely_waits(case, (demand.asked_at, reply.at));
        is_wrong
            .then(|| format!("INV-9: {} waits, and cannot be replaced: {}", case.serial, story(case.record)))
    }

    /// Whether a message was taken over before this time began and waited for its own throughout.
    fn surely_waits(&self, case: &Case<'_>, (from, until): (Time, Time)) -> bool {
        let is_accepted = case.submission.answered_at.is_some_and(|at| at <= from);
        let is_early = self.possible_forms(case).iter().all(|form| form.not_before > until);
        let has_not_ended = case.record.final_at.is_none_or(|at| at.0 > until);
        is_accepted && is_early && has_not_ended
    }

    /// The messages like this one that were taken over before this time.
    fn like(&self, serial: usize, before: Time) -> impl Iterator<Item = Case<'_>> {
        let submission = self.pages.submissions.get(serial);
        let others = self.pages.submissions.iter().enumerate();
        others.filter_map(move |(other, its)| {
            let is_known =
                matches!(its.fate, Fate::Accepted(_)) && its.answered_at.is_some_and(|at| at <= before);
            let is_like = submission.is_some_and(|submission| its.is_like(submission));
            if is_known && is_like { self.case(other) } else { None }
        })
    }

    fn is_like(&self, serial: usize, submission: &Submission) -> bool {
        self.pages.submissions.get(serial).is_some_and(|other| other.is_like(submission))
    }

    /// A message that was taken over for sure.
    fn case(&self, serial: usize) -> Option<Case<'_>> {
        let submission = self.pages.submissions.get(serial)?;
        let record = *self.records.get(&serial)?.first()?;
        let arrivals = self.arrivals.get(&serial).cloned().unwrap_or_default();
        Some(Case { serial, submission, record, arrivals })
    }
}

fn first_attempt(record: &Record) -> Option<Time> {
    let attempt = record.history.iter().find(|step| matches!(step.event, Event::Attempted { .. }));
    attempt.map(|step| step.at.0)
}

const CANCELFAIL: u32 = CommandStatus::CANCELFAIL.0;
