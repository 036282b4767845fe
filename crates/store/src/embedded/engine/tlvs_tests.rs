//! Where the TLVs of receipts stand, and that they are found there.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sms::{LinkName, State};
use tokio::sync::oneshot;

use super::super::options::Options;
use super::Command;
use super::rig::{OWNER, Rig, SMSC, done, options, receipt, sent};
use crate::conformance::sample::entry;
use crate::{Lease, RemoteReceipt, Settlement};

fn saying(id: &str, state: State, tlvs: &'static [u8]) -> RemoteReceipt {
    RemoteReceipt { tlvs: tlvs.into(), ..receipt(id, state) }
}

fn told(leases: &[Lease]) -> Vec<&[u8]> {
    leases.iter().map(|lease| &lease.receipt_tlvs()[..]).collect()
}

/// Lets other messages come and go until the files there were are gone.
fn pass_files(rig: &mut Rig) {
    let last = *rig.disk.numbers().last().unwrap();
    for number in 1000..1200 {
        if rig.disk.numbers()[0] > last {
            return;
        }
        let short = entry(number, |message| message.receipt = sms::ReceiptRequest::NONE);
        rig.accept(vec![crate::Entry { target: LinkName::from("busy"), ..short }]).unwrap();
        let lease = rig.take("busy", 1).pop().unwrap();
        rig.settle(lease, done());
        rig.pass(Duration::from_millis(100));
    }
    panic!("they are still there: {:?}", rig.disk.numbers());
}

// INV-11
#[test]
fn they_are_carried_forward_with_their_message() {
    let mut rig = Rig::new(options());
    let two = [b"a".as_slice(), b"b"].map(bytes::Bytes::from_static);
    let long = entry(2, |message| message.parts = two.into_iter().collect());
    rig.accept(vec![entry(1, |_| {}), long, entry(3, |_| {})]).unwrap();
    for (lease, id) in rig.take(SMSC, 4).into_iter().zip(["single", "one", "two", "plain"]) {
        rig.settle(lease, sent(id));
    }
    let seen =
        vec![saying("single", State::Delivered, b"of a notice"), saying("one", State::Rejected, b"first")];
    rig.receipts(seen).unwrap();
    rig.receipts(vec![receipt("plain", State::Delivered)]).unwrap();
    for _ in 0..2 {
        pass_files(&mut rig);
    }
    let mut again = rig.reopen(options()).unwrap();
    again.receipts(vec![saying("two", State::Delivered, b"second")]).unwrap();
    let notices = again.take(OWNER, 10);
    assert_eq!(told(&notices), [&b"of a notice"[..], b"", b"first"]);
    let slots_with = |rig: &Rig| (0..8).filter(|&slot| rig.engine.index.tlvs_of(slot).is_some()).count();
    assert_eq!(slots_with(&again), 2, "until they are told");
    notices.into_iter().for_each(|lease| again.settle(lease, done()));
    assert_eq!(slots_with(&again), 0, "and no longer");
}

//
#[test]
fn they_are_found_before_they_are_written() {
    let mut rig = Rig::new(options());
    rig.accept(vec![entry(1, |_| {})]).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    let (answer, _answered) = oneshot::channel();
    let batch = vec![receipt("other", State::Delivered), saying("early", State::Delivered, b"in one turn")];
    rig.engine.handle(Command::Receipts { batch, answer }, rig.now);
    rig.settle(lease, sent("early"));
    assert_eq!(told(&rig.take(OWNER, 1)), [b"in one turn"]);
}

// DUR-4
#[test]
fn they_are_found_behind_what_was_refused() {
    let mut rig = Rig::new(Options { reserve_octets: 0, segment_octets: 1 << 20, ..options() });
    rig.accept((1..3).map(|number| entry(number, |_| {})).collect()).unwrap();
    let mut leases = rig.take(SMSC, 2);
    rig.settle(leases.remove(0), sent("known"));
    rig.disk.set_capacity(Some(rig.disk.octets() + 600));
    let large = entry(10, |message| message.parts = vec![vec![0; 1000].into()].into());
    let (answer, mut refused) = oneshot::channel();
    rig.engine.handle(Command::Accept { batch: vec![large], octets: 0, answer }, rig.now);
    let (answer, _answered) = oneshot::channel();
    let batch =
        vec![saying("known", State::Delivered, b"matched"), saying("early", State::Delivered, b"kept")];
    rig.engine.handle(Command::Receipts { batch, answer }, rig.now);
    rig.turn();
    assert!(refused.try_recv().unwrap().is_err());
    let settlement = Settlement { lease: leases.remove(0), outcome: sent("early"), answer: None };
    rig.engine.handle(Command::Settle(vec![settlement]), rig.now);
    rig.turn();
    assert_eq!(told(&rig.take(OWNER, 2)), [&b"matched"[..], b"kept"]);
}

// DUR-3
#[test]
fn they_are_not_told_if_they_were_damaged() {
    let mut rig = Rig::new(options());
    rig.accept(vec![entry(1, |_| {})]).unwrap();
    let lease = rig.take(SMSC, 1).pop().unwrap();
    rig.settle(lease, sent("a"));
    rig.receipts(vec![saying("a", State::Delivered, b"octets to be damaged")]).unwrap();
    let place = rig.engine.index.tlvs_of(0).unwrap();
    rig.disk.damage(place.file, |octets| octets[place.offset as usize + 9] ^= 1);
    assert!(rig.take(OWNER, 1).is_empty());
    let reason = rig.status().poisoned.unwrap();
    assert!(reason.ends_with(&format!("is damaged at offset {}", place.offset)), "{reason}");
}
