//! What we call by HTTP.

use std::num::{NonZeroU16, NonZeroU64};
use std::path::PathBuf;

use super::{CertificateFiles, Reach, SigningSecret};
use serde::{Deserialize, Deserializer, de};
use url::Url;

/// A URL that is called, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointConfig {
    /// What is called: http or https, with a host.
    pub url: Url,
    /// Calls at a time.
    pub window: NonZeroU16,
    /// Seconds that an answer may take.
    pub timeout_s: NonZeroU64,
    /// Where calls may lead.
    pub reach: Reach,
    /// What is posted is signed with each of these.
    pub signed_with: Vec<SigningSecret>,
    /// How it and we know each other by TLS.
    pub tls: EndpointTls,
}

/// How an endpoint is known by TLS, and how it knows us; the default is by the authorities of the system, and not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointTls {
    /// The authorities that vouch for it, in PEM form; `None` are those of the system.
    pub ca: Option<PathBuf>,
    /// The certificate that we show, and its key.
    pub identity: Option<CertificateFiles>,
}

impl EndpointTls {
    pub(super) fn of(
        ca: Option<PathBuf>,
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
    ) -> Result<Self, &'static str> {
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(CertificateFiles { certificate, key }),
            (None, None) => None,
            _ => return Err("the certificate that we show and its key go together"),
        };
        Ok(Self { ca, identity })
    }

    /// Whether there is anything to read.
    pub(crate) const fn names_files(&self) -> bool {
        self.ca.is_some() || self.identity.is_some()
    }
}

/// How something is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Method {
    /// What is said stands in the body.
    #[default]
    #[serde(rename = "POST")]
    Post,
    /// What is said stands in the query.
    #[serde(rename = "GET")]
    Get,
}

/// The URL that a text is, if it can be called; otherwise why not.
pub(super) fn checked_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err("what is called has an http or https URL with a host".to_owned())
    }
}

pub(super) fn maybe_http_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    checked_url(&text).map(Some).map_err(de::Error::custom)
}

pub(super) const DEFAULT_TIMEOUT_S: NonZeroU64 = NonZeroU64::MIN.saturating_add(9);
