//! Values that have a limit of their own.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};
use smpp::session::PDU_OCTETS_CEILING;

/// A text that fits into a field of SMPP with `MAX` octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> std::ops::Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        at_most::<MAX, D>(deserializer).map(Self)
    }
}

/// Reads a text that fits into a field of SMPP with `MAX` octets.
pub(super) fn at_most<'de, const MAX: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() <= MAX && !text.contains('\0') {
        Ok(text)
    } else {
        Err(de::Error::custom(format!("SMPP has room for {MAX} octets here, this takes {}", text.len())))
    }
}

/// Reads `host:port`, where something may be connected to.
pub(super) fn host_and_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_host_and_port(&text) {
        Ok(text)
    } else {
        Err(de::Error::custom(format!("an address is host:port, such as smsc.example:2775, not \"{text}\"")))
    }
}

fn is_host_and_port(text: &str) -> bool {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return address.port() > 0;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_port =
        port.bytes().all(|octet| octet.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_name = |host: &str| host.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    is_port && (1..=HOST_OCTETS_MAX).contains(&host.len()) && is_name(host)
}

/// Reads a folder. A path without a name would be none.
pub(super) fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    if path.as_os_str().is_empty() { Err(de::Error::custom("this names no folder")) } else { Ok(path) }
}

/// Reads a text that handsets are sent as it stands.
pub(super) fn fixed_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check_fixed_text(&text).map(|()| text).map_err(de::Error::custom)
}

/// The same where there may be none.
pub(super) fn maybe_fixed_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    fixed_text(deserializer).map(Some)
}

/// Whether a message can have a text.
pub(super) fn check_fixed_text(text: &str) -> Result<(), String> {
    let segments = sms::segments_needed(text).segments;
    if segments <= sms::SEGMENTS_MAX {
        Ok(())
    } else {
        Err(format!("a message has room for {} segments, this text takes {segments}", sms::SEGMENTS_MAX))
    }
}

/// How long a PDU of a peer that is bound may be, in octets: 1,024 to [`smpp::session::PDU_OCTETS_CEILING`] (F-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PduOctets(usize);

impl PduOctets {
    /// As long as it can be (F-3).
    pub(super) const fn largest() -> Self {
        Self(PDU_OCTETS_CEILING)
    }

    /// In octets.
    #[must_use]
    pub const fn octets(self) -> usize {
        self.0
    }
}

impl Default for PduOctets {
    fn default() -> Self {
        Self(PDU_OCTETS_MAX)
    }
}

impl<'de> Deserialize<'de> for PduOctets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let octets = usize::deserialize(deserializer)?;
        if (PDU_OCTETS_MIN..=PDU_OCTETS_CEILING).contains(&octets) {
            Ok(Self(octets))
        } else {
            let range = format_args!("{PDU_OCTETS_MIN} to {PDU_OCTETS_CEILING}");
            Err(de::Error::custom(format!("a PDU may have {range} octets, not {octets}")))
        }
    }
}

/// How many octets of requests' bodies may be in memory at a time: [`BodiesOctets::MIN`] and more (ABU-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodiesOctets(usize);

impl BodiesOctets {
    /// The least that is of use: callers who are not known yet then have room for two of the longest bodies.
    pub const MIN: usize = 16 << 20;

    /// In octets.
    #[must_use]
    pub const fn octets(self) -> usize {
        self.0
    }
}

impl Default for BodiesOctets {
    fn default() -> Self {
        Self(BODIES_OCTETS_MAX)
    }
}

impl<'de> Deserialize<'de> for BodiesOctets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let octets = usize::deserialize(deserializer)?;
        if octets >= Self::MIN {
            Ok(Self(octets))
        } else {
            Err(de::Error::custom(format!("bodies need {} octets at least, not {octets}", Self::MIN)))
        }
    }
}

/// Enough for any submit_sm without a payload, and for what a bind or an enquire_link takes.
const PDU_OCTETS_MIN: usize = 1024;
const PDU_OCTETS_MAX: usize = 16 * 1024;
/// RFC 1035 section 2.3.4, as it is written.
const HOST_OCTETS_MAX: usize = 253;
const BODIES_OCTETS_MAX: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for text in
            ["127.0.0.1:2775", "[::1]:2775", "smsc.telco-a.example:2775", "smsc_1:65535", "localhost:1"]
        {
            assert!(is_host_and_port(text), "{text}");
        }
        for text in [
            "",
            ":2775",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:0",
            "127.0.0.1:99999",
            "127.0.0.1:+1",
            "smpp://127.0.0.1:2776",
            "::1:2775",
            "[::1]",
            "two hosts:2775",
        ] {
            assert!(!is_host_and_port(text), "{text}");
        }
    }
}
