//! Our side of TLS where others connect to us.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, ParsedCertificate, WebPkiClientVerifier};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::files;
use super::proof::{ProofOfKey, fingerprint};
use crate::config::{CertificateFiles, ClientCertificate};

/// What connections are taken with.
#[derive(Clone)]
pub(crate) struct ServerTls {
    config: Arc<ServerConfig>,
    /// Whether an authority that we trust has signed whatever certificate a peer shows.
    vouched: bool,
}

/// The certificate that a peer has shown, and whose key it has.
#[derive(Debug)]
pub(crate) struct PeerCertificate {
    der: CertificateDer<'static>,
    vouched: bool,
}

impl ServerTls {
    /// Reads what is in the files. Peers are asked for a certificate if they need one of `client_ca`, or if
    /// `asks` says so; those that show none are taken all the same.
    pub(super) fn load(
        provider: &Arc<CryptoProvider>,
        files: &CertificateFiles,
        client_ca: Option<&Path>,
        asks: bool,
    ) -> anyhow::Result<Self> {
        let verifier: Arc<dyn ClientCertVerifier> = match client_ca {
            Some(path) => {
                let roots = Arc::new(files::authorities(path)?);
                WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
                    .allow_unauthenticated()
                    .build()
                    .with_context(|| format!("no use of the authorities in {}", path.display()))?
            }
            None if asks => Arc::new(ProofOfKey { provider: provider.clone(), fingerprints: None }),
            None => Arc::new(NoClientAuth),
        };
        let (certificates, key) = files::identity(files)?;
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates, key)
            .with_context(|| format!("the key in {} and its certificate", files.key.display()))?;
        Ok(Self { config: Arc::new(config), vouched: client_ca.is_some() })
    }

    /// Offers these protocols by ALPN (RFC 7301), the dearest first; a peer that knows none of them and asks
    /// is refused.
    pub(super) fn speaking(mut self, protocols: &[&[u8]]) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        self
    }

    /// Shakes hands; who has waited long enough drops this.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<(TlsStream<S>, Option<PeerCertificate>)> {
        let stream = TlsAcceptor::from(self.config.clone()).accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let vouched = self.vouched;
        let certificate = shown.map(|der| PeerCertificate { der: der.clone().into_owned(), vouched });
        Ok((stream, certificate))
    }
}

impl PeerCertificate {
    /// Whether it is one of those that are wanted.
    pub(crate) fn is_one_of(&self, wanted: &[ClientCertificate]) -> bool {
        wanted.iter().any(|wanted| match wanted {
            ClientCertificate::Fingerprint(wanted) => fingerprint(&self.der) == *wanted,
            ClientCertificate::Name(name) => {
                let parsed = ParsedCertificate::try_from(&self.der);
                self.vouched && parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok())
            }
        })
    }
}
