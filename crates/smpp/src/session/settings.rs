//! What can be chosen about a session.

use std::time::Duration;

use crate::{VERSION_3_3, VERSION_3_4};

/// The longest PDU that any session takes, whatever its settings, in octets: a submit_multi with 254
/// destinations and 64 KiB of payload.
pub const PDU_OCTETS_CEILING: usize = 72 * 1024;
/// The longest PDU that a server takes before the bind, in octets; no legal bind is longer than 98.
pub const PDU_OCTETS_UNBOUND_MAX: usize = 256;
/// The longest time-out there is: what is set longer is cut to a day.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const _: () = assert!(PDU_OCTETS_UNBOUND_MAX < PDU_OCTETS_CEILING);

/// The limits and times of a session. The defaults suit a server and a client alike.
///
/// Of the time-outs and intervals, a zero switches the timer off.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest PDU that is taken once bound, in octets; at most [`PDU_OCTETS_CEILING`]. Default 16 KiB.
    pub pdu_octets_max: usize,
    /// How many requests of the peer may wait for our answer; one more is answered ESME_RTHROTTLED.
    /// Default 100.
    pub window_in: usize,
    /// How many of our requests may wait for the peer's answer. Default 10, as SMPP 3.4 section 2.8 suggests.
    pub window_out: usize,
    /// Server: how long a peer may take to bind. Default 10 s.
    pub session_init_timeout: Duration,
    /// Client: how long the answer to the bind may take. Default 10 s.
    pub bind_timeout: Duration,
    /// After hearing nothing from the peer for this long, ask whether it is alive. Default 30 s. Give
    /// sessions that start together different values, or they ask together.
    pub enquire_link_interval: Duration,
    /// How long the answer to enquire_link may take before the session ends. Default 10 s.
    pub enquire_link_timeout: Duration,
    /// How long the answer to any other request may take before it counts as expired. Default 60 s.
    pub response_timeout: Duration,
    /// Unbind after this long without any message or response. Default `None`: never.
    pub inactivity_timeout: Option<Duration>,
    /// How long what is in flight may take to end before an unbind, and the answer to our unbind.
    /// Default 10 s.
    pub unbind_timeout: Duration,
    /// How long a PDU that has begun may take to end. Default 30 s.
    pub pdu_read_timeout: Duration,
    /// Server: how many binds may fail on one connection; the last one closes it. Default 3.
    pub bind_attempts_max: u32,
    /// Server: the longest password that is taken, in octets. Default 8, the standard's; at most 64.
    pub password_octets_max: usize,
    /// How many enquire_links the peer may send within a second; one more is the last. Default 100.
    pub enquire_links_per_second_max: u32,
    /// The highest version that we speak; a server says it in sc_interface_version, unless it
    /// is one without TLVs. Default 3.4.
    pub interface_version: u8,
    /// Client: the version that a message centre speaks that does not say so. Default 3.3, as
    /// SMPP 3.4 section 5.3.2.25 wants it; 3.4 for the many that only forget to say it.
    pub unstated_version: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pdu_octets_max: 16 * 1024,
            window_in: 100,
            window_out: 10,
            session_init_timeout: Duration::from_secs(10),
            bind_timeout: Duration::from_secs(10),
            enquire_link_interval: Duration::from_secs(30),
            enquire_link_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(60),
            inactivity_timeout: None,
            unbind_timeout: Duration::from_secs(10),
            pdu_read_timeout: Duration::from_secs(30),
            bind_attempts_max: 3,
            password_octets_max: 8,
            enquire_links_per_second_max: 100,
            interface_version: VERSION_3_4,
            unstated_version: VERSION_3_3,
        }
    }
}
