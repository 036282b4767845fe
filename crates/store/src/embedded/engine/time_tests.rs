//! What happens by the clock alone, and to the files of the journal.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sms::{LinkName, State, Timestamp};

use super::super::options::Options;
use super::Command;
use super::rig::{OWNER, Rig, SMSC, done, options, receipt, sent};
use crate::conformance::sample::{entries, entry};
use crate::{Cause, Item, Lease, Outcome, Sighting};

const HOUR: Duration = Duration::from_secs(3600);

fn told(lease: &Lease) -> State {
    match lease.item() {
        Item::Notice(notice) => notice.state,
        Item::Segment(_) => panic!("no notice"),
    }
}

fn pass_slowly(rig: &mut Rig, time: Duration) {
    rig.pass(time);
    for _ in 0..4 {
        rig.pass(Duration::from_millis(100));
    }
}

// INV-10
#[test]
fn what_waits_for_a_link_that_is_away_expires() {
    let mut rig = Rig::new(options());
    let expires_at = Some(rig.now.plus(HOUR));
    rig.accept(vec![entry(1, |message| message.expires_at = expires_at), entry(2, |_| {})]).unwrap();
    pass_slowly(&mut rig, HOUR / 2);
    assert!(rig.take(OWNER, 1).is_empty());
    pass_slowly(&mut rig, HOUR);
    assert_eq!(told(&rig.take(OWNER, 1)[0]), State::Expired);
    assert_eq!(rig.take(SMSC, 10).len(), 1);
}

// INV-10
#[test]
fn a_message_lives_for_as_long_as_was_asked() {
    let mut rig = Rig::new(options());
    let second = Duration::from_secs(1);
    // Whatever part of a second it is now.
    let start = rig.now;
    let into = Duration::from_millis(850_u64.saturating_sub(start.0 % 1000));
    rig.pass(into);
    let expires_at = Some(rig.now.plus(second));
    rig.accept(vec![entry(1, |message| message.expires_at = expires_at)]).unwrap();
    for _ in 0..6 {
        rig.pass(Duration::from_millis(100));
        assert!(rig.take(OWNER, 1).is_empty());
    }
    pass_slowly(&mut rig, 2 * second);
    assert_eq!(told(&rig.take(OWNER, 1)[0]), State::Expired);
}

#[test]
fn a_receipt_that_never_comes_makes_the_state_unknown() {
    let mut rig = Rig::new(options());
    let expires_at = Some(rig.now.plus(HOUR));
    rig.accept(vec![entry(1, |message| message.expires_at = expires_at), entry(2, |_| {})]).unwrap();
    for id in ["1", "2"] {
        let lease = rig.take(SMSC, 1).pop().unwrap();
        rig.settle(lease, sent(id));
    }
    pass_slowly(&mut rig, HOUR + HOUR / 2);
    assert!(rig.take(OWNER, 1).is_empty(), "an hour longer than the message is valid");
    pass_slowly(&mut rig, HOUR);
    let first = rig.take(OWNER, 2);
    assert_eq!((first.len(), told(&first[0])), (1, State::Unknown));
    pass_slowly(&mut rig, 72 * HOUR);
    assert_eq!(told(&rig.take(OWNER, 1)[0]), State::Unknown);
    let late = vec![receipt("2", State::Delivered)];
    assert_eq!(rig.receipts(late).unwrap(), [Sighting::Repeated], "it has its final state");
}

#[test]
fn an_owner_that_never_comes_is_not_waited_for_forever() {
    let mut rig = Rig::new(options());
    rig.accept(entries(1)).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    rig.settle(lease, Outcome::Failed { state: State::Rejected, cause: Cause::Smpp(0x0B) });
    assert_eq!(rig.status().live_messages, 1);
    pass_slowly(&mut rig, 73 * HOUR);
    assert_eq!(rig.status().live_messages, 0);
    assert!(rig.reopen(options()).unwrap().live().is_empty());
}

