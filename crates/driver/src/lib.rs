//! Moves bytes between a socket and an SMPP session: one loop for server and client.
//!
//! [`drive`] owns the connection and the session until both are over; a [`Handler`], a state machine
//! owned by the same task, decides what is said. Nothing is shared, so nothing is locked.

mod alarm;
mod connection;
mod input;

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use smpp::session::Oddities;
use smpp::{CloseReason, Event, Session};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;

/// What an owner of sessions does with one of them.
pub trait Handler: Send {
    /// What is attached to each of our requests and comes back with its outcome.
    type Tag: Send;
    /// What the rest of the program wants of the session.
    type Work: Send;

    /// One event of the session, in order. May call [`Session::request`], [`Session::respond`] and
    /// [`Session::answer_bind`].
    fn event(&mut self, now: Instant, session: &mut Session<Self::Tag>, event: Event<Self::Tag>);

    /// All events of this round have been handled: hand batches on.
    fn flush(&mut self, now: Instant, session: &mut Session<Self::Tag>);

    /// Waits for what the rest of the program wants of this session: answers that are ready, messages
    /// to be sent, of which `room` fit now (zero before the bind). May pend for ever. Must be cancel-safe:
    /// it is dropped and called anew whenever something else happens first. Work that is ready goes
    /// before reading, so there must be an end to it: answers are bounded by the peer's window, and
    /// nothing may be brought to be sent that `room` does not allow.
    fn next(&mut self, room: usize) -> impl Future<Output = Self::Work> + Send;

    /// [`Handler::next`] is not called while the peer does not read: what it has asked the rest of the program for
    /// is to be let go, so that others get it.
    fn hold(&mut self) {}

    /// Does what [`Handler::next`] brought.
    fn apply(&mut self, now: Instant, session: &mut Session<Self::Tag>, work: Self::Work);
}

/// The limits of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many octets are read at most at once. Default 64 KiB.
    pub read_octets_max: usize,
    /// While more octets than this wait to be written, nothing is read and no new work is taken.
    /// Default 64 KiB.
    pub unwritten_octets_max: usize,
    /// How long what waits to be written may make no progress. Default 30 s.
    pub write_timeout: Duration,
    /// If there is such an instant, deadlines more than 5 s away are noticed at the next quarter of a
    /// second counted from it, so that many idle connections wake together. Default `None`: in time.
    pub alarms_step_from: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read_octets_max: 64 * 1024,
            unwritten_octets_max: 64 * 1024,
            write_timeout: Duration::from_secs(30),
            alarms_step_from: None,
        }
    }
}

/// How a connection ended, and what it leaves.
#[derive(Debug)]
#[must_use = "the outcome of the pending requests is not known"]
pub struct Ended<T> {
    /// Why it ended.
    pub cause: Cause,
    /// What was attached to the requests whose outcome is not known, oldest first.
    pub pending: Vec<T>,
    /// How often the peer did what it should not.
    pub oddities: Oddities,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The session ended by the rules of the protocol.
    #[error(transparent)]
    Session(#[from] CloseReason),
    /// The peer hung up.
    #[error("the peer closed the connection")]
    PeerGone,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// The peer did not read what was written.
    #[error("the peer does not read")]
    WriteTimeout,
}

/// Drives a session over a stream until it is over.
///
/// One task, one loop: write what the session has to say; then wait for octets, for work of the
/// handler, for the session's deadline and for `stop`; then tell the session and let the handler see
/// the events. As many PDUs are handled in a round as a read brought, and their answers leave in one
/// write. A peer that does not read is neither read nor worked for, and after
/// [`Limits::write_timeout`] without progress it is cut.
///
/// When `stop` is cancelled the session unbinds gracefully ([`Session::unbind`]), and the loop goes on
/// until it is closed. Dropping the future instead drops the connection, with the requests in it.
pub async fn drive<S, H>(
    stream: S,
    session: Session<H::Tag>,
    handler: &mut H,
    stop: &CancellationToken,
    limits: Limits,
) -> Ended<H::Tag>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Handler,
{
    let mut connection = Connection::new(stream, session, limits);
    let cause = connection.run(handler, stop).await;
    let ended = connection.finish(cause).await;
    tracing::debug!(cause = %ended.cause, pending = ended.pending.len(), oddities = ?ended.oddities, "session over");
    ended
}
