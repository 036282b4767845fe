//! A signature of a request, and which were used.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sms::Timestamp;

/// What a signature says of itself.
pub(crate) struct Signature {
    pub(crate) key_id: String,
    /// HMAC-SHA256.
    pub(crate) octets: Vec<u8>,
    /// What it may be of: any of these.
    pub(crate) contents: Vec<Vec<u8>>,
    /// When it was made.
    pub(crate) created: u64,
    /// When it ends, if that is before its time.
    pub(crate) expires: Option<u64>,
}

/// Why a signature opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// It cannot be read, or covers too little of the request.
    Unfit,
    UnknownKey,
    WrongSignature,
    WrongAddress,
    /// It is too old, of a time to come, or past its own end.
    Stale,
    /// It has been used.
    Replayed,
    /// The body is not the one that was signed.
    OtherBody,
    /// It is from before the door was opened: nobody knows whether it has been used.
    BeforeOpening,
    /// No more of this key can be remembered before this time has passed.
    Crowded(Duration),
}

impl Unproven {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Unfit => "unfit_signature",
            Self::UnknownKey => "unknown_key",
            Self::WrongSignature => "wrong_signature",
            Self::WrongAddress => "wrong_address",
            Self::Stale => "stale_signature",
            Self::Replayed => "replayed_signature",
            Self::OtherBody => "other_body",
            Self::BeforeOpening => "signed_before_start",
            Self::Crowded(_) => "too_many_signatures",
        }
    }
}

/// The signatures that were used, as long as they could be used again.
pub(super) struct UsedSignatures(Mutex<Memory>);

struct Memory {
    /// Nobody knows what was used that was signed before this.
    since_s: u64,
    /// The latest time that was seen.
    latest_s: u64,
    by_key: HashMap<String, Used>,
}

/// Those of one key. What is signed has its time in it, so a signature that comes again comes for the same
/// second.
#[derive(Default)]
struct Used {
    by_second: BTreeMap<u64, HashSet<Vec<u8>>>,
    count: usize,
}

impl Signature {
    /// How long to wait until it can be used. What was used before its time could be used again by whoever does not
    /// know of it, as after a restart.
    pub(crate) fn early_by(&self, now: Timestamp) -> Duration {
        Duration::from_millis(self.created.saturating_mul(1000).saturating_sub(now.0))
    }
}

impl UsedSignatures {
    pub(super) fn new(opened: Timestamp) -> Self {
        let opened_s = opened.0 / 1000;
        Self(Mutex::new(Memory { since_s: opened_s, latest_s: opened_s, by_key: HashMap::new() }))
    }

    pub(super) fn use_up(&self, signature: &Signature, now_s: u64) -> Result<(), Unproven> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).use_up(signature, now_s)
    }
}

impl Memory {
    fn use_up(&mut self, signature: &Signature, now_s: u64) -> Result<(), Unproven> {
        if now_s + STEP_S < self.latest_s {
            // The clock went back: what it forgot when it was ahead would be good again.
            (self.since_s, self.latest_s) = (now_s, now_s);
        }
        self.latest_s = self.latest_s.max(now_s);
        if signature.created <= self.since_s {
            return Err(Unproven::BeforeOpening);
        }
        self.by_key.entry(signature.key_id.clone()).or_default().use_up(signature, now_s)
    }
}

impl Used {
    fn use_up(&mut self, signature: &Signature, now_s: u64) -> Result<(), Unproven> {
        self.forget(now_s);
        if self.by_second.get(&signature.created).is_some_and(|used| used.contains(&signature.octets)) {
            return Err(Unproven::Replayed);
        }
        if self.count >= USED_MAX {
            let oldest = self.by_second.keys().next().copied().unwrap_or(now_s);
            return Err(Unproven::Crowded(Duration::from_secs(
                (oldest + WINDOW_S + 1).saturating_sub(now_s),
            )));
        }
        self.by_second.entry(signature.created).or_default().insert(signature.octets.clone());
        self.count += 1;
        Ok(())
    }

    /// Forgets those that are too old to be used again.
    fn forget(&mut self, now_s: u64) {
        while let Some(oldest) = self.by_second.first_entry() {
            if oldest.key() + WINDOW_S >= now_s {
                return;
            }
            self.count -= oldest.remove().len();
        }
    }
}

