//! ISO-2022-JP: escape sequences say what the octets behind them are, so each piece of a text that is cut needs its own.

/// What the last escape sequence said of the octets behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shift<'a> {
    /// The escape sequence; none for ASCII, in which a text begins.
    sequence: &'a [u8],
    /// Whether two octets are a character.
    is_double: bool,
}

/// A piece of a text that can be read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// The escape sequence that was in force before it.
    pub(crate) opening: &'a [u8],
    /// What it has of the text.
    pub(crate) octets: &'a [u8],
    /// The escape sequence back to ASCII.
    pub(crate) closing: &'static [u8],
}

/// The first piece of `text`, of at most `room` octets, and what is in force behind it. If it has not one character
/// that fits the piece is as many octets as do.
pub(crate) fn cut<'a>(before: Shift<'a>, text: &'a [u8], room: usize) -> (Piece<'a>, Shift<'a>) {
    let opening = if text.first() == Some(&ESCAPE) { &[][..] } else { before.sequence };
    let left = room.saturating_sub(opening.len());
    if text.len() <= left {
        return (Piece { opening, octets: text, closing: &[] }, before);
    }
    let (mut shift, mut end, mut best) = (before, 0, None);
    while let Some(rest) = text.get(end..).filter(|rest| !rest.is_empty()) {
        let escape = Shift::said(rest);
        let octets = escape.map_or_else(|| shift.character_octets(rest), |(_, octets)| octets);
        end += octets;
        shift = escape.map_or(shift, |(said, _)| said);
        if end > left {
            break;
        }
        // Two escape sequences in a row are an error to some readers.
        let is_end = escape.is_none() || shift.closing().is_empty();
        if is_end && end + shift.closing().len() <= left {
            best = Some((end, shift));
        }
    }
    match best.and_then(|(end, shift)| Some((text.get(..end)?, shift))) {
        Some((octets, shift)) => (Piece { opening, octets, closing: shift.closing() }, shift),
        None => (Piece { opening: &[], octets: text.get(..room).unwrap_or(text), closing: &[] }, shift),
    }
}

/// Appends a part to what is before it, without the way back to ASCII if the part begins with an escape sequence.
pub(crate) fn append(text: &mut Vec<u8>, part: &[u8]) {
    if part.first() == Some(&ESCAPE) && text.ends_with(TO_ASCII) {
        text.truncate(text.len() - TO_ASCII.len());
    }
    text.extend_from_slice(part);
}

impl<'a> Shift<'a> {
    /// What an escape sequence at the front says, and how many octets it has.
    fn said(octets: &'a [u8]) -> Option<(Self, usize)> {
        let (length, is_double) = match octets {
            [ESCAPE, b'(', b'B', ..] => return Some((Self::default(), TO_ASCII.len())),
            [ESCAPE, b'(', _, ..] => (3, false),
            [ESCAPE, b'$', b'(', _, ..] => (4, true),
            [ESCAPE, b'$', _, ..] => (3, true),
            _ => return None,
        };
        Some((Self { sequence: octets.get(..length)?, is_double }, length))
    }

    /// How many octets the first character has.
    const fn character_octets(self, octets: &[u8]) -> usize {
        match octets {
            [0x21..=0x7E, 0x21..=0x7E, ..] if self.is_double => 2,
            _ => 1,
        }
    }

    const fn closing(self) -> &'static [u8] {
        if self.sequence.is_empty() { &[] } else { TO_ASCII }
    }
}

/// The longest escape sequence, a character, and the way back.
pub(crate) const PIECE_OCTETS_MIN: usize = 9;

const ESCAPE: u8 = 0x1B;
const TO_ASCII: &[u8] = b"\x1B(B";

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &[u8], room: usize) -> Vec<Vec<u8>> {
        let (mut rest, mut shift, mut pieces) = (text, Shift::default(), Vec::new());
        while !rest.is_empty() {
            let (piece, after) = cut(shift, rest, room);
            (rest, shift) = (&rest[piece.octets.len()..], after);
            pieces.push([piece.opening, piece.octets, piece.closing].concat());
        }
        pieces
    }

    // N-2
    #[test]
    fn each_piece_says_what_it_is_written_in() {
        let text = b"ab\x1B$BF|K\\8l\x1B(Bc";
        assert_eq!(pieces(text, 12), [&b"ab\x1B$BF|K\\\x1B(B"[..], b"\x1B$B8l\x1B(Bc"]);
        assert_eq!(pieces(text, 10), [&b"ab\x1B$BF|\x1B(B"[..], b"\x1B$BK\\8l\x1B(B", b"c"]);
        let fewest = [&b"ab"[..], b"\x1B$BF|\x1B(B", b"\x1B$BK\\\x1B(B", b"\x1B$B8l\x1B(Bc"];
        assert_eq!(pieces(text, PIECE_OCTETS_MIN), fewest);
        assert_eq!(pieces(text, 14), [&text[..14], b"c"], "it ends where it ends anyway");
        assert_eq!(pieces(text, text.len()), [text.to_vec()]);
        let open = b"\x1B$BF|K\\8l";
        assert_eq!(pieces(open, 8), [&b"\x1B$BF|\x1B(B"[..], b"\x1B$BK\\8l"], "the last ends as it ended");
    }

    // N-2
    #[test]
    fn what_has_no_character_that_fits_is_cut_all_the_same() {
        let text = b"\x1B$B\x1B$B\x1B$B\x1B$B\x1B$BF|";
        assert_eq!(pieces(text, 9).concat().len(), text.len());
        assert_eq!(pieces(b"\x1B\x1B\x1B\x1B", 2).concat(), b"\x1B\x1B\x1B\x1B");
    }

    // N-2
    #[test]
    fn parts_are_put_together_without_what_was_put_in_between() {
        let mut text = b"ab\x1B$BF|\x1B(B".to_vec();
        append(&mut text, b"\x1B$BK\\\x1B(B");
        append(&mut text, b"c");
        assert_eq!(text, b"ab\x1B$BF|\x1B$BK\\\x1B(Bc");
    }
}
