//! ISO 8859-1: the first 256 characters of Unicode, one octet each.

use super::unencodable::Unencodable;

/// Appends `text` to `out`, one octet per character.
///
/// # Errors
/// The first character above U+00FF; `out` is as it was.
pub fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
    let start = out.len();
    out.reserve(text.len());
    for (at, character) in text.char_indices() {
        let Ok(octet) = u8::try_from(character) else {
            out.truncate(start);
            return Err(Unencodable { character, at });
        };
        out.push(octet);
    }
    Ok(())
}

/// The text of `octets`; every octet is a character.
#[must_use]
pub fn decode(octets: &[u8]) -> String {
    octets.iter().map(|&octet| char::from(octet)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // C-3
    #[test]
    fn every_octet_is_a_character_and_back() {
        let octets: Vec<u8> = (0..=255).collect();
        let mut out = Vec::new();
        assert_eq!(encode(&decode(&octets), &mut out), Ok(()));
        assert_eq!(out, octets);
    }

    #[test]
    fn what_does_not_fit_is_named_and_nothing_is_written() {
        let mut out = vec![7];
        assert_eq!(encode("àa€", &mut out), Err(Unencodable { character: '€', at: 3 }));
        assert_eq!(out, [7]);
    }
}
