//! Networks that somebody may come from.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, de};

/// A list of networks, as it was written but for IPv4 in IPv6 (RFC 4291, 2.5.5.2), which is IPv4.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Networks(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network(IpNet);

impl Networks {
    /// Whether `peer` is in one of them, whichever way a listener of IPv6 writes its IPv4 address.
    pub fn contain(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|Network(net)| net.contains(&peer))
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let error = || {
            de::Error::custom(format!(
                "{text:?} is no network like 192.0.2.0/24 or 2001:db8::/32, and no address"
            ))
        };
        let net = text.parse::<IpNet>().ok();
        net.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
            .map(canonical)
            .map(Self)
            .ok_or_else(error)
    }
}

/// A network of IPv6 that has nothing but IPv4 in it is that of IPv4.
fn canonical(net: IpNet) -> IpNet {
    let v4 = match net.network() {
        IpAddr::V6(address) => address.to_ipv4_mapped().zip(net.prefix_len().checked_sub(MAPPED_BITS)),
        IpAddr::V4(_) => None,
    };
    v4.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok()).map_or(net, IpNet::V4)
}

/// The bits before the IPv4 address in an IPv6 address that holds one.
const MAPPED_BITS: u8 = 96;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn networks(list: &[&str]) -> Result<Networks, String> {
        let list: Vec<toml::Value> = list.iter().map(|text| (*text).into()).collect();
        Networks::deserialize(toml::Value::from(list)).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_is_a_network_of_its_own_and_mapped_ones_are_ipv4() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.9", "192.0.3.9"),
            ("192.0.2.9", "192.0.2.9", "192.0.2.8"),
            ("192.0.2.9/24", "192.0.2.1", "192.0.3.1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("::ffff:127.0.0.0/104", "127.9.9.9", "126.0.0.1"),
            ("::ffff:192.0.2.9", "192.0.2.9", "192.0.2.8"),
            ("::/0", "2001:db8::1", "192.0.2.9"),
        ] {
            let networks = networks(&[network]).unwrap();
            let has = |address: &str| networks.contain(address.parse().unwrap());
            assert!(has(inside) && !has(outside), "{network}");
            if !inside.contains(':') {
                assert!(has(&format!("::ffff:{inside}")), "{network}");
            }
        }
        assert!(!networks(&[]).unwrap().contain("192.0.2.9".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["localhost", "10.0.0.1/33", "10.0.0.1/", "", "fe80::1%eth0"] {
            let error = networks(&[text]).unwrap_err();
            assert!(error.contains(&format!("{text:?} is no network like 192.0.2.0/24")), "{error}");
        }
    }
}
