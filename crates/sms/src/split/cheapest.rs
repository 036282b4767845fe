//! The cheapest way to write a text: with or without national tables, or in UCS-2.

use super::pieces::{Pieces, fits};
use super::{PIECE_OCTETS_MIN, SEGMENT_OCTETS_MAX, concatenation_octets};
use crate::alphabet::national::{Language, Tables};
use crate::alphabet::{Alphabet, Unencodable, packed};
use crate::udh::Reference;

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coding {
    /// The alphabet.
    pub alphabet: Alphabet,
    /// The national tables, which its header must name; the default for all but GSM 7-bit text.
    pub tables: Tables,
}

impl Coding {
    /// An alphabet as it is.
    #[must_use]
    pub const fn of(alphabet: Alphabet) -> Self {
        Self { alphabet, tables: Tables::DEFAULT }
    }

    /// Appends `text` to `out`, without a header.
    ///
    /// # Errors
    /// The first character that it does not have; `out` is as it was.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        match self.alphabet {
            Alphabet::Gsm7 => self.tables.encode(text, out),
            alphabet => alphabet.encode(text, out),
        }
    }
}

/// What `text` is best written in, if whoever receives it reads the tables of these `languages`.
///
/// The fewest segments count first, then that every handset reads it, which is the GSM alphabet itself; then the
/// fewest octets on the air, headers included, and then the shortest header. `elements` are what else stands in
/// each header, `reference` is as for [`split_encoded`](super::split_encoded).
#[must_use]
pub fn cheapest(text: &str, languages: &[Language], elements: &[u8], reference: Reference) -> Coding {
    const GSM: Coding = Coding::of(Alphabet::Gsm7);
    const UCS2: Coding = Coding::of(Alphabet::Ucs2);
    let mut body = Vec::with_capacity(2 * text.len());
    let mut cost = |coding| cost(coding, text, elements, reference, &mut body);
    let plain = cost(GSM);
    if languages.is_empty() || plain.is_some_and(|cost| cost.segments == 1) {
        return if plain.is_some() { GSM } else { UCS2 };
    }
    let national = languages.iter().flat_map(|&language| Tables::of_language(language));
    let national = national.map(|tables| Coding { tables, ..GSM });
    let ways = std::iter::once(GSM).chain(national).chain([UCS2]);
    let priced = ways.filter_map(|coding| Some((coding, cost(coding)?)));
    let price = |&(coding, cost): &(Coding, Cost)| (cost.segments, coding != GSM, cost.octets);
    priced.min_by_key(price).map_or(UCS2, |(coding, _)| coding)
}

/// What a text takes.
#[derive(Clone, Copy)]
struct Cost {
    segments: usize,
    /// On the air, headers included.
    octets: usize,
}

/// `None` if the text cannot be written so, or such a header leaves no room for it.
fn cost(
    coding: Coding,
    text: &str,
    elements: &[u8],
    reference: Reference,
    body: &mut Vec<u8>,
) -> Option<Cost> {
    body.clear();
    coding.encode(text, body).ok()?;
    let elements = elements.len() + coding.tables.elements().len();
    let header = if elements == 0 { 0 } else { 1 + elements };
    if fits(coding.alphabet, body, header) {
        return Some(Cost { segments: 1, octets: octets(coding.alphabet, body, header) });
    }
    let header = 1 + elements + concatenation_octets(reference);
    if header + PIECE_OCTETS_MIN > SEGMENT_OCTETS_MAX {
        return None;
    }
    let pieces = Pieces::new(coding.alphabet, body, header);
    let octets = pieces.clone().map(|piece| octets(coding.alphabet, piece.octets, header)).sum();
    Some(Cost { segments: pieces.total(), octets })
}

fn octets(alphabet: Alphabet, text: &[u8], header: usize) -> usize {
    match alphabet {
        Alphabet::Gsm7 => header + (usize::from(packed::fill_bits(header)) + 7 * text.len()).div_ceil(8),
        _ => header + text.len(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn chosen(text: &str, languages: &[Language]) -> (Alphabet, Option<Language>, Option<Language>) {
        let Coding { alphabet, tables } = cheapest(text, languages, &[], Reference::Short(1));
        (alphabet, tables.locking, tables.single)
    }

    // G-1
    #[test]
    fn the_fewest_segments_and_then_the_fewest_octets() {
        use Alphabet::{Gsm7, Ucs2};
        use Language::{Hindi, Spanish, Turkish, Urdu};
        let all = &Language::ALL[..];
        assert_eq!(chosen("Halo", all), (Gsm7, None, None), "every handset reads it");
        assert_eq!(chosen("{{{€€€", &[Turkish]), (Gsm7, None, None));
        assert_eq!(chosen("ğ", &[Turkish]), (Ucs2, None, None), "two octets are less than a header");
        assert_eq!(chosen("ğ", &[]), (Ucs2, None, None));
        let (rare, dense) = (format!("{}ğ", "è".repeat(100)), "ışığı ".repeat(25));
        assert_eq!(chosen(&rare, &[Turkish]), (Gsm7, None, Some(Turkish)));
        assert_eq!(chosen(&rare, &[Spanish]), (Ucs2, None, None));
        assert_eq!(chosen(&dense, &[Spanish, Turkish]), (Gsm7, Some(Turkish), None));
        assert_eq!(chosen(&"é{".repeat(52), &[Turkish]), (Gsm7, None, None), "156 septets");
        assert_eq!(chosen(&"नमस्ते ".repeat(20), all), (Gsm7, Some(Hindi), None));
        assert_eq!(chosen(&"नमस्ते १। ".repeat(10), all), (Gsm7, Some(Hindi), Some(Hindi)));
        assert_eq!(chosen(&"اردو ۱ ".repeat(14), &[Urdu]), (Gsm7, Some(Urdu), Some(Urdu)));
        assert_eq!(chosen(&"नमस्ते ж ".repeat(20), all), (Ucs2, None, None));
    }

    // G-1
    #[test]
    fn a_table_that_saves_a_segment_is_taken_for_a_text_of_the_gsm_alphabet_too() {
        assert_eq!(chosen(&"€".repeat(80), &[Language::Turkish]), (Alphabet::Gsm7, None, None));
        let locking = (Alphabet::Gsm7, Some(Language::Turkish), None);
        assert_eq!(chosen(&"€".repeat(81), &[Language::Turkish]), locking);
    }

    // G-2
    #[test]
    fn what_else_stands_in_the_header_counts() {
        let text = format!("{}ğ", "a".repeat(153));
        let segments = |elements: &[u8]| {
            let coding = Coding { tables: Tables { locking: Some(Language::Turkish), single: None }, ..GSM };
            cost(coding, &text, elements, Reference::Short(1), &mut Vec::new()).unwrap().segments
        };
        const GSM: Coding = Coding::of(Alphabet::Gsm7);
        assert_eq!([segments(&[]), segments(&[5, 4, 0, 1, 0, 2])], [1, 2]);
    }
}
