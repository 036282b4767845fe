//! An SMSC that we bind to as an ESME.

use std::num::NonZeroU16;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use super::checked::{Text, at_most};
use super::profile::{
    AddressRule, ByteOrder, DataCodings, DefaultAlphabet, IdForm, OnUnknown, ReceiptIdFrom, RetryRule,
    Splitting, TlvRules, UtcOffset, Version,
};
use super::profile::{ProfileNames, Profiles, SharedProfile, profile_keys, profile_table};
use super::{Name, Problem, Secret};

profile_keys!(profile_table, [
/// One SMSC: the four parameters of a bind, what shapes the traffic, and how it differs from its profile.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmscConfig {
    /// The name of the link.
    pub name: Name,
    /// `host:port`.
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
    /// Seconds of silence before an enquire_link is sent.
    #[serde(default = "default_enquire_link_s")]
    pub enquire_link_s: u64,
    /// Seconds that an enquire_link may go unanswered before the session is given up.
    #[serde(default = "default_enquire_link_timeout_s")]
    pub enquire_link_timeout_s: u64,
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
    pub from: Option<Vec<IpNet>>,
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
        Ok(())
    }
}

const fn default_sessions() -> NonZeroU16 {
    NonZeroU16::MIN
}

const fn default_connect() -> bool {
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
