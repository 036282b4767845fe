//! ESMEs that call us: the HTTP API, health and metrics.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Conversation, HEADER_TIMEOUT, Version};
use super::desk::{Api, Desk};
use super::jasmin::{rest as jasmin_rest, server as jasmin};
use super::kannel::server as kannel;
use super::problem::Problem;
use super::{bodies, dead_letters, events, inbox, messages, openapi, passage, preview, probes, recall, send};
use crate::network::accept_each;
use crate::places::Places;
use crate::tls::Tls;

impl Api {
    /// The paths that there are, and what answers them.
    pub(crate) fn router(self) -> Router {
        let desk = Desk::new(self);
        let passage = from_fn_with_state(desk.clone(), passage::pass);
        let router = native().route_layer(passage).fallback(no_such_path);
        with_others(router, &desk).method_not_allowed_fallback(no_such_method).with_state(desk)
    }

    /// Takes connections until it is stopped, at `secured` by https; returns when the last one has its
    /// answers.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        secured: Option<TcpListener>,
        tls: Arc<ArcSwap<Tls>>,
        places: Places,
        stop: CancellationToken,
    ) {
        let reception = Reception::new(self.router(), places, stop);
        let by_tls = async {
            if let Some(listener) = secured {
                reception.serve(listener, Some(tls)).await;
            }
        };
        tokio::join!(reception.serve(listener, None), by_tls);
    }
}

/// What takes connections for a router.
#[derive(Clone)]
pub(super) struct Reception {
    router: Router,
    places: Places,
    stop: CancellationToken,
}

impl Reception {
    pub(super) fn new(router: Router, places: Places, stop: CancellationToken) -> Self {
        Self { router, places, stop }
    }

    /// Takes connections until it is stopped, by TLS if it is given; returns when the last one has ended.
    pub(super) async fn serve(&self, listener: TcpListener, tls: Option<Arc<ArcSwap<Tls>>>) {
        let connections = TaskTracker::new();
        let take = |stream, peer: SocketAddr| match self.places.take(peer.ip()) {
            Ok(place) => {
                let (reception, tls) = (self.clone(), tls.clone());
                connections.spawn(async move {
                    reception.receive(stream, peer, tls).await;
                    drop(place);
                });
            }
            Err(reason) => tracing::warn!(%peer, reason, "connection refused"),
        };
        accept_each(|| listener.accept(), &self.stop, take).await;
        drop(listener);
        connections.close();
        connections.wait().await;
    }

    async fn receive(self, stream: TcpStream, peer: SocketAddr, tls: Option<Arc<ArcSwap<Tls>>>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "no TCP_NODELAY");
        }
        let conversation = Conversation { router: self.router, peer, stop: self.stop.clone() };
        let Some(tls) = tls else { return conversation.hold_in_clear(stream).await };
        let Some(tls) = tls.load().http.clone() else { return };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)) => shaken,
            () = self.stop.cancelled() => return,
        };
        match shaken {
            Ok(Ok((stream, _))) => {
                let version = Version::of_alpn(stream.get_ref().1.alpn_protocol());
                conversation.hold(stream, version).await;
            }
            Ok(Err(error)) => tracing::info!(%peer, %error, "no TLS with this caller"),
            Err(_) => tracing::info!(%peer, "no TLS with this caller in time"),
        }
    }
}

/// Our own API, each route of which `openapi/` describes.
pub(super) fn native() -> Router<Desk> {
    let document = openapi::written();
    Router::new()
        .route("/v1/messages", get(messages::search).post(messages::submit))
        .route("/v1/messages/{id}", get(messages::find).delete(recall::cancel).patch(recall::replace))
        .route("/v1/preview", post(preview::preview))
        .route("/v1/send", get(send::by_query).post(send::by_form).head(no_such_method))
        .route("/v1/events", get(events::follow))
        .route("/v1/inbox", get(inbox::fetch).head(no_such_method))
        .route("/v1/inbox/ack", post(inbox::acknowledge))
        .route("/v1/dead-letters", get(dead_letters::list))
        .route("/v1/dead-letters/replay", post(dead_letters::replay))
        .route("/v1/dead-letters/{id}", delete(dead_letters::delete))
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .route("/metrics", get(probes::metrics))
        .route("/v1/openapi.json", get(move || openapi::json(document.clone())))
        .route("/v1/docs", get(openapi::page))
}

/// The paths of other software, if they are there. It answers as that does, and is not compressed.
fn with_others(mut router: Router<Desk>, desk: &Desk) -> Router<Desk> {
    let bound = || from_fn_with_state(desk.bodies.clone(), bodies::bound);
    if let Some(path) = desk.sendsms.path() {
        let sendsms = Router::new().route(path, any(kannel::sendsms));
        router = router.merge(sendsms.route_layer(bound())).fallback(no_such_path_of_kannel);
    }
    if desk.jasmin { router.merge(paths_of_jasmin().route_layer(bound())) } else { router }
}

/// The paths of Jasmin's HTTP interface and of its REST interface.
fn paths_of_jasmin() -> Router<Desk> {
    // By HEAD nothing is sent.
    let nothing = || async { StatusCode::METHOD_NOT_ALLOWED };
    Router::new()
        .route("/send", get(jasmin::send).post(jasmin::send).head(nothing))
        .route("/rate", get(jasmin::rate).post(jasmin::rate))
        .route("/balance", get(jasmin::balance).post(jasmin::balance))
        .route("/ping", get(jasmin::ping))
        .route("/secure/send", post(jasmin_rest::send))
        .route("/secure/sendbatch", post(jasmin_rest::send_batch))
        .route("/secure/balance", get(jasmin_rest::balance))
        .route("/secure/rate", get(jasmin_rest::rate))
}

async fn no_such_path(method: Method, uri: Uri) -> Response {
    // RFC 9110, 9.3.7: the server as a whole.
    if method == Method::OPTIONS && uri.path() == "*" {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, METHODS)]).into_response();
    }
    let detail = "there is nothing at this path; /v1/docs shows those that there are";
    Problem::new(StatusCode::NOT_FOUND, "unknown_path", detail).into_response()
}

/// What is not there is answered as by Kannel, but below the paths of our own API and for the server as a whole.
async fn no_such_path_of_kannel(method: Method, uri: Uri) -> Response {
    if uri.path().starts_with("/v1/") || uri.path() == "*" {
        return no_such_path(method, uri).await;
    }
    kannel::unknown(&method)
}

/// The methods of a path that has no answer to this one; the router adds Allow where it is not wrong about HEAD.
async fn no_such_method(method: Method, uri: Uri) -> Response {
    let detail = "this path does not know the method; Allow lists those that it does";
    let mut response = match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", detail).into_response(),
    };
    let without_head = WITHOUT_HEAD.iter().find(|(path, _)| *path == uri.path());
    let methods = without_head.map(|(_, methods)| (header::ALLOW, HeaderValue::from_static(methods)));
    response.headers_mut().extend(methods);
    response
}

/// Where asking does something, so that HEAD must not.
const WITHOUT_HEAD: [(&str, &str); 2] = [("/v1/send", "GET,POST"), ("/v1/inbox", "GET")];
/// All methods that any path knows.
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
