//! A content provider that we call by HTTP.

use std::num::NonZeroU16;

use reqwest::Url;
use serde::{Deserialize, Deserializer, de};

use super::Name;

/// One content provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationConfig {
    /// The name of the link.
    pub name: Name,
    /// What is called for each message: http or https, with a host.
    #[serde(deserialize_with = "http_url")]
    pub url: Url,
    /// How it is called.
    #[serde(default)]
    pub method: Method,
    /// Calls at a time.
    #[serde(default = "default_window")]
    pub window: NonZeroU16,
    /// Seconds that the answer may take.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u64,
    /// Whether the URL may lead to loopback or a private network; refused otherwise.
    #[serde(default)]
    pub allow_private_address: bool,
}

/// How a content provider is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Method {
    /// The message as a form in the body.
    #[default]
    #[serde(rename = "POST")]
    Post,
    /// The message in the query.
    #[serde(rename = "GET")]
    Get,
}

fn http_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).map_err(|error| de::Error::custom(format!("not a URL: {error}")))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(de::Error::custom("a content provider has an http or https URL with a host"))
    }
}

const fn default_window() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(49)
}

const fn default_timeout_s() -> u64 {
    10
}
