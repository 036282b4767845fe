//! Our side of TLS where we call URLs.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use sms::LinkName;

use super::files;
use crate::config::{Config, ConfigError, EndpointTls};

/// What the applications and the accounts are called with by https.
#[derive(Default)]
pub(crate) struct Endpoints {
    /// Those that have certificates of their own.
    own: HashMap<LinkName, Arc<ClientConfig>>,
    /// All others, if somebody is called and the system trusts anybody: read once, however many they are.
    others: Option<Arc<ClientConfig>>,
}

impl Endpoints {
    /// Reads what is in the files, and whom the system trusts.
    pub(super) fn load(provider: &Arc<CryptoProvider>, config: &Config) -> Result<Self, ConfigError> {
        let applications = config
            .application
            .iter()
            .filter_map(|application| Some((&application.name, application.rules().ok()?.endpoint.tls)));
        let accounts =
            config.account.iter().filter_map(|account| Some((&account.name, account.named_callbacks()?.tls)));
        let mut endpoints = Self::default();
        let mut has_others = false;
        for (name, tls) in applications.chain(accounts) {
            if tls.names_files() {
                let loaded = load(provider, &tls);
                let loaded = loaded
                    .with_context(|| format!("the certificates of \"{}\"", name.get_ref()))
                    .map_err(|error| config.unfit(&name.span(), &error))?;
                endpoints.own.insert(name.get_ref().as_str().into(), loaded);
            } else {
                has_others = true;
            }
        }
        if has_others {
            endpoints.others = load(provider, &EndpointTls::default())
                .inspect_err(|error| tracing::warn!("nobody who is called by https is believed: {error:#}"))
                .ok();
        }
        Ok(endpoints)
    }

    /// What a link is called with; `None` if it is called by plain http alone.
    pub(crate) fn of(&self, link: &LinkName) -> Option<Arc<ClientConfig>> {
        self.own.get(link).or(self.others.as_ref()).cloned()
    }
}

fn load(provider: &Arc<CryptoProvider>, tls: &EndpointTls) -> anyhow::Result<Arc<ClientConfig>> {
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
