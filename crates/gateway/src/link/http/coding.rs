//! Bodies of requests that are coded (RFC 9110, 8.4): gzip is undone while they are read.

use std::io;

use async_compression::tokio::bufread::GzipDecoder;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use futures_util::TryStreamExt;
use tokio_util::io::{ReaderStream, StreamReader};

use super::bodies;
use super::messages::{BODY_OCTETS_MAX, too_large};
use super::problem::Problem;

/// The request with a body that is what its sender meant. What has another coding stays as it is: the handlers refuse
/// it in our own words.
pub(super) fn undone(request: Request) -> Result<Request, Problem> {
    if !is_gzip(request.headers()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    if body.size_hint().lower() > BODY_OCTETS_MAX as u64 {
        return Err(too_large(BODY_OCTETS_MAX));
    }
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Request::from_parts(parts, bodies::counted(inflated(body))))
}

/// Whether gzip, by either of its names (RFC 9110, 8.4.1.3), and nothing else has been done to the body.
fn is_gzip(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let is = |name: &str, coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
    let only = codings.next().filter(|_| codings.next().is_none());
    only.is_some_and(|coding| is("gzip", coding.as_bytes()) || is("x-gzip", coding.as_bytes()))
}

/// What all members of the body hold together (RFC 1952, 2.2); octets that are no member are an error.
fn inflated(body: Body) -> Body {
    let coded = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let mut decoder = GzipDecoder::new(coded);
    decoder.multiple_members(true);
    Body::from_stream(ReaderStream::with_capacity(decoder, PIECE_OCTETS))
}

/// So many octets are inflated at a time.
const PIECE_OCTETS: usize = 16 << 10;
