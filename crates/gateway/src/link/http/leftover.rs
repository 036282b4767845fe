//! What nobody read of a body: who is answered early still sends, and would lose the answer if it were hung up on.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, Version, header};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The body of a request, which leaves behind what nobody reads of it.
pub(super) struct Watched {
    /// None once it has ended.
    body: Option<Incoming>,
    left: Left,
}

/// Where a body is left.
type Left = Arc<Mutex<Option<Incoming>>>;

/// What becomes of the rest of a request's body.
pub(super) struct Rest {
    left: Left,
    version: Version,
    /// Whether the peer waits to be told that it may send (RFC 9110, 10.1.1), and so may never do.
    is_expectant: bool,
}

/// Watches over the body of a request.
pub(super) fn watched(request: Request<Incoming>) -> (Request<Watched>, Rest) {
    let left = Left::default();
    let is_expectant = request.headers().contains_key(header::EXPECT);
    let rest = Rest { left: left.clone(), version: request.version(), is_expectant };
    (request.map(|body| Watched { body: Some(body), left }), rest)
}

impl Rest {
    /// The answer, to be handed over at once: what the peer still sends is read behind it, within bounds, and
    /// forgotten.
    ///
    /// HTTP/1.1 says so if the connection ends with it; HTTP/2 ends the stream without an error.
    pub(super) fn follow(self, mut response: Response<Body>, stop: &CancellationToken) -> Response<Body> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(body) = left else { return response };
        let is_short = body.size_hint().upper().is_some_and(|octets| octets <= SHORT_OCTETS_MAX);
        if self.version < Version::HTTP_2 && (self.is_expectant || !is_short) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = timeout(TIME_MAX, read_off(body)) => {}
                () = stop.cancelled() => {}
            }
        });
        response
    }
}

/// Reads until the end, until enough has come or nothing comes any more.
async fn read_off(mut body: Incoming) {
    let mut octets = 0;
    while octets < OCTETS_MAX {
        match timeout(SILENCE_MAX, body.frame()).await {
            Ok(Some(Ok(frame))) => octets += frame.data_ref().map_or(0, Bytes::len),
            Ok(Some(Err(_)) | None) | Err(_) => return,
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.is_end_stream() {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
        }
    }
}

/// A rest of up to so many octets is read off a connection that goes on.
const SHORT_OCTETS_MAX: u64 = 256 << 10;
/// The most octets that are read behind an answer.
const OCTETS_MAX: usize = 64 << 20;
/// How long that may take.
const TIME_MAX: Duration = Duration::from_secs(30);
/// How long nothing may come.
const SILENCE_MAX: Duration = Duration::from_secs(5);
