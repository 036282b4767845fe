//! Split: a text or a body into the bodies of its segments, 23.040 section 9.2.3.24.1.

mod cheapest;
mod cluster;
mod pieces;
#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes, BytesMut};

pub use self::cheapest::{Coding, cheapest};
use self::pieces::{Pieces, fits};
use crate::alphabet::iso_2022_jp::Piece;
use crate::alphabet::multibyte::Multibyte;
use crate::alphabet::{Alphabet, Unencodable, gsm, ucs2::OddLength};
use crate::data_coding::DataCoding;
use crate::message::Parts;
use crate::udh::{BrokenHeader, Concatenation, Reference, UserDataHeader};

/// The user data of one segment in octets, its header included (23.040 section 9.2.3.24).
pub const SEGMENT_OCTETS_MAX: usize = 140;

/// How many segments a message may have.
pub const SEGMENTS_MAX: usize = 255;

/// Encodes `text` and splits it into as few segments as it takes.
///
/// One segment has no user data header; several have one each, with `reference`. No escape pair and no
/// surrogate pair is split, nor what a reader takes for one character (an emoji with its modifiers, a letter
/// with its marks, a flag), unless it is longer than a segment or keeping it whole took one more. A segment has room for 160 septets, 140 octets or 70 UCS-2 units; a text
/// in [`Alphabet::Ascii`] is measured in the septets that the air will take.
///
/// # Errors
/// A character that the alphabet does not have, or more than [`SEGMENTS_MAX`] segments.
pub fn split_text(text: &str, alphabet: Alphabet, reference: Reference) -> Result<Parts, SplitError> {
    let mut body = Vec::with_capacity(text.len());
    alphabet.encode(text, &mut body)?;
    split(alphabet, None, None, Bytes::from(body), reference)
}

/// Splits a body that is already encoded.
///
/// `elements` are the information elements, without the length octet, that shall stand in the header of
/// every segment; `None` for no header, which is not the same as one without elements. Each segment starts with a
/// user data header if there is one or there are several segments, and that is when `UDHI` must be set. No character
/// of several octets is split (JIS, extended kanji, KS C 5601, ISO-2022-JP), and each segment of ISO-2022-JP has the
/// escape sequences without which it could not be read. Otherwise as [`split_text`].
///
/// # Errors
/// More than [`SEGMENTS_MAX`] segments, a UCS-2 body of odd length, or elements that are broken, too
/// long, or already say which part this is although it must be split.
pub fn split_encoded(
    data_coding: u8,
    elements: Option<&[u8]>,
    body: Bytes,
    reference: Reference,
) -> Result<Parts, SplitError> {
    let data_coding = DataCoding(data_coding);
    split(data_coding.alphabet(), Multibyte::of(data_coding), elements, body, reference)
}

/// How many units a segment has room for beside a user data header of so many octets, its length octet included:
/// septets, octets, or pairs of octets.
#[must_use]
pub const fn units_per_segment(alphabet: Alphabet, header_octets: usize) -> usize {
    match alphabet {
        Alphabet::Ucs2 => pieces::room(alphabet, header_octets) / 2,
        _ => pieces::room(alphabet, header_octets),
    }
}

/// What a text would take, for a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The best alphabet for it.
    pub alphabet: Alphabet,
    /// Its length in septets or UCS-2 units.
    pub units: usize,
    /// How many segments; more than [`SEGMENTS_MAX`] cannot be sent.
    pub segments: usize,
}

/// What `text` would take in its best alphabet: just what [`split_text`] would do.
#[must_use]
pub fn segments_needed(text: &str) -> Preview {
    let mut body = Vec::with_capacity(text.len());
    let (alphabet, octets_per_unit) = match gsm::encode(text, &mut body) {
        Ok(()) => (Alphabet::Gsm7, 1),
        Err(_) => {
            crate::alphabet::ucs2::encode(text, &mut body);
            (Alphabet::Ucs2, 2)
        }
    };
    let segments = match fits(alphabet, &body, 0) {
        true => 1,
        false => Pieces::new(alphabet, &body, 1 + concatenation_octets(Reference::Short(0))).count(),
    };
    Preview { alphabet, units: body.len() / octets_per_unit, segments }
}

