//! Which message something is about: by the sequence number of its submission, then by its remote id.

use std::collections::{HashMap, VecDeque};

use smallvec::SmallVec;

/// A message, and the session that submitted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) session: usize,
    pub(crate) number: u64,
}

/// The id that a message centre gave a message.
pub(crate) type RemoteId = SmallVec<[u8; 24]>;

/// Messages that wait for their receipt.
pub(crate) type Remote = HashMap<RemoteId, Origin, foldhash::fast::RandomState>;

/// Submissions that wait for their answer, by sequence number; numbers are given in turn.
#[derive(Default)]
pub(crate) struct Pending {
    first: u32,
    origins: VecDeque<Option<Origin>>,
}

impl Pending {
    /// Notes a submission. Its sequence number is the one after the last that was noted.
    pub(crate) fn push(&mut self, sequence: u32, origin: Origin) {
        if self.origins.is_empty() {
            self.first = sequence;
        }
        self.origins.push_back(Some(origin));
    }

    /// The submission that this is the answer to, once.
    pub(crate) fn take(&mut self, sequence: u32) -> Option<Origin> {
        let at = usize::try_from(sequence.wrapping_sub(self.first)).ok()?;
        let origin = self.origins.get_mut(at)?.take();
        while let Some(None) = self.origins.front() {
            self.origins.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        origin
    }
}

/// How the number of a message is said: 16 hexadecimal digits.
pub(crate) fn id(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (at, digit) in digits.iter_mut().rev().enumerate() {
        let nibble = (number >> (4 * at)) & 0xF;
        *digit = DIGITS[nibble as usize];
    }
    digits
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(number: u64) -> Origin {
        Origin { session: 3, number }
    }

    #[test]
    fn answers_find_their_submissions_in_any_order_and_once() {
        let mut pending = Pending::default();
        for sequence in 5..10 {
            pending.push(sequence, origin(u64::from(sequence)));
        }
        for sequence in [7, 5, 6, 9, 8] {
            assert_eq!(pending.take(sequence), Some(origin(u64::from(sequence))));
            assert_eq!(pending.take(sequence), None);
        }
        assert_eq!((pending.take(4), pending.take(10)), (None, None));
        assert!(pending.origins.is_empty());
    }

    #[test]
    fn ids_are_hexadecimal() {
        assert_eq!(id(0x00fe_dcba_9876_5432), *b"00fedcba98765432");
    }
}
