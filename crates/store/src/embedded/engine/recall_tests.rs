//! Cancelling and replacing on a disk in memory.

#![allow(clippy::unwrap_used)]

use sms::LinkName;

use super::super::memory_disk::MemoryDisk;
use super::rig::{OWNER, Rig, SMSC, done, options};
use super::{Command, Purpose};
use crate::StoreError;
use crate::conformance::sample;

fn cancel(rig: &mut Rig, serial: u64) -> Option<Result<usize, StoreError>> {
    let owner = LinkName::from(OWNER);
    rig.ask(|answer| Command::Recall {
        serials: vec![serial],
        purpose: Box::new(Purpose::Cancel { owner, like: None, answer }),
    })
}

#[test]
fn a_power_cut_after_the_answer_brings_nothing_back() {
    // INV-9
    let mut rig = Rig::new(options());
    rig.accept(sample::entries(3)).unwrap();
    assert_eq!(cancel(&mut rig, 2).unwrap().unwrap(), 1);
    rig.disk = rig.disk.after_power_cut(&mut rand::SeedableRng::seed_from_u64(7));
    let mut rig = rig.reopen(options()).unwrap();
    let ids: Vec<_> = rig.take(SMSC, 10).iter().map(|lease| lease.message().id).collect();
    assert_eq!(ids, [sample::id(0), sample::id(2)]);
    assert_eq!(rig.take(OWNER, 10).len(), 1);
}

#[test]
fn a_message_that_is_being_moved_can_be_cancelled_and_stays_so() {
    // INV-9
    let mut rig = Rig::new(options());
    rig.accept(sample::entries(1)).unwrap();
    let link = LinkName::from(SMSC);
    let mut moved = rig.ask(|answer| Command::Evacuate { link, max: 1, answer }).unwrap().unwrap();
    assert_eq!(cancel(&mut rig, 1).unwrap().unwrap(), 1);
    rig.settle(moved.pop().unwrap(), crate::Outcome::Redirect { to: "telco-b".into() });
    assert!(rig.take("telco-b", 1).is_empty());
    let notice = rig.take(OWNER, 1).pop().unwrap();
    rig.settle(notice, done());
    assert!(rig.sync() && rig.live().is_empty());
}

#[test]
fn many_slots_are_looked_through_in_several_turns() {
    let mut rig = Rig::new(crate::embedded::Options { segment_octets: 64 << 20, ..options() });
    let count = u64::from(super::recall::SEEK_SLOTS) + 1000;
    let (first, last, again, id) = (1, count, 2, sample::id(1));
    let entry = |number| {
        sample::entry(number, |message| message.id = if number + 1 == again { id } else { message.id })
    };
    for start in (0..count).step_by(10_000) {
        rig.accept((start..count.min(start + 10_000)).map(entry).collect()).unwrap();
    }
    let mut anew = entry(again - 1);
    std::sync::Arc::make_mut(&mut anew.message).parts = vec![b"anew"[..].into(); 2].into();
    // The first begins the search, the others are looked for together.
    let mut answers: Vec<_> = [first, last, count + 1]
        .into_iter()
        .map(|serial| {
            let (answer, answered) = tokio::sync::oneshot::channel();
            let owner = LinkName::from(OWNER);
            let purpose = Box::new(Purpose::Cancel { owner, like: None, answer });
            rig.engine.handle(Command::Recall { serials: vec![serial], purpose }, rig.now);
            answered
        })
        .collect();
    let mut replaced = say_replace(&mut rig, again, anew);
    let (answer, mut cancelled) = tokio::sync::oneshot::channel();
    let purpose = Box::new(Purpose::Cancel { owner: LinkName::from(OWNER), like: None, answer });
    rig.engine.handle(Command::Recall { serials: vec![again], purpose }, rig.now);
    let mut turns = 0;
    while rig.engine.next_wake(rig.now) <= rig.now {
        rig.turn_now();
        turns += 1;
    }
    let counts: Vec<usize> = answers.iter_mut().map(|answer| answer.try_recv().unwrap().unwrap()).collect();
    assert_eq!(counts, [1, 1, 0]);
    // INV-9
    let replaced = replaced.try_recv();
    assert!(matches!(replaced, Ok(Ok(true))), "{replaced:?}");
    let cancelled = cancelled.try_recv();
    assert!(matches!(cancelled, Ok(Ok(1))), "it has other slots now: {cancelled:?}");
    assert!((2..10).contains(&turns), "{turns} turns");
}

#[test]
fn a_store_that_failed_cancels_nothing() {
    // FLT-3
    let mut rig = Rig::open(MemoryDisk::default(), options(), sample::now()).unwrap();
    rig.accept(sample::entries(1)).unwrap();
    rig.disk.fail_syncs();
    assert!(matches!(cancel(&mut rig, 1), Some(Err(StoreError::Failed(_)))));
    assert!(matches!(cancel(&mut rig, 1), Some(Err(StoreError::Failed(_)))));
}

