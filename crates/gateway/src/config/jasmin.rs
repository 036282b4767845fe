//! The interfaces of Jasmin: what an account's requests mean there.

use serde::Deserialize;

/// What is done for requests at Jasmin's interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JasminConfig {
    /// Whether the URLs that requests name are called: `dlr-url`, and the two of a batch. Otherwise receipts go where
    /// they always do.
    pub dlr: bool,
    /// Whether these URLs may lead to loopback or a private network.
    pub allow_private_address: bool,
}
