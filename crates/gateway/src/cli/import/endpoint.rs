//! URLs that are called.

use std::net::{IpAddr, Ipv4Addr};

/// Whether a URL leads to this host or a private network, as far as it says so itself.
pub(super) fn is_near(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    match host.parse() {
        Ok(IpAddr::V4(address)) => is_near_v4(address),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        // A name of one word is one of this network, and so is one that nobody can register.
        Err(_) => !host.contains('.') || NEAR.iter().any(|end| host.to_ascii_lowercase().ends_with(end)),
    }
}

/// Whether a network is a private one, or of this machine.
pub(super) fn is_near_network(network: &str) -> bool {
    let address = network.split('/').next().unwrap_or_default();
    let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    is_near(&format!("http://{host}/"))
}

fn is_near_v4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified()
}

/// RFC 6762 appendix G, and what ICANN keeps for private use.
const NEAR: [&str; 7] = [".local", ".localdomain", ".lan", ".internal", ".intranet", ".corp", ".home.arpa"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_near_are_known_by_their_look() {
        for url in [
            "http://localhost/x?%p",
            "http://127.0.0.1:80",
            "https://u@10.1.2.3/",
            "http://[::1]:5/",
            "http://crm/a.b",
            "http://core.bank.LOCAL/",
        ] {
            assert!(is_near(url), "{url}");
        }
        for url in ["http://example.com/", "http://8.8.8.8/", "http://[2001:db8::1]/", "none"] {
            assert!(!is_near(url), "{url}");
        }
    }
}
