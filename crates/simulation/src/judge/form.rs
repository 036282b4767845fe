//! What a message may be in the end: what was submitted, or what it was replaced by.

use super::{Case, Court, SYSERR, WAY_MAX_MS};
use crate::book::{Demand, Terms, Time, What};
use crate::plan::VALIDITY_H;

/// A form of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) edition: u8,
    pub(super) segments: u8,
    /// registered_delivery.
    pub(super) registered: u8,
    /// It may not leave before.
    pub(super) not_before: Time,
    /// It ends not before the first and not after the second.
    pub(super) expires_at: (Time, Time),
}

/// What became of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Result {
    Done,
    NotDone,
    /// There was no answer, or the store failed while it was written.
    Unknown,
}

impl Demand {
    pub(super) fn result(&self) -> Result {
        match self.reply.map(|reply| reply.status) {
            Some(0) => Result::Done,
            None | Some(SYSERR) => Result::Unknown,
            Some(_) => Result::NotDone,
        }
    }

    /// When it was answered, or the last moment in which it may have been done.
    pub(super) fn done_by(&self) -> Time {
        self.reply.map_or(self.asked_at + DONE_WITHIN_MS, |reply| reply.at)
    }
}

impl Court<'_> {
    /// The forms that a message may have had in the end, by what its owner was told and what arrived of it.
    pub(super) fn forms(&self, case: &Case<'_>) -> Vec<Form> {
        let arrived =
            case.arrivals.iter().rfind(|arrival| !self.is_forgotten(arrival)).map(|arrival| arrival.edition);
        let is_it = |form: &Form| {
            u16::from(form.segments) == case.record.segments
                && arrived.is_none_or(|edition| edition == form.edition)
        };
        self.possible_forms(case).into_iter().filter(is_it).collect()
    }

    /// The same by what its owner was told alone.
    pub(super) fn possible_forms(&self, case: &Case<'_>) -> Vec<Form> {
        let mut forms = vec![Form::submitted(case)];
        for demand in self.demands.get(&case.serial).into_iter().flatten() {
            let What::Replace { edition, terms } = demand.what else { continue };
            if demand.esme != case.submission.esme {
                continue;
            }
            let replaced = forms.iter().map(|form| form.replaced(edition, &terms, demand));
            match demand.result() {
                Result::NotDone => {}
                Result::Done => forms = replaced.collect(),
                Result::Unknown => {
                    let replaced: Vec<Form> = replaced.collect();
                    forms.extend(replaced);
                }
            }
        }
        forms
    }
}

impl Form {
    fn submitted(case: &Case<'_>) -> Self {
        let (terms, from) = (case.submission.terms, case.record.accepted_at.0);
        let expires_at = from + terms.validity_ms.unwrap_or(VALIDITY_H * 3_600_000);
        Self {
            edition: 0,
            segments: terms.segments,
            registered: terms.registered,
            not_before: terms.delay_ms.map_or(0, |delay| from + delay),
            expires_at: (expires_at, expires_at),
        }
    }

    /// What a replacement makes of it: times that are not said stay.
    fn replaced(&self, edition: u8, terms: &Terms, demand: &Demand) -> Self {
        let (earliest, latest) = (demand.asked_at, demand.done_by());
        Self {
            edition,
            segments: terms.segments,
            registered: terms.registered,
            not_before: terms.delay_ms.map_or(self.not_before, |delay| earliest + delay),
            expires_at: terms
                .validity_ms
                .map_or(self.expires_at, |validity| (earliest + validity, latest + validity)),
        }
    }
}

/// How long something that is not answered may take to be done.
const DONE_WITHIN_MS: Time = 30_000 + WAY_MAX_MS;
