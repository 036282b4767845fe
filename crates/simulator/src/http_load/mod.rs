//! Load over HTTP: many messages by many connections, and an account of each receipt that is called
//! back.

mod books;
mod connection;
mod dialect;
mod receiver;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::books::Books;

pub use books::HttpLoadReport;
pub use dialect::Dialect;

/// Messages that are numbered in their bodies (see [`crate::Serial`]), handed in by HTTP one request at
/// a time per connection, and the receipts that come back by HTTP.
#[derive(Clone)]
pub struct HttpLoad {
    /// Where they are handed in.
    pub target: SocketAddr,
    /// How they are written.
    pub dialect: Dialect,
    /// Where receipts are told.
    pub callback: SocketAddr,
    /// How many messages.
    pub messages: u64,
    /// How many connections, each kept alive.
    pub connections: usize,
    /// Messages of a request, where a gateway takes many.
    pub per_request: u64,
    /// Octets of each body, at least what the number takes.
    pub body_octets: usize,
    /// After this nothing new is handed in.
    pub submit_for: Duration,
    /// How long to wait for the next receipt when everything is handed in.
    pub receipt_patience: Duration,
}

/// What the connections of a load share.
struct Work {
    load: HttpLoad,
    books: Books,
    next: AtomicU64,
    until: Instant,
}

impl HttpLoad {
    /// Makes the load; returns when everything is answered and receipted, or the patience is over.
    ///
    /// # Errors
    /// The callback address cannot be listened at.
    pub async fn run(self) -> io::Result<HttpLoadReport> {
        let listener = TcpListener::bind(self.callback).await?;
        let stop = CancellationToken::new();
        let _stopped = stop.clone().drop_guard();
        let until = Instant::now() + self.submit_for;
        let work = Arc::new(Work { books: Books::new(&self), load: self, next: AtomicU64::new(0), until });
        tokio::spawn(receiver::serve(listener, work.clone(), stop));
        let connections = TaskTracker::new();
        for _ in 0..work.load.connections.max(1) {
            connections.spawn(connection::submit(work.clone()));
        }
        connections.close();
        connections.wait().await;
        work.receipts().await;
        Ok(work.books.report())
    }
}

impl Work {
    /// The numbers of the messages of the next request, if there are any.
    fn next(&self) -> Option<Range<u64>> {
        let many = self.load.dialect.per_request(self.load.per_request);
        let first = self.next.fetch_add(many, Ordering::Relaxed);
        let end = first.saturating_add(many).min(self.load.messages);
        (first < end && Instant::now() < self.until).then_some(first..end)
    }

    /// Waits until every receipt has come, or none comes any more.
    async fn receipts(&self) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        while self.books.misses_receipts() && self.books.silent_for() < self.load.receipt_patience {
            ticks.tick().await;
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(20);
