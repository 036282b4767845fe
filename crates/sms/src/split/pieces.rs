//! Pieces: where a body is cut, and how much of it has room in a segment.

use super::{SEGMENT_OCTETS_MAX, SEGMENTS_MAX, cluster};
use crate::alphabet::iso_2022_jp::{self, Piece, Shift};
use crate::alphabet::multibyte::Multibyte;
use crate::alphabet::national::Tables;
use crate::alphabet::{Alphabet, gsm, ucs2};

/// A body cut into pieces that each fit into a segment beside its header.
#[derive(Clone)]
pub(super) struct Pieces<'a> {
    alphabet: Alphabet,
    rest: &'a [u8],
    room: usize,
    /// Clusters are kept whole, as these tables read them.
    clusters: Option<Tables>,
    /// What octets are written in, of which several can be a character.
    multibyte: Option<Multibyte>,
    /// What is in force where the rest begins.
    shift: Shift<'a>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(alphabet: Alphabet, body: &'a [u8], header_octets: usize) -> Self {
        let room = room(alphabet, header_octets);
        Self { alphabet, rest: body, room, clusters: None, multibyte: None, shift: Shift::default() }
    }

    /// The same of a body in an alphabet of which several octets can be a character.
    pub(super) fn written_in(self, multibyte: Option<Multibyte>) -> Self {
        Self { multibyte, ..self }
    }

    /// All of them, or one over [`SEGMENTS_MAX`]; cut so that clusters stay whole, as these tables read them, if
    /// that takes no more pieces. The GSM alphabet itself, ASCII and Latin-1 have none.
    pub(super) fn cut(self, tables: Tables) -> Vec<Piece<'a>> {
        let pieces: Vec<_> = self.clone().take(SEGMENTS_MAX + 1).collect();
        let has_clusters = match self.alphabet {
            Alphabet::Gsm7 => tables != Tables::DEFAULT,
            Alphabet::Ucs2 => true,
            Alphabet::Ascii | Alphabet::Latin1 | Alphabet::Octets => false,
        };
        if !has_clusters || pieces.len() > SEGMENTS_MAX {
            return pieces;
        }
        let whole: Vec<_> = Self { clusters: Some(tables), ..self }.take(pieces.len() + 1).collect();
        if whole.len() > pieces.len() { pieces } else { whole }
    }

    /// How many there are; no more than one over [`SEGMENTS_MAX`] are counted.
    pub(super) fn total(&self) -> usize {
        self.clone().take(SEGMENTS_MAX + 1).count()
    }

    /// How many octets of what is left the next piece has.
    fn next_octets(&self) -> usize {
        if let Some(multibyte) = self.multibyte {
            return multibyte.whole_characters(self.rest, self.room);
        }
        let octets = fitting(self.alphabet, self.rest, self.room);
        match self.clusters {
            Some(_) if octets == self.rest.len() => octets,
            Some(_) if self.alphabet == Alphabet::Ucs2 => {
                let characters = ucs2::characters(self.rest);
                cluster::whole(characters.map(|character| (character, 2 * character.len_utf16())), octets)
            }
            Some(tables) => cluster::whole(tables.characters(self.rest), octets),
            None => octets,
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let piece = if self.multibyte == Some(Multibyte::Iso2022Jp) {
            let (piece, shift) = iso_2022_jp::cut(self.shift, self.rest, self.room);
            self.shift = shift;
            piece
        } else {
            Piece { opening: &[], octets: self.rest.get(..self.next_octets())?, closing: &[] }
        };
        self.rest = self.rest.get(piece.octets.len()..)?;
        (!piece.octets.is_empty()).then_some(piece)
    }
}

pub(super) fn fits(alphabet: Alphabet, body: &[u8], header_octets: usize) -> bool {
    header_octets <= SEGMENT_OCTETS_MAX
        && fitting(alphabet, body, room(alphabet, header_octets)) == body.len()
}

/// The room that a header of so many octets leaves in a segment: septets, or octets of whole units.
pub(super) const fn room(alphabet: Alphabet, header_octets: usize) -> usize {
    let octets = SEGMENT_OCTETS_MAX.saturating_sub(header_octets);
    match alphabet {
        Alphabet::Gsm7 | Alphabet::Ascii => octets * 8 / 7,
        Alphabet::Latin1 | Alphabet::Octets => octets,
        Alphabet::Ucs2 => octets / 2 * 2,
    }
}

/// How many octets of `body` fit into `room` without splitting what belongs together.
fn fitting(alphabet: Alphabet, body: &[u8], room: usize) -> usize {
    match alphabet {
        Alphabet::Gsm7 => gsm::whole_pairs(body, room),
        Alphabet::Ascii => gsm::whole_pairs(body, ascii_within(body, room)),
        Alphabet::Latin1 | Alphabet::Octets => body.len().min(room),
        Alphabet::Ucs2 => whole_surrogates(body, room),
    }
}

/// How many octets of ASCII turn into at most `room` septets.
fn ascii_within(body: &[u8], room: usize) -> usize {
    let mut septets = 0;
    let over = body.iter().position(|octet| {
        septets += if b"[\\]^{|}~".contains(octet) { 2 } else { 1 };
        septets > room
    });
    over.unwrap_or(body.len())
}

fn whole_surrogates(body: &[u8], max: usize) -> usize {
    let Some((head, tail)) = body.split_at_checked(max) else { return body.len() };
    match (head.last_chunk::<2>(), tail.first()) {
        (Some([0xD8..=0xDB, _]), Some(0xDC..=0xDF)) => head.len() - 2,
        _ => head.len(),
    }
}