#[test]
fn what_is_being_moved_is_not_replaced() {
    // O-6: its lease would be good for what it is replaced by.
    let mut rig = Rig::new(options());
    rig.accept(sample::entries(1)).unwrap();
    let link = LinkName::from(SMSC);
    let moved = rig.ask(|answer| Command::Evacuate { link, max: 1, answer }).unwrap().unwrap();
    let mut replaced = say_replace(&mut rig, 1, sample::entry(0, |_| ()));
    rig.turn();
    assert!(matches!(replaced.try_recv(), Ok(Ok(false))));
    drop(moved);
}

#[test]
fn what_was_replaced_in_the_same_turn_is_cancelled_as_it_is_now() {
    // INV-9
    let mut rig = Rig::new(options());
    rig.accept(sample::entries(1)).unwrap();
    let anew = sample::entry(0, |message| message.parts = vec![b"anew"[..].into(); 2].into());
    let mut replaced = say_replace(&mut rig, 1, anew);
    assert!(matches!(cancel(&mut rig, 1), Some(Ok(1))), "it is read back, as nothing is cached here");
    assert!(matches!(replaced.try_recv(), Ok(Ok(true))));
    assert!(rig.take(SMSC, 1).is_empty());
}

#[test]
fn what_is_replaced_waits_for_its_new_schedule_though_the_old_is_in_the_same_second() {
    // INV-10
    let mut rig = Rig::new(options());
    rig.now = sms::Timestamp(rig.now.0 / 1000 * 1000);
    let (old, new) = (sms::Timestamp(rig.now.0 + 4_100), sms::Timestamp(rig.now.0 + 4_900));
    let before = sample::entry(0, |message| message.not_before = Some(old));
    let mut after = before.clone();
    std::sync::Arc::make_mut(&mut after.message).not_before = Some(new);
    rig.accept(vec![before]).unwrap();
    let mut replaced = say_replace(&mut rig, 1, after);
    rig.turn();
    assert!(matches!(replaced.try_recv(), Ok(Ok(true))));
    rig.pass(std::time::Duration::from_millis(4_300));
    assert!(rig.take(SMSC, 1).is_empty(), "not yet");
    rig.pass(std::time::Duration::from_millis(700));
    assert_eq!(rig.take(SMSC, 1).len(), 1);
}

#[test]
fn without_room_the_answer_waits_for_what_was_done() {
    // DUR-4, INV-1
    let options = crate::embedded::Options { reserve_octets: 0, ..options() };
    let mut rig = Rig::new(options);
    rig.accept(sample::entries(2)).unwrap();
    rig.disk.set_capacity(Some(rig.disk.octets()));
    let (answer, mut superseded) = tokio::sync::oneshot::channel();
    let like_the_first =
        sample::entry(7, |message| message.destination = sample::message(0).destination.clone());
    let purpose = Box::new(Purpose::Supersede { entry: like_the_first, answer });
    rig.engine.handle(Command::Recall { serials: vec![1], purpose }, rig.now);
    rig.turn();
    assert!(superseded.try_recv().is_err(), "neither done for good nor refused");
    assert!(matches!(cancel(&mut rig, 2), Some(Err(StoreError::Full))), "nothing more is begun");
    rig.disk.set_capacity(None);
    rig.pass(std::time::Duration::from_secs(2));
    assert!(matches!(superseded.try_recv(), Ok(Ok(()))));
    rig.turn();
    let ids: Vec<_> = rig.take(SMSC, 10).iter().map(|lease| lease.message().id).collect();
    assert_eq!(ids, [sample::id(1), sample::id(7)]);
}

#[test]
fn what_was_written_before_something_is_taken_back_is_not_refused() {
    // INV-1: whoever takes back reads what waits, which is written first; then there may be no room for the rest.
    let mut rig = Rig::new(crate::embedded::Options { reserve_octets: 0, ..options() });
    rig.accept(sample::entries(1)).unwrap();
    let (answer, mut accepted) = tokio::sync::oneshot::channel();
    let batch = vec![sample::entry(1, |_| ())];
    rig.engine.handle(Command::Accept { batch, octets: 0, answer }, rig.now);
    let (answer, mut cancelled) = tokio::sync::oneshot::channel();
    let purpose = Box::new(Purpose::Cancel { owner: LinkName::from(OWNER), like: None, answer });
    rig.engine.handle(Command::Recall { serials: vec![1], purpose }, rig.now);
    rig.disk.set_capacity(Some(rig.disk.octets()));
    rig.turn();
    assert!(
        accepted.try_recv().is_err() && cancelled.try_recv().is_err(),
        "both are done, and not durable yet"
    );
    rig.disk.set_capacity(None);
    rig.pass(std::time::Duration::from_secs(2));
    assert!(matches!(accepted.try_recv(), Ok(Ok(()))));
    assert!(matches!(cancelled.try_recv(), Ok(Ok(1))));
    let ids: Vec<_> = rig.take(SMSC, 10).iter().map(|lease| lease.message().id).collect();
    assert_eq!(ids, [sample::id(1)]);
}

fn say_replace(
    rig: &mut Rig,
    serial: u64,
    entry: crate::Entry,
) -> tokio::sync::oneshot::Receiver<Result<bool, StoreError>> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let purpose = Box::new(Purpose::Replace { entry, answer });
    rig.engine.handle(Command::Recall { serials: vec![serial], purpose }, rig.now);
    answered
}
