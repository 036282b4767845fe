//! Bodies that can be told apart, so that losses and duplicates can be counted at the other end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        self.put(out);
        fill(octets.saturating_sub(out.len() - start), out);
    }

    /// The same with a time in it, to the microsecond: `msg 000000123 at 1767225600000000 …`.
    pub fn write_stamped(self, octets: usize, at: SystemTime, out: &mut BytesMut) {
        let start = out.len();
        self.put(out);
        out.put_slice(AT);
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        put_digits(u64::try_from(since.as_micros()).unwrap_or(u64::MAX), out);
        out.put_u8(b' ');
        fill(octets.saturating_sub(out.len() - start), out);
    }

    fn put(self, out: &mut BytesMut) {
        out.put_slice(if self.again { AGAIN } else { FIRST });
        put_digits(self.number, out);
        out.put_u8(b' ');
    }

    /// Reads the number off the front of a body; `None` if it is another one.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let (rest, again) = match body.strip_prefix(FIRST) {
            Some(rest) => (rest, false),
            None => (body.strip_prefix(AGAIN)?, true),
        };
        Some(Self { number: digits(rest)?.0, again })
    }

    /// Reads the time that [`Serial::write_stamped`] wrote behind the number; `None` if there is none.
    #[must_use]
    pub fn stamp(body: &[u8]) -> Option<SystemTime> {
        let rest = body.strip_prefix(FIRST).or_else(|| body.strip_prefix(AGAIN))?;
        let (us, _) = digits(digits(rest)?.1.strip_prefix(AT)?)?;
        UNIX_EPOCH.checked_add(Duration::from_micros(us))
    }
}

/// The number at the front, and what follows the space behind it.
fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|&octet| octet == b' ')?;
    let digits = text.get(..end).filter(|digits| digits.len() >= DIGITS_MIN)?;
    let number = digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    Some((number, text.get(end + 1..)?))
}

fn fill(mut missing: usize, out: &mut BytesMut) {
    while missing > 0 {
        let piece = FILLER.get(..missing).unwrap_or(FILLER);
        out.put_slice(piece);
        missing -= piece.len();
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
const AT: &[u8] = b"at ";
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
    fn a_stamp_is_read_to_the_microsecond() {
        let at = UNIX_EPOCH + Duration::from_micros(1_767_225_600_123_456);
        let mut body = BytesMut::new();
        Serial { number: 7, again: false }.write_stamped(60, at, &mut body);
        assert_eq!((Serial::stamp(&body), body.len()), (Some(at), 60));
        assert_eq!(Serial::read(&body), Some(Serial { number: 7, again: false }));
        body.clear();
        Serial { number: 7, again: true }.write(60, &mut body);
        assert_eq!((Serial::stamp(&body), Serial::stamp(b"msg 000000007 at ")), (None, None));
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
