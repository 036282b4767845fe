//! ESMEs that call us: the HTTP API, health and metrics.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::body::{Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use axum::routing::{any, delete, get, post};
use axum::{BoxError, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::desk::{Api, Desk};
use super::jasmin::{rest as jasmin_rest, server as jasmin};
use super::kannel::server as kannel;
use super::problem::Problem;
use super::{dead_letters, messages, preview, probes, recall};
use crate::tls::Tls;

impl Api {
    /// The paths that there are, and what answers them.
    pub(crate) fn router(self) -> Router {
        let desk = Desk::new(self);
        let (sendsms, is_jasmin) = (desk.sendsms.path().map(str::to_owned), desk.jasmin);
        let router = Router::new()
            .route("/v1/messages", get(messages::search).post(messages::submit))
            .route("/v1/messages/{id}", get(messages::find).delete(recall::cancel).patch(recall::replace))
            .route("/v1/preview", post(preview::preview))
            .route("/v1/send", get(messages::send))
            .route("/v1/dead-letters", get(dead_letters::list))
            .route("/v1/dead-letters/replay", post(dead_letters::replay))
            .route("/v1/dead-letters/{id}", delete(dead_letters::delete))
            .route("/healthz", get(probes::healthz))
            .route("/readyz", get(probes::readyz))
            .route("/metrics", get(probes::metrics));
        let router = with_sendsms(router, sendsms.as_deref());
        if is_jasmin { with_jasmin(router) } else { router }
            .fallback(no_such_path)
            .method_not_allowed_fallback(no_such_method)
            .with_state(desk)
    }

    /// Takes connections until it is stopped, at `secured` by https; returns when the last one has its
    /// answers.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        secured: Option<TcpListener>,
        tls: Arc<ArcSwap<Tls>>,
        stop: CancellationToken,
    ) {
        let reception = Reception::new(self.router(), stop);
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
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Reception {
    pub(super) fn new(router: Router, stop: CancellationToken) -> Self {
        Self { router, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), stop }
    }

    /// Takes connections until it is stopped, by TLS if it is given; returns when the last one has ended.
    pub(super) async fn serve(&self, listener: TcpListener, tls: Option<Arc<ArcSwap<Tls>>>) {
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Ok(place) = self.places.clone().try_acquire_owned() else {
                        tracing::warn!(%peer, "connection refused: too many already");
                        continue;
                    };
                    let (reception, tls) = (self.clone(), tls.clone());
                    connections.spawn(async move {
                        reception.receive(stream, peer, tls).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of descriptors, mostly: others that end will free some.
                    tracing::warn!(%error, "cannot take a connection");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
        }
        drop(listener);
        connections.close();
        connections.wait().await;
    }

    async fn receive(self, stream: TcpStream, peer: SocketAddr, tls: Option<Arc<ArcSwap<Tls>>>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "no TCP_NODELAY");
        }
        let Some(tls) = tls else { return converse(stream, peer, self.router, self.stop).await };
        let Some(tls) = tls.load().http.clone() else { return };
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)) => shaken,
            () = self.stop.cancelled() => return,
        };
        match shaken {
            Ok(Ok((stream, _))) => converse(stream, peer, self.router, self.stop).await,
            Ok(Err(error)) => tracing::info!(%peer, %error, "no TLS with this caller"),
            Err(_) => tracing::info!(%peer, "no TLS with this caller in time"),
        }
    }
}

/// Serves one connection, request by request, until the peer closes it, falls silent or has had it
/// long enough.
async fn converse<S>(stream: S, peer: SocketAddr, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| answer(&router, peer, request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_OCTETS_MAX);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop.cancelled() => None,
        () = tokio::time::sleep(CONNECTION_LIFE) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(CLOSING_TIME, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::debug!(%peer, "connection cut off: it did not end in time"),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// The router's answer to a request of `peer`.
pub(super) fn answer<B>(
    router: &TowerToHyperService<Router>,
    peer: SocketAddr,
    mut request: Request<B>,
) -> impl Future<Output = Result<Response, Infallible>> + use<B>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = router.call(request);
    async move { answer.await.map(never_cached) }
}

/// The path of Kannel's `sendsms`, and those beside it.
fn with_sendsms(router: Router<Desk>, path: Option<&str>) -> Router<Desk> {
    let Some(path) = path else { return router };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let router = router.route(path, any(kannel::sendsms));
    match folder {
        "" => router,
        folder => router.route(&format!("{folder}/{{*beside}}"), any(kannel::unknown)),
    }
}

/// The paths of Jasmin's HTTP interface and of its REST interface.
fn with_jasmin(router: Router<Desk>) -> Router<Desk> {
    // By HEAD nothing is sent.
    let nothing = || async { StatusCode::METHOD_NOT_ALLOWED };
    router
        .route("/send", get(jasmin::send).post(jasmin::send).head(nothing))
        .route("/rate", get(jasmin::rate).post(jasmin::rate))
        .route("/balance", get(jasmin::balance).post(jasmin::balance))
        .route("/ping", get(jasmin::ping))
        .route("/secure/send", post(jasmin_rest::send))
        .route("/secure/sendbatch", post(jasmin_rest::send_batch))
        .route("/secure/balance", get(jasmin_rest::balance))
        .route("/secure/rate", get(jasmin_rest::rate))
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_path", "there is nothing at this path")
}

async fn no_such_method() -> Problem {
    let detail = "this path does not know the method; Allow lists those that it does";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", detail)
}

/// Numbers and states are nobody's to keep on the way.
fn never_cached(mut response: Response) -> Response {
    let said = response.headers_mut().entry(header::CACHE_CONTROL);
    said.or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Connections at a time; more are closed at once.
const CONNECTIONS_MAX: usize = 4096;
/// How long a request's head may take, and how long a connection may be idle between requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The most octets of a request's head: text in a query fits.
const HEADER_OCTETS_MAX: usize = 64 * 1024;
/// After this a connection is closed in good order, so that none that does not read stays for ever.
const CONNECTION_LIFE: Duration = Duration::from_secs(600);
/// How long the answer to the last request of a connection may take.
const CLOSING_TIME: Duration = Duration::from_secs(30);
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
