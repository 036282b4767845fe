//! Answers that go on for as long as their peer takes what comes.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

/// Marks an answer that goes on; its handler sees to it that something comes again and again.
#[derive(Clone, Copy)]
pub(super) struct Lasting;

/// Counts the pieces of the lasting answers of one connection.
#[derive(Clone)]
pub(super) struct Flow(watch::Sender<u64>);

/// The body of an answer that goes on.
struct LastingBody {
    body: Body,
    flow: Flow,
}

impl Flow {
    pub(super) fn new() -> (Self, watch::Receiver<u64>) {
        let (flow, flowing) = watch::channel(0);
        (Self(flow), flowing)
    }

    /// An answer on its way to the peer, counted if it goes on.
    pub(super) fn answer(&self, response: Response) -> Response {
        if response.extensions().get::<Lasting>().is_none() {
            return response;
        }
        response.map(|body| Body::new(LastingBody { body, flow: self.clone() }))
    }
}

impl HttpBody for LastingBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() {
            self.flow.0.send_modify(|pieces| *pieces += 1);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
