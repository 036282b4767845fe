//! Where calls may lead (WH-3).

use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::public_address::names_private_address;

/// Where calls may lead beside https at the usual ports of public addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// To loopback and private networks; whoever may call there may call anything: by plain http and at any port.
    pub private: bool,
    /// By plain http.
    pub http: bool,
    /// At these ports, too.
    pub ports: Vec<Ports>,
}

/// One port, or those from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(RangeInclusive<u16>);

/// Why a URL is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutOfReach {
    /// It leads into a private network, or to this machine.
    #[error("the URL leads to an address that is not public, and there is no allow_private_address = true")]
    NotPublic,
    /// Whoever stands between could read and change what is said.
    #[error("the URL is plain http, and there is no allow_http = true")]
    Http,
    /// Services that are no web servers listen there.
    #[error("the URL leads to port {0}, which is not among allow_ports")]
    Port(u16),
}

impl Reach {
    /// The same with the port of a URL that the configuration names itself.
    pub(super) fn and_port_of(mut self, url: &Url) -> Self {
        self.ports.extend(url.port().map(|port| Ports(port..=port)));
        self
    }

    /// What both allow.
    pub(super) fn both(&self, other: &Self) -> Self {
        let ports = self.ports.iter().flat_map(|one| other.ports.iter().filter_map(|two| one.shared(two)));
        Self {
            private: self.private && other.private,
            http: (self.http || self.private) && (other.http || other.private),
            ports: match (self.private, other.private) {
                (true, _) => other.ports.clone(),
                (false, true) => self.ports.clone(),
                (false, false) => ports.collect(),
            },
        }
    }

    /// Whether a URL may be called, as far as it says itself where it leads.
    pub(crate) fn check(&self, url: &Url) -> Result<(), OutOfReach> {
        if self.private {
            return Ok(());
        }
        if names_private_address(url) {
            return Err(OutOfReach::NotPublic);
        }
        if url.scheme() != "https" && !self.http {
            return Err(OutOfReach::Http);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let is_open = USUAL.contains(&port) || self.ports.iter().any(|ports| ports.0.contains(&port));
        if is_open { Ok(()) } else { Err(OutOfReach::Port(port)) }
    }
}

impl Ports {
    fn shared(&self, other: &Self) -> Option<Self> {
        let both = *self.0.start().max(other.0.start())..=*self.0.end().min(other.0.end());
        (!both.is_empty()).then_some(Self(both))
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ports = match PortOrRange::deserialize(deserializer)? {
            PortOrRange::Port(port) => Some(port..=port),
            PortOrRange::Range(text) => text
                .split_once('-')
                .and_then(|(first, last)| Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)),
        };
        let ports = ports.filter(|ports| *ports.start() > 0 && !ports.is_empty());
        ports.map(Self).ok_or_else(|| de::Error::custom(PORTS))
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a port such as 8080, or ports such as \"8000-8999\"")]
enum PortOrRange {
    Port(u16),
    Range(String),
}

const PORTS: &str = "a port such as 8080, or ports such as \"8000-8999\"";
const USUAL: [u16; 2] = [80, 443];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[derive(Deserialize)]
    struct Written {
        ports: Vec<Ports>,
    }

    fn ports(written: &str) -> Vec<Ports> {
        toml::from_str::<Written>(&format!("ports = {written}")).unwrap().ports
    }

    fn refusal(reach: &Reach, url: &str) -> Option<OutOfReach> {
        reach.check(&url.parse().unwrap()).err()
    }

    // WH-3
    #[test]
    fn by_default_calls_are_https_at_usual_ports_of_public_addresses() {
        let usual = Reach::default();
        for url in ["https://cp.example/mo", "https://cp.example:80/", "https://[2606:4700::1111]/"] {
            assert_eq!(refusal(&usual, url), None, "{url}");
        }
        for (url, expected) in [
            ("http://cp.example/mo", OutOfReach::Http),
            ("https://cp.example:25/", OutOfReach::Port(25)),
            ("https://cp.example:8443/", OutOfReach::Port(8443)),
            ("https://127.0.0.1/", OutOfReach::NotPublic),
            ("http://169.254.169.254/", OutOfReach::NotPublic),
        ] {
            assert_eq!(refusal(&usual, url), Some(expected), "{url}");
        }
    }

    #[test]
    fn what_is_allowed_besides_is_said() {
        let plain = Reach { http: true, ports: ports("[8080, \"9000-9001\"]"), private: false };
        for url in ["http://cp.example/", "http://cp.example:8080/", "https://cp.example:9001/"] {
            assert_eq!(refusal(&plain, url), None, "{url}");
        }
        assert_eq!(refusal(&plain, "http://cp.example:9002/"), Some(OutOfReach::Port(9002)));
        assert_eq!(refusal(&plain, "http://10.0.0.1/"), Some(OutOfReach::NotPublic));
        let named = Reach::default().and_port_of(&"https://cp.example:8443/".parse().unwrap());
        assert_eq!(refusal(&named, "https://other.example:8443/"), None);
        let private = Reach { private: true, ..Reach::default() };
        assert_eq!(refusal(&private, "http://127.0.0.1:9000/"), None);
    }

    #[test]
    fn what_two_allow_is_what_each_allows() {
        let reach = |written: &str| Reach { ports: ports(written), ..Reach::default() };
        assert_eq!(reach("[8080, \"9000-9100\"]").both(&reach("[\"9050-9200\"]")), reach("[\"9050-9100\"]"));
        let private = Reach { private: true, ..Reach::default() };
        let plain = Reach { http: true, ..reach("[8080]") };
        assert_eq!(private.both(&plain), plain);
        assert_eq!(private.both(&Reach::default()), Reach::default());
    }

    #[test]
    fn ports_are_numbers_or_two_with_a_hyphen() {
        for written in ["[0]", "[65536]", "[\"9-8\"]", "[\"0-8\"]", "[\"http\"]", "[\"1-70000\"]"] {
            let error = toml::from_str::<Written>(&format!("ports = {written}")).err().unwrap().to_string();
            assert!(error.contains("a port such as 8080"), "{written}: {error}");
        }
    }
}
