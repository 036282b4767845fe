//! Who has failed lately, and how long he is not heard for it.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock;
use crate::network::neighbourhood;

/// Failures of addresses, and of addresses with one account. They are forgotten by halves, and there is no
/// more room than for [`ENTRIES_MAX`]: the least guilty go first.
///
/// Accounts that do not exist are counted like others, so that nobody learns which do.
#[derive(Default)]
pub(super) struct Failures {
    hasher: RandomState,
    entries: Mutex<HashMap<Key, Entry>>,
}

/// Somebody who tries. Has failed when it is dropped, unless something else is said: who hangs up before the
/// verdict gets off no lighter.
pub(super) struct Attempt<'a> {
    failures: &'a Failures,
    login: Key,
    /// `None` for who comes from where the account is at home: he answers for himself alone.
    address: Option<Key>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Failed,
    Succeeded,
    Withdrawn,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    /// The account by a hash of its name, which may be any that somebody thinks of.
    Login(IpAddr, u64),
}

struct Entry {
    /// Failures at `counted_at`, those that are half forgotten by half.
    count: f32,
    counted_at: Instant,
    blocked_until: Instant,
    /// Attempts that wait for their verdict.
    pending: u16,
    logged_at: Option<Instant>,
    unlogged: u32,
}

impl Failures {
    /// Begins an attempt, or says how long none is heard.
    pub(super) fn begin(&self, peer: IpAddr, account: &str, at_home: bool) -> Result<Attempt<'_>, Duration> {
        let login = self.login(peer, account);
        let address = (!at_home).then(|| Key::Address(neighbourhood(peer)));
        let now = clock::now();
        let mut entries = self.lock();
        for key in [Some(login), address].into_iter().flatten() {
            let Some(entry) = entries.get(&key) else { continue };
            if let Some(wait) = entry.blocked_until.checked_duration_since(now).filter(|wait| !wait.is_zero())
            {
                return Err(wait);
            }
            if !at_home && entry.pending >= PENDING_MAX {
                return Err(BACK_OFF_FIRST);
            }
        }
        for key in [Some(login), address].into_iter().flatten() {
            entry(&mut entries, key, now).pending += 1;
        }
        Ok(Attempt { failures: self, login, address, end: End::Failed })
    }

    /// Whether the log shall have a line of this address now, with how many it did not get since the last.
    pub(super) fn is_worth_a_line(&self, peer: IpAddr) -> Option<u32> {
        let now = clock::now();
        let mut entries = self.lock();
        let entry = entry(&mut entries, Key::Address(neighbourhood(peer)), now);
        if entry.logged_at.is_some_and(|at| now.saturating_duration_since(at) < LOG_PERIOD) {
            entry.unlogged = entry.unlogged.saturating_add(1);
            return None;
        }
        entry.logged_at = Some(now);
        Some(std::mem::take(&mut entry.unlogged))
    }

    fn login(&self, peer: IpAddr, account: &str) -> Key {
        Key::Login(neighbourhood(peer), self.hasher.hash_one(account))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The account is who it says it is: what it failed before from there is forgotten. What else came from
    /// the address is not, or else whoever has one account could go on guessing at others.
    pub(super) fn succeed(mut self) {
        self.end = End::Succeeded;
    }

    /// It was not heard after all.
    pub(super) fn withdraw(mut self) {
        self.end = End::Withdrawn;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let now = clock::now();
        let mut entries = self.failures.lock();
        for (key, free) in [(Some(self.login), LOGIN_FREE), (self.address, ADDRESS_FREE)] {
            let Some(key) = key else { continue };
            let entry = entry(&mut entries, key, now);
            entry.pending = entry.pending.saturating_sub(1);
            if self.end == End::Failed {
                entry.fail(now, free);
            }
        }
        if self.end == End::Succeeded {
            entries.remove(&self.login);
        }
    }
}

