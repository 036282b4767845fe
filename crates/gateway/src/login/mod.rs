//! The door that accounts come in by, whatever they speak.
//!
//! ```text
//! address, certificate ─► known password, at home ──────────────────────────────► in
//!                              │ no
//!                              ▼
//!                         failures: heard? ─► known password ────────────────────► in
//!                              │ no                │ no
//!                              │                   ▼
//!                              │              lanes: a turn ─► Argon2 ─► right ──► in
//!                              │                   │ crowded       │ wrong
//!                              ▼                   ▼               ▼
//!                              refused at the next whole second, all alike
//! ```
//!
//! An account is *at home* at the addresses of its `allow_from`, and where it came in before. What others
//! fail elsewhere keeps nobody out who is at home. Whoever is no account waits for a turn like those who are,
//! so that the time of an answer does not tell which accounts there are (S-9); his turn costs nothing.

mod access;
mod failures;
mod home;
mod keys;
mod lanes;
mod metrics;
mod password;
mod siege;
mod signatures;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sms::Timestamp;
use tokio::time::{Instant, sleep_until};

use crate::account::Account;
use crate::directory::Directory;
use crate::tls::PeerCertificate;

pub(crate) use access::Access;
use failures::Failures;
pub(crate) use keys::KeyHolder;
use lanes::Lanes;
pub(crate) use metrics::LoginMetrics;
use signatures::UsedSignatures;
pub(crate) use signatures::{Signature, SigningKey, Unproven};

/// Lets accounts in, and tells others nothing.
pub(crate) struct Door {
    failures: Failures,
    lanes: Lanes,
    signatures: UsedSignatures,
    metrics: LoginMetrics,
}

/// Who stands outside.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) address: IpAddr,
    pub(crate) entrance: Entrance,
}

/// What he speaks.
#[derive(Clone)]
pub(crate) enum Entrance {
    /// An account with a `client_certificate` must have shown it.
    Smpp {
        certificate: Option<Arc<PeerCertificate>>,
    },
    Http,
}

/// What a visitor says to be. Has no `Debug` form, so that it cannot get into a log.
pub(crate) struct Credentials {
    pub(crate) account: String,
    pub(crate) password: Vec<u8>,
}

/// Why somebody is not let in, as far as he may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// He is no account that may come in there.
    Wrong,
    /// He was not heard: too many failures, or too many who wait. He may try again after this time.
    Unheard(Duration),
}

/// Why somebody is not let in, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    UnknownAccount,
    UnknownKey,
    WrongAddress,
    WrongCertificate,
    WrongPassword,
    NotSigned,
    TooManyFailures(Duration),
    Crowded,
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
    fn report(&self, account: Option<&Arc<Account>>, visitor: &Visitor, name: &str, reason: Reason) {
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

    fn note(&self, peer: IpAddr, protocol: &'static str, name: &str, reason: &'static str) {
        self.metrics.refused(protocol, reason);
        if let Some(unlogged) = self.failures.is_worth_a_line(peer) {
            // Quoted, escaped and cut: whoever is refused shall not write lines of our log.
            let account: String = name.chars().take(NAME_LOGGED_MAX).collect();
            tracing::warn!(%peer, protocol, ?account, reason, unlogged, "login refused");
        }
    }
}

impl Visitor {
    /// The account, if he may be it by all but the password. Costs nothing.
    fn candidate<'a>(&self, account: Option<&'a Arc<Account>>) -> Result<&'a Arc<Account>, Reason> {
        let account = account.ok_or(Reason::UnknownAccount)?;
        if !account.allows(self.address) {
            return Err(Reason::WrongAddress);
        }
        if matches!(self.entrance, Entrance::Http) && account.config().require_signature {
            return Err(Reason::NotSigned);
        }
        if let Entrance::Smpp { certificate } = &self.entrance {
            let wanted = &account.config().client_certificate;
            let shown = certificate.as_ref();
            if !wanted.is_empty() && !shown.is_some_and(|shown| shown.is_one_of(wanted)) {
                return Err(Reason::WrongCertificate);
            }
        }
        Ok(account)
    }
}

impl Entrance {
    fn protocol(&self) -> &'static str {
        match self {
            Self::Smpp { .. } => "smpp",
            Self::Http => "http",
        }
    }
}

impl Reason {
    fn label(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::UnknownKey => "unknown_key",
            Self::WrongAddress => "wrong_address",
            Self::WrongCertificate => "wrong_certificate",
            Self::WrongPassword => "wrong_password",
            Self::NotSigned => "not_signed",
            Self::TooManyFailures(_) => "too_many_failures",
            Self::Crowded => "crowded",
        }
    }

    fn as_far_as_he_may_know(self) -> Refused {
        match self {
            Self::TooManyFailures(wait) => Refused::Unheard(wait),
            Self::Crowded => Refused::Unheard(CROWDED_FOR),
            _ => Refused::Wrong,
        }
    }
}

/// When a refusal of what came at `since` is answered: at the next whole second, and not before the first.
pub(crate) async fn refusal_due(since: Instant) {
    let seconds = since.elapsed().as_secs_f64().ceil().max(1.0);
    sleep_until(since + Duration::from_secs_f64(seconds)).await;
}

/// How long the lane of strangers takes to move on, about.
const CROWDED_FOR: Duration = Duration::from_secs(2);
/// Characters of a name that the log shows.
const NAME_LOGGED_MAX: usize = 64;
