//! Our side of TLS where we call a URL that has certificates of its own.

use std::sync::Arc;

use anyhow::Context;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use super::files;
use crate::config::EndpointTls;

/// Reads what is in the files.
pub(super) fn load(provider: &Arc<CryptoProvider>, tls: &EndpointTls) -> anyhow::Result<Arc<ClientConfig>> {
    let roots = match &tls.ca {
        Some(path) => files::authorities(path)?,
        None => files::system_authorities()?,
    };
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match &tls.identity {
        Some(own) => {
            let (certificates, key) = files::identity(own)?;
            config
                .with_client_auth_cert(certificates, key)
                .with_context(|| format!("the key in {} and its certificate", own.key.display()))?
        }
        None => config.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}
