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
}

impl Input {
    pub(crate) fn new(room_max: usize) -> Self {
        Self { octets: BytesMut::new(), room: ROOM_MIN.min(room_max).max(1), room_max: room_max.max(1) }
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

    fn adapt(&mut self, octets: usize) {
        if octets >= self.room {
            self.room = self.room.saturating_mul(2).min(self.room_max);
        } else if octets < self.room / 4 {
            self.room = (self.room / 2).max(ROOM_MIN.min(self.room_max)).max(1);
        }
    }
}

/// The least room for a read, in octets: some twenty messages.
const ROOM_MIN: usize = 4 * 1024;
