//! One connection that hands messages in, one after the other.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use tokio::net::TcpStream;

use super::Work;
use super::wire::{Wire, status};

/// Hands messages in until there are none; opens the connection again when the gateway closes it.
pub(super) async fn submit(work: Arc<Work>) {
    let mut failures = 0;
    let mut request = BytesMut::with_capacity(REQUEST_OCTETS);
    let mut wire = None;
    while failures < FAILURES_MAX
        && let Some(numbers) = work.next()
    {
        let sent_at = Instant::now();
        let many = numbers.end - numbers.start;
        match ask(&work, numbers, &mut request, &mut wire).await {
            Ok(keys) => {
                failures = 0;
                work.books.answered(many, &keys, sent_at);
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, "a request has no answer");
                request.clear();
                wire = None;
                work.books.unanswered(many);
            }
        }
    }
}

/// The keys of the messages that were taken over.
async fn ask(
    work: &Work,
    numbers: Range<u64>,
    request: &mut BytesMut,
    wire: &mut Option<Wire>,
) -> io::Result<Vec<u128>> {
    let load = &work.load;
    let wire = match wire {
        Some(wire) => wire,
        None => wire.insert(Wire::new(TcpStream::connect(load.target).await?)?),
    };
    load.dialect.write(numbers.clone(), load.body_octets, load.callback, request);
    wire.write(request).await?;
    let answer = wire.read(|head, body| load.dialect.accepted(numbers, status(head), body)).await?;
    answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// So many connections in a row that fail end the load of this one.
const FAILURES_MAX: u32 = 100;
const REQUEST_OCTETS: usize = 1024;
