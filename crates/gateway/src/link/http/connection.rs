//! One connection of a caller, by HTTP/1.1 or by HTTP/2.

use std::convert::Infallible;
use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, body::Body};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::lasting::Flow;
use super::leftover;
use super::problem::Problem;

/// The version that a connection speaks from its first octet to its last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    Http1,
    Http2,
}

impl Version {
    /// What ALPN (RFC 7301) has chosen; without it HTTP/1.1 is spoken.
    pub(super) fn of_alpn(chosen: Option<&[u8]>) -> Self {
        if chosen == Some(ALPN_HTTP2) { Self::Http2 } else { Self::Http1 }
    }
}

/// Whom a connection is with, and what answers it.
pub(super) struct Conversation {
    pub(super) router: Router,
    pub(super) peer: SocketAddr,
    pub(super) stop: CancellationToken,
}

impl Conversation {
    /// Serves a connection in the clear: one that begins with the preface of HTTP/2 (RFC 9113, 3.3) is
    /// HTTP/2, any other HTTP/1.1.
    pub(super) async fn hold_in_clear(self, mut stream: TcpStream) {
        let begun = tokio::select! {
            begun = tokio::time::timeout(HEADER_TIMEOUT, beginning(&mut stream)) => begun,
            () = self.stop.cancelled() => return,
        };
        let Ok(Ok((version, octets))) = begun else {
            return tracing::debug!(peer = %self.peer, "connection ended: no request came");
        };
        let (read, write) = stream.into_split();
        self.hold(tokio::io::join(Cursor::new(octets).chain(read), write), version).await;
    }

    /// Serves a connection, request by request, until the peer closes it, falls silent or has had it long
    /// enough.
    pub(super) async fn hold<S>(self, stream: S, version: Version)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { router, peer, stop } = self;
        let router = TowerToHyperService::new(router);
        let stream = TokioIo::new(stream);
        let (flow, flowing) = Flow::new();
        let stopping = stop.clone();
        let limits = Limits { peer, stop, flowing };
        match version {
            Version::Http1 => {
                let service = service_fn(move |request: Request<Incoming>| {
                    let (request, rest) = leftover::watched(request);
                    let checked = check_host(&request).and_then(|()| check_framing(request.headers()));
                    let answered = checked.map(|()| answer(&router, peer, request));
                    let (flow, stop) = (flow.clone(), stopping.clone());
                    async move {
                        let response = match answered {
                            Ok(answered) => answered.await?,
                            Err(problem) => never_cached(problem.into_response()),
                        };
                        Ok::<_, Infallible>(rest.follow(flow.answer(response), &stop))
                    }
                });
                // Hyper itself ends a connection of HTTP/1.1 that is silent.
                let connection = http1_builder().serve_connection(stream, service);
                drive(connection, limits, std::future::pending()).await;
            }
            Version::Http2 => {
                let (open, seen) = watch::channel(0);
                let service = service_fn(move |request: Request<Incoming>| {
                    let exchange = Exchange::begin(&open);
                    let (request, rest) = leftover::watched(request);
                    let (answered, flow, stop) =
                        (answer(&router, peer, request), flow.clone(), stopping.clone());
                    async move {
                        let response = flow.answer(answered.await?);
                        let response = response.map(|body| exchange.last_as_long_as(body));
                        Ok::<_, Infallible>(rest.follow(response, &stop))
                    }
                });
                drive(http2_builder().serve_connection(stream, service), limits, silence(seen)).await;
            }
        }
    }
}

/// The router's answer to a request of `peer`.
pub(super) fn answer<B>(
    router: &TowerToHyperService<Router>,
    peer: SocketAddr,
    mut request: Request<B>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<B>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = router.call(request);
    async move { answer.await.map(never_cached) }
}

/// A request of HTTP/1.1 says once for which host it is (RFC 9112, 3.2): who stands between may have read another.
fn check_host<B>(request: &Request<B>) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let is_clear = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        (None, None) => request.version() != axum::http::Version::HTTP_11,
        _ => false,
    };
    let detail = "a request says for which host it is: once, with a port if need be";
    if is_clear {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::BAD_REQUEST, "bad_host", detail).in_field("Host"))
    }
}

/// A body is sent whole or in chunks; whatever else has been done to it on the way is not undone here (RFC 9112, 6.1).
fn check_framing(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_clear = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    };
    let detail =
        "the only Transfer-Encoding that is undone is chunked; a body may have a Content-Encoding: gzip";
    if is_clear {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::NOT_IMPLEMENTED, "unknown_transfer_coding", detail);
    Err(problem.in_field("Transfer-Encoding"))
}

/// A request of HTTP/2 that is being answered, until all of the answer has been handed over.
struct Exchange(watch::Sender<usize>);

