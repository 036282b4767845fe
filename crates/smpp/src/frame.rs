//! Frames: a stream of octets cut into whole PDUs.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use crate::{CommandId, CommandStatus};

/// The octets of a PDU's header (SMPP 3.4 section 3.2): no command_length can be less.
pub const HEADER_OCTETS: usize = 16;

/// A PDU whose header has been read and whose body has not.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which operation it is.
    pub command_id: CommandId,
    /// What became of the request; zero in requests.
    pub status: CommandStatus,
    /// The number that a response has in common with its request, whatever the peer chose.
    pub sequence: u32,
    /// What follows the header: a slice of the buffer that the frame came from.
    pub body: Bytes,
}

/// The stream does not consist of PDUs (any more): where the next one begins is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The announced length is less than that of a header.
    #[error("command_length {announced} is less than a header")]
    TooShort {
        /// command_length as received.
        announced: u32,
    },
    /// The announced length is more than the limit.
    #[error("command_length {announced} is more than the limit of {max} octets")]
    TooLong {
        /// command_length as received.
        announced: u32,
        /// The limit in octets.
        max: usize,
    },
}

/// Takes the first whole PDU off the front of `buffer`, if it is there.
///
/// The length is judged as soon as its four octets are there, before anything is set aside for it.
/// Nothing is copied: the body shares the memory of `buffer`, which stays in use as long as the body.
///
/// # Errors
/// The announced length is less than 16 or more than `max` octets (SMPP 3.4 section 5.1.1); `buffer`
/// is left as it is, and nothing after it can be understood.
#[inline]
pub fn next(buffer: &mut BytesMut, max: usize) -> Result<Option<Frame>, FrameError> {
    let Some(&announced) = buffer.first_chunk::<4>() else { return Ok(None) };
    let announced = u32::from_be_bytes(announced);
    let length = usize::try_from(announced).unwrap_or(usize::MAX);
    if length < HEADER_OCTETS {
        return Err(FrameError::TooShort { announced });
    }
    if length > max {
        return Err(FrameError::TooLong { announced, max });
    }
    if buffer.len() < length {
        return Ok(None);
    }
    let mut header = &buffer[4..HEADER_OCTETS];
    let command_id = CommandId(header.get_u32());
    let status = CommandStatus(header.get_u32());
    let sequence = header.get_u32();
    buffer.advance(HEADER_OCTETS);
    let body = match length - HEADER_OCTETS {
        0 => Bytes::new(),
        octets => buffer.split_to(octets).freeze(),
    };
    Ok(Some(Frame { command_id, status, sequence, body }))
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("command_id", &self.command_id)
            .field("status", &self.status)
            .field("sequence", &self.sequence)
            .field("body_octets", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ENQUIRE_LINK: [u8; 16] = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 9];

    #[test]
    fn a_pdu_may_come_octet_by_octet_and_many_at_once() {
        // F-1
        let mut buffer = BytesMut::new();
        for octet in &ENQUIRE_LINK[..15] {
            buffer.extend_from_slice(&[*octet]);
            assert_eq!(next(&mut buffer, 256), Ok(None));
        }
        buffer.extend_from_slice(&ENQUIRE_LINK[15..]);
        buffer.extend_from_slice(&ENQUIRE_LINK);
        for _ in 0..2 {
            let frame = next(&mut buffer, 256).unwrap().unwrap();
            assert_eq!((frame.command_id, frame.sequence), (CommandId::ENQUIRE_LINK, 9));
        }
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_at_its_fourth_octet() {
        // F-2, F-3, X-1, L-1
        for start in [&[0, 0, 0, 2], &[0, 0, 0, 15], &[0xFF; 4], &[0x16, 3, 1, 2], b"GET "] {
            let mut buffer = BytesMut::from(&start[..3]);
            assert_eq!(next(&mut buffer, 16384), Ok(None));
            buffer.extend_from_slice(&start[3..]);
            assert!(next(&mut buffer, 16384).is_err());
            assert!(buffer.capacity() < 1024);
        }
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let mut buffer = BytesMut::from(&[0, 0, 1, 0][..]);
        assert_eq!(next(&mut buffer, 256), Ok(None));
        assert_eq!(next(&mut buffer, 255), Err(FrameError::TooLong { announced: 256, max: 255 }));
    }
}
