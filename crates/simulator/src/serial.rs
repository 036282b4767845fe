//! Bodies that can be told apart, so that losses and duplicates can be counted at the other end.

use bytes::{BufMut, BytesMut};

/// The number of a message of a [`crate::Load`], as its body says it: `msg 000000123 …`, or
/// `again 000000123 …` for one that was submitted again because its outcome was not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Serial {
    /// The number.
    pub number: u64,
    /// Whether it was submitted again as a new message.
    pub again: bool,
}

impl Serial {
    /// Appends a body of `octets`, or as many more as the number takes; the same octets in ASCII and
    /// in GSM 7-bit.
    pub fn write(self, octets: usize, out: &mut BytesMut) {
        let start = out.len();
        out.put_slice(if self.again { AGAIN } else { FIRST });
        put_digits(self.number, out);
        out.put_u8(b' ');
        let mut missing = octets.saturating_sub(out.len() - start);
        while missing > 0 {
            let piece = FILLER.get(..missing).unwrap_or(FILLER);
            out.put_slice(piece);
            missing -= piece.len();
        }
    }

    /// Reads the number off the front of a body; `None` if it is another one.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let (rest, again) = match body.strip_prefix(FIRST) {
            Some(rest) => (rest, false),
            None => (body.strip_prefix(AGAIN)?, true),
        };
        let end = rest.iter().position(|&octet| octet == b' ')?;
        let digits = rest.get(..end).filter(|digits| digits.len() >= DIGITS_MIN)?;
        let number = digits.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        })?;
        Some(Self { number, again })
    }
}

/// In decimal, at least [`DIGITS_MIN`] digits.
fn put_digits(number: u64, out: &mut BytesMut) {
    let start = out.len();
    let mut rest = number;
    while rest > 0 || out.len() - start < DIGITS_MIN {
        out.put_u8(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    out[start..].reverse();
}

const FIRST: &[u8] = b"msg ";
const AGAIN: &[u8] = b"again ";
const FILLER: &[u8] = b"the quick brown fox jumps over the lazy dog ";
const DIGITS_MIN: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 7, 123_456_789, u64::MAX] {
            for again in [false, true] {
                for octets in [0, 20, 160, 400] {
                    let serial = Serial { number, again };
                    let mut body = BytesMut::new();
                    serial.write(octets, &mut body);
                    assert_eq!(Serial::read(&body), Some(serial));
                    assert!(body.len() == octets || octets < 27, "{octets}");
                }
            }
        }
    }

    #[test]
    fn other_bodies_have_no_number() {
        let others: [&[u8]; 6] =
            [b"", b"hello", b"msg 12 x", b"msg 000000012", b"msg 00000001x ", b"msg 99999999999999999999 "];
        for body in others {
            assert_eq!(Serial::read(body), None);
        }
    }
}
