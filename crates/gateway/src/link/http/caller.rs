//! Who calls: account and password, checked so that a failure tells nothing.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::time::Instant;

use super::problem::Problem;
use crate::account::Account;
use crate::directory::Directory;
use crate::network::neighbourhood;

/// What a caller says to be. Has no `Debug` form, so that it cannot get into a log.
pub(super) struct Credentials {
    pub(super) account: String,
    pub(super) password: Vec<u8>,
}

/// Lets accounts in.
///
/// Every failure takes [`FAILURE_DELAY`] and says the same, whatever was wrong; one address that keeps
/// guessing for one account is refused unheard for the rest of the second.
#[derive(Default)]
pub(super) struct Doorkeeper {
    hasher: RandomState,
    failures: Mutex<HashMap<u64, Failures>>,
}

/// Failures of one address with one account within a second.
struct Failures {
    since: Instant,
    count: u32,
}

impl Credentials {
    /// The credentials of an `Authorization: Basic` header (RFC 7617), if there is a readable one.
    pub(super) fn basic(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = BASE64_STANDARD.decode(encoded.trim()).ok()?;
        let colon = pair.iter().position(|&octet| octet == b':')?;
        let (account, password) = pair.split_at(colon);
        let account = String::from_utf8(account.to_vec()).ok()?;
        Some(Self { account, password: password.get(1..)?.to_vec() })
    }
}

impl Doorkeeper {
    /// The account that calls from `peer`, or the answer that refuses it.
    pub(super) async fn admit(
        &self,
        directory: &Directory,
        peer: IpAddr,
        credentials: Option<Credentials>,
    ) -> Result<Arc<Account>, Problem> {
        let Some(credentials) = credentials else { return Err(unauthorised()) };
        let since = Instant::now();
        let key = self.hasher.hash_one((neighbourhood(peer), &credentials.account));
        if self.is_guessing(key, since) {
            let detail = "too many failures with this account; wait a second";
            return Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", detail).retry_after(1)
            );
        }
        let name = credentials.account.clone();
        match judge(directory, peer, credentials).await {
            Ok(account) => Ok(account),
            Err(reason) => {
                self.failed(key, since);
                tracing::warn!(%peer, account = %name.escape_debug(), reason, "call refused");
                tokio::time::sleep_until(since + FAILURE_DELAY).await;
                Err(unauthorised())
            }
        }
    }

    fn is_guessing(&self, key: u64, now: Instant) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&key).is_some_and(|known| known.is_fresh(now) && known.count >= FAILURES_PER_SECOND)
    }

    fn failed(&self, key: u64, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= FAILURES_KEPT_MAX {
            failures.retain(|_, known| known.is_fresh(now));
        }
        if failures.len() >= FAILURES_KEPT_MAX && !failures.contains_key(&key) {
            // So many at a time are held back by the delay and the limit of connections alone.
            return;
        }
        let known = failures.entry(key).or_insert(Failures { since: now, count: 0 });
        if !known.is_fresh(now) {
            *known = Failures { since: now, count: 0 };
        }
        known.count += 1;
    }
}

impl Failures {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < FAILURE_DELAY
    }
}

async fn judge(
    directory: &Directory,
    peer: IpAddr,
    credentials: Credentials,
) -> Result<Arc<Account>, &'static str> {
    let account = directory.accounts.get(credentials.account.as_str()).ok_or("unknown account")?;
    if !account.verify(credentials.password).await {
        return Err("wrong password");
    }
    if !account.allows(peer) {
        return Err("address not allowed");
    }
    Ok(account.clone())
}

fn unauthorised() -> Problem {
    let detail = "account and password are needed, and the account may not call from everywhere";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", detail)
}

/// How long every failure takes, and the time over which failures are counted.
const FAILURE_DELAY: Duration = Duration::from_secs(1);
const FAILURES_PER_SECOND: u32 = 8;
const FAILURES_KEPT_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn the_password_is_all_behind_the_first_colon() {
        let value = format!("basic {}", BASE64_STANDARD.encode(b"bank:a:b\xff"));
        let credentials = Credentials::basic(&headers(&value)).unwrap();
        assert_eq!(credentials.account, "bank");
        assert_eq!(credentials.password, b"a:b\xff");
    }

    #[test]
    fn other_headers_are_no_credentials() {
        assert!(Credentials::basic(&HeaderMap::new()).is_none());
        for value in ["Bearer YTpi", "Basic", "Basic !!!", "Basic YWI="] {
            assert!(Credentials::basic(&headers(value)).is_none(), "{value}");
        }
    }

    // ABU-1
    #[test]
    fn who_guesses_is_not_heard_for_the_rest_of_the_second() {
        let door = Doorkeeper::default();
        let start = Instant::now();
        for _ in 0..FAILURES_PER_SECOND {
            assert!(!door.is_guessing(1, start));
            door.failed(1, start);
        }
        assert!(door.is_guessing(1, start));
        assert!(!door.is_guessing(2, start));
        assert!(!door.is_guessing(1, start + FAILURE_DELAY));
    }

    #[test]
    fn what_is_remembered_of_failures_is_bounded() {
        let door = Doorkeeper::default();
        let start = Instant::now();
        for key in 0..20_000 {
            door.failed(key, start);
        }
        assert_eq!(door.failures.lock().unwrap().len(), FAILURES_KEPT_MAX);
        door.failed(20_000, start + FAILURE_DELAY);
        assert_eq!(door.failures.lock().unwrap().len(), 1);
    }
}
