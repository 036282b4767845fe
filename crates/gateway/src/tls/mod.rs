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

use crate::config::{Config, SmscConfig};

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
    /// Names the first file that is of no use.
    pub(crate) fn load(config: &Config, http_versions: &[&[u8]]) -> anyhow::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let asks = config.account.iter().any(|account| !account.client_certificate.is_empty());
        let smpp = config.smpp.as_ref().and_then(|smpp| Some((smpp.tls_files()?, &smpp.tls_client_ca)));
        let smpp = smpp.map(|(files, ca)| ServerTls::load(&provider, &files, ca.as_deref(), asks));
        let http = config.http.as_ref().and_then(|http| http.tls_files());
        let http = http.map(|files| {
            ServerTls::load(&provider, &files, None, false).map(|tls| tls.speaking(http_versions))
        });
        let mut smscs = HashMap::new();
        for smsc in config.smsc.iter().filter(|smsc| smsc.tls) {
            smscs.insert(smsc.name.get_ref().as_str().into(), load_smsc(&provider, smsc)?);
        }
        Ok(Self {
            endpoints: Endpoints::load(&provider, config)?,
            smpp: smpp.transpose().context("[smpp]")?,
            http: http.transpose().context("[http]")?,
            smscs,
        })
    }
}

impl Config {
    /// Whether all certificates and keys that it names can be used.
    ///
    /// # Errors
    /// Names the first file that is of no use.
    pub fn check_certificates(&self) -> anyhow::Result<()> {
        Tls::load(self, &[]).map(drop)
    }
}

fn load_smsc(provider: &Arc<CryptoProvider>, smsc: &SmscConfig) -> anyhow::Result<ClientTls> {
    ClientTls::load(provider, smsc).with_context(|| format!("SMSC \"{}\"", smsc.name.get_ref()))
}
