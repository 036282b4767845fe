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

/// The key that an application with this URL needs to be called, if it needs one.
pub(super) fn permission(url: &str) -> Option<&'static str> {
    if is_near(url) {
        return Some("allow_private_address");
    }
    url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")).then_some("allow_http")
}

/// The keys by which URLs that requests name are called as before, if they may lead into private networks or not.
pub(super) fn permissions_of_requests(is_near: bool) -> Vec<(String, toml::Value)> {
    if is_near {
        return vec![("allow_private_address".to_owned(), true.into())];
    }
    let ports = toml::Value::Array(vec![PORTS.into()]);
    vec![("allow_http".to_owned(), true.into()), ("allow_ports".to_owned(), ports)]
}

/// What is said of these keys.
pub(super) const fn remark_of_requests(is_near: bool) -> &'static str {
    if is_near { NEAR_REQUESTS } else { REQUESTS }
}

/// What is said of the key of an application.
pub(super) fn remark_of(permission: &str) -> &'static str {
    match permission {
        "allow_http" => "it is called by plain http, as before (allow_http)",
        _ => "it is called on this host or in a private network, as before (allow_private_address)",
    }
}

const REQUESTS: &str = "a dlr-url may be plain http and lead to ports from 1024 on, as before \
     (allow_http, allow_ports); a dlr-url in a private network is called with allow_private_address = true only";
const NEAR_REQUESTS: &str = "a dlr-url may lead to this host and private networks, by plain http and to any port, as before: who calls or is \
     told is there (allow_private_address)";

/// Whether a network is a private one, or of this machine.
pub(super) fn is_near_network(network: &str) -> bool {
    let address = network.split('/').next().unwrap_or_default();
    let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    is_near(&format!("http://{host}/"))
}

fn is_near_v4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified()
}

const PORTS: &str = "1024-65535";
/// RFC 6762 appendix G, and what ICANN keeps for private use.
const NEAR: [&str; 7] = [".local", ".localdomain", ".lan", ".internal", ".intranet", ".corp", ".home.arpa"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_it_needs() {
        assert_eq!(permission("http://10.0.0.1/"), Some("allow_private_address"));
        assert_eq!(permission("HTTP://cp.example/"), Some("allow_http"));
        assert_eq!(permission("https://cp.example/"), None);
    }

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
