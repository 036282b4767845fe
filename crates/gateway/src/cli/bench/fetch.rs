//! What a process shows of itself by HTTP.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::process::PATIENCE;

/// The answer to a GET, head and body.
pub(super) async fn fetch(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_OCTETS_MAX).read_to_end(&mut answer).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    Ok(timeout(PATIENCE, asking).await.with_context(|| format!("no answer to {path}"))??)
}

/// The most that is read of an answer, in octets.
const ANSWER_OCTETS_MAX: u64 = 16 << 20;
