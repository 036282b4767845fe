//! The URL at which an account is told by HTTP.

use std::num::{NonZeroU16, NonZeroU64};
use std::path::PathBuf;

use url::Url;

use super::endpoint::DEFAULT_TIMEOUT_S;
use super::{EndpointConfig, EndpointTls, JasminConfig, Reach, SendsmsConfig, SigningSecret};
use crate::callback_url::callable;

/// How an account is told what goes to it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallbackConfig {
    /// What is called.
    pub endpoint: EndpointConfig,
    /// The most receipts and messages of one call: 1 is an object per call, more an array.
    pub batch: NonZeroU16,
}

impl CallbackConfig {
    /// How the URLs are called that messages name of an account with a callback: under the same rules.
    pub(super) fn of_messages(&self) -> Option<EndpointConfig> {
        Some(EndpointConfig { url: anywhere()?, ..self.endpoint.clone() })
    }

    /// How the URLs are called that requests to `sendsms` and at Jasmin's interfaces name, if they are. What is
    /// allowed to one of them and not to the other is allowed to neither.
    pub(super) fn of_requests(sendsms: &SendsmsConfig, jasmin: &JasminConfig) -> Option<EndpointConfig> {
        let reach = match (sendsms.dlr, jasmin.dlr) {
            (true, true) => sendsms.reach().both(&jasmin.reach()),
            (true, false) => sendsms.reach(),
            (false, true) => jasmin.reach(),
            (false, false) => return None,
        };
        let own = sendsms.dlr_url.as_deref().and_then(callable);
        let reach = own.iter().fold(reach, Reach::and_port_of);
        Some(EndpointConfig {
            url: anywhere()?,
            window: DEFAULT_WINDOW,
            timeout_s: DEFAULT_TIMEOUT_S,
            reach,
            signed_with: Vec::new(),
            tls: EndpointTls::default(),
        })
    }
}

/// The keys of an account that speak of its callback.
#[derive(Default)]
pub(super) struct CallbackKeys {
    pub(super) url: Option<Url>,
    pub(super) window: Option<NonZeroU16>,
    pub(super) timeout_s: Option<NonZeroU64>,
    pub(super) batch: Option<NonZeroU16>,
    pub(super) secrets: Vec<SigningSecret>,
    pub(super) tls_ca: Option<PathBuf>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) reach: Reach,
}

impl CallbackKeys {
    /// The callback, if there is a URL; whatever else is said needs one.
    pub(super) fn checked(self) -> Result<Option<CallbackConfig>, String> {
        let tls = EndpointTls::of(self.tls_ca, self.tls_certificate, self.tls_key)
            .map_err(|problem| format!("has keys with callback_tls_, and {problem}"))?;
        let Some(url) = self.url else {
            let is_silent = self.window.is_none()
                && self.timeout_s.is_none()
                && self.batch.is_none()
                && self.secrets.is_empty()
                && !tls.names_files();
            let problem = "has keys of a callback, but no callback_url";
            return if is_silent && self.reach == Reach::default() {
                Ok(None)
            } else {
                Err(problem.to_owned())
            };
        };
        let batch = self.batch.unwrap_or(NonZeroU16::MIN);
        if batch > BATCH_MAX {
            return Err("has a callback_batch of more than 1000".to_owned());
        }
        let reach = self.reach.and_port_of(&url);
        reach.check(&url).map_err(|refusal| format!("has a callback_url that is not called: {refusal}"))?;
        let endpoint = EndpointConfig {
            url,
            window: self.window.unwrap_or(DEFAULT_WINDOW),
            timeout_s: self.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S),
            reach,
            signed_with: self.secrets,
            tls,
        };
        Ok(Some(CallbackConfig { endpoint, batch }))
    }
}

/// What stands for the URLs that messages name, each another one.
fn anywhere() -> Option<Url> {
    Url::parse("https://localhost/").ok()
}

const DEFAULT_WINDOW: NonZeroU16 = NonZeroU16::MIN.saturating_add(47);
const BATCH_MAX: NonZeroU16 = NonZeroU16::MIN.saturating_add(999);
