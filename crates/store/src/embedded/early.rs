//! Receipts that came before anything they could belong to.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;

use sms::Timestamp;

use super::fact::{Sighted, early_tlvs_place};
use super::journal::Place;
use super::remote::Key;

/// A receipt that waits for the response that names its remote id.
#[derive(Clone, Copy, Debug)]
pub(super) struct EarlyReceipt {
    pub(super) sighted: Sighted,
    /// When it was kept.
    pub(super) at: Timestamp,
    /// The file where it stands.
    pub(super) file: u32,
    /// Where its TLVs stand in the file, if it has any.
    tlvs: Option<NonZeroU32>,
    number: u64,
}

impl EarlyReceipt {
    /// Where its TLVs stand, if it has any.
    pub(super) fn tlvs(&self) -> Option<Place> {
        self.tlvs.map(|offset| Place { file: self.file, offset: offset.get() })
    }
}

const _: () = assert!(size_of::<EarlyReceipt>() == 40);

/// Early receipts by link and remote id, oldest first.
#[derive(Debug, Default)]
pub(super) struct Early {
    kept: HashMap<(u16, Key), Vec<EarlyReceipt>, foldhash::fast::RandomState>,
    order: VecDeque<(u64, u16, Key)>,
    count: usize,
    next: u64,
}

/// Entries of `order` above twice the receipts that make it worth clearing.
const STALE_MAX: usize = 1024;

impl Early {
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Keeps a receipt that came at `at`, of which the journal says at `fact`.
    pub(super) fn insert(
        &mut self,
        link: u16,
        key: Key,
        sighted: Sighted,
        at: Timestamp,
        fact: Place,
        has_tlvs: bool,
    ) {
        let number = self.next;
        self.next += 1;
        let tlvs = NonZeroU32::new(early_tlvs_place(fact).offset).filter(|_| has_tlvs);
        let receipt = EarlyReceipt { sighted, at, file: fact.file, tlvs, number };
        self.kept.entry((link, key)).or_default().push(receipt);
        self.order.push_back((number, link, key));
        self.count += 1;
        if self.order.len() > 2 * self.count + STALE_MAX {
            let kept = &self.kept;
            self.order.retain(|&(number, link, key)| is_kept(kept.get(&(link, key)), number));
        }
    }

    /// Takes out all receipts for this id, oldest first.
    pub(super) fn take(&mut self, link: u16, key: Key) -> Vec<EarlyReceipt> {
        if self.count == 0 {
            return Vec::new();
        }
        let taken = self.kept.remove(&(link, key)).unwrap_or_default();
        self.count -= taken.len();
        taken
    }

    /// What stood at an offset of this file now stands where `shifted` says.
    pub(super) fn shift(&mut self, file: u32, shifted: &impl Fn(u32) -> u32) {
        for receipt in self.kept.values_mut().flatten().filter(|receipt| receipt.file == file) {
            receipt.tlvs = receipt.tlvs.and_then(|offset| NonZeroU32::new(shifted(offset.get())));
        }
    }

    /// Takes out the oldest receipt if there are more than `most` or if it is from before `since`.
    pub(super) fn take_oldest(&mut self, most: usize, since: Timestamp) -> Option<EarlyReceipt> {
        while let Some(&(number, link, key)) = self.order.front() {
            let receipts = self.kept.get_mut(&(link, key));
            let Some(receipt) = receipts.as_ref().and_then(|receipts| receipts.first()).copied() else {
                self.order.pop_front();
                continue;
            };
            if receipt.number != number {
                self.order.pop_front();
                continue;
            }
            if self.count <= most && receipt.at >= since {
                return None;
            }
            if let Some(receipts) = receipts {
                receipts.remove(0);
                if receipts.is_empty() {
                    self.kept.remove(&(link, key));
                }
            }
            self.order.pop_front();
            self.count -= 1;
            return Some(receipt);
        }
        None
    }
}

fn is_kept(receipts: Option<&Vec<EarlyReceipt>>, number: u64) -> bool {
    receipts.is_some_and(|receipts| receipts.iter().any(|receipt| receipt.number == number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sms::State;

    use super::*;

    //
    #[test]
    fn the_oldest_goes_first_and_what_was_taken_is_gone() {
        let mut early = Early::default();
        let sighted = Sighted { state: State::Delivered, error: 0, done_at: Timestamp(1) };
        for number in 0..5_u32 {
            let fact = Place { file: number, offset: 9 };
            early.insert(
                1,
                Key::from(u128::from(number)),
                sighted,
                Timestamp(u64::from(number)),
                fact,
                false,
            );
        }
        assert_eq!(early.take(1, Key::from(0)).len(), 1);
        assert!(early.take(2, Key::from(1)).is_empty(), "another link");
        assert_eq!(early.take_oldest(3, Timestamp(0)).unwrap().file, 1, "one too many");
        assert_eq!(early.take_oldest(3, Timestamp(3)).unwrap().file, 2, "too old");
        assert!(early.take_oldest(3, Timestamp(3)).is_none());
        assert_eq!(early.len(), 2);
    }
}
