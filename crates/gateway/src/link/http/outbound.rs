//! The connections to one URL, and how something is asked on them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use store::Cause;

use super::call::Answer;
use super::connector::Connector;
use super::failure::failure;
use crate::config::EndpointConfig;

/// Asks by HTTP/1.1, on connections that are kept for a while. Redirections are answers like others.
pub(super) struct Outbound {
    client: Client<Connector, Full<Bytes>>,
    patience: Duration,
}

impl Outbound {
    /// Its connections are nobody else's.
    ///
    /// # Errors
    /// There is no TLS.
    pub(super) fn new(
        config: &EndpointConfig,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, rustls::Error> {
        let patience = Duration::from_secs(config.timeout_s.get());
        // What takes longer than this has certainly been connected, and so perhaps been heard.
        let to_connect = (patience / 2).min(CONNECT_TIMEOUT_MAX);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(usize::from(config.window.get()))
            // RFC 9112 section 5.2: who reads an answer takes the line break of a folded header for a blank.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            // Requests have it.
            .set_host(false)
            .build(Connector::new(config.reach.private, to_connect, tls)?);
        Ok(Self { client, patience })
    }

    /// The answer, with its body unless that is longer than what is read.
    pub(super) async fn ask(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Option<Vec<u8>>>, Answer> {
        let answered = tokio::time::timeout(self.patience, self.answer(request)).await;
        answered.unwrap_or(Err(Answer::Lost(Cause::Timeout)))
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<Response<Option<Vec<u8>>>, Answer> {
        let (head, body) = self.client.request(request).await.map_err(|error| failure(&error))?.into_parts();
        // Half a body is none: the same is asked for again.
        let body = whole(body).await.map_err(|error| failure(&error))?;
        Ok(Response::from_parts(head, body))
    }
}

async fn whole(mut body: Incoming) -> Result<Option<Vec<u8>>, hyper::Error> {
    let mut octets = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame?.into_data() else { continue };
        if octets.len() + chunk.len() > REPLY_OCTETS_MAX {
            return Ok(None);
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(Some(octets))
}

/// WH-3: more of an answer is not read.
pub(super) const REPLY_OCTETS_MAX: usize = 64 * 1024;
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(5);
/// Shorter than what servers do by default: they should not close a connection that we just use.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
