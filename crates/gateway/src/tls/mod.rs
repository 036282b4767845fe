//! TLS by rustls (L-1): versions 1.2 and 1.3, with what is read from files and swapped whole when they are
//! read again. Connections that are open keep what they were opened with.

mod client;
mod endpoint;
mod files;
mod proof;
mod server;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use rustls::crypto::CryptoProvider;
use sms::LinkName;

use crate::config::{Config, ConfigError, SmscConfig};

pub(crate) use client::ClientTls;
pub(crate) use endpoint::Endpoints;
pub(crate) use server::{PeerCertificate, ServerTls};

/// What connections are secured with.
#[derive(Default)]
pub(crate) struct Tls {
    /// Where ESMEs bind.
    pub(crate) smpp: Option<ServerTls>,
    /// Where ESMEs call.
    pub(crate) http: Option<ServerTls>,
    /// The SMSCs that are connected to by TLS.
    pub(crate) smscs: HashMap<LinkName, ClientTls>,
    /// What is called by https.
    pub(crate) endpoints: Endpoints,
}

impl Tls {
    /// Reads all certificates and keys that a configuration names. By https these versions of HTTP are offered, the
    /// dearest first.
    ///
    /// # Errors
    /// Names the first file that is of no use, and the line of what needs it.
    pub(crate) fn load(config: &Config, http_versions: &[&[u8]]) -> Result<Self, ConfigError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let asks = config.account.iter().any(|account| !account.client_certificate.is_empty());
        let smpp = config.smpp.as_ref().and_then(|smpp| {
            let (listen, files) = (smpp.tls_listen.as_ref()?, smpp.tls_files()?);
            let tls = ServerTls::load(&provider, &files, smpp.tls_client_ca.as_deref(), asks);
            Some(tls.context("[smpp]").map_err(|error| config.unfit(&listen.span(), &error)))
        });
        let http = config.http.as_ref().and_then(|http| {
            let (listen, files) = (http.tls_listen.as_ref()?, http.tls_files()?);
            let tls = ServerTls::load(&provider, &files, None, false).map(|tls| tls.speaking(http_versions));
            Some(tls.context("[http]").map_err(|error| config.unfit(&listen.span(), &error)))
        });
        let mut smscs = HashMap::new();
        for smsc in config.smsc.iter().filter(|smsc| smsc.tls) {
            let tls = load_smsc(&provider, smsc).map_err(|error| config.unfit(&smsc.name.span(), &error))?;
            smscs.insert(smsc.name.get_ref().as_str().into(), tls);
        }
        Ok(Self {
            endpoints: Endpoints::load(&provider, config)?,
            smpp: smpp.transpose()?,
            http: http.transpose()?,
            smscs,
        })
    }
}

impl Config {
    /// Whether all certificates and keys that it names can be used.
    ///
    /// # Errors
    /// Names the first file that is of no use, and the line of what needs it.
    pub fn check_certificates(&self) -> Result<(), ConfigError> {
        Tls::load(self, &[]).map(drop)
    }
}

fn load_smsc(provider: &Arc<CryptoProvider>, smsc: &SmscConfig) -> anyhow::Result<ClientTls> {
    ClientTls::load(provider, smsc).with_context(|| format!("SMSC \"{}\"", smsc.name.get_ref()))
}
