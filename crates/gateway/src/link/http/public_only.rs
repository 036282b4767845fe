//! Names that lead to public addresses only, for calls that may not lead into our own network.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::config::OutOfReach;
use crate::public_address::is_public;

/// Resolves names to public addresses only (WH-3).
///
/// The connection is made to the very addresses that were looked at: a name that changes its mind
/// between the check and the connection gains nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(OutOfReach::NotPublic.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::error::Error;

    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_with_its_reason() {
        let refused = PublicOnly.resolve("localhost".parse().unwrap()).await;
        let error: Box<dyn Error + Send + Sync> = refused.err().unwrap();
        assert!(error.is::<OutOfReach>());
    }
}
