//! PDUs as slices of the buffer that they were read into: nothing is copied, nothing is counted.

use smpp::frame::HEADER_OCTETS;
use smpp::{CommandId, CommandStatus, FrameError};

/// A PDU, its body as it came.
pub(crate) struct Frame<'a> {
    pub(crate) command: CommandId,
    pub(crate) status: CommandStatus,
    pub(crate) sequence: u32,
    pub(crate) body: &'a [u8],
}

/// The first whole PDU of `octets` and how long it is, if it is there.
///
/// # Errors
/// The announced length cannot be (SMPP 3.4 section 5.1.1): where the next PDU begins is not known.
pub(crate) fn first(octets: &[u8]) -> Result<Option<(Frame<'_>, usize)>, FrameError> {
    let Some((header, rest)) = octets.split_first_chunk::<HEADER_OCTETS>() else { return Ok(None) };
    let announced = number(header, 0);
    let length = usize::try_from(announced).unwrap_or(usize::MAX);
    if length > PDU_OCTETS_MAX {
        return Err(FrameError::TooLong { announced, max: PDU_OCTETS_MAX });
    }
    let Some(body_octets) = length.checked_sub(HEADER_OCTETS) else {
        return Err(FrameError::TooShort { announced });
    };
    let Some(body) = rest.get(..body_octets) else { return Ok(None) };
    let frame = Frame {
        command: CommandId(number(header, 4)),
        status: CommandStatus(number(header, 8)),
        sequence: number(header, 12),
        body,
    };
    Ok(Some((frame, length)))
}

/// Appends a PDU whose body is these parts, one after the other.
pub(crate) fn put(
    out: &mut Vec<u8>,
    command: CommandId,
    status: CommandStatus,
    sequence: u32,
    body: &[&[u8]],
) {
    let length = HEADER_OCTETS + body.iter().map(|part| part.len()).sum::<usize>();
    out.reserve(length);
    // Nothing is longer than what came and an id.
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    for field in [length, command.0, status.0, sequence] {
        out.extend_from_slice(&field.to_be_bytes());
    }
    for part in body {
        out.extend_from_slice(part);
    }
}

fn number(header: &[u8; HEADER_OCTETS], at: usize) -> u32 {
    header.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |octets| u32::from_be_bytes(*octets))
}

/// The longest PDU that is taken, in octets.
pub(crate) const PDU_OCTETS_MAX: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // F-1
    #[test]
    fn what_is_put_is_found_when_it_is_whole() {
        let mut out = Vec::new();
        put(&mut out, CommandId::SUBMIT_SM, CommandStatus::OK, 7, &[b"ab", b"", b"c"]);
        put(&mut out, CommandId::ENQUIRE_LINK, CommandStatus::OK, 8, &[]);
        for cut in 0..19 {
            assert!(first(&out[..cut]).unwrap().is_none());
        }
        let (frame, length) = first(&out).unwrap().unwrap();
        assert_eq!((frame.command, frame.sequence, frame.body), (CommandId::SUBMIT_SM, 7, &b"abc"[..]));
        let (frame, _) = first(&out[length..]).unwrap().unwrap();
        assert_eq!((frame.command, frame.sequence, frame.body), (CommandId::ENQUIRE_LINK, 8, &b""[..]));
    }

    // F-2, F-3
    #[test]
    fn a_length_that_cannot_be_is_refused() {
        for announced in [0_u32, 15, 16_385, u32::MAX] {
            let mut octets = [0; HEADER_OCTETS];
            octets[..4].copy_from_slice(&announced.to_be_bytes());
            assert!(first(&octets).is_err(), "{announced}");
        }
    }
}
