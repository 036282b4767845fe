//! An SMSC that we bind to as an ESME.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use serde::Deserialize;
use toml::Spanned;

use super::certificate::one_or_more;
use super::checked::{PduOctets, Text, at_most, host_and_port};
use super::name::Name;
use super::problem::Problem;
use super::profile::{
    AddressRule, ByteOrder, ClassForm, DataCodings, DefaultAlphabet, IdForm, Languages, OnUnknown,
    ReceiptIdFrom, RetryRule, Splitting, TlvRules, UtcOffset, ValidityForm, Version, WaitingForm,
};
use super::profile::{ProfileNames, Profiles, SharedProfile, profile_keys, profile_table};
use super::{CertificateFiles, Fingerprint, Networks, Secret};

profile_keys!(profile_table, [
/// One SMSC: the four parameters of a bind, what shapes the traffic, and how it differs from its profile.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmscConfig {
    /// The name of the link.
    pub name: Name,
    /// `host:port`.
    #[serde(deserialize_with = "host_and_port")]
    pub address: String,
    /// Who we are there; at most 15 characters.
    #[serde(deserialize_with = "at_most::<15, _>")]
    pub system_id: String,
    /// Our password there; at most 8 characters by the standard, longer ones are sent as they are.
    pub password: Secret,
    /// The kinds of session that we open.
    #[serde(default)]
    pub bind: BindKind,
    /// How many sessions of each kind.
    #[serde(default = "default_sessions")]
    pub sessions: NonZeroU16,
    /// Requests that may be unanswered at a time, per session and direction.
    #[serde(default = "default_window")]
    pub window: NonZeroU16,
    /// Segments per second over all sessions; 0 is unlimited.
    #[serde(default)]
    pub rate: u32,
    /// Seconds that the SMSC has to answer a submit_sm.
    #[serde(default = "default_response_timeout_s")]
    pub response_timeout_s: u64,
    /// The longest PDU of the SMSC. It brings again what we do not take, so we take what there can be.
    #[serde(default = "PduOctets::largest")]
    pub pdu_octets_max: PduOctets,
    /// Seconds of silence before an enquire_link is sent.
    #[serde(default = "default_enquire_link_s")]
    pub enquire_link_s: u64,
    /// Seconds that an enquire_link may go unanswered before the session is given up.
    #[serde(default = "default_enquire_link_timeout_s")]
    pub enquire_link_timeout_s: u64,
    /// Seconds for which a message of a handset with the same content is the same one, brought again; 0 is never.
    #[serde(default)]
    pub duplicate_window_s: u64,
    /// Seconds without a session before what waits is given to the other targets of its route.
    #[serde(default = "default_failover_s")]
    pub failover_s: u64,
    /// The longest wait between two attempts to connect, in seconds.
    #[serde(default = "default_reconnect_max_s")]
    pub reconnect_max_s: u64,
    /// Whether we connect to it; otherwise it calls us by outbind.
    #[serde(default = "default_connect")]
    pub connect: bool,
    /// How it calls us, if it does.
    #[serde(default)]
    pub outbind: Option<OutbindConfig>,
    /// Whether we connect by TLS.
    #[serde(default)]
    pub tls: bool,
    /// The authorities that vouch for the SMSC, in PEM form; `None` are those of the system.
    #[serde(default)]
    pub tls_ca: Option<PathBuf>,
    /// The name that its certificate is for; `None` is the host of the address.
    #[serde(default)]
    pub tls_server_name: Option<String>,
    /// The certificates that it may have; it is known by them then and by no authority.
    #[serde(default, deserialize_with = "one_or_more")]
    pub tls_fingerprint: Vec<Fingerprint>,
    /// Whether it is looked at who the SMSC is; otherwise anybody may be it.
    #[serde(default = "default_tls_verify")]
    pub tls_verify: bool,
    /// The certificate that we show, in PEM form, with those above it.
    #[serde(default)]
    pub tls_certificate: Option<PathBuf>,
    /// Its key, in PEM form.
    #[serde(default)]
    pub tls_key: Option<PathBuf>,
    /// The profiles that it starts from.
    profile: Option<Spanned<ProfileNames>>,
    /// How it speaks: what the profiles say, and the keys of its own in their place.
    #[serde(skip)]
    pub speaks: SharedProfile,
}
]);

