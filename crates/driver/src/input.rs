//! The buffer that a connection is read into.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Octets that were read and not yet understood. Room for the next read grows with what reads bring
/// and shrinks again, so that an idle peer costs little memory and a busy one few reads.
pub(crate) struct Input {
    pub(crate) octets: BytesMut,
    room: usize,
    room_max: usize,
    /// Whether more than an enquire_link was read at once since somebody asked whether it rests.
    is_busy: bool,
}

impl Input {
    pub(crate) fn new(room_max: usize) -> Self {
        let room_max = room_max.max(1);
        Self { octets: BytesMut::new(), room: ROOM_MIN.min(room_max), room_max, is_busy: true }
    }

    /// Appends what one read brings; zero octets are the end of the stream.
    pub(crate) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        context: &mut Context<'_>,
        stream: &mut S,
    ) -> Poll<io::Result<usize>> {
        self.octets.reserve(self.room);
        let read: Pin<&mut _> = pin!(stream.read_buf(&mut self.octets));
        let polled = read.poll(context);
        if let Poll::Ready(Ok(octets)) = polled {
            self.adapt(octets);
        }
        polled
    }

    /// Gives the buffer back if nothing is in it and nothing to speak of came since this was last
    /// called, and says so; the next read is a small one then.
    pub(crate) fn rest(&mut self) -> bool {
        let rests = self.octets.is_empty() && !std::mem::take(&mut self.is_busy);
        if rests {
            self.octets = BytesMut::new();
            self.room = ROOM_RESTING.min(self.room_max);
        }
        rests
    }

    fn adapt(&mut self, octets: usize) {
        self.is_busy |= octets >= ROOM_RESTING;
        if octets >= self.room {
            self.room = self.room.saturating_mul(2).max(ROOM_MIN).min(self.room_max);
        } else if octets < self.room / 4 && self.room > ROOM_MIN {
            self.room = (self.room / 2).max(ROOM_MIN).min(self.room_max);
        }
    }
}

/// Room for the first read of a peer that has rested, in octets: some enquire_links.
const ROOM_RESTING: usize = 128;
/// The least room for a read otherwise, in octets: some twenty messages.
const ROOM_MIN: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads once what `stream` has.
    fn read(input: &mut Input, mut stream: &[u8]) -> bool {
        let mut context = Context::from_waker(std::task::Waker::noop());
        matches!(input.poll_read(&mut context, &mut stream), Poll::Ready(Ok(octets)) if octets > 0)
    }

    #[test]
    fn a_busy_peer_gets_room_and_one_that_rests_gives_it_back() {
        let mut input = Input::new(64 * 1024);
        assert!(!input.rest(), "a peer that has just come may have much to say");
        let flood = vec![7; 1 << 20];
        for _ in 0..10 {
            assert!(read(&mut input, &flood));
            assert!(!input.rest(), "what was read stays");
            input.octets.clear();
        }
        assert!(input.octets.capacity() >= 64 * 1024);
        assert!(read(&mut input, &flood));
        input.octets.clear();
        assert!(!input.rest(), "it was busy since");
        assert!(input.rest());
        assert_eq!(input.octets.capacity(), 0);
        assert!(read(&mut input, &flood[..16]));
        assert!(input.octets.capacity() <= 2 * ROOM_RESTING, "{}", input.octets.capacity());
    }
}