// INV-10 DUR-7
#[test]
fn what_was_held_and_is_refused_late_is_valid_for_as_long_as_before() {
    let mut rig = Rig::new(options());
    let expires_at = Some(rig.now.plus(HOUR));
    rig.accept(vec![entry(1, |message| message.expires_at = expires_at)]).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    let (part, item) = (lease.part(), lease.item());
    rig.settle(lease, Outcome::Unknown { retry_at: None, cause: Cause::Timeout });
    let busy = Outcome::Retry { at: rig.now.plus(HOUR / 4), cause: Cause::Smpp(0x14) };
    let late = Command::Amend { part, item, link: LinkName::from(SMSC), outcome: Box::new(busy) };
    rig.engine.handle(late, rig.now);
    rig.turn();
    assert!(rig.take(SMSC, 1).is_empty(), "it is not due yet");
    let mut rig = rig.reopen(options()).unwrap();
    pass_slowly(&mut rig, HOUR / 2);
    let again = rig.take(SMSC, 1).pop().unwrap();
    rig.settle(again, Outcome::Retry { at: rig.now, cause: Cause::Smpp(0x14) });
    pass_slowly(&mut rig, HOUR / 2);
    assert!(rig.take(SMSC, 1).is_empty(), "it is no longer valid");
    assert_eq!(told(&rig.take(OWNER, 1)[0]), State::Unknown);
}

// DUR-7
#[test]
fn what_is_held_ends_one_day() {
    let mut rig = Rig::new(options());
    rig.accept(entries(1)).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    rig.settle(lease, Outcome::Unknown { retry_at: None, cause: Cause::Timeout });
    pass_slowly(&mut rig, 73 * HOUR);
    assert_eq!(told(&rig.take(OWNER, 1)[0]), State::Unknown);
}

// DUR-7
#[test]
fn a_link_can_be_told_to_hold_what_was_perhaps_sent() {
    let held = crate::embedded::Options { hold_unknown: vec![LinkName::from(SMSC)], ..options() };
    let mut rig = Rig::new(held.clone());
    rig.accept(entries(2)).unwrap();
    let syncs = rig.status().syncs_total;
    assert_eq!(rig.take(SMSC, 1).len(), 1);
    assert_eq!(rig.status().syncs_total, syncs + 1, "the attempt is durable before it is made");
    let mut again = rig.reopen(held).unwrap();
    assert_eq!(again.take(SMSC, 10).len(), 1, "only the other one");
    assert_eq!(again.status().possible_duplicates_total, 0);
    let mut again = rig.reopen(options()).unwrap();
    assert_eq!(again.take(SMSC, 10).len(), 1, "what was lent to a link that now sends again");
    assert_eq!(again.status().possible_duplicates_total, 1);
}

//
#[test]
fn receipts_that_match_nothing_are_kept_ten_minutes() {
    let mut rig = Rig::new(crate::embedded::Options { unmatched_max: 2, ..options() });
    for id in ["a", "b", "c"] {
        assert_eq!(rig.receipts(vec![receipt(id, State::Delivered)]).unwrap(), [Sighting::Unmatched]);
    }
    assert_eq!(rig.status().unmatched_receipts, 2, "the oldest has gone");
    pass_slowly(&mut rig, Duration::from_secs(599));
    assert_eq!(rig.status().unmatched_receipts, 2);
    pass_slowly(&mut rig, Duration::from_secs(2));
    assert_eq!(rig.status().unmatched_receipts, 0);
}

#[test]
fn outcomes_are_synced_before_long() {
    let mut rig = Rig::new(options());
    rig.accept(vec![entry(1, |message| message.receipt = sms::ReceiptRequest::NONE)]).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    rig.settle(lease, done());
    assert!(rig.engine.next_wake(rig.now) <= rig.now.plus(Duration::from_millis(10)));
    let synced = rig.engine.progress().durable();
    rig.pass(Duration::from_millis(10));
    assert!(rig.engine.progress().durable() > synced);
}

#[test]
fn receipts_share_the_sync_of_what_is_accepted_and_wait_a_millisecond_for_it() {
    let mut rig = Rig::new(options());
    rig.accept(entries(2)).unwrap();
    for id in ["1", "2"] {
        let lease = rig.take(SMSC, 1).pop().unwrap();
        rig.settle(lease, sent(id));
    }
    let tell = |rig: &mut Rig, id: &str| {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let batch = vec![receipt(id, State::Delivered)];
        rig.engine.handle(super::Command::Receipts { batch, answer }, rig.now);
        rig.turn_now();
        answered
    };
    rig.sync();
    let before = rig.status().syncs_total;
    let mut told = tell(&mut rig, "1");
    assert!(told.try_recv().is_err(), "it waits");
    rig.accept(vec![entry(7, |_| {})]).unwrap();
    assert!(matches!(told.try_recv(), Ok(Ok(_))));
    assert_eq!(rig.status().syncs_total, before + 1);

    let mut told = tell(&mut rig, "2");
    assert!(told.try_recv().is_err(), "it waits");
    assert!(rig.engine.next_wake(rig.now) <= rig.now.plus(Duration::from_millis(1)));
    rig.now = rig.now.plus(Duration::from_millis(1));
    rig.turn_now();
    assert!(matches!(told.try_recv(), Ok(Ok(_))), "nobody came");
}

