//! Calls by HTTP to a gateway that runs beside us, without TLS.

use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Calls as an account.
pub(super) struct Loopback {
    client: Client<HttpConnector, Full<Bytes>>,
    credentials: HeaderValue,
    patience: Duration,
}

impl Loopback {
    /// `patience` is how long a call may take in all.
    pub(super) fn new(account: &str, password: &str, patience: Duration) -> anyhow::Result<Self> {
        let login = BASE64_STANDARD.encode(format!("{account}:{password}"));
        let credentials = HeaderValue::try_from(format!("Basic {login}"))?;
        Ok(Self { client: Client::builder(TokioExecutor::new()).build_http(), credentials, patience })
    }

    /// Fetches this; the status of the answer, and its body.
    pub(super) async fn get(&self, url: &str) -> anyhow::Result<(StatusCode, Bytes)> {
        self.call(Method::GET, url, Bytes::new()).await
    }

    /// Posts a JSON text; the status of the answer, and its body.
    pub(super) async fn post(
        &self,
        url: &str,
        json: impl Into<Bytes>,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        self.call(Method::POST, url, json.into()).await
    }

    async fn call(&self, method: Method, url: &str, body: Bytes) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header(AUTHORIZATION, &self.credentials)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let answered = async {
            let answer = self.client.request(request).await?;
            anyhow::Ok((answer.status(), answer.into_body().collect().await?.to_bytes()))
        };
        tokio::time::timeout(self.patience, answered)
            .await
            .with_context(|| format!("no answer from {url}"))?
    }
}
