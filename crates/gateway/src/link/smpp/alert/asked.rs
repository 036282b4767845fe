//! Who asked to be told that a mobile is reachable again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use sms::LinkName;

/// Who sent messages with set_dpf by one SMSC.
///
/// What is remembered is bounded: it goes, oldest first, when a good many others have asked since.
#[derive(Default)]
pub(super) struct Asked {
    lately: Mutex<Lately>,
}

/// Two generations: when the young one is full, the old one goes.
#[derive(Default)]
struct Lately {
    young: HashMap<Key, LinkName>,
    old: HashMap<Key, LinkName>,
}

/// Stands for an address and a mobile.
type Key = [u8; 16];

impl Asked {
    /// `owner` asks, with a message from `address` to `mobile`; who asked before for the same is forgotten.
    pub(super) fn note(&self, address: &[u8], mobile: &[u8], owner: &LinkName) {
        self.lately().note(key(address, mobile), owner);
    }

    /// Who asked last.
    pub(super) fn of(&self, address: &[u8], mobile: &[u8]) -> Option<LinkName> {
        let (key, lately) = (key(address, mobile), self.lately());
        lately.young.get(&key).or_else(|| lately.old.get(&key)).cloned()
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        // A map is as good after a panic elsewhere as before.
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lately {
    fn note(&mut self, key: Key, owner: &LinkName) {
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, owner.clone());
    }
}

/// With and without a plus a number is the same.
fn key(address: &[u8], mobile: &[u8]) -> Key {
    let mut digest = Sha256::new();
    for number in [address, mobile] {
        let bare = number.strip_prefix(b"+").unwrap_or(number);
        digest = digest.chain_update((bare.len() as u64).to_le_bytes()).chain_update(bare);
    }
    let mut key = Key::default();
    key.copy_from_slice(&digest.finalize()[..16]);
    key
}

/// Pairs of an address and a mobile per generation, of some 40 octets each.
const GENERATION_MAX: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(names: &[&str]) -> Asked {
        let asked = Asked::default();
        for name in names {
            asked.note(b"1234", b"628111", &LinkName::from(*name));
        }
        asked
    }

    // O-7
    #[test]
    fn who_asked_last_for_a_mobile_and_an_address_is_known() {
        let asked = asked_by(&["bank", "poll"]);
        assert_eq!(asked.of(b"1234", b"628111"), Some("poll".into()));
        assert_eq!(asked.of(b"1234", b"+628111"), Some("poll".into()));
        for (address, mobile) in [("1235", "628111"), ("1234", "628112"), ("12346", "28111"), ("", "")] {
            assert_eq!(asked.of(address.as_bytes(), mobile.as_bytes()), None);
        }
    }

    // O-7
    #[test]
    fn what_is_remembered_is_bounded() {
        let asked = asked_by(&["bank"]);
        let last = 3 * GENERATION_MAX;
        for mobile in 0..=last {
            asked.note(b"1234", mobile.to_string().as_bytes(), &"poll".into());
        }
        assert_eq!(asked.of(b"1234", b"628111"), None);
        for mobile in [last - GENERATION_MAX + 1, last] {
            assert_eq!(asked.of(b"1234", mobile.to_string().as_bytes()), Some("poll".into()));
        }
        let lately = asked.lately();
        assert!(lately.young.len() <= GENERATION_MAX && lately.old.len() <= GENERATION_MAX);
    }
}