/// Why a body cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The alphabet does not have all characters.
    #[error(transparent)]
    Unencodable(#[from] Unencodable),
    /// It would take more than [`SEGMENTS_MAX`] segments.
    #[error("the message would take more than {SEGMENTS_MAX} segments")]
    TooLong,
    /// A UCS-2 body that is not made of pairs.
    #[error(transparent)]
    OddLength(#[from] OddLength),
    /// The elements are not whole.
    #[error(transparent)]
    BrokenHeader(#[from] BrokenHeader),
    /// The elements leave no room for a text.
    #[error("the user data header leaves no room in a segment")]
    HeaderTooLong,
    /// It does not fit into one segment, and its elements already say that it is one of several.
    #[error("a part of a message cannot be split again")]
    AlreadyPart,
}

fn split(
    alphabet: Alphabet,
    multibyte: Option<Multibyte>,
    elements: Option<&[u8]>,
    body: Bytes,
    reference: Reference,
) -> Result<Parts, SplitError> {
    if alphabet == Alphabet::Ucs2 && !body.len().is_multiple_of(2) {
        return Err(OddLength.into());
    }
    if elements.is_none() && fits(alphabet, &body, 0) {
        return Ok(Parts::from_buf([body]));
    }
    let has_header = elements.is_some();
    let elements = elements.unwrap_or_default();
    let header = UserDataHeader::of_elements(elements)?;
    if has_header && fits(alphabet, &body, header.octets()) {
        return Ok(Parts::from_buf([with_header(elements, &body)]));
    }
    if header.concatenation().is_some() {
        return Err(SplitError::AlreadyPart);
    }
    let header_octets = header.octets() + concatenation_octets(reference);
    let piece_octets_min = multibyte.map_or(PIECE_OCTETS_MIN, Multibyte::piece_octets_min);
    if header_octets + piece_octets_min > SEGMENT_OCTETS_MAX {
        return Err(SplitError::HeaderTooLong);
    }
    let pieces = Pieces::new(alphabet, &body, header_octets).written_in(multibyte).cut(header.tables());
    concatenated(elements, &pieces, reference)
}

/// One segment with a header but no concatenation.
fn with_header(elements: &[u8], text: &[u8]) -> Bytes {
    let mut part = BytesMut::with_capacity(1 + elements.len() + text.len());
    part.put_u8(elements.len() as u8);
    part.put_slice(elements);
    part.put_slice(text);
    part.freeze()
}

/// The pieces, each behind its header, all in one allocation.
fn concatenated(elements: &[u8], pieces: &[Piece<'_>], reference: Reference) -> Result<Parts, SplitError> {
    let total = u8::try_from(pieces.len()).map_err(|_| SplitError::TooLong)?;
    let length = elements.len() + concatenation_octets(reference);
    let octets_of = |piece: &Piece<'_>| piece.opening.len() + piece.octets.len() + piece.closing.len();
    let octets: usize = pieces.iter().map(|piece| 1 + length + octets_of(piece)).sum();
    let mut buffer = BytesMut::with_capacity(octets);
    let parts = (1..=total).zip(pieces).map(|(number, piece)| {
        let concatenation = Concatenation { reference, total, number };
        buffer.put_u8(length as u8);
        buffer.put_slice(elements);
        buffer.put_slice(&concatenation.encode());
        buffer.put_slice(piece.opening);
        buffer.put_slice(piece.octets);
        buffer.put_slice(piece.closing);
        buffer.split().freeze()
    });
    Ok(parts.collect())
}

/// Element 00 or 08 with its id and length.
const fn concatenation_octets(reference: Reference) -> usize {
    match reference {
        Reference::Short(_) => 5,
        Reference::Long(_) => 6,
    }
}

/// A piece must have room for a surrogate pair, or splitting would not come to an end.
const PIECE_OCTETS_MIN: usize = 4;
