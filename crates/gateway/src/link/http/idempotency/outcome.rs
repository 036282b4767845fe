//! What became of the messages of a request, as it is kept with the first of them.

use crate::refusal::{NoReply, Refusal};

/// What became of one message of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome<'a> {
    /// Accepted, with so many segments; with 0, the record says how many.
    Accepted(usize),
    Refused(&'a Refusal),
    /// Refused for its own values, which say why when they are read again.
    Invalid,
}

/// An outcome as it is kept, in one octet.
///
/// ```text
/// 0 accepted, with more than 239 segments    1 to 239 accepted, with so many segments
/// 240 to 254 refused, by the place in REFUSALS    255 refused for its own values
/// ```
impl Outcome<'_> {
    pub(super) fn octet(self) -> u8 {
        match self {
            Self::Accepted(segments) => {
                u8::try_from(segments).ok().filter(|&octet| octet < FIRST_REFUSAL).unwrap_or(0)
            }
            Self::Refused(refusal) => {
                let place = REFUSALS.iter().position(|known| known == refusal);
                place.map_or(INVALID, |place| FIRST_REFUSAL + place as u8)
            }
            Self::Invalid => INVALID,
        }
    }

    pub(super) fn of(octet: u8) -> Self {
        match octet.checked_sub(FIRST_REFUSAL) {
            None => Self::Accepted(usize::from(octet)),
            Some(place) => REFUSALS.get(usize::from(place)).map_or(Self::Invalid, Outcome::Refused),
        }
    }
}

/// What messages are refused with, in the order of their octets on disk: never changed.
pub(super) const REFUSALS: [Refusal; 15] = [
    Refusal::NoRoute,
    Refusal::SourceNotAllowed,
    Refusal::ProtocolNotAllowed,
    Refusal::BadDestination,
    Refusal::BadLength,
    Refusal::Expired,
    Refusal::Throttled,
    Refusal::QueueFull,
    Refusal::Unavailable,
    Refusal::NoReply(NoReply::Unknown),
    Refusal::NoReply(NoReply::Foreign),
    Refusal::NoReply(NoReply::OtherHandset),
    Refusal::NoReply(NoReply::OtherShortCode),
    Refusal::NoReply(NoReply::TooLate),
    Refusal::NoReply(NoReply::Answered),
];
const FIRST_REFUSAL: u8 = 240;
const INVALID: u8 = 255;
const _: () = assert!(FIRST_REFUSAL as usize + REFUSALS.len() <= INVALID as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_as_they_were_kept() {
        for octet in 0..=u8::MAX {
            assert_eq!(Outcome::of(octet).octet(), octet);
        }
        assert_eq!(Outcome::Accepted(240).octet(), 0);
    }
}