impl Exchange {
    fn begin(open: &watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open.clone())
    }

    /// Ends with `body`, which the peer may take its time to read.
    fn last_as_long_as(self, body: Body) -> Body {
        Body::new(body.map_frame(move |frame| {
            let _its = &self;
            frame
        }))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

/// Returns when no request has been open for [`HEADER_TIMEOUT`], however lively frames come and go.
async fn silence(mut open: watch::Receiver<usize>) {
    loop {
        let is_silent = *open.borrow_and_update() == 0;
        let limit = if is_silent { HEADER_TIMEOUT } else { CONNECTION_LIFE };
        match tokio::time::timeout(limit, open.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// Reads as much as tells the version apart.
async fn beginning(stream: &mut TcpStream) -> io::Result<(Version, Vec<u8>)> {
    let mut octets = Vec::with_capacity(PREFACE.len());
    loop {
        let missing = (PREFACE.len() - octets.len()) as u64;
        let count = (&mut *stream).take(missing).read_buf(&mut octets).await?;
        if count == 0 || !PREFACE.starts_with(&octets) {
            return Ok((Version::Http1, octets));
        }
        if octets.len() == PREFACE.len() {
            return Ok((Version::Http2, octets));
        }
    }
}

/// What ends a connection.
struct Limits {
    peer: SocketAddr,
    stop: CancellationToken,
    /// Changes whenever something of a lasting answer goes out.
    flowing: watch::Receiver<u64>,
}

async fn drive<C>(connection: C, limits: Limits, silence: impl Future<Output = ()>)
where
    C: GracefulConnection,
    C::Error: std::fmt::Display,
{
    let Limits { peer, stop, flowing } = limits;
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop.cancelled() => None,
        () = silence => None,
        () = tokio::time::sleep(CONNECTION_LIFE) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = standstill(flowing, stop) => {
                    return tracing::debug!(%peer, "connection cut off: it did not end in time");
                }
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// Returns when the last answers of a connection have had their time, and nothing goes out of those that last.
async fn standstill(mut flowing: watch::Receiver<u64>, stop: CancellationToken) {
    let flows =
        async { while let Ok(Ok(())) = tokio::time::timeout(LAST_ANSWER_TIME, flowing.changed()).await {} };
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(CLOSING_TIME).await;
    };
    tokio::select! {
        () = flows => {}
        () = stopped => {}
    }
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_OCTETS_MAX);
    builder
}

fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_OCTETS)
        .initial_connection_window_size(CONNECTION_WINDOW_OCTETS)
        .max_header_list_size(HEADER_OCTETS_MAX as u32)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Numbers and states are nobody's to keep on the way.
fn never_cached(mut response: Response) -> Response {
    let said = response.headers_mut().entry(header::CACHE_CONTROL);
    said.or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The protocols that are offered by ALPN, the dearest first.
pub(crate) const ALPN: [&[u8]; 2] = [ALPN_HTTP2, b"http/1.1"];
const ALPN_HTTP2: &[u8] = b"h2";
/// What a client of HTTP/2 sends first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long a request's head may take, and how long a connection may be idle between requests.
pub(super) const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The most octets of a request's head: text in a query fits.
const HEADER_OCTETS_MAX: usize = 64 * 1024;
/// Requests of one HTTP/2 connection that may be open at a time (SETTINGS_MAX_CONCURRENT_STREAMS).
const STREAMS_MAX: u32 = 100;
/// What may come of one request before it is read (ABU-15), and of all requests of a connection.
const STREAM_WINDOW_OCTETS: u32 = 128 << 10;
const CONNECTION_WINDOW_OCTETS: u32 = 2 * STREAM_WINDOW_OCTETS;
/// After this a silent peer of HTTP/2 is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long its answer may take.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// After this a connection takes no more requests and ends with its last answer, so that none that does not read
/// stays for ever.
const CONNECTION_LIFE: Duration = Duration::from_secs(600);
/// How long the answer to the last request of a connection may take when we stop.
const CLOSING_TIME: Duration = Duration::from_secs(30);
/// How long it may take otherwise: somebody may wait for a minute for something to fetch.
const LAST_ANSWER_TIME: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_not_silent_while_an_answer_is_read() {
        let (open, seen) = watch::channel(0);
        let mut body = Exchange::begin(&open).last_as_long_as(Body::from("slowly"));
        let silent = silence(seen);
        tokio::pin!(silent);

        assert!(timeout(HEADER_TIMEOUT * 4, silent.as_mut()).await.is_err());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "slowly");
        drop(body);
        let since = Instant::now();
        silent.await;
        assert_eq!(since.elapsed().as_secs(), HEADER_TIMEOUT.as_secs());
    }
}
