//! Keys of requests that have no answer yet: a repetition of one meanwhile is refused.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use sms::LinkName;

use super::super::problem::Problem;
use super::key::Key;
use crate::refusal::Refusal;

/// The keys of requests that have no answer yet.
#[derive(Clone, Default)]
pub(crate) struct KeysInWork(Arc<Mutex<Keys>>);

#[derive(Default)]
struct Keys {
    all: HashSet<Key>,
    /// How many are an account's; none that has none is here.
    of_one: HashMap<LinkName, usize>,
}

impl KeysInWork {
    pub(super) fn begin(&self, account: &LinkName, key: Key) -> Result<InWork, Problem> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = keys.of_one.get(account).copied().unwrap_or(0);
        if keys.all.len() >= IN_WORK_MAX || of_one >= IN_WORK_OF_ONE_MAX {
            return Err(Refusal::QueueFull.into());
        }
        if !keys.all.insert(key) {
            let detail = "a request with this key has no answer yet";
            let problem = Problem::new(StatusCode::CONFLICT, "idempotency_key_in_use", detail);
            return Err(problem.in_field("Idempotency-Key").retry_after(IN_USE_RETRY_S));
        }
        keys.of_one.insert(account.clone(), of_one + 1);
        Ok(InWork { keys: self.clone(), account: account.clone(), key })
    }
}

impl Keys {
    fn end(&mut self, account: &LinkName, key: &Key) {
        self.all.remove(key);
        if let Some(of_one) = self.of_one.get_mut(account) {
            *of_one = of_one.saturating_sub(1);
            if *of_one == 0 {
                self.of_one.remove(account);
            }
        }
    }
}

/// A key in work, until it is dropped.
pub(super) struct InWork {
    keys: KeysInWork,
    account: LinkName,
    key: Key,
}

impl Drop for InWork {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).end(&self.account, &self.key);
    }
}

/// Requests with a key at a time.
const IN_WORK_MAX: usize = 4096;
/// Those of one account.
const IN_WORK_OF_ONE_MAX: usize = IN_WORK_MAX / 4;
const IN_USE_RETRY_S: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of_account(account: &LinkName, number: usize) -> Key {
        Key::of(account, number.to_string().as_bytes())
    }

    #[test]
    fn a_key_is_in_work_until_it_is_dropped() {
        let (keys, bank) = (KeysInWork::default(), LinkName::from("bank"));
        let begin = |number| keys.begin(&bank, key_of_account(&bank, number));
        let first = begin(1);
        assert!(first.is_ok() && begin(2).is_ok());
        assert_eq!(begin(1).err().map(|problem| problem.status()), Some(StatusCode::CONFLICT));
        drop(first);
        assert!(begin(1).is_ok());
        assert!(keys.0.lock().unwrap_or_else(PoisonError::into_inner).of_one.is_empty());
    }

    #[test]
    fn an_account_has_its_share_of_keys_in_work_and_leaves_others_theirs() {
        let keys = KeysInWork::default();
        let (bank, shop) = (LinkName::from("bank"), LinkName::from("shop"));
        let begin = |account, number| keys.begin(account, key_of_account(account, number));
        let mut held: Vec<_> = (0..IN_WORK_OF_ONE_MAX).map(|number| begin(&bank, number)).collect();
        assert!(held.iter().all(Result::is_ok));
        let more = begin(&bank, IN_WORK_OF_ONE_MAX).err();
        assert_eq!(more.map(|problem| problem.status()), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert!(begin(&shop, 0).is_ok());
        held.pop();
        assert!(begin(&bank, IN_WORK_OF_ONE_MAX).is_ok());
    }
}
