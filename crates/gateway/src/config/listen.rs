//! Where the outside reaches us.

use std::net::SocketAddr;

use serde::Deserialize;

use super::checked::at_most;

/// The SMPP server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where SMSCs call that want us to bind; port 0 takes a free one.
    #[serde(default)]
    pub outbind_listen: Option<SocketAddr>,
    /// What we call ourselves in bind responses; at most 15 characters.
    #[serde(default = "default_system_id", deserialize_with = "at_most::<15, _>")]
    pub system_id: String,
    /// Connections at a time, bound or not; more are closed at once.
    #[serde(default = "default_connections_max")]
    pub connections_max: usize,
    /// Seconds from connection to bind before the connection is closed.
    #[serde(default = "default_bind_timeout_s")]
    pub bind_timeout_s: u64,
    /// Seconds of silence before an enquire_link is sent.
    #[serde(default = "default_enquire_link_s")]
    pub enquire_link_s: u64,
    /// Seconds that an enquire_link may go unanswered before the session is given up.
    #[serde(default = "default_enquire_link_timeout_s")]
    pub enquire_link_timeout_s: u64,
    /// Seconds that a peer has to answer a request.
    #[serde(default = "default_response_timeout_s")]
    pub response_timeout_s: u64,
}

/// The HTTP server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
}

fn default_system_id() -> String {
    "estafet".to_owned()
}

const fn default_connections_max() -> usize {
    20_000
}

const fn default_bind_timeout_s() -> u64 {
    10
}

const fn default_enquire_link_s() -> u64 {
    30
}

const fn default_enquire_link_timeout_s() -> u64 {
    10
}

const fn default_response_timeout_s() -> u64 {
    60
}
