//! SMSCs that call us by outbind: they guess no more often than ESMEs do.

use std::net::IpAddr;

use super::Door;
use super::visitor::Reason;

impl Door {
    /// What is `found` for the credentials that a caller has shown as `name`, unless too many from there were wrong.
    ///
    /// Whoever calls from where the SMSC is `at_home` answers for himself alone.
    pub(crate) fn admit_caller<T>(
        &self,
        peer: IpAddr,
        name: &str,
        at_home: bool,
        found: Option<T>,
    ) -> Option<T> {
        let reason = match (self.failures.begin(peer, name, at_home), found) {
            (Ok(attempt), Some(found)) => {
                attempt.succeed();
                return Some(found);
            }
            (Ok(_failed), None) => Reason::UnknownCaller,
            (Err(wait), _) => Reason::TooManyFailures(wait),
        };
        self.note(peer, OUTBIND, name, reason.label());
        None
    }

    /// Counts a caller who said nothing that is an outbind.
    pub(crate) fn miss_caller(&self, peer: IpAddr) {
        self.note(peer, OUTBIND, "", Reason::NotCalled.label());
    }
}

/// What callers speak, as the metrics have it.
const OUTBIND: &str = "outbind";
