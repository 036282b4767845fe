//! The least of HTTP/1.1 that a load needs: whole messages, cut off a connection by their lengths.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection with what was read of it.
pub(super) struct Wire {
    stream: TcpStream,
    inbox: BytesMut,
}

/// The places of the parts of a message at the front of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    head: usize,
    body: usize,
}

impl Wire {
    /// # Errors
    /// The socket is gone.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: BytesMut::with_capacity(INBOX_OCTETS) })
    }

    /// Writes all of it and empties it.
    pub(super) async fn write(&mut self, octets: &mut BytesMut) -> io::Result<()> {
        self.stream.write_all(octets).await?;
        octets.clear();
        Ok(())
    }

    /// Waits for one whole message and shows its head and its body to `look`; `None` at the end.
    pub(super) async fn read<T>(&mut self, look: impl FnOnce(&[u8], &[u8]) -> T) -> io::Result<Option<T>> {
        loop {
            if let Some(frame) = frame(&self.inbox)? {
                return Ok(Some(self.cut(frame, look)));
            }
            if self.stream.read_buf(&mut self.inbox).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Shows a message that is already there; `None` if there is none.
    pub(super) fn next<T>(&mut self, look: impl FnOnce(&[u8], &[u8]) -> T) -> io::Result<Option<T>> {
        Ok(frame(&self.inbox)?.map(|frame| self.cut(frame, look)))
    }

    fn cut<T>(&mut self, Frame { head, body }: Frame, look: impl FnOnce(&[u8], &[u8]) -> T) -> T {
        let (first, rest) = self.inbox.split_at(head);
        let seen = look(first, rest.get(..body).unwrap_or_default());
        self.inbox.advance(head + body);
        seen
    }
}

/// The target of a request: what stands between the first two blanks.
pub(super) fn target(head: &[u8]) -> &[u8] {
    head.split(|&octet| octet == b' ').nth(1).unwrap_or_default()
}

/// The status of a response; 0 if there is none.
pub(super) fn status(head: &[u8]) -> u16 {
    std::str::from_utf8(target(head)).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The message at the front, if all of it is there.
fn frame(inbox: &[u8]) -> io::Result<Option<Frame>> {
    let Some(end) = inbox.windows(END.len()).position(|window| window == END) else {
        return if inbox.len() > HEAD_OCTETS_MAX { Err(malformed("a head without end")) } else { Ok(None) };
    };
    let head = end + END.len();
    let body = length(inbox.get(..end).unwrap_or_default())?;
    Ok((inbox.len() >= head + body).then_some(Frame { head, body }))
}

fn length(head: &[u8]) -> io::Result<usize> {
    for line in head.split(|&octet| octet == b'\n') {
        let Some(colon) = line.iter().position(|&octet| octet == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            return Err(malformed("a body without length"));
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = std::str::from_utf8(value.get(1..).unwrap_or_default()).unwrap_or_default();
            let length = value.trim().parse().map_err(|_| malformed("no length"))?;
            return if length > BODY_OCTETS_MAX { Err(malformed("a huge body")) } else { Ok(length) };
        }
    }
    Ok(0)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

const END: &[u8] = b"\r\n\r\n";
const INBOX_OCTETS: usize = 16 * 1024;
const HEAD_OCTETS_MAX: usize = 16 * 1024;
const BODY_OCTETS_MAX: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_message_is_as_long_as_it_says() {
        let two = b"HTTP/1.1 202 Accepted\r\nA: b\r\ncontent-LENGTH: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n";
        let head = two.len() - 3 - 18;
        assert_eq!(frame(two).unwrap(), Some(Frame { head, body: 3 }));
        assert_eq!(frame(&two[..head + 2]).unwrap(), None);
        assert_eq!(frame(&two[..10]).unwrap(), None);
        assert_eq!(frame(&two[head + 3..]).unwrap(), Some(Frame { head: 18, body: 0 }));
        assert_eq!((status(two), target(&two[head + 3..])), (202, &b"/"[..]));
        assert_eq!(status(b"nonsense"), 0);
    }

    #[test]
    fn what_has_no_length_is_refused() {
        for wrong in ["Content-Length: x", "Transfer-Encoding: chunked", "Content-Length: 99999999999"] {
            assert!(frame(format!("POST / HTTP/1.1\r\n{wrong}\r\n\r\n").as_bytes()).is_err(), "{wrong}");
        }
        assert!(frame(&[b'x'; HEAD_OCTETS_MAX + 1]).is_err());
    }
}
