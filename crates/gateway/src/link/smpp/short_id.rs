//! Message ids for peers that speak SMPP 3.3, which have at most 8 hexadecimal digits (V-1, V-5), and for accounts
//! that want such ids whatever they speak.
//!
//! Such an id is a number that counts milliseconds, so that none comes again to its account within 49 days, whatever
//! is restarted meanwhile. The message's own id follows from the number and the account: nobody has to
//! remember which is which, and a number says nothing to another account. Unlike other ids it can be
//! worked out by whoever knows the account, as anything of 8 digits can be tried out.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrayvec::ArrayVec;
use sha2::{Digest, Sha256};
use sms::{LinkName, Message, MessageId, Timestamp};

use crate::clock::Clock;
use crate::config::IdForm;

/// The digits of an id as a peer is told them.
pub(super) type Digits = ArrayVec<u8, 32>;

/// The short ids of all accounts.
pub(crate) struct ShortIds {
    clock: Clock,
    accounts: Mutex<HashMap<LinkName, Arc<AtomicU64>>>,
}

/// Gives short ids out to one account. Cheap to clone.
#[derive(Clone)]
pub(super) struct AccountIds {
    account: LinkName,
    clock: Clock,
    /// The moment of the last id, in milliseconds since 1970.
    last: Arc<AtomicU64>,
}

impl ShortIds {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, accounts: Mutex::default() }
    }

    /// Those of one account, which begin behind all that an earlier process gave out to it.
    pub(super) fn of(&self, account: &LinkName) -> AccountIds {
        // Counters are as good after a panic elsewhere as before.
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Arc::new(AtomicU64::new(self.clock.wall().plus(AHEAD_AT_START).0));
        let last = accounts.entry(account.clone()).or_insert_with(start).clone();
        AccountIds { account: account.clone(), clock: self.clock, last }
    }
}

impl AccountIds {
    /// A new id; `None` if so many were given out faster than a thousand a second that a process that is started
    /// again might give the next ones out once more.
    pub(super) fn draw(&self) -> Option<MessageId> {
        let now = self.clock.wall();
        let latest = now.plus(AHEAD_MAX).0;
        let next = |last: u64| Some(now.0.max(last.saturating_add(1))).filter(|&next| next <= latest);
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        next(last).map(|moment| id_at(moment, &self.account))
    }

    /// The id that a peer of the account means by these digits, long or short; the short ones are written in `form`.
    pub(super) fn read(&self, digits: &[u8], form: IdForm) -> Option<MessageId> {
        let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
        let number = match form {
            IdForm::Decimal if text.len() <= DECIMAL_DIGITS => text.parse().ok()?,
            IdForm::Hex | IdForm::String if text.len() <= DIGITS => u32::from_str_radix(text, 16).ok()?,
            _ => return text.parse().ok(),
        };
        let latest = self.last.load(Ordering::Relaxed).max(self.clock.wall().0);
        let before = u64::from((latest as u32).wrapping_sub(number));
        latest.checked_sub(before).map(|moment| id_at(moment, &self.account))
    }
}

/// The digits by which the owner of a message knows it, a short id in this form.
pub(super) fn digits_of(message: &Message, form: IdForm) -> Digits {
    digits_of_id(message.shown_id(), &message.origin, form)
}

/// The same for the id that a message of `account` was given.
pub(super) fn digits_of_id(id: MessageId, account: &LinkName, form: IdForm) -> Digits {
    match number_of(id, account) {
        Some(number) => short_digits(number, form),
        None => id.digits().into_iter().collect(),
    }
}

/// The number of an id that [`AccountIds::draw`] gave to this account.
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

fn short_digits(number: u32, form: IdForm) -> Digits {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    if form == IdForm::Decimal {
        let mut digits = Digits::new();
        // There is room for far more.
        let _ = write!(digits, "{number}");
        return digits;
    }
    (0..DIGITS as u32).rev().map(|place| HEX[(number >> (4 * place)) as usize & 15]).collect()
}