#[test]
fn nothing_is_lent_before_it_is_durable() {
    let mut rig = Rig::new(options());
    let (answer, mut answered) = tokio::sync::oneshot::channel();
    rig.engine.handle(super::Command::Accept { batch: entries(1), octets: 0, answer }, rig.now);
    rig.engine.serve(rig.now);
    let (taker, mut taken) = tokio::sync::oneshot::channel();
    rig.engine.handle(super::Command::Take { link: LinkName::from(SMSC), max: 1, answer: taker }, rig.now);
    rig.engine.serve(rig.now);
    assert!(taken.try_recv().is_err() && answered.try_recv().is_err());
    rig.turn();
    assert_eq!(taken.try_recv().unwrap().unwrap().len(), 1);
    assert!(answered.try_recv().unwrap().is_ok());
}

#[test]
fn what_is_delayed_is_woken_in_its_time_for_who_waits() {
    let mut rig = Rig::new(options());
    rig.accept(vec![entry(1, |message| message.receipt = sms::ReceiptRequest::NONE)]).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    let due = rig.now.plus(Duration::from_millis(70));
    rig.settle(lease, Outcome::Retry { at: due, cause: Cause::Timeout });
    rig.pass(Duration::from_millis(20));
    assert!(rig.engine.next_wake(rig.now) > due, "nobody waits for it");
    let (answer, mut taken) = tokio::sync::oneshot::channel();
    rig.engine.handle(Command::Take { link: LinkName::from(SMSC), max: 1, answer }, rig.now);
    rig.turn();
    assert!(taken.try_recv().is_err());
    assert_eq!(rig.engine.next_wake(rig.now), due);
    rig.pass(due.since(rig.now));
    let lease = taken.try_recv().unwrap().unwrap().pop().unwrap();
    assert!(rig.engine.next_wake(rig.now) > rig.now, "the alarm is over");
    rig.settle(lease, Outcome::Retry { at: rig.now.plus(HOUR), cause: Cause::Timeout });
    rig.pass(2 * HOUR);
    assert_eq!(rig.take(SMSC, 1).len(), 1, "who comes late finds what is due");
}

#[test]
fn what_waits_is_told_of_links_that_changed_and_known_of_the_others() {
    let mut rig = Rig::new(options());
    let elsewhere = crate::Entry { target: LinkName::from("away"), ..entry(9, |_| {}) };
    rig.accept(vec![entry(1, |_| {}), entry(2, |_| {}), elsewhere]).unwrap();
    let waiting = |rig: &mut Rig, link: &str| {
        let status = rig.status();
        status.waiting.iter().find(|(name, _)| name.as_str() == link).map(|(_, count)| *count)
    };
    assert_eq!((waiting(&mut rig, SMSC), waiting(&mut rig, "away")), (Some(2), Some(1)));
    let lease = rig.take(SMSC, 1).pop().unwrap();
    assert_eq!((waiting(&mut rig, SMSC), waiting(&mut rig, "away")), (Some(1), Some(1)));
    rig.settle(lease, Outcome::Retry { at: rig.now.plus(HOUR), cause: Cause::Timeout });
    assert_eq!((waiting(&mut rig, SMSC), waiting(&mut rig, "away")), (Some(2), Some(1)));
    let mut again = rig.reopen(options()).unwrap();
    assert_eq!((waiting(&mut again, SMSC), waiting(&mut again, "away")), (Some(2), Some(1)));
}