impl Entry {
    fn new(now: Instant) -> Self {
        Self { count: 0.0, counted_at: now, blocked_until: now, pending: 0, logged_at: None, unlogged: 0 }
    }

    fn fail(&mut self, now: Instant, free: f32) {
        self.count = self.count_at(now) + 1.0;
        self.counted_at = now;
        self.blocked_until = now + back_off(self.count - free);
    }

    fn count_at(&self, now: Instant) -> f32 {
        let passed = now.saturating_duration_since(self.counted_at).as_secs_f32();
        self.count * (-passed / HALF_LIFE.as_secs_f32()).exp2()
    }

    /// What is lost with it.
    fn weight(&self, now: Instant) -> f32 {
        let is_logged = self.logged_at.is_some_and(|at| now.saturating_duration_since(at) < LOG_PERIOD);
        self.count_at(now) + f32::from(self.pending) + if is_logged { FORGOTTEN } else { 0.0 }
    }
}

/// The entry for a key; makes room if there is none.
fn entry(entries: &mut HashMap<Key, Entry>, key: Key, now: Instant) -> &mut Entry {
    if entries.len() >= ENTRIES_MAX && !entries.contains_key(&key) {
        make_room(entries, now);
    }
    entries.entry(key).or_insert_with(|| Entry::new(now))
}

/// Drops what is as good as forgotten, and if that is not a quarter, the least guilty until it is: then it is
/// long before room must be made again.
fn make_room(entries: &mut HashMap<Key, Entry>, now: Instant) {
    entries.retain(|_, entry| entry.weight(now) >= FORGOTTEN);
    let Some(excess) = entries.len().checked_sub(ENTRIES_MAX - ENTRIES_MAX / 4).filter(|excess| *excess > 0)
    else {
        return;
    };
    let mut weights: Vec<(f32, Key)> = entries.iter().map(|(key, entry)| (entry.weight(now), *key)).collect();
    weights.select_nth_unstable_by(excess - 1, |(one, _), (other, _)| one.total_cmp(other));
    for (_, key) in &weights[..excess] {
        entries.remove(key);
    }
}

/// How long somebody is not heard whose failures are `beyond` those that are free.
fn back_off(beyond: f32) -> Duration {
    if beyond < 0.5 {
        return Duration::ZERO;
    }
    BACK_OFF_FIRST.mul_f32((beyond - 1.0).clamp(0.0, 16.0).exp2()).min(BACK_OFF_MAX)
}

