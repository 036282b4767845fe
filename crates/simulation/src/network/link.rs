//! One connection.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::power::Power;
use super::weather::{Affliction, Weather};
use crate::dice::Dice;
use crate::now;
use crate::trace::Trace;

/// A connection between two hosts.
pub(super) struct Link {
    number: u64,
    powers: [Power; 2],
    weather: Weather,
    trace: Trace,
    state: Mutex<State>,
}

struct State {
    /// What goes away from the end with this number.
    pipes: [Pipe; 2],
    dice: Dice,
    is_cut: bool,
    open: [bool; 2],
}

#[derive(Default)]
struct Pipe {
    /// Octets on their way, each with when they arrive.
    flights: VecDeque<(Instant, Bytes)>,
    octets: usize,
    /// The writer has said that this was all.
    is_closed: bool,
    /// What is written is never seen again.
    is_hole: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of a connection; dropping it hangs up.
pub(crate) struct End {
    link: Arc<Link>,
    side: usize,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Link {
    pub(super) fn new(
        number: u64,
        powers: [Power; 2],
        weather: Weather,
        dice: Dice,
        trace: Trace,
    ) -> Arc<Self> {
        let state = State { pipes: Default::default(), dice, is_cut: false, open: [true, true] };
        Arc::new(Self { number, powers, weather, trace, state: Mutex::new(state) })
    }

    /// The end that connects and the one that listens.
    pub(super) fn ends(link: &Arc<Self>) -> (End, End) {
        let end = |side| End { link: Arc::clone(link), side, alarm: None };
        (end(0), end(1))
    }

    pub(super) fn is_of(&self, power: &Power) -> bool {
        self.powers.iter().any(|own| own.is(power))
    }

    /// Whether either end still holds it.
    pub(super) fn is_open(&self) -> bool {
        self.state().open.contains(&true)
    }

    pub(super) fn afflict(&self, with: Affliction) {
        let mut state = self.state();
        if state.open == [false, false] {
            return;
        }
        self.trace.note("network", format_args!("connection {}: {with:?}", self.number));
        match with {
            Affliction::Cut => state.is_cut = true,
            Affliction::Hole => state.pipes.iter_mut().for_each(Pipe::swallow),
            Affliction::HalfHole(side) => state.pipes.iter_mut().skip(side).take(1).for_each(Pipe::swallow),
        }
        state.pipes.iter_mut().for_each(Pipe::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    fn swallow(&mut self) {
        self.is_hole = true;
        self.flights.clear();
    }

    fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.writer.take()).for_each(Waker::wake);
    }
}

impl State {
    /// The pipe that this side writes to and the one that it reads from.
    fn pipes(&mut self, side: usize) -> (&mut Pipe, &mut Pipe) {
        let [first, second] = &mut self.pipes;
        if side == 0 { (first, second) } else { (second, first) }
    }
}

impl End {
    /// Whether this end has no connection any more.
    fn check(&self, state: &State) -> io::Result<()> {
        let is_on = self.link.powers.get(self.side).is_some_and(Power::is_on);
        if state.is_cut || !is_on { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    /// Waits until the first octets arrive.
    fn poll_alarm(&mut self, context: &mut Context<'_>, at: Instant) -> Poll<()> {
        let at = tokio::time::Instant::from_std(at);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if alarm.deadline() != at {
            alarm.as_mut().reset(at);
        }
        alarm.as_mut().poll(context)
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let link = Arc::clone(&self.link);
        let mut state = link.state();
        self.check(&state)?;
        let (_, pipe) = state.pipes(self.side);
        pipe.reader = Some(context.waker().clone());
        let Some((due, octets)) = pipe.flights.front_mut() else {
            let is_over = pipe.is_closed && !pipe.is_hole;
            return if is_over { Poll::Ready(Ok(())) } else { Poll::Pending };
        };
        if *due > now() && self.poll_alarm(context, *due).is_pending() {
            return Poll::Pending;
        }
        let count = octets.len().min(buffer.remaining());
        let read = octets.split_to(count);
        let is_used_up = !octets.has_remaining();
        buffer.put_slice(&read);
        pipe.octets -= count;
        if is_used_up {
            pipe.flights.pop_front();
        }
        pipe.writer.take().into_iter().for_each(Waker::wake);
        link.trace.arrived(link.number, self.side, &read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let link = &self.link;
        let mut state = link.state();
        self.check(&state)?;
        let is_peer_gone = state.open.get(1 - self.side) == Some(&false);
        let delay = link.weather.delay(&mut state.dice);
        let chunk = match link.weather.chunk_max {
            usize::MAX => usize::MAX,
            most => state.dice.number(1..most as u64 + 1) as usize,
        };
        let (pipe, _) = state.pipes(self.side);
        if is_peer_gone && !pipe.is_hole {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = octets.len().min(chunk).min(CAPACITY_OCTETS.saturating_sub(pipe.octets));
        if count == 0 {
            pipe.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        pipe.octets += count;
        if !pipe.is_hole {
            let last = pipe.flights.back().map_or_else(now, |(due, _)| *due);
            let due = (now() + delay).max(last);
            pipe.flights.push_back((due, Bytes::copy_from_slice(octets.get(..count).unwrap_or_default())));
            pipe.reader.take().into_iter().for_each(Waker::wake);
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.link.state();
        let (pipe, _) = state.pipes(self.side);
        pipe.is_closed = true;
        pipe.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut state = self.link.state();
        if let Some(open) = state.open.get_mut(self.side) {
            *open = false;
        }
        let (written, read) = state.pipes(self.side);
        written.is_closed = true;
        written.wake();
        read.wake();
    }
}

/// How many octets may be on their way in one direction.
const CAPACITY_OCTETS: usize = 16 * 1024;