fn settle_some(rig: &mut Rig, rounds: u64) {
    for number in 0..rounds {
        let short = entry(1000 + number, |message| {
            message.receipt = sms::ReceiptRequest::NONE;
            message.tlvs = bytes::Bytes::from_static(&[7; 100]);
        });
        rig.accept(vec![crate::Entry { target: LinkName::from("busy"), ..short }]).unwrap();
        let lease = rig.take("busy", 1).pop().unwrap();
        rig.settle(lease, done());
        rig.pass(Duration::from_millis(100));
    }
}

// INV-11
#[test]
fn files_go_and_stragglers_are_carried_forward() {
    let mut rig = Rig::new(options());
    let parts = |message: &mut sms::Message| {
        message.parts = vec![b"a".as_slice().into(), b"b".as_slice().into()].into()
    };
    let later = rig.now.plus(100 * HOUR);
    let delayed = entry(4, |message| message.not_before = Some(later));
    rig.accept(vec![entry(1, |_| {}), entry(2, parts), entry(3, |_| {}), delayed]).unwrap();
    let mut leases = rig.take(SMSC, 4);
    let held = leases.pop().unwrap();
    rig.settle(held, Outcome::Failed { state: State::Rejected, cause: Cause::Network(3) });
    rig.settle(leases.remove(1), sent("one-of-two"));
    rig.settle(leases.remove(0), sent("single"));
    let live = rig.live();
    settle_some(&mut rig, 100);
    assert!(rig.disk.numbers().len() <= 6, "{:?}", rig.disk.numbers());
    assert!(rig.disk.numbers()[0] > 5);
    assert_eq!(rig.live(), live);
    settle_some(&mut rig, 30);
    let mut again = rig.reopen(options()).unwrap();
    assert_eq!(again.live(), live);
    let seen = vec![receipt("single", State::Delivered), receipt("one-of-two", State::Delivered)];
    assert_eq!(again.receipts(seen).unwrap(), [Sighting::Applied, Sighting::Applied]);
    let notices: Vec<State> = again.take(OWNER, 10).iter().map(told).collect();
    assert_eq!(notices, [State::Rejected, State::Delivered], "one was carried as a notice");
    assert_eq!(again.take(SMSC, 10).len(), 1, "the segment that was lent");
    again.pass(200 * HOUR);
    assert_eq!(again.take(SMSC, 10).len(), 1, "the message that was delayed");
}

#[test]
fn only_a_short_first_file_has_to_grow() {
    let mut rig = Rig::new(Options { segment_octets: 16 << 10, ..options() });
    rig.disk.make_spares(u64::MAX);
    let mut grew = Vec::new();
    for number in 0..200 {
        rig.accept(vec![entry(number, |_| {})]).unwrap();
        grew.push(rig.engine.journal.is_growing());
    }
    let short = grew.iter().take_while(|&&grew| grew).count();
    assert!((1..50).contains(&short), "{short} groups in the first file");
    assert!(!grew.iter().skip(short).any(|&grew| grew), "{grew:?}");
    assert!(rig.disk.numbers().len() > 2);
    let live = rig.live();
    assert_eq!(rig.reopen(options()).unwrap().live(), live);
}

#[test]
fn who_has_little_to_write_needs_no_second_file() {
    let mut rig = Rig::new(Options { ledger: false, ..Options::default() });
    rig.disk.make_spares(u64::MAX);
    rig.accept(entries(100)).unwrap();
    assert!(rig.disk.octets() < 100 << 10, "{} octets", rig.disk.octets());
}

#[test]
fn room_that_is_short_is_not_used_ahead_of_time() {
    let mut rig = Rig::new(Options { segment_octets: 16 << 10, reserve_octets: 0, ..options() });
    rig.disk.make_spares(u64::MAX);
    rig.disk.set_capacity(Some(64 << 10));
    for number in 0..40 {
        rig.accept(vec![entry(number, |_| {})]).unwrap();
        assert!(rig.engine.journal.is_growing());
    }
}

#[test]
fn a_clock_that_goes_back_stops_nothing() {
    let mut rig = Rig::new(options());
    rig.accept(entries(1)).unwrap();
    rig.now = Timestamp(rig.now.0 - 3_600_000);
    let lease = rig.take(SMSC, 1).pop().unwrap();
    rig.settle(lease, sent("a"));
    assert!(rig.sync());
    assert_eq!(rig.receipts(vec![receipt("a", State::Delivered)]).unwrap(), [Sighting::Applied]);
}
