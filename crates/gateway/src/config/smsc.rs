//! An SMSC that we bind to as an ESME.

use std::num::NonZeroU16;

use serde::Deserialize;

use super::checked::at_most;
use super::{Name, Secret};

/// One SMSC: the four parameters of a bind, and what shapes the traffic.
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
    /// What kind of ESME we are; often empty.
    #[serde(default, deserialize_with = "at_most::<12, _>")]
    pub system_type: String,
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
    /// How the SMSC writes message ids in submit_sm_resp.
    #[serde(default)]
    pub response_id: IdForm,
    /// How it writes them in receipts; both are compared by value.
    #[serde(default)]
    pub receipt_id: IdForm,
    /// What to do when nobody knows whether the SMSC took a segment over.
    #[serde(default)]
    pub on_unknown: OnUnknown,
    /// Statuses after which a segment is tried again; absent: 04, 08, 14, 58, 64, FF and 102.
    #[serde(default)]
    pub retry_statuses: Option<Vec<u32>>,
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
}

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

/// How message ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdForm {
    /// As a text.
    #[default]
    String,
    /// As a decimal number.
    Decimal,
    /// As a hexadecimal number.
    Hex,
}

impl From<IdForm> for store::RemoteIdForm {
    fn from(form: IdForm) -> Self {
        match form {
            IdForm::String => Self::Text,
            IdForm::Decimal => Self::Decimal,
            IdForm::Hex => Self::Hexadecimal,
        }
    }
}

/// What to do when the outcome of a submit_sm is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// Send it again, at the risk of a duplicate.
    #[default]
    Retry,
    /// Do not send it again: wait for a late response or a receipt until its time is up.
    Hold,
}

const fn default_sessions() -> NonZeroU16 {
    NonZeroU16::MIN
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
