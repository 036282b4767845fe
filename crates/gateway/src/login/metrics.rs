//! What is counted of logins.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use sms::LinkName;

/// The metrics of a door. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct LoginMetrics {
    refused: Family<RefusedLabel, Counter>,
    failed: Family<AccountLabel, Counter>,
    sieges: Family<AccountLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabel {
    protocol: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AccountLabel {
    link: String,
}

impl LoginMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("logins_refused", "Binds and calls refused for who they are", self.refused.clone());
        let help = "Binds and calls with the name of an account that were not its own";
        registry.register("logins_failed", help, self.failed.clone());
        let help = "Times that many addresses were found guessing at an account";
        registry.register("login_sieges", help, self.sieges.clone());
    }

    pub(super) fn refused(&self, protocol: &'static str, reason: &'static str) {
        self.refused.get_or_create(&RefusedLabel { protocol, reason }).inc();
    }

    /// Of an account that there is.
    pub(super) fn failed(&self, account: &LinkName) {
        self.failed.get_or_create(&AccountLabel { link: account.to_string() }).inc();
    }

    pub(super) fn besieged(&self, account: &LinkName) {
        self.sieges.get_or_create(&AccountLabel { link: account.to_string() }).inc();
    }
}