/// Failures that cost nothing but their second: of an address with one account, and of an address in all.
const LOGIN_FREE: f32 = 8.0;
const ADDRESS_FREE: f32 = 16.0;
/// The first back-off, which must be longer than a refusal takes; each failure after it doubles it.
const BACK_OFF_FIRST: Duration = Duration::from_secs(5);
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
/// The time after which a failure counts half.
const HALF_LIFE: Duration = Duration::from_secs(600);
/// Attempts of a stranger's address that may wait for their verdict at a time.
const PENDING_MAX: u16 = 16;
/// A count that is as good as none.
const FORGOTTEN: f32 = 0.25;
/// What is remembered at most, some 100 octets each.
const ENTRIES_MAX: usize = 20_000;
/// One line of the log for each address in this time.
const LOG_PERIOD: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn address(number: u32) -> IpAddr {
        IpAddr::V4((0x0A00_0000 + number).into())
    }

    /// Fails until it is not heard any more; how often, and for how long it is not heard then.
    fn fail(failures: &Failures, peer: IpAddr, account: &str) -> (usize, Duration) {
        for count in 0.. {
            match failures.begin(peer, account, false) {
                Ok(attempt) => drop(attempt),
                Err(wait) => return (count, wait),
            }
        }
        unreachable!()
    }

    // ABU-1
    #[tokio::test(start_paused = true)]
    async fn who_goes_on_guessing_is_heard_less_and_less() {
        let failures = Failures::default();
        let (count, mut wait) = fail(&failures, peer("192.0.2.1"), "bank");
        assert_eq!((count, wait), (9, BACK_OFF_FIRST));
        let mut waited = Duration::ZERO;
        for _ in 0..20 {
            tokio::time::advance(wait).await;
            waited += wait;
            let (count, next) = fail(&failures, peer("192.0.2.1"), "bank");
            assert!(count == 1 && next > wait.mul_f32(1.5) || waited > BACK_OFF_MAX, "{wait:?}, {next:?}");
            assert!(next <= BACK_OFF_MAX);
            wait = next;
        }
        assert!(waited > BACK_OFF_MAX * 10, "{waited:?}");
        assert!(failures.begin(peer("192.0.2.2"), "bank", false).is_ok(), "others have not failed");
        tokio::time::advance(HALF_LIFE * 6).await;
        assert_eq!(fail(&failures, peer("192.0.2.1"), "bank").0, 9, "it is forgotten in the end");
    }

    // ABU-1
    #[tokio::test(start_paused = true)]
    async fn an_address_that_tries_one_account_after_the_other_is_not_heard_either() {
        let failures = Failures::default();
        let heard =
            (0..100).filter(|number| failures.begin(peer("192.0.2.1"), &number.to_string(), false).is_ok());
        assert_eq!(heard.count(), 17);
        assert!(failures.begin(peer("192.0.2.1"), "bank", true).is_ok(), "who is at home there is heard");
        assert!(failures.begin(peer("2001:db8::1"), "bank", false).is_ok());
        fail(&failures, peer("2001:db8::2"), "bank");
        assert!(failures.begin(peer("2001:db8::1"), "bank", false).is_err(), "they are one subscriber's");
        assert!(failures.begin(peer("2001:db8:0:1::1"), "bank", false).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_makes_up_for_failures_of_the_same_account_only() {
        let failures = Failures::default();
        for _ in 0..ADDRESS_FREE as usize {
            drop(failures.begin(peer("192.0.2.1"), "bank", false));
            failures.begin(peer("192.0.2.1"), "bank", false).unwrap().succeed();
        }
        failures.begin(peer("192.0.2.1"), "bank", false).unwrap().succeed();
        assert_eq!(fail(&failures, peer("192.0.2.1"), "bank").0, 1, "the address has none left");
    }

    // ABU-1
    #[tokio::test(start_paused = true)]
    async fn an_address_has_no_more_than_its_share_of_attempts_at_a_time() {
        let failures = Failures::default();
        let begin = |account: usize| failures.begin(peer("192.0.2.1"), &account.to_string(), false);
        let pending: Vec<_> = (0..100).map_while(|account| begin(account).ok()).collect();
        assert_eq!(pending.len(), usize::from(PENDING_MAX));
        assert!(failures.begin(peer("192.0.2.1"), "bank", true).is_ok());
        for attempt in pending {
            attempt.succeed();
        }
        assert!(begin(0).is_ok());
    }

    // ABU-1
    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded_and_the_guilty_are_not_forgotten_first() {
        let failures = Failures::default();
        fail(&failures, peer("192.0.2.1"), "bank");
        for number in 0..100_000 {
            drop(failures.begin(address(number), "bank", false));
            assert!(failures.is_worth_a_line(address(number)).is_some());
            assert!(failures.lock().len() <= ENTRIES_MAX);
        }
        assert!(failures.lock().len() > ENTRIES_MAX / 2);
        assert!(failures.begin(peer("192.0.2.1"), "bank", false).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_gets_a_line_of_the_log_each_minute() {
        let failures = Failures::default();
        let line = || failures.is_worth_a_line(peer("192.0.2.1"));
        assert_eq!([line(), line(), line()], [Some(0), None, None]);
        assert_eq!(failures.is_worth_a_line(peer("192.0.2.2")), Some(0));
        tokio::time::advance(LOG_PERIOD).await;
        assert_eq!([line(), line()], [Some(2), None]);
    }
}
