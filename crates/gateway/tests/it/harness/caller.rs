//! An ESME that calls by HTTP.

use std::net::SocketAddr;

use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;

use super::{PASSWORD, SOON};

/// Calls the HTTP API with the credentials of an account.
pub(crate) struct Caller {
    client: Client,
    base: Url,
    account: String,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Whether it says that it was given before.
    pub(crate) is_replayed: bool,
}

impl Caller {
    pub(crate) fn new(address: SocketAddr, account: &str) -> Self {
        // Fails when there is one already, and that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(SOON).tls_certs_only([]).build().unwrap();
        let base = format!("http://{address}").parse().unwrap();
        Self { client, base, account: account.to_owned() }
    }

    /// `POST /v1/messages`
    pub(crate) async fn post(&self, message: Value) -> Answer {
        let request = self.client.post(self.url("/v1/messages", &[]));
        let request = request.header("content-type", "application/json").body(message.to_string());
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// `POST /v1/messages` with an `Idempotency-Key`
    pub(crate) async fn post_once(&self, key: &str, message: &Value) -> Answer {
        let request = self.client.post(self.url("/v1/messages", &[])).header("idempotency-key", key);
        let request = request.header("content-type", "application/json").body(message.to_string());
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// `GET /v1/send` with the credentials in the query.
    pub(crate) async fn send(&self, to: &str, from: &str, text: &str) -> Answer {
        let credentials = [("account", self.account.as_str()), ("password", PASSWORD)];
        let message = [("to", to), ("from", from), ("text", text)];
        self.answer(self.client.get(self.url("/v1/send", &[&credentials[..], &message[..]].concat()))).await
    }

    /// `GET /v1/messages/{id}`
    pub(crate) async fn record(&self, id: &str) -> Answer {
        let request = self.client.get(self.url(&format!("/v1/messages/{id}"), &[]));
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// `DELETE /v1/messages/{id}`
    pub(crate) async fn delete(&self, id: &str) -> Answer {
        let request = self.client.delete(self.url(&format!("/v1/messages/{id}"), &[]));
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// `PATCH /v1/messages/{id}`
    pub(crate) async fn patch(&self, id: &str, change: Value) -> Answer {
        let request = self.client.patch(self.url(&format!("/v1/messages/{id}"), &[]));
        let request = request.header("content-type", "application/json").body(change.to_string());
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// `GET /v1/messages` with these conditions.
    pub(crate) async fn search(&self, conditions: &[(&str, &str)]) -> Answer {
        let request = self.client.get(self.url("/v1/messages", conditions));
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// Any other call of the API, with JSON if something is said.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = self.client.request(method.parse().unwrap(), self.url(path, &[]));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        self.answer(request.basic_auth(&self.account, Some(PASSWORD))).await
    }

    /// `GET /metrics`
    pub(crate) async fn metrics(&self) -> String {
        self.client.get(self.url("/metrics", &[])).send().await.unwrap().text().await.unwrap()
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.join(path).unwrap();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn answer(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let replayed = response.headers().get("idempotent-replayed");
        let is_replayed = replayed.is_some_and(|value| value == "true");
        let body = response.bytes().await.unwrap();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status, body, is_replayed }
    }
}

impl Answer {
    /// The id of the message that was accepted.
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, 202, "{self:?}");
        self.body["id"].as_str().unwrap().to_owned()
    }
}
