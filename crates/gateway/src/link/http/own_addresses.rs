//! Calls that would lead to this gateway itself.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use url::Url;

/// Where we listen; no call leads there (WH-3).
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnAddresses(Arc<[SocketAddr]>);

impl OwnAddresses {
    /// Those of listeners that are open.
    pub(crate) fn of(listeners: impl IntoIterator<Item = Option<SocketAddr>>) -> Self {
        Self(listeners.into_iter().flatten().collect())
    }

    /// Whether a URL leads to one of them. A name is asked for only if its port is one of ours.
    pub(super) async fn are_at(&self, url: &Url) -> bool {
        let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return false };
        if !self.0.iter().any(|own| own.port() == port) {
            return false;
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // What cannot be found cannot be called, which the call itself will say.
        let Ok(mut found) = tokio::net::lookup_host((host, port)).await else { return false };
        found.any(|address| self.has(address))
    }

    fn has(&self, address: SocketAddr) -> bool {
        let called = address.ip().to_canonical();
        self.0.iter().filter(|own| own.port() == address.port()).any(|own| {
            let own = own.ip().to_canonical();
            own == called || called.is_unspecified() || (own.is_unspecified() && is_of_this_machine(called))
        })
    }
}

/// Whether an address is one of this machine's: only these can be bound.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn our_own_listeners_are_known_however_they_are_written() {
        let own = OwnAddresses::of([
            Some("127.0.0.1:8080".parse().unwrap()),
            None,
            Some("0.0.0.0:2775".parse().unwrap()),
        ]);
        for url in [
            "http://127.0.0.1:8080/v1/send",
            "http://localhost:8080/",
            "http://0.0.0.0:8080/",
            "http://[::ffff:127.0.0.1]:8080/",
            "http://127.0.0.1:2775/",
            "http://127.9.9.9:2775/",
        ] {
            assert!(own.are_at(&url.parse().unwrap()).await, "{url}");
        }
        for url in ["http://127.0.0.1:8081/", "http://127.9.9.9:8080/", "http://192.0.2.1:2775/"] {
            assert!(!own.are_at(&url.parse().unwrap()).await, "{url}");
        }
    }
}
