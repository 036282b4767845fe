//! A content provider that we call by HTTP.

use std::num::NonZeroU16;

use reqwest::Url;
use serde::Deserialize;

use super::endpoint::{DEFAULT_TIMEOUT_S, http_url};
use super::{EndpointConfig, Method, Name};

/// One content provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "RawApplication")]
pub struct ApplicationConfig {
    /// The name of the link.
    pub name: Name,
    /// What is called for each message.
    pub endpoint: EndpointConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApplication {
    name: Name,
    #[serde(deserialize_with = "http_url")]
    url: Url,
    #[serde(default)]
    method: Method,
    #[serde(default = "default_window")]
    window: NonZeroU16,
    #[serde(default = "default_timeout_s")]
    timeout_s: u64,
    #[serde(default)]
    allow_private_address: bool,
}

impl From<RawApplication> for ApplicationConfig {
    fn from(raw: RawApplication) -> Self {
        let endpoint = EndpointConfig {
            url: raw.url,
            method: raw.method,
            window: raw.window,
            timeout_s: raw.timeout_s,
            allow_private_address: raw.allow_private_address,
        };
        Self { name: raw.name, endpoint }
    }
}

const fn default_window() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(49)
}

const fn default_timeout_s() -> u64 {
    DEFAULT_TIMEOUT_S
}
