//! Our side of TLS where we connect to an SMSC.

use std::io;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::files;
use super::proof::ProofOfKey;
use crate::config::SmscConfig;

/// What connections to one SMSC are made with.
#[derive(Clone)]
pub(crate) struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl ClientTls {
    /// Reads what is in the files.
    pub(super) fn load(provider: &Arc<CryptoProvider>, smsc: &SmscConfig) -> anyhow::Result<Self> {
        let name = smsc.server_name().ok_or_else(|| anyhow!("\"{}\" names no host", smsc.address))?;
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier(provider, smsc)?);
        let config = match smsc.tls_files() {
            Some(own) => {
                let (certificates, key) = files::identity(&own)?;
                config
                    .with_client_auth_cert(certificates, key)
                    .with_context(|| format!("the key in {} and its certificate", own.key.display()))?
            }
            None => config.with_no_client_auth(),
        };
        Ok(Self { config: Arc::new(config), name })
    }

    /// Shakes hands with the SMSC; it is the one that we want, or this fails.
    pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        TlsConnector::from(self.config.clone()).connect(self.name.clone(), stream).await
    }
}

/// Who is believed to be the SMSC: whom an authority vouches for under its name, or who has the key of a
/// certificate that we know, or, if that is said, anybody.
fn verifier(
    provider: &Arc<CryptoProvider>,
    smsc: &SmscConfig,
) -> anyhow::Result<Arc<dyn ServerCertVerifier>> {
    if !smsc.tls_verify {
        return Ok(Arc::new(ProofOfKey { provider: provider.clone(), fingerprints: None }));
    }
    if !smsc.tls_fingerprint.is_empty() {
        let fingerprints = Some(smsc.tls_fingerprint.clone());
        return Ok(Arc::new(ProofOfKey { provider: provider.clone(), fingerprints }));
    }
    let roots = match &smsc.tls_ca {
        Some(path) => files::authorities(path)?,
        None => files::system_authorities()?,
    };
    Ok(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?)
}
