//! Message ids for peers that speak SMPP 3.3, which have at most 8 hexadecimal digits (V-1, V-5).
//!
//! Such an id is a number that counts milliseconds, so that none comes again within 49 days, whatever is
//! restarted meanwhile. The message's own id follows from the number and the account: nobody has to
//! remember which is which, and a number says nothing to another account. Unlike other ids it can be
//! worked out by whoever knows the account, as anything of 8 digits can be tried out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrayvec::ArrayVec;
use sha2::{Digest, Sha256};
use sms::{LinkName, Message, MessageId, Timestamp};

use crate::clock::Clock;

/// The digits of an id as a peer is told them.
pub(super) type Digits = ArrayVec<u8, 32>;

/// Gives short ids out.
#[derive(Debug)]
pub(crate) struct ShortIds {
    clock: Clock,
    /// The moment of the last id, in milliseconds since 1970.
    last: AtomicU64,
}

impl ShortIds {
    /// Begins behind all that an earlier process gave out, if that gave a thousand a second at most.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, last: AtomicU64::new(clock.wall().plus(AHEAD_AT_START).0) }
    }

    /// A new id for a message of `account`.
    pub(super) fn draw(&self, account: &LinkName) -> MessageId {
        let now = self.clock.wall().0;
        let next = |last: u64| now.max(last.saturating_add(1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        id_at(next(last.unwrap_or(now)), account)
    }

    /// The id that a peer of `account` means by these digits, long or short.
    pub(super) fn read(&self, digits: &[u8], account: &LinkName) -> Option<MessageId> {
        let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
        if text.len() > DIGITS {
            return text.parse().ok();
        }
        let number = u32::from_str_radix(text, 16).ok()?;
        let latest = self.last.load(Ordering::Relaxed).max(self.clock.wall().0);
        let before = u64::from((latest as u32).wrapping_sub(number));
        latest.checked_sub(before).map(|moment| id_at(moment, account))
    }
}

/// The digits by which the owner of a message knows it, exactly as the response to its submission had them.
pub(super) fn digits_of(message: &Message) -> Digits {
    let id = message.shown_id();
    match number_of(id, &message.origin) {
        Some(number) => short_digits(number),
        None => id.digits().into_iter().collect(),
    }
}

/// The same for the id that a message of `account` was given.
pub(super) fn digits_of_id(id: MessageId, account: &LinkName) -> Digits {
    number_of(id, account).map_or_else(|| id.digits().into_iter().collect(), short_digits)
}

/// The number of an id that [`ShortIds::draw`] gave to this account.
///
/// Of all other ids fewer than one in four million get past the comparison of their first octets.
fn number_of(id: MessageId, account: &LinkName) -> Option<u32> {
    let [_, _, _, _, a, b, c, d, ..] = *id.octets();
    let number = u32::from_be_bytes([a, b, c, d]);
    let Timestamp(second) = id.accepted_at();
    let milliseconds = number.wrapping_sub(second as u32);
    let moment = second + u64::from(milliseconds);
    (milliseconds < 1000 && id_at(moment, account) == id).then_some(number)
}

/// Seconds, number, and what binds them to the account.
fn id_at(moment: u64, account: &LinkName) -> MessageId {
    let seconds = u32::try_from(moment / 1000).unwrap_or(u32::MAX);
    let digest = Sha256::new()
        .chain_update(b"message id of SMPP 3.3")
        .chain_update(moment.to_be_bytes())
        .chain_update(account.as_str())
        .finalize();
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&seconds.to_be_bytes());
    octets[4..8].copy_from_slice(&(moment as u32).to_be_bytes());
    octets[8..].copy_from_slice(&digest[..8]);
    MessageId::from_octets(octets)
}

fn short_digits(number: u32) -> Digits {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    (0..DIGITS as u32).rev().map(|place| HEX[(number >> (4 * place)) as usize & 15]).collect()
}

const DIGITS: usize = 8;
/// What a process before this one may have given out in haste, at a thousand a second.
const AHEAD_AT_START: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn text(id: MessageId, account: &str) -> String {
        String::from_utf8(digits_of_id(id, &account.into()).to_vec()).unwrap()
    }

    #[test]
    fn a_short_id_leads_to_the_long_one_and_back() {
        // V-1, V-5
        let (ids, bank, shop) = (ShortIds::new(Clock::default()), "bank".into(), "shop".into());
        let id = ids.draw(&bank);
        let digits = text(id, "bank");
        assert_eq!(digits.len(), 8);
        assert_eq!(ids.read(digits.as_bytes(), &bank), Some(id));
        assert_eq!(ids.read(digits.to_uppercase().as_bytes(), &bank), Some(id));
        assert_ne!(ids.read(digits.as_bytes(), &shop), Some(id));
        assert_eq!(ids.read(id.to_string().as_bytes(), &bank), Some(id));
        assert_eq!(text(id, "shop"), id.to_string(), "to others it is no short id");
        for wrong in ["", "+1234567", "g", "123456789", "12 4"] {
            assert_eq!(ids.read(wrong.as_bytes(), &bank), None, "{wrong:?}");
        }
    }

    #[test]
    fn short_ids_do_not_come_again() {
        // V-1: not even in a process that begins as soon as the one before may have needed for its ids.
        let (bank, start) = ("bank".into(), Timestamp(1_800_000_000_000));
        let first = ShortIds::new(Clock::starting_at(start));
        let numbers = |ids: &ShortIds| -> Vec<u32> {
            (0..2000).filter_map(|_| number_of(ids.draw(&bank), &bank)).collect()
        };
        let before = numbers(&first);
        let restarted = ShortIds::new(Clock::starting_at(start.plus(Duration::from_millis(2500))));
        let after = numbers(&restarted);
        assert_eq!((before.len(), after.len()), (2000, 2000));
        assert!(before.iter().chain(&after).is_sorted_by(|one, next| one < next));
        let known = first.draw(&bank);
        let digits = text(known, "bank");
        assert_eq!(restarted.read(digits.as_bytes(), &bank), Some(known), "read by a later process");
    }

    #[test]
    fn random_ids_are_long() {
        let id = MessageId::from_octets([0xAB; 16]);
        assert_eq!(text(id, "bank"), "ab".repeat(16));
    }
}