/// The kinds of session that are opened towards an SMSC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum BindKind {
    /// Sessions that send and receive.
    #[default]
    #[serde(rename = "transceiver")]
    Transceiver,
    /// Sessions that send only.
    #[serde(rename = "transmitter")]
    Transmitter,
    /// Sessions that receive only.
    #[serde(rename = "receiver")]
    Receiver,
    /// Sessions that send, and as many others that receive.
    #[serde(rename = "transmitter+receiver")]
    Both,
}

/// How an SMSC calls us that has something to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutbindConfig {
    /// Who it says it is; at most 15 characters.
    pub system_id: Text<15>,
    /// Its password.
    pub password: Secret,
    /// Networks that it may call from; `None` is any.
    #[serde(default)]
    pub from: Option<Networks>,
}

impl SmscConfig {
    /// Finds out how the SMSC speaks.
    pub(super) fn resolve(&mut self, profiles: &Profiles) -> Result<(), Problem> {
        let at = self.name.span();
        let profile = profiles.of(self.profile.as_ref(), self)?;
        profile.check().map_err(|what| Problem { at: at.clone(), what })?;
        self.speaks = Arc::new(profile);
        if !self.connect && self.outbind.is_none() {
            let what = "an SMSC that is not connected to must have an outbind".to_owned();
            return Err(Problem { at, what });
        }
        self.check_tls().map_err(|what| Problem { at, what: what.to_owned() })
    }

    /// The certificate that we show, and its key.
    #[must_use]
    pub fn tls_files(&self) -> Option<CertificateFiles> {
        let (certificate, key) = self.tls_certificate.clone().zip(self.tls_key.clone())?;
        Some(CertificateFiles { certificate, key })
    }

    /// The name that the certificate of the SMSC must be for.
    pub(crate) fn server_name(&self) -> Option<ServerName<'static>> {
        let name = match &self.tls_server_name {
            Some(name) => name,
            None => self.address.rsplit_once(':')?.0.trim_start_matches('[').trim_end_matches(']'),
        };
        ServerName::try_from(name.to_owned()).ok()
    }

    fn check_tls(&self) -> Result<(), &'static str> {
        let says_who = self.tls_ca.is_some() || !self.tls_fingerprint.is_empty();
        let shows_itself = self.tls_certificate.is_some() || self.tls_key.is_some();
        if !self.tls {
            let says_more = says_who || shows_itself || self.tls_server_name.is_some() || !self.tls_verify;
            return if says_more { Err("keys with tls_ are of no use without tls = true") } else { Ok(()) };
        }
        if self.outbind.is_some() {
            return Err("an outbind comes in the clear, which tls forbids");
        }
        if self.server_name().is_none() {
            return Err("the name that the certificate is for must be a host's name or address");
        }
        if shows_itself && self.tls_files().is_none() {
            return Err("tls_certificate and tls_key go together");
        }
        if says_who && !self.tls_verify {
            return Err("with tls_verify = false neither tls_ca nor tls_fingerprint is looked at");
        }
        if self.tls_ca.is_some() && !self.tls_fingerprint.is_empty() {
            return Err("an SMSC is known by tls_ca or by tls_fingerprint, not by both");
        }
        Ok(())
    }
}

const fn default_sessions() -> NonZeroU16 {
    NonZeroU16::MIN
}

const fn default_connect() -> bool {
    true
}

const fn default_tls_verify() -> bool {
    true
}

const fn default_window() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(9)
}

const fn default_response_timeout_s() -> u64 {
    60
}

const fn default_enquire_link_s() -> u64 {
    30
}

const fn default_enquire_link_timeout_s() -> u64 {
    10
}

const fn default_failover_s() -> u64 {
    10
}

const fn default_reconnect_max_s() -> u64 {
    60
}
