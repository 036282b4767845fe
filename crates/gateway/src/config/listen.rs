//! Where the outside reaches us.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::checked::{BodiesOctets, PduOctets, at_most};
use super::problem::Problem;
use super::{CertificateFiles, SendsmsPath};

/// The SMPP server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: Spanned<SocketAddr>,
    /// Where SMSCs call that want us to bind; port 0 takes a free one.
    #[serde(default)]
    pub outbind_listen: Option<Spanned<SocketAddr>>,
    /// Where ESMEs bind by TLS; port 0 takes a free one.
    #[serde(default)]
    pub tls_listen: Option<Spanned<SocketAddr>>,
    /// The certificate that is shown there, in PEM form, with those above it.
    #[serde(default)]
    pub tls_certificate: Option<PathBuf>,
    /// Its key, in PEM form.
    #[serde(default)]
    pub tls_key: Option<PathBuf>,
    /// The authorities that sign certificates of ESMEs, in PEM form; ESMEs may still show none.
    #[serde(default)]
    pub tls_client_ca: Option<PathBuf>,
    /// What we call ourselves in bind responses; at most 15 characters.
    #[serde(default = "default_system_id", deserialize_with = "at_most::<15, _>")]
    pub system_id: String,
    /// Connections at a time, bound or not; more are closed at once.
    #[serde(default = "default_connections_max")]
    pub connections_max: usize,
    /// Connections of one address at a time that have not bound; more are closed at once.
    #[serde(default = "default_unbound_per_address_max")]
    pub unbound_per_address_max: NonZeroUsize,
    /// Seconds from connection to bind before the connection is closed.
    #[serde(default = "default_bind_timeout_s")]
    pub bind_timeout_s: u64,
    /// Seconds of silence before an enquire_link is sent.
    #[serde(default = "default_enquire_link_s")]
    pub enquire_link_s: u64,
    /// Seconds that an enquire_link may go unanswered before the session is given up.
    #[serde(default = "default_enquire_link_timeout_s")]
    pub enquire_link_timeout_s: u64,
    /// Seconds that a peer has to answer a request.
    #[serde(default = "default_response_timeout_s")]
    pub response_timeout_s: u64,
    /// The longest PDU of an ESME that is bound.
    #[serde(default)]
    pub pdu_octets_max: PduOctets,
}

/// The HTTP server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: Spanned<SocketAddr>,
    /// Where it is called by https; port 0 takes a free one.
    #[serde(default)]
    pub tls_listen: Option<Spanned<SocketAddr>>,
    /// The certificate that is shown there, in PEM form, with those above it.
    #[serde(default)]
    pub tls_certificate: Option<PathBuf>,
    /// Its key, in PEM form.
    #[serde(default)]
    pub tls_key: Option<PathBuf>,
    /// Connections at a time, of both listeners together.
    #[serde(default = "default_http_connections_max")]
    pub connections_max: usize,
    /// Connections of one address at a time, of both listeners together.
    #[serde(default = "default_http_connections_per_address_max")]
    pub connections_per_address_max: NonZeroUsize,
    /// Octets of bodies of requests that may be in memory at a time.
    #[serde(default)]
    pub bodies_octets_max: BodiesOctets,
    /// Where Kannel's `sendsms` is answered, if it is.
    #[serde(default)]
    pub kannel: SendsmsPath,
    /// The file of an access log in the form of Kannel's, without texts.
    #[serde(default)]
    pub kannel_access_log: Option<PathBuf>,
    /// Whether the paths of Jasmin's HTTP and REST interfaces are answered.
    #[serde(default)]
    pub jasmin: bool,
}

impl SmppConfig {
    /// Where it listens.
    pub(super) fn listeners(&self) -> impl Iterator<Item = &Spanned<SocketAddr>> {
        [&self.listen].into_iter().chain(&self.outbind_listen).chain(&self.tls_listen)
    }

    /// The certificate and the key of the TLS listener, if there is one.
    #[must_use]
    pub fn tls_files(&self) -> Option<CertificateFiles> {
        files(self.tls_listen.as_ref(), self.tls_certificate.as_ref(), self.tls_key.as_ref())
    }

    pub(super) fn check(&self) -> Result<(), Problem> {
        check(self.tls_listen.as_ref(), self.tls_files())
    }

    /// The same without what can be read anew while the gateway runs.
    pub(crate) fn without_files(&self) -> Self {
        Self { tls_certificate: None, tls_key: None, tls_client_ca: None, ..self.clone() }
    }
}

impl HttpConfig {
    /// Where it listens.
    pub(super) fn listeners(&self) -> impl Iterator<Item = &Spanned<SocketAddr>> {
        [&self.listen].into_iter().chain(&self.tls_listen)
    }

    /// The certificate and the key of the TLS listener, if there is one.
    #[must_use]
    pub fn tls_files(&self) -> Option<CertificateFiles> {
        files(self.tls_listen.as_ref(), self.tls_certificate.as_ref(), self.tls_key.as_ref())
    }

    pub(super) fn check(&self) -> Result<(), Problem> {
        check(self.tls_listen.as_ref(), self.tls_files())
    }

    /// The same without what can be read anew while the gateway runs.
    pub(crate) fn without_files(&self) -> Self {
        Self { tls_certificate: None, tls_key: None, ..self.clone() }
    }
}

/// Whether only one can listen at two addresses. One that is not specified is all of its family.
pub(super) fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (this, that) = (one.ip(), other.ip());
    let is_same =
        this == that || this.is_ipv4() == that.is_ipv4() && (this.is_unspecified() || that.is_unspecified());
    one.port() > 0 && one.port() == other.port() && is_same
}

fn files(
    listen: Option<&Spanned<SocketAddr>>,
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
) -> Option<CertificateFiles> {
    let (_, certificate, key) = (listen?, certificate?.clone(), key?.clone());
    Some(CertificateFiles { certificate, key })
}

fn check(listen: Option<&Spanned<SocketAddr>>, files: Option<CertificateFiles>) -> Result<(), Problem> {
    match (listen, files) {
        (Some(listen), None) => {
            let what = "tls_listen needs tls_certificate and tls_key".to_owned();
            Err(Problem { at: listen.span(), what })
        }
        _ => Ok(()),
    }
}

fn default_system_id() -> String {
    "estafet".to_owned()
}

const fn default_connections_max() -> usize {
    20_000
}

const fn default_unbound_per_address_max() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(999)
}

const fn default_http_connections_max() -> usize {
    4096
}

const fn default_http_connections_per_address_max() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(1023)
}

const fn default_bind_timeout_s() -> u64 {
    10
}

const fn default_enquire_link_s() -> u64 {
    30
}

const fn default_enquire_link_timeout_s() -> u64 {
    10
}

const fn default_response_timeout_s() -> u64 {
    60
}
