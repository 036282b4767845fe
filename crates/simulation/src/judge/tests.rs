//! Histories made by hand that must be condemned.

#![allow(clippy::unwrap_used)]

use smpp::CommandStatus;
use sms::State;

use super::*;
use crate::book::{Reply, Terms, What};
use crate::network::Weather;
use crate::peer::manners::Manners;
use crate::plan::VALIDITY_H;
use crate::world::History;

/// A world in which nothing goes wrong, with something of everything.
fn calm() -> History {
    let calm = |plan: &mut Plan| {
        (plan.weather, plan.calamities, plan.messages, plan.offers) = (Weather::FAIR, 0, 40, 5);
        plan.smscs.iter_mut().for_each(|smsc| {
            (smsc.manners, smsc.window, smsc.sessions) = (Manners::GOOD, 1, 1);
            smsc.holds_unknown = false;
        });
        plan.esmes.iter_mut().for_each(|esme| (esme.manners, esme.second_thoughts) = (Manners::GOOD, 0.0));
    };
    History::of(3, calm, false).unwrap()
}

fn wrong(history: &History, change: impl FnOnce(&mut Pages, &mut Vec<Record>)) -> String {
    let (mut pages, mut records) = (history.pages.clone(), history.records.clone());
    change(&mut pages, &mut records);
    judge(&pages, &records, &history.serials, &history.plan).join("\n")
}

/// The first submission that was delivered, asked for a receipt, has one segment and may leave at once.
fn plain(history: &History) -> usize {
    let is_plain = |(serial, submission): &(usize, &Submission)| {
        let Terms { registered, segments, delay_ms, .. } = submission.terms;
        let mut its = history.records.iter().filter(|record| history.serials.get(&record.id) == Some(serial));
        (registered, segments, delay_ms) == (1, 1, None) && its.any(|record| record.state == State::Delivered)
    };
    history.pages.submissions.iter().enumerate().find(is_plain).unwrap().0
}

/// Its owner wants something of a message, half a second before it reaches the SMSC, and is answered at once.
fn demand(pages: &mut Pages, serial: usize, what: What, status: u32) {
    let arrived_at = pages.arrivals.iter().find(|arrival| arrival.serial == serial).unwrap().at;
    let at = arrived_at - 500;
    let Submission { esme, session, .. } = pages.submissions[serial];
    let reply = Some(Reply { at, status, state: None });
    pages.demands.push(Demand { esme, session, serial, what, asked_at: at, reply, lost_at: None });
}

#[test]
fn a_calm_world_is_well() {
    assert_eq!(wrong(&calm(), |_, _| {}), "");
}

#[test]
fn what_is_lost_or_unfinished_is_seen() {
    let history = calm();
    let serial = plain(&history);
    let its = |record: &Record| history.serials.get(&record.id) == Some(&serial);
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
    let serial = plain(&history);
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
    let Fate::Accepted(id) = history.pages.submissions[plain(&history)].fate.clone() else { panic!() };
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

#[test]
fn what_goes_on_although_it_was_cancelled_is_seen() {
    // INV-9
    let history = calm();
    let serial = plain(&history);
    let cancelled = wrong(&history, |pages, _| demand(pages, serial, What::Cancel, 0));
    assert!(cancelled.contains("INV-9") && cancelled.contains("goes on"), "{cancelled}");
    let refused =
        wrong(&history, |pages, _| demand(pages, serial, What::Cancel, CommandStatus::CANCELFAIL.0));
    assert_eq!(refused, "", "it may have been with the SMSC's link");
    let waited = wrong(&history, |pages, _| {
        demand(pages, serial, What::Cancel, CommandStatus::CANCELFAIL.0);
        pages.submissions[serial].answered_at = Some(0);
        pages.submissions[serial].terms.delay_ms = Some(3_600_000);
    });
    assert!(waited.contains("cannot be cancelled"), "{waited}");
    let by_nobody = wrong(&history, |_, records| {
        let mut its = records.iter_mut().filter(|record| history.serials.get(&record.id) == Some(&serial));
        its.next().unwrap().state = State::Deleted;
    });
    assert!(by_nobody.contains("nobody cancelled"), "{by_nobody}");
}

#[test]
fn what_leaves_although_another_took_its_place_is_seen() {
    // INV-9
    let history = calm();
    let serial = plain(&history);
    let left = wrong(&history, |pages, _| {
        demand(pages, serial, What::CancelLike, 0);
        pages.submissions[serial].answered_at = Some(0);
        pages.submissions[serial].asked_at = 0;
    });
    assert!(left.contains("took its place"), "{left}");
}

#[test]
fn a_text_that_should_not_be_is_seen() {
    // INV-9
    let history = calm();
    let serial = plain(&history);
    let terms = history.pages.submissions[serial].terms;
    let replace = What::Replace { edition: 1, terms };
    let come_anew = |pages: &mut Pages| {
        pages.arrivals.iter_mut().filter(|one| one.serial == serial).for_each(|one| one.edition = 1);
    };
    let old = wrong(&history, |pages, _| demand(pages, serial, replace, 0));
    assert!(old.contains("INV-9") && old.contains("editions {0} came"), "{old}");
    let new = wrong(&history, |pages, _| {
        demand(pages, serial, replace, 0);
        come_anew(pages);
    });
    assert_eq!(new, "");
    let refused = wrong(&history, |pages, _| {
        demand(pages, serial, replace, CommandStatus::REPLACEFAIL.0);
        come_anew(pages);
    });
    assert!(refused.contains("INV-9") && refused.contains("editions {1} came"), "{refused}");
}

#[test]
fn what_leaves_before_its_time_is_seen() {
    // INV-10
    let history = calm();
    let serial = plain(&history);
    let early = wrong(&history, |pages, _| pages.submissions[serial].terms.delay_ms = Some(3_600_000));
    assert!(early.contains("INV-10") && early.contains("came before"), "{early}");
}

#[test]
fn a_wrong_answer_to_a_query_is_seen() {
    //
    let history = calm();
    let serial = plain(&history);
    let answer = |state, esme: Option<usize>| {
        wrong(&history, |pages, _| {
            demand(pages, serial, What::Query, 0);
            let demand = pages.demands.last_mut().unwrap();
            demand.reply.as_mut().unwrap().state = Some(state);
            demand.esme = esme.unwrap_or(demand.esme);
        })
    };
    assert_eq!(answer((1, false), None), "");
    assert!(answer((2, true), None).contains("was answered"), "not yet");
    assert!(answer((1, true), None).contains("was answered"), "not ended");
    assert!(answer((1, false), Some(77)).contains("X-14"), "somebody else's");
}
