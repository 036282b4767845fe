//! Calls by HTTP to a gateway that runs beside us, without TLS.

use std::time::Duration;

/// A client for them; `patience` is how long a call may take in all.
pub(super) fn loopback_client(patience: Duration) -> reqwest::Result<reqwest::Client> {
    // Fails when there is one already, and that is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(patience).build()
}
