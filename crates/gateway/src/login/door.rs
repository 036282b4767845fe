//! Accounts with their passwords: what the picture of this folder shows.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sms::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::failures::Failures;
use super::lanes::Lanes;
use super::metrics::LoginMetrics;
use super::siege;
use super::signature::UsedSignatures;
use super::visitor::{Credentials, Reason, Refused, Visitor};
use crate::account::Account;
use crate::directory::Directory;

/// Lets accounts in, and tells others nothing.
pub(crate) struct Door {
    pub(super) failures: Failures,
    pub(super) lanes: Lanes,
    pub(super) signatures: UsedSignatures,
    metrics: LoginMetrics,
}

impl Door {
    /// Opened `now`.
    pub(crate) fn new(metrics: LoginMetrics, now: Timestamp) -> Self {
        let signatures = UsedSignatures::new(now);
        Self { failures: Failures::default(), lanes: Lanes::new(), signatures, metrics }
    }

    /// The account that this visitor is. A refusal comes at a whole second after the call, mostly the first,
    /// whatever the reason.
    pub(crate) async fn admit(
        &self,
        directory: &Directory,
        visitor: &Visitor,
        shown: Credentials,
    ) -> Result<Arc<Account>, Refused> {
        let since = Instant::now();
        let name = shown.account.clone();
        let account = directory.accounts.get(name.as_str());
        match self.judge(account, visitor, shown).await {
            Ok(account) => {
                account.access().home.note(visitor.address);
                Ok(account)
            }
            Err(reason) => {
                self.report(account, visitor, &name, reason);
                refusal_due(since).await;
                Err(reason.as_far_as_he_may_know())
            }
        }
    }

    async fn judge(
        &self,
        account: Option<&Arc<Account>>,
        visitor: &Visitor,
        shown: Credentials,
    ) -> Result<Arc<Account>, Reason> {
        let candidate = visitor.candidate(account);
        let is_known = candidate.is_ok_and(|account| account.access().password.is_known(&shown.password));
        let came_before = candidate.is_ok_and(|account| account.access().home.has(visitor.address));
        let at_home = came_before || candidate.is_ok_and(|account| account.config().allow_from.is_some());
        if let (Ok(account), true, true) = (candidate, is_known, came_before) {
            return Ok(account.clone());
        }
        let attempt = self.failures.begin(visitor.address, &shown.account, at_home);
        let attempt = attempt.map_err(Reason::TooManyFailures)?;
        if let (Ok(account), true) = (candidate, is_known) {
            attempt.succeed();
            return Ok(account.clone());
        }
        let Some(turn) = self.lanes.turn(at_home).await else {
            attempt.withdraw();
            return Err(Reason::Crowded);
        };
        let account = candidate?;
        if !account.access().password.verify(shown.password, turn).await {
            return Err(Reason::WrongPassword);
        }
        attempt.succeed();
        Ok(account.clone())
    }

    /// Counts a refusal, and logs one of an address now and then.
    pub(super) fn report(
        &self,
        account: Option<&Arc<Account>>,
        visitor: &Visitor,
        name: &str,
        reason: Reason,
    ) {
        let peer = visitor.address;
        self.note(peer, visitor.entrance.protocol(), name, reason.label());
        let Some(account) = account.filter(|_| reason.as_far_as_he_may_know() == Refused::Wrong) else {
            return;
        };
        self.metrics.failed(account.name());
        if account.access().siege.grows(peer) {
            self.metrics.besieged(account.name());
            let addresses = siege::ADDRESSES;
            tracing::error!(link = %account.name(), addresses, "many addresses guess at this account");
        }
    }

    pub(super) fn note(&self, peer: IpAddr, protocol: &'static str, name: &str, reason: &'static str) {
        self.metrics.refused(protocol, reason);
        if let Some(unlogged) = self.failures.is_worth_a_line(peer) {
            // Quoted, escaped and cut: whoever is refused shall not write lines of our log.
            let account: String = name.chars().take(NAME_LOGGED_MAX).collect();
            tracing::warn!(%peer, protocol, ?account, reason, unlogged, "login refused");
        }
    }
}

/// When a refusal of what came at `since` is answered: at the next whole second, and not before the first.
pub(crate) async fn refusal_due(since: Instant) {
    let seconds = since.elapsed().as_secs_f64().ceil().max(1.0);
    // Apart: it is large, and part of the answer to every request otherwise.
    Box::pin(sleep_until(since + Duration::from_secs_f64(seconds))).await;
}

/// Characters of a name that the log shows.
const NAME_LOGGED_MAX: usize = 64;
