//! The id of a message.

use std::fmt;
use std::str::FromStr;

use rand::RngCore;

use crate::Timestamp;

/// The id of a message: unique, sortable by the second of acceptance, and not to be guessed.
///
/// The first four octets are the seconds since 1970 (big-endian), the other twelve are random:
/// 96 bits that nobody who sees one id can use to find another. As text it is 32 lower-case
/// hexadecimal digits, and that text is what every interface shows, octet for octet the same.
///
/// Messages that were handed over at once under one id, as by submit_multi, have ids that follow from it
/// ([`MessageId::member`]), so that whoever knows the one finds the others. Those of a request with an
/// idempotency key follow from that key, with the first second of the day (UTC) in the first four octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// A new id for a message that was accepted at `now`.
    ///
    /// `random` must be a cryptographically secure generator, or ids can be guessed.
    pub fn new(now: Timestamp, random: &mut impl RngCore) -> Self {
        let mut octets = [0; 16];
        let seconds = u32::try_from(now.0 / 1000).unwrap_or(u32::MAX);
        octets[..4].copy_from_slice(&seconds.to_be_bytes());
        random.fill_bytes(&mut octets[4..]);
        Self(octets)
    }

    /// The id that these octets are.
    #[must_use]
    pub const fn from_octets(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// The octets of the id; their order is the order of acceptance, to the second.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id of member `number` of the messages whose first has this id: it differs in the last octet.
    #[must_use]
    pub const fn member(self, number: u8) -> Self {
        let mut octets = self.0;
        octets[15] = octets[15].wrapping_add(number);
        Self(octets)
    }

    /// The id of the first, if this is the id of member `number`.
    #[must_use]
    pub const fn first_of(self, number: u8) -> Self {
        self.member(number.wrapping_neg())
    }

    /// The id of the message that parts make of which the first has this id.
    #[must_use]
    pub const fn of_whole(self) -> Self {
        let mut octets = self.0;
        octets[14] ^= 0x80;
        Self(octets)
    }

    /// When the message was accepted, to the second.
    #[must_use]
    pub fn accepted_at(&self) -> Timestamp {
        let [a, b, c, d, ..] = self.0;
        Timestamp(u64::from(u32::from_be_bytes([a, b, c, d])) * 1000)
    }

    /// The 32 digits of the id, without an allocation.
    #[must_use]
    pub fn digits(&self) -> [u8; 32] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (pair, octet) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(octet >> 4)];
            pair[1] = HEX[usize::from(octet & 15)];
        }
        text
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece: a serialiser escapes each piece by itself.
        f.write_str(std::str::from_utf8(&self.digits()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id is 32 hexadecimal digits")]
pub struct ParseIdError;

impl FromStr for MessageId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let text: &[u8; 32] = text.as_bytes().try_into().map_err(|_| ParseIdError)?;
        let mut octets = [0; 16];
        for (octet, pair) in octets.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(ParseIdError);
            *octet = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Ok(Self(octets))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn text_and_octets_are_the_same_id() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        let id = MessageId::new(Timestamp(1_700_000_000_123), &mut random);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.accepted_at(), Timestamp(1_700_000_000_000));
        assert_eq!("0123".parse::<MessageId>(), Err(ParseIdError));
        assert_eq!("g".repeat(32).parse::<MessageId>(), Err(ParseIdError));
    }

    #[test]
    fn members_are_found_from_the_first_and_back() {
        // O-3
        let first = MessageId::from_octets([0xFE; 16]);
        let ids: std::collections::HashSet<_> = (0..=255).map(|number| first.member(number)).collect();
        assert_eq!(ids.len(), 256);
        assert!((0..=255).all(|number| first.member(number).first_of(number) == first));
        assert_eq!((first.member(0), first.member(7).accepted_at()), (first, first.accepted_at()));
    }
}
