//! The loop.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Buf;
use smpp::{CloseReason, Event, Session};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::alarm::Alarm;
use crate::input::Input;
use crate::{Cause, Ended, Handler, Limits};

/// A stream and the session on it.
pub(crate) struct Connection<S, T> {
    stream: S,
    session: Session<T>,
    input: Input,
    limits: Limits,
    /// Whether the stream may hold back what was written to it.
    unflushed: bool,
    /// Since when something waits to be written and nothing was.
    stalled_since: Option<Instant>,
}

/// What the loop was woken for.
enum Wake<W> {
    Moved(io::Result<Moved>),
    Work(W),
    Deadline,
    Stop,
}

/// What passed over the stream.
struct Moved {
    read: Option<usize>,
    wrote: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send, T: Send> Connection<S, T> {
    pub(crate) fn new(stream: S, session: Session<T>, limits: Limits) -> Self {
        let input = Input::new(limits.read_octets_max);
        Self { stream, session, input, limits, unflushed: false, stalled_since: None }
    }

    /// Runs until the session is closed or the stream is of no use any more.
    pub(crate) async fn run<H: Handler<Tag = T>>(
        &mut self,
        handler: &mut H,
        stop: &CancellationToken,
    ) -> Cause {
        let mut stopped = pin!(stop.cancelled());
        let mut stopping = false;
        let mut left_behind_bind = false;
        let mut alarm = Alarm::new(self.limits.alarms_step_from);
        loop {
            let now = now();
            if let Some(reason) = self.settle(now, handler) {
                return reason.into();
            }
            if left_behind_bind && !self.session.awaits_verdict() {
                left_behind_bind = self.receive(now);
                continue;
            }
            let deadline = self.deadline();
            if deadline.is_some_and(|deadline| alarm.set(now, deadline)) && self.input.rest() {
                self.session.rest();
            }
            let reads = self.unwritten() <= self.limits.unwritten_octets_max;
            if !reads {
                handler.hold();
            }
            // What came behind a bind waits in the buffer, and more of it on its way; a peer that leaves is heard.
            let listens = reads && (self.input.octets.is_empty() || !self.session.awaits_verdict());
            let room = self.session.room();
            let wake = tokio::select! {
                // Work before octets: the windows bound it, and nothing bounds what a peer may send.
                biased;
                () = &mut stopped, if !stopping => Wake::Stop,
                () = poll_fn(|context| alarm.poll(context)), if deadline.is_some() => Wake::Deadline,
                work = handler.next(room), if reads => Wake::Work(work),
                moved = poll_fn(|context| self.poll_move(context, listens)) => Wake::Moved(moved),
            };
            let now = self::now();
            match wake {
                Wake::Moved(Ok(moved)) => {
                    self.watch_writing(now, moved.wrote);
                    match moved.read {
                        Some(0) => return Cause::PeerGone,
                        Some(_) => left_behind_bind = self.receive(now),
                        None => {}
                    }
                }
                Wake::Moved(Err(error)) => return error.into(),
                Wake::Work(work) => handler.apply(now, &mut self.session, work),
                Wake::Deadline if self.is_stalled(now) => return Cause::WriteTimeout,
                Wake::Deadline => self.session.tick(now),
                Wake::Stop => {
                    stopping = true;
                    self.session.unbind(now);
                }
            }
        }
    }

    /// Writes the last words, hangs up and gives back what is left.
    pub(crate) async fn finish(mut self, cause: Cause) -> Ended<T> {
        if matches!(cause, Cause::Session(_) | Cause::PeerGone) {
            let stream = &mut self.stream;
            let output = self.session.output();
            let last_words = async {
                stream.write_all_buf(output).await?;
                stream.shutdown().await
            };
            // The peer may have hung up already, which is no news.
            let _ = timeout(self.limits.write_timeout.min(LAST_WORDS_TIMEOUT), last_words).await;
        }
        let oddities = self.session.oddities();
        Ended { cause, pending: self.session.drain_pending().collect(), oddities }
    }

    /// Hands what was read to the session; whether it leaves the rest for after the verdict on a bind.
    fn receive(&mut self, now: Instant) -> bool {
        self.session.receive(now, &mut self.input.octets);
        self.session.awaits_verdict()
    }

    /// Lets the handler see all that happened, and says why the session is over if it is.
    fn settle<H: Handler<Tag = T>>(&mut self, now: Instant, handler: &mut H) -> Option<CloseReason> {
        let mut closed = None;
        let mut flushed = false;
        loop {
            let mut happened = false;
            while let Some(event) = self.session.poll() {
                if let Event::Closed { reason } = event {
                    closed = Some(reason);
                }
                handler.event(now, &mut self.session, event);
                happened = true;
            }
            // What is flushed can make events of its own, and those are to be flushed too.
            if flushed && !happened {
                break;
            }
            handler.flush(now, &mut self.session);
            flushed = true;
        }
        self.watch_writing(now, false);
        closed
    }

    /// Reads and writes what can be without waiting; pends if that is nothing.
    fn poll_move(&mut self, context: &mut Context<'_>, reads: bool) -> Poll<io::Result<Moved>> {
        let mut read = None;
        if reads && let Poll::Ready(octets) = self.input.poll_read(context, &mut self.stream) {
            read = Some(octets?);
        }
        let wrote = match self.poll_write(context) {
            // A peer that hung up may have answered before: that counts, and the next write fails as well.
            Err(_) if read.is_some_and(|octets| octets > 0) => false,
            wrote => wrote?,
        };
        if wrote || read.is_some() { Poll::Ready(Ok(Moved { read, wrote })) } else { Poll::Pending }
    }

    /// Writes what the stream takes without waiting; whether that was anything.
    fn poll_write(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let output = self.session.output();
        let mut wrote = false;
        while !output.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, output) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(octets) => output.advance(octets?),
                Poll::Pending => break,
            }
            wrote = true;
            self.unflushed = true;
        }
        if self.unflushed && Pin::new(&mut self.stream).poll_flush(context)?.is_ready() {
            self.unflushed = false;
            wrote = true;
        }
        Ok(wrote)
    }

    /// Keeps the time since when writing makes no progress.
    fn watch_writing(&mut self, now: Instant, progress: bool) {
        if self.session.output().is_empty() && !self.unflushed {
            self.stalled_since = None;
        } else if progress || self.stalled_since.is_none() {
            self.stalled_since = Some(now);
        }
    }

    fn is_stalled(&self, now: Instant) -> bool {
        self.stalled_since
            .is_some_and(|since| now.saturating_duration_since(since) >= self.limits.write_timeout)
    }

    fn deadline(&self) -> Option<Instant> {
        let stalled = self.stalled_since.and_then(|since| since.checked_add(self.limits.write_timeout));
        match (stalled, self.session.deadline()) {
            (Some(stalled), Some(session)) => Some(stalled.min(session)),
            (stalled, session) => stalled.or(session),
        }
    }

    fn unwritten(&mut self) -> usize {
        self.session.output().len()
    }
}

/// The runtime's clock, which tests can stop.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// How long the last words may take: until then nobody learns of the pending requests.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(5);
