//! Waiting for connections to be ready.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use crate::peer::Peer;

/// What can be done without waiting.
#[derive(Default)]
pub(crate) struct Ready {
    /// Whether it is time to stop.
    pub(crate) stop: bool,
    /// Whether somebody wants to connect.
    pub(crate) accept: bool,
    /// Whether each of the upstreams brings something.
    pub(crate) upstreams: Vec<bool>,
    /// Whether each of the sessions brings something.
    pub(crate) sessions: Vec<bool>,
}

/// Waits until anything can be done. Some of the sessions are over.
pub(crate) fn wait<'a>(
    stop: BorrowedFd<'a>,
    listener: BorrowedFd<'a>,
    upstreams: impl Iterator<Item = &'a Peer> + Clone,
    sessions: impl Iterator<Item = Option<&'a Peer>> + Clone,
) -> io::Result<Ready> {
    let mut fds = vec![
        PollFd::from_borrowed_fd(stop, PollFlags::IN),
        PollFd::from_borrowed_fd(listener, PollFlags::IN),
    ];
    fds.extend(upstreams.clone().map(of));
    fds.extend(sessions.clone().flatten().map(of));
    match rustix::event::poll(&mut fds, None) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Ready::default()),
        Err(error) => return Err(error.into()),
    }
    let mut brings = fds.iter().map(|fd| fd.revents().intersects(BRINGS));
    let mut next = || brings.next().unwrap_or(false);
    Ok(Ready {
        stop: next(),
        accept: next(),
        upstreams: upstreams.map(|_| next()).collect(),
        sessions: sessions.map(|peer| peer.is_some() && next()).collect(),
    })
}

fn of(peer: &Peer) -> PollFd<'_> {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, !peer.is_slow());
    flags.set(PollFlags::OUT, peer.has_output());
    PollFd::new(&peer.stream, flags)
}

/// A connection that is over is found out by reading.
const BRINGS: PollFlags = PollFlags::IN.union(PollFlags::HUP).union(PollFlags::ERR);
