//! The alphabets of other regions in which several octets are one character: where such a text may be cut.

use super::iso_2022_jp;
use crate::data_coding::{DataCoding, Encoding};

/// One of these alphabets, as [`code_page`](super::code_page) reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Multibyte {
    /// JIS.
    ShiftJis,
    /// Extended kanji.
    EucJp,
    /// KS C 5601.
    EucKr,
    /// ISO-2022-JP.
    Iso2022Jp,
}

impl Multibyte {
    /// That of a body with this data_coding, if it is in one.
    pub(crate) const fn of(data_coding: DataCoding) -> Option<Self> {
        match data_coding.listed() {
            Some(Encoding::Jis) => Some(Self::ShiftJis),
            Some(Encoding::ExtendedKanji) => Some(Self::EucJp),
            Some(Encoding::Korean) => Some(Self::EucKr),
            Some(Encoding::Iso2022Jp) => Some(Self::Iso2022Jp),
            _ => None,
        }
    }

    /// How many octets a piece must have room for, so that it holds any character.
    pub(crate) const fn piece_octets_min(self) -> usize {
        match self {
            Self::ShiftJis | Self::EucJp | Self::EucKr => 3,
            Self::Iso2022Jp => iso_2022_jp::PIECE_OCTETS_MIN,
        }
    }

    /// How many octets of `body` are whole characters and no more than `max`. Not of ISO-2022-JP, of which a piece is
    /// more than its characters.
    pub(crate) fn whole_characters(self, body: &[u8], max: usize) -> usize {
        let mut end = 0;
        while let Some(rest) = body.get(end..).filter(|rest| !rest.is_empty()) {
            let next = end + self.character_octets(rest);
            if next > max {
                break;
            }
            end = next;
        }
        end
    }

    /// How many octets the first character has; one that is broken, one.
    const fn character_octets(self, octets: &[u8]) -> usize {
        match (self, octets) {
            (Self::ShiftJis, [0x81..=0x9F | 0xE0..=0xFC, 0x40..=0x7E | 0x80..=0xFC, ..])
            | (Self::EucJp, [0x8E | 0xA1..=0xFE, 0xA1..=0xFE, ..])
            | (Self::EucKr, [0x81..=0xFE, 0x41..=0xFE, ..]) => 2,
            (Self::EucJp, [0x8F, 0xA1..=0xFE, 0xA1..=0xFE, ..]) => 3,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // N-2
    #[test]
    fn a_character_is_whole_or_not_there() {
        let whole = |alphabet: Multibyte, body: &[u8]| {
            (0..=body.len()).map(|max| alphabet.whole_characters(body, max)).collect::<Vec<_>>()
        };
        assert_eq!(whole(Multibyte::ShiftJis, b"a\x93\xfa\xb1\x96\x7b"), [0, 1, 1, 3, 4, 4, 6]);
        assert_eq!(whole(Multibyte::EucJp, b"a\xc6\xfc\x8e\xb1\x8f\xb0\xa1"), [0, 1, 1, 3, 3, 5, 5, 5, 8]);
        assert_eq!(whole(Multibyte::EucKr, b"a\xc7\xd1b"), [0, 1, 1, 3, 4]);
        assert_eq!(whole(Multibyte::EucKr, b"\xc7"), [0, 1], "half of one is all there is");
    }
}
