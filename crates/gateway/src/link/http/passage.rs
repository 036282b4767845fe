//! What every request to our own API passes on its way to its handler, and its answer on the way back.
//!
//! ```text
//! request ─► signature ─► gzip undone ─► handler ─► rate told ─► gzip done ─► answer
//! └──────────────────────── its body has a share of the memory ─────────────────────┘
//! ```
//!
//! One layer for all of it: the router copies what is behind a layer for each request, layer by layer.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::compression::Compression;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_service::Service;

use super::desk::Desk;
use super::problem::Problem;
use super::{bodies, coding, rate_limit, signed};

/// Lets a request pass, or answers in the place of its handler.
pub(super) async fn pass(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let bodies = desk.bodies.clone();
    let answered = bodies::bounded(bodies, request, async |request| answer(&desk, peer, request, next).await);
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(desk: &Desk, peer: SocketAddr, request: Request, next: Next) -> Result<Response, Problem> {
    let request = coding::undone(signed::verified(desk, peer, request).await?)?;
    Ok(rate_limit::told(compressed(request, next)).await)
}

/// The answer of the handler, by gzip if its caller reads that and it is long enough.
async fn compressed(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return next.run(request).await;
    }
    // Events are not for a compressor to gather.
    let is_worth_it = SizeAbove::new(COMPRESSED_OCTETS_MIN).and(NotForContentType::SSE);
    let answered = Compression::new(next).compress_when(is_worth_it).call(request).await;
    let Ok(response) = answered;
    response.map(Body::new)
}

/// Answers with fewer octets gain nothing by gzip.
const COMPRESSED_OCTETS_MIN: u16 = 1024;
