//! Where SMPP connections come from and go to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A network that connections are made in.
#[async_trait]
pub trait Network: Send + Sync {
    /// Listens at `address`; port 0 is any free one.
    async fn listen(&self, address: SocketAddr) -> io::Result<Box<dyn Listener>>;

    /// Connects to `host:port`. Cancelling the call leaves no connection.
    async fn connect(&self, address: &str) -> io::Result<Box<dyn Stream>>;
}

/// Where connections arrive.
#[async_trait]
pub trait Listener: Send + Sync {
    /// Where it listens.
    fn address(&self) -> io::Result<SocketAddr>;

    /// The next connection and who makes it. Cancelling the call loses none.
    async fn accept(&self) -> io::Result<(Box<dyn Stream>, SocketAddr)>;
}

/// Both directions of a connection. What is written may be held back until it is flushed.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Hands connections over as they come, until it is stopped.
pub(crate) async fn accept_each<S, F>(
    accept: impl Fn() -> F,
    stop: &CancellationToken,
    mut take: impl FnMut(S, SocketAddr),
) where
    F: Future<Output = io::Result<(S, SocketAddr)>>,
{
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => take(stream, peer),
            Err(error) => {
                // Out of descriptors, mostly: others that end will free some.
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The network of the system.
#[derive(Clone, Copy, Debug)]
pub struct Tcp;

#[async_trait]
impl Network for Tcp {
    async fn listen(&self, address: SocketAddr) -> io::Result<Box<dyn Listener>> {
        Ok(Box::new(TcpListener::bind(address).await?))
    }

    async fn connect(&self, address: &str) -> io::Result<Box<dyn Stream>> {
        Ok(prompt(TcpStream::connect(address).await?))
    }
}

#[async_trait]
impl Listener for TcpListener {
    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    async fn accept(&self) -> io::Result<(Box<dyn Stream>, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        Ok((prompt(stream), peer))
    }
}

/// A stream that does not wait for more to send: whole batches are written at once.
fn prompt(stream: TcpStream) -> Box<dyn Stream> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    Box::new(stream)
}

/// Whom an address stands for when it is counted what comes from where: what one subscriber of a network
/// can vary at will, the lower half of an IPv6 address, does not count.
pub(crate) fn neighbourhood(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(prefix.into())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn neighbours_in_an_ipv6_network_are_one() {
        let of = |address: &str| neighbourhood(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
