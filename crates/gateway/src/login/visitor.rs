//! Who stands outside, and why he is not let in.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::account::Account;
use crate::tls::PeerCertificate;

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
pub(super) enum Reason {
    UnknownAccount,
    UnknownKey,
    WrongAddress,
    WrongCertificate,
    WrongPassword,
    NotSigned,
    UnknownCaller,
    NotCalled,
    TooManyFailures(Duration),
    Crowded,
}

impl Visitor {
    /// The account, if he may be it by all but the password. Costs nothing.
    pub(super) fn candidate<'a>(
        &self,
        account: Option<&'a Arc<Account>>,
    ) -> Result<&'a Arc<Account>, Reason> {
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
    pub(super) fn protocol(&self) -> &'static str {
        match self {
            Self::Smpp { .. } => "smpp",
            Self::Http => "http",
        }
    }
}

impl Reason {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::UnknownKey => "unknown_key",
            Self::WrongAddress => "wrong_address",
            Self::WrongCertificate => "wrong_certificate",
            Self::WrongPassword => "wrong_password",
            Self::NotSigned => "not_signed",
            Self::UnknownCaller => "unknown_caller",
            Self::NotCalled => "no_outbind",
            Self::TooManyFailures(_) => "too_many_failures",
            Self::Crowded => "crowded",
        }
    }

    pub(super) fn as_far_as_he_may_know(self) -> Refused {
        match self {
            Self::TooManyFailures(wait) => Refused::Unheard(wait),
            Self::Crowded => Refused::Unheard(CROWDED_FOR),
            _ => Refused::Wrong,
        }
    }
}

/// How long the lane of strangers takes to move on, about.
pub(super) const CROWDED_FOR: Duration = Duration::from_secs(2);
