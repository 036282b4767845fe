//! Links that the process serves itself: they hold what they were lent, and answer many items with one.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sms::{LinkName, MessageId, State};

use super::Command;
use super::rig::{Rig, SMSC, done, options};
use crate::conformance::sample;
use crate::embedded::Options;
use crate::{Entry, Lease, Outcome, Settlement};

const INSIDE: &str = "inside";
const PARTS: u64 = 5;

fn inside() -> Options {
    Options { in_process: vec![INSIDE.into()], ..options() }
}

/// What such a link is given: it never expires.
fn part(number: u64) -> Entry {
    Entry { target: INSIDE.into(), ..sample::entry(number, |message| message.expires_at = None) }
}

fn parts() -> Vec<Entry> {
    (0..PARTS).map(part).collect()
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<MessageId> {
    numbers.into_iter().map(sample::id).map(without_time).collect()
}

/// Ids of samples differ by the second in which they were made.
fn without_time(id: MessageId) -> MessageId {
    let mut octets = *id.octets();
    octets[..4].fill(0);
    MessageId::from_octets(octets)
}

/// All leases are done with, and the last of them is answered by message 100, whose three segments go elsewhere.
fn answered(leases: Vec<Lease>) -> Command {
    let mut batch: Vec<Settlement> = leases
        .into_iter()
        .map(|lease| Settlement {
            lease,
            outcome: Outcome::Done { state: State::HandedOver, remote_id: None },
            answer: None,
        })
        .collect();
    let body = bytes::Bytes::from_static(b"the whole");
    let whole = sample::entry(100, |message| message.parts = (0..3).map(|_| body.clone()).collect());
    batch.last_mut().unwrap().answer = Some(whole);
    Command::Settle(batch)
}

// N-3, DUR-1: all parts and no whole, or the whole and no part, wherever the power is cut.
#[test]
fn many_settlements_and_their_one_answer_survive_together() {
    let (mut before, mut after) = (0, 0);
    for (seed, changes) in (0..400).zip((0..8).cycle()) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut rig = Rig::new(inside());
        rig.accept(parts()).unwrap();
        let leases = rig.take(INSIDE, 10);
        assert!(rig.sync());
        rig.disk.cut_power_after(changes);
        rig.engine.handle(answered(leases), rig.now);
        for _ in 0..10 {
            rig.pass(Duration::from_millis(10));
        }
        // It is durable before anybody can have it.
        let lent = rig.take(SMSC, 10).len();
        let disk = rig.disk.after_power_cut(&mut random);
        let mut again = Rig::open(disk, inside(), rig.now).unwrap();
        let live: Vec<MessageId> = again.live().into_iter().map(without_time).collect();
        if live == ids([100]) {
            after += 1;
        } else {
            assert_eq!((live, lent), (ids(0..PARTS), 0), "seed {seed}, cut after {changes}");
            assert_eq!(again.take(INSIDE, 10).len(), PARTS as usize);
            before += 1;
        }
    }
    assert!(before > 0 && after > 0, "{before} before, {after} after");
}

#[test]
fn what_was_lent_inside_is_lent_again_as_if_it_never_had_been() {
    let mut rig = Rig::new(inside());
    rig.accept(parts()).unwrap();
    let leases = rig.take(INSIDE, 10);
    assert!(rig.sync());
    let mut again = rig.reopen(inside()).unwrap();
    drop(leases);

    let lent = again.take(INSIDE, 10);

    assert_eq!(lent.iter().map(Lease::attempts).collect::<Vec<_>>(), [0; PARTS as usize]);
    assert_eq!(again.status().possible_duplicates_total, 0);
    let outside = Rig::open(rig.disk.clone(), options(), rig.now).unwrap().take(INSIDE, 1);
    assert_eq!(outside[0].attempts(), 1, "any other link may have sent it");
}

#[test]
fn what_is_held_for_long_does_not_hold_the_journal() {
    let mut rig = Rig::new(inside());
    rig.accept(parts()).unwrap();
    let held = rig.take(INSIDE, 10);
    for number in 0..2000 {
        rig.accept(vec![sample::entry(1000 + number, |_| {})]).unwrap();
        let lease = rig.take(SMSC, 1).pop().unwrap();
        rig.settle(lease, done());
        rig.pass(Duration::from_millis(200));
    }
    rig.pass(Duration::from_secs(72 * 3600));
    assert!(rig.sync());
    assert!(rig.disk.octets() < 32 << 10, "{} octets for five messages", rig.disk.octets());

    let mut again = rig.reopen(inside()).unwrap();
    let link = LinkName::from(INSIDE);
    assert_eq!(again.take(INSIDE, 10).len(), PARTS as usize);
    assert!(again.status().waiting.iter().all(|(name, count)| *name != link || *count == 0));
    rig.engine.handle(answered(held), rig.now);
    assert!(rig.sync());
    assert_eq!(rig.live().len(), 1);
}
