//! What an alphabet does not have, either way.

/// A character that the alphabet does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the character U+{:04X} at octet {at} is not in the alphabet", u32::from(*.character))]
pub struct Unencodable {
    /// The character.
    pub character: char,
    /// Where it starts in the text: the offset in octets of UTF-8.
    pub at: usize,
}

/// What a character becomes in a text when its octets mean nothing.
pub(super) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
