//! One connection: a buffer to read into, an outbox to write from.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::frame::{self, Frame, PDU_OCTETS_MAX};
use crate::outbox::Outbox;

/// A connection that never blocks.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    pub(crate) outbox: Outbox,
    input: Input,
    written: usize,
}

/// What was read and is not used up.
#[derive(Default)]
pub(crate) struct Input {
    octets: Vec<u8>,
    start: usize,
    end: usize,
}

impl Peer {
    /// A connection that was set to non-blocking.
    pub(crate) fn new(stream: TcpStream, outbox: Outbox) -> Self {
        let input = Input { octets: vec![0; READ_OCTETS], start: 0, end: 0 };
        Self { stream, outbox, input, written: 0 }
    }

    /// Reads once and hands out what is there; [`Peer::put_back`] takes it again. Everything that was
    /// read must have been used up, as far as it is whole.
    ///
    /// # Errors
    /// The connection is over.
    pub(crate) fn read(&mut self) -> io::Result<Input> {
        self.input.compact();
        let room = self.input.octets.get_mut(self.input.end..).unwrap_or_default();
        match (&self.stream).read(room) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.input.end += count,
            Err(error) if is_for_now(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(std::mem::take(&mut self.input))
    }

    /// Takes back what [`Peer::read`] handed out.
    pub(crate) fn put_back(&mut self, input: Input) {
        self.input = input;
    }

    /// Writes what the connection takes.
    ///
    /// # Errors
    /// The connection is over.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if !self.has_output() {
            return Ok(());
        }
        let rest = self.outbox.octets.get(self.written..).unwrap_or_default();
        match (&self.stream).write(rest) {
            Ok(count) => self.written += count,
            Err(error) if is_for_now(&error) => {}
            Err(error) => return Err(error),
        }
        if !self.has_output() {
            self.outbox.octets.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// Whether something waits to be written.
    pub(crate) fn has_output(&self) -> bool {
        self.written < self.outbox.octets.len()
    }

    /// Whether so much waits to be written that the peer should not be read.
    pub(crate) fn is_slow(&self) -> bool {
        self.outbox.octets.len() - self.written > UNWRITTEN_OCTETS_MAX
    }
}

impl Input {
    /// The next whole PDU.
    ///
    /// # Errors
    /// There are no more PDUs to be found in the stream.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame<'_>>> {
        let octets = self.octets.get(self.start..self.end).unwrap_or_default();
        match frame::first(octets) {
            Ok(Some((frame, length))) => {
                self.start += length;
                Ok(Some(frame))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }

    /// Moves what is left to the front.
    fn compact(&mut self) {
        self.octets.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }
}

fn is_for_now(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// How much is read at once, in octets.
const READ_OCTETS: usize = 64 * 1024;
/// How many octets may wait to be written while the peer is read.
const UNWRITTEN_OCTETS_MAX: usize = 256 * 1024;
const _: () = assert!(READ_OCTETS > PDU_OCTETS_MAX);
