//! The URL at which an account is told by HTTP.

use std::num::NonZeroU16;

use reqwest::Url;

use super::endpoint::DEFAULT_TIMEOUT_S;
use super::{EndpointConfig, JasminConfig, SendsmsConfig, SigningSecret};

/// How an account is told what goes to it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallbackConfig {
    /// What is called.
    pub endpoint: EndpointConfig,
    /// The most receipts and messages of one call: 1 is an object per call, more an array.
    pub batch: NonZeroU16,
}

impl CallbackConfig {
    /// How the URLs are called that requests to `sendsms` and at Jasmin's interfaces name, if they are. What is
    /// allowed to one of them and not to the other is allowed to neither.
    pub(super) fn of_requests(sendsms: &SendsmsConfig, jasmin: &JasminConfig) -> Option<EndpointConfig> {
        // Each message names another one.
        let url = Url::parse("http://localhost/").ok().filter(|_| sendsms.dlr || jasmin.dlr)?;
        let allow_private_address =
            (!sendsms.dlr || sendsms.allow_private_address) && (!jasmin.dlr || jasmin.allow_private_address);
        Some(EndpointConfig {
            url,
            window: DEFAULT_WINDOW,
            timeout_s: DEFAULT_TIMEOUT_S,
            allow_private_address,
            signed_with: Vec::new(),
        })
    }
}

/// The keys of an account that speak of its callback.
#[derive(Default)]
pub(super) struct CallbackKeys {
    pub(super) url: Option<Url>,
    pub(super) window: Option<NonZeroU16>,
    pub(super) timeout_s: Option<u64>,
    pub(super) batch: Option<NonZeroU16>,
    pub(super) secrets: Vec<SigningSecret>,
    pub(super) allow_private_address: bool,
}

impl CallbackKeys {
    /// The callback, if there is a URL; whatever else is said needs one.
    pub(super) fn checked(self) -> Result<Option<CallbackConfig>, &'static str> {
        let Some(url) = self.url else {
            let is_silent = self.window.is_none()
                && self.timeout_s.is_none()
                && self.batch.is_none()
                && self.secrets.is_empty();
            let problem = "keys of a callback, but no callback_url";
            return if is_silent && !self.allow_private_address { Ok(None) } else { Err(problem) };
        };
        let batch = self.batch.unwrap_or(NonZeroU16::MIN);
        if batch > BATCH_MAX {
            return Err("a callback_batch of more than 1000");
        }
        let endpoint = EndpointConfig {
            url,
            window: self.window.unwrap_or(DEFAULT_WINDOW),
            timeout_s: self.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S),
            allow_private_address: self.allow_private_address,
            signed_with: self.secrets,
        };
        Ok(Some(CallbackConfig { endpoint, batch }))
    }
}

const DEFAULT_WINDOW: NonZeroU16 = NonZeroU16::MIN.saturating_add(31);
const BATCH_MAX: NonZeroU16 = NonZeroU16::MIN.saturating_add(999);
