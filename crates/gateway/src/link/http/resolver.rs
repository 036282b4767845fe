//! Names of hosts that are called, and the addresses that they lead to.

use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::config::OutOfReach;
use crate::public_address::is_public;

/// Resolves names, to public addresses only unless private ones may be called (WH-3).
///
/// The connection is made to the very addresses that were looked at: a name that changes its mind
/// between the check and the connection gains nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver {
    /// Whether a name may lead into our own network.
    pub(super) private: bool,
}

type Resolved = Result<std::vec::IntoIter<SocketAddr>, Box<dyn Error + Send + Sync>>;

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Resolved> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.resolve(name))
    }
}

impl Resolver {
    async fn resolve(self, name: Name) -> Resolved {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        let may_be_called = |address: &SocketAddr| self.private || is_public(address.ip());
        let addresses: Vec<SocketAddr> = found.filter(may_be_called).collect();
        if addresses.is_empty() && !self.private {
            return Err(OutOfReach::NotPublic.into());
        }
        Ok(addresses.into_iter())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_with_its_reason() {
        let refused = Resolver { private: false }.call("localhost".parse().unwrap()).await;
        assert!(refused.err().unwrap().is::<OutOfReach>());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_found_where_it_may_be_called() {
        let mut found = Resolver { private: true }.call("localhost".parse().unwrap()).await.unwrap();
        assert!(found.all(|address| address.ip().is_loopback()));
    }
}