/// How long ago a signature may have been made.
pub(super) const WINDOW_S: u64 = 300;
/// How far the clock of who signs may go before ours.
pub(super) const AHEAD_S: u64 = 10;
/// A clock that goes back by more has been set.
const STEP_S: u64 = 5;
/// Signatures of one key that are remembered, some 100 octets each: 436 requests a second can be signed
/// with it.
const USED_MAX: usize = 131_072;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn signature(created: u64, number: u32) -> Signature {
        let octets = number.to_be_bytes().repeat(8);
        Signature { key_id: "bank/cron".into(), octets, contents: Vec::new(), created, expires: None }
    }

    #[test]
    fn a_signature_is_used_once_as_long_as_it_is_good() {
        let used = UsedSignatures::new(Timestamp((NOW - 1000) * 1000));
        for created in [NOW - WINDOW_S, NOW] {
            assert_eq!(used.use_up(&signature(created, 1), NOW), Ok(()));
            for now in [NOW, created + WINDOW_S] {
                assert_eq!(used.use_up(&signature(created, 1), now), Err(Unproven::Replayed), "{now}");
            }
        }
        let now = NOW + WINDOW_S;
        let other = Signature { key_id: "bank/other".into(), ..signature(now, 1) };
        assert_eq!(used.use_up(&signature(now, 1), now), Ok(()));
        assert_eq!(used.use_up(&other, now), Ok(()), "each key has its own");
    }

    #[test]
    fn what_was_signed_before_the_start_may_have_been_used() {
        let used = UsedSignatures::new(Timestamp(NOW * 1000 + 999));
        assert_eq!(used.use_up(&signature(NOW, 1), NOW + 1), Err(Unproven::BeforeOpening));
        assert_eq!(used.use_up(&signature(NOW + 1, 1), NOW + 1), Ok(()));
    }

    #[test]
    fn what_is_of_a_time_to_come_waits_for_it() {
        let early = |created| signature(created, 1).early_by(Timestamp(NOW * 1000 + 250));
        assert_eq!([NOW - 1, NOW, NOW + 2].map(early), [0, 0, 1750].map(Duration::from_millis));
    }

    #[test]
    fn a_clock_that_goes_back_makes_nothing_good_again_and_keeps_nobody_out() {
        let used = UsedSignatures::new(Timestamp((NOW - 1000) * 1000));
        assert_eq!(used.use_up(&signature(NOW, 1), NOW), Ok(()));
        let ahead = NOW + 2 * WINDOW_S;
        assert_eq!(used.use_up(&signature(ahead, 2), ahead), Ok(()), "and the first is forgotten");
        assert_eq!(used.use_up(&signature(NOW, 1), NOW), Err(Unproven::BeforeOpening));
        assert_eq!(used.use_up(&signature(NOW + 1, 3), NOW + 1), Ok(()));
        let used = UsedSignatures::new(Timestamp(ahead * 1000));
        assert_eq!(used.use_up(&signature(NOW, 1), NOW), Err(Unproven::BeforeOpening));
        assert_eq!(used.use_up(&signature(NOW + 1, 1), NOW + 1), Ok(()), "not for as long as it went back");
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for_and_none_too_early_forgotten() {
        let used = UsedSignatures::new(Timestamp(0));
        for number in 0..USED_MAX as u32 {
            assert_eq!(used.use_up(&signature(NOW + u64::from(number % 2), number), NOW), Ok(()));
        }
        let next = signature(NOW + 9, u32::MAX);
        let wait = Duration::from_secs(WINDOW_S + 1);
        assert_eq!(used.use_up(&next, NOW), Err(Unproven::Crowded(wait)));
        assert_eq!(used.use_up(&signature(NOW, 0), NOW), Err(Unproven::Replayed), "it is still known");
        let other = Signature { key_id: "shop/cron".into(), ..signature(NOW, 0) };
        assert_eq!(used.use_up(&other, NOW), Ok(()), "others have room");
        assert_eq!(used.use_up(&next, NOW + wait.as_secs()), Ok(()));
        let memory = used.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(memory.by_key["bank/cron"].count, USED_MAX / 2 + 1);
    }
}
