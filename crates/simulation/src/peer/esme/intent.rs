//! What an ESME is going to ask of the gateway.

use smpp::Body;

use super::super::wording;
use super::Client;
use super::agent::Asked;
use crate::book::{Demand, Fate, Pages, Submission, Terms, Time, What};
use crate::dice::Dice;
use crate::now;

/// What is to be asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Intent {
    /// To take a message over.
    Submit,
    /// Something of the message with this serial, which was taken over.
    Demand(usize),
}

impl Client {
    /// The request for it, by this session; `None` if there is nothing to ask any more.
    pub(super) fn request(&self, intent: Intent, session: u64) -> Option<(Body, Asked)> {
        match intent {
            Intent::Submit => Some(self.submission(session)),
            Intent::Demand(serial) => self.demand(session, serial),
        }
    }

    /// After the gateway has answered: perhaps something is wanted of the message soon.
    pub(super) fn think_again(&self, serial: usize) {
        let mut state = self.state();
        if state.dice.hits(self.second_thoughts) {
            let wait = state.dice.pick([0..20, 0..2_000, 0..20_000].each_ref());
            let at = now() + state.dice.millis(wait.clone());
            state.schedule.add(at, Intent::Demand(serial));
        }
    }

    /// Decides what the next message is like.
    fn submission(&self, session: u64) -> (Body, Asked) {
        let (mut state, asked_at) = (self.state(), self.around.time());
        let dice = &mut state.dice;
        self.around.book.with(|pages| {
            let serial = pages.submissions.len();
            let own = pages.submissions.iter().filter(|one| one.esme == self.number);
            let thread = match own.last() {
                Some(last) if dice.hits(SAME_DESTINATION) => last.thread,
                _ => serial,
            };
            let submission = Submission {
                esme: self.number,
                session,
                thread,
                service: dice.pick(["", "", "", "OTP"]),
                supersedes: dice.hits(if thread == serial { SUPERSEDES_NONE } else { SUPERSEDES }),
                priority: if dice.hits(0.2) { dice.pick([1, 2, 3]) } else { 0 },
                terms: terms(dice),
                asked_at,
                answered_at: None,
                fate: Fate::Open,
            };
            let body = Body::SubmitSm(wording::submit_sm(serial, &submission));
            pages.submissions.push(submission);
            (body, Asked::Submission(serial))
        })
    }

    /// Decides what is wanted of a message that was taken over, or of one of somebody else.
    fn demand(&self, session: u64, serial: usize) -> Option<(Body, Asked)> {
        let (mut state, asked_at) = (self.state(), self.around.time());
        let dice = &mut state.dice;
        self.around.book.with(|pages| {
            let serial =
                if dice.hits(SOMEBODY_ELSES) { dice.number(0..serial as u64 + 1) as usize } else { serial };
            let submission = pages.submissions.get(serial)?.clone();
            let Fate::Accepted(id) = &submission.fate else { return None };
            let what = match dice.number(0..100) {
                0..35 => What::Cancel,
                35..45 if submission.esme == self.number => What::CancelLike,
                45..80 if !is_being_replaced(pages, serial, asked_at) => {
                    What::Replace { edition: editions(pages, serial), terms: terms(dice) }
                }
                _ => What::Query,
            };
            let body = match &what {
                What::Query => Body::QuerySm(wording::query_sm(id)),
                What::Cancel => Body::CancelSm(wording::cancel_sm(id)),
                What::CancelLike => Body::CancelSm(wording::cancel_like(&submission)),
                What::Replace { edition, terms } => {
                    Body::ReplaceSm(wording::replace_sm(id, serial, *edition, terms))
                }
            };
            let (esme, reply, lost_at) = (self.number, None, None);
            pages.demands.push(Demand { esme, session, serial, what, asked_at, reply, lost_at });
            Some((body, Asked::Demand(pages.demands.len() - 1)))
        })
    }
}

fn terms(dice: &mut Dice) -> Terms {
    let seconds = |dice: &mut Dice, range| Some(dice.number(range) * 1000);
    Terms {
        segments: if dice.hits(0.2) { dice.number(2..4) as u8 } else { 1 },
        registered: dice.pick([0, 1, 1, 1, 2]),
        validity_ms: if dice.hits(0.5) { seconds(dice, 20..600) } else { None },
        delay_ms: if dice.hits(0.2) { seconds(dice, 1..30) } else { None },
    }
}

/// Whether a replacement of the message may still be on its way. Of two at once nobody could say which is the last.
fn is_being_replaced(pages: &Pages, serial: usize, at: Time) -> bool {
    replacements(pages, serial).any(|demand| {
        demand.reply.is_none() && demand.lost_at.is_none_or(|lost_at| lost_at + ON_ITS_WAY_MS > at)
    })
}

/// How many editions of a message there are.
fn editions(pages: &Pages, serial: usize) -> u8 {
    u8::try_from(replacements(pages, serial).count() + 1).unwrap_or(u8::MAX)
}

fn replacements(pages: &Pages, serial: usize) -> impl Iterator<Item = &Demand> {
    let is_one =
        move |demand: &&Demand| demand.serial == serial && matches!(demand.what, What::Replace { .. });
    pages.demands.iter().filter(is_one)
}

/// How many messages go to where the last one went.
const SAME_DESTINATION: f64 = 0.3;
/// How many of those take the place of what waits.
const SUPERSEDES: f64 = 0.4;
/// How many others would, if there were anything.
const SUPERSEDES_NONE: f64 = 0.03;
/// How many demands are perhaps not for a message of one's own.
const SOMEBODY_ELSES: f64 = 0.1;
/// How long what was said by a session that is lost may take to be done.
const ON_ITS_WAY_MS: Time = 30_000;