const DIGITS: usize = 8;
/// Those of the largest number.
const DECIMAL_DIGITS: usize = 10;
/// How far ids may be ahead of the clock, at a thousand a second.
const AHEAD_MAX: Duration = Duration::from_secs(61);
/// What a process before this one may have given out in haste. A thousand ids are left for the first second.
const AHEAD_AT_START: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn text(id: MessageId, account: &str) -> String {
        written(id, account, IdForm::Hex)
    }

    fn written(id: MessageId, account: &str, form: IdForm) -> String {
        String::from_utf8(digits_of_id(id, &account.into(), form).to_vec()).unwrap()
    }

    #[test]
    fn a_short_id_leads_to_the_long_one_and_back() {
        // V-1, V-5
        let ids = ShortIds::new(Clock::default());
        let (bank, shop) = (ids.of(&"bank".into()), ids.of(&"shop".into()));
        let id = bank.draw().unwrap();
        let digits = text(id, "bank");
        assert_eq!(digits.len(), 8);
        let read = |ids: &AccountIds, digits: &str| ids.read(digits.as_bytes(), IdForm::String);
        assert_eq!(read(&bank, &digits), Some(id));
        assert_eq!(read(&bank, &digits.to_uppercase()), Some(id));
        assert_ne!(read(&shop, &digits), Some(id));
        assert_eq!(read(&bank, &id.to_string()), Some(id));
        assert_eq!(text(id, "shop"), id.to_string(), "to others it is no short id");
        for wrong in ["", "+1234567", "g", "123456789", "12 4"] {
            assert_eq!(read(&bank, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_short_id_in_decimal_is_the_same_number() {
        //
        let bank = ShortIds::new(Clock::default()).of(&"bank".into());
        let id = bank.draw().unwrap();
        let (hex, decimal) = (text(id, "bank"), written(id, "bank", IdForm::Decimal));
        assert_eq!(u32::from_str_radix(&hex, 16).unwrap(), decimal.parse::<u32>().unwrap());
        let read = |digits: &str| bank.read(digits.as_bytes(), IdForm::Decimal);
        assert_eq!((read(&decimal), read(&id.to_string())), (Some(id), Some(id)));
        for wrong in ["", "+1234567", "1a", "4294967296", "12345678901"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn short_ids_do_not_come_again() {
        // V-1: not even in a process that begins as soon as the one before may have needed for its ids.
        let (bank, start) = ("bank".into(), Timestamp(1_800_000_000_000));
        let beginning = |at| ShortIds::new(Clock::starting_at(at)).of(&bank);
        let first = beginning(start);
        let numbers = |ids: &AccountIds| -> Vec<u32> {
            (0..1000).filter_map(|_| number_of(ids.draw()?, &bank)).collect()
        };
        let before = numbers(&first);
        let restarted = beginning(start.plus(Duration::from_millis(2500)));
        let after = numbers(&restarted);
        assert_eq!((before.len(), after.len()), (1000, 1000));
        assert!(before.iter().chain(&after).is_sorted_by(|one, next| one < next));
        let known = id_at(start.0, &bank);
        let digits = text(known, "bank");
        let read = restarted.read(digits.as_bytes(), IdForm::Hex);
        assert_eq!(read, Some(known), "read by a later process");
    }

    #[test]
    fn in_haste_there_are_no_more_before_they_could_come_again() {
        let ids = ShortIds::new(Clock::starting_at(Timestamp(1_800_000_000_000)));
        let (bank, shop) = (ids.of(&"bank".into()), ids.of(&"shop".into()));
        let most = 1_000_000;
        let drawn = (0..most).take_while(|_| bank.draw().is_some()).count();
        assert!((1000..most).contains(&drawn), "{drawn}");
        assert!(shop.draw().is_some(), "another account is not slowed down");
    }

    #[test]
    fn random_ids_are_long() {
        let id = MessageId::from_octets([0xAB; 16]);
        assert_eq!(text(id, "bank"), "ab".repeat(16));
    }
}
